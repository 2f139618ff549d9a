//! The files of a vault as a repository holds them: in the work tree, in the index, or in a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Git;
use super::objects::{Listed, ListedKind, Name};
use super::treatment::Treatment;
use super::unchecked::Unchecked;
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
    inside: Name,
    /// `.secrets/`, from the root of the repository around it.
    place: Name,
}

/// The repository around a vault.
pub(super) struct Outer {
    pub(super) git: Git,
    /// Its work tree.
    pub(super) folder: Option<PathBuf>,
}

/// Everything below a `.secrets` folder, by its path from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// What to put before a path: `.secrets/`, from the root of the repository.
    pub shown: String,
    /// The files and what stands where a file should.
    pub files: BTreeMap<String, Item>,
    /// Those of them that git does not have.
    pub untracked: BTreeSet<String>,
    /// Paths, from the root of the repository, that differ from those of this vault by case alone.
    pub twins: Vec<String>,
    /// What git is told to do with the files; `None` where it cannot say that of this moment.
    pub treatment: Option<Treatment>,
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
    /// Several entries of one name, in a tree that no git made.
    Several,
}

impl Source {
    /// A vault in a work tree.
    ///
    /// # Errors
    /// [`Unchecked::Git`] where there is no repository.
    pub fn of(vault: &Vault) -> Result<Self, Unchecked> {
        let git = Git::within(&vault.folder()).apart_from_hooks_of_others();
        let inside = prefix(&git)?.without_slash();
        // `.secrets` may be a repository within none.
        let around = prefix(&Git::within(vault.root())).unwrap_or_default();
        let place = around.followed_by(FOLDER).followed_by("/");
        Ok(Self { git, vault: Some(vault.clone()), inside, place })
    }

    /// Every vault that any of these commits holds, of a repository without work tree.
    ///
    /// # Errors
    /// [`Unchecked`].
    pub fn all_in(git: &Git, commits: &[String]) -> Result<Vec<Self>, Unchecked> {
        let mut places = BTreeSet::new();
        for commit in commits {
            let files = git.listed_in(commit, &Name::default())?;
            places.extend(files.iter().filter_map(|file| file.path.up_to_folder(FOLDER)));
        }
        let source = |inside: Name| {
            let place = inside.clone().followed_by("/");
            Self { git: git.clone(), vault: None, inside, place }
        };
        Ok(places.into_iter().map(source).collect())
    }

    /// Where the vault stands in the repository around it, with `/` at the end.
    pub(super) fn place(&self) -> &Name {
        &self.place
    }

