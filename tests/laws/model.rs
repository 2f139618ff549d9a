//! What docs/format.md says an opened file does, without any cryptography.

use std::collections::{BTreeMap, BTreeSet};

use vault::envelope::{Opened, Outcome, Sealed, Seen, Trust};
use vault::model::{MemberName, SecretSet};

use crate::support::Member;

/// A person's key, by number.
type Key = usize;

#[derive(Debug, Clone)]
struct Entry {
    value: u8,
    note: u8,
    expires: u8,
    since: u32,
    rev: u32,
    /// Has counted a change since it was last written.
    counted: bool,
    /// Its value is new since it was last written.
    fresh: bool,
    /// The keys that a version with this value was written for.
    seen: BTreeSet<Key>,
}

/// Which data key the file has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    New,
    Disk,
    Superseded,
}

#[derive(Debug)]
pub(super) struct Model {
    epoch: u32,
    origin: Origin,
    entries: BTreeMap<String, Entry>,
    touched: BTreeSet<String>,
    recipients: BTreeMap<String, Key>,
    departed: BTreeMap<String, (Key, u32)>,
    /// Whom the file was last written for.
    written_for: BTreeSet<Key>,
    /// Keys that came and went between two writes: their departure says more than they have seen.
    passing: BTreeSet<Key>,
}

impl Model {
    pub(super) fn new(name: &str, key: Key) -> Self {
        Self {
            epoch: 1,
            origin: Origin::New,
            entries: BTreeMap::new(),
            touched: BTreeSet::new(),
            recipients: BTreeMap::from([(name.to_owned(), key)]),
            departed: BTreeMap::new(),
            written_for: BTreeSet::new(),
            passing: BTreeSet::new(),
        }
    }

    pub(super) fn set(&mut self, key: &str, value: u8) -> Outcome {
        let epoch = self.epoch;
        let Some(entry) = self.entries.get_mut(key) else {
            let fresh = Entry {
                value,
                note: 0,
                expires: 0,
                since: epoch,
                rev: 1,
                counted: true,
                fresh: true,
                seen: BTreeSet::new(),
            };
            self.entries.insert(key.to_owned(), fresh);
            self.touched.insert(key.to_owned());
            return Outcome::Added;
        };
        if entry.value == value {
            return Outcome::Unchanged;
        }
        entry.value = value;
        entry.since = epoch;
        entry.fresh = true;
        entry.seen.clear();
        self.count(key)
    }

    pub(super) fn unset(&mut self, key: &str) -> bool {
        self.touched.insert(key.to_owned());
        self.entries.remove(key).is_some()
    }

    pub(super) fn annotate(
        &mut self,
        key: &str,
        note: Option<u8>,
        expires: Option<u8>,
    ) -> Option<Outcome> {
        let entry = self.entries.get_mut(key)?;
        let (note, expires) = (note.unwrap_or(entry.note), expires.unwrap_or(entry.expires));
        if (note, expires) == (entry.note, entry.expires) {
            return Some(Outcome::Unchanged);
        }
        (entry.note, entry.expires) = (note, expires);
        Some(self.count(key))
    }

    /// One revision a write, however often the entry changes.
    fn count(&mut self, key: &str) -> Outcome {
        let entry = self.entries.get_mut(key).unwrap();
        entry.rev += u32::from(!entry.counted);
        entry.counted = true;
        self.touched.insert(key.to_owned());
        Outcome::Changed
    }

    pub(super) fn rename(&mut self, key: &str, new: &str) -> bool {
        if !self.entries.contains_key(key) || self.entries.contains_key(new) {
            return false;
        }
        let entry = self.entries.remove(key).unwrap();
        self.entries.insert(new.to_owned(), entry);
        self.touched.extend([key.to_owned(), new.to_owned()]);
        true
    }

    pub(super) fn add(&mut self, name: &str, key: Key, trust: Trust) -> bool {
        let other_key = self.departed.get(name).is_some_and(|(departed, _)| *departed != key);
        if self.recipients.contains_key(name)
            || self.reads(key)
            || (other_key && trust == Trust::KnownKeys)
        {
            return false;
        }
        self.recipients.insert(name.to_owned(), key);
        true
    }

    pub(super) fn remove(&mut self, names: &[&str]) -> bool {
        let left = self.recipients.keys().filter(|name| !names.contains(&name.as_str())).count();
        if left == 0 || !names.iter().all(|name| self.recipients.contains_key(*name)) {
            return false;
        }
        self.rotate();
        for name in names {
            if let Some(key) = self.recipients.remove(*name) {
                self.depart(name, key);
            }
        }
        true
    }

    pub(super) fn replace(&mut self, name: &str, key: Key) -> bool {
        if !self.recipients.contains_key(name) || self.reads(key) {
            return false;
        }
        self.rotate();
        let old = self.recipients.insert(name.to_owned(), key).unwrap();
        self.depart(name, old);
        true
    }

