//! One visit to an editor: the folder the text stands in while it lasts, and its end.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::editor::Editor;
use super::process::{self, Draws, Ended, Failed, Held};
use crate::model::MAX_VALUE_BYTES;
use crate::store::{DiskFolder, RamError, RamFolder, RamMode, RamPurpose};

/// Most that is read back: a set of the largest size, with every byte of it escaped.
const MAX_TEXT_BYTES: usize = 6 * 16 * MAX_VALUE_BYTES;

/// Whether the text may stand on a disk while it is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDisk {
    /// In memory or not at all.
    Refused,
    /// Where no file system in memory is found, the person said it may.
    Allowed,
}

/// A folder for the text, and signals held back so that none ends this process before the folder
/// is removed.
#[derive(Debug)]
pub struct Session {
    // In this order: signals are held until the folder is gone.
    scratch: Scratch,
    held: Held,
}

#[derive(Debug)]
enum Scratch {
    Memory(RamFolder),
    Disk(DiskFolder),
}

/// Why nothing came of a visit to the editor. Holds nothing of the text.
#[derive(Debug, Error)]
pub enum EditError {
    /// The folder.
    #[error(transparent)]
    Ram(#[from] RamError),
    /// The folder on a disk.
    #[error("the file for the editor, in {}: {why}", .folder.display())]
    Disk {
        /// Where it is.
        folder: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// Signals could not be held back, and one could leave the text behind.
    #[error("cannot hold signals back: {0}")]
    Signals(io::Error),
    /// The editor was not started.
    #[error("cannot run {editor}: {why}")]
    NotStarted {
        /// Its name.
        editor: String,
        /// The system's words.
        why: io::Error,
    },
    /// The editor says that it failed, or was ended.
    #[error("{editor} {how}")]
    Failed {
        /// Its name.
        editor: String,
        /// In what way.
        how: Failed,
    },
    /// This process was told to end, and the editor with it.
    #[error("ended by a signal")]
    Interrupted {
        /// The signal's number.
        signal: i32,
    },
}

impl Session {
    /// Makes the folder.
    ///
    /// # Errors
    /// [`EditError::Ram`] where there is none in memory; [`EditError::Disk`].
    pub fn begin(on_disk: OnDisk) -> Result<Self, EditError> {
        let held = Held::new().map_err(EditError::Signals)?;
        let scratch = match (RamFolder::create(RamPurpose::Edit), on_disk) {
            (Ok(folder), _) => Scratch::Memory(folder),
            (Err(RamError::NoRam { .. }), OnDisk::Allowed) => {
                let folder = DiskFolder::create()
                    .map_err(|why| EditError::Disk { folder: std::env::temp_dir(), why })?;
                Scratch::Disk(folder)
            }
            (Err(why), _) => return Err(why.into()),
        };
        Ok(Self { scratch, held })
    }

    /// The folder, where it is on a disk.
    pub fn disk(&self) -> Option<&Path> {
        match &self.scratch {
            Scratch::Memory(_) => None,
            Scratch::Disk(folder) => Some(folder.path()),
        }
    }

    /// Lets the person edit `text` as a file called `name`, and gives what they made of it. The
    /// folder is gone then.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn edit(
        self,
        editor: &Editor,
        draws: Draws,
        name: &str,
        text: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EditError> {
        let file = self.scratch.write(name, text)?;
        let editor_name = || editor.name().to_owned();
        let ended = process::run(&self.held, editor, draws, self.scratch.path(), &file)
            .map_err(|why| EditError::NotStarted { editor: editor_name(), why })?;
        match ended {
            Ended::Well => self.scratch.read(name),
            Ended::Badly(how) => Err(EditError::Failed { editor: editor_name(), how }),
            Ended::Interrupted(signal) => Err(EditError::Interrupted { signal }),
        }
    }
}

impl Scratch {
    fn path(&self) -> &Path {
        match self {
            Self::Memory(folder) => folder.path(),
            Self::Disk(folder) => folder.path(),
        }
    }

    fn write(&self, name: &str, text: &[u8]) -> Result<PathBuf, EditError> {
        match self {
            Self::Memory(folder) => Ok(folder.write(name, text, RamMode::ReadWrite)?),
            Self::Disk(folder) => folder.write(name, text).map_err(|why| self.disk_error(why)),
        }
    }

    fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, EditError> {
        match self {
            Self::Memory(folder) => Ok(folder.read(name, MAX_TEXT_BYTES)?),
            Self::Disk(folder) => {
                folder.read(name, MAX_TEXT_BYTES).map_err(|why| self.disk_error(why))
            }
        }
    }

    fn disk_error(&self, why: io::Error) -> EditError {
        EditError::Disk { folder: self.path().to_owned(), why }
    }
}
