//! A review in sentences, for people and for annotations. Names come from a repository that anyone
//! may have written to: [`Style`] makes each harmless where it is shown.

use std::fmt::Display;

use vault::crypto::Recipient;
use vault::envelope::{EntryChange, Exposure, KeyChange, ReaderChange, Request};
use vault::git::{Access, Fate, FileReview, RecordFate, Review, TeamChange, TreatmentChange};
use vault::model::{KeyName, MemberName, PullSecret};

use super::super::term::printable;

/// Most names in one sentence: a comment has to fit where it is posted.
const SHOWN: usize = 30;

/// Where the sentences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As text.
    Plain,
    /// As GitHub and GitLab render Markdown.
    Markdown,
}

impl Style {
    /// Text that comes from the repository. In Markdown it stands in a code span: there neither
    /// links, HTML nor mentions are read, and a span ends only with as many backticks as it has.
    pub(super) fn name(self, text: impl Display) -> String {
        let text = printable(&text.to_string());
        match self {
            Self::Plain => text,
            Self::Markdown => {
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
                let fence = "`".repeat(longest + 1);
                let space = if text.contains('`') { " " } else { "" };
                // Tables are cut into cells before anything else is read.
                format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
            }
        }
    }

    fn names<T: Display>(self, names: impl ExactSizeIterator<Item = T>) -> String {
        let more = names.len().saturating_sub(SHOWN);
        let shown: Vec<String> = names.take(SHOWN).map(|name| self.name(name)).collect();
        match more {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// Who can read what they could not.
pub(super) fn gains(style: Style, review: &Review) -> impl Iterator<Item = String> {
    review.gains.iter().map(move |access| person(style, access, "is now listed as a reader of"))
}

/// Who can no longer read what they could, and who is called otherwise.
pub(super) fn losses(style: Style, review: &Review) -> impl Iterator<Item = String> {
    let losses = review.losses.iter();
    let losses =
        losses.map(move |access| person(style, access, "is no longer listed as a reader of"));
    losses.chain(review.renamed.iter().map(move |(from, to)| renamed(style, from, to)))
}

fn person(style: Style, access: &Access, verb: &str) -> String {
    let (name, key) = (style.name(&access.name), key_of(style, &access.to));
    format!("{name} {verb} {} ({key})", files_of(style, access))
}

/// Someone whose key is the same.
pub(super) fn renamed(style: Style, from: &MemberName, to: &MemberName) -> String {
    format!("{} is now called {}", style.name(from), style.name(to))
}

/// How many values of which files: `9 values of sets/web, 1 value of pull/ghcr`.
pub(super) fn files_of(style: Style, access: &Access) -> String {
    let more = access.files.len().saturating_sub(SHOWN);
    let files = access.files.iter().take(SHOWN);
    let files = files.map(|one| format!("{} of {}", values(one.values), style.name(&one.file)));
    let files = files.collect::<Vec<_>>().join(", ");
    if more == 0 { files } else { format!("{files} and {more} more files") }
}

/// The kind of a key and its fingerprint.
pub(super) fn key_of(style: Style, to: &Recipient) -> String {
    format!("{} {}", style.name(to.kind()), style.name(to.fingerprint()))
}

/// What became of a file as a whole, in one sentence without its name.
pub(super) fn fate(style: Style, file: &FileReview) -> String {
    let readers = style.names(file.readers.iter());
    let total = values(file.total);
    match &file.fate {
        Fate::Added => format!("new, {total}, readable by {readers}"),
        Fate::Removed => format!("deleted, and {total} with it; it was readable by {readers}"),
        Fate::Changed => format!("changed, readable by {readers}"),
        Fate::Renamed(from) => format!("was {}, readable by {readers}", style.name(from)),
        Fate::Replaced => {
            format!("another file in the place of the one there was, readable by {readers}")
        }
    }
}

/// What became of what is in a file.
pub(super) fn details(style: Style, file: &FileReview) -> Vec<String> {
    let mut lines = Vec::new();
    if matches!(file.fate, Fate::Removed) {
        return lines;
    }
    let mut listed = |label: &str, is: fn(EntryChange) -> bool| {
        let keys: Vec<&KeyName> =
            file.entries.iter().filter(|(_, change)| is(**change)).map(|(key, _)| key).collect();
        if !keys.is_empty() {
            lines.push(format!("{label}: {}", style.names(keys.into_iter())));
        }
    };
    listed("added", |change| change == EntryChange::Added);
    listed("value changed", |change| change == EntryChange::Value);
    listed("removed", |change| change == EntryChange::Removed);
    listed("note or expiry changed", |change| change == EntryChange::Remarks);
    listed("note or expiry changed, and perhaps the value", |change| {
        change == EntryChange::Unclear
    });
    listed("other bytes, though nothing says it changed", |change| {
        change == EntryChange::Exchanged
    });
    if let Some(PullSecret { registry, server }) = &file.registry {
        lines.push(format!("for {} of type {}", style.name(server), style.name(registry.as_str())));
    }
    lines.extend(rotation(file));
    lines.extend(exposures(style, "known from now on to people who left", &file.begins));
    lines.extend(exposures(style, "no longer known to people who left", &file.ends));
    lines
}

/// Without a key nobody can say more of a rotation than what its entries claim.
fn rotation(file: &FileReview) -> Option<String> {
    let what = match file.data_key {
        KeyChange::Kept => return None,
        KeyChange::Rotated { from, to } => format!("new data key, epoch {from} to {to}"),
        KeyChange::Exchanged => "another data key in the same epoch".to_owned(),
        KeyChange::Fallen { from, to } => {
            format!("an older data key is back, epoch {from} to {to}")
        }
    };
    let count = |is: fn(EntryChange) -> bool| file.entries.values().filter(|c| is(**c)).count();
    let all = count(|change| !matches!(change, EntryChange::Added | EntryChange::Removed));
    let changed = count(|change| matches!(change, EntryChange::Value | EntryChange::Unclear));
    let which = match (all, changed) {
        (0, _) => return Some(what),
        (_, 0) => "none of them claims to have changed".to_owned(),
        (all, changed) if all == changed => "all of them claim to have changed".to_owned(),
        (_, 1) => "1 of them claims to have changed".to_owned(),
        (_, changed) => format!("{changed} of them claim to have changed"),
    };
    Some(format!("{what}: {} encrypted anew, {which}", values(all)))
}

fn exposures(style: Style, label: &str, exposures: &[Exposure]) -> Option<String> {
    if exposures.is_empty() {
        return None;
    }
    let listed = exposures.iter().take(SHOWN).map(|exposure| {
        format!("{} ({})", style.name(&exposure.key), style.names(exposure.seen_by.iter()))
    });
    let listed = listed.collect::<Vec<_>>().join(", ");
    let more = exposures.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("{label}: {listed}{more}"))
}

/// What became of the team file.
pub(super) fn team(style: Style, change: &TeamChange) -> String {
    match change {
        TeamChange::Began => "the team file is new".to_owned(),
        TeamChange::Ended => "the team file is gone, or cannot be read".to_owned(),
        TeamChange::Member(change) => member(style, change),
        TeamChange::Group { name, joined, left, fate } => {
            list(style, &format!("group {}", style.name(name)), joined, left, *fate)
        }
        TeamChange::Rule { pattern, joined, left, fate } => {
            list(style, &format!("rule {}", style.name(pattern)), joined, left, *fate)
        }
    }
}

fn member(style: Style, change: &ReaderChange) -> String {
    match change {
        ReaderChange::Gained { name, to } => {
            format!("{} is a new member with the key {}", style.name(name), key_of(style, to))
        }
        ReaderChange::Lost { name, .. } => format!("{} is no longer a member", style.name(name)),
        ReaderChange::Renamed { from, to } => renamed(style, from, to),
        ReaderChange::Rekeyed { name, new, .. } => {
            format!("{} has another key: {}", style.name(name), key_of(style, new))
        }
        ReaderChange::Exchanged { name } => style.name(name),
    }
}

fn list<T: Display>(
    style: Style,
    what: &str,
    joined: &[T],
    left: &[T],
    fate: RecordFate,
) -> String {
    let mut parts = Vec::new();
    if !joined.is_empty() {
        parts.push(format!("with {}", style.names(joined.iter())));
    }
    if !left.is_empty() {
        parts.push(format!("without {}", style.names(left.iter())));
    }
    let fate = match fate {
        RecordFate::Added => "is new",
        RecordFate::Removed => "is gone",
        RecordFate::Changed => "is now",
    };
    format!("{what} {fate} {}", parts.join(" and ")).trim_end().to_owned()
}

/// What git is told to do with files now.
pub(super) fn treatment(style: Style, change: &TreatmentChange) -> String {
    let TreatmentChange { attribute, from, to, files } = change;
    let [attribute, from, to] = [attribute, from, to].map(|word| style.name(word));
    format!("{attribute} was {from} and is {to}, of {}", style.names(files.iter()))
}

/// Who asks to join, and with which key.
pub(super) fn request(style: Style, request: &Request) -> String {
    format!(
        "{} asks to join with the key {}",
        style.name(&request.name),
        key_of(style, &request.to)
    )
}

pub(super) fn values(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_code_span() {
        let name = |text: &str| Style::Markdown.name(text);
        assert_eq!(name("web"), "`web`");
        assert_eq!(name("a|b"), "`a\\|b`");
        assert_eq!(name("`x` [l](http://e) <img> @all"), "`` `x` [l](http://e) <img> @all ``");
        assert_eq!(name("a```b"), "```` a```b ````");
        assert_eq!(name("a\n\n# b\u{202e}"), "`a\\n\\n# b\\u{202e}`");
        assert_eq!(Style::Plain.name("a\u{1b}[31m"), "a\\u{1b}[31m");
    }
}
