//! Bytes that cannot stand where they do. Every ciphertext and every wrap is random and bound to its
//! place, so that none stands twice, and none stays as it was while what it is bound to changes.

use std::collections::BTreeMap;

use super::{Finding, Rule};
use crate::git::survey::{Survey, Surveyed};

/// In one state: nothing was copied from entry to entry, or from file to file.
pub(super) fn within(survey: &Survey, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&[u8], (&Surveyed, String)> = BTreeMap::new();
    for file in survey.files.values() {
        let entries = file.sealed.entries().iter();
        let entries = entries.map(|(key, entry)| (&*entry.enc, format!("values.{key}")));
        let wraps = file
            .sealed
            .recipients()
            .iter()
            .map(|(name, record)| (&*record.wrap, format!("recipients.{}", name.in_header())));
        for (bytes, table) in entries.chain(wraps) {
            if let Some((other, place)) = seen.insert(bytes, (file, table.clone())) {
                let message = format!(
                    "[{table}] is a copy of [{place}] in {}, and was not made here",
                    other.path
                );
                findings.push(file.finding(&table, Rule::Forged, message));
            }
        }
    }
}

/// Against an earlier state of the file: whoever says that something changed has made it anew.
pub(super) fn between(old: &Surveyed, new: &Surveyed, findings: &mut Vec<Finding>) {
    let same_key = old.sealed.generation() == new.sealed.generation();
    let mut forged = |table: String| findings.push(says_otherwise(new, &table));
    let known: BTreeMap<&[u8], _> =
        old.sealed.entries().iter().map(|(key, entry)| (&*entry.enc, (key, entry))).collect();
    for (key, entry) in new.sealed.entries() {
        let differs = |before: &(_, _)| !same_key || *before != (key, entry);
        if known.get(&*entry.enc).is_some_and(differs) {
            forged(format!("values.{key}"));
        }
    }
    for (name, record) in new.sealed.recipients() {
        let mut before = old.sealed.recipients().iter();
        // A reader who was renamed keeps the wrap, and has another seal.
        if before.any(|(other, before)| {
            let same_wrap = before.wrap == record.wrap;
            let same_seal = before.seal == record.seal;
            let same = same_key && before.to == record.to;
            let same_name = other == name;
            // A seal is made of name, key and wrap: of the same it is the same.
            (same_wrap && !same)
                || (same_seal && !(same && same_wrap && same_name))
                || (same && same_wrap && same_name && !same_seal)
        }) {
            forged(format!("recipients.{}", name.in_header()));
        }
    }
    for (name, departure) in new.sealed.departed() {
        let table = format!("departed.{}", name.in_header());
        if same_key && old.sealed.departed().get(name) != Some(departure) {
            // Whoever leaves, or makes room for one who does, leaves a new data key behind.
            let message = format!(
                "[{table}] is not what it was, and no departure changes without a new data key"
            );
            findings.push(new.finding(&table, Rule::Forged, message));
            continue;
        }
        let mut known = old.sealed.departed().values();
        if !same_key && known.any(|before| before.seal == departure.seal) {
            findings.push(says_otherwise(new, &table));
        }
    }
}

fn says_otherwise(new: &Surveyed, table: &str) -> Finding {
    let message = format!("[{table}] says something else than before with the bytes it had");
    new.finding(table, Rule::Forged, message)
}
