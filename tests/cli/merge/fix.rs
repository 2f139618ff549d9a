//! `vault fix`: what git made of two data keys, line by line and in good order, is merged again.

use std::fs;

use super::Do::{Add, Remove, Rotate, Set, Unset};
use super::{Do, Repo, Tool};
use crate::support::put;

/// What plain git makes of these does not open.
const STALE: [&[Do]; 2] = [&[Remove("dave")], &[Set("K5A", "b"), Set("K8A", "c")]];

fn plain<const N: usize>(repo: &Repo, args: [&str; N]) {
    repo.git_with(Tool::Unconfigured, args).succeeds();
    repo.vault(["get", "web", "K1"]).fails(4, &["web"]);
}

#[track_caller]
fn mends(repo: &Repo, expected: &[Do]) {
    repo.vault(["fix"]).fails(0, &["sets/web: repaired, and added"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(expected));
    assert_eq!(repo.git(["diff", "--name-only"]).text(), "", "it is added");
    repo.vault(["fix"]).fails(0, &["nothing to do"]);
    repo.git(["commit", "--quiet", "--message", "fixed"]).succeeds();
    assert_eq!(repo.vault(["get", "web", "K1"]).quietly().text(), "value-1");
}

#[test]
fn a_merge_is_made_again_from_its_parents() {
    let repo = Repo::new();
    let [ours, theirs] = STALE;
    repo.branches(ours, theirs);
    plain(&repo, ["merge", "--no-edit", "theirs"]);
    // Later commits that do not touch the file are no hindrance.
    put(&repo.dir.join("README"), "more\n");
    repo.commit("more");
    mends(&repo, &[Remove("dave"), Set("K5A", "b"), Set("K8A", "c")]);
    // Nothing is forgotten of whoever had the key these were made with.
    let exposed = repo.vault(["exposed", "dave"]).ends(1).text();
    assert!(exposed.contains("web K5A dave\n") && exposed.contains("web K8A dave\n"), "{exposed}");
}

#[test]
fn a_squash_a_pick_and_a_rebase_are_found_in_the_branches_they_are_copies_of() {
    let [ours, theirs] = STALE;
    let all = [Remove("dave"), Set("K5A", "b"), Set("K8A", "c")];
    let repo = Repo::new();
    repo.branches(ours, theirs);
    repo.git_with(Tool::Unconfigured, ["merge", "--squash", "theirs"]).succeeds();
    repo.git(["commit", "--quiet", "--message", "squashed"]).succeeds();
    mends(&repo, &all);
    repo.branches(ours, theirs);
    plain(&repo, ["cherry-pick", "start..theirs"]);
    mends(&repo, &all);
    repo.branches(ours, theirs);
    plain(&repo, ["cherry-pick", "theirs~1"]);
    mends(&repo, &[Remove("dave"), Set("K5A", "b")]);
    repo.branches(theirs, ours);
    plain(&repo, ["rebase", "theirs"]);
    mends(&repo, &all);
    repo.forget();
    repo.branch("ours", "start", &[Unset("K5"), Remove("dave")]);
    plain(&repo, ["revert", "--no-edit", "HEAD~1"]);
    mends(&repo, &[Remove("dave")]);
}

#[test]
fn what_is_stashed_still_can_be_mended_and_what_is_not_is_left_as_it_is() {
    let repo = Repo::new();
    repo.branch("ours", "start", &[Rotate]);
    repo.git(["checkout", "--quiet", "start"]).succeeds();
    repo.edit(&[Set("K5A", "stashed")]);
    repo.git(["stash"]).succeeds();
    repo.git(["checkout", "--quiet", "ours"]).succeeds();
    plain(&repo, ["stash", "apply"]);
    let broken = repo.text();
    mends(&repo, &[Set("K5A", "stashed")]);
    repo.git(["reset", "--quiet", "--hard", "HEAD~1"]).succeeds();
    put(&repo.dir.join(&repo.file), &broken);
    repo.git(["stash", "drop"]).succeeds();
    // No ref leads there any more, and git has it still.
    mends(&repo, &[Set("K5A", "stashed")]);
    repo.git(["reset", "--quiet", "--hard", "HEAD~1"]).succeeds();
    put(&repo.dir.join(&repo.file), &broken);
    repo.git(["gc", "--quiet", "--prune=now"]).succeeds();
    repo.git(["reflog", "expire", "--expire=now", "--all"]).succeeds();
    repo.git(["gc", "--quiet", "--prune=now"]).succeeds();
    let hint = ["git knows no versions that it was made of; keep a copy"];
    repo.vault(["fix"]).fails(1, &hint);
    assert_eq!(repo.text(), broken, "nothing is lost");
}

#[test]
fn while_a_merge_waits_for_another_file_the_one_in_the_index_is_mended() {
    let repo = Repo::new();
    let notes = repo.dir.join("notes");
    let [ours, theirs] = STALE;
    for (branch, changes) in [("theirs", theirs), ("ours", ours)] {
        repo.branch(branch, "start", changes);
        put(&notes, branch);
        repo.commit("notes");
    }
    repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]).ends(1);
    repo.vault(["get", "web", "K1"]).fails(4, &["web"]);
    repo.vault(["fix"]).fails(0, &["repaired, and added", "notes has a conflict still"]);
    put(&notes, "both");
    repo.git(["add", "notes"]).succeeds();
    repo.git(["commit", "--quiet", "--no-edit"]).succeeds();
    let all = [Remove("dave"), Set("K5A", "b"), Set("K8A", "c")];
    assert_eq!(repo.content(&repo.text()), Repo::expected(&all));
}

