//! Getting a data key out of a file's wraps with the identities at hand, and asking for a
//! passphrase only when that is what stands between.

use std::collections::BTreeSet;
use std::io::Read;
use std::iter;
use std::sync::OnceLock;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::{Decryptor, scrypt, ssh};
use thiserror::Error;
use zeroize::Zeroizing;

use super::identity::{Identities, Keys, OpenKey, PluginKey, Source, parse_lines};
use super::plugin::Known;
use super::wrap::{data_key_in, stanza_of};
use super::{DataKey, PluginError, PluginName, Recipient, RecipientKind};
use UnlockError::NoTerminal;

/// Most work an encrypted identity file may demand (2^20: 1 GiB and some seconds).
const MAX_SCRYPT_LOG_N: u8 = 20;

/// Longest decrypted identity file.
const MAX_IDENTITY_BYTES: usize = 64 * 1024;

/// Most records a plugin is shown (docs/format.md): each may cost a person a touch.
const MAX_PLUGIN_RECORDS: usize = 8;

/// A record's number and the data key in it, or why there is none.
type Found = Result<(usize, DataKey), UnwrapError>;

/// Asks a person for the passphrase of an identity.
pub trait AskPassphrase: Send + Sync {
    /// The passphrase of `what`, or `None` where nobody can be asked.
    fn ask(&self, what: &str) -> Option<SecretString>;
}

/// Asks nobody.
#[derive(Debug, Clone, Copy)]
pub struct NoPassphrase;

impl AskPassphrase for NoPassphrase {
    fn ask(&self, _: &str) -> Option<SecretString> {
        None
    }
}

/// Why an encrypted identity stayed locked. Names the identity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnlockError {
    /// It needs a passphrase and nobody could be asked.
    #[error("{0} is encrypted and its passphrase cannot be asked for here")]
    NoTerminal(String),
    /// The passphrase did not open it.
    #[error("this is not the passphrase of {0}")]
    WrongPassphrase(String),
    /// It opened, and is no identity file.
    #[error("{0} holds no usable identity")]
    NotAnIdentity(String),
}

