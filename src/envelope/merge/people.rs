//! Who reads a merged file and who no longer does. Public keys are compared, not names: a person
//! who was renamed is the same person.

use std::collections::{BTreeMap, BTreeSet};

use super::{Admission, Decide, MergeNote, Pick, Side, three_way};
use crate::crypto::{Commitment, Recipient};
use crate::envelope::sealed::Sealed;
use crate::model::{Content, MemberName};

/// What is public about the people of one version.
#[derive(Debug, Default, Clone)]
pub(super) struct People {
    /// Epoch and commitment: which data key it has. `None` for the version that is not there.
    pub(super) key: Option<(u32, Commitment)>,
    readers: BTreeMap<String, (Recipient, MemberName)>,
    departed: BTreeMap<String, (Recipient, MemberName, u32)>,
}

/// Whose data key the merged file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survivor {
    /// That of all versions.
    Shared,
    /// That of the side that alone rotated.
    Side(Side),
    /// A new one: both rotated, and either key may be known to someone the other side removed.
    Fresh,
}

/// What the merged file says about people.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Who reads it.
    pub(super) readers: BTreeMap<MemberName, Recipient>,
    /// Who no longer does, and the last epoch they could read.
    pub(super) departed: Vec<(MemberName, Recipient, u32)>,
    /// Who wants to, but is vouched for by nobody at hand.
    pub(super) doubtful: BTreeMap<MemberName, [Option<Recipient>; 2]>,
    /// Whether somebody was kept out who can open a side's data key, so that neither may survive.
    pub(super) evicts: bool,
    pub(super) notes: Vec<MergeNote>,
}

impl People {
    pub(super) fn of<T: Content>(file: &Sealed<T>) -> Self {
        let reader = |(name, to): (&MemberName, &Recipient)| {
            (to.as_str().to_owned(), (to.clone(), name.clone()))
        };
        Self {
            key: Some((file.epoch, file.commitment)),
            readers: file.recipients.iter().map(|(name, r)| reader((name, &r.to))).collect(),
            departed: file
                .departed
                .iter()
                .map(|(name, d)| (d.to.as_str().to_owned(), (d.to.clone(), name.clone(), d.until)))
                .collect(),
        }
    }

    fn epoch(&self) -> u32 {
        self.key.map_or(0, |(epoch, _)| epoch)
    }
}

/// Decides about everybody, and asks `decide` where nothing else does.
pub(super) fn plan(
    base: &People,
    sides: [&People; 2],
    survivor: Survivor,
    decide: &mut impl Decide,
) -> Plan {
    let mut plan = Plan::default();
    let keys: BTreeSet<&String> =
        sides.iter().chain([&base]).flat_map(|people| people.readers.keys()).collect();
    let mut lost = Vec::new();
    for key in keys {
        match decision(base, sides, survivor, key) {
            Some(Decision::Reads(name, to, note)) => {
                plan.notes.extend(note);
                plan.admit(name, to, sides);
            }
            Some(Decision::Doubtful(name, to, side)) => {
                lost.push((key.clone(), name.clone()));
                *slot(plan.doubtful.entry(name).or_default(), side) = Some(to);
            }
            Some(Decision::Gone(name, note)) => {
                plan.notes.extend(note);
                lost.push((key.clone(), name));
            }
            None => {}
        }
    }
    plan.gather_names();
    plan.settle(decide, &mut lost);
    plan.departed = departures(base, sides, &plan, &lost);
    plan
}

fn slot<V>([ours, theirs]: &mut [V; 2], side: Side) -> &mut V {
    if side == Side::Ours { ours } else { theirs }
}

impl Plan {
    /// Two keys under one name are a question for a person.
    fn admit(&mut self, name: MemberName, to: Recipient, sides: [&People; 2]) {
        let Some(other) = self.readers.remove(&name) else {
            self.readers.insert(name, to);
            return;
        };
        let has = |people: &People, to: &Recipient| people.readers.contains_key(to.as_str());
        let [ours, theirs] = sides;
        let (first, second) =
            if has(ours, &other) && has(theirs, &to) { (other, to) } else { (to, other) };
        self.doubtful.insert(name, [Some(first), Some(second)]);
    }

    /// So is one of whom only one key is doubtful.
    fn gather_names(&mut self) {
        for (name, keys) in &mut self.doubtful {
            if let [free @ None, Some(_)] | [Some(_), free @ None] = keys {
                *free = self.readers.remove(name);
            }
        }
    }

    /// Asks about every doubtful name. A key that is not taken has left.
    fn settle(&mut self, decide: &mut impl Decide, lost: &mut Vec<(String, MemberName)>) {
        let mut open = BTreeMap::new();
        for (name, mut keys) in std::mem::take(&mut self.doubtful) {
            let [ours, theirs] = &keys;
            let taken = match decide.reader(&name, [ours.as_ref(), theirs.as_ref()]) {
                Admission::With(side) => slot(&mut keys, side).take(),
                Admission::Out => None,
                Admission::Open => {
                    open.insert(name, keys);
                    continue;
                }
            };
            for key in keys.into_iter().flatten() {
                let key = key.as_str().to_owned();
                if !lost.iter().any(|(other, _)| *other == key) {
                    self.evicts = true;
                    lost.push((key, name.clone()));
                }
            }
            if let Some(to) = taken {
                lost.retain(|(key, _)| key != to.as_str());
                self.readers.insert(name, to);
            }
        }
        self.doubtful = open;
    }

