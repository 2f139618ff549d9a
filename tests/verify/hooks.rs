//! The hooks of examples/review, as git calls them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Repo;
use crate::support::{Outcome, put};

/// git as a person calls it, whatever comes of it.
fn git(repo: &Repo, dir: &Path, args: &[&str]) -> Outcome {
    let mut command = Command::new("git");
    command.args(args).current_dir(dir).env_clear();
    command.env("HOME", repo.sandbox.home()).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.args::<[&str; 0], &str>([]);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "alice");
        command.env(format!("GIT_{role}_EMAIL"), "alice@example.org");
    }
    Outcome::from(command.output().unwrap())
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/review").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A bare repository with the example's hook, and the first commit pushed to it.
fn server(repo: &Repo, init: &[&str]) -> PathBuf {
    let bare = repo.sandbox.root().join("server with späces.git");
    let root = repo.sandbox.root();
    git(
        repo,
        &root,
        &[&["init", "--quiet", "--bare", "--initial-branch=main"], init, &[bare.to_str().unwrap()]]
            .concat(),
    )
    .succeeds();
    repo.hook(&bare, "pre-receive", &example("pre-receive"));
    repo.sandbox.git(["remote", "add", "origin", bare.to_str().unwrap()]);
    push(repo, "main").succeeds();
    bare
}

fn push(repo: &Repo, branch: &str) -> Outcome {
    git(repo, &repo.sandbox.work(), &["push", "--quiet", "--force", "origin", branch])
}

#[test]
fn a_push_that_undoes_something_is_refused_and_an_honest_one_is_not() {
    let repo = Repo::new();
    let bare = server(&repo, &[]);
    repo.vault(&["recipient", "remove", "bob"]);
    repo.sandbox.commit("bob leaves");
    push(&repo, "main").succeeds();
    repo.edit(|text| text.replaced(&format!("\n{}", text.block("[departed.bob]")), ""));
    repo.sandbox.commit("nobody left");
    push(&repo, "main").fails(1, &["departure-dropped", "pre-receive hook declined"]);
    // Nor by way of a branch of its own, and a fork of what is there.
    push(&repo, "main:refs/heads/other").fails(1, &["departure-dropped"]);
    let kept = git(&repo, &bare, &["log", "--format=%s", "main"]).succeeds();
    assert_eq!(kept.text(), "bob leaves\nbegin\n");
    // A tag, a deleted branch and a branch without a vault are not this hook's business.
    repo.sandbox.git(["checkout", "--quiet", "--orphan", "pages"]);
    repo.sandbox.git(["rm", "--quiet", "-r", "--force", "."]);
    repo.sandbox.put("index.html", "hello\n");
    repo.sandbox.commit("pages");
    push(&repo, "pages").succeeds();
    push(&repo, ":pages").succeeds();
}

#[test]
fn a_push_that_deletes_the_vault_is_refused() {
    let repo = Repo::new();
    server(&repo, &[]);
    repo.sandbox.git(["rm", "--quiet", "-r", ".secrets"]);
    repo.sandbox.commit("no vault");
    push(&repo, "main").fails(1, &["[team]", "[removed]"]);
}

#[test]
fn a_server_that_wants_bare_repositories_named_is_served_too() {
    let repo = Repo::new();
    put(&repo.sandbox.home().join(".gitconfig"), "[safe]\n\tbareRepository = explicit\n");
    server(&repo, &[]);
    repo.sandbox.put(".secrets/prod.env", "A=1\n");
    repo.sandbox.commit("stray");
    push(&repo, "main").fails(1, &["stray-file"]);
}

