//! Wraps: a data key in an ordinary age file, for exactly one recipient.

use std::io::{Read, Write};
use std::iter;
use std::sync::{Mutex, PoisonError};

use age::Encryptor;
use age_core::format::{FileKey, Stanza};
use memchr::memchr;
use thiserror::Error;
use zeroize::Zeroizing;

use super::data_key::KEY_BYTES;
use super::encoding::is_base64;
use super::plugin::{Look, PluginRecipient};
use super::{
    DataKey, InvalidRecipient, PluginError, PluginName, Plugins, Recipient, RecipientKind,
};

/// Longest wrap, in bytes (FORMAT "Limits").
pub const MAX_WRAP_BYTES: usize = 16 * 1024;

/// What follows an age header around 32 bytes: nonce, ciphertext, tag (age "Payload").
const PAYLOAD_BYTES: usize = 16 + KEY_BYTES + 16;

const VERSION_LINE: &[u8] = b"age-encryption.org/v1";

/// Why a wrap is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadWrap {
    /// Not an age file around 32 bytes.
    #[error("its wrap is not an age file that holds a data key")]
    NotAgeFile,
    /// The header has no stanza, or a second one: someone else could read along.
    #[error("its wrap must be for exactly one recipient")]
    StanzaCount,
    /// The stanza is of another type than the recipient's key demands.
    #[error("its wrap is for another kind of key than `to` names")]
    StanzaType,
}

/// Why a data key could not be wrapped.
#[derive(Debug, Error)]
pub enum WrapError {
    /// The recipient's key is not usable.
    #[error(transparent)]
    Recipient(#[from] InvalidRecipient),
    /// The plugin that alone can encrypt to this recipient did not.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The age library failed.
    #[error("the age library could not encrypt to this key")]
    Age,
}

/// A binary age file that holds `key`, readable by `recipient` alone.
///
/// # Errors
/// [`WrapError`] when the key cannot be encrypted to.
pub fn wrap(
    key: &DataKey,
    recipient: &Recipient,
    plugins: &dyn Plugins,
) -> Result<Vec<u8>, WrapError> {
    match (recipient.to_age()?, recipient.kind()) {
        (Some(age), _) => age_file(key, &*age).ok_or(WrapError::Age),
        (None, RecipientKind::Plugin(name)) => wrap_with(plugins, name, key, recipient),
        (None, _) => Err(WrapError::Age),
    }
}

/// By way of a plugin. What it made is looked at as any reader would, so that no file is written
/// that nobody opens.
fn wrap_with(
    plugins: &dyn Plugins,
    name: &PluginName,
    key: &DataKey,
    recipient: &Recipient,
) -> Result<Vec<u8>, WrapError> {
    plugins.allow(name)?;
    let failed = Mutex::default();
    let asked = PluginRecipient { plugins, name, recipient: recipient.as_str(), failed };
    let file = age_file(key, &asked);
    if let Some(why) = asked.failure() {
        return Err(why.into());
    }
    file.filter(|file| file.len() <= MAX_WRAP_BYTES && check_shape(file, recipient).is_ok())
        .ok_or_else(|| PluginError::Wrap(name.clone()).into())
}

fn age_file(key: &DataKey, age: &dyn age::Recipient) -> Option<Vec<u8>> {
    let encryptor = Encryptor::with_recipients(iter::once(age)).ok()?;
    let mut out = Vec::with_capacity(512);
    let mut writer = encryptor.wrap_output(&mut out).ok()?;
    writer.write_all(key.as_bytes()).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// Checks, without any key, that a wrap is an age file around 32 bytes whose only stanza, besides
/// grease, is of the type `recipient` demands.
///
/// # Errors
/// [`BadWrap`].
pub fn check_shape(bytes: &[u8], recipient: &Recipient) -> Result<(), BadWrap> {
    let mut rest = bytes;
    if take_line(&mut rest)? != VERSION_LINE {
        return Err(BadWrap::NotAgeFile);
    }
    let mut found: Option<&str> = None;
    loop {
        let line = text_of(take_line(&mut rest)?)?;
        if let Some(mac) = line.strip_prefix("--- ") {
            // 43 digits are 32 bytes.
            if mac.len() != 43 || !is_base64(mac.as_bytes()) {
                return Err(BadWrap::NotAgeFile);
            }
            break;
        }
        let arguments = line.strip_prefix("-> ").ok_or(BadWrap::NotAgeFile)?;
        skip_stanza_body(&mut rest)?;
        let kind = arguments.split(' ').next().unwrap_or_default();
        if !kind.ends_with("-grease") && found.replace(kind).is_some() {
            return Err(BadWrap::StanzaCount);
        }
    }
    if rest.len() != PAYLOAD_BYTES {
        return Err(BadWrap::NotAgeFile);
    }
    let kind = found.ok_or(BadWrap::StanzaCount)?;
    if is_stanza_of(recipient.kind(), kind) { Ok(()) } else { Err(BadWrap::StanzaType) }
}

/// The data key in a wrap, with one identity. The shape must have been checked before.
pub(super) fn data_key_in(bytes: &[u8], identity: &dyn age::Identity) -> Option<DataKey> {
    // `new` instead of `new_buffered` re-parses the header for every byte.
    let decryptor = age::Decryptor::new_buffered(bytes).ok()?;
    let mut reader = decryptor.decrypt(iter::once(&NoGrease(identity) as _)).ok()?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    reader.read_exact(key.as_mut()).ok()?;
    let mut end = [0];
    (reader.read(&mut end).ok()? == 0).then(|| DataKey::from_bytes(key))
}

/// The stanza that counts. The shape must have been checked before.
pub(super) fn stanza_of(bytes: &[u8]) -> Option<Stanza> {
    let look = Look::default();
    let decryptor = age::Decryptor::new_buffered(bytes).ok()?;
    // It opens nothing, and that is no error here.
    drop(decryptor.decrypt(iter::once(&NoGrease(&look) as _)));
    look.0.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Shows an identity only the stanza that counts, so that no plugin and no prompt ever sees
/// grease.
struct NoGrease<'a>(&'a dyn age::Identity);

impl age::Identity for NoGrease<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag.ends_with("-grease") { None } else { self.0.unwrap_stanza(stanza) }
    }
}

