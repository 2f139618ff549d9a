//! The two sides of a comparison: revisions, the index, or the work tree.

use std::collections::{BTreeMap, BTreeSet};

use vault::crypto::FileId;
use vault::git::{Item, Moment, Source, Unchecked};
use vault::model::Kind;
use vault::store::{AnySealed, FileRef, MAX_TEAM_BYTES, StoreError, Team, Vault};

use super::Args;
use crate::cli::report::Failure;

const TEAM: &str = "team.toml";

/// Both sides, and which files are meant.
pub(super) struct Sides {
    pub(super) old: Side,
    pub(super) new: Side,
    /// All of them, where none is named.
    named: BTreeSet<FileRef>,
}

/// What stands on one side.
pub(super) struct Side {
    files: BTreeMap<FileRef, Result<AnySealed, Failure>>,
    pub(super) team: Option<Result<Team, String>>,
}

/// A file that differs, with its versions; of one that was renamed, the new name.
pub(super) struct Pair {
    pub(super) title: String,
    pub(super) file: FileRef,
    pub(super) old: Option<Result<AnySealed, Failure>>,
    pub(super) new: Option<Result<AnySealed, Failure>>,
}

impl Sides {
    /// The sides that the command line means.
    pub(super) fn meant(vault: &Vault, args: &Args) -> Result<Self, Failure> {
        let source = Source::of(vault).map_err(Failure::from)?;
        let here = Side::of(&source, &Some(Moment::WorkTree))?;
        let mut named: BTreeSet<FileRef> = args.sets.iter().cloned().collect();
        let mut words = args.words.iter();
        let mut moments = None;
        if let Some(first) = args.words.first()
            && let Some(found) = revisions(&source, first, &here, args)?
        {
            moments = Some(found);
            words.next();
        }
        for word in words {
            named.insert(word.parse().map_err(|_| nothing_called(word))?);
        }
        let (old, new) = match moments {
            Some(moments) => moments,
            None => (commit(&source, "")?, None),
        };
        let old = Side::of(&source, &old)?;
        let new = match (new, args.staged) {
            (Some(_), true) => {
                return Err(Failure::usage("--staged compares one revision with the index"));
            }
            (Some(new), false) => Side::of(&source, &new)?,
            (None, true) => Side::of(&source, &Some(Moment::Staged))?,
            (None, false) => here,
        };
        let sides = Self { old, new, named };
        match sides.named.iter().find(|file| !sides.has(file)) {
            Some(file) => Err(sides.missing(file)),
            None => Ok(sides),
        }
    }

    fn has(&self, file: &FileRef) -> bool {
        self.old.has(file) || self.new.has(file)
    }

    fn missing(&self, file: &FileRef) -> Failure {
        let FileRef { kind, name } = file;
        let other = [Kind::Set, Kind::Pull].into_iter().find(|other| other != kind);
        let other = other.map(|kind| FileRef { kind, name: name.clone() });
        if other.is_some_and(|other| self.has(&other)) {
            let typed = |other: &str| format!("`vault diff {other}` means that one");
            let missing = StoreError::OtherKind { kind: *kind, name: name.clone() };
            return Failure::from(missing).or_other_kind(typed);
        }
        nothing_called(&super::set_name(file))
    }

    /// The files that differ, sorted. A file that was renamed keeps its id.
    pub(super) fn into_pairs(self) -> Vec<Pair> {
        let before = self.renamed();
        let Self { mut old, new, named } = self;
        let mut pairs = Vec::new();
        for (file, new) in new.files {
            let was = before.get(&file).cloned().unwrap_or_else(|| file.clone());
            let old = old.files.remove(&was);
            let title = match &old {
                None => format!("{file}: new"),
                Some(_) if was != file => format!("{file}: was {was}"),
                Some(_) => file.to_string(),
            };
            pairs.push((was, Pair { title, file, old, new: Some(new) }));
        }
        for (file, old) in old.files {
            let title = format!("{file}: deleted");
            pairs.push((file.clone(), Pair { title, file, old: Some(old), new: None }));
        }
        let meant = |was: &FileRef, pair: &Pair| {
            named.is_empty() || named.contains(was) || named.contains(&pair.file)
        };
        pairs.retain(|(was, pair)| meant(was, pair) && !pair.is_unchanged());
        pairs.sort_by(|(_, one), (_, other)| one.file.cmp(&other.file));
        pairs.into_iter().map(|(_, pair)| pair).collect()
    }

    /// What files were called that have another name now.
    fn renamed(&self) -> BTreeMap<FileRef, FileRef> {
        let only_in = |side: &Side, other: &Side| -> Vec<(FileId, FileRef)> {
            let files = side.files.iter().filter(|(file, _)| !other.has(file));
            let id = |(file, found): (&FileRef, &Result<AnySealed, Failure>)| {
                Some((found.as_ref().ok()?.generation().id, file.clone()))
            };
            files.filter_map(id).collect()
        };
        let gone = only_in(&self.old, &self.new);
        let came = only_in(&self.new, &self.old);
        let before = |id: FileId| gone.iter().find(|(other, _)| *other == id);
        came.into_iter().filter_map(|(id, file)| Some((file, before(id)?.1.clone()))).collect()
    }

