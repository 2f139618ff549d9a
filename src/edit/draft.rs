//! A set while a person edits it: values and remarks in clear, and what becomes of them when
//! somebody else changed the set meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use crate::envelope::{Change, Entry, EntryError, Opened, Outcome};
use crate::model::{Date, KeyName, Note, SecretSet, SecretValue};

/// The entries of a set, in clear.
#[derive(Debug, Default)]
pub struct Draft(pub(super) BTreeMap<KeyName, Item>);

/// One entry.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) value: SecretValue,
    pub(super) note: Option<Note>,
    pub(super) expires: Option<Date>,
}

/// Whose entry stands where two people changed the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// What the person in the editor wrote.
    Mine,
    /// What was written meanwhile.
    Theirs,
}

/// Two people's changes in one draft.
#[derive(Debug)]
pub struct Merged {
    /// The entries, each conflict decided as preferred.
    pub draft: Draft,
    /// Keys that both changed, each in another way.
    pub conflicts: Vec<KeyName>,
}

/// What a draft changed in a set, by key.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed keys.
    pub outcomes: Vec<(KeyName, Outcome)>,
    /// Keys that have another name now: old and new.
    pub renamed: Vec<(KeyName, KeyName)>,
    /// Keys that are gone.
    pub removed: Vec<KeyName>,
}

impl Draft {
    /// The entries of an opened set.
    pub fn of(opened: &Opened<SecretSet>) -> Self {
        let item = |entry: &Entry| Item {
            value: entry.value().duplicate(),
            note: entry.note().cloned(),
            expires: entry.expires(),
        };
        Self(opened.entries().map(|(key, entry)| (key.clone(), item(entry))).collect())
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &KeyName> {
        self.0.keys()
    }

    /// The value of a key.
    pub fn value(&self, key: &KeyName) -> Option<&SecretValue> {
        self.0.get(key).map(|item| &item.value)
    }

    /// The same entries again.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.iter().map(|(key, item)| (key.clone(), item.duplicate())).collect())
    }

    /// The same with another value of `key`, whose note and expiry stay.
    #[must_use]
    pub fn with(&self, key: &KeyName, value: SecretValue) -> Self {
        let Self(mut items) = self.duplicate();
        let (note, expires) =
            items.remove(key).map_or((None, None), |item| (item.note, item.expires));
        items.insert(key.clone(), Item { value, note, expires });
        Self(items)
    }

    /// Whether both hold the same entries.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().all(|(key, item)| same(Some(item), other.0.get(key)))
    }

    /// What `mine` and `theirs` made of `base`, together.
    pub fn merge(base: &Self, mine: &Self, theirs: &Self, prefer: Prefer) -> Merged {
        let mut merged = Merged { draft: Self::default(), conflicts: Vec::new() };
        let keys: BTreeSet<&KeyName> =
            base.keys().chain(mine.keys()).chain(theirs.keys()).collect();
        for key in keys {
            let [base, mine, theirs] = [base, mine, theirs].map(|draft| draft.0.get(key));
            let item = merged_item(base, mine, theirs).unwrap_or_else(|| {
                merged.conflicts.push(key.clone());
                let preferred = if prefer == Prefer::Mine { mine } else { theirs };
                preferred.map(Item::duplicate)
            });
            if let Some(item) = item {
                merged.draft.0.insert(key.clone(), item);
            }
        }
        merged
    }

    /// Makes the set hold these entries and no other. An entry that is as it was keeps its bytes;
    /// one whose key alone changed keeps its history, since whoever saw the value has seen it.
    ///
    /// # Errors
    /// [`EntryError::Exhausted`].
    pub fn apply(&self, opened: &mut Opened<SecretSet>) -> Result<Changes, EntryError> {
        let gone: Vec<KeyName> = opened
            .entries()
            .map(|(key, _)| key)
            .filter(|k| self.value(k).is_none())
            .cloned()
            .collect();
        let mut changes = Changes::default();
        for key in gone {
            if let Some(new) = self.new_name(&key, opened) {
                opened.rename_entry(&key, new.clone())?;
                changes.renamed.push((key, new));
            } else {
                opened.unset(&key)?;
                changes.removed.push(key);
            }
        }
        for (key, item) in &self.0 {
            let valued = opened.set(key, item.value.duplicate())?;
            let remarked =
                opened.annotate(key, to(item.note.as_ref()), to(item.expires.as_ref()))?;
            match (valued, remarked) {
                (Outcome::Unchanged, Outcome::Unchanged) => {}
                (Outcome::Unchanged, other) | (other, _) => {
                    changes.outcomes.push((key.clone(), other));
                }
            }
        }
        Ok(changes)
    }

    /// The new key, alone in having it, of the value that `key` had.
    fn new_name(&self, key: &KeyName, opened: &Opened<SecretSet>) -> Option<KeyName> {
        let value = opened.get(key)?.value();
        let is_new = |(new, item): &(&KeyName, &Item)| {
            opened.get(new).is_none() && item.value.same_as(value)
        };
        let mut found = self.0.iter().filter(is_new).map(|(new, _)| new.clone());
        found.next().filter(|_| found.next().is_none() && !value.is_empty())
    }
}

