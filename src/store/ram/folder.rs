//! A private folder in memory that goes away with its owner.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, open, openat, renameat, symlinkat, unlinkat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::places::{check, in_memory, is_ours, known};
use super::{RamError, RamMode, RamObstacle, RamPurpose};

/// Random letters and digits at the end of a folder's name.
const RANDOM: usize = 12;
/// A file on its way to another name.
const TEMPORARY: &str = ".vault-tmp";

/// A private folder in memory that goes away with its owner.
///
/// It is removed with everything in it when dropped, and when its owner was killed, by the next
/// process that creates one: a lock on its descriptor, which the kernel takes back from the dead,
/// tells a folder in use from one left behind. The descriptor is not inherited by commands.
pub struct RamFolder {
    path: PathBuf,
    lock: File,
}

impl RamFolder {
    /// Makes a folder on the first file system that says it is in memory, after it has removed
    /// those of ours whose owners are dead.
    ///
    /// `XDG_RUNTIME_DIR`, `/run/user/UID` and `/dev/shm` are tried, then `TMPDIR` and `/tmp`.
    ///
    /// # Errors
    /// [`RamError::NoRam`].
    pub fn create(purpose: RamPurpose) -> Result<Self, RamError> {
        Self::create_at_first_of(&known(), purpose)
    }

    pub(super) fn create_at_first_of(
        places: &[PathBuf],
        purpose: RamPurpose,
    ) -> Result<Self, RamError> {
        let fit: Vec<_> = places.iter().map(|place| check(place)).collect();
        for (place, _) in places.iter().zip(&fit).filter(|(_, fit)| fit.is_ok()) {
            sweep(place);
        }
        let mut tried = Vec::new();
        for (place, fit) in places.iter().zip(fit) {
            match fit.and_then(|()| Self::create_at(place, purpose)) {
                Ok(folder) => return Ok(folder),
                Err(why) => tried.push((place.clone(), why)),
            }
        }
        Err(RamError::NoRam { tried })
    }

    fn create_at(place: &Path, purpose: RamPurpose) -> Result<Self, RamObstacle> {
        const ATTEMPTS: usize = 16;
        for _ in 0..ATTEMPTS {
            let mut builder = tempfile::Builder::new();
            let private = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
            builder.prefix(prefix(purpose)).rand_bytes(RANDOM).permissions(private);
            let dir = builder.tempdir_in(place)?;
            // Before we have its lock, somebody who sweeps may think it was left behind.
            let Some(lock) = lock(dir.path())? else { continue };
            let about = lock.metadata()?;
            if about.nlink() == 0 {
                continue;
            }
            in_memory(&lock)?;
            return if is_ours(&about) {
                Ok(Self { path: dir.keep(), lock })
            } else {
                Err(RamObstacle::NotOurs)
            };
        }
        Err(RamObstacle::Vanishes)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with everything in it, as dropping it does, and says if that fails: whoever could
    /// write there may have seen to it.
    ///
    /// # Errors
    /// [`RamError::Io`].
    pub fn remove(self) -> Result<(), RamError> {
        clear(&self.path, &self.lock).map_err(io_error("remove", &self.path))
    }

    /// Creates a file and returns where it is.
    ///
    /// # Errors
    /// [`RamError::Io`], also when there is something of this name; [`RamError::Name`].
    pub fn write(
        &self,
        name: impl AsRef<OsStr>,
        bytes: &[u8],
        mode: RamMode,
    ) -> Result<PathBuf, RamError> {
        let path = self.path_of(name.as_ref())?;
        self.fill(name.as_ref(), bytes, mode).map_err(io_error("create", &path))?;
        Ok(path)
    }

    /// Puts a file into the place of another, or of none: whoever opens it finds the old one or
    /// the new one, whole.
    ///
    /// # Errors
    /// As [`write`](Self::write), but that there may be a file of this name.
    pub fn replace(
        &self,
        name: impl AsRef<OsStr>,
        bytes: &[u8],
        mode: RamMode,
    ) -> Result<PathBuf, RamError> {
        let path = self.path_of(name.as_ref())?;
        let replaced = self.fill(TEMPORARY.as_ref(), bytes, mode).and_then(|()| {
            renameat(&self.lock, TEMPORARY, &self.lock, name.as_ref()).map_err(io::Error::from)
        });
        if replaced.is_err() {
            let _: rustix::io::Result<()> = unlinkat(&self.lock, TEMPORARY, AtFlags::empty());
        }
        replaced.map_err(io_error("replace", &path))?;
        Ok(path)
    }

    /// Puts a link to something else into it. What it leads to stays when the folder goes.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn link(&self, name: impl AsRef<OsStr>, target: &Path) -> Result<PathBuf, RamError> {
        let path = self.path_of(name.as_ref())?;
        symlinkat(target, &self.lock, name.as_ref())
            .map_err(|why| io_error("create", &path)(why.into()))?;
        Ok(path)
    }

