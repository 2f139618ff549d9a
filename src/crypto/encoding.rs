//! Canonical Base64 and the length-prefixed strings every keyed input is made of.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use thiserror::Error;

/// The text is not RFC 4648 Base64 without padding, or its unused trailing bits are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not canonical Base64 without padding")]
pub struct NotCanonicalBase64;

/// `B64(bytes)` of docs/format.md.
pub fn base64_encode(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// The bytes of a canonical `B64` text, so that encoding them again gives the same text.
///
/// # Errors
/// [`NotCanonicalBase64`] for any other character, padding, length or trailing bit.
pub fn base64_decode(text: &str) -> Result<Vec<u8>, NotCanonicalBase64> {
    STANDARD_NO_PAD.decode(text).map_err(|_| NotCanonicalBase64)
}

/// The bytes of canonical Base64 with padding, as ssh keys are written.
pub(super) fn base64_decode_padded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Whether [`base64_decode`] would take the text, without the bytes that would come out.
pub(super) fn is_base64(text: &[u8]) -> bool {
    // `fold`, not `all`: without an early exit the loop is vectorised.
    let foreign = text.iter().fold(0, |foreign, byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let other = byte.wrapping_sub(b'0') < 10 || *byte == b'+' || *byte == b'/';
        foreign | u8::from(!(letter | other))
    });
    // Bits beyond the last whole byte are zero: 4 of the last of two digits, 2 of the last of three.
    let ends_well = match (text.len() % 4, text.last()) {
        (0, _) => true,
        (2, Some(last)) => b"AQgw".contains(last),
        (3, Some(last)) => b"AEIMQUYcgkosw048".contains(last),
        _ => false,
    };
    foreign == 0 && ends_well
}

/// `u32(len)`. Every field is bounded by the file limit of 16 MiB, so the length always fits.
pub(super) fn length_of(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// Builds the byte strings that are authenticated: `lp(x) = u32(len(x)) || x`.
pub(super) trait Fields {
    /// Appends `lp(bytes)`.
    fn lp(&mut self, bytes: &[u8]);
    /// Appends `u32(n)`.
    fn u32(&mut self, n: u32);
}

impl Fields for Vec<u8> {
    fn lp(&mut self, bytes: &[u8]) {
        self.extend_from_slice(&length_of(bytes.len()));
        self.extend_from_slice(bytes);
    }

    fn u32(&mut self, n: u32) {
        self.extend_from_slice(&n.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_decodes() {
        assert_eq!(base64_decode("QQ"), Ok(b"A".to_vec()));
        for bad in ["QR", "QQ==", "Q", "Q Q", "QQ\n", "-_8"] {
            assert_eq!(base64_decode(bad), Err(NotCanonicalBase64), "{bad:?}");
        }
    }

    #[test]
    fn looking_at_a_text_is_as_strict_as_decoding_it() {
        let agree = |text: &[u8]| {
            let decoded = std::str::from_utf8(text).is_ok_and(|t| base64_decode(t).is_ok());
            assert_eq!(is_base64(text), decoded, "{text:?}");
        };
        for length in 0..9 {
            let text = base64_encode(&vec![0xa5; length]).into_bytes();
            agree(&text);
            for at in 0..text.len() {
                for other in 0..=255 {
                    let mut text = text.clone();
                    text[at] = other;
                    agree(&text);
                }
            }
        }
        for text in ["A", "AAAAA", "QQ==", "QQ=", "Q Q", "QQ\n", "-_8", "ää"] {
            agree(text.as_bytes());
        }
    }
}
