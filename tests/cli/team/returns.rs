//! Someone who was removed, or whose key was replaced, puts their old key back by a push and waits
//! for a file that is made for it.

use crate::support::{Office, Outcome, Person, SealedText, put};

/// alice, bob and carol read `web`; each of them has seen the others here.
pub(super) struct Scene {
    pub(super) office: Office,
    pub(super) bobs: String,
}

impl Scene {
    pub(super) fn new() -> Self {
        let office = Office::of_alice();
        let (alice, bob, carol) =
            (office.person("alice"), office.clones("bob"), office.clones("carol"));
        let (bobs, carols) = (bob.keygen(), carol.keygen());
        alice.vault(["set", "web", "A=1"]).succeeds();
        alice.vault(["recipient", "add", "bob", &bobs]).succeeds();
        alice.vault(["recipient", "add", "carol", &carols]).succeeds();
        alice.push("all are here");
        let scene = Self { office, bobs };
        for name in ["bob", "carol"] {
            scene.sees(name);
        }
        scene
    }

    pub(super) fn person(&self, name: &str) -> Person<'_> {
        self.office.person(name)
    }

    /// Someone pulls, and uses the vault.
    pub(super) fn sees(&self, name: &str) {
        self.person(name).pull();
        self.person(name).vault(["get", "web", "A"]).succeeds();
    }

    pub(super) fn alice_does(&self, words: &[&str]) {
        self.person("alice").vault(words).succeeds();
        self.person("alice").push("alice changes the team");
    }

    /// bob pushes the team file with his old key in it, and other changes.
    pub(super) fn bob_puts_back(&self, name: &str, more: impl FnOnce(&Person<'_>)) {
        let bob = self.person("bob");
        bob.pull();
        let team = bob.secret_file("team.toml");
        let member = format!("[members.{name}]\nto = \"{} {name}\"\n", self.bobs);
        bob.put("team.toml", &format!("{team}\n{member}"));
        more(&bob);
        bob.push("tidy up");
    }

    /// Nothing that is made on this machine is for bob's old key before that is said.
    #[track_caller]
    fn asks(&self, who: &str, member: &str, words: &[&str]) {
        let person = self.person(who);
        for outcome in making(&person) {
            let flag = format!("--trust {member}");
            outcome.fails(2, words).fails(2, &["SHA256:", &self.bobs, "bob@example.org", &flag]);
        }
        for folder in ["sets", "pull"] {
            for file in
                std::fs::read_dir(person.repo().join(".secrets").join(folder)).into_iter().flatten()
            {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                let readers = text.split("\n[departed").next().unwrap();
                assert!(!readers.contains(&self.bobs), "{text}");
            }
        }
    }
}

/// Takes out what says in the files that bob has left.
pub(super) fn cut_tombstone(bob: &Person<'_>) {
    let web = bob.secret_file("sets/web.toml");
    let tombstone = SealedText(web.clone()).block("[departed.bob]");
    bob.put("sets/web.toml", &web.replace(&format!("{tombstone}\n"), ""));
}

/// Every command that makes a file, or brings files to what the team says.
fn making(person: &Person<'_>) -> Vec<Outcome> {
    put(&person.repo().join(".git/new.env"), "A=1\n");
    vec![
        person.vault(["set", "new", "A=1"]),
        person.vault(["import", "new", ".git/new.env", "--format", "dotenv"]),
        person.command(["edit", "new"]).env("EDITOR", "true").run(),
        person.vault(["copy", "web", "new"]),
        person.vault(["pull-secret", "create", "new", "ghcr.io", "me:secret"]),
        person.vault(["rekey"]),
    ]
}

#[test]
fn a_removed_key_that_is_put_back_is_asked_about_where_the_removal_was_seen() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    // Even where nothing in the files says any more that he left.
    scene.bob_puts_back("bob", cut_tombstone);
    for who in ["carol", "alice"] {
        scene.person(who).pull();
        scene.asks(who, "bob", &["bob was here before, and was gone from team.toml"]);
    }
}

#[test]
fn a_removed_key_that_is_put_back_is_asked_about_where_the_files_say_that_it_left() {
    for name in ["bob", "robert"] {
        let scene = Scene::new();
        scene.alice_does(&["recipient", "remove", "bob"]);
        // carol pulls the removal and the return at once.
        scene.bob_puts_back(name, |_| ());
        scene.person("carol").pull();
        let left = "left      sets/web by alice <alice@example.org> on 20";
        scene.asks("carol", name, &[left, "(alice changes the team)"]);
        // Nor does a new machine take it as it is.
        let dave = scene.office.clones("dave");
        dave.vault(["set", "new", "A=1"]).fails(2, &["first time", left, "--trust"]);
    }
}