    /// Whether the team is meant too.
    pub(super) fn with_team(&self) -> bool {
        self.named.is_empty()
    }
}

/// A moment, or before the first commit.
type When = Option<Moment>;

impl Side {
    fn of(source: &Source, when: &When) -> Result<Self, Failure> {
        let mut side = Self { files: BTreeMap::new(), team: None };
        let Some(moment) = when else { return Ok(side) };
        let contents = source.contents(moment)?;
        for (path, item) in contents.files {
            if path == TEAM {
                side.team = Some(match item {
                    Item::File(bytes) if bytes.len() <= MAX_TEAM_BYTES => {
                        Team::parse(&bytes).map_err(|why| why.to_string())
                    }
                    _ => Err("it is no file, too long, or not merged yet".to_owned()),
                });
            } else if let Some(file) = file_at(&path) {
                let broken = |why: &str| Failure::Said {
                    code: 4,
                    message: format!("{}{path}{}: {why}", contents.shown, in_words(moment)),
                    hint: None,
                };
                let sealed = match item {
                    Item::File(bytes) => {
                        AnySealed::parse(&file, &bytes).map_err(|why| broken(&why.to_string()))
                    }
                    Item::NotAFile => Err(broken("it is a link, a device or a repository")),
                    Item::TooLarge => Err(broken("it is larger than such a file may be")),
                    Item::Several => Err(broken("a tree has several entries of this name")),
                    Item::Unmerged => {
                        let why =
                            format!("{file} is not merged yet, so there is no one version of it");
                        Err(Failure::failed(why))
                    }
                };
                side.files.insert(file, sealed);
            }
        }
        Ok(side)
    }

    fn has(&self, file: &FileRef) -> bool {
        self.files.contains_key(file)
    }
}

impl Pair {
    fn is_unchanged(&self) -> bool {
        matches!((&self.old, &self.new), (Some(Ok(old)), Some(Ok(new))) if old == new)
    }
}

/// What the first word means as a revision: with what to compare, and what, if not the work tree.
/// `None` where it is a set.
fn revisions(
    source: &Source,
    word: &str,
    here: &Side,
    args: &Args,
) -> Result<Option<(When, Option<When>)>, Failure> {
    if let Some((from, to)) = word.split_once("...") {
        let (from, to) = (if from.is_empty() { "HEAD" } else { from }, commit(source, to)?);
        let base = match &to {
            Some(moment) => source.forks(from, moment)?.into_iter().next().map(Moment::Commit),
            None => None,
        };
        return Ok(Some((base, Some(to))));
    }
    if let Some((from, to)) = word.split_once("..") {
        return Ok(Some((commit(source, from)?, Some(commit(source, to)?))));
    }
    let is_set = word.parse::<FileRef>().is_ok_and(|file| here.has(&file));
    match (named(source, word)?, is_set) {
        (Some(_), true) if args.words.len() == 1 && args.sets.is_empty() => {
            let both = format!("{word} is both a set and a revision");
            let either = format!(
                "`vault diff -- {word}` for the set, `vault diff {word}~0` for the revision"
            );
            Err(Failure::usage(both).hint(either))
        }
        (Some(_), true) => Ok(None),
        (found, _) => Ok(found.map(|commit| (Some(commit), None))),
    }
}

/// The commit of a revision, which must be one; of nothing, the one that is checked out.
fn commit(source: &Source, revision: &str) -> Result<When, Failure> {
    match revision {
        "" => named(source, "HEAD"),
        name => named(source, name)?.map(Some).ok_or_else(|| nothing_called(name)),
    }
}

fn named(source: &Source, revision: &str) -> Result<When, Failure> {
    match source.commit_of(revision) {
        Ok(commit) => Ok(Some(Moment::Commit(commit))),
        Err(Unchecked::Revision(_)) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// `sets/web` of `sets/web.toml`.
fn file_at(path: &str) -> Option<FileRef> {
    let stem = path.strip_suffix(".toml")?;
    let known = [Kind::Set, Kind::Pull]
        .iter()
        .any(|kind| stem.strip_prefix(kind.folder()).is_some_and(|rest| rest.starts_with('/')));
    if known { stem.parse().ok() } else { None }
}

fn in_words(moment: &Moment) -> String {
    match moment {
        Moment::Commit(id) => format!(" at {}", id.get(..12).unwrap_or(id)),
        Moment::Staged => ", as it is staged".to_owned(),
        Moment::WorkTree => String::new(),
    }
}

/// What looks like more than a name may be a value in the wrong place.
fn nothing_called(word: &str) -> Failure {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._/-~^@{}".contains(c);
    let called = if word.chars().all(is_name) { word } else { "that" };
    Failure::failed(format!("no revision and no set is called {called}"))
        .hint("`vault list` shows the sets, `git log` the revisions")
}
