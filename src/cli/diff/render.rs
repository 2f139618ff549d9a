//! What differs between two versions of a file, as lines. Values are masked, or revealed.

use std::fmt::Write as _;

use vault::crypto::{FileId, MaskKey};
use vault::envelope::{
    DepartureChange, Fall, IdentityChange, KeyChange, ReaderChange, SealedEntry,
};
use vault::git::{Became, Closed, EntryDiff, Evidence, FileDiff, View};
use vault::model::KeyName;

use super::page::{Page, Sign};
use super::reveal;

/// How values are shown.
#[derive(Clone, Copy)]
pub(crate) enum Values<'k> {
    /// As dots, with digits where there is a key for them.
    Masked(Option<&'k MaskKey>),
    /// In clear.
    Revealed,
}

/// Everything that differs, under a title.
pub(crate) fn file(page: &mut Page, title: &str, diff: &FileDiff<'_>, values: Values<'_>) {
    page.line(Sign::Title, title);
    what_it_is(page, diff);
    readers(page, diff);
    for (key, entry) in &diff.entries {
        match values {
            Values::Revealed if diff.knows(key) => reveal::entry(page, key, diff, entry),
            Values::Revealed => masked(page, key, diff, entry, None),
            Values::Masked(mask) => masked(page, key, diff, entry, mask),
        }
    }
    reencrypted(page, diff);
    for (key, fall) in &diff.plain.fallen {
        let (counter, from, to) = match fall {
            Fall::Since { from, to } => ("since", from, to),
            Fall::Rev { from, to } => ("rev", from, to),
        };
        let text = format!("{counter} of {key} fell from {from} to {to}: an older entry is back");
        page.line(Sign::Alarm, &text);
    }
}

/// Why a version was not opened, if that is worth a line.
fn obstacle(view: &View) -> (Sign, String) {
    match view.obstacle() {
        Some(Closed::Forged(why)) => (Sign::Alarm, format!("it does not open: {why}")),
        Some(Closed::NoIdentity) | None => {
            (Sign::Told, "no identity at hand opens it without a question".to_owned())
        }
    }
}

fn what_it_is(page: &mut Page, diff: &FileDiff<'_>) {
    let views = [diff.old, diff.new].into_iter().flatten();
    let closed: Vec<_> = views.filter(|view| view.obstacle().is_some()).collect();
    if let Some(view) = closed.last() {
        let (sign, why) = obstacle(view);
        let so = "; what changed is told by what stands in clear";
        page.line(sign, &format!("{why}{}", if diff.old.is_some() { so } else { "" }));
    }
    for change in &diff.plain.identity {
        let (sign, text) = match change {
            IdentityChange::Id => (Sign::Alarm, "not a later version of the file but another file"),
            IdentityChange::Name => continue,
            IdentityChange::Registry => (Sign::Changed, "another registry"),
            IdentityChange::Links => (Sign::Changed, "other links to earlier data keys"),
        };
        page.line(sign, text);
    }
    if let Some((sign, text)) = data_key(diff.plain.data_key) {
        page.line(sign, &text);
    }
}

/// What became of the data key, in words.
pub(crate) fn data_key(change: KeyChange) -> Option<(Sign, String)> {
    Some(match change {
        KeyChange::Kept => return None,
        KeyChange::Rotated { from, to } => {
            (Sign::Changed, format!("data key: epoch {from} -> {to}"))
        }
        KeyChange::Exchanged => {
            (Sign::Changed, "data key: another one of the same epoch".to_owned())
        }
        KeyChange::Fallen { from, to } => {
            (Sign::Alarm, format!("data key: epoch {from} -> {to}, an older one is back"))
        }
    })
}

fn readers(page: &mut Page, diff: &FileDiff<'_>) {
    let one_side = match (diff.old, diff.new) {
        (None, Some(view)) => Some((Sign::Added, view)),
        (Some(view), None) => Some((Sign::Removed, view)),
        _ => None,
    };
    if let Some((sign, view)) = one_side {
        for (name, record) in view.sealed().recipients() {
            page.line(sign, &format!("reader {name}  {}", record.to));
        }
    }
    for change in &diff.plain.readers {
        let (sign, text) = reader(change);
        page.line(sign, &text);
    }
    for change in &diff.plain.departures {
        let (sign, text) = match change {
            DepartureChange::Noted { name, until } | DepartureChange::Extended { name, until } => {
                (Sign::Told, format!("{name} could read until epoch {until}"))
            }
            DepartureChange::Renamed { from, to } => {
                (Sign::Told, format!("the departure of {from} is kept as {to}"))
            }
            DepartureChange::Dropped { name } => {
                (Sign::Alarm, format!("the departure of {name} is gone"))
            }
            DepartureChange::Fallen { name, from, to } => {
                (Sign::Alarm, format!("{name} could read until epoch {from}, and now it says {to}"))
            }
        };
        page.line(sign, &text);
    }
}

