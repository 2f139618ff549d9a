//! A file as a holder of its data key sees it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::entries::Entry;
use super::generation::Generation;
use super::sealed::{Departure, Link, RecipientRecord, Sealed, SealedEntry};
use super::{MAX_ENTRIES, MAX_RECIPIENTS};
use crate::crypto::{
    BadEntry, BadWrap, Binding, DataKey, EntryCipher, EntryLabel, EpochKeys, FileId, Identities,
    LinkKey, PluginError, Plugins, Recipient, Sealer, UnlockError, UnwrapError, WrapError,
    check_shape, wrap,
};
use crate::model::{Content, KeyName, MemberName};

/// An opened file: plaintext, and the data key. Nothing in it was handed out before every check
/// of docs/format.md was done.
pub struct Opened<T> {
    pub(super) content: T,
    pub(super) binding: Binding,
    pub(super) origin: Origin,
    pub(super) data_key: DataKey,
    pub(super) keys: EpochKeys,
    pub(super) prev: Vec<Link>,
    pub(super) recipients: BTreeMap<MemberName, Reader>,
    pub(super) departed: BTreeMap<MemberName, (Recipient, u32)>,
    pub(super) entries: BTreeMap<KeyName, Entry>,
    pub(super) reader: Option<MemberName>,
    /// A new data key gets a later epoch than this one, too.
    pub(super) seen_epoch: u32,
    /// An earlier data key that vouches for a new one beside the one on disk.
    pub(super) committed: Option<(Generation, LinkKey)>,
    /// Whoever makes wraps that only a plugin can make.
    pub(super) plugins: Arc<dyn Plugins>,
}

/// Where the current data key comes from.
pub(super) enum Origin {
    /// The file was never written: its key may change without a trace.
    New,
    /// A copy of a file at this epoch, not yet written. Its readers know the values already.
    Copied {
        /// The epoch of the file it was copied from.
        source: u32,
    },
    /// The key is the one on disk.
    Disk,
    /// A new key replaces this one, which is on disk.
    Superseded(Box<EpochKeys>),
}

/// The data key of a file, which is the one it commits to.
pub(super) struct Unlocked {
    binding: Binding,
    reader: Option<MemberName>,
    data_key: DataKey,
    pub(super) keys: EpochKeys,
}

/// A recipient; the wrap is kept as long as the data key is.
pub(super) struct Reader {
    pub(super) to: Recipient,
    pub(super) wrap: Option<Vec<u8>>,
}

/// Why a file did not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// No identity at hand is among its readers.
    #[error("no identity at hand opens it")]
    NoIdentity {
        /// Who could.
        readers: Vec<MemberName>,
    },
    /// The identity that would open it stayed locked.
    #[error(transparent)]
    Locked(#[from] UnlockError),
    /// The plugin that holds the key did not help.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Someone without the data key changed it.
    #[error("{place}: {why}")]
    Tampered {
        /// The record that is wrong.
        place: Place,
        /// What is wrong with it.
        why: Tampering,
    },
}

/// A record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `[vault]` or `[pull]`
    File,
    /// `[recipients.NAME]`
    Recipient(MemberName),
    /// `[departed.NAME]`
    Departed(MemberName),
    /// `[values.KEY]`
    Entry(KeyName),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("[vault]"),
            Self::Recipient(name) => write!(f, "recipient {name}"),
            Self::Departed(name) => write!(f, "departure {name}"),
            Self::Entry(key) => write!(f, "entry {key}"),
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Tampering {
    /// The wrap has another shape than docs/format.md allows.
    #[error("{0}")]
    Shape(BadWrap),
    /// Our own wrap does not open with our key.
    #[error("its wrap does not open with the key it is for")]
    Wrap,
    /// The wrapped key is not the one the file commits to.
    #[error(
        "the data key does not fit it: id, epoch, kind, name or [pull] was changed, or our wrap holds another key"
    )]
    Commitment,
    /// The record was not made by a holder of the data key.
    #[error("its seal is wrong: it was added or changed by someone who cannot read this file")]
    Seal,
    /// The entry is not what was written.
    #[error("{0}")]
    Entry(BadEntry),
}

