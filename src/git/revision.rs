//! What a person means by a revision, and where two histories part.

use super::Git;
use super::source::Moment;
use super::unchecked::Unchecked;
use crate::store::{Depth, NoHistory};

/// Where git looks for a name, in the order of gitrevisions(7).
const PLACES: &[&str] = &["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];

impl Git {
    /// The commit that a person means by `rev`, by its full name.
    ///
    /// Whoever can push can make a tag called `origin/main`, which git would prefer to the branch,
    /// so a name that means two things means none; and what begins with `refs/` is a full name.
    ///
    /// # Errors
    /// [`Unchecked::Revision`] where it means none, [`Unchecked::Ambiguous`].
    pub fn commit_of(&self, rev: &str) -> Result<String, Unchecked> {
        if rev.is_empty() {
            return Err(Unchecked::EmptyRevision);
        }
        let name = rev.split(['^', '~', '@', ':', '{']).next().unwrap_or_default();
        let named = self.refs_named(name)?;
        let is_full = name.starts_with("refs/");
        if is_full && !named.iter().any(|one| one == name) {
            return Err(Unchecked::Revision(rev.to_owned()));
        }
        // Git reads this one before any ref, and it has no longer name.
        if !is_full && name != "HEAD" {
            let other = match named.as_slice() {
                [one, other, ..] => Some([one.clone(), other.clone()]),
                [one] if self.is_abbreviated(name)? => {
                    Some([one.clone(), format!("the commit {name}…")])
                }
                _ => None,
            };
            if let Some(both) = other {
                return Err(Unchecked::Ambiguous { rev: rev.to_owned(), both });
            }
        }
        let commit = format!("{rev}^{{commit}}");
        let found =
            self.output(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        if !found.status.success() {
            self.run(["rev-parse", "--git-dir"])?;
            return Err(Unchecked::Revision(rev.to_owned()));
        }
        Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
    }

    /// The refs that a name may mean.
    fn refs_named(&self, name: &str) -> Result<Vec<String>, NoHistory> {
        if name.is_empty() {
            return Ok(Vec::new());
        }
        let places = PLACES.iter().map(|place| format!("{place}{name}"));
        let remote = format!("refs/remotes/{name}/HEAD");
        let wanted: Vec<String> =
            [name.to_owned()].into_iter().chain(places).chain([remote]).collect();
        let list = ["for-each-ref", "--format=%(refname)", "--"].map(str::to_owned);
        let found = self.output(list.iter().chain(&wanted))?;
        let found = String::from_utf8_lossy(&found.stdout);
        // Patterns match everything below them, too.
        Ok(wanted.into_iter().filter(|ref_| found.lines().any(|line| line == ref_)).collect())
    }

    /// Whether it is the beginning of the name of an object, and not the whole.
    fn is_abbreviated(&self, name: &str) -> Result<bool, NoHistory> {
        let hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || !(4..40).contains(&name.len()) {
            return Ok(false);
        }
        let found = self.run(["rev-parse", &format!("--disambiguate={name}")])?;
        Ok(!found.is_empty())
    }

    /// Where the history of `rev` and that of what is checked part: one commit, or several after
    /// merges back and forth. What `rev` itself has gained since then is not ours to answer for.
    ///
    /// # Errors
    /// [`Unchecked`]: also where a shallow clone may lack that commit.
    pub fn forks(&self, rev: &str, moment: &Moment) -> Result<Vec<String>, Unchecked> {
        let base = self.commit_of(rev)?;
        let tip = match moment {
            Moment::Commit(commit) => commit.clone(),
            Moment::WorkTree | Moment::Staged => {
                self.head()?.ok_or_else(|| Unchecked::NoCommit(rev.to_owned()))?
            }
        };
        let found = self.output(["merge-base", "--all", &base, &tip])?;
        let found = String::from_utf8_lossy(&found.stdout);
        let forks: Vec<String> = found.lines().map(str::to_owned).collect();
        // With its past cut off, a commit looks further from its neighbours than it is.
        let shallow = self.depth()? == Depth::Shallow && forks != [base];
        match forks.as_slice() {
            _ if shallow => Err(Unchecked::Shallow(rev.to_owned())),
            [] => Err(Unchecked::Unrelated(rev.to_owned())),
            _ => Ok(forks),
        }
    }

    /// The commits between those and this one, the newest first; one more than `most` where there
    /// are more.
    pub(super) fn commits_between(
        &self,
        past: &[String],
        tip: &str,
        most: usize,
    ) -> Result<Vec<String>, NoHistory> {
        let most = format!("--max-count={}", most + 1);
        let past = past.iter().map(|commit| format!("^{commit}"));
        let words = ["rev-list", &most, tip].map(str::to_owned).into_iter();
        let found = self.run(words.chain(past).chain(["--".to_owned()]))?;
        Ok(String::from_utf8_lossy(&found).lines().map(str::to_owned).collect())
    }
}
