//! Merging entries: sealed ones by their bytes, opened ones by what they mean.

use std::collections::{BTreeMap, BTreeSet};

use super::{Choice, Decide, Pick, Side, Versions, three_way};
use crate::envelope::entries::Entry;
use crate::envelope::sealed::SealedEntry;
use crate::model::{KeyName, SecretValue};

type Entries<E> = BTreeMap<KeyName, E>;

/// The entries that were decided, and those that were not.
pub(super) struct Decided<E> {
    pub(super) entries: Entries<E>,
    pub(super) conflicts: BTreeMap<KeyName, Versions<E>>,
    /// Those that one side alone changed or added, and which.
    pub(super) changed: Vec<(KeyName, Side)>,
    /// Of those the ones whose side has gone back to an earlier version, as a revert does.
    pub(super) returned: Vec<KeyName>,
}

impl<E> Decided<E> {
    fn new() -> Self {
        let (entries, conflicts) = (BTreeMap::new(), BTreeMap::new());
        Self { entries, conflicts, changed: Vec::new(), returned: Vec::new() }
    }

    fn take(&mut self, key: KeyName, entry: Option<E>, from: Side) {
        if let Some(entry) = entry {
            self.changed.push((key.clone(), from));
            self.entries.insert(key, entry);
        }
    }
}

/// Entries under one data key: equal bytes are equal entries.
pub(super) fn merge_sealed_entries(
    base: &Entries<SealedEntry>,
    ours: &Entries<SealedEntry>,
    theirs: &Entries<SealedEntry>,
) -> Decided<SealedEntry> {
    let mut decided = Decided::new();
    for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let [before, our, their] = [base, ours, theirs].map(|entries| entries.get(key));
        let (our_entry, their_entry) = (our.cloned(), their.cloned());
        let is_earlier = |entry: Option<&SealedEntry>| {
            before.zip(entry).is_some_and(|(before, entry)| entry.rev <= before.rev)
        };
        match three_way(&before, &our, &their, |a, b| a == b) {
            Pick::Same => decided.entries.extend(our_entry.map(|entry| (key.clone(), entry))),
            Pick::From(side) => {
                let (entry, taken) = match side {
                    Side::Ours => (our, our_entry),
                    Side::Theirs => (their, their_entry),
                };
                if is_earlier(entry) {
                    decided.returned.push(key.clone());
                }
                decided.take(key.clone(), taken, side);
            }
            Pick::Conflict => {
                let versions = Versions { ours: our_entry, theirs: their_entry };
                decided.conflicts.insert(key.clone(), versions);
            }
        }
    }
    decided
}

/// Entries of different data keys, by value, note and expiry; `epoch` is that of the surviving one.
/// `None` where a counter is exhausted.
pub(super) fn merge_opened_entries(
    base: &Entries<Entry>,
    [mut ours, mut theirs]: [Entries<Entry>; 2],
    epoch: u32,
    decide: &mut impl Decide,
) -> Option<Decided<Entry>> {
    let mut decided = Decided::new();
    let keys: BTreeSet<KeyName> = ours.keys().chain(theirs.keys()).cloned().collect();
    for key in keys {
        let (our, their) = (ours.remove(&key), theirs.remove(&key));
        let before = base.get(&key);
        let pick = three_way(&before, &our.as_ref(), &their.as_ref(), |a, b| match (a, b) {
            (Some(a), Some(b)) => a.means_the_same_as(b),
            (a, b) => a.is_none() && b.is_none(),
        });
        match (pick, our, their) {
            (Pick::Same, Some(our), Some(their)) => {
                decided.entries.insert(key, our.united_with(their));
            }
            (Pick::Same, our, _) => decided.entries.extend(our.map(|entry| (key, entry))),
            (Pick::From(Side::Ours), our, _) => {
                decided.take_counted(key, our, before, Side::Ours)?;
            }
            (Pick::From(Side::Theirs), _, their) => {
                decided.take_counted(key, their, before, Side::Theirs)?;
            }
            (Pick::Conflict, our, their) => match mixed(before, our, their)? {
                Mixture::Of(mixed, side) => decided.take(key, Some(mixed), side),
                Mixture::Neither(our, their) => {
                    let choice = decide.entry(&key, [our.as_ref(), their.as_ref()]);
                    decided.settle(key, [our, their], choice, epoch)?;
                }
            },
        }
    }
    Some(decided)
}

/// As [`merge_opened_entries`], for credentials: half of each side's would be nobody's.
pub(super) fn merge_credentials(
    base: &Entries<Entry>,
    ours: Entries<Entry>,
    theirs: Entries<Entry>,
    decide: &mut impl Decide,
) -> Option<Decided<Entry>> {
    let same = |a: &Entries<Entry>, b: &Entries<Entry>| {
        a.len() == b.len()
            && a.iter().zip(b.iter()).all(|(a, b)| a.0 == b.0 && a.1.means_the_same_as(b.1))
    };
    let mut decided = Decided::new();
    match three_way(base, &ours, &theirs, same) {
        // Nothing is left to be chosen, so no epoch is needed for it.
        Pick::Same => return merge_opened_entries(base, [ours, theirs], 0, decide),
        Pick::From(side) => {
            for (key, entry) in if side == Side::Ours { ours } else { theirs } {
                let before = base.get(&key).filter(|before| !before.means_the_same_as(&entry));
                decided.take_counted(key, Some(entry), before, side)?;
            }
        }
        Pick::Conflict => {
            let side = decide.credentials([&ours, &theirs]);
            let (mut ours, mut theirs) = (ours, theirs);
            let keys: BTreeSet<KeyName> = ours.keys().chain(theirs.keys()).cloned().collect();
            for key in keys {
                let (our, their) = (ours.remove(&key), theirs.remove(&key));
                decided.settle(key, [our, their], side.map_or(Choice::Open, Choice::Take), 0)?;
            }
        }
    }
    Some(decided)
}

