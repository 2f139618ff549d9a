//! What may stand under `.secrets/` and what is refused before it is opened.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Sandbox, move_folder, put};

/// Every command that would read the set `web`, and those that would write it.
const READERS: [&[&str]; 4] = [
    &["list", "web"],
    &["get", "web", "K"],
    &["export", "web", "--format", "json"],
    &["copy", "web", "two"],
];
const WRITERS: [&[&str]; 6] = [
    &["set", "web", "K=new"],
    &["unset", "web", "K"],
    &["rename", "web", "two"],
    &["rename", "web", "K", "L"],
    &["copy", "good", "web"],
    &["delete", "web", "-y"],
];

#[track_caller]
fn refuses(sandbox: &Sandbox, said: &str) {
    for words in READERS.iter().chain(&WRITERS) {
        let out = sandbox.vault(*words);
        assert_eq!(out.text(), "", "{words:?}");
        out.fails(4, &["refused", said]);
    }
    sandbox.vault(["exec", "web", "--", "env"]).fails(125, &["refused", said]);
}

fn with_two() -> Sandbox {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    sandbox.vault(["set", "good", "K=v"]).succeeds();
    sandbox
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_set_that_is_a_link_is_neither_read_nor_written_through() {
    let sandbox = with_two();
    let (path, outside) = (sandbox.set_path("web"), sandbox.root().join("outside.toml"));
    fs::copy(&path, &outside).unwrap();
    let text = sandbox.set_text("web");
    fs::remove_file(&path).unwrap();
    for target in [outside.clone(), "good.toml".into(), "/etc/passwd".into(), "/none".into()] {
        symlink(&target, &path).unwrap();
        refuses(&sandbox, "web.toml");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), text);
}

#[test]
fn a_pipe_a_folder_and_a_device_are_refused_and_nothing_hangs() {
    let sandbox = with_two();
    let path = sandbox.set_path("web");
    fs::remove_file(&path).unwrap();
    fifo(&path);
    refuses(&sandbox, "web.toml");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refuses(&sandbox, "web.toml");
    fs::remove_dir(&path).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    refuses(&sandbox, "web.toml");
    drop(socket);
}

#[test]
fn folders_that_are_links_are_refused() {
    let sandbox = with_two();
    let (sets, away) = (sandbox.work().join(".secrets/sets"), sandbox.root().join("away"));
    move_folder(&sets, &away);
    symlink(&away, &sets).unwrap();
    refuses(&sandbox, "sets");
    sandbox.vault(["list"]).fails(4, &["refused", "sets"]);
    sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["refused", "sets"]);
    let names = fs::read_dir(&away).unwrap().count();
    assert_eq!(names, 2, "written through the link");
}

#[test]
fn a_team_file_that_is_no_plain_file_is_refused() {
    let sandbox = with_two();
    let path = sandbox.work().join(".secrets/team.toml");
    let outside = sandbox.root().join("team.toml");
    fs::copy(&path, &outside).unwrap();
    fs::remove_file(&path).unwrap();
    sandbox.vault(["set", "fresh", "K=v"]).fails(1, &["team.toml"]);
    symlink(&outside, &path).unwrap();
    sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["team.toml", "refused"]);
    fs::remove_file(&path).unwrap();
    fifo(&path);
    sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["team.toml", "refused"]);
    fs::remove_file(&path).unwrap();
    for text in ["", "[team]\nformat = 2\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n", "[team", "\u{0}"]
    {
        put(&path, text);
        sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["team.toml"]);
    }
    put(&path, "#".repeat(600 << 10));
    sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["team.toml", "refused"]);
    sandbox.vault(["get", "good", "K"]).quietly();
}

#[test]
fn names_that_climb_are_no_names() {
    let sandbox = with_two();
    put(&sandbox.work().join("up.toml"), sandbox.set_text("web"));
    let absolute = sandbox.work().join("up");
    let absolute = absolute.to_str().unwrap();
    for name in
        ["../up", "../../up", absolute, "./web", "web/", "a/../web", "web.toml", "..", ".", ""]
    {
        sandbox.vault(["list", name]).fails(2, &["the name of a set or pull secret is"]);
        sandbox.vault(["set", name, "K=v"]).fails(2, &["the name of a set or pull secret is"]);
        sandbox.vault(["copy", "web", name]).fails(2, &["the name of a set or pull secret is"]);
        sandbox
            .vault(["exec", name, "--", "env"])
            .fails(125, &["the name of a set or pull secret is"]);
    }
    for name in ["NUL", "con", "Com1", "-x", "x-", "_x", "é", &"x".repeat(65)] {
        sandbox.vault(["set", "--", name, "K=v"]).fails(2, &["vault: error: <SET>: "]);
    }
}

#[test]
fn names_that_differ_by_case_alone_are_refused() {
    let sandbox = with_two();
    sandbox.vault(["set", "GOOD", "K=v"]).fails(1, &["already a set good"]);
    sandbox.put(".secrets/sets/GOOD.toml", sandbox.set_text("good"));
    sandbox.vault(["list"]).fails(4, &["only by case"]);
    sandbox.vault(["set", "fresh", "K=v"]).fails(4, &["only by case"]);
}

#[test]
fn strays_are_refused_by_name_or_ignored_and_never_read() {
    let sandbox = with_two();
    for ignored in ["README.md", "web.toml.orig", ".web.toml.swp", ".gitkeep", "web.toml~"] {
        sandbox.put(&format!(".secrets/sets/{ignored}"), "anything");
    }
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "good\nweb\n");
    for bad in ["no name.toml", "-x.toml", "con.toml"] {
        let path = sandbox.put(&format!(".secrets/sets/{bad}"), "anything");
        sandbox.vault(["list"]).fails(4, &[bad, "not the name of a set"]);
        fs::remove_file(path).unwrap();
    }
    fs::create_dir(sandbox.work().join(".secrets/sets/sub.toml")).unwrap();
    sandbox.vault(["list"]).fails(4, &["sub.toml", "refused"]);
    sandbox.vault(["exec", "--", "env"]).fails(125, &["sub.toml", "refused"]);
    sandbox.vault(["get", "web", "K"]).quietly();
}

#[test]
fn only_not_found_means_empty() {
    let sandbox = with_two();
    let sets = sandbox.work().join(".secrets/sets");
    move_folder(&sets, &sandbox.root().join("away"));
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "");
    put(&sets, "a file where the folder belongs");
    sandbox.vault(["list"]).fails(4, &["refused", "sets"]);
    sandbox.vault(["set", "web", "K=v"]).fails(4, &["refused"]);
    sandbox.vault(["exec", "--", "env"]).fails(125, &["refused"]);
    fs::remove_file(&sets).unwrap();
    sandbox.vault(["set", "web", "K=v"]).succeeds();
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "web\n");
}

#[test]
fn permissions_of_a_set_survive_a_change() {
    let sandbox = with_two();
    let path = sandbox.set_path("web");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.vault(["set", "web", "K=new"]).succeeds();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn nothing_outside_the_vault_is_written_but_what_this_machine_has_seen() {
    let sandbox = with_two();
    let listing = || {
        let mut find = Command::new("find");
        find.arg(sandbox.root()).args(["-not", "-path", "*/.secrets/*", "-printf", "%p %T@ %s\n"]);
        let text = String::from_utf8(find.output().unwrap().stdout).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.contains("/.secrets ") && !line.contains("/state/vault/pins"));
        lines.map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let before = listing();
    for words in WRITERS.iter().chain(&READERS) {
        sandbox.vault(*words);
    }
    assert_eq!(listing(), before);
}
