//! Writing a buffer: each value in the form in which a person reads it as it is.

use zeroize::Zeroizing;

use super::{ASIDE, EXPIRES, HEADER, NOTE, TITLE};
use crate::edit::draft::{Draft, Item};
use crate::model::plaintext::{Out, base64, collect};
use crate::model::{KeyName, SetName};

pub(super) fn render(
    set: &SetName,
    draft: &Draft,
    theirs: &Draft,
    conflicts: &[KeyName],
) -> Zeroizing<Vec<u8>> {
    let mut keys: Vec<&KeyName> = draft.keys().chain(conflicts).collect();
    keys.sort();
    keys.dedup();
    collect(|out| {
        out(TITLE.as_bytes());
        out(set.as_str().as_bytes());
        for line in HEADER {
            out(b"\n");
            out(line.as_bytes());
        }
        out(b"\n");
        for key in &keys {
            out(b"\n");
            if conflicts.contains(key) {
                aside(out, key, theirs.0.get(*key));
            }
            if let Some(item) = draft.0.get(*key) {
                entry(out, key, item);
            }
        }
    })
}

/// What somebody else made of an entry, as comments.
fn aside(out: &mut Out<'_>, key: &KeyName, item: Option<&Item>) {
    let (verb, colon) = if item.is_some() { ("changed", ":") } else { ("removed", "") };
    out(format!("{ASIDE}{key} was {verb} meanwhile{colon}\n").as_bytes());
    let Some(item) = item else { return };
    let mut at_start = true;
    entry(
        &mut |piece| {
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                if at_start {
                    out(ASIDE.as_bytes());
                }
                out(part);
                at_start = part.ends_with(b"\n");
            }
        },
        key,
        item,
    );
}

fn entry(out: &mut Out<'_>, key: &KeyName, item: &Item) {
    if let Some(note) = &item.note {
        out(format!("# {NOTE} {note}\n").as_bytes());
    }
    if let Some(expires) = item.expires {
        out(format!("# {EXPIRES} {expires}\n").as_bytes());
    }
    out(key.as_str().as_bytes());
    out(b" = ");
    if let Ok(text) = std::str::from_utf8(item.value.expose()) {
        string(out, text);
    } else {
        out(b"{ base64 = \"");
        base64(out, item.value.expose());
        out(b"\" }");
    }
    out(b"\n");
}

/// TOML's four kinds of strings, the most readable that holds the text.
fn string(out: &mut Out<'_>, text: &str) {
    let is_block = text.contains('\n');
    let as_it_stands = text.chars().all(|c| is_plain(c) || is_block && matches!(c, '\n' | '\t'));
    if is_block && as_it_stands && !text.contains("'''") && !text.ends_with('\'') && !trails(text) {
        // A line feed right after the opening is not part of the text.
        quoted(out, "'''\n", text, "'''");
    } else if is_block {
        out(b"\"\"\"\n");
        escaped(out, text);
        out(b"\"\"\"");
    } else if as_it_stands && text.contains(['"', '\\']) && !text.contains('\'') {
        quoted(out, "'", text, "'");
    } else {
        out(b"\"");
        escaped(out, text);
        out(b"\"");
    }
}

fn quoted(out: &mut Out<'_>, opening: &str, text: &str, closing: &str) {
    out(opening.as_bytes());
    out(text.as_bytes());
    out(closing.as_bytes());
}

/// Whether a line ends in what nobody sees, and some editors remove.
fn trails(text: &str) -> bool {
    text.split('\n').any(|line| line.ends_with([' ', '\t']))
}

/// Whether a character shows as what it is, and is the same after it was shown.
fn is_plain(c: char) -> bool {
    matches!(c, ' ' | '"' | '\'' | '\\') || c.escape_debug().count() == 1
}

fn escaped(out: &mut Out<'_>, text: &str) {
    let is_block = text.contains('\n');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out(b"\\\""),
            '\\' => out(b"\\\\"),
            '\r' => out(b"\\r"),
            '\t' => out(b"\\t"),
            '\n' => out(b"\n"),
            ' ' if is_block && rest.peek() == Some(&'\n') => out(b"\\u0020"),
            c if is_plain(c) => out(c.encode_utf8(&mut [0; 4]).as_bytes()),
            c => out(Zeroizing::new(code(c)).as_bytes()),
        }
    }
}

fn code(c: char) -> String {
    match u32::from(c) {
        short @ ..=0xffff => format!("\\u{short:04x}"),
        long => format!("\\U{long:08x}"),
    }
}
