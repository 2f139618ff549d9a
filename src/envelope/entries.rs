//! The entries of an opened file, and how they change.

use thiserror::Error;

use super::opened::Opened;
use super::sealed::SealedEntry;
use crate::crypto::{EntryCipher, EntryLabel};
use crate::model::{
    Content, Date, KeyName, Note, PASSWORD, PullSecret, SecretSet, SecretValue, USERNAME,
};

/// One opened entry.
#[derive(Debug)]
pub struct Entry {
    pub(super) value: SecretValue,
    pub(super) note: Option<Note>,
    pub(super) expires: Option<Date>,
    pub(super) since: u32,
    pub(super) rev: u32,
    kept: Kept,
}

/// What of an entry still stands as it was read.
#[derive(Debug)]
enum Kept {
    /// Nothing changed: these bytes are written again.
    All(Vec<u8>),
    /// The data key changed, the entry did not.
    Meaning,
    /// The value: note or expiry changed, so `rev` has already grown.
    Value,
    /// The value is new, so `rev` has grown and `since` is the epoch it will be written in.
    Nothing,
}

/// A change to something that may be there or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<V> {
    /// As it is.
    #[default]
    Keep,
    /// To this.
    To(V),
    /// Gone.
    Clear,
}

/// What setting an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was none of this key.
    Added,
    /// It has changed.
    Changed,
    /// It was like that already: its bytes stay.
    Unchanged,
}

/// Why an entry could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    /// No entry of this key.
    #[error("there is no key {0}")]
    NotFound(KeyName),
    /// An entry of this key is already there.
    #[error("there is already a key {0}")]
    Exists(KeyName),
    /// The entry has changed more often than can be counted.
    #[error("the revision counter of {0} is exhausted; delete the key and set it again")]
    Exhausted(KeyName),
}

impl Entry {
    pub(super) fn from_sealed(value: SecretValue, sealed: SealedEntry) -> Self {
        let SealedEntry { since, rev, enc, note, expires } = sealed;
        Self { value, note, expires, since, rev, kept: Kept::All(enc) }
    }

    fn new(value: SecretValue, epoch: u32) -> Self {
        Self { value, note: None, expires: None, since: epoch, rev: 1, kept: Kept::Nothing }
    }

    pub(super) fn into_sealed(self, key: &KeyName, cipher: &mut EntryCipher<'_>) -> SealedEntry {
        let Self { value, note, expires, since, rev, kept } = self;
        let enc = match kept {
            Kept::All(enc) => enc,
            Kept::Meaning | Kept::Value | Kept::Nothing => {
                let label = EntryLabel { key, since, rev, note: note.as_ref(), expires };
                cipher.seal(&label, &value)
            }
        };
        SealedEntry { since, rev, enc, note, expires }
    }

    /// The data key or the file's name changed: the bytes must be made anew, in this epoch.
    pub(super) fn reseal(&mut self, epoch: u32) {
        match self.kept {
            Kept::All(_) => self.kept = Kept::Meaning,
            Kept::Nothing => self.since = epoch,
            Kept::Meaning | Kept::Value => {}
        }
    }

    /// Counts one change, however many follow before the file is written.
    fn count_change(&mut self, left: Kept) -> Option<()> {
        if let Kept::All(_) | Kept::Meaning = self.kept {
            self.rev = self.rev.checked_add(1)?;
            self.kept = left;
        }
        Some(())
    }

    /// With these counts, so that the bytes must be made anew.
    pub(super) fn counted(self, since: u32, rev: u32) -> Self {
        Self { since, rev, kept: Kept::Value, ..self }
    }

    /// Whether it will be written as it was read.
    pub(super) fn keeps_bytes(&self) -> bool {
        matches!(self.kept, Kept::All(_))
    }

    /// Whether both have the same value, remarks and counts.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.value.same_as(&other.value)
            && (&self.note, self.expires) == (&other.note, other.expires)
            && (self.since, self.rev) == (other.since, other.rev)
    }

    /// The value.
    pub fn value(&self) -> &SecretValue {
        &self.value
    }

    /// The plain remark.
    pub fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    /// The plain expiry date.
    pub fn expires(&self) -> Option<Date> {
        self.expires
    }

    /// The epoch in which the value last changed.
    pub fn since(&self) -> u32 {
        self.since
    }

    /// How often value, note or expiry changed, from 1.
    pub fn rev(&self) -> u32 {
        self.rev
    }
}

