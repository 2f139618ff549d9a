//! The same wherever the repository is, whatever its objects are called, and without attributes.

use std::fs;

use vault::envelope::Side;

use super::Do::{Rotate, Set};
use super::{Repo, Tool};
use crate::merge::by_hand;

fn merges(repo: &Repo) {
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    repo.git_with(Tool::NoKey, ["merge", "--no-edit", "theirs"]).succeeds();
    let expected = Repo::expected(&[Set("K5A", "a"), Set("K5B", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
    repo.branches(&[Rotate], &[Rotate, Rotate, Set("K5B", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5B", "b")]));
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    // By its path from the root of the work tree, as git calls it.
    let file = repo.file.to_str().unwrap();
    repo.vault_in(&repo.dir, ["resolve", "--take", "K5=theirs", "--", file]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "b")]));
    repo.branches(&[Rotate], &[Set("K5A", "b")]);
    repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]).succeeds();
    assert!(repo.open(&repo.text()).is_none());
    repo.vault(["fix"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5A", "b")]));
}

#[test]
fn a_folder_with_spaces_quotes_and_other_letters() {
    merges(&Repo::in_place("it's \"my\" wörk; tree $HOME", "", &[]));
}

#[test]
fn a_vault_in_a_subfolder() {
    merges(&Repo::in_place("work", "apps/Ünï cödé's %P", &[]));
}

#[test]
fn a_folder_that_looks_like_an_option() {
    merges(&Repo::in_place("work", "--ours", &[]));
}

#[test]
fn a_repository_of_sha256() {
    merges(&Repo::in_place("work", "", &["--object-format=sha256"]));
}

#[test]
fn a_second_work_tree() {
    let mut repo = Repo::new();
    let second = repo.sandbox.root().join("second");
    repo.git(["worktree", "add", "--quiet", "--detach", second.to_str().unwrap()]).succeeds();
    repo.dir = second;
    merges(&repo);
}

#[test]
fn a_repository_within_a_repository() {
    let mut repo = Repo::new();
    let outer = repo.sandbox.root().join("outer");
    fs::create_dir(&outer).unwrap();
    let inner = repo.dir.to_str().unwrap().to_owned();
    let within = |args: &[&str]| repo.sandbox.git_in(&outer, "alice", args);
    within(&["init", "--quiet", "."]);
    within(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &inner, "sub"]);
    repo.dir = outer.join("sub");
    merges(&repo);
}

#[test]
fn a_repository_without_a_work_tree() {
    let mut repo = Repo::new();
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    let bare = repo.sandbox.root().join("bare");
    repo.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]).succeeds();
    repo.dir = bare;
    let merge = ["--attr-source=ours", "merge-tree", "--write-tree", "ours", "theirs"];
    let tree = repo.git_with(Tool::NoKey, merge).succeeds().text();
    let file = format!("{}:.secrets/sets/web.toml", tree.trim());
    let text = repo.git(["cat-file", "-p", &file]).succeeds().text();
    assert_eq!(repo.content(&text), Repo::expected(&[Set("K5A", "a"), Set("K5B", "b")]));
}

#[test]
fn without_attributes_git_merges_as_text_and_the_file_stays_in_form() {
    let repo = Repo::new();
    fs::remove_file(repo.dir.join(".gitattributes")).unwrap();
    repo.sandbox.commit("no attributes");
    repo.git(["tag", "--force", "start"]).succeeds();
    repo.branches(&[Set("K1", "a")], &[Set("K8", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).succeeds();
    let expected = Repo::expected(&[Set("K1", "a"), Set("K8", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    for (side, value) in [(Side::Ours, "a"), (Side::Theirs, "b")] {
        assert_eq!(repo.content(&by_hand(&repo.text(), side)).0["K5"], value);
    }
    repo.vault(["resolve", "--take", "K5=theirs"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "b")]));
}
