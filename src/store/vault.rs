//! A vault: its sets, and changing them under its lock.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::atomic::{self, Access};
use super::error::{self, Refusal, StoreError};
use super::layout::{FOLDER, TEAM, discover, heads_in, names_in, read_regular};
use super::sealed::conflict_marker;
use super::team::{MAX_TEAM_BYTES, Team};
use crate::crypto::Identities;
use crate::envelope::{MAX_FILE_BYTES, Opened, Sealed, server_in};
use crate::model::{Content, Kind, SetName};

/// What git is told about the files (design: reviewable diffs, merges by the driver). Without the
/// drivers git treats them as text, which is safe too.
const ATTRIBUTES: [&str; 2] = [
    "/.secrets/sets/*.toml text eol=lf diff=vault merge=vault",
    "/.secrets/pull/*.toml text eol=lf diff=vault merge=vault",
];

/// A `.secrets` folder that was found.
#[derive(Debug, Clone)]
pub struct Vault {
    root: PathBuf,
}

impl Vault {
    /// The nearest vault from `start`; see [`discover`].
    ///
    /// # Errors
    /// [`StoreError::NoVault`].
    pub fn find(start: &Path) -> Result<Self, StoreError> {
        Ok(Self { root: discover(start)? })
    }

    /// Makes a vault in `root`: the team file and what git is told.
    ///
    /// # Errors
    /// [`StoreError::VaultExists`]; [`StoreError::Io`].
    pub fn init(root: &Path, team: &Team) -> Result<Self, StoreError> {
        Self::none_in(root)?;
        let vault = Self { root: root.to_owned() };
        atomic::create_folder(&vault.folder(), Access::Shared)?;
        let _lock = atomic::claim(&vault.folder())?;
        vault.write_attributes()?;
        atomic::create(&vault.team_path(), team.render().as_bytes(), Access::Shared)?;
        Ok(vault)
    }

    /// Checks that `root` holds no vault. The folder alone, which an [`init`](Self::init) that was
    /// killed leaves, is none.
    ///
    /// # Errors
    /// [`StoreError::VaultExists`]; [`StoreError::Io`].
    pub fn none_in(root: &Path) -> Result<(), StoreError> {
        let folder = root.join(FOLDER);
        if names_in(&folder)?.iter().all(|(name, _)| atomic::is_temporary(name)) {
            return Ok(());
        }
        Err(StoreError::VaultExists(folder))
    }

    /// The folder that holds `.secrets`; manifests stand here.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The team file.
    ///
    /// # Errors
    /// [`StoreError::NoTeam`]; [`StoreError::Team`] with what is wrong and where.
    pub fn team(&self) -> Result<Team, StoreError> {
        let path = self.team_path();
        let Some(bytes) = read_regular(&path, 2, MAX_TEAM_BYTES)? else {
            return Err(StoreError::NoTeam(path));
        };
        Team::parse(&bytes).map_err(|why| StoreError::Team { path, why })
    }

