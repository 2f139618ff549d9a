//! The warning about secrets past their day.

use std::collections::BTreeMap;

use vault::envelope::Entry;
use vault::model::{KeyName, SetName};

use super::Global;
use super::keygen::today;
use super::report;

/// Warns once, however many sets there are, about those of `entries` whose day has passed. Nothing
/// fails for it.
pub(crate) fn warn<'a>(
    global: &Global,
    entries: impl IntoIterator<Item = (&'a SetName, &'a KeyName, &'a Entry)>,
) {
    let Some(today) = today() else { return };
    let mut expired = BTreeMap::<&str, Vec<&str>>::new();
    for (set, key, entry) in entries {
        if entry.expires().is_some_and(|day| day < today) {
            expired.entry(set.as_str()).or_default().push(key.as_str());
        }
    }
    let parts = expired.iter().map(|(set, keys)| format!("expired in {set}: {}", keys.join(", ")));
    let parts: Vec<_> = parts.collect();
    if !parts.is_empty() {
        report::warn(global, &parts.join("; "));
    }
}
