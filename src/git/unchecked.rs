//! Why nothing could be checked.

use std::path::PathBuf;

use thiserror::Error;

use crate::store::{NoHistory, StoreError};

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
    /// A revision that names two.
    #[error("{rev} is ambiguous here: it names {} and {}", both[0], both[1])]
    Ambiguous {
        /// What was asked for.
        rev: String,
        /// What it may mean.
        both: [String; 2],
    },
    /// No revision at all.
    #[error("no revision is named: the name is empty")]
    EmptyRevision,
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
    #[error("the files below .secrets have more than {0} MiB together")]
    TooMuch(usize),
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
