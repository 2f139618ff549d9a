//! Folders in memory, each test below a folder of its own in /dev/shm.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

const PURPOSE: RamPurpose = RamPurpose::Exec;

/// A place in memory that no other test and no other vault sweeps.
fn place() -> TempDir {
    TempDir::new_in("/dev/shm").expect("these tests need a tmpfs on /dev/shm")
}

fn folder_in(place: &Path) -> RamFolder {
    RamFolder::create_at_first_of(&[place.to_owned()], PURPOSE).unwrap()
}

fn names_in(place: &Path) -> Vec<String> {
    let names = fs::read_dir(place).unwrap();
    let mut names: Vec<_> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder whose owner is dead: nothing holds its lock.
fn left_behind(place: &Path, name: &str) -> PathBuf {
    let left = place.join(name);
    fs::create_dir(&left).unwrap();
    File::create(left.join("KEY")).unwrap().write_all(b"canary").unwrap();
    left
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_folder_is_the_owners_alone_and_so_are_its_files() {
    let place = place();
    let folder = folder_in(place.path());
    assert_eq!(mode(folder.path()), 0o700);
    let key = folder.write("KEY", b"a\0b", RamMode::ReadOnly).unwrap();
    let text = folder.write("text.toml", b"", RamMode::ReadWrite).unwrap();
    assert_eq!((mode(&key), mode(&text)), (0o400, 0o600));
    assert_eq!(fs::read(&key).unwrap(), b"a\0b");
    assert_eq!(key, folder.path().join("KEY"));
}

#[test]
fn a_folder_goes_away_with_everything_that_was_put_into_it() {
    let (place, outside) = (place(), place());
    let kept = outside.path().join("kept");
    File::create(&kept).unwrap();
    let folder = folder_in(place.path());
    folder.write("KEY", b"x", RamMode::ReadOnly).unwrap();
    fs::create_dir_all(folder.path().join("swap/deep")).unwrap();
    File::create(folder.path().join("swap/deep/.KEY.swp")).unwrap();
    symlink(outside.path(), folder.path().join("link")).unwrap();
    drop(folder);
    assert!(names_in(place.path()).is_empty());
    assert!(kept.exists());
}

/// To root no folder is closed, so as root this shows little.
#[test]
fn a_folder_that_was_closed_by_who_used_it_goes_away_too() {
    let place = place();
    let folder = folder_in(place.path());
    folder.write("KEY", b"x", RamMode::ReadOnly).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o0)).unwrap();
    folder.remove().unwrap();
    assert!(names_in(place.path()).is_empty());
}

#[test]
fn a_folder_whose_owner_was_killed_is_swept_and_one_in_use_is_not() {
    let place = place();
    let in_use = folder_in(place.path());
    let left: Vec<_> = ["vault-exec.", "vault-edit.", "vault-pull."]
        .map(|purpose| left_behind(place.path(), &format!("{purpose}aB3456789012")))
        .into_iter()
        .collect();
    let new = folder_in(place.path());
    assert!(left.iter().all(|left| !left.exists()));
    assert!(in_use.path().exists() && new.path().exists());
}

#[test]
fn nothing_is_swept_that_vault_did_not_make() {
    let (place, outside) = (place(), place());
    let kept = outside.path().join("kept");
    File::create(&kept).unwrap();
    let other = ["vault-exec.short", "vault-exec.a/b", "vault-else.aB3456789012", "aB3456789012"];
    for name in other.iter().filter(|name| !name.contains('/')) {
        left_behind(place.path(), name);
    }
    symlink(outside.path(), place.path().join("vault-exec.link56789012")).unwrap();
    File::create(place.path().join("vault-exec.file56789012")).unwrap();
    let before = names_in(place.path());
    drop(folder_in(place.path()));
    assert_eq!(names_in(place.path()), before);
    assert!(kept.exists());
}

/// The lock is on a descriptor, and a command that had it would keep a dead vault's folder alive.
#[test]
fn a_command_does_not_inherit_the_folders_descriptor() {
    let place = place();
    let folder = folder_in(place.path());
    let list = "for fd in /proc/$$/fd/*; do readlink $fd; done; true";
    let out = Command::new("sh").args(["-c", list]).stderr(Stdio::null()).output().unwrap();
    let open = String::from_utf8(out.stdout).unwrap();
    assert!(!open.is_empty() && !open.contains(folder.path().to_str().unwrap()), "{open}");
}

