//! Older branches, and what git is asked: attacks on the answer, and no answer at all.

use std::fs;
use std::process::Command;

use super::Story;
use crate::support::{move_folder, put};

/// A story in which this machine has seen two epochs of `web`, the first of them on `old` too.
fn two_epochs() -> Story {
    let story = Story::new();
    let first = story.made("one");
    story.push(&first).reads("one");
    story.sandbox.git(["branch", "old"]);
    story.push(&story.rotated(&first, "two")).reads("two");
    story
}

#[test]
fn an_older_file_on_the_same_branch_is_refused() {
    let story = two_epochs();
    story.sandbox.git(["checkout", "--quiet", "old", "--", ".secrets"]);
    story.refuses(&["epoch 1 has come back"]);
    story.sandbox.commit("put back");
    story.refuses(&["epoch 1 has come back, and this machine has seen epoch 2"]);
    story.trusts("web");
    story.reads("one");
}

#[test]
fn an_older_branch_is_read_and_what_is_written_there_is_warned_about() {
    let story = two_epochs();
    story.sandbox.git(["checkout", "--quiet", "old"]);
    story.reads("one");
    story
        .sandbox
        .vault(["set", "web", "A=three"])
        .fails(0, &["warning: web has a newer data key on another branch", "can read"]);
    story.reads("three").sandbox.commit("written on old");
    story.reads("three").sandbox.git(["checkout", "--quiet", "main"]);
    story.reads("two");
    story.sandbox.vault(["set", "web", "A=four"]).succeeds().never_says("warning");
}

#[test]
fn a_branch_before_another_file_took_the_place_is_an_older_one() {
    let story = Story::new();
    story.push(&story.made("first file")).reads("first file");
    story.sandbox.git(["branch", "old"]);
    story.push(&story.made("second file"));
    story.trusts("web");
    story.reads("second file").sandbox.git(["checkout", "--quiet", "old"]);
    story.reads("first file").sandbox.git(["checkout", "--quiet", "main"]);
    story.reads("second file").sandbox.git(["checkout", "--quiet", "old", "--", ".secrets"]);
    story.sandbox.commit("put back");
    story.refuses(&["another file"]);
}

#[test]
fn trust_on_an_older_branch_leaves_the_newer_one_the_measure() {
    let story = Story::new();
    let first = story.made("one");
    let second = story.rotated(&first, "two");
    story.push(&first).sandbox.git(["branch", "old"]);
    // The first epoch was never seen.
    story.push(&second).reads("two").sandbox.git(["checkout", "--quiet", "old"]);
    story.refuses(&["epoch 1 has come back"]).trusts("web");
    story.reads("one").sandbox.git(["checkout", "--quiet", "main"]);
    story.reads("two");
    story.push(&first).refuses(&["epoch 1 has come back"]);
}

#[test]
fn a_known_file_is_not_taken_back_to_a_branch_that_never_had_it() {
    let story = two_epochs();
    let second = story.sandbox.set_text("web");
    story.sandbox.vault(["rename", "web", "site"]).succeeds();
    story.sandbox.vault(["rename", "site", "web"]).succeeds();
    story.sandbox.commit("fourth");
    story.sandbox.git(["checkout", "--quiet", "old"]);
    story.reads("one").sandbox.put(".secrets/sets/web.toml", second);
    story.refuses(&["epoch 2 has come back, and this machine has seen epoch 4"]);
}

#[test]
fn trust_in_what_another_file_replaced_leaves_that_one_in_its_place() {
    let story = Story::new();
    story.push(&story.made("first file")).sandbox.git(["branch", "old"]);
    // The first file was never seen.
    story.push(&story.made("second file")).reads("second file");
    story.sandbox.git(["checkout", "--quiet", "old"]);
    story.refuses(&["another file"]).trusts("web");
    story.reads("first file").sandbox.git(["checkout", "--quiet", "main"]);
    story.reads("second file").sandbox.git(["checkout", "--quiet", "old"]);
    story.reads("first file");
}

#[test]
fn what_was_taken_back_before_it_was_committed_is_no_attack() {
    let story = Story::new();
    let first = story.made("one");
    story.push(&first).reads("one").put(&story.rotated(&first, "two")).reads("two");
    story.sandbox.git(["checkout", "--quiet", "--", "."]);
    story.reads("one");
    // Nor is what no commit has ever held.
    let story = Story::new();
    let first = story.made("one");
    story.put(&first).reads("one").put(&story.rotated(&first, "two")).reads("two");
    story.put(&first).reads("one");
}

#[test]
fn a_merge_that_drops_the_newer_file_hides_nothing() {
    let story = two_epochs();
    story.sandbox.git(["checkout", "--quiet", "old"]);
    story.sandbox.git(["merge", "--quiet", "--strategy=ours", "-m", "evil", "main"]);
    story.refuses(&["epoch 1 has come back"]);
}

