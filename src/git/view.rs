//! One version of a file as far as it could be looked into, for people to look at.

use std::collections::BTreeMap;

use crate::crypto::Identities;
use crate::envelope::{OpenError, Opened};
use crate::model::{Content, KeyName, SecretValue};
use crate::store::AnySealed;

/// What stands in a file, and its values where it was opened.
#[derive(Debug)]
pub struct View {
    sealed: AnySealed,
    values: Result<BTreeMap<KeyName, SecretValue>, Closed>,
}

/// Why there are no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// No identity opens it that could be used without asking.
    NoIdentity,
    /// It is not what a holder of its key wrote; this says why.
    Forged(String),
}

impl View {
    /// Looks into a version with what is at hand.
    pub fn of(sealed: AnySealed, identities: &Identities) -> Self {
        let mut values = BTreeMap::new();
        let opened = sealed.clone().open_each(identities, &mut |key, value| {
            values.insert(key.clone(), value.duplicate());
        });
        match opened {
            Ok(()) => Self { sealed, values: Ok(values) },
            Err(why) => Self::closed(sealed, Closed::by(&why)),
        }
    }

    /// Of a version that was opened.
    pub fn open<T: Content>(sealed: AnySealed, opened: &Opened<T>) -> Self {
        let values = opened.entries().map(|(key, entry)| (key.clone(), entry.value().duplicate()));
        Self { sealed, values: Ok(values.collect()) }
    }

    /// Of one that was not.
    pub fn closed(sealed: AnySealed, why: Closed) -> Self {
        Self { sealed, values: Err(why) }
    }

    /// What stands in the file.
    pub fn sealed(&self) -> &AnySealed {
        &self.sealed
    }

    /// The value of an entry, where the file was opened.
    pub fn value(&self, key: &KeyName) -> Option<&SecretValue> {
        self.values.as_ref().ok()?.get(key)
    }

    /// Why it was not opened.
    pub fn obstacle(&self) -> Option<&Closed> {
        self.values.as_ref().err()
    }
}

impl Closed {
    fn by(why: &OpenError) -> Self {
        match why {
            OpenError::Tampered { .. } => Self::Forged(why.to_string()),
            OpenError::NoIdentity { .. } | OpenError::Locked(_) | OpenError::Plugin(_) => {
                Self::NoIdentity
            }
        }
    }
}
