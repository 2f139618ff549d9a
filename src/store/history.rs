//! What version control can tell the store, which itself runs no other program.

use std::path::Path;

use thiserror::Error;

/// The past of a work tree. It is asked only where what this machine remembers settles nothing.
/// Paths are relative to the `.secrets` folder, which may be a repository of its own.
pub trait History {
    /// The file as the commit that is checked out has it; `None` where it has none, or where there
    /// is no commit yet.
    ///
    /// # Errors
    /// [`NoHistory`].
    fn at_head(&self, path: &Path) -> Result<Option<Vec<u8>>, NoHistory>;

    /// Shows the files below `folder` as the commit that is checked out has them, of those that the
    /// work tree no longer has so.
    ///
    /// # Errors
    /// [`NoHistory`].
    fn uncommitted(&self, folder: &Path, visit: &mut dyn FnMut(&[u8])) -> Result<(), NoHistory>;

    /// Shows every version of every file below `folder` that a commit reachable from the one
    /// checked out has, the newer ones first, each once. Where each stood is not told: a version
    /// that counts says so itself, and a path beside it could only mislead.
    ///
    /// # Errors
    /// [`NoHistory`].
    fn versions(&self, folder: &Path, visit: &mut dyn FnMut(&[u8])) -> Result<Depth, NoHistory>;

    /// The same of that folder of every vault that the repository has or had, wherever it stands:
    /// a copy of an older state in another place is no older branch.
    ///
    /// # Errors
    /// [`NoHistory`].
    fn versions_anywhere(
        &self,
        folder: &Path,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory>;
}

/// How much of the past there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All of it.
    Whole,
    /// A shallow clone has only the newest commits.
    Shallow,
}

/// Why the past is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoHistory {
    /// The program is not there.
    #[error("git is not installed")]
    NoGit,
    /// Nothing here is under version control.
    #[error("this is not a git repository")]
    NoRepository,
    /// Only the newest commits are here.
    #[error("this is a shallow clone, without its history; `git fetch --unshallow` brings it")]
    Shallow,
    /// Objects were left out of the clone.
    #[error("this is a partial clone, and what is missing of it is not fetched unasked")]
    Partial,
    /// It said no; this is what it said, which holds no secret.
    #[error("git says: {0}")]
    Failed(String),
}
