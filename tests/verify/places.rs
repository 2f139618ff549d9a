//! Wherever a vault may stand, and wherever nothing can be checked.

use std::fs;

use super::{Repo, set};
use crate::support::{Sandbox, put};

#[test]
fn from_any_folder_of_the_work_tree_paths_are_those_from_its_root() {
    let repo = Repo::new();
    repo.sandbox.put(".secrets/stray", "");
    let deep = repo.sandbox.work().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let run = repo.keyless(&["verify", "--base", "HEAD"]).cwd(&deep).run().ends(1);
    assert!(run.text().starts_with(".secrets/stray:1: error: "), "{}", run.text());
    let run = repo.keyless(&["verify", "-C", deep.to_str().unwrap()]).cwd("/").run().ends(1);
    assert!(run.text().starts_with(".secrets/stray:1: error: "), "{}", run.text());
}

/// Moves the vault of a repository into a folder of it, in a commit.
fn in_folder(repo: &Repo, folder: &str) {
    fs::create_dir_all(repo.sandbox.work().join(folder)).unwrap();
    repo.sandbox.git(["mv", ".secrets", ".gitattributes", folder]);
    repo.sandbox.commit("move");
}

#[test]
fn a_vault_in_a_folder_with_any_name_is_compared_with_its_own_past() {
    let repo = Repo::new();
    let folder = "dienste/größe \"x\" *";
    in_folder(&repo, folder);
    let vault = format!("{folder}/.secrets");
    repo.sandbox.git(["rm", "--quiet", &format!("{vault}/sets/web.toml")]);
    repo.sandbox.put(&format!("{vault}/stray"), "");
    let at = repo.sandbox.work().join(folder);
    let findings = |args: &[&str]| {
        let run = repo.keyless(&[&["verify", "--format", "json"], args].concat()).cwd(&at).run();
        super::rows(&run.json())
    };
    let expected = [
        format!("warning removed {vault}/sets/web.toml:1"),
        format!("error stray-file {vault}/stray:1"),
    ];
    assert_eq!(findings(&["--base", "HEAD"]), expected);
    repo.sandbox.commit("stray");
    assert_eq!(findings(&["--base", "HEAD^"]), expected);
    assert_eq!(findings(&["--rev", "HEAD", "--base", "HEAD^"]), expected);
    // And without a work tree all vaults are looked at, wherever they stand.
    let bare = repo.sandbox.root().join("bare.git");
    repo.sandbox.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let args = ["verify", "--format", "json", "--rev", "main", "--base", "main^"];
    let run = repo.keyless(&args).cwd(&bare).run().ends(1);
    assert_eq!(super::rows(&run.json()), expected);
}

