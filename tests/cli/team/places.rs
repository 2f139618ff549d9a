//! A vault that is moved, put beside the one that is known, or checked out once more: none of that
//! makes anybody known who was not.

use std::fs;

use super::returns::{Scene, cut_tombstone};
use crate::support::{Person, put};

/// Moves the vault into a folder.
fn moves(person: &Person<'_>) {
    person.git(["add", "--all"]);
    fs::create_dir(person.repo().join("app")).unwrap();
    person.git(["mv", ".secrets", "app/.secrets"]);
}

fn key_of(name: &str, scene: &Scene) -> String {
    let team = scene.person("alice").secret_file("team.toml");
    let line = team.lines().find(|line| line.ends_with(&format!(" {name}\""))).unwrap();
    line.split(['"', ' ']).find(|word| word.starts_with("age1")).unwrap().to_owned()
}

#[test]
fn a_vault_that_was_moved_by_a_push_is_the_one_that_is_known() {
    for sees in [true, false] {
        let scene = Scene::new();
        scene.alice_does(&["recipient", "remove", "bob"]);
        if sees {
            scene.sees("carol");
        }
        scene.bob_puts_back("bob", |bob| {
            cut_tombstone(bob);
            moves(bob);
        });
        let carol = scene.person("carol");
        carol.pull();
        let what = if sees { "bob was here before" } else { "bob has left before" };
        let removed = "removed   by alice <alice@example.org>";
        carol
            .vault(["-C", "app", "set", "new", "A=1"])
            .fails(2, &["what this machine knows of the vault holds here too"])
            .fails(2, &[what, removed, "(alice changes the team)", "--trust bob"]);
        // Nor does a new machine, which knows nothing, lose what git tells.
        let dave = scene.office.clones("dave");
        dave.vault(["-C", "app", "set", "new", "A=1"]).fails(2, &["bob has left before", removed]);
    }
}

#[test]
fn a_vault_that_a_colleague_has_moved_goes_on_without_a_question() {
    let scene = Scene::new();
    let (alice, carol) = (scene.person("alice"), scene.person("carol"));
    moves(&alice);
    alice.push("the vault belongs to app");
    carol.pull();
    carol.vault(["-C", "app", "set", "new", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    assert_eq!(carol.vault(["-C", "app", "get", "web", "A"]).quietly().text(), "1");
}

#[test]
fn a_vault_beside_the_one_that_is_known_is_used_only_once_that_is_said() {
    let scene = Scene::new();
    let (alice, bob) = (scene.person("alice"), scene.person("bob"));
    fs::create_dir(bob.repo().join("app")).unwrap();
    bob.vault(["-C", "app", "init", "--name", "bob"]).succeeds();
    let alices = key_of("alice", &scene);
    bob.vault(["-C", "app", "recipient", "add", "alice", &alices]).succeeds();
    bob.vault(["-C", "app", "set", "web", "A=bobs"]).succeeds();
    bob.push("a vault in a folder");
    alice.pull();
    let known = alice.repo().canonicalize().unwrap();
    let now = known.join("app/.secrets/team.toml");
    let words = [now.to_str().unwrap(), &format!("in {}", known.display()), "`vault trust`"];
    let in_app = |args: &[&str]| alice.vault([&["-C", "app"], args].concat());
    in_app(&["set", "stripe", "KEY=1"]).fails(2, &words);
    in_app(&["get", "web", "A"]).fails(2, &words);
    in_app(&["exec", "web", "--", "true"]).fails(125, &words);
    assert!(!known.join("app/.secrets/sets/stripe.toml").exists());
    // In another clone the one that is known stands beside it just as well.
    alice.git(["clone", "--quiet", ".", "../again"]);
    alice.vault(["-C", "../again/app", "set", "s", "K=1"]).fails(2, &["another one of the same"]);
    // The members are shown, and no other name stands for the vault.
    let shown = ["is new here", "beside", "bob: age X25519 SHA256:", "added    by bob", "--yes"];
    in_app(&["trust"]).fails(2, &shown);
    in_app(&["trust", "bob", "--yes"]).fails(2, &words);
    in_app(&["get", "web", "A"]).fails(2, &words);
    in_app(&["trust", ".secrets/team.toml", "--yes"]).fails(0, &["trusted from now on"]);
    assert_eq!(in_app(&["get", "web", "A"]).quietly().text(), "bobs");
    // Once on a machine, wherever they are checked out.
    alice.git(["worktree", "add", "--quiet", "../tree"]);
    for (folder, value) in [("../tree", "1"), ("../tree/app", "bobs")] {
        let get = alice.vault(["-C", folder, "get", "web", "A"]);
        assert_eq!(get.fails(0, &["first time in this work tree"]).text(), value);
    }
}

#[test]
fn an_older_state_in_another_place_is_no_older_branch() {
    for instead in [true, false] {
        let scene = Scene::new();
        let bob = scene.person("bob");
        bob.pull();
        let older = bob.secret_file("sets/web.toml");
        scene.alice_does(&["recipient", "remove", "bob"]);
        scene.sees("carol");
        bob.pull();
        fs::create_dir_all(bob.repo().join("app/.secrets/sets")).unwrap();
        for (path, text) in
            [("team.toml", bob.secret_file("team.toml")), ("sets/web.toml", older.clone())]
        {
            put(&bob.repo().join("app/.secrets").join(path), text);
        }
        if instead {
            bob.git(["rm", "-r", "--quiet", ".secrets"]);
        }
        bob.push("app has its own");
        for name in ["carol", "alice"] {
            let person = scene.person(name);
            person.pull();
            let words = ["epoch 1 has come back, and this machine has seen epoch 2"];
            person.vault(["-C", "app", "get", "web", "A"]).fails(4, &words);
            person.vault(["-C", "app", "set", "web", "A=new"]).fails(4, &words);
        }
    }
}

#[test]
fn a_new_work_tree_or_clone_takes_nobody_whom_the_first_one_asks_about() {
    let scene = Scene::new();
    let (alice, bob) = (scene.person("alice"), scene.person("bob"));
    let mals = bob.vault(["keygen", "-o", ".git/mal"]).succeeds().text();
    let team = bob.secret_file("team.toml");
    let mal = format!("{team}\n[members.mal]\nto = \"{} mal\"\n", mals.trim());
    bob.put("team.toml", &mal);
    bob.push("tidy up");
    alice.pull();
    alice.vault(["set", "new", "A=1"]).fails(2, &["mal is new here"]);
    alice.git(["worktree", "add", "--quiet", "../tree"]);
    alice.git(["clone", "--quiet", ".", "../clone"]);
    for folder in ["../tree", "../clone"] {
        for quiet in [&["-q"][..], &[]] {
            let args = [&["-C", folder], quiet, &["set", "new", "A=1"]].concat();
            alice.vault(args).fails(2, &["mal is new here", "--trust mal"]);
        }
        assert!(!alice.repo().join(folder).join(".secrets/sets/new.toml").exists());
    }
}
