//! Somebody is known here by one name and stands in the team by another, in every file too.

use super::removal::{another_key, renamed, scene};
use crate::support::{Office, Person};

/// bob goes on as somebody else, in team.toml and in every file, and alice pulls that.
fn renamed_everywhere<'o>(office: &'o Office, name: &str, more: &str) -> Person<'o> {
    let (alice, bob) = (office.person("alice"), office.person("bob"));
    bob.put("team.toml", &renamed(name)(&bob.secret_file("team.toml")));
    bob.vault(["rekey"]).succeeds();
    bob.put("team.toml", &format!("{}\n{more}", bob.secret_file("team.toml")));
    bob.push("tidy up");
    alice.pull();
    alice
}

fn reads_web(alice: &Person<'_>, identity: &std::path::Path) -> Option<i32> {
    alice.vault(["-i", identity.to_str().unwrap(), "get", "web", "A"]).code
}

#[test]
fn a_key_put_before_the_one_that_was_approved_here_does_not_hide_it() {
    for (name, stays) in [("robert", "bob"), ("carol/x", "bob"), ("robert", "bob/phone")] {
        let office = scene();
        let bob = office.person("bob");
        let (other, new) = (another_key(&bob, "../other"), another_key(&bob, "../new"));
        let member = format!("[members.\"{stays}\"]\nto = \"{other} {stays}\"\n");
        let alice = renamed_everywhere(&office, name, &member);
        let stands = format!(
            "the key that was approved here as bob stands in team.toml as {name} (added by bob"
        );
        let drop = format!("`vault recipient remove bob --drop {name}` removes both");
        alice.vault(["recipient", "remove", "bob"]).fails(1, &[&stands, "(tidy up)", &drop]);
        let ends = format!("`vault recipient remove {name}` ends that");
        for command in [
            &["recipient", "replace", "bob", &new][..],
            &["group", "remove", "ops", "bob"],
            &["access", "deny", "web", "bob"],
        ] {
            alice.vault(command).fails(1, &[&stands, &ends, "nothing was written"]);
        }
        alice.vault(["recipient", "remove", "bob", "--drop", name]).succeeds();
        for identity in [bob.identity(), bob.repo().join("../other")] {
            assert_eq!(reads_web(&alice, &identity), Some(3));
        }
    }
}

#[test]
fn a_device_that_goes_on_as_somebody_else_is_not_forgotten_with_the_person() {
    let office = scene();
    let (alice, bob) = (office.person("alice"), office.person("bob"));
    let phone = another_key(&bob, "../phone");
    alice.vault(["recipient", "add", "bob/phone", &phone]).succeeds();
    alice.push("bob's phone");
    bob.pull();
    let team = bob.secret_file("team.toml");
    bob.put("team.toml", &team.replace("\"bob/phone\"", "robert").replace("bob/phone", "robert"));
    bob.vault(["rekey"]).succeeds();
    bob.push("tidy up");
    alice.pull();
    let stands = "approved here as bob/phone stands in team.toml as robert";
    let apart = "if robert is somebody else, name the devices of bob one by one";
    alice.vault(["recipient", "remove", "bob"]).fails(1, &[stands, "--drop robert", apart]);
    alice.vault(["recipient", "remove", "bob", "--drop", "robert"]).succeeds();
    assert_eq!(reads_web(&alice, &bob.repo().join("../phone")), Some(3));
}

#[test]
fn whoever_took_the_name_is_removed_alone_once_it_is_said_to_be_theirs() {
    let office = scene();
    let other = another_key(&office.person("bob"), "../other");
    let member = format!("[members.bob]\nto = \"{other} bob\"\n");
    let alice = renamed_everywhere(&office, "robert", &member);
    let apart = "if robert is somebody else, `vault trust bob`";
    alice.vault(["recipient", "remove", "bob"]).fails(1, &[apart]);
    alice.vault(["trust", "bob", "--yes"]).succeeds();
    let remain = ["bob: no longer in the team", "robert: by bob"];
    alice.vault(["recipient", "remove", "bob"]).fails(0, &remain);
}

#[test]
fn one_who_was_renamed_is_found_by_the_name_that_is_known_here() {
    let office = scene();
    let alice = renamed_everywhere(&office, "robert", "");
    let new = another_key(&alice, ".git/new");
    let stands = "the key that was approved here as bob stands in team.toml as robert";
    for (command, instead) in [
        (&["recipient", "remove", "bob"][..], "`vault recipient remove robert`"),
        (&["recipient", "replace", "bob", &new], "`vault recipient replace robert KEY`"),
        (&["group", "remove", "ops", "bob"], "`vault group remove ops robert`"),
        (&["access", "deny", "web", "bob"], "`vault access deny sets/web robert`"),
    ] {
        alice.vault(command).fails(1, &[stands, instead]);
    }
    alice.vault(["recipient", "remove", "robert"]).fails(0, &["robert: no longer in the team"]);
}