impl Changes {
    /// How many entries are not as they were.
    pub fn len(&self) -> usize {
        self.outcomes.len() + self.renamed.len() + self.removed.len()
    }

    /// Whether every entry is as it was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Item {
    fn duplicate(&self) -> Self {
        let (note, expires) = (self.note.clone(), self.expires);
        Self { value: self.value.duplicate(), note, expires }
    }
}

fn same(a: Option<&Item>, b: Option<&Item>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.value.same_as(&b.value) && a.note == b.note && a.expires == b.expires
        }
        _ => false,
    }
}

/// The entry, or the lack of one, that both agree on; `None` where they do not.
#[expect(clippy::option_option, reason = "an entry that is gone is an agreement too")]
fn merged_item(
    base: Option<&Item>,
    mine: Option<&Item>,
    theirs: Option<&Item>,
) -> Option<Option<Item>> {
    if let Some(one) = pick(&base, mine, theirs, |a, b| same(*a, *b)) {
        return Some(one.map(Item::duplicate));
    }
    let (base, mine, theirs) = (base?, mine?, theirs?);
    let value = pick(&&base.value, &mine.value, &theirs.value, |a, b| a.same_as(b))?;
    let note = pick(&&base.note, &mine.note, &theirs.note, |a, b| a == b)?;
    let expires = pick(&base.expires, mine.expires, theirs.expires, |a, b| a == b)?;
    Some(Some(Item { value: value.duplicate(), note: note.clone(), expires }))
}

/// What is left of one thing after two people had it: the change, if one of them made one.
fn pick<V>(base: &V, mine: V, theirs: V, same: impl Fn(&V, &V) -> bool) -> Option<V> {
    if same(&mine, base) {
        Some(theirs)
    } else if same(&theirs, base) || same(&mine, &theirs) {
        Some(mine)
    } else {
        None
    }
}

fn to<V: Clone>(remark: Option<&V>) -> Change<V> {
    remark.map_or(Change::Clear, |remark| Change::To(remark.clone()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `K=value` or `K=value#note`, separated by spaces.
    fn draft(text: &str) -> Draft {
        let item = |pair: &str| {
            let (key, rest) = pair.split_once('=').unwrap();
            let (value, note) = rest.split_once('#').map_or((rest, None), |(v, n)| (v, Some(n)));
            let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
            let note = note.map(|note| note.parse().unwrap());
            (key.parse().unwrap(), Item { value, note, expires: None })
        };
        Draft(text.split_whitespace().map(item).collect())
    }

    #[track_caller]
    fn merges(base: &str, mine: &str, theirs: &str, want: &str, conflicts: &[&str]) {
        let [base, mine, theirs, want] = [base, mine, theirs, want].map(draft);
        let merged = Draft::merge(&base, &mine, &theirs, Prefer::Mine);
        assert!(merged.draft.is_same_as(&want), "{:?}", merged.draft);
        let named: Vec<_> = merged.conflicts.iter().map(KeyName::as_str).collect();
        assert_eq!(named, conflicts);
    }

    #[test]
    fn changes_of_different_keys_and_of_different_parts_of_one_are_both_kept() {
        merges("A=1 B=1 C=1", "A=2 B=1 D=1", "A=1 B=2 C=1 E=1", "A=2 B=2 D=1 E=1", &[]);
        merges("A=1", "A=2", "A=1#theirs", "A=2#theirs", &[]);
        merges("A=1#n", "A=1#mine", "A=2#n", "A=2#mine", &[]);
        merges("A=1 B=1", "A=2", "A=2", "A=2", &[]);
        merges("", "A=1", "A=1", "A=1", &[]);
    }

    #[test]
    fn what_both_changed_otherwise_is_a_conflict() {
        merges("A=1", "A=2", "A=3", "A=2", &["A"]);
        merges("A=1", "", "A=3", "", &["A"]);
        merges("A=1", "A=2", "", "A=2", &["A"]);
        merges("", "A=1", "A=2", "A=1", &["A"]);
        merges("A=1", "A=2#mine", "A=1#theirs", "A=2#mine", &["A"]);
    }

    proptest! {
        #[test]
        fn a_merge_takes_the_one_change_and_treats_both_sides_alike(
            base in "([A-D]=[12](#[xy])? ){0,3}",
            mine in "([A-D]=[12](#[xy])? ){0,3}",
            theirs in "([A-D]=[12](#[xy])? ){0,3}",
        ) {
            let [base, mine, theirs] = [base, mine, theirs].map(|text| draft(&text));
            let merged = |base, mine, theirs| Draft::merge(base, mine, theirs, Prefer::Mine);
            prop_assert!(merged(&base, &base, &theirs).draft.is_same_as(&theirs));
            prop_assert!(merged(&base, &mine, &base).draft.is_same_as(&mine));
            let there = Draft::merge(&base, &mine, &theirs, Prefer::Mine);
            let back = Draft::merge(&base, &theirs, &mine, Prefer::Theirs);
            prop_assert!(there.draft.is_same_as(&back.draft));
            prop_assert_eq!(there.conflicts, back.conflicts);
        }
    }
}
