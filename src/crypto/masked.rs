//! Values as they are shown to people who did not ask to see them: dots, and a few digits that
//! change when the value does.

use std::fmt;

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use hmac::Mac;
use zeroize::Zeroizing;

use super::FileId;
use super::data_key::{KEY_BYTES, SecretKey, key_of_text, text_of_key};
use super::encoding::Fields;
use super::entry::keyed;
use crate::model::{KeyName, SecretValue};

/// What makes the digits. It is one person's own: whoever sees the digits, in a pasted diff say, can
/// try no value against them, and tells nothing from another person's. Wiped on drop.
pub struct MaskKey(SecretKey);

/// A value of which nothing is shown but whether it is another one. `Display` says `••• 3f2a9c1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked([u8; 4]);

impl MaskKey {
    /// A new one.
    pub fn random() -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        OsRng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// Reads `b64:…`.
    pub fn parse(text: &str) -> Option<Self> {
        key_of_text(text).map(Self)
    }

    /// `b64:…`, for a file that its owner alone can read.
    pub fn to_text(&self) -> Zeroizing<String> {
        text_of_key(&self.0)
    }

    /// The value of an entry, masked. The same value has other digits in another file and under
    /// another key, so that equal values do not show.
    pub fn mask(&self, id: FileId, key: &KeyName, value: &SecretValue) -> Masked {
        let mut place = b"vault/mask/v1".to_vec();
        place.lp(id.as_bytes());
        place.lp(key.as_str().as_bytes());
        let tag = keyed(&self.0).chain_update(&place).chain_update(value.expose()).finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(tag.into_bytes());
        Masked([a, b, c, d])
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskKey(redacted)")
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "••• {:08x}", u32::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> SecretValue {
        SecretValue::new(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_mask_changes_with_the_value_its_place_and_the_person_and_with_nothing_else() {
        let (mine, yours) = (MaskKey::random(), MaskKey::random());
        let (id, other) = (FileId::random(), FileId::random());
        let (key, another): (KeyName, KeyName) = ("A".parse().unwrap(), "B".parse().unwrap());
        let shown = mine.mask(id, &key, &value("hunter2"));
        assert_eq!(
            shown,
            MaskKey::parse(&mine.to_text()).unwrap().mask(id, &key, &value("hunter2"))
        );
        for different in [
            mine.mask(id, &key, &value("hunter3")),
            mine.mask(id, &another, &value("hunter2")),
            mine.mask(other, &key, &value("hunter2")),
            yours.mask(id, &key, &value("hunter2")),
        ] {
            assert_ne!(shown, different);
        }
    }

    #[test]
    fn what_is_shown_is_dots_and_eight_digits() {
        let text = MaskKey::random().mask(FileId::random(), &"A".parse().unwrap(), &value(""));
        let text = text.to_string();
        let digits = text.strip_prefix("••• ").unwrap();
        assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{text}");
        assert_eq!(format!("{:?}", MaskKey::random()), "MaskKey(redacted)");
    }
}
