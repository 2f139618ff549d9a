//! A rule or group that somebody pushed: what it gives to others, and what it takes from whoever runs
//! the next command.

use super::rules::pushed;
use crate::support::{Office, Sandbox};

/// alice and bob read all but `prod`, which is alice's.
fn scene() -> Office {
    let office = Office::of_alice();
    let (alice, bob) = (office.person("alice"), office.clones("bob"));
    let bobs = bob.keygen();
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.vault(["recipient", "add", "bob", &bobs]).succeeds();
    alice.vault(["access", "allow", "prod*", "alice"]).succeeds();
    alice.vault(["set", "prod", "P=1"]).succeeds();
    alice.push("begin");
    office
}

#[test]
fn a_copy_for_someone_who_cannot_read_what_is_copied_is_asked_about() {
    let office = scene();
    let alice = pushed(&office, |team| team.split("\n[rules").next().unwrap().to_owned());
    let words = ["bob is to read more", "gains     sets/prod2", "bob@example.org", "--trust bob"];
    alice.vault(["copy", "prod", "prod2"]).fails(2, &words);
    assert!(!alice.repo().join(".secrets/sets/prod2.toml").exists());
    // A new name gives nobody anything.
    alice.vault(["rename", "prod", "site"]).succeeds();
    assert!(!alice.secret_file("sets/site.toml").contains("[recipients.bob]"));
    alice.vault(["copy", "site", "prod2", "--trust", "bob"]).fails(0, &["alice, bob"]);
    alice.vault(["copy", "web", "web2"]).succeeds();
}

#[test]
fn a_copy_after_a_key_was_replaced_needs_no_word() {
    let office = scene();
    let alice = office.person("alice");
    let new = alice.vault(["keygen", "-o", ".git/new"]).succeeds().text();
    alice.vault(["recipient", "replace", "bob", new.trim()]).succeeds();
    alice.vault(["copy", "web", "web2"]).fails(0, &["readable by alice, bob"]);
}

#[test]
fn a_rule_that_takes_ones_own_access_is_said_and_asked_about() {
    let office = scene();
    let alice = pushed(&office, |team| format!("{team}\n[rules.\"sets/web\"]\nread = [\"bob\"]\n"));
    let words = ["you would no longer read sets/web", "bob@example.org", "(tidy up)", "add --yes"];
    for command in [&["rekey"][..], &["rekey", "web"], &["access", "allow", "web", "bob"]] {
        alice.vault(command).fails(2, &words);
    }
    assert_eq!(alice.vault(["get", "web", "A"]).succeeds().text(), "1");
    // What is about somebody else does not touch it.
    alice.vault(["group", "add", "ops", "bob"]).succeeds();
    alice.vault(["rekey", "--yes"]).fails(0, &["that was you", "sets/web: removed alice"]);
    alice.vault(["get", "web", "A"]).ends(3);
}

#[test]
fn a_first_rule_that_forgets_oneself_is_asked_about_and_ones_own_name_is_answer_enough() {
    let office = scene();
    let alice = office.person("alice");
    alice.vault(["access", "allow", "web", "bob"]).fails(2, &["you would no longer read sets/web"]);
    assert_eq!(alice.vault(["get", "web", "A"]).succeeds().text(), "1");
    alice.vault(["access", "deny", "web", "alice"]).fails(0, &["that was you"]);
    alice.vault(["get", "web", "A"]).ends(3);
}

#[test]
fn an_allow_that_matches_nothing_can_be_taken_back() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    let team = || std::fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    let before = team();
    sandbox.vault(["access", "allow", "prd-*", "alice"]).succeeds();
    sandbox
        .vault(["access", "deny", "prd-*", "alice"])
        .fails(0, &["sets/prd-*: no rule, so now for everyone"]);
    assert_eq!(team(), before);
    sandbox.vault(["access", "deny", "prd-*", "alice"]).fails(1, &["nobody could read"]);
    sandbox.vault(["access", "allow", "web", "alice"]).succeeds();
    sandbox.vault(["access", "deny", "web", "alice"]).fails(1, &["nobody could read"]);
}

#[test]
fn of_a_key_that_was_typed_only_what_a_push_gave_beside_it_is_asked() {
    let office = scene();
    let alice = pushed(&office, |team| {
        team.replace("read = [\n    \"alice\",", "read = [\n    \"alice\",\n    \"bob\",")
    });
    let new = alice.vault(["keygen", "-o", ".git/new"]).succeeds().text();
    let replace = ["recipient", "replace", "bob", new.trim()];
    let asked = alice.vault(replace).fails(
        2,
        &[
            "bob is to read more than before",
            "gains     sets/prod",
            "(tidy up)",
            "that bob may read more must be confirmed",
            "--trust bob",
        ],
    );
    for whose in ["not approved", "another key than before", "compare the fingerprints"] {
        assert!(!asked.stderr.contains(whose), "{}", asked.stderr);
    }
    alice.vault(replace.iter().chain(&["--trust", "bob"])).fails(0, &["sets/prod: added bob"]);
    let get = ["-i", ".git/new", "get", "prod", "P"];
    assert_eq!(alice.vault(get).succeeds().text(), "1");
    alice.vault(["set", "new", "N=1"]).fails(0, &["readable by alice, bob"]);
}
