//! A set as text that a person edits: TOML of one string for each key, with note and expiry date
//! as comments above it.
//!
//! What is rendered reads back as the same bytes, whatever they are. No error holds text of the
//! buffer: a line that is not understood may be the secret itself, even where a key should be.

mod parse;
mod render;
#[cfg(test)]
mod tests;

use thiserror::Error;
use zeroize::Zeroizing;

use super::draft::Draft;
use crate::model::{InvalidDate, InvalidName, InvalidNote, KeyName, SetName, ValueTooLong};

/// What `note` and `expires` are called in a comment.
const NOTE: &str = "note:";
const EXPIRES: &str = "expires:";

/// The beginning of lines that vault writes for the person to read, and ignores.
const COMPLAINT: &str = "#! ";
const ASIDE: &str = "#~ ";

/// The first line, before the name of the set; and those after it.
const TITLE: &str = "# The secrets of the set ";
const HEADER: [&str; 4] = [
    "# Save and leave the editor to write it; leave without saving to change nothing.",
    "# KEY = \"text\"; '''text''' over several lines is taken as it stands; { base64 = \"…\" } is bytes.",
    "# A key whose lines are removed is removed. `# note: TEXT` and `# expires: YYYY-MM-DD` right above",
    "# a key belong to it, and can be read without a key. Other comments are not kept.",
];

/// A buffer that was read.
#[derive(Debug)]
pub struct Parsed {
    /// The entries.
    pub draft: Draft,
    /// Whether there are comments that nothing keeps.
    pub comments: Comments,
}

/// Whether a person wrote comments that have no place in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// None but notes, dates and what vault wrote itself.
    Known,
    /// Some will be lost.
    Lost,
}

/// Why a buffer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct BufferError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a line of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// Bytes that are no UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// No TOML, for a reason that has no sentence of its own.
    #[error("this is not understood; a line is KEY = \"value\"")]
    Syntax,
    /// A string that nothing closes.
    #[error("the quote that opens here is never closed")]
    Unclosed,
    /// A key without `=`.
    #[error("there is no `=` after a key")]
    NoEquals,
    /// A number, a date, or a word without quotes.
    #[error("the value is not in quotes")]
    NotQuoted,
    /// Text after a value.
    #[error("text follows the value")]
    AfterValue,
    /// A table, a list, or a key with a dot.
    #[error("the value is neither a string nor a table with `base64` alone in it")]
    Nested,
    /// The text of a `base64` table does not decode.
    #[error("the value is not base64 (standard alphabet, padded)")]
    Base64,
    /// A name that is no key.
    #[error("{0}")]
    Key(InvalidName),
    /// A key that stands above already.
    #[error("this key is given twice")]
    Duplicate,
    /// More bytes than a value may have.
    #[error("{0}")]
    TooLong(ValueTooLong),
    /// A text that is no note.
    #[error("{0}")]
    Note(InvalidNote),
    /// A text that is no date.
    #[error("{0}")]
    Date(InvalidDate),
    /// A second note or date of one key.
    #[error("the key below has two of these")]
    Twice,
    /// A note or date with no key right below it.
    #[error("a note or date stands right above its key, and there is none")]
    Loose,
}

/// The text for an editor. Beside the keys in `conflicts`, what `theirs` has under them is shown.
pub fn render(
    set: &SetName,
    draft: &Draft,
    theirs: &Draft,
    conflicts: &[KeyName],
) -> Zeroizing<Vec<u8>> {
    render::render(set, draft, theirs, conflicts)
}

/// Reads what a person made of it.
///
/// # Errors
/// [`BufferError`]: the first line that is wrong.
pub fn parse(text: &[u8]) -> Result<Parsed, BufferError> {
    parse::parse(text)
}

/// The text with a line on top that says what is wrong with it, in the place of an earlier one.
pub fn with_complaint(text: &[u8], error: BufferError) -> Zeroizing<Vec<u8>> {
    let earlier = match text.strip_prefix(COMPLAINT.as_bytes()) {
        Some(rest) => {
            rest.iter().position(|b| *b == b'\n').map_or(text.len(), |at| COMPLAINT.len() + at + 1)
        }
        None => 0,
    };
    let BufferError { line, fault } = error;
    let line = if earlier == 0 { line + 1 } else { line };
    let complaint = format!("{COMPLAINT}line {line}: {fault}\n");
    let rest = text.get(earlier..).unwrap_or_default();
    let mut all = Zeroizing::new(Vec::with_capacity(complaint.len() + rest.len()));
    all.extend_from_slice(complaint.as_bytes());
    all.extend_from_slice(rest);
    all
}
