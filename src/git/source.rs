//! The files of a vault as a repository holds them: in the work tree, in the index, or in a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use thiserror::Error;

use super::Git;
use super::objects::{Listed, ListedKind, Name};
use crate::envelope::MAX_FILE_BYTES;
use crate::store::{Depth, FOLDER, NoHistory, Refusal, StoreError, Vault};

/// Most bytes of all files of a vault together: each may be long, and anyone can push many.
const MAX_VAULT_BYTES: usize = 256 << 20;

/// Which state of a vault is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// What is checked out, changed or not.
    WorkTree,
    /// What would be committed.
    Staged,
    /// What this commit, by its full name, holds.
    Commit(String),
}

/// A vault in a repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// In the `.secrets` folder, which may be a repository of its own, or in one without work tree.
    git: Git,
    vault: Option<Vault>,
    /// Where `.secrets` stands in the repository that holds it; empty where it is that.
    inside: String,
    /// `.secrets/`, from the root of the repository around it.
    shown: String,
}

/// The repository around a vault.
pub(super) struct Outer {
    pub(super) git: Git,
    /// Its work tree.
    pub(super) folder: Option<PathBuf>,
}

/// Everything below a `.secrets` folder, by its path from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What to put before a path: `.secrets/`, from the root of the repository.
    pub shown: String,
    /// The files and what stands where a file should.
    pub files: BTreeMap<String, Item>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A file with these bytes.
    File(Vec<u8>),
    /// A link, a pipe, a device, a repository.
    NotAFile,
    /// More than any file of a vault can have.
    TooLarge,
    /// Several versions: a merge is not finished.
    Unmerged,
}

