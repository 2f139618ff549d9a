//! The line grammar of docs/format.md "Grammar": a strict subset of TOML, read in one pass without
//! copying. A property test (tests/grammar.rs) holds it against the toml crate.

use std::borrow::Cow;

use memchr::memchr;

use super::rule::{Malformed, Rule, shown};
use super::{MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_LINES};
use crate::model::Date;

/// What a line of a file says.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// `[vault]` or `[values.DB]`: the table, and the name below it with its quotes if it has any.
    Header { table: &'a str, name: Option<HeaderName<'a>> },
    /// `field = …`; the value is read when it is known what the field must hold.
    Field { field: &'a str, value: RawValue<'a> },
}

/// The name in a `[table.name]` header.
#[derive(Debug, PartialEq, Clone, Copy)]
pub(super) struct HeaderName<'a> {
    pub(super) text: &'a str,
    pub(super) quoted: bool,
}

/// Everything after the `=` of a field, without the spaces around it.
#[derive(Debug, PartialEq, Clone, Copy)]
pub(super) struct RawValue<'a>(&'a str);

/// Calls `each` with the number, from 1, and the meaning of every line that has one.
pub(super) fn scan<'a>(
    bytes: &'a [u8],
    mut each: impl FnMut(usize, Line<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(at(0, Rule::FileTooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| at(0, Rule::NotUtf8))?;
    if text.starts_with('\u{feff}') {
        return Err(at(1, Rule::ByteOrderMark));
    }
    let mut rest = text;
    for number in 1.. {
        if rest.is_empty() {
            break;
        }
        if number > MAX_LINES {
            return Err(at(0, Rule::TooManyLines));
        }
        let line = match memchr(b'\n', rest.as_bytes()).and_then(|end| rest.split_at_checked(end)) {
            Some((line, end)) => {
                rest = end.get(1..).unwrap_or_default();
                line.strip_suffix('\r').unwrap_or(line)
            }
            None => std::mem::take(&mut rest),
        };
        if let Some(line) = scan_line(line).map_err(|rule| at(number, rule))? {
            each(number, line)?;
        }
    }
    Ok(())
}

impl<'a> RawValue<'a> {
    /// A basic string on one line.
    pub(super) fn string(self, field: &'static str) -> Result<Cow<'a, str>, Rule> {
        let Some(body) = self.0.strip_prefix('"') else {
            let other = self.is_number() || self.is_date();
            return Err(if other { Rule::WrongType(field) } else { Rule::BadValue(field) });
        };
        match body.strip_suffix('"') {
            // `fold` as in `scan_line`: nearly every string is long and free of escapes.
            Some(text)
                if text.bytes().fold(0, |n, b| n | u8::from(b == b'"') | u8::from(b == b'\\'))
                    == 0 =>
            {
                Ok(Cow::Borrowed(text))
            }
            _ => unescape(body, field).map(Cow::Owned),
        }
    }

    /// An integer from 1 to 2^32-1.
    pub(super) fn integer(self, field: &'static str) -> Result<u32, Rule> {
        if self.0.starts_with('"') || self.is_date() {
            return Err(Rule::WrongType(field));
        }
        plain_integer(self.0).ok_or(Rule::BadInteger(field))
    }

    /// A local date.
    pub(super) fn date(self, field: &'static str) -> Result<Date, Rule> {
        if self.0.starts_with('"') || self.is_number() {
            return Err(Rule::WrongType(field));
        }
        self.0.parse().map_err(|_| Rule::BadDate(field))
    }

    fn is_number(self) -> bool {
        plain_integer(self.0).is_some()
    }

    fn is_date(self) -> bool {
        self.0.parse::<Date>().is_ok()
    }
}

/// A decimal integer from 1 to 2^32-1 without sign, leading zero or `_`.
pub(super) fn plain_integer(text: &str) -> Option<u32> {
    let digits = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn scan_line(line: &str) -> Result<Option<Line<'_>>, Rule> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Rule::LineTooLong);
    }
    // `fold`, not `any`: without an early exit the loop is vectorised, and this is the hot path.
    let ascii_control =
        line.bytes().fold(0, |bad, b| bad | u8::from(b < b' ') | u8::from(b == 0x7f));
    if ascii_control != 0 || (!line.is_ascii() && line.chars().any(char::is_control)) {
        return Err(Rule::ControlCharacter);
    }
    if line.starts_with('#') {
        return Ok(None);
    }
    let line = line.trim_end_matches(' ');
    if line.is_empty() {
        return Ok(None);
    }
    if let Some(header) = line.strip_prefix('[') {
        return scan_header(header.strip_suffix(']').ok_or(Rule::NotALine)?).map(Some);
    }
    let (field, value) = line.split_once('=').ok_or(Rule::NotALine)?;
    let field = field.trim_end_matches(' ');
    if field.is_empty() || !field.bytes().all(is_bare_key) {
        return Err(Rule::NotALine);
    }
    Ok(Some(Line::Field { field, value: RawValue(value.trim_start_matches(' ')) }))
}

fn scan_header(header: &str) -> Result<Line<'_>, Rule> {
    let (table, name) = match header.split_once('.') {
        Some((table, name)) => (table, Some(name)),
        None => (header, None),
    };
    if table.is_empty() || !table.bytes().all(is_bare_key) {
        return Err(Rule::NotALine);
    }
    let name = match name {
        None => None,
        Some(name) => match name.strip_prefix('"') {
            Some(rest) => {
                let text = rest.strip_suffix('"').ok_or(Rule::NotALine)?;
                if text.contains(['"', '\\']) {
                    return Err(Rule::NotALine);
                }
                Some(HeaderName { text, quoted: true })
            }
            None if name.is_empty() => return Err(Rule::NotALine),
            None if name.bytes().all(is_bare_key) => Some(HeaderName { text: name, quoted: false }),
            // `[recipients.a.b]` and `[recipients.a/b]`: a name that lacks its quotes.
            None if name.bytes().all(|b| is_bare_key(b) || matches!(b, b'.' | b'/')) => {
                return Err(Rule::TableQuotes);
            }
            None => return Err(Rule::UnknownTable(shown(header))),
        },
    };
    Ok(Line::Header { table, name })
}