#[test]
fn a_removed_key_that_is_put_back_is_asked_about_where_only_git_tells_of_the_removal() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    // All at once: carol's machine never sees the team without him, nor a file that he has left.
    scene.bob_puts_back("bob", cut_tombstone);
    scene.person("carol").pull();
    let removed = "removed   by alice <alice@example.org> on 20";
    scene.asks("carol", "bob", &["bob has left before", removed, "(alice changes the team)"]);
    scene.person("carol").vault(["set", "new", "A=1", "--trust", "bob"]).succeeds();
    scene.person("carol").vault(["set", "newer", "A=1"]).succeeds();
}

#[test]
fn a_key_that_was_replaced_is_asked_about_when_it_is_put_back() {
    for sees in [true, false] {
        let scene = Scene::new();
        let new = scene.person("alice").vault(["keygen", "-o", ".git/new"]).succeeds().text();
        scene.alice_does(&["recipient", "replace", "bob", new.trim()]);
        if sees {
            scene.sees("carol");
        }
        let bob = scene.person("bob");
        bob.pull();
        bob.put("team.toml", &bob.secret_file("team.toml").replace(new.trim(), &scene.bobs));
        bob.push("tidy up");
        scene.person("carol").pull();
        scene.asks("carol", "bob", &["left      sets/web"]);
        scene.person("alice").pull();
        scene.asks("alice", "bob", &["bob has another key than before", "replaces"]);
    }
}

#[test]
fn who_comes_back_is_asked_about_once_on_each_machine_and_not_where_it_was_typed() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    scene.alice_does(&["recipient", "add", "bob", &scene.bobs]);
    let alice = scene.person("alice");
    alice.vault(["set", "new", "A=1"]).fails(0, &["new, readable by alice, bob, carol"]);
    alice.push("new");
    let carol = scene.person("carol");
    carol.pull();
    carol.vault(["set", "newer", "A=1"]).fails(2, &["bob was here before", "--trust bob"]);
    carol.vault(["set", "newer", "A=1", "--trust", "bob"]).succeeds();
    carol.vault(["copy", "web", "newest"]).succeeds();
    carol.vault(["rekey", "--rotate"]).succeeds();
}

#[test]
fn who_is_denied_a_file_here_is_no_stranger_to_this_machine() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    alice.vault(["set", "prod", "P=1"]).succeeds();
    alice.vault(["access", "deny", "prod", "bob"]).fails(0, &["sets/prod: removed bob"]);
    alice.vault(["set", "new", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    alice.vault(["access", "allow", "copy", "alice", "carol"]).succeeds();
    alice.vault(["copy", "web", "copy"]).fails(0, &["readable by alice, carol"]);
    alice.vault(["set", "newer", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn one_who_goes_on_under_another_name_stays_known_even_of_files_that_are_behind() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    // A file that is not yet for bob.
    alice.vault(["access", "allow", "prod", "alice"]).succeeds();
    alice.vault(["set", "prod", "P=1"]).succeeds();
    let team = alice.secret_file("team.toml");
    alice.put("team.toml", &team.replace("    \"alice\",\n", "    \"alice\",\n    \"bob\",\n"));
    alice
        .vault(["recipient", "rename", "bob", "robert"])
        .fails(2, &["robert is to read more than before", "gains     sets/prod", "--trust robert"]);
    alice.vault(["recipient", "rename", "bob", "robert", "--trust", "robert"]).succeeds();
    alice.vault(["set", "new", "A=1"]).succeeds().never_says("is new here");
}

#[test]
fn ones_own_key_is_never_asked_about() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    alice.vault(["recipient", "remove", "alice"]).fails(0, &["that was you"]);
    alice.git(["checkout", "--quiet", "."]);
    alice.vault(["set", "new", "A=1"]).succeeds().never_says("alice was here");
    alice.vault(["trust"]).fails(0, &["nothing that this machine does not trust"]);
}

#[test]
fn trust_in_somebody_who_is_not_there_is_a_mistake_that_is_said() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    for words in
        [&["set", "new", "A=1"][..], &["set", "web", "A=2"], &["copy", "web", "new"], &["rekey"]]
    {
        let words = words.iter().chain(&["--trust", "rob"]);
        alice.vault(words).fails(2, &["--trust rob: there is no such member", "alice, bob, carol"]);
    }
    alice.vault(["get", "web", "A"]).succeeds();
    assert_eq!(alice.vault(["get", "web", "A"]).text(), "1");
}
