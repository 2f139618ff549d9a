//! The plain remark beside an entry.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A remark of 1 to 500 bytes without control characters. It stands in the file in clear and is
/// authenticated with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(Box<str>);

/// The text is empty, too long, or holds a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a note is 1 to 500 bytes without control characters")]
pub struct InvalidNote;

impl Note {
    /// The remark as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Note {
    type Err = InvalidNote;

    fn from_str(text: &str) -> Result<Self, InvalidNote> {
        if text.is_empty() || text.len() > 500 || text.chars().any(char::is_control) {
            return Err(InvalidNote);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_and_printable() {
        assert!("signs session cookies".parse::<Note>().is_ok());
        assert!("é".repeat(250).parse::<Note>().is_ok());
        for bad in ["", "a\tb", "a\u{85}b", "a\u{7f}", &"é".repeat(251)] {
            assert_eq!(bad.parse::<Note>(), Err(InvalidNote), "{bad:?}");
        }
    }
}
