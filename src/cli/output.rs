//! stdout: the result of a command and nothing else.

use std::io::{self, IsTerminal, Write};

use super::report::Failure;
use super::term;

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| failed(&error))
}

/// Writes a line; control characters are escaped on a terminal.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    if is_terminal() {
        bytes(format!("{}\n", term::printable(text)).as_bytes())
    } else {
        bytes(format!("{text}\n").as_bytes())
    }
}

/// Writes a text of several lines for a person: line ends act, everything else that could act on
/// the terminal is escaped, and the last line is ended.
pub(crate) fn lines(text: &str) -> Result<(), Failure> {
    text.split('\n').try_for_each(line)
}

/// Writes a document made for a program, and for a person as [`lines`] does.
pub(crate) fn document(text: &[u8]) -> Result<(), Failure> {
    if !is_terminal() {
        return bytes(text);
    }
    match std::str::from_utf8(text) {
        Ok("") => Ok(()),
        Ok(text) => lines(text.strip_suffix('\n').unwrap_or(text)),
        Err(_) => escaped(text),
    }
}

/// Writes what is no text so that a person can look at it.
pub(crate) fn escaped(bytes: &[u8]) -> Result<(), Failure> {
    line(&bytes.escape_ascii().to_string())
}

/// Writes one JSON document. Of what could act on the terminal, JSON escapes only a part.
pub(crate) fn json(value: &serde_json::Value) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|_| Failure::failed("cannot write this as JSON"))?;
    text.push(b'\n');
    match std::str::from_utf8(&text) {
        Ok(text) if is_terminal() => bytes(harmless_json(text).as_bytes()),
        _ => bytes(&text),
    }
}

/// The same document with everything escaped that is not to be shown, as JSON escapes it. Nothing
/// of that kind stands outside its strings.
fn harmless_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || term::printable(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Writes rows in aligned columns under their titles.
pub(crate) fn table<const N: usize>(
    titles: [&str; N],
    rows: &[[String; N]],
) -> Result<(), Failure> {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.clone().map(|c| term::printable(&c))).collect();
    let mut widths = titles.map(|title| title.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let titles = titles.map(str::to_owned);
    for row in std::iter::once(&titles).chain(&rows) {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    bytes(text.as_bytes())
}

/// Whether a person reads along.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

fn failed(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
        _ => Failure::failed(format!("cannot write to stdout: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_a_person_is_the_same_document() {
        let text = "a\u{9b}31m\u{202e}\u{7f}\n\u{e0041}\\\"ü";
        let document = serde_json::to_string_pretty(&[text]).unwrap();
        let shown = harmless_json(&document);
        assert_eq!(shown, "[\n  \"a\\u009b31m\\u202e\\u007f\\n\\udb40\\udc41\\\\\\\"ü\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
    }
}
