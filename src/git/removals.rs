//! Which keys a team file has lost, whoever has brought them back since.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Git;
use crate::store::{NoHistory, Team};

/// Object names of commits, by the key that they took out; the newest first.
pub type Removals = BTreeMap<String, Vec<String>>;

impl Git {
    /// The commits behind the one checked out that took a key out of a team file. Versions that are
    /// no team files tell nothing.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn removals(&self, path: &Path) -> Result<Removals, NoHistory> {
        let mut removals = Removals::new();
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        if self.head()?.is_none() {
            return Ok(removals);
        }
        // With parents, so that a merge which only takes one side's file counts too.
        let commits = ["rev-list", "--full-history", "--parents", "HEAD", "--"].map(AsRef::as_ref);
        let commits = self.run(commits.into_iter().chain([path.as_os_str()]))?;
        let changes = "diff-tree --stdin -m -r -z --raw --no-renames --no-abbrev --no-ext-diff \
                       --no-textconv --";
        let changes = changes.split_ascii_whitespace().map(AsRef::as_ref);
        let changes = self.feed(changes.chain([path.as_os_str()]), &commits)?;
        let pairs = pairs(&changes);
        let objects: BTreeSet<String> =
            pairs.iter().flat_map(|pair| [&pair.old, &pair.new]).flatten().cloned().collect();
        let objects: Vec<String> = objects.into_iter().collect();
        let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
        self.read_named(&objects, &mut |object, bytes| {
            if let Ok(team) = Team::parse(bytes) {
                let of_team = team.members().values().map(|to| to.as_str().to_owned());
                keys.insert(object.to_owned(), of_team.collect());
            }
        })?;
        let nothing = BTreeSet::new();
        let keys_of = |object: &Option<String>| match object {
            None => Some(&nothing),
            Some(object) => keys.get(object),
        };
        for Pair { commit, old, new } in &pairs {
            let (Some(old), Some(new)) = (keys_of(old), keys_of(new)) else { continue };
            for lost in old.difference(new) {
                let commits = removals.entry(lost.clone()).or_default();
                if commits.last() != Some(commit) {
                    commits.push(commit.clone());
                }
            }
        }
        Ok(removals)
    }

    /// Whether git could find a repository. Where it cannot, it need not be started.
    pub(super) fn is_below_repository(&self) -> bool {
        let folder = self.folder().canonicalize().unwrap_or_default();
        folder.ancestors().map(|above| above.join(".git")).any(|git| {
            // A work tree beside its repository has a file there.
            git.is_file() || git.join("HEAD").exists()
        })
    }
}

/// A file before and after a commit.
struct Pair {
    commit: String,
    old: Option<String>,
    new: Option<String>,
}

/// `COMMIT NUL`, then `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`, for each parent.
fn pairs(changes: &[u8]) -> Vec<Pair> {
    let text = String::from_utf8_lossy(changes);
    let (mut pairs, mut commit) = (Vec::new(), "");
    let mut parts = text.split('\0');
    while let Some(part) = parts.next() {
        let Some(change) = part.strip_prefix(':') else {
            commit = part.trim();
            continue;
        };
        parts.next();
        if let [_, _, old, new, ..] = change.split(' ').collect::<Vec<_>>().as_slice() {
            let object = |name: &str| {
                let is_there = name.bytes().any(|digit| digit != b'0');
                is_there.then(|| name.to_owned())
            };
            pairs.push(Pair { commit: commit.to_owned(), old: object(old), new: object(new) });
        }
    }
    pairs
}
