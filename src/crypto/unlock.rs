//! Getting a data key out of a file's wraps with the identities at hand, and asking for a
//! passphrase only when that is what stands between.

use std::io::Read;
use std::iter;
use std::sync::OnceLock;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::{Decryptor, scrypt, ssh};
use thiserror::Error;
use zeroize::Zeroizing;

use super::identity::{Identities, OpenKey, Source, parse_lines};
use super::wrap::data_key_in;
use super::{DataKey, Recipient, RecipientKind};

/// Most work an encrypted identity file may demand (2^20: 1 GiB and some seconds).
const MAX_SCRYPT_LOG_N: u8 = 20;

/// Longest decrypted identity file.
const MAX_IDENTITY_BYTES: usize = 64 * 1024;

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
        let open = self.sources.iter().flat_map(|(_, source)| open_keys(source));
        if let Some(found) = open.into_iter().find_map(|key| try_key(key, records)) {
            return found;
        }
        // An ssh key shows whom it is for; an encrypted age file may be opened for nothing.
        let (certain, guesses): (Vec<_>, Vec<_>) =
            self.sources.iter().partition(|(_, source)| matches!(source, Source::LockedSsh { .. }));
        let locked = certain.into_iter().chain(guesses);
        locked
            .into_iter()
            .find_map(|(origin, source)| self.try_locked(origin, source, records))
            .unwrap_or(Err(UnwrapError::NoIdentity))
    }

    /// As [`data_key`](Self::data_key) for one source that may need its passphrase first.
    fn try_locked(
        &self,
        origin: &str,
        source: &Source,
        records: &[(&Recipient, &[u8])],
    ) -> Option<Result<(usize, DataKey), UnwrapError>> {
        let keys = match source {
            Source::Open(_) => return None,
            Source::LockedSsh { public, key, opened } => {
                records.iter().find(|(to, _)| to.as_str() == public)?;
                self.unlock(opened, origin, |passphrase| {
                    let key = ssh::Identity::from(key.decrypt(passphrase).ok()?);
                    Some(OpenKey { public: public.clone(), age: Box::new(key) })
                })
                .map(std::slice::from_ref)
            }
            Source::LockedAge { file, opened } => {
                // Which key is inside shows only after it is opened; it can only be this kind.
                records.iter().find(|(to, _)| *to.kind() == RecipientKind::X25519)?;
                let text = self
                    .unlock(opened, origin, |passphrase| {
                        let text = decrypt_file(file, passphrase)?;
                        // Part of a file is no identity file.
                        let text = (text.len() <= MAX_IDENTITY_BYTES).then_some(&*text);
                        let text = text.and_then(|text| std::str::from_utf8(text).ok());
                        Some(text.and_then(|text| parse_lines(text).ok()).unwrap_or_default())
                    })
                    .map(Vec::as_slice);
                text.and_then(|keys| match keys {
                    [] => Err(UnlockError::NotAnIdentity(origin.to_owned())),
                    keys => Ok(keys),
                })
            }
        };
        match keys {
            Ok(keys) => keys.iter().find_map(|key| try_key(key, records)),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Asks once per process, and remembers what came out.
    fn unlock<'a, T>(
        &self,
        cell: &'a OnceLock<T>,
        origin: &str,
        open: impl FnOnce(SecretString) -> Option<T>,
    ) -> Result<&'a T, UnlockError> {
        if let Some(opened) = cell.get() {
            return Ok(opened);
        }
        let passphrase =
            self.ask.ask(origin).ok_or_else(|| UnlockError::NoTerminal(origin.to_owned()))?;
        let opened =
            open(passphrase).ok_or_else(|| UnlockError::WrongPassphrase(origin.to_owned()))?;
        Ok(cell.get_or_init(|| opened))
    }
}

fn open_keys(source: &Source) -> &[OpenKey] {
    match source {
        Source::Open(keys) => keys,
        Source::LockedSsh { opened, .. } => opened.get().map_or(&[], std::slice::from_ref),
        Source::LockedAge { opened, .. } => opened.get().map_or(&[], Vec::as_slice),
    }
}

fn try_key(
    key: &OpenKey,
    records: &[(&Recipient, &[u8])],
) -> Option<Result<(usize, DataKey), UnwrapError>> {
    let (index, (_, wrap)) =
        records.iter().enumerate().find(|(_, (to, _))| to.as_str() == key.public)?;
    let data_key = data_key_in(wrap, key.age.as_ref());
    Some(data_key.map(|key| (index, key)).ok_or(UnwrapError::Tampered(index)))
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
