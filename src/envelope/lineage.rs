//! How files and data keys follow one another: create, rotate, rename, copy
//! (docs/format.md "Recipients and departures").

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::entries::{Change, EntryError, Outcome};
use super::membership::MembershipError;
use super::opened::{Opened, Origin, Reader};
use super::sealed::{Link, Recipients};
use crate::crypto::{Binding, DataKey, EpochKeys, FileId, NoPlugins, Recipient, link};
use crate::model::{
    Content, Date, InvalidName, KeyName, MemberName, Note, PASSWORD, PullSecret, SecretSet,
    SecretValue, SetName, USERNAME,
};

impl<T: Content> Opened<T> {
    fn fresh(name: SetName, content: T, readers: Recipients, epoch: u32) -> Self {
        let binding = Binding::new(FileId::random(), name, &content);
        let (data_key, keys) = DataKey::fresh(&binding, epoch);
        Self {
            content,
            binding,
            origin: Origin::New,
            data_key,
            keys,
            prev: Vec::new(),
            recipients: unwrapped(readers),
            departed: BTreeMap::new(),
            entries: BTreeMap::new(),
            reader: None,
            seen_epoch: 0,
            committed: None,
            plugins: Arc::new(NoPlugins),
        }
    }

    /// Takes a new data key. Every wrap and entry will be made anew; `since` and `rev` stay. Doing
    /// it again before the file is written changes nothing more.
    ///
    /// # Errors
    /// [`MembershipError::EpochsExhausted`] after 2^32-1 rotations.
    pub fn rotate(&mut self) -> Result<(), MembershipError> {
        if let Origin::Superseded(_) = self.origin {
            return Ok(());
        }
        self.renew()
    }

    /// The same file under another name, with a new data key that the old one vouches for.
    ///
    /// # Errors
    /// [`MembershipError::EpochsExhausted`].
    pub fn renamed(mut self, name: SetName) -> Result<Self, MembershipError> {
        self.binding = Binding::new(self.binding.id(), name, &self.content);
        self.renew()?;
        Ok(self)
    }

    /// Another file with these entries: new id, new data key. `since`, `rev` and departures come
    /// along; readers of this file who will not read the copy become departures there, since they
    /// know the values. `named` are those whose new key a person has vouched for.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn copied(
        self,
        name: SetName,
        readers: Recipients,
        named: &[MemberName],
    ) -> Result<Self, MembershipError> {
        let source_epoch = self.keys.epoch();
        // As in `set_recipients`: nobody is let in under the name of someone who has left.
        let departed = |name: &MemberName, to: &Recipient| {
            !self.recipients.values().any(|reader| reader.to == *to)
                && self.departed.get(name).is_some_and(|(left, _)| left != to)
                && !named.contains(name)
        };
        if let Some((name, _)) = readers.iter().find(|(name, to)| departed(name, to)) {
            return Err(MembershipError::Departed(name.clone()));
        }
        let leavers: Vec<_> = self
            .recipients
            .into_iter()
            .filter(|(_, reader)| !readers.iter().any(|(_, to)| *to == reader.to))
            .collect();
        let epoch = match leavers.as_slice() {
            [] => source_epoch,
            _ => source_epoch.checked_add(1).ok_or(MembershipError::EpochsExhausted)?,
        };
        let mut copy = Self::fresh(name, self.content, readers, epoch).with_plugins(self.plugins);
        copy.departed = self.departed;
        copy.entries = self.entries;
        copy.entries.values_mut().for_each(|entry| entry.reseal(epoch));
        copy.origin = Origin::Copied { source: source_epoch };
        for (name, reader) in leavers {
            copy.depart(name, reader.to, source_epoch)?;
        }
        Ok(copy)
    }

    /// Whether this is what [`renamed`](Self::renamed) makes of `old`: the next epoch, which the key
    /// of `old` vouches for, with the same entries.
    pub fn is_rename_of(&self, old: &Self) -> bool {
        let (epoch, commitment) = (self.keys.epoch(), self.keys.commitment());
        let vouched = self.prev.iter().any(|l| {
            l.epoch == old.keys.epoch()
                && l.key_id == old.keys.commitment().key_id()
                && l.proof == link(&old.keys, &old.binding, epoch, commitment)
        });
        vouched
            && self.entries.len() == old.entries.len()
            && self
                .entries
                .iter()
                .zip(&old.entries)
                .all(|(new, old)| new.0 == old.0 && new.1.is_like(old.1))
    }

    /// A new data key for the file as it stands on disk.
    fn renew(&mut self) -> Result<(), MembershipError> {
        let epoch = match &self.origin {
            Origin::Disk => self.keys.epoch().max(self.seen_epoch).checked_add(1),
            Origin::Copied { source } => source.checked_add(1),
            Origin::New | Origin::Superseded(_) => Some(self.keys.epoch()),
        };
        let epoch = epoch.ok_or(MembershipError::EpochsExhausted)?;
        let (data_key, keys) = DataKey::fresh(&self.binding, epoch);
        self.data_key = data_key;
        let replaced = std::mem::replace(&mut self.keys, keys);
        match std::mem::replace(&mut self.origin, Origin::New) {
            Origin::New => {}
            copied @ Origin::Copied { .. } => self.origin = copied,
            Origin::Disk => self.vouch(Box::new(replaced)),
            Origin::Superseded(old) => self.vouch(old),
        }
        self.recipients.values_mut().for_each(|reader| reader.wrap = None);
        self.entries.values_mut().for_each(|entry| entry.reseal(epoch));
        Ok(())
    }

    /// Links the current key to the one on disk, and to the committed one.
    fn vouch(&mut self, old: Box<EpochKeys>) {
        let (epoch, commitment) = (self.keys.epoch(), self.keys.commitment());
        let proof = link(&old, &self.binding, epoch, commitment);
        self.prev = vec![Link { epoch: old.epoch(), key_id: old.commitment().key_id(), proof }];
        if let Some((earlier, key)) = &self.committed {
            let proof = key.link(earlier.id, epoch, commitment);
            let key_id = earlier.commitment.key_id();
            self.prev.push(Link { epoch: earlier.epoch, key_id, proof });
        }
        self.origin = Origin::Superseded(old);
    }
}

