//! File systems on which a change can come from elsewhere, without an event here.

use std::path::Path;

/// Numbers of Linux' `statfs` (linux/magic.h and the file systems' own headers).
#[cfg(target_os = "linux")]
const SILENT: [(u32, &str); 17] = [
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x0102_1997, "9p"),
    // virtiofs too.
    (0x6573_5546, "fuse"),
    // A change in a lower layer.
    (0x794C_7630, "overlay"),
    (0x6175_6673, "aufs"),
    (0xF15F, "ecryptfs"),
    (0x786F_4256, "vboxsf"),
    (0x00C3_6400, "ceph"),
    (0x5346_414F, "afs"),
    (0x7375_7245, "coda"),
    (0x0BD0_0BD0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636F, "ocfs2"),
];

/// Whether changes to what stands here may go unannounced; also if that cannot be told.
#[cfg(target_os = "linux")]
pub(super) fn is_silent(path: &Path) -> bool {
    let Ok(found) = rustix::fs::statfs(path) else { return true };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of 32 bits, whose type differs between systems"
    )]
    let number = found.f_type as u32;
    SILENT.iter().any(|(silent, _)| *silent == number)
}

/// Elsewhere it is not known, and kqueue sees changes in a folder, not those in its files.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_silent(_: &Path) -> bool {
    true
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_could_be_anything_and_proc_is_no_network() {
        assert!(is_silent(Path::new("/no/such/folder")));
        assert!(!is_silent(Path::new("/proc")));
    }
}
