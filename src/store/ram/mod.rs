//! Private folders in memory: the only place where plaintext may be a file.
//!
//! A name such as `/run` proves nothing, so the file system itself is asked for its type. What is
//! in memory can still reach a disk by way of swap; that is the machine's to encrypt.

#[cfg(not(target_os = "linux"))]
mod absent;
#[cfg(target_os = "linux")]
mod folder;
#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

#[cfg(not(target_os = "linux"))]
pub use absent::RamFolder;
#[cfg(target_os = "linux")]
pub use folder::RamFolder;

/// What a folder in memory is for; a part of its name, so that a person who finds one knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RamPurpose {
    /// Secrets that a command reads as files.
    Exec,
    /// The text in an editor.
    Edit,
    /// The configuration a container program finds its pull secrets in.
    Pull,
}

/// What its owner may do with a file in memory. Nobody else may do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RamMode {
    /// 0400
    ReadOnly,
    /// 0600
    ReadWrite,
}

/// Why there is no such folder, or no such file in it. Never holds what a file holds.
#[derive(Debug, Error)]
pub enum RamError {
    /// No file system in memory can be used.
    #[error("there is no file system in memory to put it on: {}", listed(.tried))]
    NoRam {
        /// Each place that was looked at, and why it was not taken.
        tried: Vec<(PathBuf, RamObstacle)>,
    },
    /// The name would be a file elsewhere, or none.
    #[error("this is no name for a file")]
    Name,
    /// There is something else than a file of this name: a link, a pipe, a folder.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(
        /// Where it is.
        PathBuf,
    ),
    /// The file is larger than whoever reads it can take.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// Where it is.
        path: PathBuf,
        /// The most it may have.
        limit: usize,
    },
    /// The system said no.
    #[error("cannot {action} {}: {why}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
}

impl RamError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoRam { tried } if tried.is_empty() => None,
            Self::NoRam { .. } => Some(
                "mount a tmpfs and name it in XDG_RUNTIME_DIR; of a container, `--tmpfs /dev/shm`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Why a place is not taken.
#[derive(Debug, Error)]
pub enum RamObstacle {
    /// It means something else in another folder.
    #[error("is not absolute")]
    Relative,
    /// Its file system keeps what is written, or does not say that it is in memory.
    #[error("is not in memory")]
    NotInMemory,
    /// Somebody else could put other files into the place of ours.
    #[error("belongs to somebody else")]
    NotOurs,
    /// As above: others may write there, and no sticky bit keeps them from what is ours.
    #[error("can be changed by others")]
    Shared,
    /// Whatever was created there was gone at once.
    #[error("keeps no folder")]
    Vanishes,
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn listed(tried: &[(PathBuf, RamObstacle)]) -> String {
    if tried.is_empty() {
        return "none is known on this system".to_owned();
    }
    let all = tried.iter().map(|(place, why)| match why {
        RamObstacle::Io(why) => format!("{}: {why}", place.display()),
        why => format!("{} {why}", place.display()),
    });
    all.collect::<Vec<_>>().join("; ")
}
