//! What this machine knows of vaults in other places. A vault is its id: one that was moved, cloned,
//! or checked out once more is the vault that is known, and what is known of it holds there too.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::state::{Change, State};
use super::text::{self, spelled};
use super::{MAX_PINS_BYTES, Pins};
use crate::crypto::FileId;
use crate::store::error::StoreError;
use crate::store::layout::read_regular;

/// The vaults of other places, the one that was learned of last first.
#[derive(Debug, Default)]
pub struct Elsewhere(Vec<Known>);

#[derive(Debug)]
struct Known {
    /// As [`spelled`] writes it.
    root: String,
    vault: FileId,
    state: State,
}

impl Elsewhere {
    /// Whether this vault is known.
    pub fn knows(&self, id: FileId) -> bool {
        self.0.iter().any(|known| known.vault == id)
    }

    /// Where one of these vaults is known.
    pub fn place_of_any(&self, ids: &[FileId]) -> Option<&str> {
        self.0.iter().find(|known| ids.contains(&known.vault)).map(|known| known.root.as_str())
    }

    /// Where a vault other than this one is known at or below one of these folders.
    pub fn other_below(&self, id: FileId, folders: &[PathBuf]) -> Option<&str> {
        let is_below = |root: &str| {
            folders.iter().map(|folder| spelled(folder)).any(|folder| {
                root.strip_prefix(&folder)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let other = self.0.iter().find(|known| known.vault != id && is_below(&known.root));
        other.map(|known| known.root.as_str())
    }
}

impl Pins {
    /// What is known of vaults in other places.
    ///
    /// # Errors
    /// [`StoreError::Pins`] where it is broken; [`StoreError::Io`], [`StoreError::Refused`].
    pub fn elsewhere(&self) -> Result<Elsewhere, StoreError> {
        let (Some(own), Some(folder)) = (self.path(), &self.folder) else {
            return Ok(Elsewhere::default());
        };
        let mut found = Vec::new();
        for path in pins_in(folder)?.into_iter().filter(|path| *path != own) {
            // Whoever removes one meanwhile means that it be forgotten.
            let Some(bytes) = read_regular(&path, 1, MAX_PINS_BYTES)? else { continue };
            let parsed = text::parse_any(&bytes);
            let (root, state) =
                parsed.map_err(|line| StoreError::Pins { path: path.clone(), line })?;
            let changed = fs::metadata(&path).and_then(|file| file.modified()).ok();
            if let Some(vault) = state.vault {
                found.push((changed, Known { root: root.to_owned(), vault, state }));
            }
        }
        found.sort_by(|(one, _), (other, _)| other.cmp(one));
        Ok(Elsewhere(found.into_iter().map(|(_, known)| known).collect()))
    }

    /// At the first contact with a vault: takes over what is known of it in other places, and says
    /// one of them. `None` where it is known nowhere.
    pub fn take_over(&mut self, id: FileId, elsewhere: Elsewhere) -> Option<String> {
        let mut first = None;
        for known in elsewhere.0.into_iter().filter(|known| known.vault == id) {
            self.learn(Change::Inherited(Box::new(known.state)));
            first.get_or_insert(known.root);
        }
        first
    }
}

/// The files in the folder that are named as [`Pins::path`] names them.
fn pins_in(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(why) => return Err(StoreError::io(folder, "open")(why)),
    };
    let is_named = |name: &OsStr| {
        let bytes = name.as_encoded_bytes();
        bytes.len() == 32 && bytes.iter().all(u8::is_ascii_hexdigit)
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io(folder, "open"))?;
        if is_named(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}
