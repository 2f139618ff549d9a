//! Values in clear, because they were asked for: line by line where they differ, and the words that
//! differ stand out where there is colour.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};
use vault::git::{Became, EntryDiff, FileDiff, View};
use vault::model::{KeyName, SecretValue};
use zeroize::Zeroizing;

use super::page::{Page, Sign, Weight};
use super::render::{one, remarks, remarks_changed};

/// Unchanged lines that are shown before and after those that changed.
const AROUND: usize = 3;

/// For values that have nothing in common, which nobody compares word by word.
const PATIENCE: Duration = Duration::from_millis(500);

/// Adds an entry that differs.
pub(super) fn entry(page: &mut Page, key: &KeyName, diff: &FileDiff<'_>, entry: &EntryDiff<'_>) {
    let value = |view: Option<&View>| view.and_then(|view| view.value(key)).map(text);
    match (entry.became, value(diff.old), value(diff.new)) {
        (Became::Reencrypted, ..) => {}
        (Became::Note, ..) => {
            page.line(Sign::Changed, &format!("{key}{}", remarks_changed(entry)));
        }
        (_, Some(old), Some(new)) => {
            page.line(Sign::Changed, &format!("{key}{}", remarks_changed(entry)));
            changed(page, &old, &new);
        }
        (_, old, new) => {
            let sides = [
                (Sign::Removed, diff.old, entry.old, old),
                (Sign::Added, diff.new, entry.new, new),
            ];
            for (sign, view, entry, value) in sides {
                let (Some(view), Some(entry)) = (view, entry) else { continue };
                let beside = remarks(entry);
                if let Some(value) = value {
                    alone(page, sign, key, &value, &beside);
                } else {
                    let value = one(key, view, entry, None);
                    page.line(sign, &format!("{key} = {value}{beside}"));
                }
            }
        }
    }
}

/// A value as text. What is no text is shown with escapes.
fn text(value: &SecretValue) -> Zeroizing<String> {
    match std::str::from_utf8(value.expose()) {
        Ok(text) => Zeroizing::new(text.to_owned()),
        Err(_) => Zeroizing::new(value.expose().escape_ascii().to_string()),
    }
}

fn alone(page: &mut Page, sign: Sign, key: &KeyName, value: &str, beside: &str) {
    if is_one_line(value) {
        let start = format!("{key} = ");
        page.parts(sign, [start.as_str(), value, beside].map(|part| (Weight::Normal, part)));
        return;
    }
    page.line(sign, &format!("{key}{beside}"));
    for line in value.split_inclusive('\n') {
        page.parts(sign, [(Weight::Normal, "  "), (Weight::Normal, without_end(line, value))]);
    }
}

fn changed(page: &mut Page, old: &str, new: &str) {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    for (index, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            page.line(Sign::Told, "  …");
        }
        for line in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let (sign, whole) = match line.tag() {
                ChangeTag::Equal => (Sign::Told, new),
                ChangeTag::Delete => (Sign::Removed, old),
                ChangeTag::Insert => (Sign::Added, new),
            };
            let parts = line.values().iter().map(|(strong, part)| {
                let weight = if *strong { Weight::Strong } else { Weight::Normal };
                (weight, without_end(part, whole))
            });
            page.parts(sign, [(Weight::Normal, "  ")].into_iter().chain(parts));
        }
    }
    let ends = [old, new].map(|value| value.ends_with('\n'));
    if ends != [ends[0]; 2] && !is_one_line(new) {
        let text =
            if ends[0] { "without a line end at the end" } else { "with a line end at the end" };
        page.line(Sign::Changed, &format!("  now {text}"));
    }
}

fn is_one_line(value: &str) -> bool {
    !value.trim_end_matches('\n').contains('\n')
}

/// The line end that the page makes itself. In a value of one line it is worth seeing: it is rarely
/// meant.
fn without_end<'l>(line: &'l str, value: &str) -> &'l str {
    if is_one_line(value) { line } else { line.strip_suffix('\n').unwrap_or(line) }
}
