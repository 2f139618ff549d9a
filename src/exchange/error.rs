//! Why a document could not be read or written. Nothing here holds text of a document or a value.

use std::fmt;

use thiserror::Error;

use super::{ExportFormat, ImportFormat};
use crate::model::{InvalidName, KeyName, ValueTooLong};

/// A document that cannot be imported. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{format} input, line {line}{}: {reason}", Naming(.key))]
pub struct ImportError {
    /// The format it was read as.
    pub format: ImportFormat,
    /// The line it stopped at, from 1.
    pub line: usize,
    /// The key that stands there, where it is one.
    pub key: Option<KeyName>,
    /// What is wrong.
    pub reason: ImportReason,
}

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ImportReason {
    /// Bytes that are no UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The document does not follow the format's grammar.
    #[error("the syntax is wrong here")]
    Syntax,
    /// A name that is no key.
    #[error("the name that stands here cannot be a key: {0}")]
    Key(InvalidName),
    /// The key stands in the document before.
    #[error("this key is given twice")]
    Duplicate,
    /// A line without `=`.
    #[error("there is no `=` on this line")]
    NoEquals,
    /// A quoted value that runs to the end of the document.
    #[error("the quote that opens here is never closed")]
    Unclosed,
    /// Text between a closing quote and the end of the line.
    #[error("text follows the closing quote")]
    AfterQuote,
    /// A format without empty values has one.
    #[error("the value is empty")]
    Empty,
    /// A number, a boolean, a date, or null.
    #[error("the value is no string; put it in quotes")]
    NotQuoted,
    /// A list, or a table that is not exactly one `base64` string.
    #[error("the value is neither a string nor a table with `base64` alone in it")]
    Nested,
    /// The text of a `base64` table does not decode.
    #[error("the value is not base64 (standard alphabet, padded)")]
    Base64,
    /// More bytes than a value may have.
    #[error(transparent)]
    TooLong(#[from] ValueTooLong),
}

/// An entry the format cannot hold unchanged. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} cannot be exported as {format}: {reason}")]
pub struct ExportError {
    /// The format asked for.
    pub format: ExportFormat,
    /// The entry.
    pub key: KeyName,
    /// Why not.
    pub reason: ExportReason,
}

/// Why a format cannot hold an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ExportReason {
    /// The format is text, the value is not.
    #[error("the value is not UTF-8")]
    NotUtf8,
    /// No environment variable holds a NUL.
    #[error("the value holds a NUL byte")]
    Nul,
    /// One line an entry, and no escapes.
    #[error("the value holds a line break")]
    LineBreak,
    /// Docker gives up on such a line.
    #[error("docker reads no line over 65,535 bytes, and this one has {0}")]
    LongLine(
        /// Bytes of `KEY=VALUE`.
        usize,
    ),
    /// A shell would take the line for a command.
    #[error("the key is no shell identifier")]
    NotIdentifier,
    /// python-dotenv takes the closing quote for an escaped one, and the value needs quotes.
    #[error(
        "python-dotenv reads no value that needs quotes (for a line break, a quote or space in front, or ` #`) and ends in a backslash"
    )]
    QuotedBackslash,
    /// A Windows runner takes the carriage return for a part of its line end.
    #[error("the value ends in a carriage return, which a Windows runner drops")]
    FinalReturn,
    /// The runner sets this variable itself, or ignores it.
    #[error("the runner does not take this name from a workflow")]
    RunnerName,
}

/// A value that one reader of the format takes otherwise, though the document is as good as can be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Caveat {
    /// Interpolated by docker compose, which refuses the whole file where `${…}` does not parse: no
    /// spelling is exact both there and in python-dotenv.
    #[error("docker compose expands the `$` in {0}; python-dotenv and vault read it exactly")]
    Compose(KeyName),
    /// Holds `${…}`, which python-dotenv expands in every quoting unless told otherwise.
    #[error("python-dotenv expands `${{…}}` in {0} unless it is called with interpolate=False")]
    Python(KeyName),
}

/// An [`ImportError`] before the format is put to it.
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) key: Option<KeyName>,
    pub(super) reason: ImportReason,
}

impl Fault {
    pub(super) fn at(line: usize, reason: ImportReason) -> Self {
        Self { line, key: None, reason }
    }

    pub(super) fn naming(self, key: &KeyName) -> Self {
        Self { key: Some(key.clone()), ..self }
    }

    pub(super) fn of(self, format: ImportFormat) -> ImportError {
        ImportError { format, line: self.line, key: self.key, reason: self.reason }
    }
}

struct Naming<'a>(&'a Option<KeyName>);

impl fmt::Display for Naming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |key| write!(f, ", {key}"))
    }
}