impl Opened<SecretSet> {
    /// A new, empty set.
    pub fn create(name: SetName, content: SecretSet, readers: Recipients) -> Self {
        Self::fresh(name, content, readers, 1)
    }
}

/// What a pull secret is made of.
#[derive(Debug)]
pub struct Credentials {
    /// Who.
    pub username: SecretValue,
    /// The password, token or key.
    pub password: SecretValue,
    /// A plain remark about them.
    pub note: Change<Note>,
    /// The plain day after which they are no good.
    pub expires: Change<Date>,
}

impl Credentials {
    /// These, with nothing said about them.
    pub fn new(username: SecretValue, password: SecretValue) -> Self {
        Self { username, password, note: Change::Keep, expires: Change::Clear }
    }
}

/// Why the credentials of a pull secret could not be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplaceError {
    /// No epoch is left.
    #[error(transparent)]
    Epochs(#[from] MembershipError),
    /// No revision is left.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The two entries have no names.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl Opened<PullSecret> {
    /// A new pull secret.
    ///
    /// # Errors
    /// None today: the two keys are valid names, and their revisions are the first.
    pub fn create(
        name: SetName,
        content: PullSecret,
        credentials: Credentials,
        readers: Recipients,
    ) -> Result<Self, ReplaceError> {
        let mut made = Self::fresh(name, content, readers, 1);
        made.put_all(credentials)?;
        Ok(made)
    }

    /// The same file with other credentials, or for another registry: always a new data key, which
    /// the old one vouches for. Id, readers and departures stay. [`Outcome::Unchanged`], and
    /// nothing else, when it is all like that already.
    ///
    /// # Errors
    /// [`ReplaceError`]: nothing is left to count with.
    pub fn replace(
        &mut self,
        content: PullSecret,
        credentials: Credentials,
    ) -> Result<Outcome, ReplaceError> {
        let same = self.content == content
            && self.has_credentials(&credentials.username, &credentials.password)
            && self.password().is_some_and(|entry| {
                credentials.note.is_as(entry.note())
                    && credentials.expires.is_as(entry.expires().as_ref())
            });
        if same {
            return Ok(Outcome::Unchanged);
        }
        self.binding = Binding::new(self.binding.id(), self.binding.name().clone(), &content);
        self.content = content;
        self.renew()?;
        self.put_all(credentials)?;
        Ok(Outcome::Changed)
    }

    fn put_all(&mut self, credentials: Credentials) -> Result<(), ReplaceError> {
        let Credentials { username, password, note, expires } = credentials;
        let keys: [KeyName; 2] = [USERNAME.parse()?, PASSWORD.parse()?];
        let [user, pass] = &keys;
        Ok(self.put_credentials([(user, username), (pass, password)], note, expires)?)
    }
}

fn unwrapped(readers: Recipients) -> BTreeMap<MemberName, Reader> {
    readers.into_map().into_iter().map(|(name, to)| (name, Reader { to, wrap: None })).collect()
}