/// Both sides changed it: one the value and the other the note, say, can be had together.
fn mixed(before: Option<&Entry>, our: Option<Entry>, their: Option<Entry>) -> Option<Mixture> {
    match (before, our, their) {
        (Some(before), Some(our), Some(their)) => our.mixed_with(their, before),
        (_, our, their) => Some(Mixture::Neither(our, their)),
    }
}

impl Decided<Entry> {
    /// What one side alone has made of `before`. A side that has gone back to an earlier version
    /// counts on: a revision that falls is how an old value that somebody put back is told.
    fn take_counted(
        &mut self,
        key: KeyName,
        entry: Option<Entry>,
        before: Option<&Entry>,
        from: Side,
    ) -> Option<()> {
        let last = before.map_or(0, Entry::rev);
        let entry = match entry {
            Some(entry) if entry.rev() <= last => {
                self.returned.push(key.clone());
                let since = entry.since;
                Some(entry.counted(since, last.checked_add(1)?))
            }
            entry => entry,
        };
        self.take(key, entry, from);
        Some(())
    }

    /// Does what was chosen; what is left open stands in both versions, each as it must be written
    /// if it is chosen later.
    fn settle(
        &mut self,
        key: KeyName,
        [our, their]: [Option<Entry>; 2],
        choice: Choice,
        epoch: u32,
    ) -> Option<()> {
        let revs = our.iter().chain(&their).map(Entry::rev);
        let revision = revs.max().unwrap_or(0).checked_add(1)?;
        let counted = |entry: Option<Entry>| entry.map(|entry| entry.resolved_as(revision));
        match chosen_side(choice, [our.as_ref(), their.as_ref()]) {
            Choice::Take(Side::Ours) => self.take(key, counted(our), Side::Ours),
            Choice::Take(Side::Theirs) => self.take(key, counted(their), Side::Theirs),
            Choice::Value(value) => {
                let entry = our.or(their).map(|entry| entry.typed_anew(value, epoch, revision));
                self.entries.extend(entry.map(|entry| (key, entry)));
            }
            Choice::Remove => {}
            Choice::Open => {
                let versions = Versions { ours: counted(our), theirs: counted(their) };
                self.conflicts.insert(key, versions);
            }
        }
        Some(())
    }
}

/// A value that a side has already is that side's: whoever saw it there has seen it.
fn chosen_side(choice: Choice, [our, their]: [Option<&Entry>; 2]) -> Choice {
    let Choice::Value(value) = choice else { return choice };
    let has = |entry: Option<&Entry>| entry.is_some_and(|entry| entry.value.same_as(&value));
    match () {
        () if has(our) => Choice::Take(Side::Ours),
        () if has(their) => Choice::Take(Side::Theirs),
        () => Choice::Value(value),
    }
}

/// What two changes of one entry come to.
enum Mixture {
    /// Each side changed something else of it; with the side whose value it has.
    Of(Entry, Side),
    /// Both changed the same, or one removed it.
    Neither(Option<Entry>, Option<Entry>),
}

impl Entry {
    fn means_the_same_as(&self, other: &Self) -> bool {
        self.value.same_as(&other.value)
            && (&self.note, self.expires) == (&other.note, other.expires)
    }

    /// Two entries that mean the same: the smaller `since`, the larger `rev`.
    fn united_with(self, other: Self) -> Self {
        let (since, rev) = (self.since.min(other.since), self.rev.max(other.rev));
        let fits = |entry: &Self| (entry.since, entry.rev) == (since, rev);
        // The surviving key's bytes, if one of them has them.
        let (first, second) = if other.keeps_bytes() { (other, self) } else { (self, other) };
        if fits(&first) {
            return first;
        }
        if fits(&second) {
            return second;
        }
        first.counted(since, rev)
    }

    /// What each side changed of `before`. `None` when the revisions are exhausted.
    fn mixed_with(self, other: Self, before: &Self) -> Option<Mixture> {
        let rev = self.rev.max(other.rev).checked_add(1)?;
        let value = three_way(&before.value, &self.value, &other.value, SecretValue::same_as);
        let note = three_way(&before.note, &self.note, &other.note, |a, b| a == b);
        let expires = three_way(&before.expires, &self.expires, &other.expires, |a, b| a == b);
        if [value, note, expires].contains(&Pick::Conflict) {
            return Some(Mixture::Neither(Some(self), Some(other)));
        }
        let since = match value {
            Pick::Same => self.since.min(other.since),
            Pick::From(Side::Theirs) => other.since,
            Pick::From(Side::Ours) | Pick::Conflict => self.since,
        };
        let note = chosen(note, self.note.clone(), other.note.clone());
        let expires = chosen(expires, self.expires, other.expires);
        let side = chosen(value, Side::Ours, Side::Theirs);
        let mut mixed = chosen(value, self, other).counted(since, rev);
        (mixed.note, mixed.expires) = (note, expires);
        Some(Mixture::Of(mixed, side))
    }

    /// With a value that neither side has.
    fn typed_anew(self, value: SecretValue, epoch: u32, rev: u32) -> Self {
        let mut entry = self.counted(epoch, rev);
        entry.value = value;
        entry
    }

    /// As a resolved conflict has it: its own `since`, and a revision above both.
    fn resolved_as(self, rev: u32) -> Self {
        let since = self.since;
        self.counted(since, rev)
    }
}

fn chosen<V>(pick: Pick, ours: V, theirs: V) -> V {
    if pick == Pick::From(Side::Theirs) { theirs } else { ours }
}
