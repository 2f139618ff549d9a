//! Where no file system in memory is known.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{RamError, RamMode, RamPurpose};

/// A private folder in memory, of which there is none on this system.
#[derive(Debug)]
pub struct RamFolder(Infallible);

impl RamFolder {
    /// Never makes one.
    ///
    /// # Errors
    /// [`RamError::NoRam`], always.
    pub fn create(_: RamPurpose) -> Result<Self, RamError> {
        Err(RamError::NoRam { tried: Vec::new() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self.0 {}
    }

    /// Removes it.
    ///
    /// # Errors
    /// None: there is no folder to ask.
    pub fn remove(self) -> Result<(), RamError> {
        match self.0 {}
    }

    /// Creates a file and returns where it is.
    ///
    /// # Errors
    /// None: there is no folder to ask.
    pub fn write(&self, _: impl AsRef<OsStr>, _: &[u8], _: RamMode) -> Result<PathBuf, RamError> {
        match self.0 {}
    }

    /// Puts a file into the place of another.
    ///
    /// # Errors
    /// None: there is no folder to ask.
    pub fn replace(&self, _: impl AsRef<OsStr>, _: &[u8], _: RamMode) -> Result<PathBuf, RamError> {
        match self.0 {}
    }

    /// Puts a link to something else into it.
    ///
    /// # Errors
    /// None: there is no folder to ask.
    pub fn link(&self, _: impl AsRef<OsStr>, _: &Path) -> Result<PathBuf, RamError> {
        match self.0 {}
    }

    /// What a file holds.
    ///
    /// # Errors
    /// None: there is no folder to ask.
    pub fn read(&self, _: impl AsRef<OsStr>, _: usize) -> Result<Zeroizing<Vec<u8>>, RamError> {
        match self.0 {}
    }
}