/// git looks at each tree once, under the path it meets it first: whoever commits the tree of the
/// folder at another path would hide what was in it.
#[test]
fn a_tree_committed_at_another_path_hides_nothing() {
    let story = two_epochs();
    let git = |args: &[&str]| story.sandbox.git(args).trim().to_owned();
    let sets = git(&["rev-parse", "HEAD:.secrets/sets"]);
    let beside = git(&["commit-tree", &sets, "-p", "HEAD", "-m", "the tree as a root"]);
    let old = git(&["rev-parse", "old^{tree}"]);
    let evil = git(&["commit-tree", &old, "-p", &beside, "-m", "and the old files again"]);
    git(&["reset", "--quiet", "--hard", &evil]);
    story.refuses(&["epoch 1 has come back"]);
}

#[test]
fn a_newer_file_copied_to_another_name_hides_nothing() {
    let story = two_epochs();
    let newer = story.sandbox.set_text("web");
    story.sandbox.git(["checkout", "--quiet", "old", "--", ".secrets"]);
    story.sandbox.put(".secrets/sets/aaa.toml", newer);
    story.sandbox.commit("under another name");
    story.refuses(&["epoch 1 has come back"]);
}

#[test]
fn refs_that_replace_objects_change_no_answer() {
    let story = two_epochs();
    let (old, new) = ("old:.secrets/sets/web.toml", "main:.secrets/sets/web.toml");
    let object = |of: &str| story.sandbox.git(["rev-parse", of]).trim().to_owned();
    let (old, new) = (object(old), object(new));
    story.sandbox.git(["checkout", "--quiet", "old", "--", ".secrets"]);
    story.sandbox.commit("put back");
    story.sandbox.git(["replace", &new, &old]);
    story.refuses(&["epoch 1 has come back"]);
}

#[test]
fn where_git_knows_nothing_an_older_file_is_refused_and_the_reason_named() {
    let story = two_epochs();
    story.sandbox.git(["checkout", "--quiet", "old"]);
    let hidden = story.sandbox.root().join("hidden");
    move_folder(&story.sandbox.work().join(".git"), &hidden);
    story.refuses(&["this is not a git repository"]);
    move_folder(&hidden, &story.sandbox.work().join(".git"));
    story.reads("one");
    let nowhere = story.sandbox.command(["get", "web", "A"]).env("PATH", "/nonexistent").run();
    nowhere.fails(4, &["git is not installed"]);
}

#[test]
fn a_shallow_clone_says_that_it_is_one() {
    let story = two_epochs();
    let sandbox = &story.sandbox;
    let clone = sandbox.root().join("clone");
    let url = format!("file://{}", sandbox.work().display());
    let get = || sandbox.command(["get", "web", "A"]).cwd(&clone).run();
    sandbox.git(["clone", "--quiet", "--depth=1", &url, clone.to_str().unwrap()]);
    get().succeeds();
    let here = |args: &[&str]| sandbox.git_in(&clone, "alice", args);
    here(&["fetch", "--quiet", "--depth=1", "origin", "old"]);
    here(&["checkout", "--quiet", "FETCH_HEAD"]);
    // Never seen in this clone.
    get().fails(4, &["epoch 1 has come back"]);
    sandbox.command(["trust", "web", "--yes"]).cwd(&clone).run().succeeds();
    get().succeeds();
    here(&["checkout", "--quiet", "origin/main"]);
    get().succeeds();
    here(&["checkout", "--quiet", "FETCH_HEAD"]);
    get().fails(4, &["shallow clone", "--unshallow"]);
}

#[test]
fn worktrees_subfolders_and_sha256_repositories_are_answered_too() {
    let story = Story::new();
    let sandbox = &story.sandbox;
    for (name, format) in [("one", "sha1"), ("two", "sha256")] {
        let repository = sandbox.root().join(name);
        let vault = repository.join("deep/er");
        fs::create_dir_all(&vault).unwrap();
        let git = |args: &[&str]| sandbox.git_in(&repository, "alice", args);
        git(&[
            "init",
            "--quiet",
            "--initial-branch=main",
            &format!("--object-format={format}"),
            ".",
        ]);
        let at = |dir, args: &[&str]| sandbox.command(args).cwd(dir).run();
        at(&vault, &["init", "--name", "alice"]).succeeds();
        let file = vault.join(".secrets/sets/web.toml");
        let first = story.made("one");
        let second = story.rotated(&first, "two");
        let third = story.rotated(&second, "three");
        let push = |file_text: String| {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            put(&file, file_text);
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "-m", "epoch"]);
        };
        push(first.text());
        git(&["branch", "old"]);
        let get = |dir| at(dir, &["get", "web", "A"]).quietly().text();
        assert_eq!(get(&vault), "one");
        push(second.text());
        push(third.text());
        assert_eq!(get(&vault), "three");
        git(&["checkout", "--quiet", "old"]);
        assert_eq!(get(&vault), "one");
        // A linked work tree has pins of its own, and begins with what is known of the vault.
        let linked = sandbox.root().join(format!("linked-{name}"));
        git(&["worktree", "add", "--quiet", linked.to_str().unwrap(), "main"]);
        let deep = linked.join("deep/er");
        at(&deep, &["get", "web", "A"]).fails(0, &["first time in this work tree"]);
        sandbox.git_in(&linked, "alice", ["checkout", "--quiet", "--detach", "old"]);
        assert_eq!(get(&deep), "one");
        // What the first one would refuse is refused in the second one, too.
        git(&["checkout", "--quiet", "main"]);
        push(first.text());
        let later = sandbox.root().join(format!("later-{name}"));
        git(&["worktree", "add", "--quiet", "-b", "later", later.to_str().unwrap()]);
        at(&later.join("deep/er"), &["get", "web", "A"]).fails(4, &["epoch 1 has come back"]);
    }
}