    fn reads(&self, key: &str) -> bool {
        self.readers.values().any(|to| to.as_str() == key)
    }
}

enum Decision {
    Reads(MemberName, Recipient, Option<MergeNote>),
    /// Only an older epoch vouches for them.
    Doubtful(MemberName, Recipient, Side),
    Gone(MemberName, Option<MergeNote>),
}

fn decision(base: &People, sides: [&People; 2], survivor: Survivor, key: &str) -> Option<Decision> {
    let before = base.readers.get(key);
    let [ours, theirs] = sides;
    Some(match (ours.readers.get(key), theirs.readers.get(key)) {
        (Some((to, ours)), Some((_, theirs))) => {
            let (name, note) = name_of(before.map(|(_, name)| name), ours, theirs);
            Decision::Reads(name, to.clone(), note)
        }
        (Some((to, name)), None) => match before {
            Some(_) => missing((name, to), base, theirs, survivor),
            None => added(name, to, Side::Ours, survivor),
        },
        (None, Some((to, name))) => match before {
            Some(_) => missing((name, to), base, ours, survivor),
            None => added(name, to, Side::Theirs, survivor),
        },
        (None, None) => {
            let (to, name) = before?;
            match survivor {
                Survivor::Shared => put_back(name, to),
                Survivor::Side(_) | Survivor::Fresh => Decision::Gone(name.clone(), None),
            }
        }
    })
}

/// A name only one side changed wins.
fn name_of(
    before: Option<&MemberName>,
    ours: &MemberName,
    theirs: &MemberName,
) -> (MemberName, Option<MergeNote>) {
    let before = before.unwrap_or(ours);
    match three_way(before, ours, theirs, |a, b| a == b) {
        Pick::From(Side::Theirs) => (theirs.clone(), None),
        Pick::Same | Pick::From(Side::Ours) => (ours.clone(), None),
        Pick::Conflict => (ours.clone(), Some(MergeNote::RenamedTwice(ours.clone()))),
    }
}

/// `without` lacks the record that both sides started with.
fn missing(
    (name, to): (&MemberName, &Recipient),
    base: &People,
    without: &People,
    survivor: Survivor,
) -> Decision {
    if without.key == base.key || survivor == Survivor::Shared {
        put_back(name, to)
    } else {
        Decision::Gone(name.clone(), Some(MergeNote::RemovalWins(name.clone())))
    }
}

/// Without a new data key nobody was removed, only a table.
fn put_back(name: &MemberName, to: &Recipient) -> Decision {
    Decision::Reads(name.clone(), to.clone(), Some(MergeNote::PutBack(name.clone())))
}

/// Only one side has the record. Its seal counts if it is of the surviving key: any holder of an
/// older one can have made it, those removed since included.
fn added(name: &MemberName, to: &Recipient, side: Side, survivor: Survivor) -> Decision {
    if survivor == Survivor::Shared || survivor == Survivor::Side(side) {
        Decision::Reads(name.clone(), to.clone(), None)
    } else {
        Decision::Doubtful(name.clone(), to.clone(), side)
    }
}

/// Everybody who once could read it and does not now, and everybody who came back. `until` never
/// falls, and is no lower than the epoch of any version that lists the key.
fn departures(
    base: &People,
    sides: [&People; 2],
    plan: &Plan,
    lost: &[(String, MemberName)],
) -> Vec<(MemberName, Recipient, u32)> {
    let [ours, theirs] = sides;
    let versions = [ours, theirs, base];
    let mut gone: BTreeMap<&str, (&MemberName, &Recipient)> = BTreeMap::new();
    for (key, name) in lost {
        let to = versions.iter().find_map(|people| people.readers.get(key));
        gone.extend(to.map(|(to, _)| (key.as_str(), (name, to))));
    }
    // The name of a tombstone is older than the one a reader left with.
    for people in versions.into_iter().rev() {
        gone.extend(people.departed.iter().map(|(key, (to, name, _))| (key.as_str(), (name, to))));
    }
    let until = |key: &str| {
        let tombstones = versions.iter().filter_map(|p| p.departed.get(key).map(|(.., n)| *n));
        let listed = versions.iter().filter(|p| !plan.reads(key) && p.readers.contains_key(key));
        tombstones.chain(listed.map(|people| people.epoch())).max()
    };
    let row = |(key, (name, to)): (&str, (&MemberName, &Recipient))| {
        Some((name.clone(), to.clone(), until(key)?))
    };
    gone.into_iter().filter_map(row).collect()
}
