//! What departed people have seen that nobody has changed since
//! (docs/format.md "Recipients and departures"). It stands in the file and needs no key.

use std::collections::BTreeSet;

use super::sealed::{Departure, Sealed};
use crate::crypto::Recipient;
use crate::model::{Content, KeyName, MemberName};

/// By whom a value was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// By people who no longer read the file with any of their keys. Named as persons.
    ByPersons,
    /// By every key that no longer reads it, a lost device for one. Named as their departures are.
    ByDevices,
}

/// An entry whose value people know who are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The entry.
    pub key: KeyName,
    /// Who has seen its value; never empty.
    pub seen_by: BTreeSet<MemberName>,
}

impl<T: Content> Sealed<T> {
    /// The entries that someone departed has seen, sorted by key. Of the departed only those count
    /// whom `asked` says are meant, by name or by key.
    pub fn exposed(
        &self,
        seen: Seen,
        asked: impl Fn(&MemberName, &Recipient) -> bool,
    ) -> Vec<Exposure> {
        let readers: BTreeSet<&str> =
            self.recipients().values().map(|record| record.to.as_str()).collect();
        let persons: BTreeSet<&str> = self.recipients().keys().map(MemberName::person).collect();
        let counts = |name: &MemberName, to: &Recipient| match seen {
            _ if readers.contains(to.as_str()) || !asked(name, to) => false,
            Seen::ByPersons => !persons.contains(name.person()),
            Seen::ByDevices => true,
        };
        let gone: Vec<(&MemberName, &Departure)> =
            self.departed().iter().filter(|(name, left)| counts(name, &left.to)).collect();
        let named = |name: &MemberName| match seen {
            Seen::ByPersons => name.to_person(),
            Seen::ByDevices => name.clone(),
        };
        let entries = self.entries().iter().map(|(key, entry)| {
            let saw = gone.iter().filter(|(_, left)| entry.since <= left.until);
            Exposure { key: key.clone(), seen_by: saw.map(|(name, _)| named(name)).collect() }
        });
        entries.filter(|exposure| !exposure.seen_by.is_empty()).collect()
    }
}
