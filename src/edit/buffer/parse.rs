//! Reading a buffer: TOML by its own parser, and the comments between its values by us.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error};
use zeroize::Zeroizing;

use super::{ASIDE, BufferError, COMPLAINT, Comments, EXPIRES, Fault, HEADER, NOTE, Parsed, TITLE};
use crate::edit::draft::{Draft, Item};
use crate::model::plaintext::from_base64;
use crate::model::{Date, InvalidName, KeyName, Note, SecretValue};

type Pair<'d, 't> = (&'d Spanned<DeString<'t>>, &'d Spanned<DeValue<'t>>);

pub(super) fn parse(text: &[u8]) -> Result<Parsed, BufferError> {
    // Editors of Windows put a byte order mark before everything.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|error| {
        let good = text.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        BufferError { line, fault: Fault::NotUtf8 }
    })?;
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut pairs: Vec<Pair<'_, '_>> = document.get_ref().iter().collect();
    pairs.sort_by_key(|(name, _)| name.span().start);
    let mut reader = Reader { text, line: 1, at: 0, comments: Comments::Known };
    if let Some((at, fault)) = first(&errors, &pairs) {
        return Err(BufferError { line: reader.line_of(at), fault });
    }
    let mut items = BTreeMap::new();
    let mut end = 0;
    for (name, value) in pairs {
        let start = name.span().start;
        let Remarks { note, expires, .. } = reader.remarks(end..start, Until::Key)?;
        let line = reader.line_of(start);
        let failed = |fault| BufferError { line, fault };
        let key: KeyName = name.get_ref().parse().map_err(|why| failed(Fault::Key(why)))?;
        let mut bytes = bytes(value).map_err(failed)?;
        let value_of_key = SecretValue::new(std::mem::take(&mut *bytes));
        let value_of_key = value_of_key.map_err(|why| failed(Fault::TooLong(why)))?;
        items.insert(key, Item { value: value_of_key, note, expires });
        end = value.span().end;
    }
    reader.remarks(end..text.len(), Until::End)?;
    Ok(Parsed { draft: Draft(items), comments: reader.comments })
}

/// How the parser's messages begin, and what they mean. The rest of them may be of the text.
const MEANINGS: [(&str, Fault); 14] = [
    ("duplicate key", Fault::Duplicate),
    ("invalid unquoted key", Fault::Key(InvalidName::Key)),
    ("unquoted keys cannot", Fault::Key(InvalidName::Key)),
    ("key with no value", Fault::NoEquals),
    ("string values must be quoted", Fault::NotQuoted),
    ("invalid boolean", Fault::NotQuoted),
    ("invalid float", Fault::NotQuoted),
    ("invalid integer", Fault::NotQuoted),
    ("invalid date", Fault::NotQuoted),
    ("invalid time", Fault::NotQuoted),
    ("`_` may only", Fault::NotQuoted),
    ("unexpected key or value", Fault::AfterValue),
    ("invalid multi-line basic string, expected `", Fault::Unclosed),
    ("invalid multi-line literal string, expected `", Fault::Unclosed),
];

/// How they end where one line is not closed.
const UNCLOSED: [&str; 2] = ["string, expected `\"`", "string, expected `'`"];

/// The first thing that is wrong, and where.
fn first(errors: &[Error], pairs: &[Pair<'_, '_>]) -> Option<(usize, Fault)> {
    let place = |error: &Error| error.span().map_or(0, |span| span.start);
    let error = errors.iter().min_by_key(|error| place(error))?;
    let (at, message) = (place(error), error.message());
    let fault = if UNCLOSED.iter().any(|end| message.ends_with(end)) {
        Fault::Unclosed
    } else {
        let meant = MEANINGS.iter().find(|(begin, _)| message.starts_with(begin));
        meant.map_or(Fault::Syntax, |(_, fault)| *fault)
    };
    // A quote that nothing closes is missed at the end, and was opened after the last key.
    let opened = pairs.iter().map(|(_, value)| value.span().start).rfind(|start| *start <= at);
    Some((opened.filter(|_| fault == Fault::Unclosed).unwrap_or(at), fault))
}

fn bytes(value: &Spanned<DeValue<'_>>) -> Result<Zeroizing<Vec<u8>>, Fault> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Err(Fault::NotQuoted)
        }
        DeValue::Array(_) => Err(Fault::Nested),
        DeValue::Table(table) => {
            let text = table.get("base64").filter(|_| table.len() == 1);
            let text = text.and_then(|text| text.get_ref().as_str()).ok_or(Fault::Nested)?;
            from_base64(text).ok_or(Fault::Base64)
        }
    }
}

/// What follows the lines that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Key,
    End,
}

/// Note and date above a key.
#[derive(Default)]
struct Remarks {
    note: Option<Note>,
    expires: Option<Date>,
    /// The last line of one.
    line: Option<usize>,
}

struct Reader<'t> {
    text: &'t str,
    /// The line of `at`, from 1.
    line: usize,
    at: usize,
    comments: Comments,
}

impl Reader<'_> {
    /// Lines are counted once; each `at` lies behind the one before it.
    fn line_of(&mut self, at: usize) -> usize {
        let between = self.text.get(self.at..at).unwrap_or_default();
        self.line += between.bytes().filter(|byte| *byte == b'\n').count();
        self.at = self.at.max(at);
        self.line
    }

    /// Reads what stands between two values, which is white space and comments.
    fn remarks(&mut self, range: Range<usize>, until: Until) -> Result<Remarks, BufferError> {
        let (first, follows_value) = (self.line_of(range.start), range.start > 0);
        let between = self.text.get(range).unwrap_or_default();
        let mut lines: Vec<&str> = between.split('\n').collect();
        if until == Until::Key {
            lines.pop();
        }
        let mut remarks = Remarks::default();
        for (line, text) in (first..).zip(lines) {
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.trim().is_empty() {
                remarks.none_is_loose()?;
            } else if follows_value && line == first || !remarks.take(line, text)? {
                self.comments = Comments::Lost;
            }
        }
        if until == Until::End {
            remarks.none_is_loose()?;
        }
        Ok(remarks)
    }
}

impl Remarks {
    fn none_is_loose(&self) -> Result<(), BufferError> {
        self.line.map_or(Ok(()), |line| Err(BufferError { line, fault: Fault::Loose }))
    }

    /// Reads one comment; whether it is one of those that vault knows.
    fn take(&mut self, line: usize, text: &str) -> Result<bool, BufferError> {
        let failed = |fault| BufferError { line, fault };
        let ours = [COMPLAINT, ASIDE, TITLE].iter().any(|start| text.starts_with(start));
        if ours || HEADER.contains(&text) {
            return Ok(true);
        }
        match (remark(text, NOTE), remark(text, EXPIRES).map(str::trim)) {
            (Some(""), _) | (_, Some("" | "never")) => return Ok(true),
            (Some(note), _) => {
                let note = note.parse().map_err(|why| failed(Fault::Note(why)))?;
                if self.note.replace(note).is_some() {
                    return Err(failed(Fault::Twice));
                }
            }
            (_, Some(date)) => {
                let date = date.parse().map_err(|why| failed(Fault::Date(why)))?;
                if self.expires.replace(date).is_some() {
                    return Err(failed(Fault::Twice));
                }
            }
            (None, None) => return Ok(false),
        }
        self.line = Some(line);
        Ok(true)
    }
}

/// What a comment says after this word and one space.
fn remark<'t>(comment: &'t str, word: &str) -> Option<&'t str> {
    let text = comment.trim_start().strip_prefix('#')?.trim_start();
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}
