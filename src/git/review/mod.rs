//! What a change means, for someone without a key: who gains and loses access, which entries are
//! said to have changed, what people who left have seen, and who asks to join.

mod team;

use std::collections::{BTreeMap, BTreeSet};

pub use team::{RecordFate, TeamChange};

use super::source::Contents;
use super::survey::{Survey, Surveyed};
use super::treatment::TreatmentChange;
use crate::crypto::Recipient;
use crate::envelope::{Changes, EntryChange, Exposure, KeyChange, ReaderChange, Request, Seen};
use crate::model::{KeyName, MemberName, PullSecret};
use crate::store::FileRef;

/// Everything that differs between two states of a vault.
#[derive(Debug, Default)]
pub struct Review {
    /// Who can read values they could not, by name and key; files that are new are not counted.
    pub gains: Vec<Access>,
    /// Who no longer can, of files that are still there.
    pub losses: Vec<Access>,
    /// Who is called otherwise, with the same key.
    pub renamed: Vec<(MemberName, MemberName)>,
    /// Sets and pull secrets.
    pub files: Vec<FileReview>,
    /// The team file.
    pub team: Vec<TeamChange>,
    /// Who asks to join now, and did not.
    pub requests: Vec<Request>,
    /// What git is told to do with the files, where that is known of both moments.
    pub treatment: Vec<TreatmentChange>,
}

/// A key and what it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Whose.
    pub name: MemberName,
    /// The key.
    pub to: Recipient,
    /// What it opens, or did.
    pub files: Vec<Readable>,
}

/// A file that someone can read, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable {
    /// Which.
    pub file: FileRef,
    /// How many values are in it.
    pub values: usize,
    /// Where it stands, from the root of the repository.
    pub path: String,
    /// The line where it says so.
    pub line: usize,
}

/// One file.
#[derive(Debug)]
pub struct FileReview {
    /// Which.
    pub file: FileRef,
    /// Where it stands, from the root of the repository.
    pub path: String,
    /// The line of the first entry that is new or changed, or the first line.
    pub line: usize,
    /// What became of it.
    pub fate: Fate,
    /// What became of its entries; of a new file all are added, of one that is gone all removed.
    pub entries: BTreeMap<KeyName, EntryChange>,
    /// How many entries it has, or had.
    pub total: usize,
    /// Who reads it, or did.
    pub readers: Vec<MemberName>,
    /// The registry of a pull secret that is new, or whose registry is.
    pub registry: Option<PullSecret>,
    /// What became of its data key.
    pub data_key: KeyChange,
    /// Values that people who left know, and did not count as such before.
    pub begins: Vec<Exposure>,
    /// Values they no longer know.
    pub ends: Vec<Exposure>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has changed.
    Changed,
    /// It was called otherwise.
    Renamed(FileRef),
    /// Another file has taken its place.
    Replaced,
}

/// What changed from one state to another. What cannot be read in either is left out; that it
/// cannot be is for [`verify`](super::verify()) to say.
pub fn review(then: &Contents, now: &Contents, survey: &Survey) -> Review {
    let before = Survey::of(then, &mut Vec::new());
    let treatment = then.treatment.as_ref().zip(now.treatment.as_ref());
    let now = survey;
    let mut review = Review {
        team: team::changes(&before, now),
        treatment: treatment.map_or_else(Vec::new, |(old, new)| new.changes_since(old)),
        ..Review::default()
    };
    let mut known: BTreeSet<&FileRef> = BTreeSet::new();
    for (of, old) in &before.files {
        match now.successor(of, old) {
            Some(new) => {
                let file = new.sealed.file();
                known.extend(now.files.get_key_value(&file).map(|(of, _)| of));
                review.continued(of, old, file, new);
            }
            None if now.unread.contains_key(of) => {}
            None => review.files.push(one(of, old, Fate::Removed, EntryChange::Removed)),
        }
    }
    for (of, new) in &now.files {
        if !known.contains(of) && !before.unread.contains_key(of) {
            review.files.push(one(of, new, Fate::Added, EntryChange::Added));
        }
    }
    review.files.sort_by(|a, b| a.file.cmp(&b.file));
    for people in [&mut review.gains, &mut review.losses] {
        people.sort_by(|a, b| (&a.name, a.to.as_str()).cmp(&(&b.name, b.to.as_str())));
    }
    review.renamed.sort();
    review.renamed.dedup();
    let asks = |name: &MemberName, request: &Request| {
        before.requests.get(name).is_none_or(|(_, known)| known != request)
    };
    let requests = now.requests.iter().filter(|(name, (_, request))| asks(name, request));
    review.requests = requests.map(|(_, (_, request))| request.clone()).collect();
    review
}

