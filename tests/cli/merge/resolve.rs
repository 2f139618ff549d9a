//! `vault resolve`: what a merge has left to a person is decided entry by entry, from git's index.

use std::fs;

use super::Do::{Add, Remove, Rotate, Set, Unset};
use super::{Repo, Tool};
use crate::support::put;

#[test]
fn each_entry_is_taken_from_the_side_that_is_named() {
    for tool in [Tool::Key, Tool::NoKey, Tool::Unconfigured] {
        let repo = Repo::new();
        repo.branches(
            &[Set("K5", "a"), Set("K8", "c")],
            &[Set("K5", "b"), Unset("K8"), Set("K2", "d")],
        );
        let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
        repo.assert_conflict(&outcome);
        let before = (repo.text(), repo.git(["ls-files", "--unmerged"]).text());
        let words = ["K5 in sets/web, K8 in sets/web", "nothing was written", "--take KEY=ours"];
        repo.vault(["resolve"]).fails(2, &words).never_says("--trust");
        repo.vault(["resolve", "--take", "K5=ours"]).fails(2, &["decided: K8 in sets/web;"]);
        assert_eq!((repo.text(), repo.git(["ls-files", "--unmerged"]).text()), before);
        let takes = ["resolve", "web", "--take", "K5=theirs", "--take", "K8=ours"];
        let words = ["sets/web: resolved, and added", "`git merge --continue` goes on"];
        repo.vault(takes).fails(0, &words);
        let all = [Set("K5", "b"), Set("K8", "c"), Set("K2", "d")];
        assert_eq!(repo.content(&repo.text()), Repo::expected(&all));
        assert_eq!(repo.git(["ls-files", "--unmerged"]).text(), "");
        repo.git(["-c", "core.editor=true", "merge", "--continue"]).succeeds();
        assert_eq!(repo.git(["status", "--porcelain"]).text(), "");
        assert_eq!(repo.vault(["get", "web", "K5"]).quietly().text(), "b");
        repo.vault(["resolve"]).fails(0, &["nothing to do"]);
    }
}

#[test]
fn markers_do_not_matter_and_neither_does_what_was_typed_between_them() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    put(&repo.dir.join(&repo.file), "not even a file\n");
    repo.vault(["resolve", "sets/web", "--take", "K5=ours"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "a")]));
}

#[test]
fn what_a_key_alone_settles_is_asked_of_nobody() {
    for tool in [Tool::NoKey, Tool::Unconfigured] {
        let repo = Repo::new();
        repo.branches(&[Remove("dave")], &[Set("K5", "b"), Set("K6", "c")]);
        let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
        repo.assert_conflict(&outcome);
        repo.vault(["resolve"]).fails(0, &["K5 could have been written by dave", "resolved"]);
        let all = [Remove("dave"), Set("K5", "b"), Set("K6", "c")];
        assert_eq!(repo.content(&repo.text()), Repo::expected(&all));
        // dave has seen what was written while he still had the key.
        let exposed = repo.vault(["exposed", "dave"]).ends(1).text();
        assert!(
            exposed.contains("web K5 dave\n") && exposed.contains("web K6 dave\n"),
            "{exposed}"
        );
        repo.git(["commit", "--no-edit", "--quiet"]).succeeds();
        assert_eq!(repo.vault(["get", "web", "K5"]).quietly().text(), "b");
    }
}

#[test]
fn one_data_key_needs_no_identity() {
    let repo = Repo::new();
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    let outcome = repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    let elsewhere = repo.sandbox.root().join("nothing");
    let resolve = |repo: &Repo| {
        repo.sandbox.command(["resolve"]).cwd(&repo.dir).env("XDG_CONFIG_HOME", &elsewhere).run()
    };
    resolve(&repo).succeeds();
    let expected = Repo::expected(&[Set("K5A", "a"), Set("K5B", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
    // Two versions of one value do.
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    let before = repo.text();
    resolve(&repo).fails(3, &["no identity at hand opens it"]);
    assert_eq!(repo.text(), before);
}

#[test]
fn a_rebase_a_pick_a_revert_and_a_stash_are_settled_too() {
    let go_on = |repo: &Repo, what: &str| {
        repo.git(["-c", "core.editor=true", what, "--continue"]).succeeds();
    };
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a"), Set("K1", "c")], &[Set("K5", "b")]);
    repo.git(["rebase", "theirs"]).ends(1);
    // In a rebase theirs is one's own.
    let take = ["resolve", "--take", "K5=theirs"];
    repo.vault(take).fails(0, &["`git rebase --continue` goes on"]);
    go_on(&repo, "rebase");
    let both = Repo::expected(&[Set("K5", "a"), Set("K1", "c")]);
    assert_eq!(repo.content(&repo.text()), both);
    repo.branches(&[Set("K5", "a"), Set("K1", "c")], &[Set("K5", "b")]);
    repo.git(["cherry-pick", "theirs"]).ends(1);
    repo.vault(["resolve", "--take", "K5=ours"]).fails(0, &["`git cherry-pick --continue`"]);
    go_on(&repo, "cherry-pick");
    assert_eq!(repo.content(&repo.text()), both);
    repo.forget();
    repo.branch("ours", "start", &[Set("K5", "a"), Set("K5", "b"), Set("K1", "c")]);
    repo.git(["revert", "--no-edit", "HEAD~2"]).ends(1);
    repo.vault(take).fails(0, &["`git revert --continue`"]);
    go_on(&repo, "revert");
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K1", "c")]));
    repo.git(["checkout", "--quiet", "start"]).succeeds();
    repo.edit(&[Set("K5", "stashed")]);
    repo.git(["stash"]).succeeds();
    repo.branch("ours", "start", &[Set("K5", "a"), Rotate]);
    repo.git(["stash", "pop"]).ends(1);
    repo.vault(take).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "stashed")]));
}

