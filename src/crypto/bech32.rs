//! The spelling of age's own public keys, verified without decoding them: a file may list a thousand,
//! and the age library takes five times as long for each. What is not accepted here is left to it.

/// `age1` and 32 bytes: 52 digits of 5 bits, and 6 of the checksum (BIP 173).
const DIGITS: usize = 52 + 6;

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// What stands in [`VALUES`] for what is no digit.
const NO_DIGIT: u8 = 0xff;

/// The value of each digit, by its character.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 32 {
        #[allow(clippy::indexing_slicing, reason = "worked out by the compiler")]
        {
            values[ALPHABET[value as usize] as usize] = value;
        }
        value += 1;
    }
    values
};

/// Whether this is an X25519 recipient in its canonical spelling.
pub(super) fn is_x25519(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("age1").filter(|rest| rest.len() == DIGITS) else {
        return false;
    };
    let mut check = PREFIX;
    let mut padding = 0;
    for (byte, at) in digits.bytes().zip(1..) {
        let value = VALUES.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT);
        if value == NO_DIGIT {
            return false;
        }
        check = step(check, value);
        if at == DIGITS - 6 {
            // 52 digits hold 260 bits, 4 more than a key.
            padding = value & 0b1111;
        }
    }
    check == 1 && padding == 0
}

/// The checksum's state after the prefix `age`: high bits, a zero, low bits.
const PREFIX: u32 = {
    let mut check = 1;
    let prefix = [3, 3, 3, 0, b'a' & 31, b'g' & 31, b'e' & 31];
    let mut at = 0;
    while at < prefix.len() {
        #[allow(clippy::indexing_slicing, reason = "worked out by the compiler")]
        {
            check = step(check, prefix[at]);
        }
        at += 1;
    }
    check
};

const fn step(check: u32, value: u8) -> u32 {
    let top = check >> 25;
    let mut next = (check & 0x01ff_ffff) << 5 ^ value as u32;
    // A mask for each generator instead of a branch, which would be taken at random.
    next ^= 0x3b6a_57b2 & (top & 1).wrapping_neg();
    next ^= 0x2650_8e6d & (top >> 1 & 1).wrapping_neg();
    next ^= 0x1ea1_19fa & (top >> 2 & 1).wrapping_neg();
    next ^= 0x3d42_33dd & (top >> 3 & 1).wrapping_neg();
    next ^ 0x2a14_62b3 & (top >> 4 & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

    #[test]
    fn every_key_the_age_library_writes_is_accepted() {
        for _ in 0..200 {
            let key = age::x25519::Identity::generate().to_public().to_string();
            assert!(is_x25519(&key), "{key}");
        }
    }

    #[test]
    fn no_other_spelling_of_a_key_is_and_the_age_library_agrees() {
        for at in 0..KEY.len() {
            for other in (b'!'..=b'~').map(char::from) {
                let mut text = KEY.to_owned();
                text.replace_range(at..=at, &other.to_string());
                if text != KEY {
                    assert!(!is_x25519(&text), "{text}");
                    assert!(text.parse::<age::x25519::Recipient>().is_err(), "{text}");
                }
            }
        }
        let upper = KEY.to_ascii_uppercase();
        let longer = format!("{KEY}q");
        for text in ["", "age1", &KEY[1..], &KEY[..KEY.len() - 1], &upper, &longer, "ägé1"] {
            assert!(!is_x25519(text), "{text}");
        }
    }

    #[test]
    fn a_key_with_bits_beyond_its_end_is_left_to_the_age_library() {
        // As KEY, with one bit of padding set and the checksum that belongs to it.
        let digits: Vec<u8> =
            KEY.bytes().skip(4).take(52).map(|b| VALUES[usize::from(b)]).collect();
        let mut data = digits;
        *data.last_mut().unwrap() |= 1;
        let mut check = data.iter().fold(PREFIX, |check, value| step(check, *value));
        check = (0..6).fold(check, |check, _| step(check, 0)) ^ 1;
        data.extend((0..6).map(|i| u8::try_from(check >> (5 * (5 - i)) & 31).unwrap()));
        let text: String =
            data.iter().map(|value| char::from(ALPHABET[usize::from(*value)])).collect();
        assert!(!is_x25519(&format!("age1{text}")));
    }
}
