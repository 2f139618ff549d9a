//! Whether somebody who is not in the team has left it, or has only not come to this branch yet.

use std::collections::BTreeSet;
use std::path::Path;

use super::Git;
use crate::store::{Depth, History, NoHistory, Team};

/// Most local branches that are looked at, the newest first.
const MOST: &str = "--count=50";

impl Git {
    /// Whether a key that the team file at `path` does not have came to it on another branch: a local
    /// branch, which no fetch makes, has it, and either no commit behind the one checked out has
    /// ever had it there, so that the two have parted before it came, or the branch goes on from
    /// that commit, so that it came (back) later.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn came_on_another_branch(&self, path: &Path, key: &str) -> Result<bool, NoHistory> {
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        // What is no team may have been one that lost the key.
        let has_key = |bytes: &[u8]| -> Option<bool> {
            let team = Team::parse(bytes).ok()?;
            Some(team.members().values().any(|to| to.as_str() == key))
        };
        let mut never_here = true;
        let depth =
            self.versions(path, &mut |bytes| never_here &= has_key(bytes) == Some(false))?;
        let at_head = self.at_head(path)?;
        // Which of the two it is, only commits tell, and not what the work tree has lost.
        if depth == Depth::Shallow || at_head.is_some_and(|team| has_key(&team) != Some(false)) {
            return Ok(false);
        }
        let related = if never_here { "--all" } else { "--is-ancestor" };
        for tip in self.tips()? {
            let there = self.at_commit(&tip, path)?.and_then(|team| has_key(&team));
            if there == Some(true)
                && self.output(["merge-base", related, "HEAD", &tip])?.status.success()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The team file at `path` as the local branches have it, of those that have one.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn teams_of_branches(&self, path: &Path) -> Result<Vec<Team>, NoHistory> {
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        let tips = self.tips()?;
        let names: Vec<String> =
            tips.iter().map(|tip| format!("{tip}:./{}\n", path.display())).collect();
        // `OBJECT TYPE SIZE`, or `NAME missing`
        let found = self.feed(["cat-file", "--batch-check"], names.concat().as_bytes())?;
        let found = String::from_utf8_lossy(&found);
        let objects: BTreeSet<String> = found
            .lines()
            .filter_map(|line| line.split_once(" blob ").map(|(object, _)| object.to_owned()))
            .collect();
        let mut teams = Vec::new();
        let objects: Vec<String> = objects.into_iter().collect();
        self.read(&objects, &mut |bytes| teams.extend(Team::parse(bytes).ok()))?;
        Ok(teams)
    }

    /// The commits of local branches, each once.
    fn tips(&self) -> Result<BTreeSet<String>, NoHistory> {
        let list = ["for-each-ref", "--sort=-committerdate", MOST];
        let tips = self.run(list.into_iter().chain(["--format=%(objectname)", "refs/heads"]))?;
        Ok(String::from_utf8_lossy(&tips).lines().map(str::to_owned).collect())
    }
}