/// A file that is new or gone as a whole.
fn one(of: &FileRef, file: &Surveyed, fate: Fate, change: EntryChange) -> FileReview {
    let sealed = &file.sealed;
    FileReview {
        file: of.clone(),
        path: file.path.clone(),
        line: 1,
        fate,
        entries: sealed.entries().keys().map(|key| (key.clone(), change)).collect(),
        total: sealed.entries().len(),
        readers: sealed.recipients().keys().cloned().collect(),
        registry: sealed.pull().cloned(),
        data_key: KeyChange::Kept,
        begins: Vec::new(),
        ends: Vec::new(),
    }
}

impl Review {
    /// Whether nothing differs that could be named.
    pub fn is_empty(&self) -> bool {
        let people = self.gains.is_empty() && self.losses.is_empty() && self.renamed.is_empty();
        people
            && self.files.is_empty()
            && self.team.is_empty()
            && self.requests.is_empty()
            && self.treatment.is_empty()
    }

    fn continued(&mut self, of: &FileRef, old: &Surveyed, file: FileRef, new: &Surveyed) {
        if old.sealed == new.sealed && *of == file {
            return;
        }
        let changes = new.sealed.changes_since(&old.sealed).unwrap_or_default();
        self.people(&changes.readers, &file, old, new);
        let replaced = new.sealed.generation().id != old.sealed.generation().id;
        let fate = match () {
            () if replaced => Fate::Replaced,
            () if *of != file => Fate::Renamed(of.clone()),
            () => Fate::Changed,
        };
        let (was, is) = (exposed(old), exposed(new));
        let Changes { entries, data_key, .. } = changes;
        let first = entries
            .iter()
            .find(|(_, change)| !matches!(change, EntryChange::Removed | EntryChange::Reencrypted));
        self.files.push(FileReview {
            path: new.path.clone(),
            line: first.map_or(1, |(key, _)| new.line_of(&format!("values.{key}"))),
            fate,
            entries,
            total: new.sealed.entries().len(),
            readers: new.sealed.recipients().keys().cloned().collect(),
            registry: new.sealed.pull().filter(|pull| old.sealed.pull() != Some(pull)).cloned(),
            data_key,
            begins: beyond(&is, &was),
            ends: beyond(&was, &is),
            file,
        });
    }

    fn people(&mut self, changes: &[ReaderChange], file: &FileRef, old: &Surveyed, new: &Surveyed) {
        let readable = |of: &Surveyed, name: &MemberName| Readable {
            file: file.clone(),
            values: of.sealed.entries().len(),
            path: new.path.clone(),
            line: new.line_of(&format!("recipients.{}", name.in_header())),
        };
        for change in changes {
            match change {
                ReaderChange::Gained { name, to } => {
                    note(&mut self.gains, name, to, readable(new, name));
                }
                ReaderChange::Lost { name, to } => {
                    note(&mut self.losses, name, to, readable(old, name));
                }
                ReaderChange::Rekeyed { name, old: before, new: now } => {
                    note(&mut self.gains, name, now, readable(new, name));
                    note(&mut self.losses, name, before, readable(old, name));
                }
                ReaderChange::Renamed { from, to } => {
                    self.renamed.push((from.clone(), to.clone()));
                }
                ReaderChange::Exchanged { .. } => {}
            }
        }
    }
}

fn note(people: &mut Vec<Access>, name: &MemberName, to: &Recipient, file: Readable) {
    match people.iter_mut().find(|access| access.name == *name && access.to == *to) {
        Some(access) => access.files.push(file),
        None => people.push(Access { name: name.clone(), to: to.clone(), files: vec![file] }),
    }
}

type Known = BTreeMap<KeyName, BTreeSet<MemberName>>;

fn exposed(file: &Surveyed) -> Known {
    let exposed = file.sealed.exposed(Seen::ByPersons, |_, _| true);
    exposed.into_iter().map(|exposure| (exposure.key, exposure.seen_by)).collect()
}

/// What is in the one and not in the other.
fn beyond(more: &Known, known: &Known) -> Vec<Exposure> {
    let nobody = BTreeSet::new();
    let beyond = more.iter().map(|(key, people)| {
        let others = known.get(key).unwrap_or(&nobody);
        let seen_by = people.difference(others).cloned().collect();
        Exposure { key: key.clone(), seen_by }
    });
    beyond.filter(|exposure| !exposure.seen_by.is_empty()).collect()
}
