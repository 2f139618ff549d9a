//! The team file is gone: who may read what, nobody can say.

use std::fs;

use crate::support::{Office, Person};

/// alice's vault with a set, and without its team file.
fn without_team(office: &Office) -> Person<'_> {
    let alice = office.person("alice");
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.push("web");
    fs::remove_file(alice.repo().join(".secrets/team.toml")).unwrap();
    alice
}

#[test]
fn whatever_needs_the_team_says_that_it_is_gone_and_what_brings_it_back() {
    let office = Office::of_alice();
    let key = office.clones("bob").keygen();
    let alice = without_team(&office);
    let path = alice.repo().canonicalize().unwrap().join(".secrets/team.toml");
    let gone = format!("{}: there is no team file", path.display());
    let back = format!("`git checkout HEAD -- {}`", path.display());
    for command in [
        &["recipient", "list"][..],
        &["recipient", "add", "bob", &key],
        &["recipient", "add", "bob"],
        &["recipient", "remove", "bob"],
        &["recipient", "replace", "alice", &key],
        &["group", "add", "ops", "alice"],
        &["access"],
        &["access", "deny", "web", "alice"],
        &["rekey"],
        &["exposed"],
        &["whoami"],
        &["trust"],
        &["join", "bob"],
        &["set", "new", "A=1"],
        &["copy", "web", "new"],
        &["rename", "web", "site"],
        &["pull-secret", "create", "ghcr", "ghcr.io", "alice:pass"],
    ] {
        alice.vault(command).fails(1, &[&gone, &back]);
    }
    let doctor = alice.vault(["doctor"]).ends(1).text();
    assert!(doctor.contains(&gone) && doctor.contains(&back), "{doctor}");
    let verify = alice.vault(["verify"]).ends(1).text();
    assert!(verify.contains(".secrets/team.toml:1: error: there is no team file"), "{verify}");
}

#[test]
fn what_is_there_is_read_and_written_without_the_team_file() {
    let office = Office::of_alice();
    let alice = without_team(&office);
    assert_eq!(alice.vault(["get", "web", "A"]).quietly().text(), "1");
    assert_eq!(alice.vault(["list"]).quietly().text(), "web\n");
    alice.vault(["exec", "web", "--", "sh", "-c", "test $A = 1"]).quietly();
    alice.vault(["set", "web", "A=2"]).succeeds();
    alice.vault(["set", "web", "A=3", "--trust", "alice"]).fails(1, &["there is no team file"]);
}

#[test]
fn what_is_said_to_bring_it_back_does() {
    let office = Office::of_alice();
    let alice = without_team(&office);
    alice.git(["checkout", "HEAD", "--", ".secrets/team.toml"]);
    alice.vault(["recipient", "list"]).succeeds();
    alice.git(["rm", "--quiet", ".secrets/team.toml"]);
    alice.git(["commit", "--quiet", "--message", "tidy up"]);
    let took = alice.git(["log", "-1", "--format=%H", "--", ".secrets/team.toml"]);
    alice.git(["checkout", &format!("{}^", took.trim()), "--", ".secrets/team.toml"]);
    alice.vault(["recipient", "list"]).succeeds();
}