impl Tampering {
    /// The stable name of the broken rule in docs/format.md and in the frozen vectors.
    pub fn code(self) -> &'static str {
        match self {
            Self::Shape(BadWrap::NotAgeFile) => "wrap-not-age",
            Self::Shape(BadWrap::StanzaCount) => "wrap-stanza-count",
            Self::Shape(BadWrap::StanzaType) => "wrap-stanza-type",
            Self::Wrap => "wrap-does-not-open",
            Self::Commitment => "commitment-mismatch",
            Self::Seal => "bad-seal",
            Self::Entry(BadEntry::NotAuthentic) => "entry-not-authentic",
            Self::Entry(BadEntry::Padding) => "entry-padding",
            Self::Entry(BadEntry::UnknownPayload(_)) => "unknown-payload",
        }
    }
}

/// Why an opened file could not be sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// The data key could not be wrapped for a recipient.
    #[error("recipient {name}: {why}")]
    Wrap {
        /// Who.
        name: MemberName,
        /// Why.
        why: WrapError,
    },
    /// More entries than a file may have.
    #[error("a file holds at most {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// More recipients or departures than a file may have.
    #[error("a file holds at most {MAX_RECIPIENTS} recipients, and as many departures")]
    TooManyRecipients,
}

impl<T: Content> Sealed<T> {
    /// Opens the file with the identities at hand: the shape of every wrap, the commitment, every
    /// seal and every entry are checked before anything is returned.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(self, identities: &Identities) -> Result<Opened<T>, OpenError> {
        let unlocked = self.unlock(identities)?;
        self.open_with(unlocked, Arc::clone(identities.plugins()))
    }

    /// The same by somebody who has the data key.
    pub(super) fn open_with_key(
        self,
        data_key: DataKey,
        plugins: Arc<dyn Plugins>,
    ) -> Result<Opened<T>, OpenError> {
        let unlocked = self.unlocked(data_key, None)?;
        self.open_with(unlocked, plugins)
    }

    fn open_with(
        self,
        unlocked: Unlocked,
        plugins: Arc<dyn Plugins>,
    ) -> Result<Opened<T>, OpenError> {
        let Unlocked { binding, reader, data_key, keys } = unlocked;
        self.check_seals(&keys, &binding)?;
        let mut cipher = EntryCipher::new(&keys, &binding);
        // A map is made faster of a sorted list than entry by entry.
        let mut entries = Vec::with_capacity(self.entries.len());
        for (key, sealed) in self.entries {
            match cipher.open(&sealed.label(&key), &sealed.enc) {
                Ok(value) => entries.push((key, Entry::from_sealed(value, sealed))),
                Err(why) => return Err(tampered(Place::Entry(key), Tampering::Entry(why))),
            }
        }
        Ok(Opened {
            content: self.content,
            binding,
            origin: Origin::Disk,
            data_key,
            keys,
            prev: self.prev,
            recipients: self
                .recipients
                .into_iter()
                .map(|(name, record)| (name, Reader { to: record.to, wrap: Some(record.wrap) }))
                .collect(),
            departed: self.departed.into_iter().map(|(name, d)| (name, (d.to, d.until))).collect(),
            entries: entries.into_iter().collect(),
            reader,
            seen_epoch: 0,
            committed: None,
            plugins,
        })
    }

    /// Finds the data key, after the shape of every wrap was checked and before anything else is.
    pub(super) fn unlock(&self, identities: &Identities) -> Result<Unlocked, OpenError> {
        for (name, record) in &self.recipients {
            check_shape(&record.wrap, &record.to)
                .map_err(|why| tampered(Place::Recipient(name.clone()), Tampering::Shape(why)))?;
        }
        let (reader, data_key) = self.data_key(identities)?;
        self.unlocked(data_key, Some(reader))
    }

    /// What a data key stands for here, if it is this file's.
    fn unlocked(
        &self,
        data_key: DataKey,
        reader: Option<MemberName>,
    ) -> Result<Unlocked, OpenError> {
        let binding = self.binding();
        let keys = data_key.derive(&binding, self.epoch);
        if keys.commitment() != self.commitment {
            return Err(tampered(Place::File, Tampering::Commitment));
        }
        Ok(Unlocked { binding, reader, data_key, keys })
    }

    fn data_key(&self, identities: &Identities) -> Result<(MemberName, DataKey), OpenError> {
        let records: Vec<_> = self.recipients.values().map(|r| (&r.to, &*r.wrap)).collect();
        let name = |index| self.recipients.keys().nth(index).cloned();
        match identities.data_key(&records) {
            Ok((index, key)) => {
                name(index).map(|name| (name, key)).ok_or_else(|| self.no_identity())
            }
            Err(UnwrapError::Tampered(index)) => Err(name(index).map_or_else(
                || self.no_identity(),
                |name| tampered(Place::Recipient(name), Tampering::Wrap),
            )),
            Err(UnwrapError::NoIdentity) => Err(self.no_identity()),
            Err(UnwrapError::Locked(error)) => Err(error.into()),
            Err(UnwrapError::Plugin(error)) => Err(error.into()),
        }
    }

    fn no_identity(&self) -> OpenError {
        OpenError::NoIdentity { readers: self.recipients.keys().cloned().collect() }
    }

    fn check_seals(&self, keys: &EpochKeys, binding: &Binding) -> Result<(), OpenError> {
        let seals = Sealer::new(keys, binding);
        for (name, record) in &self.recipients {
            if seals.recipient(name, &record.to, &record.wrap) != record.seal {
                return Err(tampered(Place::Recipient(name.clone()), Tampering::Seal));
            }
        }
        for (name, departure) in &self.departed {
            if seals.departed(name, &departure.to, departure.until) != departure.seal {
                return Err(tampered(Place::Departed(name.clone()), Tampering::Seal));
            }
        }
        Ok(())
    }
}

