//! Who can read an opened file, and who no longer can
//! (docs/format.md "Recipients and departures").

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::opened::{Opened, Origin, Reader};
use super::sealed::Recipients;
use crate::crypto::Recipient;
use crate::model::{Content, InvalidName, MemberName};

/// Whether a key that is new under a departed name may be given access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// No: it could be anyone's.
    KnownKeys,
    /// Yes: a person has named it.
    Named,
}

/// Why the readers of a file could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MembershipError {
    /// The name is taken.
    #[error("{0} can already read it")]
    Exists(MemberName),
    /// The key is already there under another name.
    #[error("{name} has the same key as {other}, who can already read it")]
    SameKey {
        /// Who was to be added.
        name: MemberName,
        /// Who has the key.
        other: MemberName,
    },
    /// Nobody of this name can read the file.
    #[error("{0} cannot read it")]
    NotFound(MemberName),
    /// The file would have no reader.
    #[error("nobody would be left who can read it")]
    LastReader,
    /// The name left with another key.
    #[error("{0} left with another key; whoever has this one must be named")]
    Departed(MemberName),
    /// The tombstone of a long name cannot be kept beside a newer one.
    #[error("the name of an earlier departure cannot be kept: {0}")]
    Tombstone(InvalidName),
    /// No epoch is left.
    #[error("the file has been rotated 4294967295 times; copy it to a new one")]
    EpochsExhausted,
}

impl<T: Content> Opened<T> {
    /// Lets someone read the file. Nothing else in it changes.
    ///
    /// # Errors
    /// [`MembershipError`]: the name or the key is there already, or the name departed with
    /// another key and `trust` does not say that this one is meant.
    pub fn add_recipient(
        &mut self,
        name: MemberName,
        to: Recipient,
        trust: Trust,
    ) -> Result<(), MembershipError> {
        self.check_new(&name, &to, trust)?;
        self.recipients.insert(name, Reader { to, wrap: None });
        Ok(())
    }

