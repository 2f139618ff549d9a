//! git makes an object of whatever a driver writes, and keeps copies of conflicts elsewhere: one
//! search for a plaintext, after everything that merges has run.

use std::fs;
use std::path::Path;

use super::Do::{Rotate, Set, Unset};
use super::{Repo, Tool};
use crate::support::CANARY;

/// Every file below, but what `skip` says.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, found);
        } else if path.is_file() && !path.is_symlink() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

#[test]
fn no_plaintext_is_left_by_merges_conflicts_and_what_git_keeps_of_them() {
    let repo = Repo::new();
    repo.git(["config", "rerere.enabled", "true"]).succeeds();
    let others = [Set("K5", "b"), Unset("K5"), Set("K5A", "b"), Rotate];
    for tool in [Tool::Key, Tool::NoKey, Tool::Missing, Tool::Unconfigured] {
        for rotated in [&[Set("K5", CANARY)][..], &[Rotate, Set("K5", CANARY)]] {
            for other in others {
                repo.branches(rotated, &[other]);
                let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
                assert!(!outcome.text().contains(CANARY) && !outcome.stderr.contains(CANARY));
                let diff = repo.git_with(tool, ["diff"]);
                assert!(!diff.text().contains(CANARY));
            }
        }
    }
    // The last of each kind still stands: this search looks where there is something.
    repo.branches(&[Rotate, Set("K5", CANARY)], &[Set("K5", "b")]);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    assert!(
        repo.git(["cat-file", "-p", "AUTO_MERGE:.secrets/sets/web.toml"]).text().contains("<<<<")
    );
    let mut found = Vec::new();
    files(&repo.sandbox.root(), &mut found);
    assert!(found.iter().any(|(path, _)| path.contains("/rr-cache/")), "rerere kept nothing");
    for (path, bytes) in &found {
        assert!(!holds_canary(bytes), "{path}");
    }
    let all = ["cat-file", "--batch-all-objects", "--batch", "--unordered"];
    let objects = repo.git(all).succeeds().stdout;
    let known = b"[values.K5]";
    assert!(objects.windows(known.len()).any(|window| window == known) && !holds_canary(&objects));
    // Nor is anything left lying about.
    let status = repo.git(["status", "--porcelain", "--ignored"]).text();
    assert_eq!(status, "UU .secrets/sets/web.toml\n");
    assert_eq!(fs::read_dir(repo.sandbox.root().join("tmp")).unwrap().count(), 0);
}
