//! The canonical bytes of a file: what is written, and what `verify` wants to see.

use std::fmt::Write;

use super::sealed::{Departure, RecipientRecord, Sealed, SealedEntry};
use crate::crypto::base64_encode;
use crate::model::{Content, KeyName, MemberName};

const COMMENT: &str =
    "# vault v1: encrypted values. Change it with `vault set` or `vault edit`, not by hand.\n";

impl<T: Content> Sealed<T> {
    /// The file's text.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(self.rendered_len());
        // Writing to a String cannot fail.
        let _: std::fmt::Result = self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) -> std::fmt::Result {
        let token = self.token();
        self.write_head(out)?;
        for (name, record) in &self.recipients {
            write_recipient(out, &token, name, record)?;
        }
        for (name, departure) in &self.departed {
            write_departure(out, &token, name, departure)?;
        }
        for (key, entry) in &self.entries {
            write_entry(out, &token, key, entry)?;
        }
        Ok(())
    }

    /// `[vault]`, and `[pull]` where the kind has it.
    pub(super) fn write_head(&self, out: &mut String) -> std::fmt::Result {
        out.push_str(COMMENT);
        writeln!(out, "[vault]\nformat = 1\nkind = \"{}\"\nname = \"{}\"", T::KIND, self.name)?;
        writeln!(out, "id = \"{}\"\nepoch = \"{}:{}\"", self.id, self.epoch, self.commitment)?;
        if !self.prev.is_empty() {
            let links = self.prev.iter().map(|l| format!("{}:{}:{}", l.epoch, l.key_id, l.proof));
            writeln!(out, "prev = \"{}\"", links.collect::<Vec<_>>().join(" "))?;
        }
        if let Some(pull) = self.content.pull() {
            let registry = pull.registry.as_str();
            writeln!(out, "\n[pull]\ntype = \"{registry}\"\nserver = \"{}\"", pull.server)?;
        }
        Ok(())
    }

    fn rendered_len(&self) -> usize {
        let wraps: usize = self.recipients.values().map(|r| r.wrap.len() * 4 / 3 + 1024).sum();
        let values: usize = self.entries.values().map(|e| e.enc.len() * 4 / 3 + 160).sum();
        1024 + wraps + values + self.departed.len() * 1024
    }
}

/// A table after a blank line. `token` is `EPOCH:KEYID` of the file the record is from.
pub(super) fn write_recipient(
    out: &mut String,
    token: &str,
    name: &MemberName,
    record: &RecipientRecord,
) -> std::fmt::Result {
    writeln!(out, "\n[recipients.{}]\nto = \"{} {name}\"", name.in_header(), record.to)?;
    writeln!(out, "wrap = \"{token}:{}\"", base64_encode(&record.wrap))?;
    writeln!(out, "seal = \"{token}:{}\"", record.seal)
}

/// As [`write_recipient`].
pub(super) fn write_departure(
    out: &mut String,
    token: &str,
    name: &MemberName,
    departure: &Departure,
) -> std::fmt::Result {
    writeln!(out, "\n[departed.{}]\nto = \"{} {name}\"", name.in_header(), departure.to)?;
    writeln!(out, "until = {}\nseal = \"{token}:{}\"", departure.until, departure.seal)
}

/// As [`write_recipient`].
pub(super) fn write_entry(
    out: &mut String,
    token: &str,
    key: &KeyName,
    entry: &SealedEntry,
) -> std::fmt::Result {
    let enc = base64_encode(&entry.enc);
    writeln!(out, "\n[values.{key}]\nenc = \"{token}:{}.{}:{enc}\"", entry.since, entry.rev)?;
    if let Some(note) = &entry.note {
        out.push_str("note = \"");
        push_escaped(out, note.as_str());
        out.push_str("\"\n");
    }
    if let Some(expires) = entry.expires {
        writeln!(out, "expires = {expires}")?;
    }
    Ok(())
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
}