    /// What a file holds; links are not followed, and the buffer is never moved.
    ///
    /// # Errors
    /// [`RamError`]; a file that changes while it is read is [`RamError::Io`].
    pub fn read(
        &self,
        name: impl AsRef<OsStr>,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, RamError> {
        let path = self.path_of(name.as_ref())?;
        let failed = || io_error("read", &path);
        // A pipe must not make us wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match openat(&self.lock, name.as_ref(), flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP) => return Err(RamError::NotAFile(path)),
            Err(why) => return Err(failed()(why.into())),
        };
        let about = file.metadata().map_err(failed())?;
        if !about.is_file() {
            return Err(RamError::NotAFile(path));
        }
        let length = usize::try_from(about.len()).unwrap_or(usize::MAX);
        if length > limit {
            return Err(RamError::TooLarge { path, limit });
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        file.read_exact(&mut bytes).map_err(failed())?;
        if file.read(&mut [0]).map_err(failed())? != 0 {
            let grew = "it changed while it was read";
            return Err(failed()(io::Error::other(grew)));
        }
        Ok(bytes)
    }

    fn fill(&self, name: &OsStr, bytes: &[u8], mode: RamMode) -> io::Result<()> {
        let mode = Mode::from_raw_mode(match mode {
            RamMode::ReadOnly => 0o400,
            RamMode::ReadWrite => 0o600,
        });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let mut file = File::from(openat(&self.lock, name, flags | OFlags::CLOEXEC, mode)?);
        // The umask may have taken the owner's own bits.
        fchmod(&file, mode)?;
        let written = file.write_all(bytes);
        if written.is_err() {
            let _: rustix::io::Result<()> = unlinkat(&self.lock, name, AtFlags::empty());
        }
        written
    }

    fn path_of(&self, name: &OsStr) -> Result<PathBuf, RamError> {
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) if part == name && name != TEMPORARY => {
                Ok(self.path().join(name))
            }
            _ => Err(RamError::Name),
        }
    }
}

impl Drop for RamFolder {
    fn drop(&mut self) {
        // The lock is held until it is gone.
        let _: io::Result<()> = clear(&self.path, &self.lock);
    }
}

impl fmt::Debug for RamFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RamFolder").field(&self.path()).finish()
    }
}

fn prefix(purpose: RamPurpose) -> &'static str {
    match purpose {
        RamPurpose::Exec => "vault-exec.",
        RamPurpose::Edit => "vault-edit.",
        RamPurpose::Pull => "vault-pull.",
    }
}

/// Removes the folders of ours whose owners were killed. What cannot be removed stays for the next
/// time: nothing depends on it.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten().filter(|entry| is_of_vault(&entry.file_name())) {
        let path = entry.path();
        let Ok(Some(lock)) = lock(&path) else { continue };
        if lock.metadata().is_ok_and(|about| is_ours(&about)) {
            let _: io::Result<()> = clear(&path, &lock);
        }
    }
}

/// Removes a folder and what is in it, or at least every file that stands in it itself.
fn clear(path: &Path, lock: &File) -> io::Result<()> {
    // What an editor left running may write there in between.
    const ATTEMPTS: usize = 5;
    // Whoever wrote there may have closed it.
    let _: rustix::io::Result<()> = fchmod(lock, Mode::RWXU);
    let mut removed = remove(path);
    for _ in 1..ATTEMPTS {
        if removed.is_ok() {
            return Ok(());
        }
        removed = remove(path);
    }
    if let (Err(_), Ok(entries)) = (&removed, fs::read_dir(path)) {
        for entry in entries.flatten() {
            let _: io::Result<()> = fs::remove_file(entry.path());
        }
    }
    removed
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn is_of_vault(name: &OsString) -> bool {
    let purposes = [RamPurpose::Exec, RamPurpose::Edit, RamPurpose::Pull];
    purposes
        .into_iter()
        .filter_map(|purpose| name.to_str()?.strip_prefix(prefix(purpose)))
        .any(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The lock of a folder, or `None` when a living process has it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = File::from(open(path, flags, Mode::empty())?);
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RamError {
    let path = path.to_owned();
    move |why| RamError::Io { action, path, why }
}
