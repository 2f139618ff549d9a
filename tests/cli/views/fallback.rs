//! Where the configured program is not there, or is another one of that name: git shows the
//! ciphertext, and goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Desk, Eyes, put};

/// Programs called vault that are not this one.
const OTHERS: [&str; 5] = [
    "echo 'Usage: vault <command> [args]' >&2; exit 127",
    "exit 0",
    "echo vault 1.2; exit 0",
    "kill -9 $$",
    "test \"$2\" = probe && exec echo vault git drivers 1; exit 101",
];

fn shows_ciphertext(desk: &Desk, path: &str) {
    let git = |args: &[&str]| {
        let outcome = desk.git_as(Eyes::Alice, args).env("PATH", path).run();
        outcome.succeeds().text()
    };
    let log = git(&["log", "-p"]);
    assert!(log.contains("\n+enc = \"1:") && log.contains("\n-enc = \"1:"), "{log}");
    let show = git(&["show", "HEAD"]);
    assert!(show.contains("\n+enc = \"1:"), "{show}");
    let blame = git(&["blame", ".secrets/sets/web.toml"]);
    assert!(blame.contains("enc = \"1:"), "{blame}");
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.set("URL=other");
    desk.commit("other");
    desk.set("URL=third");
    desk
}

#[test]
fn without_the_program() {
    let desk = desk();
    let system = "/usr/local/bin:/usr/bin:/bin";
    shows_ciphertext(&desk, system);
    let diff = desk.git_as(Eyes::Alice, ["diff"]).env("PATH", system).run().succeeds().text();
    assert!(diff.contains("\n+enc = \"1:") && diff.contains("\n-enc = \"1:"), "{diff}");
    fs::remove_file(desk.file()).unwrap();
    let diff = desk.git_as(Eyes::Alice, ["diff"]).env("PATH", system).run().succeeds().text();
    assert!(diff.contains("\n-enc = \"1:"), "{diff}");
}

#[test]
fn with_another_program_of_that_name() {
    let desk = desk();
    let folder = desk.sandbox.root().join("other");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("vault");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    for text in OTHERS {
        put(&program, format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        shows_ciphertext(&desk, &path);
        let diff = desk.git_as(Eyes::Alice, ["diff"]).env("PATH", &path).run().succeeds().text();
        // The last one says it is ours, and then dies: that git goes on is all there can be.
        let ours = text.contains("drivers 1");
        assert!(diff.contains("\n+enc = \"1:") || ours, "{text}: {diff}");
    }
}

#[test]
fn with_another_program_the_unmerged_are_named() {
    let desk = desk();
    let system = "/usr/local/bin:/usr/bin:/bin";
    let driver = desk.git(["config", "diff.vault.command"]);
    let script = format!("{} \"$@\"", driver.trim());
    let run = desk.sandbox.program("sh", ["-c", &script, "sh", "the path"]).env("PATH", system);
    assert_eq!(run.run().quietly().text(), "* Unmerged path the path\n");
}
