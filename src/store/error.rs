//! What can go wrong with files. Says which file.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::pins::Suspicion;
use super::team::TeamError;
use crate::envelope::{Malformed, OpenError};
use crate::model::{Kind, SetName};

/// Why a file was not touched at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A symbolic link, a pipe, a device, or a folder where a file belongs (or the other way round).
    #[error("it is a link, a pipe, a device, or otherwise not what belongs here")]
    NotRegular,
    /// Another user put it here.
    #[error("it belongs to another user; use it as that user, or take it over with chown")]
    Owner,
    /// Above the limit for files of its kind.
    #[error("it is larger than such a file may be")]
    TooLarge,
    /// A `.toml` file whose name is no name of a set or pull secret.
    #[error("its name is not the name of a set or pull secret")]
    Name,
    /// A `.toml` file among the requests whose name is no member name.
    #[error("its name is not the name of a member")]
    Request,
    /// Two files whose names differ only by case.
    #[error("another file here differs from it only by case, which not every system can hold")]
    Case,
}

/// Why the store could not do something.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no vault.
    #[error("there is no vault here: no .secrets folder in {0} or above it")]
    NoVault(PathBuf),
    /// There is a vault already.
    #[error("there is already a vault in {0}")]
    VaultExists(PathBuf),
    /// There is no such file.
    #[error("there is no {} {name}", what(*kind))]
    NotFound {
        /// Set or pull secret.
        kind: Kind,
        /// Its name.
        name: SetName,
        /// Those that are there.
        known: Vec<SetName>,
    },
    /// There is no such file, and one of the other kind has that name.
    #[error("there is no {} {name}: {name} is a {}", what(*kind), what(other(*kind)))]
    OtherKind {
        /// Set or pull secret: what was asked for.
        kind: Kind,
        /// Its name.
        name: SetName,
    },
    /// There is such a file already.
    #[error("there is already a {} {name}", what(*kind))]
    Exists {
        /// Set or pull secret.
        kind: Kind,
        /// Its name.
        name: SetName,
    },
    /// A file that must not be read.
    #[error("{path}: refused: {why}")]
    Refused {
        /// Which.
        path: PathBuf,
        /// Why.
        why: Refusal,
    },
    /// A file in which a merge has left its markers.
    #[error("{path}: line {line}: a merge of this file is not finished")]
    Unmerged {
        /// Which.
        path: PathBuf,
        /// Of the first marker.
        line: usize,
    },
    /// A file that is not of format v1.
    #[error("{path}: {why}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Where and why.
        why: Malformed,
    },
    /// A file that did not open.
    #[error("{path}: {why}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        why: OpenError,
    },
    /// There is no team file.
    #[error("{}: there is no team file, so nobody can say who may read what", .0.display())]
    NoTeam(PathBuf),
    /// The team file.
    #[error("{path}: {why}")]
    Team {
        /// Which.
        path: PathBuf,
        /// Why.
        why: TeamError,
    },
    /// A file that is not the one this machine knows.
    #[error("{path}: {}", doubtful(suspicion))]
    Doubtful {
        /// Which.
        path: PathBuf,
        /// Why.
        suspicion: Suspicion,
    },
    /// The vault's id in the team file is not the one this machine knows.
    #[error(
        "{path}: this is another vault than the one this machine knows here: its id was changed"
    )]
    OtherVault {
        /// The team file.
        path: PathBuf,
    },
    /// What this machine remembers cannot be read.
    #[error("{path}:{line}: this is not how vault writes down what it has seen")]
    Pins {
        /// Which.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A service manifest (`vault.toml`, `pcc-deploy.toml`).
    #[error("{path}:{line}: {why}")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The toml crate's message; the file is not secret.
        why: String,
    },
    /// What was to be written is more than a file may hold.
    #[error(
        "{path}: this would make a file of {bytes} bytes, and {limit} is the most there can be"
    )]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// How many it would be.
        bytes: usize,
        /// How many there can be.
        limit: usize,
    },
    /// The operating system said no.
    #[error("{path}: cannot {action}: {why}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What it said.
        why: io::Error,
    },
    /// The new file is in place, but the folder could not be flushed.
    #[error("{path}: written, but not yet known to be safe on disk: {why}")]
    NotDurable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

impl StoreError {
    pub(super) fn io(
        path: &std::path::Path,
        action: &'static str,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |why| Self::Io { path, action, why }
    }
}

fn doubtful(Suspicion { doubt, silent }: &Suspicion) -> String {
    match silent {
        None => doubt.to_string(),
        Some(silent) => {
            format!("{doubt}; whether this is an older branch is not known: {silent}")
        }
    }
}

/// A pull secret where a set was asked for, and the other way round.
pub(super) fn other(kind: Kind) -> Kind {
    match kind {
        Kind::Set => Kind::Pull,
        Kind::Pull => Kind::Set,
    }
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Set => "set",
        Kind::Pull => "pull secret",
    }
}
