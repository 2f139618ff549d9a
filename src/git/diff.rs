//! What changed between two versions of a file, by value where both were opened, and otherwise as
//! the counters say.

use std::collections::BTreeMap;

use super::view::View;
use crate::envelope::{Changes, EntryChange, SealedEntry};
use crate::model::KeyName;

/// Two versions of a file, one of which may not be, and what differs.
#[derive(Debug)]
pub struct FileDiff<'v> {
    /// The earlier one.
    pub old: Option<&'v View>,
    /// The later one.
    pub new: Option<&'v View>,
    /// What shows without a key. Of a file that is new or gone, nothing.
    pub plain: Changes,
    /// The entries that differ.
    pub entries: BTreeMap<&'v KeyName, EntryDiff<'v>>,
}

/// What became of an entry.
#[derive(Debug)]
pub struct EntryDiff<'v> {
    /// The earlier one.
    pub old: Option<&'v SealedEntry>,
    /// The later one.
    pub new: Option<&'v SealedEntry>,
    /// In a word.
    pub became: Became,
    /// How that is known.
    pub by: Evidence,
}

/// What became of an entry, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is new.
    Added,
    /// Its value is another.
    Changed,
    /// It is gone.
    Removed,
    /// The same value and remarks, under another data key.
    Reencrypted,
    /// Its note or expiry is another, its value is not.
    Note,
}

/// How a change is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// By the values.
    Values,
    /// By what stands in clear beside them, which a holder of the key wrote.
    Claims,
    /// What stands in clear leaves it open whether the value is another.
    Unclear,
}

impl Became {
    /// The word that scripts know.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Reencrypted => "reencrypted",
            Self::Note => "note",
        }
    }
}

impl<'v> FileDiff<'v> {
    /// What differs. Versions of different kinds are different files, to be compared with nothing.
    pub fn between(old: Option<&'v View>, new: Option<&'v View>) -> Self {
        let plain = match (old, new) {
            (Some(old), Some(new)) => new.sealed().changes_since(old.sealed()),
            _ => None,
        };
        let mut diff =
            Self { old, new, plain: plain.unwrap_or_default(), entries: BTreeMap::new() };
        let entries = |view: Option<&'v View>| view.map(|view| view.sealed().entries());
        let keys = [entries(old), entries(new)].into_iter().flatten().flat_map(BTreeMap::keys);
        for key in keys {
            let old = entries(old).and_then(|entries| entries.get(key));
            let new = entries(new).and_then(|entries| entries.get(key));
            if let Some((became, by)) = diff.entry(key, old, new) {
                diff.entries.insert(key, EntryDiff { old, new, became, by });
            }
        }
        diff
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.old.is_some() == self.new.is_some() && self.plain.is_empty()
    }

    /// Whether a value of this entry is known.
    pub fn knows(&self, key: &KeyName) -> bool {
        [self.old, self.new].into_iter().flatten().any(|view| view.value(key).is_some())
    }

    /// How many entries became this.
    pub fn count(&self, became: Became, by: Evidence) -> usize {
        self.entries.values().filter(|entry| (entry.became, entry.by) == (became, by)).count()
    }

    fn entry(
        &self,
        key: &KeyName,
        old: Option<&SealedEntry>,
        new: Option<&SealedEntry>,
    ) -> Option<(Became, Evidence)> {
        let (before, after) = match (old, new) {
            (None, _) => return Some((Became::Added, Evidence::Values)),
            (_, None) => return Some((Became::Removed, Evidence::Values)),
            (Some(old), Some(new)) => (old, new),
        };
        let value = |view: Option<&'v View>| view.and_then(|view| view.value(key));
        if let (Some(old), Some(new)) = (value(self.old), value(self.new)) {
            let same_remarks = (&before.note, before.expires) == (&after.note, after.expires);
            return match (old.same_as(new), same_remarks) {
                (false, _) => Some((Became::Changed, Evidence::Values)),
                (true, false) => Some((Became::Note, Evidence::Values)),
                (true, true) if before == after => None,
                (true, true) => Some((Became::Reencrypted, Evidence::Values)),
            };
        }
        // The counters of another file say nothing about this one's.
        let change = *self.plain.entries.get(key)?;
        Some(match change {
            _ if self.plain.is_another_file() => (Became::Changed, Evidence::Unclear),
            EntryChange::Added => (Became::Added, Evidence::Claims),
            EntryChange::Removed => (Became::Removed, Evidence::Claims),
            EntryChange::Value => (Became::Changed, Evidence::Claims),
            EntryChange::Remarks => (Became::Note, Evidence::Claims),
            EntryChange::Reencrypted => (Became::Reencrypted, Evidence::Claims),
            EntryChange::Unclear | EntryChange::Exchanged => (Became::Changed, Evidence::Unclear),
        })
    }
}
