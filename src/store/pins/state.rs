//! What is remembered of one work tree, and how it changes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::grants::{Difference, Grants};
use crate::crypto::{Commitment, FileId, LinkKey, Recipient};
use crate::envelope::Generation;
use crate::model::{Kind, MemberName, SetName};
use crate::store::departures::Trace;

/// Most data keys that are remembered of one file. Older ones are forgotten, so that the state
/// stays small however often a file is rotated.
const MAX_KNOWN: usize = 64;

/// Most commits that are remembered, none of them behind another: the newest of each branch that
/// somebody works on.
const MAX_COMMITS: usize = 32;

/// A file by its place.
pub(super) type Place = (Kind, SetName);

/// What is remembered of one work tree.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The vault's id; `None` before the first contact.
    pub(super) vault: Option<FileId>,
    /// Keys that were approved, by their names in the team.
    pub(super) members: BTreeMap<MemberName, (Recipient, Held)>,
    /// By what it was known that a key had left when it was approved, up to which epoch.
    pub(super) answered: BTreeMap<(String, Trace), u32>,
    /// The groups and rules that are accepted; `None` before the first contact.
    pub(super) grants: Option<Grants>,
    /// The commits up to which it is known what was done to the team, the newest last.
    pub(super) commits: Vec<String>,
    /// Which file stands where.
    pub(super) places: BTreeMap<Place, FileId>,
    /// The data keys that were seen, by file.
    pub(super) files: BTreeMap<FileId, Ages>,
}

/// What an approval is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Data keys may be wrapped for the key.
    Approved,
    /// No longer: it was seen to be gone.
    Former,
}

/// The data keys of a file that were seen.
#[derive(Debug, Clone)]
pub(super) struct Ages {
    /// Where proofs start.
    pub(super) newest: Newest,
    /// All of them, the newest too, by rising epoch.
    pub(super) known: Vec<(u32, Commitment)>,
}

/// The newest data key, and what it can vouch with. Of older ones nothing that vouches is kept:
/// people removed since know those too.
#[derive(Debug, Clone)]
pub(super) struct Newest {
    pub(super) epoch: u32,
    pub(super) commitment: Commitment,
    pub(super) key: LinkKey,
}

/// A file that was looked at, and what its data key leaves behind.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) generation: Generation,
    pub(super) key: LinkKey,
}

/// One thing learned. Replayed over what another process may have written meanwhile, so that none
/// loses what the other saw.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// The vault's id.
    Vault(FileId),
    /// What another place of the same vault has seen.
    Inherited(Box<State>),
    /// A member's key was approved.
    Approve(MemberName, Recipient),
    /// A member's key is in the team no longer.
    Lapse(MemberName, Recipient),
    /// That a key has left, up to this epoch, is no news.
    Answered(Recipient, Trace, u32),
    /// Other groups and rules are accepted than before.
    Rules(Box<Difference>),
    /// It is known what the commits up to this one did to the team; the others are behind it.
    At(String, Vec<String>),
    /// A file was read and is as it should be.
    Saw(Seen),
    /// This machine made a file where none was.
    Created(Seen),
    /// A data key that this machine gave a file, or that its user trusts on an older branch.
    Added(Seen),
    /// The user said that this is the file.
    Trusted(Seen),
}

impl State {
    /// Learns it; says whether that was new.
    pub(super) fn apply(&mut self, change: &Change) -> bool {
        match change {
            Change::Vault(id) => self.vault.replace(*id) != Some(*id),
            Change::Inherited(other) => self.inherit(other),
            Change::Approve(name, key) => self.approve(name, key),
            Change::Lapse(name, key) => self.lapse(name, key),
            Change::Answered(key, trace, until) => self.answer(key, trace, *until),
            Change::Rules(difference) => {
                let before = self.grants.clone();
                self.grants.get_or_insert_default().change(difference);
                self.grants != before
            }
            Change::At(commit, behind) => {
                self.commits.retain(|known| !behind.contains(known));
                self.at(commit)
            }
            Change::Saw(seen) => self.saw(seen),
            Change::Created(seen) => {
                let placed = self.place(seen);
                self.add(seen) || placed
            }
            Change::Added(seen) => self.add(seen),
            Change::Trusted(seen) => {
                let placed = self.place(seen);
                self.renew(seen) || placed
            }
        }
    }

    /// Where two places differ, the first one that was inherited counts; but who has left one of
    /// them has left, and the newest data key of a file is the newest anywhere.
    fn inherit(&mut self, other: &Self) -> bool {
        self.vault = self.vault.or(other.vault);
        for (name, (key, held)) in &other.members {
            let known = self.members.entry(name.clone()).or_insert((key.clone(), *held));
            if known.0 == *key && *held == Held::Former {
                known.1 = Held::Former;
            }
        }
        for ((key, trace), until) in &other.answered {
            let known = self.answered.entry((key.clone(), trace.clone())).or_default();
            *known = (*known).max(*until);
        }
        match (&mut self.grants, &other.grants) {
            (Some(known), Some(other)) => *known = known.agreed_with(other),
            (known @ None, other) => known.clone_from(other),
            (Some(_), None) => {}
        }
        for commit in &other.commits {
            self.at(commit);
        }
        for (place, id) in &other.places {
            self.places.entry(place.clone()).or_insert(*id);
        }
        for (id, ages) in &other.files {
            let known = self.files.entry(*id).or_insert_with(|| ages.clone());
            if ages.newest.epoch > known.newest.epoch {
                known.newest = ages.newest.clone();
            }
            for (epoch, commitment) in &ages.known {
                known.remember(*epoch, *commitment);
            }
        }
        true
    }

