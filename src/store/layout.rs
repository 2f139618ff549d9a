//! Where things are: finding the vault, and reading files without following a link out of it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::{Refusal, StoreError};

/// The folder a vault is.
pub const FOLDER: &str = ".secrets";

/// The one file that every vault has.
pub(super) const TEAM: &str = "team.toml";

/// As much of a file as its first two tables need.
#[cfg(unix)]
const HEAD_BYTES: usize = 1024;

/// The folder that holds the nearest `.secrets`, from `start` up to the root of the git work tree
/// and never above it; outside git, up to the first folder that is not the caller's own.
///
/// A `.git` or `.secrets` that another user put there counts for nothing, as in git: in a folder
/// that many can write to, anyone could make others encrypt for them. (Root looks at everything.)
///
/// # Errors
/// [`StoreError::NoVault`], or [`StoreError::Refused`] where `.secrets` is a link or another
/// user's.
pub fn discover(start: &Path) -> Result<PathBuf, StoreError> {
    let start = fs::canonicalize(start).map_err(StoreError::io(start, "open"))?;
    let is_root =
        |dir: &&Path| fs::symlink_metadata(dir.join(".git")).is_ok_and(|git| is_trusted(&git));
    let root = start.ancestors().find(is_root);
    for dir in start.ancestors() {
        let folder = dir.join(FOLDER);
        match fs::symlink_metadata(&folder) {
            Ok(meta) if !is_trusted(&meta) => {
                return Err(StoreError::Refused { path: folder, why: Refusal::Owner });
            }
            Ok(meta) if meta.is_dir() => return Ok(dir.to_owned()),
            Ok(_) => return Err(StoreError::Refused { path: folder, why: Refusal::NotRegular }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io(&folder, "look at")(error)),
        }
        // `.secrets` may itself be the repository that this is in.
        let above = dir.parent().filter(|_| dir.file_name() == Some(FOLDER.as_ref()));
        if let (Some(above), true) = (above, root == Some(dir) && dir.join(TEAM).is_file()) {
            return Ok(above.to_owned());
        }
        let is_own = || fs::symlink_metadata(dir).is_ok_and(|meta| is_callers(&meta));
        if root == Some(dir) || (root.is_none() && !is_own()) {
            break;
        }
    }
    Err(StoreError::NoVault(start))
}

/// The bytes of a regular file of at most `limit` bytes, without following a link in the last
/// `inside` parts of its path. `None` only when it is not there.
pub(super) fn read_regular(
    path: &Path,
    inside: usize,
    limit: usize,
) -> Result<Option<Vec<u8>>, StoreError> {
    let refused = |why| StoreError::Refused { path: path.to_owned(), why };
    let mut file = match open_no_link(path, inside) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link_error(&error) => return Err(refused(Refusal::NotRegular)),
        Err(error) => return Err(StoreError::io(path, "open")(error)),
    };
    let meta = file.metadata().map_err(StoreError::io(path, "look at"))?;
    if !meta.is_file() {
        return Err(refused(Refusal::NotRegular));
    }
    let size = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if size > limit {
        return Err(refused(Refusal::TooLarge));
    }
    let mut bytes = Vec::with_capacity(size + 1);
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    Read::by_ref(&mut file)
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(StoreError::io(path, "read"))?;
    // It may have grown since it was measured.
    if bytes.len() > limit { Err(refused(Refusal::TooLarge)) } else { Ok(Some(bytes)) }
}

