//! What a repository, or whoever can push to it, would make of `vault fix` and `vault resolve`.

use std::fs;

use super::Do::{Remove, Rotate, Set};
use super::{Repo, Tool};
use crate::support::put;

/// Refs that are called as what git notes while it works, which anybody can push.
fn push_names(repo: &Repo) {
    for name in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD"] {
        repo.git(["tag", name, "theirs"]).succeeds();
        repo.git(["branch", name, "theirs"]).succeeds();
    }
}

#[test]
fn a_squash_of_a_branch_is_not_taken_for_one_of_an_older_commit() {
    let repo = Repo::new();
    repo.branches(&[Rotate], &[Set("K5A", "v1"), Set("K5A", "v2")]);
    repo.git(["branch", "a-old", "theirs~1"]).succeeds();
    repo.git_with(Tool::Unconfigured, ["merge", "--squash", "theirs"]).succeeds();
    // As it waits to be committed, and as it is.
    let broken = repo.text();
    repo.vault(["fix"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5A", "v2")]));
    put(&repo.dir.join(&repo.file), broken);
    repo.commit("squashed");
    repo.vault(["fix"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5A", "v2")]));
}

#[test]
fn where_only_an_older_commit_is_known_nothing_older_comes_back() {
    let repo = Repo::new();
    repo.branches(&[Rotate], &[Set("K5A", "v1"), Set("K5A", "v2")]);
    repo.git(["branch", "a-old", "theirs~1"]).succeeds();
    repo.git_with(Tool::Unconfigured, ["merge", "--squash", "theirs"]).succeeds();
    repo.commit("squashed");
    repo.git(["branch", "-D", "theirs"]).succeeds();
    repo.git(["reflog", "expire", "--expire=now", "--all"]).succeeds();
    let before = repo.text();
    repo.vault(["fix"]).fails(1, &["git knows no versions"]);
    assert_eq!(repo.text(), before);
}

#[test]
fn what_was_picked_or_taken_back_from_the_stash_is_mended_before_it_is_committed() {
    let repo = Repo::new();
    repo.branches(&[Rotate], &[Set("K5A", "b")]);
    repo.git_with(Tool::Unconfigured, ["cherry-pick", "--no-commit", "theirs"]).succeeds();
    repo.vault(["get", "web", "K1"]).fails(4, &["web"]);
    repo.vault(["fix"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5A", "b")]));
    repo.git(["checkout", "--quiet", "--force", "start"]).succeeds();
    repo.edit(&[Set("K5A", "stashed")]);
    repo.git(["stash"]).succeeds();
    repo.git(["checkout", "--quiet", "--force", "ours"]).succeeds();
    repo.git_with(Tool::Unconfigured, ["stash", "pop"]).succeeds();
    repo.vault(["fix"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5A", "stashed")]));
}

#[test]
fn a_tag_or_branch_of_that_name_is_no_merge_under_way() {
    for format in ["files", "reftable"] {
        let repo = Repo::in_place("work", "", &[&format!("--ref-format={format}")]);
        repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
        push_names(&repo);
        put(&repo.dir.join(&repo.file), repo.text() + "garbage\n");
        let before = repo.text();
        repo.vault(["fix"]).fails(1, &["git knows no versions"]);
        assert_eq!(repo.text(), before);
        repo.git(["checkout", "--quiet", "--force", "ours"]).succeeds();
        repo.git(["cherry-pick", "refs/heads/theirs"]).ends(1);
        let words = ["`git cherry-pick --continue` goes on"];
        repo.vault(["resolve", "--take", "K5=theirs"]).fails(0, &words);
    }
}

#[test]
fn a_file_in_a_folder_of_a_set_s_name_is_no_set() {
    let repo = Repo::new();
    let stray = repo.dir.join(".secrets/sets/x/sets/web.toml");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    put(&stray, repo.text());
    repo.commit("stray");
    repo.git(["tag", "--force", "start"]).succeeds();
    for (branch, line) in [("theirs", "theirs\n"), ("ours", "ours\n")] {
        repo.branch(branch, "start", &[]);
        put(&stray, repo.text() + line);
        repo.commit(line);
    }
    repo.git_with(Tool::Unconfigured, ["merge", "theirs"]).ends(1);
    let before = repo.text();
    repo.vault(["resolve"]).fails(0, &["nothing to do"]);
    let path = stray.to_str().unwrap();
    repo.vault(["resolve", path]).fails(2, &["that is no file of a vault"]);
    repo.vault(["fix"]).never_says("git has a conflict in it");
    assert_eq!(repo.text(), before);
    let log = repo.vault(["log", "web"]).text();
    assert!(!log.contains("stray") && !log.contains("theirs"), "{log}");
}

#[test]
fn what_stands_in_the_work_tree_alone_is_not_merged_away() {
    let repo = Repo::new();
    repo.branches(&[Set("K1", "a")], &[Set("K8", "b")]);
    repo.git(["merge", "--no-commit", "theirs"]).succeeds();
    repo.vault(["set", "web", "LATER=kept"]).succeeds();
    put(&repo.dir.join(&repo.file), repo.text() + "garbage\n");
    let before = repo.text();
    let said = repo.vault(["fix"]);
    said.fails(1, &["stands in the file alone", "LATER", "nothing was written"]);
    assert_eq!(repo.text(), before);
    repo.git(["reset", "--quiet", "--hard"]).succeeds();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "theirs"]).ends(1);
    let file = repo.file.to_str().unwrap();
    repo.git(["checkout", "--ours", file]).succeeds();
    repo.vault(["set", "web", "LATER=kept"]).succeeds();
    let before = repo.text();
    let words = ["stands in the file alone", "LATER", "`git add", "`git checkout --merge -- "];
    repo.vault(["resolve", "--take", "K5=theirs"]).fails(1, &words);
    assert_eq!(repo.text(), before);
    repo.git(["checkout", "--merge", "--", file]).succeeds();
    repo.vault(["resolve", "--take", "K5=theirs"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "b")]));
}

#[test]
fn what_a_merge_has_encrypted_anew_is_not_listed_name_by_name() {
    let repo = Repo::new();
    repo.branches(&[Remove("dave")], &[Remove("zoe"), Set("K5", "b")]);
    repo.git(["merge", "--no-commit", "theirs"]).succeeds();
    repo.vault(["set", "web", "LATER=kept"]).succeeds();
    put(&repo.dir.join(&repo.file), repo.text() + "garbage\n");
    let before = repo.text();
    let all = "that was merged: all of it, under a data key that neither side has";
    repo.vault(["fix"]).fails(1, &[&format!("{all}, and LATER even by name; ")]).never_says("K0");
    assert_eq!(repo.text(), before);
    put(&repo.dir.join(&repo.file), before.replace("[values.LATER]", "[values.K5]"));
    repo.vault(["fix"]).fails(1, &[&format!("{all}; ")]);
}