/// Why no data key came out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnwrapError {
    /// No identity at hand is among the recipients.
    #[error("no identity at hand opens it")]
    NoIdentity,
    /// The wrap made for this identity does not open with it; the number is the record's.
    #[error("the wrap does not open with the key it is for")]
    Tampered(usize),
    /// An identity stayed locked.
    #[error(transparent)]
    Locked(#[from] UnlockError),
    /// The plugin an identity belongs to did not help.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl Identities {
    /// The data key, from the record whose recipient is one of ours; that record's number comes
    /// with it. Nobody else's record is tried. Shapes must have been checked before.
    ///
    /// # Errors
    /// [`UnwrapError`].
    pub fn data_key(
        &self,
        records: &[(&Recipient, &[u8])],
    ) -> Result<(usize, DataKey), UnwrapError> {
        let open = || self.sources.iter().filter_map(|(_, source)| source.keys());
        if let Some(found) = open().find_map(|keys| try_open(keys, records)) {
            return found;
        }
        // An ssh key shows whom it is for; an encrypted age file may be opened for nothing.
        let (certain, guesses): (Vec<_>, Vec<_>) =
            self.sources.iter().partition(|(_, source)| matches!(source, Source::LockedSsh { .. }));
        let locked = |(origin, source): &(String, Source)| self.try_locked(origin, source, records);
        let plugin: Vec<&PluginKey> = open().flat_map(|keys| &keys.plugin).collect();
        let attempts = certain.into_iter().map(locked);
        let attempts = attempts.chain(iter::once_with(|| self.try_plugins(&plugin, records)));
        let mut failed = None;
        for attempt in attempts.chain(guesses.into_iter().map(locked)).flatten() {
            match attempt {
                // Something else may do without what was missing here.
                Err(why @ (UnwrapError::Plugin(_) | UnwrapError::Locked(NoTerminal(_)))) => {
                    failed = failed.or(Some(why));
                }
                decided => return decided,
            }
        }
        Err(failed.unwrap_or(UnwrapError::NoIdentity))
    }

    /// Whether a passphrase was asked for and given.
    pub fn was_unlocked(&self) -> bool {
        self.sources.iter().any(|(_, source)| match source {
            Source::Open(_) => false,
            Source::LockedSsh { opened, .. } | Source::LockedAge { opened, .. } => {
                opened.get().is_some()
            }
        })
    }

    /// From now on nobody is asked for a passphrase.
    pub fn ask_nobody(&mut self) {
        self.ask = Box::new(NoPassphrase);
    }

    /// As [`data_key`](Self::data_key) for one source that may need its passphrase first.
    fn try_locked(
        &self,
        origin: &str,
        source: &Source,
        records: &[(&Recipient, &[u8])],
    ) -> Option<Found> {
        let keys = match source {
            Source::Open(_) => return None,
            Source::LockedSsh { public, key, opened } => {
                records.iter().find(|(to, _)| to.as_str() == public)?;
                self.unlock(opened, origin, |passphrase| {
                    let key = ssh::Identity::from(key.decrypt(passphrase).ok()?);
                    let open = vec![OpenKey { public: public.clone(), age: Box::new(key) }];
                    Some(Keys { open, plugin: Vec::new() })
                })
            }
            Source::LockedAge { file, opened } => {
                records.iter().find(|(to, _)| self.may_be_in_age_file(to.kind()))?;
                let keys = self.unlock(opened, origin, |passphrase| {
                    let text = decrypt_file(file, passphrase)?;
                    // Part of a file is no identity file.
                    let text = (text.len() <= MAX_IDENTITY_BYTES).then_some(&*text);
                    let text = text.and_then(|text| std::str::from_utf8(text).ok());
                    Some(text.and_then(|text| parse_lines(text).ok()).unwrap_or_default())
                });
                keys.and_then(|keys| match keys {
                    Keys { open, plugin } if open.is_empty() && plugin.is_empty() => {
                        Err(UnlockError::NotAnIdentity(origin.to_owned()))
                    }
                    keys => Ok(keys),
                })
            }
        };
        match keys {
            Ok(keys) => try_open(keys, records)
                .or_else(|| self.try_plugins(&keys.plugin.iter().collect::<Vec<_>>(), records)),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Which key is in an encrypted age file shows only after it is opened.
    fn may_be_in_age_file(&self, kind: &RecipientKind) -> bool {
        match kind {
            RecipientKind::X25519 => true,
            RecipientKind::Plugin(name) => self.plugins.allow(name).is_ok(),
            _ => false,
        }
    }

    /// Lets the plugins of these keys look at the records that may be theirs.
    fn try_plugins(&self, keys: &[&PluginKey], records: &[(&Recipient, &[u8])]) -> Option<Found> {
        let names: BTreeSet<&PluginName> = keys.iter().map(|key| &key.name).collect();
        let mut failed = None;
        for name in names {
            let keys: Vec<_> = keys.iter().copied().filter(|key| key.name == *name).collect();
            match self.try_plugin(name, &keys, records) {
                None => {}
                Some(Err(UnwrapError::Plugin(why))) => failed = failed.or(Some(why)),
                Some(decided) => return Some(decided),
            }
        }
        failed.map(|why| Err(why.into()))
    }

    /// Shows the plugin the stanzas as one age file for all of these recipients would, so that it
    /// is started once and asks once.
    fn try_plugin(
        &self,
        name: &PluginName,
        keys: &[&PluginKey],
        records: &[(&Recipient, &[u8])],
    ) -> Option<Found> {
        let candidates = candidates(name, keys, records);
        let stanzas = candidates.iter().filter_map(|(_, wrap)| stanza_of(wrap)).collect::<Vec<_>>();
        if stanzas.is_empty() {
            return None;
        }
        let texts: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        let asked = self.plugins.allow(name);
        let file_key =
            match asked.and_then(|()| self.plugins.unwrap_file_key(name, &texts, &stanzas)) {
                Ok(file_key) => Known(file_key?),
                Err(why) => return Some(Err(why.into())),
            };
        let opened = |(index, wrap): &(usize, &[u8])| Some((*index, data_key_in(wrap, &file_key)?));
        Some(match (candidates.iter().find_map(opened), candidates.as_slice()) {
            (Some(found), _) => Ok(found),
            (None, [(index, _)]) => Err(UnwrapError::Tampered(*index)),
            (None, _) => {
                let what = "the file key it gave is that of no stanza";
                Err(PluginError::Protocol { name: name.clone(), what }.into())
            }
        })
    }

    /// Asks once per process, and remembers what came out.
    fn unlock<'a>(
        &self,
        cell: &'a OnceLock<Keys>,
        origin: &str,
        open: impl FnOnce(SecretString) -> Option<Keys>,
    ) -> Result<&'a Keys, UnlockError> {
        if let Some(opened) = cell.get() {
            return Ok(opened);
        }
        let passphrase = self.ask.ask(origin).ok_or_else(|| NoTerminal(origin.to_owned()))?;
        let opened =
            open(passphrase).ok_or_else(|| UnlockError::WrongPassphrase(origin.to_owned()))?;
        Ok(cell.get_or_init(|| opened))
    }
}