#[test]
fn a_linked_work_tree_is_a_work_tree() {
    let repo = Repo::new();
    let linked = repo.sandbox.root().join("linked");
    repo.sandbox.git(["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    put(&linked.join(".secrets/stray"), "");
    let run = repo.keyless(&["verify", "--base", "main"]).cwd(&linked).run().ends(1);
    assert!(run.text().starts_with(".secrets/stray:1"), "{}", run.text());
    assert_eq!(repo.findings(&["--base", "side"]), [""; 0]);
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let repo = Repo::new();
    let outer = repo.sandbox.root().join("outer");
    fs::create_dir_all(&outer).unwrap();
    let git = |args: &[&str]| repo.sandbox.git_in(&outer, "alice", args);
    git(&["init", "--quiet", "."]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    git(&[&add[..], &[repo.sandbox.work().to_str().unwrap(), "sub"]].concat());
    git(&["commit", "--quiet", "--message=sub"]);
    let sub = outer.join("sub");
    put(&sub.join(".secrets/stray"), "");
    let run = repo.keyless(&["verify", "--base", "HEAD"]).cwd(&sub).run().ends(1);
    assert!(run.text().starts_with(".secrets/stray:1"), "{}", run.text());
    let run = repo.keyless(&["verify"]).cwd(&outer).run();
    run.fails(1, &["there is no vault here"]);
}

#[test]
fn a_secrets_folder_may_be_the_submodule() {
    let repo = Repo::new();
    let outer = repo.sandbox.root().join("outer");
    let vault = outer.join(".secrets");
    fs::create_dir_all(&outer).unwrap();
    let git = |dir: &std::path::Path, args: &[&str]| repo.sandbox.git_in(dir, "alice", args);
    git(&outer, &["init", "--quiet", "."]);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(repo.sandbox.work().join(".secrets"))
        .arg(&vault)
        .status();
    assert!(copied.unwrap().success());
    git(&vault, &["init", "--quiet", "."]);
    git(&vault, &["add", "--all"]);
    git(&vault, &["commit", "--quiet", "--message=vault"]);
    let verify = |args: &[&str]| {
        repo.keyless(&[&["verify", "--base", "HEAD"], args].concat()).cwd(&outer).run()
    };
    verify(&[]).succeeds();
    put(&vault.join("stray"), "");
    assert!(verify(&[]).ends(1).text().starts_with(".secrets/stray:1"));
    verify(&["--staged"]).succeeds();
}

#[test]
fn names_of_sha256_objects_are_as_good() {
    let sandbox = Sandbox::new();
    sandbox.git(["init", "--quiet", "--object-format=sha256", "--initial-branch=main", "."]);
    sandbox.vault(["init", "--name", "alice"]).succeeds();
    sandbox.vault(["set", "web", "A=1"]).succeeds();
    sandbox.commit("begin");
    sandbox.vault(["unset", "web", "A"]).succeeds();
    for args in [&["verify", "--base", "main"][..], &["verify", "--staged", "--base", "HEAD"]] {
        sandbox.vault(args).succeeds();
    }
    let found = sandbox.vault(["verify", "--base", "main", "--deny", "removed"]).ends(1);
    assert!(found.text().contains("A was removed"), "{}", found.text());
}

#[test]
fn staged_files_are_those_of_the_index() {
    let repo = Repo::new();
    repo.sandbox.put(".secrets/stray", "");
    assert_eq!(repo.findings(&["--staged"]), [""; 0]);
    repo.sandbox.git(["add", "--all"]);
    fs::remove_file(repo.sandbox.work().join(".secrets/stray")).unwrap();
    assert_eq!(repo.findings(&["--staged"]), ["error stray-file .secrets/stray:1"]);
    assert_eq!(repo.findings(&[]), [""; 0]);
    assert_eq!(repo.findings(&["--rev", "HEAD"]), [""; 0]);
}

#[test]
fn what_git_is_told_to_ignore_is_not_looked_at() {
    let repo = Repo::new();
    repo.sandbox.put(".gitignore", ".DS_Store\n");
    repo.sandbox.put(".secrets/.DS_Store", "");
    assert_eq!(repo.findings(&[]), [""; 0]);
    repo.sandbox.git(["add", "--force", ".secrets/.DS_Store"]);
    assert_eq!(repo.broken(&[]), set(&["stray-file"]));
}

#[test]
fn what_cannot_be_compared_is_an_error_and_never_a_success() {
    let repo = Repo::new();
    let fails = |args: &[&str], words: &[&str]| {
        for command in ["verify", "review"] {
            repo.keyless(&[&[command], args].concat()).run().fails(1, words);
        }
    };
    fails(&["--base", "nowhere"], &["nowhere names no commit here", "git fetch"]);
    fails(&["--base=--all"], &["names no commit here"]);
    fails(&["--base", "HEAD", "--rev", "nowhere"], &["nowhere names no commit"]);
    fails(&["--base", "HEAD:README"], &["names no commit"]);
    let other = repo.sandbox.git(["commit-tree", "-m", "x", "HEAD^{tree}"]);
    fails(&["--base", other.trim()], &["no history in common"]);
    let none = repo.sandbox.git(["hash-object", "-t", "tree", "--stdin", "-w"]);
    let none = repo.sandbox.git(["commit-tree", "-m", "x", none.trim()]);
    fails(&["--base", none.trim(), "--rev", none.trim()], &["there is no vault in"]);

    let unborn = Sandbox::with_vault();
    fs::remove_dir(unborn.work().join(".git")).unwrap();
    unborn.vault(["verify"]).fails(1, &["not a git repository", "git init"]);
    let unborn = unborn.with_git();
    unborn.vault(["verify"]).succeeds();
    unborn.vault(["verify", "--base", "HEAD"]).fails(1, &["HEAD names no commit"]);
}

#[test]
fn a_shallow_clone_is_enough_only_where_it_shows_the_base_itself() {
    let repo = Repo::new();
    for value in ["1", "2", "3"] {
        repo.vault(&["set", "web", &format!("A={value}")]);
        repo.sandbox.commit(value);
    }
    let url = format!("file://{}", repo.sandbox.work().display());
    let clone = |depth: &str| {
        let path = repo.sandbox.root().join(format!("clone {depth}"));
        repo.sandbox.git(["clone", "--quiet", "--depth", depth, &url, path.to_str().unwrap()]);
        path
    };
    let one = clone("1");
    repo.keyless(&["verify"]).cwd(&one).run().succeeds();
    repo.keyless(&["verify", "--base", "HEAD^"]).cwd(&one).run().fails(1, &["names no commit"]);
    let two = clone("2");
    repo.keyless(&["verify", "--base", "HEAD^"]).cwd(&two).run().succeeds();
    // Branches that part before what is there.
    repo.sandbox.git(["checkout", "--quiet", "-b", "side", "HEAD~3"]);
    repo.sandbox.put("side", "");
    repo.sandbox.commit("side");
    repo.sandbox.git_in(&two, "alice", ["fetch", "--quiet", "--depth", "1", &url, "side:side"]);
    let run = repo.keyless(&["verify", "--base", "side"]).cwd(&two).run();
    run.fails(1, &["shallow clone", "--unshallow", "fetch-depth"]);
    repo.sandbox.git_in(&two, "alice", ["fetch", "--quiet", "--unshallow"]);
    repo.keyless(&["verify", "--base", "side"]).cwd(&two).run().succeeds();
}

#[test]
fn a_name_that_means_two_things_is_refused() {
    let repo = Repo::new();
    repo.sandbox.git(["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.vault(&["set", "web", "A=later"]);
    repo.sandbox.commit("later");
    let verify = |base: &str| repo.keyless(&["verify", "--base", base]).run();
    verify("origin/main").succeeds();
    repo.sandbox.git(["tag", "origin/main", "HEAD"]);
    let both = ["refs/remotes/origin/main", "refs/tags/origin/main", "ambiguous"];
    for base in ["origin/main", "origin/main^0", "origin/main~0"] {
        verify(base).fails(1, &both);
        repo.keyless(&["review", "--base", base]).run().fails(1, &both);
        repo.keyless(&["verify", "--rev", base]).run().fails(1, &both);
    }
    verify("refs/remotes/origin/main").succeeds();
    // A full name is one, whatever git would find below it.
    repo.sandbox.git(["branch", "refs/remotes/origin/main", "HEAD"]);
    verify("refs/remotes/origin/main").succeeds();
    repo.sandbox.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    verify("refs/remotes/origin/main").fails(1, &["names no commit"]);
    // And neither is a tag that looks like the beginning of a commit's name.
    let head = repo.sandbox.git(["rev-parse", "HEAD"]);
    repo.sandbox.git(["tag", &head[..8], "HEAD^"]);
    verify(&head[..8]).fails(1, &["ambiguous"]);
    verify(head.trim()).succeeds();
    repo.sandbox.git(["tag", "HEAD", "HEAD^"]);
    verify("HEAD^").succeeds();
}

#[test]
fn no_name_at_all_is_no_revision() {
    let repo = Repo::new();
    for args in [["--base", ""], ["--rev", ""]] {
        repo.keyless(&[&["verify"], &args[..]].concat()).run().fails(1, &["empty", "variable"]);
    }
}

#[test]
fn a_repository_without_work_tree_asks_for_a_revision_wherever_the_vault_is_in_it() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = Repo::new();
    let odd = std::ffi::OsStr::from_bytes(b"not \xff utf-8");
    fs::create_dir(repo.sandbox.work().join(odd)).unwrap();
    for path in [".secrets", ".gitattributes"].map(std::ffi::OsStr::new) {
        repo.sandbox.git([std::ffi::OsStr::new("mv"), path, odd]);
    }
    let stray = repo.sandbox.work().join(odd).join(".secrets/stray");
    put(&stray, "");
    repo.sandbox.commit("odd");
    let bare = repo.sandbox.root().join("bare.git");
    repo.sandbox.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let verify = |args: &[&str]| repo.keyless(&[&["verify"], args].concat()).cwd(&bare).run();
    let found = verify(&["--rev", "main"]).ends(1).text();
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.starts_with("not \u{fffd} utf-8/.secrets/stray:1: error: "), "{found}");
    verify(&[]).fails(1, &["there is no vault here", "--rev HEAD"]);
}

/// A work tree whose `.secrets` is a repository of its own.
fn with_own(repo: &Repo) -> (std::path::PathBuf, std::path::PathBuf) {
    let outer = repo.sandbox.root().join("outer");
    let vault = outer.join(".secrets");
    fs::create_dir_all(&outer).unwrap();
    repo.sandbox.git_in(&outer, "alice", ["init", "--quiet", "."]);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(repo.sandbox.work().join(".secrets"))
        .arg(&vault)
        .status();
    assert!(copied.unwrap().success());
    for args in [&["init", "--quiet", "."][..], &["add", "--all"], &["commit", "--quiet", "-mx"]] {
        repo.sandbox.git_in(&vault, "alice", args);
    }
    (outer, vault)
}

#[test]
fn hooks_of_the_repository_around_do_not_lend_their_index_to_the_vaults_own() {
    let repo = Repo::new();
    let (outer, vault) = with_own(&repo);
    repo.hook(&outer.join(".git"), "pre-commit", "#!/bin/sh\nexec vault verify --staged\n");
    repo.hook(&vault.join(".git"), "pre-commit", "#!/bin/sh\nexec vault verify --staged\n");
    let git =
        |dir: &std::path::Path, args: &[&str]| repo.sandbox.git_command(dir, "alice", args).run();
    put(&outer.join("file"), "one\n");
    put(&outer.join(".gitignore"), ".secrets\n");
    git(&outer, &["add", "file", ".gitignore"]).succeeds();
    git(&outer, &["commit", "--quiet", "--message=x"]).succeeds();
    put(&outer.join("file"), "two\n");
    // An index of its own, by its full path.
    git(&outer, &["commit", "--quiet", "--all", "--message=x"]).succeeds();
    put(&outer.join("file"), "s3cr3t-t0ken-0f-web\n");
    git(&outer, &["commit", "--quiet", "--all", "--message=x"]).fails(1, &["gc --prune=now"]);
    put(&vault.join("stray"), "");
    git(&vault, &["add", "stray"]).succeeds();
    git(&vault, &["commit", "--quiet", "--all", "--message=x"]).fails(1, &["[stray-file]"]);
}

#[test]
fn from_within_a_vault_that_is_a_repository_the_vault_is_found() {
    let repo = Repo::new();
    let (_, vault) = with_own(&repo);
    for dir in [vault.clone(), vault.join("sets")] {
        let run = repo.keyless(&["verify", "--base", "HEAD"]).cwd(&dir).run();
        run.fails(0, &["2 files checked"]);
        repo.sandbox.command(["get", "web", "A"]).cwd(&dir).run().succeeds();
    }
}
