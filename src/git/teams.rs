//! What commits did to a team, wherever its vault stood then.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use super::Git;
use super::authors::Added;
use super::history::literal;
use super::removals::{ANYWHERE, pairs};
use crate::crypto::FileId;
use crate::store::{Depth, FilePattern, NoHistory, Team};

/// What a commit did to the team, compared with one of its parents.
#[derive(Debug, Clone)]
pub struct TeamStep {
    commit: String,
    /// How many parents the commit has.
    parents: usize,
    /// As the parent has it; `None` where it has none that makes sense.
    before: Option<Team>,
    /// As the commit has it.
    after: Option<Team>,
}

impl TeamStep {
    /// The team before and after, where both make sense.
    pub fn both(&self) -> Option<(&Team, &Team)> {
        self.before.as_ref().zip(self.after.as_ref())
    }
}

impl Git {
    /// The commit that is checked out, by its name.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn commit_here(&self) -> Result<Option<String>, NoHistory> {
        if self.is_below_repository() { self.head() } else { Err(NoHistory::NoRepository) }
    }

    /// What the commits behind the one checked out did to the team of this vault, the newest first,
    /// but for those behind `seen`. Commits that are not there count for nothing.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn team_steps(&self, vault: FileId, seen: &[String]) -> Result<Vec<TeamStep>, NoHistory> {
        if self.commit_here()?.is_none() {
            return Ok(Vec::new());
        }
        let words = |words: &'static str| words.split_ascii_whitespace().map(OsString::from);
        let places = [OsString::from("--"), literal(Path::new("team.toml")), ANYWHERE.into()];
        let list = words(
            "--no-literal-pathspecs rev-list --full-history --parents --topo-order --ignore-missing \
             HEAD --not",
        );
        let list = list.chain(seen.iter().map(OsString::from)).chain(places.clone());
        let commits = self.run(list)?;
        let changes = words(
            "--no-literal-pathspecs diff-tree --stdin --root -m -r -z --raw --no-renames --no-abbrev \
             --no-ext-diff --no-textconv",
        );
        let changes = pairs(&self.feed(changes.chain(places), &commits)?);
        let objects: BTreeSet<&String> =
            changes.iter().flat_map(|pair| [&pair.old, &pair.new]).flatten().collect();
        let mut teams = BTreeMap::new();
        let objects: Vec<String> = objects.into_iter().cloned().collect();
        self.read_named(&objects, &mut |object, bytes| {
            if let Some(team) = Team::parse(bytes).ok().filter(|team| team.id() == vault) {
                teams.insert(object.to_owned(), team);
            }
        })?;
        let team = |object: &Option<String>| teams.get(object.as_ref()?).cloned();
        let parents = parents(&String::from_utf8_lossy(&commits));
        // The same vault may stand in several places; then it was moved or copied.
        let steps = changes.chunk_by(|one, other| one.step == other.step).filter_map(|step| {
            let commit = step.first()?.commit.clone();
            let before = step.iter().find_map(|pair| team(&pair.old));
            let after = step.iter().find_map(|pair| team(&pair.new));
            let parents = parents.get(&commit).copied().unwrap_or_default();
            Some(TeamStep { commit, parents, before, after })
        });
        Ok(steps.collect())
    }

    /// The rules that the team of this vault has ever had, as far as the commit that is checked out
    /// knows.
    ///
    /// # Errors
    /// [`NoHistory`]; [`NoHistory::Shallow`] where earlier commits may have had more.
    pub fn rules_ever(&self, vault: FileId) -> Result<BTreeSet<FilePattern>, NoHistory> {
        let steps = self.all_team_steps(vault)?;
        let teams = steps.iter().filter_map(|step| step.after.as_ref());
        Ok(teams.flat_map(|team| team.rules().keys().cloned()).collect())
    }

    fn all_team_steps(&self, vault: FileId) -> Result<Vec<TeamStep>, NoHistory> {
        let steps = self.team_steps(vault, &[])?;
        if self.depth()? == Depth::Shallow { Err(NoHistory::Shallow) } else { Ok(steps) }
    }

    /// The commit since which something holds of the team: there it does, and at none of its parents
    /// did. The last one, if that has come and gone.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn holds_since(
        &self,
        vault: FileId,
        holds: &dyn Fn(&Team) -> bool,
    ) -> Result<Added, NoHistory> {
        let steps = self.all_team_steps(vault)?;
        let by_commit = steps.chunk_by(|one, other| one.commit == other.commit);
        let mut since = by_commit.filter(|steps| {
            let holds = |team: &Option<Team>| team.as_ref().is_some_and(holds);
            let is_new = |step: &TeamStep| holds(&step.after) && !holds(&step.before);
            steps.iter().all(is_new) && steps.first().is_some_and(|one| one.parents == steps.len())
        });
        match since.next().and_then(|steps| steps.first()) {
            Some(step) => self.commit(&step.commit).map(Added::In),
            None => Ok(Added::NotCommitted),
        }
    }
}

/// How many parents each commit is compared with.
fn parents(list: &str) -> BTreeMap<String, usize> {
    let commits = list.lines().filter_map(|line| {
        let mut names = line.split(' ');
        Some((names.next()?.to_owned(), names.count().max(1)))
    });
    commits.collect()
}
