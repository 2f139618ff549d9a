//! What commits did to a team, wherever its vault stood then.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;

use super::Git;
use super::changes::{ANYWHERE, Changes, Pair, versions};
use super::history::literal;
use crate::crypto::FileId;
use crate::store::{Depth, FilePattern, NoHistory, Team, TeamStep};

/// The versions of a team, by their objects.
type Teams = BTreeMap<String, Rc<Team>>;

impl Git {
    /// The commit that is checked out, by its name; `None` before the first.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn commit_here(&self) -> Result<Option<String>, NoHistory> {
        if self.is_below_repository() { self.head() } else { Err(NoHistory::NoRepository) }
    }

    /// What the commits behind the one checked out did to the team of this vault, but for those
    /// behind `seen`: the team before and after, parents first. Commits of `seen` that are not there
    /// count for nothing; what makes no sense, or is gone for a while, is as it was before.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn team_steps(&self, vault: FileId, seen: &[String]) -> Result<Vec<TeamStep>, NoHistory> {
        let (pairs, teams) = self.versions_of_team(vault, seen)?;
        let team = |object: &Option<String>| teams.get(object.as_ref()?).cloned();
        let (mut steps, mut ended) = (Vec::new(), Vec::<Rc<Team>>::new());
        for step in pairs.chunk_by(|one, other| one.step == other.step) {
            let mut begun = Vec::new();
            for pair in step {
                match (team(&pair.old), team(&pair.new)) {
                    (Some(before), Some(after)) => steps.push((before, after)),
                    (Some(before), None) if ended.iter().any(|one| Rc::ptr_eq(one, &before)) => {}
                    (Some(before), None) => ended.push(before),
                    (None, Some(after)) => begun.push(after),
                    (None, None) => {}
                }
            }
            // Moved, or mended: by which commits, and from where, whoever pushes can hide.
            let mended = ended
                .iter()
                .flat_map(|before| begun.iter().map(|after| (Rc::clone(before), Rc::clone(after))));
            steps.extend(mended);
        }
        Ok(steps)
    }

    /// The rules that the team of this vault has ever had, as far as the commit that is checked out
    /// knows.
    ///
    /// # Errors
    /// [`NoHistory`]: where earlier commits may have had more, [`NoHistory::Shallow`].
    pub fn rules_ever(&self, vault: FileId) -> Result<BTreeSet<FilePattern>, NoHistory> {
        let (_, teams) = self.versions_of_team(vault, &[])?;
        Ok(teams.values().flat_map(|team| team.rules().keys()).cloned().collect())
    }

    /// Of these commits, those that are not behind another one.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn not_behind(&self, commits: &[String], other: &str) -> Result<Vec<String>, NoHistory> {
        let list = ["rev-list", "--ignore-missing"].into_iter();
        let list = list.chain(commits.iter().map(String::as_str)).chain(["--not", other, "--"]);
        let ahead = self.run(list)?;
        let ahead = String::from_utf8_lossy(&ahead);
        let ahead: BTreeSet<&str> = ahead.lines().collect();
        Ok(commits.iter().filter(|commit| ahead.contains(commit.as_str())).cloned().collect())
    }

    fn versions_of_team(
        &self,
        vault: FileId,
        seen: &[String],
    ) -> Result<(Vec<Pair>, Teams), NoHistory> {
        if self.commit_here()?.is_none() {
            return Ok((Vec::new(), Teams::new()));
        }
        let places = [literal(Path::new("team.toml")), ANYWHERE.into()];
        let words = |words: &'static str| words.split_ascii_whitespace().map(OsString::from);
        let list = words("--reverse --ignore-missing HEAD --not");
        let list = list.chain(seen.iter().map(OsString::from)).chain(["--".into()]);
        // Of a part of the past git leaves out merges that some parent at its edge explains.
        let list = list.chain(places.iter().filter(|_| seen.is_empty()).cloned());
        let Changes { list, pairs } = self.changes(list, &places)?;
        // A shallow clone ends somewhere, and what there was before it is not told.
        let ends = list.lines().any(|line| !line.contains(' '));
        if ends && self.depth()? == Depth::Shallow {
            return Err(NoHistory::Shallow);
        }
        let mut teams = Teams::new();
        self.read_named(&versions(&pairs), &mut |object, bytes| {
            if let Some(team) = Team::parse(bytes).ok().filter(|team| team.id() == vault) {
                teams.insert(object.to_owned(), Rc::new(team));
            }
        })?;
        Ok((pairs, teams))
    }
}