    /// Whether the team file holds comments, which writing it anew would lose.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn team_has_comments(&self) -> Result<bool, StoreError> {
        let bytes = read_regular(&self.team_path(), 2, MAX_TEAM_BYTES)?.unwrap_or_default();
        // Neither names nor keys nor patterns can hold one.
        Ok(bytes.contains(&b'#'))
    }

    /// The names of the sets, sorted.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a file that is not what belongs there.
    pub fn sets(&self) -> Result<Vec<SetName>, StoreError> {
        self.names(Kind::Set)
    }

    /// The names of the pull secrets, sorted.
    ///
    /// # Errors
    /// As [`sets`](Self::sets).
    pub fn pull_secrets(&self) -> Result<Vec<SetName>, StoreError> {
        self.names(Kind::Pull)
    }

    /// The names of the pull secrets, sorted, each with the server it says it is for: from the
    /// beginning of its file, unproven, and `None` where that does not tell.
    ///
    /// # Errors
    /// As [`sets`](Self::sets).
    pub fn pull_servers(&self) -> Result<Vec<(SetName, Option<String>)>, StoreError> {
        let names = self.pull_secrets()?;
        let folder = self.folder().join(Kind::Pull.folder());
        let heads = heads_in(&folder, 2, names.iter().map(|name| format!("{name}.toml")));
        let server = |head: Vec<u8>| server_in(&head).map(str::to_owned);
        Ok(names.into_iter().zip(heads.into_iter().map(server)).collect())
    }

    /// Reads a file without opening it.
    ///
    /// # Errors
    /// As [`missing`](Self::missing); [`StoreError::Malformed`], [`StoreError::Refused`].
    pub fn read<T: Content>(&self, name: &SetName) -> Result<Sealed<T>, StoreError> {
        match self.try_read(name)? {
            Some(sealed) => Ok(sealed),
            None => Err(self.missing(T::KIND, name)),
        }
    }

    /// What to say of a file that is not there.
    pub fn missing(&self, kind: Kind, name: &SetName) -> StoreError {
        let name = name.clone();
        if self.path_of(error::other(kind), &name).is_file() {
            return StoreError::OtherKind { kind, name };
        }
        let known = self.names(kind);
        known.map_or_else(|why| why, |known| StoreError::NotFound { kind, name, known })
    }

    /// As [`read`](Self::read), with `None` when, and only when, there is no such file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn try_read<T: Content>(&self, name: &SetName) -> Result<Option<Sealed<T>>, StoreError> {
        let path = self.path_of(T::KIND, name);
        let Some(bytes) = read_regular(&path, 3, MAX_FILE_BYTES)? else { return Ok(None) };
        Sealed::parse(&bytes, name).map(Some).map_err(|why| match conflict_marker(&bytes) {
            Some(line) => StoreError::Unmerged { path, line },
            None => StoreError::Malformed { path, why },
        })
    }

    /// The bytes of whatever file stands at a path below `.secrets`; `None` when, and only when,
    /// there is none.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for what is no file, or too large for one of a vault;
    /// [`StoreError::Io`].
    pub fn bytes_of(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let inside = 1 + path.components().count();
        read_regular(&self.folder().join(path), inside, MAX_FILE_BYTES)
    }

    /// Opens a sealed file of this vault.
    ///
    /// # Errors
    /// [`StoreError::Open`].
    pub fn open<T: Content>(
        &self,
        sealed: Sealed<T>,
        identities: &Identities,
    ) -> Result<Opened<T>, StoreError> {
        let path = self.path_of(T::KIND, sealed.name());
        sealed.open(identities).map_err(|why| StoreError::Open { path, why })
    }

    /// Waits for the write lock; `waiting` is called if another process has it.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn lock(&self, waiting: impl FnOnce()) -> Result<Writer<'_>, StoreError> {
        Ok(Writer { vault: self, _lock: atomic::lock(&self.folder(), waiting)? })
    }

    /// The folder the vault is.
    pub fn folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// Where the team file stands.
    pub fn team_path(&self) -> PathBuf {
        self.folder().join(TEAM)
    }

    /// Where a file stands.
    pub fn path_of(&self, kind: Kind, name: &SetName) -> PathBuf {
        self.folder_of(kind).join(format!("{name}.toml"))
    }

    pub(super) fn folder_of(&self, kind: Kind) -> PathBuf {
        self.folder().join(kind.folder())
    }

    /// The names of the files of a kind, sorted.
    ///
    /// # Errors
    /// As [`sets`](Self::sets).
    pub fn names(&self, kind: Kind) -> Result<Vec<SetName>, StoreError> {
        let folder = self.folder_of(kind);
        let mut names: Vec<SetName> = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, file_type) in names_in(&folder)? {
            let Some(stem) = file.strip_suffix(".toml").filter(|_| !file.starts_with('.')) else {
                continue;
            };
            let refused = |why| StoreError::Refused { path: folder.join(&file), why };
            if !file_type.is_file() {
                return Err(refused(Refusal::NotRegular));
            }
            let name: SetName = stem.parse().map_err(|_| refused(Refusal::Name))?;
            if !seen.insert(stem.to_ascii_lowercase()) {
                return Err(refused(Refusal::Case));
            }
            names.push(name);
        }
        Ok(names)
    }

    fn write_attributes(&self) -> Result<(), StoreError> {
        const LIMIT: usize = 1 << 20;
        let path = self.root.join(".gitattributes");
        let mut text = read_regular(&path, 1, LIMIT)?.unwrap_or_default();
        let has =
            |line: &str| text.split(|b| *b == b'\n').any(|l| l.trim_ascii() == line.as_bytes());
        let missing: Vec<&str> = ATTRIBUTES.into_iter().filter(|line| !has(line)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if text.last().is_some_and(|b| *b != b'\n') {
            text.push(b'\n');
        }
        for line in missing {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        // By way of our own folder: what a kill leaves in the user's, nobody would remove.
        atomic::write_by_way_of(&self.folder(), &path, &text, Access::Shared)
    }
}

/// The right to change a vault: only one process at a time has it.
#[derive(Debug)]
pub struct Writer<'v> {
    pub(super) vault: &'v Vault,
    _lock: File,
}

