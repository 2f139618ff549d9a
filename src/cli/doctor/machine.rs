//! What is the person's own on this machine: programs, identity, settings, and memory.

use std::path::Path;

use vault::edit::{Confinement, available};
use vault::store::{RamFolder, RamPurpose};

use super::{Check, Level};
use crate::cli::config::{self, Config};
use crate::cli::git::{PROGRAM_CURE, program_of_git};
use crate::cli::{open, places};

pub(super) fn checks() -> Vec<Check> {
    vec![program(), identity(), configuration(), state(), memory(), editor(), swap()]
}

/// git and docker start whatever is called vault.
fn program() -> Check {
    const NAME: &str = "program";
    match program_of_git() {
        Ok(path) => Check::ok(NAME, format!("{} is a vault that git can use", path.display())),
        Err(why) => Check::found(NAME, Level::Warning, why, PROGRAM_CURE),
    }
}

fn identity() -> Check {
    const NAME: &str = "identity";
    let Ok(path) = open::default_identity() else {
        let cure = "set HOME, or name an identity with -i FILE";
        return Check::found(NAME, Level::Warning, "there is no place for an identity", cure);
    };
    let shown = path.display();
    match std::fs::metadata(&path) {
        Ok(data) if !data.is_file() => {
            let text = format!("{shown} is not a file");
            Check::found(
                NAME,
                Level::Error,
                text,
                "put an identity there, or name one with -i FILE",
            )
        }
        Ok(data) if is_open_to_others(&data) => Check::found(
            NAME,
            Level::Error,
            format!("others on this machine may read or change {shown}"),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => Check::ok(NAME, format!("{shown} is for its owner alone")),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("there is none at {shown}");
            Check::found(NAME, Level::Note, text, "`vault keygen` makes one; -i FILE names another")
        }
        Err(why) => {
            let cure = "see who owns it, and the folders it is in";
            Check::found(NAME, Level::Error, format!("{shown}: {why}"), cure)
        }
    }
}

#[cfg(unix)]
fn is_open_to_others(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    data.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

fn configuration() -> Check {
    const NAME: &str = "config";
    match Config::of_person() {
        Err(why) => Check::found(NAME, Level::Error, why.message(), "correct it, or remove it"),
        Ok(_) => match config::path().filter(|path| path.is_file()) {
            Some(path) => Check::ok(NAME, format!("{} is in form", path.display())),
            None => Check::ok(NAME, "there is none, which is as good"),
        },
    }
}

/// Without it a file that was exchanged goes unnoticed.
fn state() -> Check {
    const NAME: &str = "state";
    const CURE: &str = "let vault write there: without it a file that was exchanged goes unnoticed";
    let Some(folder) = places::state_folder() else {
        let text =
            "there is no place to remember what was seen: neither XDG_STATE_HOME nor HOME is set";
        return Check::found(NAME, Level::Warning, text, CURE);
    };
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    if there.is_dir() && can_be_written(there) {
        Check::ok(NAME, format!("what was seen is remembered in {}", folder.display()))
    } else {
        let text = format!("{} cannot be written", there.display());
        Check::found(NAME, Level::Warning, text, CURE)
    }
}

#[cfg(unix)]
fn can_be_written(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn can_be_written(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|data| !data.permissions().readonly())
}

fn memory() -> Check {
    const NAME: &str = "memory";
    match RamFolder::create(RamPurpose::Edit) {
        Ok(folder) => {
            let place = folder.path().parent().unwrap_or(folder.path()).display().to_string();
            Check::ok(NAME, format!("plaintext for programs stays in memory, in {place}"))
        }
        Err(why) => {
            let cure = why.hint().unwrap_or_else(|| "use a system that has one".to_owned());
            let text = format!("no `vault edit`, no `exec --file`: {why}");
            Check::found(NAME, Level::Warning, text, cure)
        }
    }
}

fn editor() -> Check {
    const NAME: &str = "editor";
    match available() {
        Confinement::Confined => Check::ok(NAME, "the kernel keeps editors from writing elsewhere"),
        Confinement::Free => Check::found(
            NAME,
            Level::Note,
            "the kernel does not keep editors from writing elsewhere (Landlock)",
            "a Linux of 5.13 or later with Landlock does; meanwhile mind what your editor keeps",
        ),
    }
}

/// What stands in memory may be written to a disk.
fn swap() -> Check {
    const NAME: &str = "swap";
    let Ok(text) = std::fs::read_to_string("/proc/swaps") else {
        return Check::unknown(NAME, &"this system does not say");
    };
    let devices = text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let disks: Vec<&str> = devices.filter(|device| !stays_secret(device)).collect();
    if disks.is_empty() {
        return Check::ok(NAME, "memory is not written to a disk in clear");
    }
    Check::found(
        NAME,
        Level::Note,
        format!("memory may be written to {}", disks.join(", ")),
        "encrypt it, or use zram instead",
    )
}

/// Compressed memory, or an encrypted device.
fn stays_secret(device: &str) -> bool {
    let name = device.rsplit('/').next().unwrap_or(device);
    let uuid = std::fs::read_to_string(format!("/sys/block/{name}/dm/uuid"));
    name.starts_with("zram") || uuid.is_ok_and(|uuid| uuid.starts_with("CRYPT-"))
}