#[test]
fn a_place_is_taken_for_what_its_file_system_says_and_not_for_its_name() {
    let (open, place) = (place(), place());
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o777)).unwrap();
    // What the tests are built into is on a disk.
    let on_disk = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let unfit = [on_disk, "relative".into(), "/none".into(), open.path().into()];
    let Err(RamError::NoRam { tried }) = RamFolder::create_at_first_of(&unfit, PURPOSE) else {
        panic!("a place was taken")
    };
    let why: Vec<_> = tried.iter().map(|(_, why)| why).collect();
    assert!(
        matches!(
            why[..],
            [
                RamObstacle::NotInMemory,
                RamObstacle::Relative,
                RamObstacle::Io(_),
                RamObstacle::Shared
            ]
        ),
        "{why:?}"
    );
    let words = RamError::NoRam { tried }.to_string();
    for part in [
        "there is no file system in memory to put it on: /",
        " is not in memory; relative is not absolute; /none: No such file or directory",
        " can be changed by others",
    ] {
        assert!(words.contains(part), "{words}");
    }
    let mut places = unfit.to_vec();
    places.push(place.path().to_owned());
    let folder = RamFolder::create_at_first_of(&places, PURPOSE).unwrap();
    assert!(folder.path().starts_with(place.path()));
    assert!(names_in(open.path()).is_empty());
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    let place = place();
    let folder = folder_in(place.path());
    for name in ["", ".", "..", "a/b", "../a", "/a", "a/", "./a", ".vault-tmp"] {
        for failed in [
            folder.write(name, b"", RamMode::ReadOnly).unwrap_err(),
            folder.replace(name, b"", RamMode::ReadOnly).unwrap_err(),
            folder.read(name, 9).unwrap_err(),
        ] {
            assert!(matches!(failed, RamError::Name), "{name:?} {failed}");
        }
    }
    assert!(folder.write("a\0b", b"", RamMode::ReadOnly).is_err());
}

#[test]
fn a_file_is_created_once_and_through_no_link() {
    let place = place();
    let folder = folder_in(place.path());
    folder.write("KEY", b"old", RamMode::ReadOnly).unwrap();
    folder.write("KEY", b"new", RamMode::ReadOnly).unwrap_err();
    assert_eq!(*folder.read("KEY", 9).unwrap(), b"old");
    symlink(place.path().join("target"), folder.path().join("link")).unwrap();
    folder.write("link", b"new", RamMode::ReadOnly).unwrap_err();
    assert!(!place.path().join("target").exists());
}

#[test]
fn a_replaced_file_is_another_file_and_whoever_has_the_old_one_open_keeps_it() {
    let place = place();
    let folder = folder_in(place.path());
    let path = folder.write("KEY", b"old", RamMode::ReadOnly).unwrap();
    let open = File::open(&path).unwrap();
    assert_eq!(folder.replace("KEY", b"newer", RamMode::ReadOnly).unwrap(), path);
    assert_eq!(io::read_to_string(open).unwrap(), "old");
    assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (&b"newer"[..], 0o400));
    assert_eq!(names_in(folder.path()), ["KEY"]);
    // What cannot be replaced leaves nothing beside it.
    fs::create_dir(folder.path().join("folder")).unwrap();
    folder.replace("folder", b"x", RamMode::ReadOnly).unwrap_err();
    assert_eq!(names_in(folder.path()), ["KEY", "folder"]);
}

#[test]
fn only_a_regular_file_of_bounded_size_is_read() {
    let place = place();
    let folder = folder_in(place.path());
    folder.write("KEY", b"12345", RamMode::ReadWrite).unwrap();
    assert_eq!(*folder.read("KEY", 5).unwrap(), b"12345");
    assert!(matches!(folder.read("KEY", 4), Err(RamError::TooLarge { limit: 4, .. })));
    assert!(matches!(folder.read("none", 4), Err(RamError::Io { .. })));
    symlink("KEY", folder.path().join("link")).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["link", "folder", "pipe"] {
        assert!(matches!(folder.read(name, 9), Err(RamError::NotAFile(_))), "{name}");
    }
}