#[test]
fn a_folder_that_is_a_repository_of_its_own_is_asked_itself() {
    let story = Story::new();
    let folder = story.sandbox.work().join(".secrets");
    let git = |args: &[&str]| story.sandbox.git_in(&folder, "alice", args);
    git(&["init", "--quiet", "--initial-branch=main", "."]);
    let first = story.made("one");
    for (file, value) in [(&first, "one"), (&story.rotated(&first, "two"), "two")] {
        story.put(file).reads(value);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", value]);
    }
    git(&["checkout", "--quiet", "HEAD~1", "--", "sets"]);
    story.refuses(&["epoch 1 has come back"]);
    git(&["reset", "--quiet", "--hard", "HEAD"]);
    git(&["checkout", "--quiet", "HEAD~1"]);
    story.reads("one");
}

#[test]
fn of_a_partial_clone_nothing_is_fetched() {
    let story = two_epochs();
    let sandbox = &story.sandbox;
    sandbox.git(["branch", "second"]);
    story.sandbox.vault(["rename", "web", "site"]).succeeds();
    sandbox.commit("third");
    sandbox.git(["config", "uploadpack.allowFilter", "true"]);
    let clone = sandbox.root().join("clone");
    let url = format!("file://{}", sandbox.work().display());
    sandbox.git(["clone", "--quiet", "--filter=blob:none", &url, clone.to_str().unwrap()]);
    let at_clone = |args: &[&str]| sandbox.command(args).cwd(&clone).run();
    at_clone(&["get", "site", "A"]).succeeds();
    sandbox.git_in(&clone, "alice", ["checkout", "--quiet", "second"]);
    at_clone(&["get", "web", "A"]).fails(4, &["epoch 2 has come back"]);
    at_clone(&["trust", "web", "--yes"]).succeeds();
    at_clone(&["get", "web", "A"]).succeeds();
    sandbox.git_in(&clone, "alice", ["checkout", "--quiet", "main"]);
    at_clone(&["get", "site", "A"]).succeeds();
    // The first epoch is in no pack that is here.
    sandbox.git_in(&clone, "alice", ["checkout", "--quiet", "second"]);
    at_clone(&["get", "web", "A"]).fails(4, &["epoch 2 has come back", "this is a partial clone"]);
}

#[test]
fn git_is_asked_about_this_repository_whoever_calls_and_gets_no_identity() {
    let story = two_epochs();
    let sandbox = &story.sandbox;
    sandbox.git(["checkout", "--quiet", "old"]);
    // As in a hook of another repository.
    let get = || sandbox.command(["get", "web", "A"]);
    get().env("GIT_DIR", "elsewhere").env("GIT_WORK_TREE", "/").run().quietly();
    let said = sandbox.root().join("environment");
    let program = sandbox.root().join("bin/git");
    fs::create_dir(program.parent().unwrap()).unwrap();
    let path = "/usr/local/bin:/usr/bin:/bin";
    let script = format!("#!/bin/sh\nenv >>{}\nPATH={path} exec git \"$@\"\n", said.display());
    put(&program, script);
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
    let identity = fs::read_to_string(sandbox.identity()).unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    get().env("PATH", path).env("VAULT_IDENTITY", identity).run().quietly();
    let said = fs::read_to_string(said).unwrap();
    assert!(said.contains("GIT_TERMINAL_PROMPT=0") && !said.contains("AGE-SECRET-KEY"), "{said}");
}

#[test]
fn nothing_a_repository_is_configured_to_run_is_run() {
    let story = two_epochs();
    let sandbox = &story.sandbox;
    let ran = sandbox.root().join("ran");
    let program = sandbox.put("evil", format!("#!/bin/sh\ntouch {}\n", ran.display()));
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
    story.push(&story.made("bad"));
    sandbox.put(".gitattributes", "*.toml diff=evil filter=evil\n");
    for key in [
        "core.pager",
        "core.fsmonitor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.smudge",
        "filter.evil.clean",
        "gpg.program",
        "core.sshCommand",
        "credential.helper",
        "core.alternateRefsCommand",
    ] {
        sandbox.git(["config", key, program.to_str().unwrap()]);
    }
    sandbox.git(["config", "log.showSignature", "true"]);
    sandbox.git(["config", "core.hooksPath", sandbox.work().to_str().unwrap()]);
    story.refuses(&["another file"]);
    assert!(story.trusts("web").stderr.contains("by alice"));
    assert!(!ran.exists());
}