/// The records that may be for these identities of one plugin, at most eight (docs/format.md): those
/// whose key a comment beside an identity names; else those of the plugin's own name; else keys on
/// hardware, which any plugin may hold.
fn candidates<'r>(
    name: &PluginName,
    keys: &[&PluginKey],
    records: &[(&Recipient, &'r [u8])],
) -> Vec<(usize, &'r [u8])> {
    let named = |to: &Recipient| keys.iter().any(|key| key.public.as_deref() == Some(to.as_str()));
    let of_plugin = |to: &Recipient| *to.kind() == RecipientKind::Plugin(name.clone());
    let on_hardware =
        |to: &Recipient| matches!(to.kind(), RecipientKind::P256Tag | RecipientKind::MlKemTag);
    let chosen = |wanted: &dyn Fn(&Recipient) -> bool| -> Vec<(usize, &'r [u8])> {
        let records = records.iter().enumerate().filter(|(_, (to, _))| wanted(to));
        records.map(|(index, (_, wrap))| (index, *wrap)).collect()
    };
    let mut found = chosen(&named);
    if found.is_empty() {
        found = chosen(&of_plugin);
        found.extend(chosen(&on_hardware));
    }
    found.truncate(MAX_PLUGIN_RECORDS);
    found
}

fn try_open(keys: &Keys, records: &[(&Recipient, &[u8])]) -> Option<Found> {
    keys.open.iter().find_map(|key| {
        let (index, (_, wrap)) =
            records.iter().enumerate().find(|(_, (to, _))| to.as_str() == key.public)?;
        let data_key = data_key_in(wrap, key.age.as_ref());
        Some(data_key.map(|key| (index, key)).ok_or(UnwrapError::Tampered(index)))
    })
}

/// One byte more than [`MAX_IDENTITY_BYTES`] shows that there is more.
fn decrypt_file(file: &[u8], passphrase: SecretString) -> Option<Zeroizing<Vec<u8>>> {
    let mut identity = scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_SCRYPT_LOG_N);
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(file)).ok()?;
    let mut reader = decryptor.decrypt(iter::once(&identity as _)).ok()?;
    let mut text = Zeroizing::new(vec![0; file.len().min(MAX_IDENTITY_BYTES + 1)]);
    let mut filled = 0;
    while let Some(room) = text.get_mut(filled..).filter(|room| !room.is_empty()) {
        match reader.read(room).ok()? {
            0 => break,
            read => filled += read,
        }
    }
    text.truncate(filled);
    Some(text)
}