    /// What was accepted for the key under other names goes on so under this one.
    fn approve(&mut self, name: &MemberName, key: &Recipient) -> bool {
        let is_other =
            |(old, (known, _)): (&MemberName, &(Recipient, _))| known == key && old != name;
        if let Some(grants) = &mut self.grants
            && self.members.iter().any(is_other)
        {
            let now = |known: &Recipient, old: &MemberName| {
                if known == key { name.clone() } else { old.clone() }
            };
            let names = self.members.iter().map(|(old, (known, _))| (old.clone(), now(known, old)));
            *grants = grants.renamed(&names.collect());
        }
        let approved = (key.clone(), Held::Approved);
        self.members.insert(name.clone(), approved.clone()) != Some(approved)
    }

    fn lapse(&mut self, name: &MemberName, gone: &Recipient) -> bool {
        match self.members.get_mut(name) {
            Some((key, held)) if key == gone && *held == Held::Approved => {
                *held = Held::Former;
                true
            }
            _ => false,
        }
    }

    fn at(&mut self, commit: &str) -> bool {
        if self.commits.last().is_some_and(|last| last == commit) {
            return false;
        }
        self.commits.retain(|known| known != commit);
        self.commits.push(commit.to_owned());
        let old = self.commits.len().saturating_sub(MAX_COMMITS);
        self.commits.drain(..old);
        true
    }

    fn answer(&mut self, key: &Recipient, trace: &Trace, until: u32) -> bool {
        let place = (key.as_str().to_owned(), trace.clone());
        let known = self.answered.entry(place).or_default();
        let is_news = *known < until;
        *known = until.max(*known);
        is_news
    }

    fn saw(&mut self, seen: &Seen) -> bool {
        let placed = !self.places.contains_key(&seen.place) && self.place(seen);
        let newer =
            self.files.get(&seen.generation.id).is_none_or(|ages| ages.advances(seen.generation));
        (newer && self.renew(seen)) || placed
    }

    /// The newest data key stays the newest.
    fn add(&mut self, seen: &Seen) -> bool {
        let Generation { id, epoch, commitment } = seen.generation;
        match self.files.get_mut(&id) {
            Some(ages) if ages.newest.epoch > epoch => ages.remember(epoch, commitment),
            _ => self.renew(seen),
        }
    }

    fn place(&mut self, seen: &Seen) -> bool {
        let id = seen.generation.id;
        self.places.insert(seen.place.clone(), id) != Some(id)
    }

    fn renew(&mut self, seen: &Seen) -> bool {
        let Generation { id, epoch, commitment } = seen.generation;
        let newest = Newest { epoch, commitment, key: seen.key.clone() };
        let Some(ages) = self.files.get_mut(&id) else {
            self.files.insert(id, Ages { newest, known: vec![(epoch, commitment)] });
            return true;
        };
        let moved = (ages.newest.epoch, ages.newest.commitment) != (epoch, commitment);
        ages.newest = newest;
        ages.remember(epoch, commitment) || moved
    }
}

impl Ages {
    pub(super) fn knows(&self, generation: Generation) -> bool {
        self.known.contains(&(generation.epoch, generation.commitment))
    }

    pub(super) fn knows_epoch(&self, epoch: u32) -> bool {
        self.known.iter().any(|(known, _)| *known == epoch)
    }

    /// Whether proofs should start at this one from now on. Of one epoch only what is known already:
    /// another process may have seen another key of it meanwhile.
    fn advances(&self, generation: Generation) -> bool {
        let newest = (self.newest.epoch, self.newest.commitment);
        let is_other = newest != (generation.epoch, generation.commitment);
        match generation.epoch.cmp(&self.newest.epoch) {
            Ordering::Greater => true,
            Ordering::Equal => is_other && self.knows(generation),
            Ordering::Less => false,
        }
    }

    /// Adds a data key, and forgets the oldest where there are too many.
    pub(super) fn remember(&mut self, epoch: u32, commitment: Commitment) -> bool {
        if self.known.contains(&(epoch, commitment)) {
            return false;
        }
        self.known.push((epoch, commitment));
        self.known.sort_by_key(|(epoch, _)| *epoch);
        let newest = (self.newest.epoch, self.newest.commitment);
        if self.known.len() > MAX_KNOWN
            && let Some(oldest) = self.known.iter().position(|pair| *pair != newest)
        {
            self.known.remove(oldest);
        }
        true
    }
}
