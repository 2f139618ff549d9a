//! Which keys a team file has lost, whoever has brought them back since.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use super::Git;
use super::changes::{ANYWHERE, Pair, versions};
use super::history::literal;
use crate::crypto::FileId;
use crate::store::{Depth, History, NoHistory, Team};

/// What the past says of the keys of a team.
#[derive(Debug, Default)]
pub struct Removals {
    /// Object names of commits, by the key that they took out; the newest first.
    commits: BTreeMap<String, Vec<String>>,
    /// Keys in the team file that is committed, if all of the past is here and makes sense.
    proven: BTreeSet<String>,
    /// Whether only the newest commits are here.
    is_cut_off: bool,
}

impl Removals {
    /// The commits that took a key out, the newest first.
    pub fn of(&self, key: &str) -> &[String] {
        self.commits.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether a key has been in the team ever since it came.
    pub fn has_stayed(&self, key: &str) -> bool {
        self.proven.contains(key) && self.of(key).is_empty()
    }

    /// Whether earlier commits are missing here, so that they may tell of more.
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    fn took(&mut self, key: &str, commit: &str) {
        let commits = self.commits.entry(key.to_owned()).or_default();
        if !commits.iter().any(|known| known == commit) {
            commits.push(commit.to_owned());
        }
    }
}

impl Git {
    /// What the commits behind the one checked out did to the keys of the team file at `path`, and
    /// to those of the same vault where it stood before. Versions that are no team files tell
    /// nothing, and leave nothing proven.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn removals(&self, path: &Path, vault: FileId) -> Result<Removals, NoHistory> {
        let mut removals = Removals::default();
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        if self.head()?.is_none() {
            return Ok(removals);
        }
        let changes = |from: &[String], place: OsString| {
            let from = from.iter().map(OsString::from).chain(["--".into(), place.clone()]);
            self.changes(from, &[place]).map(|changes| changes.pairs)
        };
        let here = changes(&["HEAD".to_owned()], literal(path))?;
        // Where it came to this place, it may have come from another.
        let births: BTreeSet<String> =
            here.iter().filter(|pair| pair.old.is_none()).map(|pair| pair.commit.clone()).collect();
        let births: Vec<String> = births.into_iter().collect();
        let before = match births.as_slice() {
            [] => Vec::new(),
            births => changes(births, ANYWHERE.into())?,
        };
        let teams = self.teams(here.iter().chain(&before))?;
        let mut makes_sense = teams.values().all(Option::is_some);
        let nothing = BTreeSet::new();
        let keys_of = |object: &Option<String>| match object {
            None => Some(&nothing),
            Some(object) => Some(&teams.get(object)?.as_ref()?.keys),
        };
        for Pair { commit, old, new, .. } in &here {
            let (Some(old), Some(new)) = (keys_of(old), keys_of(new)) else { continue };
            old.difference(new).for_each(|key| removals.took(key, commit));
        }
        let of_vault = |object: &Option<String>| {
            let team = teams.get(object.as_ref()?)?.as_ref()?;
            (team.id == vault).then_some(&team.keys)
        };
        for step in before.chunk_by(|one, other| one.step == other.step) {
            let old: BTreeSet<&String> =
                step.iter().filter_map(|pair| of_vault(&pair.old)).flatten().collect();
            let mut after = step.iter().filter_map(|pair| of_vault(&pair.new)).peekable();
            // Taken away as a whole, it may be put elsewhere by a later commit: who knows with whom.
            if after.peek().is_none() {
                makes_sense &= old.is_empty();
                continue;
            }
            let new: BTreeSet<&String> = after.flatten().collect();
            let commit = step.iter().map(|pair| &pair.commit);
            commit.take(1).for_each(|commit| {
                old.difference(&new).for_each(|key| removals.took(key, commit));
            });
        }
        removals.is_cut_off = self.depth()? == Depth::Shallow;
        if makes_sense && !removals.is_cut_off {
            let head = self.at_head(path)?.and_then(|bytes| Team::parse(&bytes).ok());
            removals.proven = head.iter().flat_map(keys).collect();
        }
        Ok(removals)
    }

    /// The teams in these versions; `None` where one is no team.
    fn teams<'p>(
        &self,
        pairs: impl Iterator<Item = &'p Pair>,
    ) -> Result<BTreeMap<String, Option<Keys>>, NoHistory> {
        let objects = versions(pairs);
        let mut teams: BTreeMap<String, Option<Keys>> =
            objects.iter().map(|object| (object.clone(), None)).collect();
        self.read_named(&objects, &mut |object, bytes| {
            let team = Team::parse(bytes).ok();
            let team = team.map(|team| Keys { id: team.id(), keys: keys(&team).collect() });
            teams.insert(object.to_owned(), team);
        })?;
        Ok(teams)
    }
}

/// A team by its keys.
struct Keys {
    id: FileId,
    keys: BTreeSet<String>,
}

fn keys(team: &Team) -> impl Iterator<Item = String> {
    team.members().values().map(|to| to.as_str().to_owned())
}