/// The names in a folder, sorted; none when it is not there.
pub(super) fn names_in(folder: &Path) -> Result<Vec<(String, fs::FileType)>, StoreError> {
    let meta = match fs::symlink_metadata(folder) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder, "look at")(error)),
    };
    if !meta.is_dir() {
        return Err(StoreError::Refused { path: folder.to_owned(), why: Refusal::NotRegular });
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(StoreError::io(folder, "list"))? {
        let entry = entry.map_err(StoreError::io(folder, "list"))?;
        let kind = entry.file_type().map_err(StoreError::io(&entry.path(), "look at"))?;
        names.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(names)
}

/// The first bytes of files in a folder, which is found as in [`read_regular`]; empty for what
/// cannot be read so. The folder is opened once: the way to it costs more than a file.
#[cfg(unix)]
pub(super) fn heads_in(
    folder: &Path,
    inside: usize,
    files: impl Iterator<Item = String>,
) -> Vec<Vec<u8>> {
    use rustix::fs::{Mode, OFlags, openat};
    let folder = open_no_link(folder, inside);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let head = |file: String| {
        let mut bytes = vec![0; HEAD_BYTES];
        let read = folder.as_ref().ok().and_then(|folder| {
            let mut file = File::from(openat(folder, file, flags, Mode::empty()).ok()?);
            file.read(&mut bytes).ok()
        });
        bytes.truncate(read.unwrap_or(0));
        bytes
    };
    files.map(head).collect()
}

/// Nothing is told before the whole file is read.
#[cfg(not(unix))]
pub(super) fn heads_in(_: &Path, _: usize, files: impl Iterator<Item = String>) -> Vec<Vec<u8>> {
    files.map(|_| Vec::new()).collect()
}

/// Whether the folder, or the nearest above it that is there, is the caller's: what root put into
/// a user's home, the user could not read any more.
pub(super) fn own(folder: &Path) -> Result<(), StoreError> {
    let there = folder.ancestors().find_map(|dir| Some((dir, fs::metadata(dir).ok()?)));
    match there {
        Some((dir, meta)) if !is_callers(&meta) => {
            Err(StoreError::Refused { path: dir.to_owned(), why: Refusal::Owner })
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn is_callers(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    meta.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn is_trusted(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    trusts(rustix::process::geteuid().as_raw(), meta.uid())
}

/// Whether a user lets `.git` and `.secrets` of this owner decide: their own, and what the system's
/// administrator made. Root, as in a container with the work tree of someone outside, trusts all.
#[cfg(unix)]
fn trusts(user: u32, owner: u32) -> bool {
    owner == user || owner == 0 || user == 0
}

#[cfg(not(unix))]
fn is_callers(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn is_trusted(_: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_link_error(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // A link where a file (LOOP) or a folder (NOTDIR) should be, or a socket (NXIO).
    [Errno::LOOP, Errno::NOTDIR, Errno::NXIO, Errno::MLINK]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Opens part by part, each relative to the one before, so that no part can be a link even if the
/// tree changes meanwhile. `NONBLOCK`: a pipe must not hang us before we see that it is one.
#[cfg(unix)]
fn open_no_link(path: &Path, inside: usize) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let parts: Vec<_> = path.iter().collect();
    let split = parts.len().saturating_sub(inside.max(1));
    let (outer, inner) = parts.split_at_checked(split).unwrap_or((&[], &parts));
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let outer: PathBuf = outer.iter().collect();
    let outer = if outer.as_os_str().is_empty() { PathBuf::from(".") } else { outer };
    let mut at = open(&outer, folder, Mode::empty())?;
    for (index, part) in inner.iter().enumerate() {
        let last = index + 1 == inner.len();
        let file = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let flags = if last { file } else { folder };
        at = openat(&at, *part, flags | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(File::from(at))
}

#[cfg(not(unix))]
fn is_link_error(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidInput
}

#[cfg(not(unix))]
fn open_no_link(path: &Path, inside: usize) -> io::Result<File> {
    for part in path.ancestors().take(inside) {
        if fs::symlink_metadata(part)?.file_type().is_symlink() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
    }
    File::open(path)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::trusts;

    #[test]
    fn another_users_vault_decides_nothing_for_us() {
        assert!(trusts(1000, 1000));
        assert!(trusts(1000, 0));
        assert!(trusts(0, 1000));
        assert!(!trusts(1000, 1001));
    }
}
