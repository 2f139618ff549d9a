//! Opened sets, for the tests of this layer.

#![cfg(test)]

use crate::model::{KeyName, SecretValue, SetName};

pub(super) struct Sets(Vec<(SetName, Vec<(KeyName, SecretValue)>)>);

impl Sets {
    pub(super) fn of<V: AsRef<[u8]>>(sets: &[(&str, &[(&str, V)])]) -> Self {
        let entry = |(key, value): &(&str, V)| {
            (key.parse().unwrap(), SecretValue::new(value.as_ref().to_vec()).unwrap())
        };
        let set = |(name, entries): &(&str, &[(&str, V)])| {
            (name.parse().unwrap(), entries.iter().map(entry).collect())
        };
        Self(sets.iter().map(set).collect())
    }

    pub(super) fn layers(
        &self,
    ) -> impl Iterator<Item = (&SetName, impl Iterator<Item = (&KeyName, &SecretValue)>)> {
        self.0.iter().map(|(set, entries)| (set, entries.iter().map(|(key, value)| (key, value))))
    }
}