#[test]
fn a_rebase_that_was_quit_is_not_going_on() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["rebase", "theirs"]).ends(1);
    repo.git(["rebase", "--quit"]).succeeds();
    // As earlier versions of git leave it.
    repo.git(["update-ref", "--no-deref", "REBASE_HEAD", "ours"]).succeeds();
    let said = repo.vault(["resolve", "--take", "K5=ours"]).succeeds();
    said.never_says("rebase").never_says("goes on");
    repo.commit("settled");
    repo.branch("next", "HEAD", &[Set("K5", "next")]);
    repo.git(["cherry-pick", "ours"]).ends(1);
    let words = ["`git cherry-pick --continue` goes on"];
    repo.vault(["resolve", "--take", "K5=ours"]).fails(0, &words);
}

#[test]
fn a_reader_is_let_in_by_name_and_only_as_team_toml_says() {
    let repo = Repo::new();
    let merge = |says: &str| {
        repo.forget();
        repo.branch("theirs", "start", &[]);
        let team = fs::read_to_string(repo.dir.join(".secrets/team.toml")).unwrap();
        put(&repo.dir.join(".secrets/team.toml"), team + says);
        repo.edit(&[Add("bob"), Set("K5", "b")]);
        repo.commit("bob");
        repo.branch("ours", "start", &[Remove("dave")]);
        let outcome = repo.git(["merge", "--no-edit", "theirs"]);
        repo.assert_conflict(&outcome);
        assert!(outcome.stderr.contains("vault resolve --trust NAME"), "{}", outcome.stderr);
    };
    let bob = |of: &str| {
        let person = repo.people.iter().find(|m| m.name.as_str() == of).unwrap();
        format!("\n[members.bob]\nto = \"{} bob\"\n", person.to)
    };
    let all = [Remove("dave"), Set("K5", "b")];
    // Nobody of that name may read it by team.toml, or not with that key.
    for says in [String::new(), bob("yves")] {
        merge(&says);
        repo.vault(["resolve"]).fails(0, &["bob stays out", "in team.toml"]);
        assert_eq!(repo.content(&repo.text()), Repo::expected(&all));
        assert!(repo.text().contains("[departed.bob]"), "bob has seen epoch 1");
    }
    merge(&bob("bob"));
    let before = repo.text();
    repo.vault(["resolve"]).fails(2, &["reader bob of sets/web", "add --trust bob\n"]);
    let commit = repo.git(["rev-parse", "--short=12", "MERGE_HEAD"]).text();
    let brought = format!("commit {} (bob)", commit.trim());
    let said = ["  added     by alice <alice@example.org> on ", &brought];
    repo.vault(["trust", "bob"]).fails(2, &said);
    repo.vault(["resolve", "--trust", "carl"]).fails(2, &["reader bob of sets/web"]);
    assert_eq!(repo.text(), before);
    repo.vault(["resolve", "--trust", "bob"]).succeeds();
    let all = [Remove("dave"), Set("K5", "b"), Add("bob")];
    assert_eq!(repo.content(&repo.text()), Repo::expected(&all));
}

