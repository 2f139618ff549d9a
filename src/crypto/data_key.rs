//! The data key of a file and epoch, and the keys derived from it (docs/format.md "Keys").

use std::fmt;

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Binding;
use super::encoding::{Fields, base64_decode, base64_encode};

/// Bytes of a data key, and of every key derived from one.
pub(super) const KEY_BYTES: usize = 32;

pub(super) type SecretKey = Zeroizing<[u8; KEY_BYTES]>;

/// 32 random bytes: whoever has them can read and write the file for one epoch. Wiped on drop.
pub struct DataKey(SecretKey);

impl DataKey {
    /// A new one for the file `binding` at `epoch`, and the keys it stands for.
    ///
    /// Its key id holds a letter. One in 43 would not, and eight decimal digits, a colon and
    /// letters are a chat bot's token to secret scanners, which must stay quiet about ciphertext.
    pub fn fresh(binding: &Binding, epoch: u32) -> (Self, EpochKeys) {
        let mut data_key = Self::random();
        loop {
            let keys = data_key.derive(binding, epoch);
            if keys.commitment.key_id().holds_a_letter() {
                return (data_key, keys);
            }
            data_key = data_key.another();
        }
    }

    /// Another key, as random as this one, without asking the system again: how often it is asked
    /// does not depend on what comes of it.
    fn another(&self) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let hkdf = Hkdf::<Sha256>::new(None, self.as_bytes());
        // HKDF refuses only outputs above 255 hashes; this is one.
        let _: Result<(), hkdf::InvalidLength> = hkdf.expand(b"vault/v1/another", bytes.as_mut());
        Self(bytes)
    }

    fn random() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        OsRng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// The same key for a second holder, such as another version of the file.
    #[must_use]
    pub fn same(&self) -> Self {
        Self(self.0.clone())
    }

    pub(super) fn from_bytes(bytes: SecretKey) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The keys this one stands for in the file `binding` at `epoch`.
    pub fn derive(&self, binding: &Binding, epoch: u32) -> EpochKeys {
        let hkdf = Hkdf::<Sha256>::new(Some(binding.id().as_bytes()), self.as_bytes());
        let expand = |info: &[u8]| {
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            // HKDF refuses only outputs above 255 hashes; this is one.
            let _: Result<(), hkdf::InvalidLength> = hkdf.expand(info, key.as_mut());
            key
        };
        let mut commit = b"vault/v1/commit".to_vec();
        binding.append_place(&mut commit);
        commit.u32(epoch);
        EpochKeys {
            epoch,
            enc: expand(b"vault/v1/enc"),
            nonce: expand(b"vault/v1/nonce"),
            seal: expand(b"vault/v1/seal"),
            link: expand(b"vault/v1/link"),
            commitment: Commitment(*expand(&commit)),
        }
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

/// The keys of one file in one epoch. Wiped on drop.
pub struct EpochKeys {
    epoch: u32,
    pub(super) enc: SecretKey,
    pub(super) nonce: SecretKey,
    pub(super) seal: SecretKey,
    pub(super) link: SecretKey,
    commitment: Commitment,
}

impl EpochKeys {
    /// The epoch these keys belong to, from 1.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The public fingerprint of the data key.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKeys").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What a file says about its data key without giving it away: a wrap that opens to a key with
/// another commitment is tampering. One age file per recipient means that without it two people
/// could be handed different keys.
#[derive(Clone, Copy)]
pub struct Commitment([u8; KEY_BYTES]);

impl Commitment {
    /// Reads 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    /// The first 8 hex digits, which stand in every token of the epoch.
    pub fn key_id(&self) -> KeyId {
        let [a, b, c, d, ..] = self.0;
        KeyId([a, b, c, d])
    }
}

impl PartialEq for Commitment {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Commitment {}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The first 4 bytes of a commitment, written as 8 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Reads 8 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    fn holds_a_letter(self) -> bool {
        self.0.iter().any(|byte| byte >> 4 > 9 || byte & 0xf > 9)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key as a file of one person keeps it: reads `b64:…`.
pub(super) fn key_of_text(text: &str) -> Option<SecretKey> {
    let bytes = Zeroizing::new(base64_decode(text.strip_prefix("b64:")?).ok()?);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    if bytes.len() != KEY_BYTES {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

/// Writes `b64:…`.
pub(super) fn text_of_key(key: &SecretKey) -> Zeroizing<String> {
    let encoded = Zeroizing::new(base64_encode(key.as_ref()));
    Zeroizing::new(["b64:", &encoded].concat())
}

fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = hex_digit(high)? << 4 | hex_digit(low)?;
    }
    Some(bytes)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::FileId;
    use crate::model::SecretSet;

    /// Of 1,000 keys drawn at random, about 23 have such an id.
    #[test]
    fn no_key_id_is_a_number() {
        let binding = Binding::new(FileId::random(), "web".parse().unwrap(), &SecretSet);
        for epoch in 1..=1000 {
            let (data_key, keys) = DataKey::fresh(&binding, epoch);
            assert_eq!(keys.commitment(), data_key.derive(&binding, epoch).commitment());
            let id = keys.commitment().key_id().to_string();
            assert!(id.contains(|c: char| c.is_ascii_lowercase()), "{id}");
        }
    }
}