#[test]
fn a_reader_whom_only_the_older_key_knows_is_let_in_by_name_alone() {
    let repo = Repo::new();
    let person = repo.people.iter().find(|m| m.name.as_str() == "bob").unwrap();
    let member = format!("\n[members.bob]\nto = \"{} bob\"\n", person.to);
    let merge = |says: &str| {
        repo.forget();
        repo.branch("theirs", "start", &[]);
        let team = fs::read_to_string(repo.dir.join(".secrets/team.toml")).unwrap();
        put(&repo.dir.join(".secrets/team.toml"), team + says);
        repo.edit(&[Add("bob")]);
        repo.commit("bob");
        repo.branch("ours", "start", &[Remove("zoe")]);
        plain(&repo, ["merge", "--no-edit", "theirs"]);
    };
    merge("");
    mends(&repo, &[Remove("zoe")]);
    merge(&member);
    let before = repo.text();
    repo.vault(["fix"]).fails(2, &["reader bob of sets/web", "--trust bob"]);
    assert_eq!(repo.text(), before);
    repo.vault(["fix", "--trust", "bob"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Remove("zoe"), Add("bob")]));
}

/// A table of the text, with the blank line after it.
fn table<'t>(text: &'t str, key: &str) -> &'t str {
    let start = text.find(&format!("[values.{key}]\n")).unwrap();
    &text[start..start + text[start..].find("\n\n").unwrap() + 2]
}

#[test]
fn what_a_person_took_when_they_merged_by_hand_stays_taken() {
    let repo = Repo::new();
    repo.branches(&[Rotate, Set("K5", "a"), Set("K6", "a")], &[Set("K5", "b"), Set("K6", "b")]);
    repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]).ends(1);
    let side = |name: &str| repo.git(["show", &format!("{name}:.secrets/sets/web.toml")]).text();
    let (ours, theirs) = (side("ours"), side("theirs"));
    let by_hand = ours.replace(table(&ours, "K5"), table(&theirs, "K5"));
    put(&repo.dir.join(&repo.file), by_hand);
    repo.commit("by hand");
    repo.vault(["get", "web", "K5"]).fails(4, &["web"]);
    mends(&repo, &[Set("K5", "b"), Set("K6", "a")]);
}

#[test]
fn two_tables_of_one_entry_are_not_decided_by_which_comes_first() {
    let repo = Repo::new();
    // Beside a change of its neighbour, git puts both new tables into the file.
    repo.branches(&[Set("K5A", "a"), Set("K5", "c")], &[Set("K5A", "b")]);
    plain(&repo, ["merge", "--no-edit", "theirs"]);
    let broken = repo.text();
    assert_eq!(broken.matches("[values.K5A]").count(), 2, "{broken}");
    repo.vault(["fix"]).fails(2, &["to be decided: K5A in sets/web"]);
    repo.vault(["fix", "--take", "K5A=ours", "--take", "K1=ours"]).fails(2, &["no conflict: K1"]);
    assert_eq!(repo.text(), broken);
    repo.vault(["fix", "--take", "K5A=theirs"]).fails(0, &["repaired"]);
    let expected = Repo::expected(&[Set("K5", "c"), Set("K5A", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
}

#[test]
fn markers_that_were_committed_are_decided_by_nobody() {
    let repo = Repo::new();
    repo.branches(&[Unset("K5")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    repo.commit("markers and all");
    repo.vault(["fix"]).fails(2, &["to be decided: K5 in sets/web"]);
    repo.vault(["fix", "--take", "K5=theirs"]).fails(0, &["repaired"]);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "b")]));
}

#[test]
fn a_file_that_waits_is_for_resolve_and_one_that_is_only_broken_for_nobody() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    repo.vault(["fix"]).fails(1, &["git has a conflict in it; `vault resolve`"]);
    repo.git(["merge", "--abort"]).succeeds();
    put(&repo.dir.join(&repo.file), repo.text() + "\n[values.LAST]\nenc = 1\n");
    let before = repo.text();
    repo.vault(["fix"]).fails(1, &["git knows no versions"]);
    repo.commit("broken");
    repo.vault(["fix"]).fails(1, &["git knows no versions"]);
    assert_eq!(repo.text(), before);
}

#[test]
fn without_an_identity_that_opens_both_sides_nothing_is_mended() {
    let repo = Repo::new();
    let [ours, theirs] = STALE;
    repo.branches(ours, theirs);
    plain(&repo, ["merge", "--no-edit", "theirs"]);
    let before = repo.text();
    let elsewhere = repo.sandbox.root().join("nothing");
    let fix = repo.sandbox.command(["fix"]).cwd(&repo.dir).env("XDG_CONFIG_HOME", elsewhere).run();
    fix.fails(1, &["no identity at hand opens it"]);
    assert_eq!(repo.text(), before);
}
