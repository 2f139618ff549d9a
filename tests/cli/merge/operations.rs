//! Everything in git that merges: each calls the driver, with sides and labels of its own.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use vault::envelope::Side;

use super::Do::{Remove, Rotate, Set};
use super::{Do, Repo, Tool};
use crate::merge::by_hand;
use crate::support::{Outcome, put};

type Operation = fn(&Repo, [&[Do]; 2]) -> Outcome;

fn rebase(repo: &Repo, [ours, theirs]: [&[Do]; 2]) -> Outcome {
    repo.branches(theirs, ours);
    repo.git(["rebase", "theirs"])
}

fn cherry_pick(repo: &Repo, [ours, theirs]: [&[Do]; 2]) -> Outcome {
    repo.branches(ours, theirs);
    repo.git(["cherry-pick", "start..theirs"])
}

fn stash_pop(repo: &Repo, [ours, theirs]: [&[Do]; 2]) -> Outcome {
    repo.branch("ours", "start", ours);
    repo.git(["checkout", "--quiet", "start"]).succeeds();
    repo.edit(theirs);
    repo.git(["stash"]).succeeds();
    repo.git(["checkout", "--quiet", "ours"]).succeeds();
    repo.git(["stash", "pop"])
}

const OPERATIONS: [(&str, Operation); 3] =
    [("rebase", rebase), ("cherry-pick", cherry_pick), ("stash pop", stash_pop)];

#[test]
fn rebase_cherry_pick_and_stash_pop_merge_as_a_merge_does() {
    for (name, operation) in OPERATIONS {
        let repo = Repo::new();
        for (ours, theirs) in [
            (&[Set("K5A", "a")][..], &[Set("K5B", "b")][..]),
            (&[Rotate], &[Set("K5A", "b")]),
            (&[Set("K5A", "b")], &[Rotate]),
            (&[Remove("dave")], &[Set("K5", "b")]),
        ] {
            let outcome = operation(&repo, [ours, theirs]);
            assert_eq!(outcome.code, Some(0), "{name}: {}{}", outcome.text(), outcome.stderr);
            let both: Vec<Do> = ours.iter().chain(theirs).copied().collect();
            assert_eq!(repo.content(&repo.text()), Repo::expected(&both), "{name}");
        }
    }
}

#[test]
fn their_conflicts_have_git_s_own_labels_and_lose_nothing() {
    for (name, operation) in OPERATIONS {
        let repo = Repo::new();
        let outcome = operation(&repo, [&[Set("K5", "a")], &[Set("K5", "b")]]);
        repo.assert_conflict(&outcome);
        let text = repo.text();
        let label = if name == "stash pop" { "<<<<<<< Updated upstream" } else { "<<<<<<< HEAD" };
        assert!(text.contains(label) && !text.contains("%X"), "{name}: {text}");
        let keeps = [Side::Ours, Side::Theirs].map(|side| repo.content(&by_hand(&text, side)).0);
        let mut values = keeps.map(|values| values["K5"].clone());
        values.sort();
        assert_eq!(values, ["a", "b"], "{name}");
    }
}

#[test]
fn a_label_that_is_not_utf_8_is_no_reason_to_lose_a_side() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    let name = OsStr::from_bytes(b"caf\xe9");
    repo.git([OsStr::new("branch"), name, OsStr::new("theirs")]).succeeds();
    let outcome = repo.git([OsStr::new("merge"), name]);
    repo.assert_conflict(&outcome);
    assert!(repo.text().contains(">>>>>>> caf\u{fffd}\n"), "{}", repo.text());
}

#[test]
fn a_revert_takes_back_one_change_and_leaves_the_later_ones() {
    let repo = Repo::new();
    for later in [Set("K5B", "b"), Rotate, Remove("dave")] {
        repo.branch("ours", "start", &[Set("K5A", "a"), later]);
        repo.git(["revert", "--no-edit", "HEAD~1"]).succeeds();
        assert_eq!(repo.content(&repo.text()), Repo::expected(&[later]));
    }
    repo.branch("ours", "start", &[Set("K5", "a"), Set("K5", "b")]);
    let outcome = repo.git(["revert", "--no-edit", "HEAD~1"]);
    repo.assert_conflict(&outcome);
}

/// A revision that fell would look as if somebody had put an older file back.
#[test]
fn a_value_that_a_revert_brings_back_counts_as_a_change() {
    let repo = Repo::new();
    repo.branch("ours", "start", &[Set("K5", "a"), Set("K5B", "b")]);
    let revert = repo.git(["revert", "--no-edit", "HEAD~1"]);
    revert.fails(0, &["K5 goes back to an earlier version"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5B", "b")]));
    let merged = repo.open(&repo.text()).unwrap();
    assert_eq!(
        merged.get(&"K5".parse().unwrap()).map(|entry| (entry.since(), entry.rev())),
        Some((1, 3))
    );
}

#[test]
fn the_revert_of_a_removal_is_no_way_back_in() {
    let repo = Repo::new();
    repo.branch("ours", "start", &[Remove("dave"), Set("K5", "new")]);
    let outcome = repo.git(["revert", "--no-edit", "HEAD~1"]);
    repo.assert_conflict(&outcome);
    assert!(outcome.stderr.contains("no holder of the earlier data key"), "{}", outcome.stderr);
}

#[test]
fn a_side_that_is_no_sealed_file_is_merged_as_text_and_never_clean() {
    let repo = Repo::new();
    repo.branch("theirs", "start", &[]);
    put(&repo.dir.join(&repo.file), repo.text() + "\n[values.LAST]\nenc = 1\n");
    repo.commit("not ours");
    repo.branch("ours", "start", &[Set("K1", "a")]);
    for tool in [Tool::Key, Tool::NoKey] {
        let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("merged as text: their version"), "{}", outcome.stderr);
        assert!(repo.text().contains("[values.LAST]\nenc = 1\n"));
        repo.git(["merge", "--abort"]).succeeds();
    }
}

#[test]
fn two_files_that_were_made_under_one_name_are_never_mixed() {
    let repo = Repo::new();
    let new = |branch: &str, value: &str| {
        repo.branch(branch, "start", &[]);
        repo.vault_in(&repo.dir, ["set", "new", value]).succeeds();
        repo.commit(branch);
        std::fs::remove_file(repo.dir.join(".secrets/sets/new.toml")).unwrap();
    };
    new("theirs", "A=1");
    new("ours", "B=2");
    repo.git(["checkout", "--force", "ours"]).succeeds();
    let outcome = repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    assert!(outcome.stderr.contains("they have different ids"), "{}", outcome.stderr);
    let text = std::fs::read_to_string(repo.dir.join(".secrets/sets/new.toml")).unwrap();
    assert!(text.contains("[values.A]") && text.contains("[values.B]"), "{text}");
}
