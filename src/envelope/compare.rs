//! What changed between two versions of a file, as far as it can be seen without a key: what
//! `since` and `rev` claim, and what stands in clear.

use std::collections::BTreeMap;

use super::sealed::{Departure, Sealed, SealedEntry};
use crate::crypto::Recipient;
use crate::model::{Content, KeyName, MemberName};

/// Everything that differs. What did not change is not listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// What the file is.
    pub identity: Vec<IdentityChange>,
    /// Its data key.
    pub data_key: KeyChange,
    /// Its entries.
    pub entries: BTreeMap<KeyName, EntryChange>,
    /// The counters of entries that went down, which no command does to a file.
    pub fallen: Vec<(KeyName, Fall)>,
    /// Who can read it.
    pub readers: Vec<ReaderChange>,
    /// Who no longer can.
    pub departures: Vec<DepartureChange>,
}

/// What a file is, and is no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityChange {
    /// Its id: this is not a later version but another file. Counters then say nothing.
    Id,
    /// Its name.
    Name,
    /// A pull secret's registry.
    Registry,
    /// Its links to earlier epochs, under the same data key.
    Links,
}

/// What became of the data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyChange {
    /// It is the same.
    #[default]
    Kept,
    /// A later epoch has another.
    Rotated {
        /// The earlier epoch.
        from: u32,
        /// The later one.
        to: u32,
    },
    /// The same epoch has another: one of two branches that both rotated.
    Exchanged,
    /// An earlier epoch is back.
    Fallen {
        /// The later epoch.
        from: u32,
        /// The earlier one.
        to: u32,
    },
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value, as `since` or `rev` say; perhaps other remarks too.
    Value,
    /// Its note or expiry changed, and its value did not.
    Remarks,
    /// Its note or expiry changed in the epoch in which the value was last set: that may have
    /// changed too.
    Unclear,
    /// Under another data key, with all that is plain about it as it was.
    Reencrypted,
    /// Other bytes under the same data key and counters: a change another branch made.
    Exchanged,
}

/// A counter that went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fall {
    /// The epoch in which the value last changed.
    Since {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
    /// The number of changes.
    Rev {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
}

/// What became of a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderChange {
    /// Can read the file now.
    Gained {
        /// Who.
        name: MemberName,
        /// With which key.
        to: Recipient,
    },
    /// Is no longer listed.
    Lost {
        /// Who.
        name: MemberName,
        /// With which key.
        to: Recipient,
    },
    /// The same key under another name.
    Renamed {
        /// What they were called.
        from: MemberName,
        /// What they are called.
        to: MemberName,
    },
    /// The same name with another key.
    Rekeyed {
        /// Who.
        name: MemberName,
        /// The key that no longer reads.
        old: Recipient,
        /// The key that does.
        new: Recipient,
    },
    /// The same name and key, with another wrap or seal under the same data key: as another branch
    /// made it, or nobody who may.
    Exchanged {
        /// Who.
        name: MemberName,
    },
}

/// What became of the record of someone who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepartureChange {
    /// It is new.
    Noted {
        /// Who.
        name: MemberName,
        /// The last epoch they could read.
        until: u32,
    },
    /// It is gone, which no command does.
    Dropped {
        /// Who.
        name: MemberName,
    },
    /// The same key under another name: an older departure made room for a newer one.
    Renamed {
        /// What it was called.
        from: MemberName,
        /// What it is called.
        to: MemberName,
    },
    /// They could read a later epoch than was known: they came back, and left again.
    Extended {
        /// Who.
        name: MemberName,
        /// The last epoch they could read.
        until: u32,
    },
    /// `until` went down, which no command does.
    Fallen {
        /// Who.
        name: MemberName,
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
}

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this is not a later version of a file but another file.
    pub fn is_another_file(&self) -> bool {
        self.identity.contains(&IdentityChange::Id)
    }
}

impl<T: Content> Sealed<T> {
    /// What changed since an earlier version.
    pub fn changes_since(&self, old: &Self) -> Changes {
        let mut identity = Vec::new();
        identity.extend((self.id != old.id).then_some(IdentityChange::Id));
        identity.extend((self.name != old.name).then_some(IdentityChange::Name));
        identity.extend((self.content != old.content).then_some(IdentityChange::Registry));
        let data_key = data_key(old, self);
        let links = data_key == KeyChange::Kept && self.prev != old.prev;
        identity.extend(links.then_some(IdentityChange::Links));
        let entries = entries(old, self, data_key);
        let same_file = self.id == old.id;
        Changes {
            fallen: if same_file { fallen(old, self) } else { Vec::new() },
            readers: readers(old, self, data_key),
            departures: if same_file {
                departures(&old.departed, &self.departed)
            } else {
                Vec::new()
            },
            identity,
            data_key,
            entries,
        }
    }
}

fn data_key<T: Content>(old: &Sealed<T>, new: &Sealed<T>) -> KeyChange {
    let (from, to) = (old.epoch, new.epoch);
    match from.cmp(&to) {
        std::cmp::Ordering::Less => KeyChange::Rotated { from, to },
        std::cmp::Ordering::Greater => KeyChange::Fallen { from, to },
        std::cmp::Ordering::Equal if old.commitment == new.commitment => KeyChange::Kept,
        std::cmp::Ordering::Equal => KeyChange::Exchanged,
    }
}

fn entries<T: Content>(
    old: &Sealed<T>,
    new: &Sealed<T>,
    data_key: KeyChange,
) -> BTreeMap<KeyName, EntryChange> {
    let removed = old.entries.keys().filter(|key| !new.entries.contains_key(*key));
    let mut changes: BTreeMap<_, _> =
        removed.map(|key| (key.clone(), EntryChange::Removed)).collect();
    for (key, entry) in &new.entries {
        let change = match old.entries.get(key) {
            None => Some(EntryChange::Added),
            Some(before) => entry_change(before, entry, new.epoch, data_key),
        };
        changes.extend(change.map(|change| (key.clone(), change)));
    }
    changes
}