    /// Ends access: a new data key, and a departure for each of `names`.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn remove_recipients(&mut self, names: &[MemberName]) -> Result<(), MembershipError> {
        if let Some(missing) = names.iter().find(|name| !self.recipients.contains_key(*name)) {
            return Err(MembershipError::NotFound(missing.clone()));
        }
        if self.recipients.keys().all(|name| names.contains(name)) {
            return Err(MembershipError::LastReader);
        }
        self.rotate()?;
        for name in names {
            if let Some(reader) = self.recipients.remove(name) {
                self.note_departure(name.clone(), reader.to)?;
            }
        }
        Ok(())
    }

    /// Gives a reader another key: a new data key, and a departure for the old one.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn replace_recipient(
        &mut self,
        name: &MemberName,
        to: Recipient,
    ) -> Result<(), MembershipError> {
        let old = self.recipients.get(name).map(|reader| reader.to.clone());
        let old = old.ok_or_else(|| MembershipError::NotFound(name.clone()))?;
        self.check_key(name, &to)?;
        self.rotate()?;
        self.recipients.insert(name.clone(), Reader { to, wrap: None });
        self.note_departure(name.clone(), old)
    }

    /// Gives a reader another name; the key stays, and so does the data key.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn rename_recipient(
        &mut self,
        name: &MemberName,
        new: MemberName,
        trust: Trust,
    ) -> Result<(), MembershipError> {
        let reader = self.recipients.remove(name);
        let reader = reader.ok_or_else(|| MembershipError::NotFound(name.clone()))?;
        let allowed = self.check_new(&new, &reader.to, trust);
        let kept = if allowed.is_ok() { new } else { name.clone() };
        self.recipients.insert(kept, reader);
        allowed
    }

    /// Makes these the readers, however they differ from those there are: who comes is added, a key
    /// under another name keeps its wrap, and whoever goes, or has another key, is a departure and
    /// makes a new data key. `named` are those whose new key a person has vouched for.
    ///
    /// # Errors
    /// [`MembershipError::Departed`]: a name that is new here left with another key, and is not
    /// among `named`; [`MembershipError::EpochsExhausted`].
    pub fn set_recipients(
        &mut self,
        wanted: &Recipients,
        named: &[MemberName],
    ) -> Result<(), MembershipError> {
        let unnamed = |name: &MemberName, to: &Recipient| {
            !self.recipients.contains_key(name)
                && self.departed.get(name).is_some_and(|(left, _)| left != to)
                && !named.contains(name)
        };
        if let Some((name, _)) = wanted.iter().find(|(name, to)| unnamed(name, to)) {
            return Err(MembershipError::Departed(name.clone()));
        }
        let keys: BTreeSet<&str> = wanted.iter().map(|(_, to)| to.as_str()).collect();
        let stays = |reader: &Reader| keys.contains(reader.to.as_str());
        if !self.recipients.values().all(stays) {
            self.rotate()?;
        }
        let old = std::mem::take(&mut self.recipients);
        let mut by_key: BTreeMap<String, (MemberName, Reader)> =
            old.into_iter().map(|(name, r)| (r.to.as_str().to_owned(), (name, r))).collect();
        for (name, to) in wanted.iter() {
            let known = by_key.remove(to.as_str()).map(|(_, reader)| reader);
            let reader = known.unwrap_or_else(|| Reader { to: to.clone(), wrap: None });
            self.recipients.insert(name.clone(), reader);
        }
        by_key.into_values().try_for_each(|(name, reader)| self.note_departure(name, reader.to))
    }

    /// Records that a key could read up to and including epoch `until`. Departures follow keys:
    /// one that left before gets the later epoch, and a tombstone of the same name but another key
    /// steps aside as `NAME/old-N`.
    pub(super) fn depart(
        &mut self,
        name: MemberName,
        key: Recipient,
        until: u32,
    ) -> Result<(), MembershipError> {
        if let Some((_, last)) = self.departed.values_mut().find(|(to, _)| *to == key) {
            *last = until.max(*last);
            return Ok(());
        }
        if self.departed.contains_key(&name) {
            // Found before anything is moved: a tombstone is never dropped.
            let aside = self.free_tombstone(&name)?;
            if let Some(older) = self.departed.remove(&name) {
                self.departed.insert(aside, older);
            }
        }
        self.departed.insert(name, (key, until));
        Ok(())
    }

    fn note_departure(&mut self, name: MemberName, key: Recipient) -> Result<(), MembershipError> {
        match &self.origin {
            // Never written, so never seen by anyone.
            Origin::New => Ok(()),
            Origin::Copied { source } => {
                let until = *source;
                self.depart(name, key, until)
            }
            Origin::Disk => self.depart(name, key, self.keys.epoch()),
            Origin::Superseded(old) => {
                let until = old.epoch();
                self.depart(name, key, until)
            }
        }
    }

    fn check_new(
        &self,
        name: &MemberName,
        to: &Recipient,
        trust: Trust,
    ) -> Result<(), MembershipError> {
        if self.recipients.contains_key(name) {
            return Err(MembershipError::Exists(name.clone()));
        }
        self.check_key(name, to)?;
        let other_key = self.departed.get(name).is_some_and(|(departed, _)| departed != to);
        if other_key && trust == Trust::KnownKeys {
            return Err(MembershipError::Departed(name.clone()));
        }
        Ok(())
    }

    fn check_key(&self, name: &MemberName, to: &Recipient) -> Result<(), MembershipError> {
        match self.recipients.iter().find(|(_, reader)| reader.to == *to) {
            Some((other, _)) => {
                Err(MembershipError::SameKey { name: name.clone(), other: other.clone() })
            }
            None => Ok(()),
        }
    }

    fn free_tombstone(&self, name: &MemberName) -> Result<MemberName, MembershipError> {
        let separator = if name.is_device() { '.' } else { '/' };
        let mut number = 1_u32;
        loop {
            let suffix = format!("{separator}old-{number}");
            // A name near the limit of 64 bytes is cut to make room.
            let room = 64_usize.saturating_sub(suffix.len());
            let kept = name.as_str().get(..room).unwrap_or(name.as_str()).trim_end_matches('/');
            let aside: MemberName =
                format!("{kept}{suffix}").parse().map_err(MembershipError::Tombstone)?;
            if !self.departed.contains_key(&aside) {
                return Ok(aside);
            }
            number += 1;
        }
    }
}
