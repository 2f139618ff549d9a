//! Where nobody announces a change.

use std::process::Command;

use super::{SERVER, Watched, house, sh, write};
use crate::house::{House, VAULT};

/// vault in a mount namespace of its own, after some preparation there.
fn watched_after(house: &House, prepare: &str) -> Watched {
    let mut command: Command = house.command("unshare");
    let script = format!("{prepare}; exec {VAULT} exec --watch web -- sh -c '{SERVER}'");
    command.args(["--map-root-user", "--mount", "sh", "-ec", &script]);
    Watched::of(command)
}

/// Two changes made where vault's file system does not see them being made.
fn sees_changes(house: &House, watched: &Watched) {
    watched.says("start A=1 B=1");
    for value in 2..4 {
        house.done(&["set", "web", &format!("A={value}")]);
        watched.restarts("A", &format!("A={value} B=1"));
    }
}

#[test]
fn a_change_below_an_overlay_is_found() {
    let house = house();
    sh(&house, "mkdir ../upper ../scratch ../merged");
    let prepare = "cd ..; mount -t overlay overlay -o lowerdir=repo,upperdir=upper,workdir=scratch merged; cd merged";
    let watched = watched_after(&house, prepare);
    watched.says("start A=1 B=1");
    // In place: an overlay may go on showing the file that was replaced.
    for value in ["2", "3"] {
        write(&house.set_file("web"), &super::with(&house, value));
        watched.restarts("A", &format!("A={value} B=1"));
    }
}

#[test]
fn a_change_behind_fuse_is_found() {
    let house = house();
    sh(&house, "mkdir ../seen");
    let mut fuse = house.command("bindfs");
    fuse.args(["--no-allow-other", "-o", "attr_timeout=0,entry_timeout=0", ".", "../seen"]);
    assert!(fuse.status().unwrap().success(), "this test needs bindfs and /dev/fuse");
    let mut command = house.command(VAULT);
    command.current_dir(house.path().join("seen"));
    command.args(["exec", "--watch", "web", "--", "sh", "-c", SERVER]);
    let watched = Watched::of(command);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sees_changes(&house, &watched);
    }));
    drop(watched);
    sh(&house, "fusermount3 -uz ../seen");
    if let Err(failed) = outcome {
        std::panic::resume_unwind(failed);
    }
}

/// As where a user watches so much already that the system allows no more.
#[test]
fn where_the_system_announces_nothing_it_looks_by_itself() {
    let house = house();
    let watched = watched_after(&house, "echo 0 >/proc/sys/user/max_inotify_instances");
    sees_changes(&house, &watched);
}
