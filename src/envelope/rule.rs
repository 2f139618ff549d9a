//! The rules of docs/format.md that a file can break before any key is involved.

use std::fmt;

use thiserror::Error;

use super::{MAX_ENTRIES, MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_LINES, MAX_RECIPIENTS};
use crate::crypto::{InvalidRecipient, MAX_WRAP_BYTES};
use crate::model::{InvalidName, InvalidNote, Kind};

/// A file that is not one of format v1: where, and which rule it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1; 0 when the rule is about the file as a whole.
    pub line: usize,
    /// The table and field, as far as they are known and valid: `recipients.alice`, `values.DB`.
    pub place: String,
    /// The broken rule.
    pub rule: Rule,
}

impl std::error::Error for Malformed {}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.place.as_str()) {
            (0, "") => write!(f, "{}", self.rule),
            (0, place) => write!(f, "[{place}]: {}", self.rule),
            (line, "") => write!(f, "line {line}: {}", self.rule),
            (line, place) => write!(f, "line {line}, [{place}]: {}", self.rule),
        }
    }
}

/// The rules, one variant each. [`code`](Self::code) is the stable name docs/format.md gives it.
///
/// Texts taken from the file are escaped and cut before they get in here; values are never taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rule {
    /// Larger than the format allows.
    #[error("the file is larger than {} MiB", MAX_FILE_BYTES >> 20)]
    FileTooLarge,
    /// More lines than the format allows.
    #[error("the file has more than {MAX_LINES} lines")]
    TooManyLines,
    /// Not UTF-8.
    #[error("the file is not UTF-8 text")]
    NotUtf8,
    /// Begins with a byte order mark.
    #[error("the file begins with a byte order mark")]
    ByteOrderMark,
    /// A control character other than LF, or CR directly before LF.
    #[error("a control character stands where only text may")]
    ControlCharacter,
    /// A line above the limit.
    #[error("the line is longer than {} MiB", MAX_LINE_BYTES >> 20)]
    LineTooLong,
    /// Neither comment, blank, header nor field.
    #[error("this is neither a comment, a [header] nor `field = value`")]
    NotALine,
    /// A header of a table this version does not know.
    #[error("unknown table [{0}]")]
    UnknownTable(String),
    /// A header whose name is not valid for its table.
    #[error("this name is not allowed here: {0}")]
    TableName(InvalidName),
    /// Quotes around a name that needs none, or none around one that does.
    #[error("a name is quoted exactly when it holds `.` or `/`")]
    TableQuotes,
    /// The same table twice.
    #[error("this table stands here twice")]
    DuplicateTable,
    /// A field before the first header.
    #[error("a field stands before the first [header]")]
    FieldOutsideTable,
    /// A field this table does not have.
    #[error("unknown field {0}")]
    UnknownField(String),
    /// The same field twice in a table.
    #[error("`{0}` stands here twice")]
    DuplicateField(&'static str),
    /// A field the table must have.
    #[error("`{0}` is missing")]
    MissingField(&'static str),
    /// A value that is neither a one-line basic string, a decimal integer nor a date.
    #[error("`{0}` must be a one-line string, a whole number or a date, with nothing after it")]
    BadValue(&'static str),
    /// A string with an escape other than `\"` and `\\`.
    #[error("`{0}` holds an escape other than \\\" and \\\\")]
    BadEscape(&'static str),
    /// An integer outside 1 to 2^32-1, or written with sign, leading zero or `_`.
    #[error("`{0}` must be a whole number from 1 to 4294967295, written plainly")]
    BadInteger(&'static str),
    /// Not a real day written YYYY-MM-DD.
    #[error("`{0}` must be a real day, written YYYY-MM-DD")]
    BadDate(&'static str),
    /// A value of another type than the field has.
    #[error("`{0}` has a value of the wrong type")]
    WrongType(&'static str),
    /// There is no `[vault]` table.
    #[error("there is no [vault] table: this is not a vault file")]
    NoVaultTable,
    /// A format above 1.
    #[error("format {0} was made by a newer vault; this one reads format 1")]
    NewerFormat(u32),
    /// A kind this version does not know.
    #[error("unknown kind {0}")]
    UnknownKind(String),
    /// The kind does not fit the folder.
    #[error("the file is of kind \"{found}\" but stands where kind \"{expected}\" belongs")]
    KindMismatch {
        /// What the file says.
        found: Kind,
        /// What its path says.
        expected: Kind,
    },
    /// `name` is not a valid name.
    #[error("`name` is not allowed: {0}")]
    BadName(InvalidName),
    /// `name` is not what the path says.
    #[error("the file says its name is {0}, which is not what its path says")]
    NameMismatch(String),
    /// `id` is not `b64:` and 16 bytes.
    #[error("`id` must be \"b64:\" and 16 bytes in Base64 without padding")]
    BadId,
    /// `epoch` is not a number, a colon and 64 hex digits.
    #[error("`epoch` must be a number, a colon and 64 lower-case hex digits")]
    BadEpoch,
    /// `prev` is not one or two links.
    #[error("`prev` must be one or two links EPOCH:KEYID:B64, the larger epoch first")]
    BadPrev,
    /// A link that does not lead to an earlier epoch.
    #[error("`prev` must lead to an epoch before the file's own")]
    PrevNotOlder,
    /// A pull secret without `[pull]`, or a set with it.
    #[error("[pull] belongs in pull secrets, and only there")]
    PullTable,
    /// A registry type this version does not know.
    #[error("unknown registry type {0}")]
    UnknownRegistryType(String),
    /// `server` is not an address.
    #[error("`server` is not allowed: {0}")]
    BadServer(InvalidName),
    /// `to` is longer than 4 KiB.
    #[error("`to` is not a recipient: {0}")]
    BadRecipient(InvalidRecipient),
    /// `to` does not end in a space and the record's own name.
    #[error("`to` must be a public key, one space, and the record's own name")]
    RecipientName,
    /// The same key under two names.
    #[error("the same key is already listed as {0}")]
    DuplicateKey(String),
    /// Nobody can read the file.
    #[error("the file has no recipients")]
    NoRecipients,
    /// More recipients than the format allows.
    #[error("the file has more than {MAX_RECIPIENTS} recipients")]
    TooManyRecipients,
    /// More departures than the format allows.
    #[error("the file has more than {MAX_RECIPIENTS} departures")]
    TooManyDepartures,
    /// More entries than the format allows.
    #[error("the file has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// `wrap`, `seal` or `enc` does not have the parts it must have.
    #[error("`{0}` does not have the form docs/format.md gives it")]
    BadToken(&'static str),
    /// Base64 that is not canonical, or of another length than the field's.
    #[error("`{0}` does not end in canonical Base64 without padding, of the length it must have")]
    BadBase64(&'static str),
    /// A token of another epoch: two versions were merged as text.
    #[error(
        "`{field}` belongs to epoch {found}, the file is at epoch {expected}: two versions were merged as text"
    )]
    OtherEpoch {
        /// The field.
        field: &'static str,
        /// Its epoch.
        found: u32,
        /// The file's.
        expected: u32,
    },
    /// A token of another data key of the same epoch: two rotations were merged as text.
    #[error("`{0}` belongs to another data key of this epoch: two rotations were merged as text")]
    OtherKey(&'static str),
    /// A wrap above the limit.
    #[error("`wrap` is longer than {} KiB", MAX_WRAP_BYTES >> 10)]
    WrapTooLong,
    /// A value above the limit.
    #[error("`enc` is longer than a value of 1 MiB can be")]
    ValueTooLong,
    /// `since` after the file's epoch.
    #[error("`enc` says the value changed in epoch {0}, which is after the file's own")]
    SinceAfterEpoch(u32),
    /// `until` not before the file's epoch.
    #[error("`until` must be before the file's epoch")]
    UntilNotBefore,
    /// A note the format does not allow.
    #[error("{0}")]
    BadNote(InvalidNote),
    /// An entry that a file of this kind cannot have.
    #[error("a pull secret has the entries username and password and no other")]
    PullEntries,
}

impl Rule {
    /// The rule's stable name in docs/format.md and in the frozen vectors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge => "file-too-large",
            Self::TooManyLines => "too-many-lines",
            Self::NotUtf8 => "not-utf8",
            Self::ByteOrderMark => "byte-order-mark",
            Self::ControlCharacter => "control-character",
            Self::LineTooLong => "line-too-long",
            Self::NotALine => "not-a-line",
            Self::UnknownTable(_) => "unknown-table",
            Self::TableName(_) => "table-name",
            Self::TableQuotes => "table-quotes",
            Self::DuplicateTable => "duplicate-table",
            Self::FieldOutsideTable => "field-outside-table",
            Self::UnknownField(_) => "unknown-field",
            Self::DuplicateField(_) => "duplicate-field",
            Self::MissingField(_) => "missing-field",
            Self::BadValue(_) => "bad-value",
            Self::BadEscape(_) => "bad-escape",
            Self::BadInteger(_) => "bad-integer",
            Self::BadDate(_) => "bad-date",
            Self::WrongType(_) => "wrong-type",
            Self::NoVaultTable => "no-vault-table",
            Self::NewerFormat(_) => "newer-format",
            Self::UnknownKind(_) => "unknown-kind",
            Self::KindMismatch { .. } => "kind-mismatch",
            Self::BadName(_) => "bad-name",
            Self::NameMismatch(_) => "name-mismatch",
            Self::BadId => "bad-id",
            Self::BadEpoch => "bad-epoch",
            Self::BadPrev => "bad-prev",
            Self::PrevNotOlder => "prev-not-older",
            Self::PullTable => "pull-table",
            Self::UnknownRegistryType(_) => "unknown-registry-type",
            Self::BadServer(_) => "bad-server",
            Self::BadRecipient(_) => "bad-recipient",
            Self::RecipientName => "recipient-name",
            Self::DuplicateKey(_) => "duplicate-key",
            Self::NoRecipients => "no-recipients",
            Self::TooManyRecipients => "too-many-recipients",
            Self::TooManyDepartures => "too-many-departures",
            Self::TooManyEntries => "too-many-entries",
            Self::BadToken(_) => "bad-token",
            Self::BadBase64(_) => "bad-base64",
            Self::OtherEpoch { .. } => "other-epoch",
            Self::OtherKey(_) => "other-key",
            Self::WrapTooLong => "wrap-too-long",
            Self::ValueTooLong => "value-too-long",
            Self::SinceAfterEpoch(_) => "since-after-epoch",
            Self::UntilNotBefore => "until-not-before",
            Self::BadNote(_) => "bad-note",
            Self::PullEntries => "pull-entries",
        }
    }
}

/// A text from the file, safe to print and short.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{}{dots}\"", cut.escape_debug())
}
