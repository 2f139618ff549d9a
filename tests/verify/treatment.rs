//! What git is told of the files of a vault, in `.gitattributes`.

use super::{Repo, set};

const SETS: &str = "/.secrets/sets/*.toml";

fn with(line: &str) -> Repo {
    let repo = Repo::new();
    let rules = repo.read(".gitattributes");
    repo.sandbox.put(".gitattributes", format!("{rules}{SETS} {line}\n"));
    repo
}

#[test]
fn what_changes_or_loses_bytes_is_an_error() {
    for line in [
        "merge=union",
        "merge=ours",
        "filter=lfs",
        "ident",
        "working-tree-encoding=UTF-16",
        "eol=crlf",
    ] {
        let repo = with(line);
        assert_eq!(repo.findings(&[]), ["error attributes .gitattributes:1"], "{line}");
        // At any moment, and nothing of another.
        assert_eq!(repo.broken(&["--staged"]), set(&[]), "{line}");
        repo.sandbox.git(["add", ".gitattributes"]);
        assert_eq!(repo.broken(&["--staged"]), set(&["attributes"]), "{line}");
        assert_eq!(repo.broken(&["--rev", "HEAD"]), set(&[]), "{line}");
    }
}

#[test]
fn what_is_not_said_is_a_warning() {
    for line in ["-text", "!merge", "-merge", "!eol"] {
        let found = with(line).findings(&[]);
        assert_eq!(found, ["warning no-attributes .gitattributes:1"], "{line}");
    }
    let repo = Repo::new();
    repo.sandbox.put(".gitattributes", "");
    assert_eq!(
        repo.findings(&["--deny", "no-attributes"]),
        ["error no-attributes .gitattributes:1"]
    );
}

#[test]
fn of_a_commit_those_of_that_commit_count_without_a_work_tree_too() {
    let repo = with("merge=union");
    repo.sandbox.commit("union");
    let text = repo.keyless(&["review", "--base", "HEAD^"]).run().succeeds().text();
    assert!(
        text.contains("attributes\n  merge was vault and is union, of sets/web.toml\n"),
        "{text}"
    );
    let json = repo.keyless(&["review", "--base", "HEAD^", "--format", "json"]).run().json();
    assert_eq!(json["attributes"][0]["to"], "union");
    let bare = repo.sandbox.root().join("bare.git");
    repo.sandbox.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let at = |rev: &str| repo.keyless(&["verify", "--rev", rev]).cwd(&bare).run();
    assert!(at("main").ends(1).text().contains("[attributes]"));
    assert_eq!(at("main^").succeeds().text(), "");
}