fn is_stanza_of(kind: &RecipientKind, stanza: &str) -> bool {
    const NATIVE: [&str; 6] =
        ["X25519", "ssh-ed25519", "ssh-rsa", "p256tag", "mlkem768p256tag", "scrypt"];
    match kind {
        RecipientKind::X25519 => stanza == "X25519",
        RecipientKind::SshEd25519 => stanza == "ssh-ed25519",
        RecipientKind::SshRsa => stanza == "ssh-rsa",
        RecipientKind::P256Tag => stanza == "p256tag",
        RecipientKind::MlKemTag => stanza == "mlkem768p256tag",
        RecipientKind::Plugin(_) => !NATIVE.contains(&stanza),
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], BadWrap> {
    let end = memchr(b'\n', rest).ok_or(BadWrap::NotAgeFile)?;
    let (line, after) = rest.split_at_checked(end).ok_or(BadWrap::NotAgeFile)?;
    *rest = after.get(1..).unwrap_or_default();
    Ok(line)
}

fn text_of(line: &[u8]) -> Result<&str, BadWrap> {
    std::str::from_utf8(line).map_err(|_| BadWrap::NotAgeFile)
}

/// A stanza body is lines of 64 Base64 characters and one shorter line that ends it.
fn skip_stanza_body(rest: &mut &[u8]) -> Result<(), BadWrap> {
    loop {
        let line = take_line(rest)?;
        if !is_base64(line) {
            return Err(BadWrap::NotAgeFile);
        }
        match line.len() {
            64 => {}
            0..64 => return Ok(()),
            _ => return Err(BadWrap::NotAgeFile),
        }
    }
}