impl<T: Content> Opened<T> {
    /// The entries, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = (&KeyName, &Entry)> + Clone {
        self.entries.iter()
    }

    /// The entry of this key.
    pub fn get(&self, key: &KeyName) -> Option<&Entry> {
        self.entries.get(key)
    }

    fn put(&mut self, key: &KeyName, value: SecretValue) -> Result<Outcome, EntryError> {
        let epoch = self.epoch();
        let Some(entry) = self.entries.get_mut(key) else {
            self.entries.insert(key.clone(), Entry::new(value, epoch));
            return Ok(Outcome::Added);
        };
        if entry.value.same_as(&value) {
            return Ok(Outcome::Unchanged);
        }
        entry.count_change(Kept::Nothing).ok_or_else(|| EntryError::Exhausted(key.clone()))?;
        entry.value = value;
        entry.since = epoch;
        entry.kept = Kept::Nothing;
        Ok(Outcome::Changed)
    }

    fn remark(
        &mut self,
        key: &KeyName,
        note: Change<Note>,
        expires: Change<Date>,
    ) -> Result<Outcome, EntryError> {
        let not_found = || EntryError::NotFound(key.clone());
        let entry = self.entries.get_mut(key).ok_or_else(not_found)?;
        let note = note.applied_to(entry.note.as_ref());
        let expires = expires.applied_to(entry.expires.as_ref());
        if note == entry.note && expires == entry.expires {
            return Ok(Outcome::Unchanged);
        }
        entry.count_change(Kept::Value).ok_or_else(|| EntryError::Exhausted(key.clone()))?;
        entry.note = note;
        entry.expires = expires;
        Ok(Outcome::Changed)
    }
}

impl Opened<SecretSet> {
    /// Sets a value. A key that has it already keeps its bytes; note and expiry stay in any case.
    ///
    /// # Errors
    /// [`EntryError::Exhausted`].
    pub fn set(&mut self, key: &KeyName, value: SecretValue) -> Result<Outcome, EntryError> {
        self.put(key, value)
    }

    /// Changes what stands beside a value in clear.
    ///
    /// # Errors
    /// [`EntryError::NotFound`], [`EntryError::Exhausted`].
    pub fn annotate(
        &mut self,
        key: &KeyName,
        note: Change<Note>,
        expires: Change<Date>,
    ) -> Result<Outcome, EntryError> {
        self.remark(key, note, expires)
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`EntryError::NotFound`].
    pub fn unset(&mut self, key: &KeyName) -> Result<(), EntryError> {
        self.entries.remove(key).map(|_| ()).ok_or_else(|| EntryError::NotFound(key.clone()))
    }

    /// Gives an entry another key. `since` and `rev` stay: whoever saw the value has still seen it.
    ///
    /// # Errors
    /// [`EntryError::NotFound`], [`EntryError::Exists`].
    pub fn rename_entry(&mut self, key: &KeyName, new: KeyName) -> Result<(), EntryError> {
        if !self.entries.contains_key(key) {
            return Err(EntryError::NotFound(key.clone()));
        }
        if self.entries.contains_key(&new) {
            return Err(EntryError::Exists(new));
        }
        let epoch = self.epoch();
        if let Some(mut entry) = self.entries.remove(key) {
            entry.reseal(epoch);
            self.entries.insert(new, entry);
        }
        Ok(())
    }
}

impl Opened<PullSecret> {
    /// The user name and password for the registry.
    pub fn credentials(&self) -> Option<(&SecretValue, &SecretValue)> {
        let value = |name| self.entries.get(name).map(Entry::value);
        Some((value(USERNAME)?, value(PASSWORD)?))
    }

    /// The entry that holds the password, with its note and expiry: the pull secret's own.
    pub fn password(&self) -> Option<&Entry> {
        self.entries.get(PASSWORD)
    }

    /// Whether it holds these already.
    pub(super) fn has_credentials(&self, username: &SecretValue, password: &SecretValue) -> bool {
        self.credentials().is_some_and(|(u, p)| u.same_as(username) && p.same_as(password))
    }

    /// Puts in user name and password, and what stands beside the latter in clear. What is already so keeps its
    /// `since`.
    pub(super) fn put_credentials(
        &mut self,
        credentials: [(&KeyName, SecretValue); 2],
        note: Change<Note>,
        expires: Change<Date>,
    ) -> Result<(), EntryError> {
        let [(user, username), (pass, password)] = credentials;
        self.put(user, username)?;
        self.put(pass, password)?;
        self.remark(pass, note, expires)?;
        Ok(())
    }
}

impl<V: Clone + PartialEq> Change<V> {
    /// Whether it changes nothing about this.
    pub(super) fn is_as(&self, old: Option<&V>) -> bool {
        self.clone().applied_to(old).as_ref() == old
    }

    fn applied_to(self, old: Option<&V>) -> Option<V> {
        match self {
            Self::Keep => old.cloned(),
            Self::To(new) => Some(new),
            Self::Clear => None,
        }
    }
}