    /// All readers at once, whatever there were before.
    pub(super) fn bring(&mut self, wanted: &BTreeMap<&str, Key>, named: &[&str]) -> bool {
        let other_key =
            |name: &str, key| self.departed.get(name).is_some_and(|(left, _)| *left != key);
        let unnamed = |(name, key): (&&str, &Key)| {
            !self.recipients.contains_key(*name) && other_key(name, *key) && !named.contains(name)
        };
        if wanted.iter().any(unnamed) {
            return false;
        }
        let mut gone = self.recipients.clone();
        gone.retain(|_, key| !wanted.values().any(|stays| stays == key));
        if !gone.is_empty() {
            self.rotate();
        }
        self.recipients = wanted.iter().map(|(name, key)| ((*name).to_owned(), *key)).collect();
        for (name, key) in gone {
            self.depart(&name, key);
        }
        true
    }

    pub(super) fn rotate(&mut self) -> bool {
        if self.origin == Origin::Disk {
            self.epoch += 1;
            self.origin = Origin::Superseded;
            // Nobody who leaves by this rotation has seen a value that was never written.
            let fresh = self.entries.values_mut().filter(|entry| entry.fresh);
            fresh.for_each(|entry| entry.since = self.epoch);
        }
        true
    }

    /// Departures follow keys; a name that leaves with another key moves the older one aside.
    fn depart(&mut self, name: &str, key: Key) {
        if self.origin == Origin::New {
            return;
        }
        if !self.written_for.contains(&key) {
            self.passing.insert(key);
        }
        let until = self.epoch - 1;
        if let Some((_, last)) = self.departed.values_mut().find(|(known, _)| *known == key) {
            *last = until.max(*last);
            return;
        }
        if let Some(older) = self.departed.remove(name) {
            let separator = if name.contains('/') { '.' } else { '/' };
            let aside = (1..).map(|n| format!("{name}{separator}old-{n}"));
            let aside = aside.into_iter().find(|name| !self.departed.contains_key(name)).unwrap();
            self.departed.insert(aside, older);
        }
        self.departed.insert(name.to_owned(), (key, until));
    }

    /// The file is written; gives the keys whose blocks may differ.
    pub(super) fn write(&mut self) -> Vec<String> {
        self.origin = Origin::Disk;
        self.written_for = self.recipients.values().copied().collect();
        self.entries.values_mut().for_each(|entry| {
            entry.counted = false;
            entry.fresh = false;
            entry.seen.extend(&self.written_for);
        });
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    pub(super) fn reads(&self, key: Key) -> bool {
        self.recipients.values().any(|known| *known == key)
    }

    /// What the file says of who has seen what is what happened: of each key that is gone, exactly
    /// the values that were ever written for it.
    pub(super) fn exposes(&self, sealed: &Sealed<SecretSet>, people: &[Member]) {
        let key_of = |name: &MemberName| {
            let to = &sealed.departed()[name].to;
            people.iter().position(|person| person.to == *to).unwrap()
        };
        let said: BTreeMap<String, BTreeSet<Key>> = sealed
            .exposed(Seen::ByDevices, |_, _| true)
            .into_iter()
            .map(|e| (e.key.to_string(), e.seen_by.iter().map(key_of).collect()))
            .collect();
        for (name, entry) in &self.entries {
            let said = said.get(name).cloned().unwrap_or_default();
            let gone = |key: &&Key| !self.reads(**key) && !self.passing.contains(key);
            let seen: BTreeSet<Key> = entry.seen.iter().filter(gone).copied().collect();
            let said: BTreeSet<Key> = said.iter().filter(gone).copied().collect();
            assert_eq!(said, seen, "{name}: {self:?}");
        }
        let persons: BTreeSet<&str> = sealed.recipients().keys().map(MemberName::person).collect();
        for exposure in sealed.exposed(Seen::ByPersons, |_, _| true) {
            assert!(exposure.seen_by.iter().all(|name| !persons.contains(name.as_str())));
            assert!(exposure.seen_by.iter().all(|name| !name.is_device()));
        }
    }

    /// The file that was read again holds exactly this.
    pub(super) fn holds(&self, opened: &Opened<SecretSet>, people: &[Member]) {
        assert_eq!(opened.epoch(), self.epoch);
        let to = |key: Key| people[key].to.as_str();
        let readers = opened.recipients().map(|(name, key)| (name.as_str(), key.as_str()));
        assert!(readers.eq(self.recipients.iter().map(|(name, key)| (name.as_str(), to(*key)))));
        let gone = opened.departed().map(|(name, key, until)| (name.as_str(), key.as_str(), until));
        let mut expected: Vec<_> = self
            .departed
            .iter()
            .map(|(name, (key, until))| (name.as_str(), to(*key), *until))
            .collect();
        expected.sort_unstable();
        assert_eq!(gone.collect::<Vec<_>>(), expected);
        let keys: Vec<&str> = opened.entries().map(|(key, _)| key.as_str()).collect();
        assert!(keys.iter().eq(self.entries.keys()), "{keys:?}");
        for ((_, entry), (key, model)) in opened.entries().zip(&self.entries) {
            let value = vec![model.value; usize::from(model.value) * 40];
            assert_eq!(entry.value().expose(), value, "{key}");
            assert_eq!((entry.since(), entry.rev()), (model.since, model.rev), "{key}");
            let note = (model.note > 0).then(|| format!("note {}", model.note));
            assert_eq!(entry.note().map(ToString::to_string), note, "{key}");
            let day = (model.expires > 0).then(|| format!("203{}-01-01", model.expires));
            assert_eq!(entry.expires().map(|day| day.to_string()), day, "{key}");
        }
    }
}