impl<'v> Writer<'v> {
    /// The vault that is locked.
    pub fn vault(&self) -> &'v Vault {
        self.vault
    }

    /// Writes a file that must not be there yet.
    ///
    /// # Errors
    /// [`StoreError::Exists`], also for a name that differs only by case; [`StoreError::Io`].
    pub fn create<T: Content>(&self, sealed: &Sealed<T>) -> Result<(), StoreError> {
        let name = sealed.name();
        let names = self.vault.names(T::KIND)?;
        let taken = names.iter().find(|other| other.as_str().eq_ignore_ascii_case(name.as_str()));
        if let Some(taken) = taken {
            return Err(StoreError::Exists { kind: T::KIND, name: taken.clone() });
        }
        let path = self.vault.path_of(T::KIND, name);
        if let Some(folder) = path.parent() {
            atomic::create_folder(folder, Access::Shared)?;
            atomic::sweep(folder)?;
        }
        atomic::create(&path, &checked(sealed, &path)?, Access::Shared)
    }

    /// Writes a file that is there. The caller has read it under this lock.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn replace<T: Content>(&self, sealed: &Sealed<T>) -> Result<(), StoreError> {
        atomic::sweep(&self.vault.folder_of(T::KIND))?;
        self.write_over(sealed)
    }

    /// As [`replace`](Self::replace), for when others are being written at the same time: what
    /// writers leave behind is not looked at.
    pub(super) fn write_over<T: Content>(&self, sealed: &Sealed<T>) -> Result<(), StoreError> {
        let path = self.vault.path_of(T::KIND, sealed.name());
        atomic::write(&path, &checked(sealed, &path)?, Access::Shared)
    }

    /// Writes the team file. The caller has read it under this lock.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] when it would be larger than a reader accepts; [`StoreError::Io`].
    pub fn write_team(&self, team: &Team) -> Result<(), StoreError> {
        let (path, text) = (self.vault.team_path(), team.render());
        if text.len() > MAX_TEAM_BYTES {
            let (bytes, limit) = (text.len(), MAX_TEAM_BYTES);
            return Err(StoreError::TooLarge { path, bytes, limit });
        }
        atomic::sweep(&self.vault.folder())?;
        atomic::write(&path, text.as_bytes(), Access::Shared)
    }

    /// Removes a set.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Io`].
    pub fn delete(&self, kind: Kind, name: &SetName) -> Result<(), StoreError> {
        let path = self.vault.path_of(kind, name);
        let file = format!("{name}.toml");
        // Looked up in the folder, which must not be a link: nothing outside the vault is removed.
        let names = names_in(&self.vault.folder().join(kind.folder()))?;
        match names.into_iter().find(|(other, _)| *other == file) {
            Some((_, found)) if found.is_file() => atomic::remove(&path),
            Some(_) => Err(StoreError::Refused { path, why: Refusal::NotRegular }),
            None => {
                let known = self.vault.names(kind)?;
                Err(StoreError::NotFound { kind, name: name.clone(), known })
            }
        }
    }
}

/// The bytes to write, if a reader would accept that many.
fn checked<T: Content>(sealed: &Sealed<T>, path: &Path) -> Result<Vec<u8>, StoreError> {
    let bytes = sealed.render().into_bytes();
    if bytes.len() > MAX_FILE_BYTES {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            bytes: bytes.len(),
            limit: MAX_FILE_BYTES,
        });
    }
    Ok(bytes)
}
