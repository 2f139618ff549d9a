//! Where file systems in memory are found, and whether one is fit to hold a private folder.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, fstatfs, open};
use rustix::process::geteuid;

use super::RamObstacle;

/// `TMPFS_MAGIC` and `RAMFS_MAGIC` of linux/magic.h.
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// The bits of a folder's mode by which others may change it, unless they are kept to their own.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// The places to try, the most private first.
pub(super) fn known() -> Vec<PathBuf> {
    let named =
        |variable| std::env::var_os(variable).filter(|at| !at.is_empty()).map(PathBuf::from);
    let all = [
        named("XDG_RUNTIME_DIR"),
        Some(PathBuf::from(format!("/run/user/{}", geteuid().as_raw()))),
        Some(PathBuf::from("/dev/shm")),
        named("TMPDIR"),
        Some(PathBuf::from("/tmp")),
    ];
    let mut places = Vec::with_capacity(all.len());
    for place in all.into_iter().flatten() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Whether files there are in memory and nobody but us and root can exchange them.
pub(super) fn check(place: &Path) -> Result<(), RamObstacle> {
    if !place.is_absolute() {
        return Err(RamObstacle::Relative);
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = File::from(open(place, flags, Mode::empty()).map_err(io::Error::from)?);
    in_memory(&folder)?;
    let about = folder.metadata()?;
    if about.uid() != 0 && !is_ours(&about) {
        return Err(RamObstacle::NotOurs);
    }
    if about.mode() & OTHERS_WRITE != 0 && about.mode() & STICKY == 0 {
        return Err(RamObstacle::Shared);
    }
    Ok(())
}

/// Asks the file system that the descriptor is of.
pub(super) fn in_memory(folder: impl AsFd) -> Result<(), RamObstacle> {
    let kind = fstatfs(folder).map_err(io::Error::from)?.f_type;
    // The field is 64 bits wide on some machines, and 32 with a sign on others.
    let is = IN_MEMORY.iter().any(|magic| i128::from(kind) & 0xffff_ffff == i128::from(*magic));
    if is { Ok(()) } else { Err(RamObstacle::NotInMemory) }
}

pub(super) fn is_ours(about: &Metadata) -> bool {
    about.uid() == geteuid().as_raw()
}
