//! One value as a file of its own: its bytes, and nothing added.

use zeroize::Zeroizing;

use crate::model::SecretValue;

/// The file for an editor.
pub fn bytes_of(value: Option<&SecretValue>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.map_or_else(Vec::new, |value| value.expose().to_vec()))
}

/// The value that the file holds now. Most editors end every file with a newline: where the value
/// had none at its end, or there was no value and this is a single line, that one is not part of
/// it.
pub fn value_from(mut text: Zeroizing<Vec<u8>>, old: Option<&SecretValue>) -> Zeroizing<Vec<u8>> {
    let had_one = |old: &SecretValue| old.expose().ends_with(b"\n");
    let is_line = text.iter().filter(|byte| **byte == b'\n').count() == 1;
    let is_added = match old {
        Some(old) => !had_one(old) && !text.ends_with(b"\n\n"),
        None => is_line,
    };
    if is_added && text.ends_with(b"\n") {
        let end = if text.ends_with(b"\r\n") && is_line { 2 } else { 1 };
        let length = text.len() - end;
        text.truncate(length);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(old: Option<&[u8]>, text: &[u8]) -> Vec<u8> {
        let old = old.map(|old| SecretValue::new(old.to_vec()).unwrap());
        value_from(Zeroizing::new(text.to_vec()), old.as_ref()).to_vec()
    }

    #[test]
    fn the_newline_an_editor_adds_is_not_part_of_the_value() {
        assert_eq!(edited(Some(b"old"), b"new\n"), b"new");
        assert_eq!(edited(Some(b"old"), b"new"), b"new");
        assert_eq!(edited(Some(b"{\n}"), b"{\n\n}\n"), b"{\n\n}");
        assert_eq!(edited(Some(b"old"), b"new\n\n"), b"new\n\n");
        assert_eq!(edited(Some(b""), b"\n"), b"");
        assert_eq!(edited(Some(b"old\n"), b"new\n"), b"new\n");
        assert_eq!(edited(Some(b"old\n"), b"new"), b"new");
    }

    #[test]
    fn a_new_value_of_one_line_ends_without_newline_and_a_longer_one_as_it_was_written() {
        assert_eq!(edited(None, b"password\n"), b"password");
        assert_eq!(edited(None, b"password\r\n"), b"password");
        assert_eq!(edited(None, b"-----BEGIN\n-----END\n"), b"-----BEGIN\n-----END\n");
        assert_eq!(edited(None, b""), b"");
    }
}
