//! One encrypted entry (docs/format.md "Entries").

use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::aead::{AeadInPlace, OsRng};
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use super::data_key::KEY_BYTES;
use super::encoding::Fields;
use super::{Binding, EpochKeys};
use crate::model::{Date, KeyName, MAX_VALUE_BYTES, Note, SecretValue};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Smallest padded payload, so that short values all look alike.
const MIN_PADDED: usize = 64;

/// Kind byte of a plain value. 0x01 is reserved for signed payloads.
const PLAIN_VALUE: u8 = 0;

const PAD_MARK: u8 = 0x80;

/// Longest `nonce || ciphertext` of a value within the limit.
pub const MAX_SEALED_ENTRY_BYTES: usize = NONCE_BYTES + padme(MAX_VALUE_BYTES + 2) + TAG_BYTES;

/// Whether a `nonce || ciphertext` can have this length: a payload is padded to few lengths, so most
/// of what is no ciphertext has another.
pub fn is_sealed_length(len: usize) -> bool {
    let padded = len.checked_sub(NONCE_BYTES + TAG_BYTES);
    padded.is_some_and(|padded| padded >= MIN_PADDED && padme(padded) == padded)
}

/// What is authenticated with a value: changing any of it makes the entry fail to open.
#[derive(Debug, Clone, Copy)]
pub struct EntryLabel<'a> {
    /// The entry's key.
    pub key: &'a KeyName,
    /// Epoch in which the value last changed.
    pub since: u32,
    /// Counts changes of value, note or expiry, from 1.
    pub rev: u32,
    /// The plain remark.
    pub note: Option<&'a Note>,
    /// The plain expiry date.
    pub expires: Option<Date>,
}

/// Why an entry did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadEntry {
    /// The ciphertext, or something authenticated with it, is not what was written.
    #[error(
        "it does not authenticate: value, key, note, expiry, since or rev was changed or moved"
    )]
    NotAuthentic,
    /// The padding is not what docs/format.md prescribes.
    #[error("its padding has the wrong length")]
    Padding,
    /// A payload of a kind this version does not know.
    #[error("its payload is of kind {0}: made by a newer vault")]
    UnknownPayload(u8),
}

/// Encrypts and decrypts the entries of one file in one epoch.
pub struct EntryCipher<'k> {
    keys: &'k EpochKeys,
    cipher: XChaCha20Poly1305,
    aad: Vec<u8>,
    prefix_len: usize,
}

impl<'k> EntryCipher<'k> {
    /// A cipher for the file `binding` under `keys`.
    pub fn new(keys: &'k EpochKeys, binding: &Binding) -> Self {
        let aad = binding.prefix("vault/v1/value");
        Self {
            keys,
            cipher: XChaCha20Poly1305::new((&*keys.enc).into()),
            prefix_len: aad.len(),
            aad,
        }
    }

    /// `nonce || ciphertext` of a value.
    pub fn seal(&mut self, label: &EntryLabel<'_>, value: &SecretValue) -> Vec<u8> {
        self.set_label(label);
        let message_len = value.len() + 1;
        let mut padded = Zeroizing::new(vec![0; padme(MIN_PADDED.max(message_len + 1))]);
        if let Some(room) = padded.get_mut(1..message_len) {
            room.copy_from_slice(value.expose());
        }
        if let Some(mark) = padded.get_mut(message_len) {
            *mark = PAD_MARK;
        }
        let nonce = self.nonce(&padded);
        let mut out = Vec::with_capacity(NONCE_BYTES + padded.len() + TAG_BYTES);
        out.extend_from_slice(&nonce);
        // XChaCha20-Poly1305 fails only above 256 GiB.
        if let Ok(tag) = self.cipher.encrypt_in_place_detached(&nonce, &self.aad, &mut padded) {
            out.extend_from_slice(&padded);
            out.extend_from_slice(&tag);
        }
        out
    }

    /// The value in `nonce || ciphertext`.
    ///
    /// # Errors
    /// [`BadEntry`]; nothing of the plaintext is kept then.
    pub fn open(&mut self, label: &EntryLabel<'_>, sealed: &[u8]) -> Result<SecretValue, BadEntry> {
        self.set_label(label);
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or(BadEntry::NotAuthentic)?;
        let text_len = rest.len().checked_sub(TAG_BYTES).ok_or(BadEntry::NotAuthentic)?;
        let (text, tag) = rest.split_at_checked(text_len).ok_or(BadEntry::NotAuthentic)?;
        let mut plain = Zeroizing::new(text.to_vec());
        self.cipher
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &self.aad,
                &mut plain,
                Tag::from_slice(tag),
            )
            .map_err(|_| BadEntry::NotAuthentic)?;
        unpad(plain)
    }

    fn set_label(&mut self, label: &EntryLabel<'_>) {
        self.aad.truncate(self.prefix_len);
        self.aad.lp(label.key.as_str().as_bytes());
        self.aad.u32(self.keys.epoch());
        self.aad.u32(label.since);
        self.aad.u32(label.rev);
        self.aad.lp(label.note.map_or("", Note::as_str).as_bytes());
        let expires = label.expires.map(|date| date.to_string()).unwrap_or_default();
        self.aad.lp(expires.as_bytes());
    }

    /// Random, but bound to everything it encrypts, so that a broken generator repeats a nonce
    /// only for the same plaintext in the same place.
    fn nonce(&self, padded: &[u8]) -> XNonce {
        let mut hedge = [0; 32];
        OsRng.fill_bytes(&mut hedge);
        let mut mac = keyed(&self.keys.nonce);
        mac.update(&hedge);
        let aad_len = u32::try_from(self.aad.len()).unwrap_or(u32::MAX);
        mac.update(&aad_len.to_le_bytes());
        mac.update(&self.aad);
        mac.update(padded);
        let mut nonce = XNonce::default();
        for (to, from) in nonce.iter_mut().zip(mac.finalize().into_bytes()) {
            *to = from;
        }
        nonce
    }
}

/// HMAC-SHA256 under a derived key.
pub(super) fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // HMAC pads a key that is shorter than its block with zeros (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    <Hmac<Sha256> as Mac>::new((&*block).into())
}

/// Padmé: rounds `len` up so that it leaks O(log log len) bits (Nikitin et al., "Reducing
/// Metadata Leakage from Encrypted Files and Communication with PURBs", 2019, section 4).
const fn padme(len: usize) -> usize {
    let e = len.ilog2();
    let s = e.ilog2() + 1;
    let mask = (1 << (e - s)) - 1;
    (len + mask) & !mask
}

fn unpad(mut plain: Zeroizing<Vec<u8>>) -> Result<SecretValue, BadEntry> {
    let mark = plain.iter().rposition(|&byte| byte != 0).ok_or(BadEntry::Padding)?;
    match plain.first() {
        Some(&PLAIN_VALUE) => {}
        Some(&other) => return Err(BadEntry::UnknownPayload(other)),
        None => return Err(BadEntry::Padding),
    }
    if plain.get(mark) != Some(&PAD_MARK) || plain.len() != padme(MIN_PADDED.max(mark + 1)) {
        return Err(BadEntry::Padding);
    }
    plain.truncate(mark);
    plain.remove(0);
    SecretValue::new(std::mem::take(&mut *plain)).map_err(|_| BadEntry::Padding)
}
