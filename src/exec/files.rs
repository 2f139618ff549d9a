//! Secrets as files in memory, for commands that read a path: for values too large or too binary
//! for a variable, and for programs that want it so.

use std::str::FromStr;

use thiserror::Error;

use super::env::ChildEnv;
use super::error::EnvError;
use super::merge::{EnvName, Merged};
use super::options::Options;
use crate::model::KeyName;
use crate::store::{RamError, RamFolder, RamMode, RamPurpose};

/// One `KEY[=NAME]` of the command line: a key to pass as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey {
    pub(super) key: KeyName,
    /// The variable that holds the path.
    pub(super) name: Option<KeyName>,
}

/// The text is not `KEY[=NAME]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a file is KEY or KEY=NAME, each of 1 to 64 letters, digits, `_` or `-`")]
pub struct InvalidFileKey;

impl FromStr for FileKey {
    type Err = InvalidFileKey;

    fn from_str(text: &str) -> Result<Self, InvalidFileKey> {
        let parse = |name: &str| name.parse().map_err(|_| InvalidFileKey);
        Ok(match text.split_once('=') {
            None => Self { key: parse(text)?, name: None },
            Some((key, name)) => Self { key: parse(key)?, name: Some(parse(name)?) },
        })
    }
}

/// The files of one command. They are gone when this is dropped.
#[derive(Debug)]
pub struct SecretFiles(RamFolder);

impl SecretFiles {
    /// Writes what `env` is to pass as files, readable by this user alone, and has its variables
    /// name them. `None` when there is nothing to write.
    ///
    /// # Errors
    /// [`RamError`]: there is no file system in memory, or no room on it.
    pub fn write(env: &mut ChildEnv<'_>) -> Result<Option<Self>, RamError> {
        if env.files().next().is_none() {
            return Ok(None);
        }
        let files = Self(RamFolder::create(RamPurpose::Exec)?);
        files.replace_all(env)?;
        Ok(Some(files))
    }

    /// Puts other values into the place of those that a running command may be reading: each file
    /// is the old one or the new one, whole, and their paths stay.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn replace_all(&self, env: &mut ChildEnv<'_>) -> Result<(), RamError> {
        for (_, key, value) in env.files() {
            self.0.replace(key.as_str(), value, RamMode::ReadOnly)?;
        }
        env.point_to(self.0.path());
        Ok(())
    }

    /// Removes them, and says if one stays.
    ///
    /// # Errors
    /// [`RamError::Io`].
    pub fn remove(self) -> Result<(), RamError> {
        self.0.remove()
    }
}

/// Takes out of the variables what is to be passed as a file: each under the name of the variable
/// that will hold its path, sorted by it.
pub(super) fn pick_files<'a>(
    merged: &mut Merged<'a>,
    options: &'a Options,
) -> Result<Merged<'a>, EnvError> {
    let mut files = Merged::with_capacity(options.files.len());
    for FileKey { key, name } in &options.files {
        let found = merged.iter().find(|(_, chosen)| chosen.key == key);
        let (own, chosen) = found.ok_or_else(|| EnvError::NoFile(key.clone()))?;
        let name = name.as_ref().map_or_else(|| own.with_suffix("_FILE"), EnvName::of_key);
        files.push((name, *chosen));
    }
    if files.is_empty() {
        return Ok(files);
    }
    merged.retain(|(_, chosen)| options.files.iter().all(|file| file.key != *chosen.key));
    files.sort_by(|(a, one), (b, other)| (a, one.key).cmp(&(b, other.key)));
    files.dedup_by(|(a, one), (b, other)| a == b && one.key == other.key);
    let twice = |name: &EnvName<'_>| files.iter().filter(|(other, _)| other == name).count() > 1;
    let taken = |name| merged.binary_search_by(|(other, _)| other.cmp(name)).is_ok();
    match files.iter().find(|(name, _)| taken(name) || twice(name)) {
        None => Ok(files),
        Some((name, chosen)) => Err(EnvError::FileNameTaken {
            key: chosen.key.clone(),
            name: name.as_os_str().to_string_lossy().into_owned(),
        }),
    }
}