impl<T: Content> Opened<T> {
    /// The file to write: entries and wraps that did not change keep their bytes.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(self) -> Result<Sealed<T>, SealError> {
        if self.entries.len() > MAX_ENTRIES {
            return Err(SealError::TooManyEntries);
        }
        if self.recipients.len().max(self.departed.len()) > MAX_RECIPIENTS {
            return Err(SealError::TooManyRecipients);
        }
        let seals = Sealer::new(&self.keys, &self.binding);
        let mut recipients = BTreeMap::new();
        for (name, reader) in self.recipients {
            let wrap = match reader.wrap {
                Some(wrap) => wrap,
                None => wrap(&self.data_key, &reader.to, &*self.plugins)
                    .map_err(|why| SealError::Wrap { name: name.clone(), why })?,
            };
            let seal = seals.recipient(&name, &reader.to, &wrap);
            recipients.insert(name, RecipientRecord { to: reader.to, wrap, seal });
        }
        let departed = self.departed.into_iter().map(|(name, (to, until))| {
            let seal = seals.departed(&name, &to, until);
            (name, Departure { to, until, seal })
        });
        let mut cipher = EntryCipher::new(&self.keys, &self.binding);
        let entries = self.entries.into_iter().map(|(key, entry)| {
            let sealed = entry.into_sealed(&key, &mut cipher);
            (key, sealed)
        });
        Ok(Sealed {
            content: self.content,
            name: self.binding.name().clone(),
            id: self.binding.id(),
            epoch: self.keys.epoch(),
            commitment: self.keys.commitment(),
            prev: self.prev,
            recipients,
            departed: departed.collect(),
            entries: entries.collect(),
        })
    }

    /// The same, with someone who talks to age plugins. A file that was opened has those its
    /// identities had.
    #[must_use]
    pub fn with_plugins(self, plugins: Arc<dyn Plugins>) -> Self {
        Self { plugins, ..self }
    }

    /// The 16 bytes the file keeps for life.
    pub fn id(&self) -> FileId {
        self.binding.id()
    }

    /// The data-key generation the file will be written with.
    pub fn epoch(&self) -> u32 {
        self.keys.epoch()
    }

    /// The recipient whose identity opened the file; `None` for one made here.
    pub fn reader(&self) -> Option<&MemberName> {
        self.reader.as_ref()
    }

    /// Who can read the file.
    pub fn recipients(&self) -> impl Iterator<Item = (&MemberName, &Recipient)> {
        self.recipients.iter().map(|(name, reader)| (name, &reader.to))
    }

    /// Who could, with the last epoch they could read.
    pub fn departed(&self) -> impl Iterator<Item = (&MemberName, &Recipient, u32)> {
        self.departed.iter().map(|(name, (to, until))| (name, to, *until))
    }
}

impl<T> fmt::Debug for Opened<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("name", self.binding.name()).finish_non_exhaustive()
    }
}

impl SealedEntry {
    pub(super) fn label<'a>(&'a self, key: &'a KeyName) -> EntryLabel<'a> {
        EntryLabel {
            key,
            since: self.since,
            rev: self.rev,
            note: self.note.as_ref(),
            expires: self.expires,
        }
    }
}

fn tampered(place: Place, why: Tampering) -> OpenError {
    OpenError::Tampered { place, why }
}
