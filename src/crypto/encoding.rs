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

/// Builds the byte strings that are authenticated: `lp(x) = u32(len(x)) || x`.
pub(super) trait Fields {
    /// Appends `lp(bytes)`.
    fn lp(&mut self, bytes: &[u8]);
    /// Appends `u32(n)`.
    fn u32(&mut self, n: u32);
}

impl Fields for Vec<u8> {
    fn lp(&mut self, bytes: &[u8]) {
        // Every field is bounded by the file limit of 16 MiB, so the length always fits.
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
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
}
