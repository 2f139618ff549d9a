//! Random values.

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use vault::model::{MAX_VALUE_BYTES, SecretValue};

use crate::cli::report::Failure;

const LETTERS_AND_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `len` characters, each drawn evenly from the alphabet.
pub(super) fn generate(len: u32, alphabet: Option<&str>) -> Result<SecretValue, Failure> {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len == 0 || len > MAX_VALUE_BYTES {
        return Err(Failure::usage("--generate makes 1 to 1048576 characters"));
    }
    let alphabet = alphabet.unwrap_or(LETTERS_AND_DIGITS).as_bytes();
    let mut distinct = alphabet.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 2 || distinct.len() != alphabet.len() || !alphabet.is_ascii() {
        return Err(Failure::usage("--alphabet must be two or more different ASCII characters"));
    }
    // Bytes above the largest multiple would favour the first characters, so they are drawn again.
    let even = 256 - 256 % alphabet.len();
    let mut value = Vec::with_capacity(len);
    let mut drawn = zeroize::Zeroizing::new([0; 256]);
    while value.len() < len {
        OsRng.fill_bytes(drawn.as_mut());
        let good = drawn.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < even);
        let characters = good.filter_map(|byte| alphabet.get(byte % alphabet.len()));
        let missing = len - value.len();
        value.extend(characters.take(missing));
    }
    SecretValue::new(value).map_err(|why| Failure::usage(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_alphabet_comes_up_about_equally_often() {
        let value = generate(62_000, None).unwrap();
        for letter in LETTERS_AND_DIGITS.bytes() {
            let count = value.expose().iter().filter(|b| **b == letter).count();
            assert!((750..1250).contains(&count), "{} came up {count} times", letter as char);
        }
        assert!(!generate(32, None).unwrap().same_as(&generate(32, None).unwrap()));
    }

    #[test]
    fn an_alphabet_needs_two_different_characters() {
        for bad in ["", "a", "aa", "aba", "éa"] {
            assert!(generate(8, Some(bad)).is_err(), "{bad:?}");
        }
        assert!(generate(0, None).is_err());
        assert_eq!(generate(7, Some("01")).unwrap().len(), 7);
    }
}