/// Why nothing could be checked.
#[derive(Debug, Error)]
pub enum Unchecked {
    /// git does not answer.
    #[error(transparent)]
    Git(#[from] NoHistory),
    /// A file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A revision that names no commit.
    #[error("{0} names no commit here")]
    Revision(String),
    /// Nothing has been committed, so nothing has a common past.
    #[error("nothing is committed yet that could be compared with {0}")]
    NoCommit(String),
    /// Two histories.
    #[error("{0} has no history in common with what is checked")]
    Unrelated(String),
    /// The common past may not be here.
    #[error("where {0} and what is checked part cannot be told: this is a shallow clone")]
    Shallow(String),
    /// More than can be held.
    #[error("the files below .secrets have more than {} MiB together", MAX_VAULT_BYTES >> 20)]
    TooMuch,
    /// A tracked file cannot be read.
    #[error("{path}: cannot read: {why}")]
    Unread {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The commit has no `.secrets`.
    #[error("there is no vault in {0}: no .secrets folder")]
    NoVault(String),
}

impl Source {
    /// A vault in a work tree.
    ///
    /// # Errors
    /// [`Unchecked::Git`] where there is no repository.
    pub fn of(vault: &Vault) -> Result<Self, Unchecked> {
        let git = Git::within(&vault.folder());
        let inside = prefix(&git)?.trim_end_matches('/').to_owned();
        // `.secrets` may be a repository within none.
        let around = prefix(&Git::within(vault.root())).unwrap_or_default();
        let shown = format!("{around}{FOLDER}/");
        Ok(Self { git, vault: Some(vault.clone()), inside, shown })
    }

    /// Every vault that any of these commits holds, of a repository without work tree.
    ///
    /// # Errors
    /// [`Unchecked`].
    pub fn all_in(git: &Git, commits: &[String]) -> Result<Vec<Self>, Unchecked> {
        let mut places = BTreeSet::new();
        for commit in commits {
            for file in git.listed_in(commit, "")? {
                let path = file.path.shown();
                let parts: Vec<&str> = path.split('/').collect();
                let at = parts.iter().position(|part| *part == FOLDER);
                let place = at.and_then(|at| parts.get(..=at)).map(|parts| parts.join("/"));
                places.extend(place);
            }
        }
        let source = |place: String| {
            let shown = format!("{place}/");
            Self { git: git.clone(), vault: None, inside: place, shown }
        };
        Ok(places.into_iter().map(source).collect())
    }

    /// Where the vault stands in the repository around it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The repository around the vault; `None` where only `.secrets` is one.
    pub(super) fn around(&self) -> Result<Option<Outer>, NoHistory> {
        let Some(vault) = &self.vault else {
            return Ok(Some(Outer { git: self.git.clone(), folder: None }));
        };
        match Git::within(vault.root()).run(["rev-parse", "--show-toplevel"]) {
            Ok(folder) => {
                let folder = Name::of_line(&folder).as_path();
                Ok(Some(Outer { git: Git::within(&folder), folder: Some(folder) }))
            }
            Err(NoHistory::NoRepository) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// As [`Git::commit_of`].
    ///
    /// # Errors
    /// As there.
    pub fn commit_of(&self, rev: &str) -> Result<String, Unchecked> {
        self.git.commit_of(rev)
    }

    /// Where the past of `rev` and that of this state part.
    ///
    /// # Errors
    /// As [`Git::forks`].
    pub fn forks(&self, rev: &str, moment: &Moment) -> Result<Vec<String>, Unchecked> {
        self.git.forks(rev, moment)
    }

    /// The files at that moment.
    ///
    /// # Errors
    /// [`Unchecked`].
    pub fn contents(&self, moment: &Moment) -> Result<Contents, Unchecked> {
        let files = match (moment, &self.vault) {
            (Moment::WorkTree, Some(vault)) => self.in_work_tree(vault)?,
            (Moment::WorkTree | Moment::Staged, _) => self.stored(self.git.listed_in_index()?)?,
            (Moment::Commit(commit), _) => {
                let below = format!("{}/", self.inside);
                let mut listed = self.git.listed_in(commit, &self.inside)?;
                for file in &mut listed {
                    if let Some(rest) = file.path.below(&below) {
                        file.path = rest;
                    }
                }
                self.stored(listed)?
            }
        };
        Ok(Contents { shown: self.shown.clone(), files })
    }

    fn stored(&self, listed: Vec<Listed>) -> Result<BTreeMap<String, Item>, Unchecked> {
        let files = listed.iter().filter(|file| file.kind == ListedKind::File);
        let objects: Vec<String> = files.map(|file| file.object.clone()).collect();
        let sizes = self.git.sizes(&objects)?;
        if sizes.iter().filter(|size| **size <= MAX_FILE_BYTES).sum::<usize>() > MAX_VAULT_BYTES {
            return Err(Unchecked::TooMuch);
        }
        let mut bytes = self.git.bytes_of(&objects, &sizes)?.into_iter();
        let item = |file: Listed| {
            let item = match file.kind {
                ListedKind::File => bytes.next().flatten().map_or(Item::TooLarge, Item::File),
                ListedKind::Other => Item::NotAFile,
                ListedKind::Unmerged => Item::Unmerged,
            };
            (file.path.shown(), item)
        };
        Ok(listed.into_iter().map(item).collect())
    }

    fn in_work_tree(&self, vault: &Vault) -> Result<BTreeMap<String, Item>, Unchecked> {
        let mut items = BTreeMap::new();
        let mut total = 0;
        let tracked = self.git.listed_in_index()?;
        let untracked = self.git.untracked()?.into_iter().map(|path| (path, ListedKind::File));
        let tracked = tracked.into_iter().map(|file| (file.path, file.kind));
        for (path, kind) in tracked.chain(untracked) {
            let item = match kind {
                ListedKind::Unmerged => Some(Item::Unmerged),
                ListedKind::Other => Some(Item::NotAFile),
                ListedKind::File => on_disk(vault, &path)?,
            };
            if let Some(Item::File(bytes)) = &item {
                total += bytes.len();
            }
            if total > MAX_VAULT_BYTES {
                return Err(Unchecked::TooMuch);
            }
            if let Some(item) = item {
                items.insert(path.shown(), item);
            }
        }
        Ok(items)
    }
}

/// What stands there; `None` when, and only when, nothing does.
fn on_disk(vault: &Vault, path: &Name) -> Result<Option<Item>, Unchecked> {
    match vault.bytes_of(&path.as_path()) {
        Ok(bytes) => Ok(bytes.map(Item::File)),
        Err(StoreError::Refused { why: Refusal::TooLarge, .. }) => Ok(Some(Item::TooLarge)),
        Err(StoreError::Refused { .. }) => Ok(Some(Item::NotAFile)),
        Err(why) => Err(why.into()),
    }
}

impl Git {
    /// The commit that a person means by `rev`, by its full name.
    ///
    /// # Errors
    /// [`Unchecked::Revision`] where it means none.
    pub fn commit_of(&self, rev: &str) -> Result<String, Unchecked> {
        let commit = format!("{rev}^{{commit}}");
        let found =
            self.output(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        if !found.status.success() {
            self.run(["rev-parse", "--git-dir"])?;
            return Err(Unchecked::Revision(rev.to_owned()));
        }
        Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
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
}

/// The folder git runs in, from the root of the repository: empty, or with `/` at its end.
fn prefix(git: &Git) -> Result<String, NoHistory> {
    let prefix = git.run(["rev-parse", "--show-prefix"])?;
    let prefix = String::from_utf8_lossy(&prefix).into_owned();
    Ok(prefix.strip_suffix('\n').unwrap_or(&prefix).to_owned())
}