    /// The repository around the vault; `None` where only `.secrets` is one.
    pub(super) fn around(&self) -> Result<Option<Outer>, NoHistory> {
        let Some(vault) = &self.vault else {
            return Ok(Some(Outer { git: self.git.clone(), folder: None }));
        };
        match Git::within(vault.root()).run(["rev-parse", "--show-toplevel"]) {
            Ok(folder) => {
                let folder = Name::of_line(&folder).as_path();
                let git = Git::within(&folder).apart_from_hooks_of_others();
                Ok(Some(Outer { git, folder: Some(folder) }))
            }
            Err(NoHistory::NoRepository) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Whether `.secrets` is a repository of its own: its commits are not those of the one around.
    pub(super) fn is_repository(&self) -> bool {
        self.vault.is_some() && self.inside.is_empty()
    }

    /// Shows every version of the files of a folder of the vault that these revisions lead to.
    pub(super) fn versions(
        &self,
        revisions: &[String],
        folder: &Path,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        let revisions: Vec<&str> = revisions.iter().map(String::as_str).collect();
        // Paths are those from the folder git runs in.
        let below = match &self.vault {
            Some(_) => folder.to_owned(),
            None => self.inside.as_path().join(folder),
        };
        self.git.versions_of(&revisions, &below, visit)
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
        let mut contents = Contents { shown: self.place.shown(), ..Contents::default() };
        match (moment, &self.vault) {
            (Moment::WorkTree, Some(vault)) => self.in_work_tree(vault, &mut contents)?,
            (Moment::WorkTree | Moment::Staged, _) => {
                contents.files = self.stored(self.git.listed_in_index()?)?;
            }
            (Moment::Commit(commit), _) => {
                let below = self.inside.clone().followed_by("/");
                let mut listed = self.git.listed_in(commit, &self.inside)?;
                for file in &mut listed {
                    if let Some(rest) = file.path.below(&below) {
                        file.path = rest;
                    }
                }
                contents.files = self.stored(listed)?;
                for path in self.git.doubled_in(commit, &self.inside)? {
                    let path = path.below(&below).unwrap_or(path);
                    contents.files.insert(path.shown(), Item::Several);
                }
            }
        }
        Ok(contents)
    }

    /// The same, and what bears on them that stands beside them.
    ///
    /// # Errors
    /// [`Unchecked`].
    pub fn contents_and_surroundings(&self, moment: &Moment) -> Result<Contents, Unchecked> {
        let mut contents = self.contents(moment)?;
        contents.twins = self.twins(moment)?;
        contents.treatment = self.treatment(moment, contents.files.keys())?;
        Ok(contents)
    }

    /// What git has at a path that is this vault's but for its case.
    fn twins(&self, moment: &Moment) -> Result<Vec<String>, Unchecked> {
        let Some(Outer { git, .. }) = self.around()? else { return Ok(Vec::new()) };
        let listed = match moment {
            Moment::WorkTree | Moment::Staged => git.listed_in_index()?,
            Moment::Commit(_) if self.is_repository() => return Ok(Vec::new()),
            Moment::Commit(commit) => git.listed_in(commit, &Name::default())?,
        };
        let place = self.place.shown().to_lowercase();
        let is_twin = |file: &&Listed| {
            file.path.below(&self.place).is_none()
                && file.path.shown().to_lowercase().starts_with(&place)
        };
        Ok(listed.iter().filter(is_twin).map(|file| file.path.shown()).collect())
    }

    fn treatment<'a>(
        &self,
        moment: &Moment,
        files: impl Iterator<Item = &'a String>,
    ) -> Result<Option<Treatment>, Unchecked> {
        // In one of its own there is no place for rules: what is not of a vault does not belong there.
        if self.is_repository() {
            return Ok(None);
        }
        // As git takes them: from the folder it runs in.
        let prefix = match &self.vault {
            Some(_) => Name::default(),
            None => self.place.clone(),
        };
        let paths = files.map(|path| (path.clone(), prefix.clone().followed_by(path)));
        Ok(self.git.treatment(moment, paths)?)
    }

    fn stored(&self, listed: Vec<Listed>) -> Result<BTreeMap<String, Item>, Unchecked> {
        let files = listed.iter().filter(|file| file.kind == ListedKind::File);
        let objects: Vec<String> = files.map(|file| file.object.clone()).collect();
        let sizes = self.git.sizes(&objects)?;
        if sizes.iter().filter(|size| **size <= MAX_FILE_BYTES).sum::<usize>() > MAX_VAULT_BYTES {
            return Err(Unchecked::TooMuch(MAX_VAULT_BYTES >> 20));
        }
        let mut bytes = self.git.bytes_of(&objects, &sizes)?.into_iter();
        let item = |file: Listed| {
            let item = match file.kind {
                ListedKind::File => bytes.next().flatten().map_or(Item::TooLarge, Item::File),
                ListedKind::Link | ListedKind::Other => Item::NotAFile,
                ListedKind::Unmerged => Item::Unmerged,
            };
            (file.path.shown(), item)
        };
        Ok(listed.into_iter().map(item).collect())
    }

    fn in_work_tree(&self, vault: &Vault, contents: &mut Contents) -> Result<(), Unchecked> {
        let mut total = 0;
        let untracked = self.git.untracked()?;
        contents.untracked = untracked.iter().map(Name::shown).collect();
        let untracked = untracked.into_iter().map(|path| (path, ListedKind::File));
        let tracked = self.git.listed_in_index()?;
        let tracked = tracked.into_iter().map(|file| (file.path, file.kind));
        for (path, kind) in tracked.chain(untracked) {
            let item = match kind {
                ListedKind::Unmerged => Some(Item::Unmerged),
                ListedKind::Link | ListedKind::Other => Some(Item::NotAFile),
                ListedKind::File => on_disk(vault, &path)?,
            };
            if let Some(Item::File(bytes)) = &item {
                total += bytes.len();
            }
            if total > MAX_VAULT_BYTES {
                return Err(Unchecked::TooMuch(MAX_VAULT_BYTES >> 20));
            }
            if let Some(item) = item {
                contents.files.insert(path.shown(), item);
            }
        }
        Ok(())
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

/// The folder git runs in, from the root of the repository: empty, or with `/` at its end.
fn prefix(git: &Git) -> Result<Name, NoHistory> {
    Ok(Name::of_line(&git.run(["rev-parse", "--show-prefix"])?))
}
