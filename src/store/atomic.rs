//! Writing a file so that whoever looks sees the old one or the new one, and never neither.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::error::StoreError;
use super::layout::names_in;

/// How temporary files are called: hidden from listings, and still `.toml`, since nothing else
/// ever stands in a vault. They hold what the file will hold, so never plaintext of a vault.
const TEMPORARY: (&str, &str) = (".tmp-", ".toml");

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the umask says: for ciphertext and public text.
    Shared,
    /// The owner alone: for identities.
    Private,
}

/// Takes the vault's write lock: flock on the folder itself, so that it leaves no file behind and
/// ends with the process.
pub(super) fn lock(folder: &Path, waiting: impl FnOnce()) -> Result<File, StoreError> {
    let file = open_folder(folder).map_err(StoreError::io(folder, "open"))?;
    if file.try_lock().is_err() {
        waiting();
        file.lock().map_err(StoreError::io(folder, "lock"))?;
    }
    Ok(file)
}

/// Takes the write lock of a folder that is vault's own, and removes what a killed writer left.
/// `None` where folders cannot be locked; then nothing is removed either.
///
/// # Errors
/// [`StoreError::Io`].
pub fn claim(folder: &Path) -> Result<Option<File>, StoreError> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let held = lock(folder, || ())?;
    sweep(folder)?;
    Ok(Some(held))
}

/// Replaces or creates `path`. The caller holds the lock that guards it.
///
/// # Errors
/// [`StoreError::Io`]: the old file stands. [`StoreError::NotDurable`]: the new file stands, but
/// may be gone after a power failure.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), StoreError> {
    write_by_way_of(path.parent().unwrap_or(Path::new(".")), path, bytes, access)
}

/// As [`write()`], with the temporary file in another folder of the same file system.
///
/// # Errors
/// As [`write()`].
pub fn write_by_way_of(
    way: &Path,
    path: &Path,
    bytes: &[u8],
    access: Access,
) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = || StoreError::io(path, "write");
    let mut temporary = create_temporary(way, access).map_err(failed())?;
    temporary.write_all(bytes).map_err(failed())?;
    keep_owner_and_mode(path, temporary.as_file()).map_err(failed())?;
    temporary.as_file().sync_all().map_err(failed())?;
    temporary.persist(path).map_err(|error| failed()(error.error))?;
    flush_folder(folder).map_err(|why| StoreError::NotDurable { path: path.to_owned(), why })
}

/// Creates `path`, which must not be there.
///
/// # Errors
/// [`StoreError::Io`] with [`io::ErrorKind::AlreadyExists`] when it is; else as [`write()`].
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = || StoreError::io(path, "create");
    if !create_unnamed(folder, path, bytes, access).map_err(failed())? {
        let mut temporary = create_temporary(folder, access).map_err(failed())?;
        temporary.write_all(bytes).map_err(failed())?;
        temporary.as_file().sync_all().map_err(failed())?;
        temporary.persist_noclobber(path).map_err(|error| failed()(error.error))?;
    }
    flush_folder(folder).map_err(|why| StoreError::NotDurable { path: path.to_owned(), why })
}

/// Creates `path` from a file that has no name before it is whole, so that a kill leaves nothing:
/// what is written may be a private key. `false` where the file system cannot do that.
#[cfg(target_os = "linux")]
fn create_unnamed(folder: &Path, path: &Path, bytes: &[u8], access: Access) -> io::Result<bool> {
    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use rustix::io::Errno;
    use std::os::fd::AsRawFd;
    let mode = match access {
        Access::Shared => Mode::from_raw_mode(0o666),
        Access::Private => Mode::from_raw_mode(0o600),
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let unnamed = match open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode) {
        Ok(unnamed) => unnamed,
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let mut file = File::from(unnamed);
    file.write_all(bytes)?;
    file.sync_all()?;
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, name, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(true),
        // Without /proc the file cannot be named this way.
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn create_unnamed(_: &Path, _: &Path, _: &[u8], _: Access) -> io::Result<bool> {
    Ok(false)
}

/// Makes a folder and those above it.
///
/// # Errors
/// [`StoreError::Io`].
pub fn create_folder(path: &Path, access: Access) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if access == Access::Private {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.create(path).map_err(StoreError::io(path, "create"))?;
    let above = path.parent().unwrap_or(Path::new("."));
    flush_folder(above).map_err(|why| StoreError::NotDurable { path: path.to_owned(), why })
}

/// Removes a file. The caller holds the lock that guards it.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::remove_file(path).map_err(StoreError::io(path, "delete"))?;
    flush_folder(folder).map_err(|why| StoreError::NotDurable { path: path.to_owned(), why })
}

/// Removes what a killed writer left. Only under the lock: a living writer holds it.
pub(super) fn sweep(folder: &Path) -> Result<(), StoreError> {
    for (name, kind) in names_in(folder)? {
        if kind.is_file() && is_temporary(&name) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(StoreError::io(&path, "delete"))?;
        }
    }
    Ok(())
}

/// Whether a file of this name was never finished.
pub fn is_temporary(name: &str) -> bool {
    let (prefix, suffix) = TEMPORARY;
    name.starts_with(prefix) && name.ends_with(suffix)
}

fn create_temporary(folder: &Path, access: Access) -> io::Result<tempfile::NamedTempFile> {
    let (prefix, suffix) = TEMPORARY;
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(suffix);
    #[cfg(unix)]
    if access == Access::Shared {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn keep_owner_and_mode(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let old = match fs::symlink_metadata(path) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let new = file.metadata()?;
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        let owner = Some(rustix::fs::Uid::from_raw(old.uid()));
        let group = Some(rustix::fs::Gid::from_raw(old.gid()));
        // Only root may give files away; for anyone else the new file is simply theirs.
        let _: rustix::io::Result<()> = rustix::fs::fchown(file, owner, group);
    }
    // Of a link the mode says nothing, and no file of ours runs as its owner.
    if !old.is_file() || old.mode() == new.mode() {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn open_folder(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(open(folder, flags, Mode::empty())?))
}

/// Windows locks files, not folders, and opens folders only with this flag
/// (`FILE_FLAG_BACKUP_SEMANTICS`); the team file, which always exists, stands in for the folder.
#[cfg(not(unix))]
fn open_folder(folder: &Path) -> io::Result<File> {
    File::open(folder.join("team.toml"))
}

#[cfg(unix)]
fn flush_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
