//! The one type that holds plaintext.

use std::fmt;

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest value, in bytes (FORMAT "Limits").
pub const MAX_VALUE_BYTES: usize = 1 << 20;

/// The bytes of a secret, wiped when dropped.
///
/// It has no `Clone`, `Display`, `PartialEq` or `Serialize`: each would be a road by which
/// plaintext leaves unnoticed. [`expose`](Self::expose) is the only way to the bytes, and
/// `tests/tidy.rs` lists the files that may call it.
///
/// ```
/// use vault::model::SecretValue;
/// let value = SecretValue::new(b"hunter2".to_vec()).unwrap();
/// assert_eq!(format!("{value:?}"), "SecretValue(redacted)");
/// assert_eq!(value.expose(), b"hunter2");
/// ```
///
/// ```compile_fail
/// let value = vault::model::SecretValue::new(vec![]).unwrap();
/// let copy = value.clone();
/// ```
///
/// ```compile_fail
/// let value = vault::model::SecretValue::new(vec![]).unwrap();
/// println!("{value}");
/// ```
///
/// ```compile_fail
/// let value = vault::model::SecretValue::new(vec![]).unwrap();
/// assert!(value == value);
/// ```
///
/// ```compile_fail
/// let value = vault::model::SecretValue::new(vec![]).unwrap();
/// serde_json::to_string(&value);
/// ```
pub struct SecretValue(Zeroizing<Vec<u8>>);

/// The value is longer than [`MAX_VALUE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a value is at most 1 MiB (this one has {0} bytes)")]
pub struct ValueTooLong(
    /// Bytes given.
    pub usize,
);

impl SecretValue {
    /// Takes ownership of the bytes; nothing is copied.
    ///
    /// # Errors
    /// [`ValueTooLong`] above 1 MiB; the bytes are wiped.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ValueTooLong> {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() > MAX_VALUE_BYTES {
            return Err(ValueTooLong(bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// The bytes, in clear. Whoever calls this answers for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Another value of the same bytes, wiped like this one. Not `Clone`, so that it is seen at the
    /// call.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// How many bytes the value has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the value has no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both hold the same bytes, in time that depends on the lengths only.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mebibyte_is_the_limit() {
        assert_eq!(SecretValue::new(vec![0; MAX_VALUE_BYTES]).unwrap().len(), MAX_VALUE_BYTES);
        let over = SecretValue::new(vec![0; MAX_VALUE_BYTES + 1]);
        assert_eq!(over.unwrap_err(), ValueTooLong(MAX_VALUE_BYTES + 1));
    }
}