#[test]
fn before_a_commit_what_is_staged_counts_and_not_what_is_checked_out() {
    let repo = Repo::new();
    let work = repo.sandbox.work();
    let run = "#!/bin/sh\nexec vault verify --staged\n";
    repo.hook(&work.join(".git"), "pre-commit", run);
    let value = "s3cr3t-t0ken-0f-web";
    repo.sandbox.put("a b/notes", format!("token {value}\n"));
    repo.sandbox.git(["add", "a b"]);
    // Taken out of the work tree, and still staged.
    repo.sandbox.put("a b/notes", "nothing\n");
    let commit = ["commit", "--quiet", "--message=x"];
    let refused = git(&repo, &work, &commit).never_says(value);
    refused.fails(1, &["git rm --cached", "gc --prune=now"]);
    repo.sandbox.git(["add", "a b"]);
    // In the work tree, and not staged.
    repo.sandbox.put("a b/notes", format!("token {value}\n"));
    git(&repo, &work.join("a b"), &commit).succeeds();
    // Other ways to choose what is committed give the hook an index of their own.
    git(&repo, &work, &["commit", "--all", "--quiet", "--message=x"]).fails(1, &["gc --prune=now"]);
    let only = ["commit", "--quiet", "--message=x", "--", "a b/notes"];
    git(
        &repo,
        &work.join(".secrets"),
        &["-C", "..", "commit", "--quiet", "--message=x", "a b/notes"],
    )
    .fails(1, &["gc --prune=now"]);
    git(&repo, &work, &only).fails(1, &["gc --prune=now"]);
    repo.sandbox.put("a b/notes", "clean\n");
    git(&repo, &work, &only).succeeds();
    let linked = repo.sandbox.root().join("linked");
    repo.sandbox.git(["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    put(&linked.join("leak"), value);
    git(&repo, &linked, &["add", "leak"]).succeeds();
    git(&repo, &linked, &commit).fails(1, &["gc --prune=now"]);
}

#[test]
fn a_push_of_a_history_that_begins_anew_is_refused() {
    let repo = Repo::new();
    let bare = server(&repo, &[]);
    repo.sandbox.git(["checkout", "--quiet", "--orphan", "anew"]);
    repo.vault(&["set", "web", "A=other"]);
    repo.sandbox.commit("as if it had begun here");
    for to in ["anew:main", "anew:other"] {
        push(&repo, to).fails(1, &["no history in common", "pre-receive hook declined"]);
    }
    repo.sandbox.git(["rm", "--quiet", "-r", ".secrets"]);
    repo.sandbox.commit("and without a vault");
    push(&repo, "anew:main").fails(1, &["pre-receive hook declined"]);
    push(&repo, "anew:pages").succeeds();
    let kept = git(&repo, &bare, &["log", "--format=%s", "main"]).succeeds();
    assert_eq!(kept.text(), "begin\n");
}

#[test]
fn a_hook_checks_its_own_repository_and_no_vault_around_it() {
    let repo = Repo::new();
    // The server stands in the work tree of another repository with a vault.
    let around = crate::support::Sandbox::with_vault();
    let bare = around.work().join("server.git");
    let init = ["init", "--quiet", "--bare", "--initial-branch=main", bare.to_str().unwrap()];
    repo.sandbox.git(init);
    repo.hook(&bare, "pre-receive", &example("pre-receive"));
    repo.sandbox.git(["remote", "add", "origin", bare.to_str().unwrap()]);
    push(&repo, "main").succeeds();
    repo.sandbox.put(".secrets/prod.env", "A=1\n");
    repo.sandbox.commit("stray");
    push(&repo, "main").fails(1, &["[stray-file]"]);
}

#[test]
fn a_hook_of_a_server_with_a_work_tree_checks_what_is_pushed() {
    let repo = Repo::new();
    let server = repo.sandbox.root().join("server");
    repo.sandbox.git(["clone", "--quiet", ".", server.to_str().unwrap()]);
    repo.sandbox.git_in(&server, "root", ["config", "receive.denyCurrentBranch", "updateInstead"]);
    repo.hook(&server.join(".git"), "pre-receive", &example("pre-receive"));
    repo.sandbox.git(["remote", "add", "origin", server.to_str().unwrap()]);
    repo.sandbox.put(".secrets/prod.env", "A=1\n");
    repo.sandbox.commit("stray");
    push(&repo, "main").fails(1, &["[stray-file]"]);
    repo.sandbox.git(["rm", "--quiet", ".secrets/prod.env"]);
    repo.sandbox.commit("clean");
    push(&repo, "main").succeeds();
}
