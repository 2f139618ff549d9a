//! Asking a person about one entry, with its values masked unless they want to see them.

use std::io::{self, Write};

use vault::crypto::FileId;
use vault::envelope::{Choice, Entry, Side};
use vault::model::{KeyName, SecretValue};

use super::Person;
use crate::cli::report::{self, Failure};
use crate::cli::term;

/// What is said of a file whose entries are asked about.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The file, for masks.
    pub(crate) id: FileId,
    /// What our side and theirs are.
    pub(crate) sides: [String; 2],
}

/// Most of a value that is shown.
const SHOWN_CHARS: usize = 2000;

const INDENT: &str = "          ";

pub(super) fn entry(
    person: &Person<'_, '_>,
    key: &KeyName,
    sides: [Option<&Entry>; 2],
) -> Result<Choice, Failure> {
    report::show(&format!("{}: {key}: {}", person.file, what_happened(sides)));
    for (name, side) in names_of(person).into_iter().zip(sides) {
        report::show(&name);
        match side {
            None => report::show(&format!("{INDENT}removed")),
            Some(entry) => show_entry(person, key, entry)?,
        }
    }
    loop {
        let question = format!("{key}: (o)urs, (t)heirs, a (n)ew value, (r)emove, (q)uit? ");
        return match answer(&question)?.as_str() {
            "o" | "ours" => Ok(Choice::Take(Side::Ours)),
            "t" | "theirs" => Ok(Choice::Take(Side::Theirs)),
            "n" | "new" => new_value(key).map(Choice::Value),
            "r" | "remove" => Ok(Choice::Remove),
            "q" | "quit" => Err(left()),
            _ => continue,
        };
    }
}

/// Credentials only go together.
pub(super) fn credentials(person: &Person<'_, '_>) -> Result<Side, Failure> {
    report::show(&format!("{}: both sides changed the credentials", person.file));
    for name in names_of(person) {
        report::show(&name);
    }
    loop {
        let question = format!("{}: (o)urs, (t)heirs, (q)uit? ", person.file);
        return match answer(&question)?.as_str() {
            "o" | "ours" => Ok(Side::Ours),
            "t" | "theirs" => Ok(Side::Theirs),
            "q" | "quit" => Err(left()),
            _ => continue,
        };
    }
}

fn names_of(person: &Person<'_, '_>) -> [String; 2] {
    let [ours, theirs] = &person.shown.sides;
    [format!("  ours    {ours}"), format!("  theirs  {theirs}")]
}

fn answer(question: &str) -> Result<String, Failure> {
    let typed = term::ask(question)?.unwrap_or_else(|| "quit".to_owned());
    Ok(typed.trim().to_ascii_lowercase())
}

fn left() -> Failure {
    Failure::failed("not everything was decided; nothing was written")
}

fn what_happened(sides: [Option<&Entry>; 2]) -> &'static str {
    match sides {
        [None, _] => "removed on our side, changed on theirs",
        [_, None] => "changed on our side, removed on theirs",
        [Some(_), Some(_)] => "changed on both sides",
    }
}

fn show_entry(person: &Person<'_, '_>, key: &KeyName, entry: &Entry) -> Result<(), Failure> {
    let masked = person.all.masks.mask(person.shown.id, key, entry.value());
    let mut text = format!("{INDENT}{masked}, since epoch {}", entry.since());
    if let Some(note) = entry.note() {
        text = format!("{text}, note {:?}", note.as_str());
    }
    if let Some(expires) = entry.expires() {
        text = format!("{text}, expires {expires}");
    }
    report::show(&text);
    if person.all.decisions.reveal { reveal(entry.value()) } else { Ok(()) }
}

/// Writes a value to the terminal that is being asked on, a character at a time: no text of it is
/// put together anywhere.
fn reveal(value: &SecretValue) -> Result<(), Failure> {
    let err = &mut io::stderr().lock();
    write_start(err, value.expose())
        .map_err(|why| Failure::failed(format!("cannot write to the terminal: {why}")))
}

fn write_start(out: &mut impl Write, value: &[u8]) -> io::Result<()> {
    out.write_all(INDENT.as_bytes())?;
    let mut room = SHOWN_CHARS;
    for part in value.utf8_chunks() {
        for c in part.valid().chars() {
            if room == 0 {
                return writeln!(out, "… (`vault get` on either branch shows all of it)");
            }
            room -= 1;
            out.write_all(term::printable(c.encode_utf8(&mut [0; 4])).as_bytes())?;
        }
        for byte in part.invalid() {
            room = room.saturating_sub(1);
            write!(out, "\\x{byte:02x}")?;
        }
    }
    writeln!(out)
}

fn new_value(key: &KeyName) -> Result<SecretValue, Failure> {
    let mut typed = term::ask_hidden(&format!("value of {key}: "))?;
    SecretValue::new(std::mem::take(&mut *typed))
        .map_err(|why| Failure::failed(format!("{key}: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &[u8]) -> String {
        let mut out = Vec::new();
        write_start(&mut out, value).unwrap();
        String::from_utf8(out).unwrap().trim().to_owned()
    }

    #[test]
    fn what_is_revealed_moves_no_cursor_and_floods_no_terminal() {
        assert_eq!(shown(b"a\x1b[31mb\n\xff"), "a\\u{1b}[31mb\\n\\xff");
        let long = shown(&[b'x'; SHOWN_CHARS + 1]);
        assert!(long.contains("vault get") && long.matches('x').count() == SHOWN_CHARS);
    }
}