fn is_bare_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The text of a string from after its first `"` on.
fn unescape(body: &str, field: &'static str) -> Result<String, Rule> {
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped @ ('"' | '\\')) => out.push(escaped),
                _ => return Err(Rule::BadEscape(field)),
            },
            '"' if chars.as_str().is_empty() => return Ok(out),
            '"' => return Err(Rule::BadValue(field)),
            other => out.push(other),
        }
    }
    Err(Rule::BadValue(field))
}

fn at(line: usize, rule: Rule) -> Malformed {
    Malformed { line, place: String::new(), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(line: &str) -> RawValue<'_> {
        match scan_line(line) {
            Ok(Some(Line::Field { value, .. })) => value,
            other => panic!("{line:?}: {other:?}"),
        }
    }

    #[test]
    fn strings_know_two_escapes_and_end_where_the_line_ends() {
        assert_eq!(field(r#"to = "a b""#).string("to").unwrap(), "a b");
        assert_eq!(field(r#"to="a\"\\b"   "#).string("to").unwrap(), r#"a"\b"#);
        for (line, rule) in [
            (r#"to = "a\n""#, Rule::BadEscape("to")),
            (r#"to = "a" # why"#, Rule::BadValue("to")),
            (r#"to = "a"#, Rule::BadValue("to")),
            (r#"to = "a\""#, Rule::BadValue("to")),
            (r#"to = """a""""#, Rule::BadValue("to")),
            ("to = 'a'", Rule::BadValue("to")),
            ("to = ", Rule::BadValue("to")),
            ("to = 7", Rule::WrongType("to")),
            ("to = 2027-01-31", Rule::WrongType("to")),
        ] {
            assert_eq!(field(line).string("to"), Err(rule), "{line}");
        }
    }

    #[test]
    fn integers_are_plain_and_positive() {
        assert_eq!(field("until = 4294967295").integer("until"), Ok(u32::MAX));
        for bad in ["0", "007", "+7", "-7", "1_0", "4294967296", "0x7", "7.0", "", "7 # a"] {
            let line = format!("until = {bad}");
            assert_eq!(field(&line).integer("until"), Err(Rule::BadInteger("until")), "{bad}");
        }
    }

    #[test]
    fn no_line_may_be_indented_dotted_or_dressed_up() {
        for bad in [
            " a = 1",
            "a.b = 1",
            "\"a\" = 1",
            "[[vault]]",
            "[ vault ]",
            "[vault] # x",
            "x",
            "= 1",
            "[]",
            "[.a]",
        ] {
            assert!(
                matches!(scan_line(bad), Err(Rule::NotALine | Rule::UnknownTable(_))),
                "{bad:?}"
            );
        }
        assert_eq!(scan_line("[recipients.a/b]"), Err(Rule::TableQuotes));
        assert_eq!(scan_line("   "), Ok(None));
        assert_eq!(scan_line("# é"), Ok(None));
        assert_eq!(scan_line("# \u{85}"), Err(Rule::ControlCharacter));
    }
}
