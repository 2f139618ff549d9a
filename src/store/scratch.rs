//! A private folder for plaintext on whatever file system temporary files are on. Nothing but a
//! person's explicit word leads here: see [`RamFolder`](super::RamFolder) for the right place.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zeroize::Zeroizing;

/// A folder of the owner's alone that is removed when dropped. What was in it can be found on the
/// disk for long after.
#[derive(Debug)]
pub struct DiskFolder(TempDir);

impl DiskFolder {
    /// Makes one.
    ///
    /// # Errors
    /// The system's.
    pub fn create() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("vault-edit.");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        builder.tempdir().map(Self)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Creates a file and returns where it is.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(bytes)?;
        Ok(path)
    }

    /// What a file holds, in a buffer that is never moved.
    ///
    /// # Errors
    /// The system's; a file larger than `limit`.
    pub fn read(&self, name: &str, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut file = File::open(self.path().join(name))?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if length > limit {
            return Err(io::Error::other(format!("it is larger than {limit} bytes")));
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
