//! Whether somebody who is not in the team has left it, or has only not come to this branch yet.

use std::path::Path;

use super::Git;
use crate::store::{Depth, History, NoHistory, Team};

/// Most local branches that are looked at, the newest first.
const MOST: &str = "--count=50";

impl Git {
    /// Whether a key that the team file at `path` does not have came to it on another branch: no
    /// commit behind the one checked out has ever had it there, and a local branch, which no fetch
    /// makes, has it since the two parted.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn came_on_another_branch(&self, path: &Path, key: &str) -> Result<bool, NoHistory> {
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        let has_key = |team: &Team| team.members().values().any(|to| to.as_str() == key);
        let mut never_here = true;
        let depth = self.versions(path, &mut |bytes| {
            // What is no team may have been one that lost the key.
            never_here &= Team::parse(bytes).is_ok_and(|team| !has_key(&team));
        })?;
        if !never_here || depth == Depth::Shallow {
            return Ok(false);
        }
        let list = ["for-each-ref", "--sort=-committerdate", MOST];
        let tips = self.run(list.into_iter().chain(["--format=%(objectname)", "refs/heads"]))?;
        for tip in String::from_utf8_lossy(&tips).lines() {
            let there = self.at_commit(tip, path)?.and_then(|bytes| Team::parse(&bytes).ok());
            if there.is_some_and(|team| has_key(&team))
                && self.output(["merge-base", "HEAD", tip])?.status.success()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
