//! Where the configured program is not there, or is another one of that name, the merge is git's
//! own: never one that is silently ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Do::{Rotate, Set};
use super::{Repo, Tool};
use crate::support::put;

/// Programs called vault that are not this one.
const OTHERS: [&str; 3] = [
    // HashiCorp's, with a command that it has not.
    "echo 'Usage: vault <command> [args]' >&2; exit 127",
    "exit 0",
    "echo vault 1.2; exit 0",
];

fn keeps_both(repo: &Repo, tool: Tool) {
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    assert!(repo.text().contains("[values.K5A]") && repo.text().contains("[values.K5B]"));
    repo.branches(&[Set("K1", "a")], &[Set("K8", "b")]);
    repo.git_with(tool, ["merge", "--no-edit", "theirs"]).succeeds();
    let expected = Repo::expected(&[Set("K1", "a"), Set("K8", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
    repo.branches(&[Rotate], &[Set("K5", "b")]);
    let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
}

#[test]
fn without_the_program_both_sides_are_in_the_file() {
    keeps_both(&Repo::new(), Tool::Missing);
}

/// Puts a shell script where the driver finds it first.
fn other_program(repo: &Repo, text: &str) {
    let folder = repo.sandbox.root().join("other");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("vault");
    put(&program, format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn with_another_program_of_that_name_both_sides_are_in_the_file() {
    let repo = Repo::new();
    for text in OTHERS {
        other_program(&repo, text);
        keeps_both(&repo, Tool::Other);
    }
}

#[test]
fn a_driver_that_ends_otherwise_than_it_should_ends_the_merge_and_changes_nothing() {
    let repo = Repo::new();
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    let before = repo.text();
    for end in ["exit 2", "exit 101", "kill -9 $$"] {
        other_program(
            &repo,
            &format!("test \"$2\" = probe && {{ echo vault git drivers 1; exit; }}\n{end}"),
        );
        let outcome = repo.git_with(Tool::Other, ["merge", "--no-edit", "theirs"]);
        assert!(outcome.code > Some(1), "{end}: {}{}", outcome.text(), outcome.stderr);
        assert_eq!(repo.text(), before);
        assert_eq!(repo.git(["status", "--porcelain"]).text(), "");
        assert!(!repo.dir.join(".git/MERGE_HEAD").exists());
    }
}

#[test]
fn a_locked_identity_is_not_asked_for_its_passphrase() {
    let repo = Repo::new();
    // What has no terminal fails at once if it asks; what cannot be opened is left as text.
    let locked = "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n";
    let (path, identity) = (repo.sandbox.identity(), fs::read(repo.sandbox.identity()).unwrap());
    repo.branches(&[Rotate], &[Set("K5", "b")]);
    put(&path, locked);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    put(&path, identity);
    repo.assert_conflict(&outcome);
    assert!(outcome.stderr.contains("merging needs an identity"), "{}", outcome.stderr);
}