/// The counters and remarks are authenticated with the value, so whoever wrote `enc` meant them.
fn entry_change(
    old: &SealedEntry,
    new: &SealedEntry,
    epoch: u32,
    data_key: KeyChange,
) -> Option<EntryChange> {
    if old == new {
        return None;
    }
    let same_remarks = (&old.note, old.expires) == (&new.note, new.expires);
    Some(if (old.since, old.rev, same_remarks) == (new.since, new.rev, true) {
        match data_key {
            KeyChange::Kept => EntryChange::Exchanged,
            KeyChange::Rotated { .. } | KeyChange::Exchanged | KeyChange::Fallen { .. } => {
                EntryChange::Reencrypted
            }
        }
    } else if old.since != new.since || same_remarks {
        EntryChange::Value
    } else if new.since == epoch {
        EntryChange::Unclear
    } else {
        EntryChange::Remarks
    })
}

fn fallen<T: Content>(old: &Sealed<T>, new: &Sealed<T>) -> Vec<(KeyName, Fall)> {
    let mut falls = Vec::new();
    for (key, entry) in &new.entries {
        let Some(before) = old.entries.get(key) else { continue };
        if entry.since < before.since {
            let (from, to) = (before.since, entry.since);
            falls.push((key.clone(), Fall::Since { from, to }));
        }
        if entry.rev < before.rev {
            let (from, to) = (before.rev, entry.rev);
            falls.push((key.clone(), Fall::Rev { from, to }));
        }
    }
    falls
}

impl ReaderChange {
    /// What became of people with keys. Keys are compared, not names: a person who was renamed is
    /// the same person.
    pub fn between<'a, I>(old: I, new: I) -> Vec<Self>
    where
        I: IntoIterator<Item = (&'a MemberName, &'a Recipient)>,
    {
        let old: BTreeMap<_, _> = old.into_iter().collect();
        let new: BTreeMap<_, _> = new.into_iter().collect();
        let keys = |people: &BTreeMap<&'a MemberName, &'a Recipient>| -> BTreeMap<&'a str, &'a MemberName> {
            people.iter().map(|(name, to)| (to.as_str(), *name)).collect()
        };
        let (old_keys, new_keys) = (keys(&old), keys(&new));
        let mut changes = Vec::new();
        for (name, to) in old.iter().filter(|(_, to)| !new_keys.contains_key(to.as_str())) {
            let now = new.get(name).filter(|now| !old_keys.contains_key(now.as_str()));
            let (name, old) = ((*name).clone(), (*to).clone());
            changes.push(match now {
                Some(now) => Self::Rekeyed { name, old, new: (*now).clone() },
                None => Self::Lost { name, to: old },
            });
        }
        let replaced = |name: &MemberName| {
            old.get(name).is_some_and(|before| !new_keys.contains_key(before.as_str()))
        };
        for (name, to) in new {
            let (before, name) = (old_keys.get(to.as_str()), name.clone());
            match before {
                Some(before) if **before == name => {}
                Some(before) => changes.push(Self::Renamed { from: (*before).clone(), to: name }),
                None if replaced(&name) => {}
                None => changes.push(Self::Gained { name, to: to.clone() }),
            }
        }
        changes
    }
}

fn readers<T: Content>(old: &Sealed<T>, new: &Sealed<T>, data_key: KeyChange) -> Vec<ReaderChange> {
    fn people<T>(file: &Sealed<T>) -> impl Iterator<Item = (&MemberName, &Recipient)> {
        file.recipients.iter().map(|(name, record)| (name, &record.to))
    }
    let mut changes = ReaderChange::between(people(old), people(new));
    if data_key == KeyChange::Kept {
        for (name, record) in &new.recipients {
            let before = old.recipients.get(name).filter(|before| before.to == record.to);
            if before.is_some_and(|before| before != record) {
                changes.push(ReaderChange::Exchanged { name: name.clone() });
            }
        }
    }
    changes
}

/// Departures follow keys too: a tombstone steps aside as `NAME/old-N`.
fn departures(
    old: &BTreeMap<MemberName, Departure>,
    new: &BTreeMap<MemberName, Departure>,
) -> Vec<DepartureChange> {
    type Departed = BTreeMap<MemberName, Departure>;
    let last = |departed: &Departed, to: &Recipient| {
        departed.values().filter(|d| d.to == *to).map(|d| d.until).max()
    };
    let mut changes = Vec::new();
    for (name, departure) in old {
        let (name, from) = (name.clone(), departure.until);
        match last(new, &departure.to) {
            None => changes.push(DepartureChange::Dropped { name }),
            Some(to) if to < from => changes.push(DepartureChange::Fallen { name, from, to }),
            Some(_) => {}
        }
    }
    for (name, departure) in new {
        let (to, until) = (name.clone(), departure.until);
        match last(old, &departure.to) {
            None => changes.push(DepartureChange::Noted { name: to, until }),
            Some(from) if from < until => {
                changes.push(DepartureChange::Extended { name: to, until });
            }
            Some(_) if old.get(name).is_some_and(|before| before.to == departure.to) => {}
            Some(_) => {
                let mut before = old.iter().filter(|(_, before)| before.to == departure.to);
                let renamed = before.next().map(|(from, _)| from.clone());
                changes.extend(renamed.map(|from| DepartureChange::Renamed { from, to }));
            }
        }
    }
    changes
}