#[test]
fn what_is_said_must_be_about_a_conflict_and_only_once() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    let before = repo.text();
    let take = |takes: &[&str]| {
        let words = takes.iter().flat_map(|take| ["--take", take]);
        repo.vault(["resolve"].into_iter().chain(words))
    };
    take(&["K5=ours", "K6=ours"]).fails(2, &["no conflict: K6", "nothing was written"]);
    take(&["K5=ours", "K5=theirs"]).fails(2, &["K5 is taken from both sides"]);
    take(&["K5=hunter2"]).fails(2, &["KEY=ours or KEY=theirs"]).never_says("hunter2");
    let path = repo.file.with_file_name("other.toml");
    repo.vault(["resolve", path.to_str().unwrap()]).fails(1, &["there is no set other"]);
    repo.vault(["resolve", "hunter2/x.toml"])
        .fails(2, &["no file of a vault"])
        .never_says("hunter2");
    assert_eq!(repo.text(), before);
}

#[test]
fn a_file_that_one_side_deleted_is_kept_or_let_go_by_git() {
    let repo = Repo::new();
    repo.branch("theirs", "start", &[]);
    fs::remove_file(repo.dir.join(&repo.file)).unwrap();
    repo.commit("gone");
    repo.branch("ours", "start", &[Set("K5", "a")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    let words = ["deleted on their side, and changed on the other", "git rm"];
    repo.vault(["resolve"]).fails(1, &words);
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "a")]));
}

#[test]
fn a_file_that_one_side_renamed_is_named_as_it_is_there() {
    let repo = Repo::new();
    repo.branch("theirs", "start", &[]);
    repo.vault(["rename", "web", "site"]).succeeds();
    repo.commit("renamed");
    repo.branch("ours", "start", &[Set("K5", "a")]);
    repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]).ends(1);
    repo.vault(["resolve"]).fails(1, &["deleted on their side", "it is called site there"]);
}

#[test]
fn a_data_key_that_nobody_vouches_for_is_no_side_to_take_from() {
    let repo = Repo::new();
    repo.branch("ours", "start", &[Remove("dave"), Set("K5", "new")]);
    repo.git(["revert", "--no-edit", "HEAD~1"]).ends(1);
    let before = repo.text();
    repo.vault(["resolve"]).fails(4, &["no holder of the earlier data key vouches", "vault trust"]);
    assert_eq!(repo.text(), before);
}

#[test]
fn two_sides_this_machine_does_not_know_are_not_made_one() {
    let repo = Repo::new();
    repo.branch("known", "start", &[Rotate]);
    repo.vault(["get", "web", "K1"]).succeeds();
    // Somebody with the first data key made another second one, and both sides go on from that.
    repo.branch("start-of-both", "start", &[Rotate]);
    repo.branch("theirs", "start-of-both", &[Set("K5", "b")]);
    repo.branch("ours", "start-of-both", &[Set("K5", "a")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    let before = repo.text();
    let words = ["epoch 2 has another data key", "git merge --abort", "vault trust web"];
    repo.vault(["resolve", "--take", "K5=ours"]).fails(4, &words);
    assert_eq!(repo.text(), before);
}

#[test]
fn git_mergetool_knows_the_way() {
    let repo = Repo::new();
    repo.branches(&[Set("K5A", "a")], &[Set("K5B", "b")]);
    let outcome = repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    repo.git(["mergetool", "--tool=vault", "--no-prompt"]).succeeds();
    let expected = Repo::expected(&[Set("K5A", "a"), Set("K5B", "b")]);
    assert_eq!(repo.content(&repo.text()), expected);
    assert_eq!(repo.git(["ls-files", "--unmerged"]).text(), "");
    // What it leaves undecided, git leaves too.
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    repo.git(["mergetool", "--tool=vault", "--no-prompt"]).ends(1);
    assert_eq!(repo.git(["ls-files", "--unmerged"]).text().lines().count(), 3);
}

#[test]
fn credentials_only_go_together() {
    let repo = Repo::new();
    let create = |branch: &str, from: &str, pair: &str| {
        repo.branch(branch, from, &[]);
        let words = ["pull-secret", "create", "hub", "registry.example.com", pair];
        let replace = (from != "start").then_some("--replace");
        repo.vault(words.into_iter().chain(replace)).succeeds();
        repo.commit(branch);
    };
    create("first", "start", "alice:one");
    create("theirs", "first", "bob:two");
    create("ours", "first", "carl:three");
    repo.git(["merge", "--no-edit", "theirs"]).ends(1);
    repo.vault(["resolve"]).fails(2, &["password in pull/hub"]);
    let both = ["resolve", "--take", "username=ours", "--take", "password=theirs"];
    repo.vault(both).fails(2, &["user name and password only go together"]);
    repo.vault(["resolve", "pull/hub", "--take", "password=theirs"]).succeeds();
    let shown = repo.vault(["pull-secret", "config", "hub", "--show"]).succeeds().text();
    // base64 of `bob:two`.
    assert!(shown.contains("Ym9iOnR3bw=="), "{shown}");
}