/// What became of a reader, in words.
pub(crate) fn reader(change: &ReaderChange) -> (Sign, String) {
    match change {
        ReaderChange::Gained { name, to } => (Sign::Added, format!("reader {name}  {to}")),
        ReaderChange::Lost { name, to } => (Sign::Removed, format!("reader {name}  {to}")),
        ReaderChange::Renamed { from, to } => {
            (Sign::Changed, format!("reader {from} is called {to}"))
        }
        ReaderChange::Rekeyed { name, old, new } => {
            (Sign::Changed, format!("reader {name}  {old} -> {new}"))
        }
        ReaderChange::Exchanged { name } => {
            (Sign::Changed, format!("reader {name}: another wrap of the same data key"))
        }
    }
}

fn masked(
    page: &mut Page,
    key: &KeyName,
    diff: &FileDiff<'_>,
    entry: &EntryDiff<'_>,
    mask: Option<&MaskKey>,
) {
    let shown = |view: Option<&View>, entry: Option<&SealedEntry>| {
        Some((one(key, view?, entry?, mask), remarks(entry?)))
    };
    let (sign, text) = match (shown(diff.old, entry.old), shown(diff.new, entry.new)) {
        _ if entry.became == Became::Reencrypted => return,
        (Some((value, remarks)), None) => (Sign::Removed, format!("{key} = {value}{remarks}")),
        (None, Some((value, remarks))) => (Sign::Added, format!("{key} = {value}{remarks}")),
        (Some((old, _)), Some((new, _))) => {
            let value = match (entry.became, entry.by) {
                (Became::Note, _) => String::new(),
                (_, Evidence::Unclear) => format!(" = {old} -> {new} (perhaps the same value)"),
                _ => format!(" = {old} -> {new}"),
            };
            (Sign::Changed, format!("{key}{value}{}", remarks_changed(entry)))
        }
        (None, None) => return,
    };
    page.line(sign, &text);
}

/// One value, masked: `••• 3f2a9c1d`, or what stands beside it where that cannot be.
pub(crate) fn one(
    key: &KeyName,
    view: &View,
    entry: &SealedEntry,
    mask: Option<&MaskKey>,
) -> String {
    let id: FileId = view.sealed().generation().id;
    match (mask, view.value(key)) {
        (Some(mask), Some(value)) => mask.mask(id, key, value).to_string(),
        _ => format!("••• (since {}, rev {})", entry.since, entry.rev),
    }
}

/// Expiry and note, where there are any, to be put after a value.
pub(crate) fn remarks(entry: &SealedEntry) -> String {
    let mut text = String::new();
    if let Some(day) = entry.expires {
        let _: std::fmt::Result = write!(text, "  expires {day}");
    }
    if let Some(note) = &entry.note {
        let _: std::fmt::Result = write!(text, "  # {note}");
    }
    text
}

/// What became of expiry and note.
pub(super) fn remarks_changed(entry: &EntryDiff<'_>) -> String {
    let (Some(old), Some(new)) = (entry.old, entry.new) else { return String::new() };
    let mut text = String::new();
    let mut tell = |what: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            let [old, new] = [old, new].map(|text| text.unwrap_or_else(|| "none".to_owned()));
            let _: std::fmt::Result = write!(text, "  {what} {old} -> {new}");
        }
    };
    let day = |entry: &SealedEntry| entry.expires.map(|day| day.to_string());
    let note = |entry: &SealedEntry| entry.note.as_ref().map(|note| format!("\"{note}\""));
    tell("expires", day(old), day(new));
    tell("note", note(old), note(new));
    text
}

fn reencrypted(page: &mut Page, diff: &FileDiff<'_>) {
    let all = |by| match diff.count(Became::Reencrypted, by) {
        0 => None,
        1 => Some("1 value".to_owned()),
        n => Some(format!("{n} values")),
    };
    if let Some(values) = all(Evidence::Values) {
        page.line(Sign::Told, &format!("{values} re-encrypted, plaintext unchanged"));
    }
    if let Some(values) = all(Evidence::Claims) {
        let text = format!("{values} re-encrypted, unchanged as since and rev say");
        page.line(Sign::Told, &text);
    }
}
