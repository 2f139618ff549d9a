//! `vault rekey`: every file brought to what the team file says.

use std::fs;
use std::path::Path;

use crate::support::{Office, Sandbox, SealedText};

fn with_bob() -> (Sandbox, String) {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["set", "db", "B=2"]).succeeds();
    let path = sandbox.root().join("bob");
    let key = sandbox.vault(["keygen", "-o", path.to_str().unwrap()]).succeeds().text();
    sandbox.vault(["recipient", "add", "bob", key.trim()]).succeeds();
    (sandbox, key.trim().to_owned())
}

fn edit_team(sandbox: &Sandbox, edit: impl FnOnce(&str) -> String) {
    let path = sandbox.work().join(".secrets/team.toml");
    let text = fs::read_to_string(path).unwrap();
    sandbox.put(".secrets/team.toml", edit(&text));
}

#[test]
fn what_was_written_by_hand_is_carried_out() {
    let (sandbox, key) = with_bob();
    // Renamed, and db only for alice.
    edit_team(&sandbox, |text| {
        let renamed =
            text.replace("[members.bob]", "[members.robert]").replace(" bob\"", " robert\"");
        format!("{renamed}\n[rules.\"sets/db\"]\nread = [\"alice\"]\n")
    });
    let plan = "sets/db: removed bob; new data key\nsets/web: renamed bob to robert\n";
    let before = (sandbox.set_text("web"), sandbox.set_text("db"));
    assert_eq!(sandbox.vault(["rekey", "--dry-run"]).quietly().text(), plan);
    assert_eq!((sandbox.set_text("web"), sandbox.set_text("db")), before);
    sandbox.vault(["rekey", "web"]).fails(0, &["sets/web: renamed bob to robert"]);
    assert_eq!(sandbox.set_text("db"), before.1, "only what was named");
    sandbox.vault(["rekey"]).fails(0, &["sets/db: removed bob; new data key"]);
    assert!(!sandbox.set_text("db").contains("[recipients.bob]"));
    assert!(sandbox.set_text("web").contains(&format!("to = \"{key} robert\"")));
    sandbox.vault(["rekey"]).fails(0, &["every file is as team.toml says"]);
    sandbox.vault(["rekey", "nope"]).fails(1, &["there is no set nope"]);
}

#[test]
fn rotating_makes_every_data_key_anew_and_keeps_every_value() {
    let (sandbox, _) = with_bob();
    let before = ["web", "db"].map(|set| SealedText(sandbox.set_text(set)));
    sandbox
        .vault(["rekey", "--rotate"])
        .fails(0, &["sets/db: new data key", "sets/web: new data key"]);
    for (set, before) in ["web", "db"].iter().zip(before) {
        let after = SealedText(sandbox.set_text(set));
        assert_eq!(after.field("[vault]", "id"), before.field("[vault]", "id"));
        assert!(after.field("[vault]", "prev").starts_with(&format!("\"{}:", before.token())));
        assert!(!after.0.contains("[departed"), "{}", after.0);
    }
    assert_eq!(sandbox.vault(["get", "web", "A"]).succeeds().text(), "1");
    assert_eq!(sandbox.vault(["exposed"]).quietly().text(), "");
}

#[test]
fn names_that_were_exchanged_by_hand_are_exchanged_in_the_files() {
    let (sandbox, key) = with_bob();
    let alice = sandbox.vault(["whoami", "--json"]).json()["identities"][0]["public"].clone();
    edit_team(&sandbox, |text| {
        let exchanged = text.replace("alice", "?").replace("bob", "alice");
        exchanged.replace('?', "bob")
    });
    sandbox.vault(["rekey"]).fails(0, &["renamed alice to bob, bob to alice"]);
    let web = sandbox.set_text("web");
    assert!(web.contains(&format!("to = \"{} bob\"", alice.as_str().unwrap())), "{web}");
    assert!(web.contains(&format!("to = \"{key} alice\"")), "{web}");
    assert_eq!(sandbox.vault(["get", "web", "A"]).succeeds().text(), "1");
}

#[test]
fn a_file_that_is_malformed_does_not_hold_up_a_removal() {
    let (sandbox, _) = with_bob();
    let text = sandbox.set_text("db");
    sandbox.put(".secrets/sets/db.toml", format!("<<<<<<< ours\n{text}"));
    sandbox.vault(["recipient", "remove", "bob"]).fails(
        4,
        &["sets/web: removed bob; new data key", "db.toml: line 1", "are not done: sets/db"],
    );
    sandbox.put(".secrets/sets/db.toml", &text);
    let other = sandbox.root().join("bob");
    let get = ["-i", other.to_str().unwrap(), "get", "db", "B"];
    sandbox.vault(get).succeeds();
    sandbox.vault(["recipient", "remove", "bob"]).fails(0, &["sets/db: removed bob; new data key"]);
    sandbox.vault(get).ends(3);
    sandbox.vault(["recipient", "remove", "bob"]).fails(1, &["there is no member bob"]);
}

#[test]
fn who_can_open_nothing_changes_nothing() {
    let (sandbox, _) = with_bob();
    let stranger = sandbox.root().join("stranger");
    sandbox.vault(["keygen", "-o", stranger.to_str().unwrap()]).succeeds();
    let before = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    for words in [
        &["recipient", "remove", "bob"][..],
        &["rekey", "--rotate"],
        &["access", "deny", "web", "bob"],
    ] {
        let stranger = ["-i", stranger.to_str().unwrap()];
        sandbox.vault(stranger.iter().chain(words)).fails(3, &["no identity at hand opens it"]);
    }
    assert_eq!(fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap(), before);
}

/// A set of the frozen vectors, for alice and for a key that only a plugin encrypts to.
#[test]
fn a_key_that_nobody_here_can_encrypt_to_holds_up_that_file_and_no_other() {
    let sandbox = Sandbox::new();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1");
    let (file, identity) = (vectors.join("good/plugin.toml"), vectors.join("keys/x25519.txt"));
    let identity = identity.to_str().unwrap();
    let run = |words: &[&str]| sandbox.vault(["-i", identity].iter().chain(words));
    run(&["init", "--name", "alice"]).succeeds();
    run(&["set", "other", "A=1"]).succeeds();
    let text = fs::read_to_string(file).unwrap();
    sandbox.put(".secrets/sets/plugin.toml", &text);
    let to = SealedText(text.clone()).field("[recipients.token]", "to");
    edit_team(&sandbox, |team| {
        format!(
            "{team}\n[members.token]\nto = {to}\n\n[rules.\"sets/other\"]\nread = [\"alice\"]\n"
        )
    });
    run(&["rekey", "--rotate"]).fails(
        1,
        &[
            "sets/other: new data key",
            "sets/plugin: recipient token: ",
            "--drop token",
            "1 of 2 files are not done: sets/plugin",
        ],
    );
    assert_eq!(sandbox.set_text("plugin"), text);
    run(&["recipient", "remove", "token"]).fails(0, &["sets/plugin: removed token; new data key"]);
    run(&["get", "plugin", "TOKEN"]).succeeds();
}

#[test]
fn several_new_data_keys_in_one_commit_are_believed_by_those_who_know_the_last_commit() {
    let office = Office::of_alice();
    let (alice, bob) = (office.person("alice"), office.clones("bob"));
    let bobs = bob.keygen();
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.vault(["recipient", "add", "bob", &bobs]).succeeds();
    for name in ["dave", "eve", "frank"] {
        let key = office.clones(name).keygen();
        alice.vault(["recipient", "add", name, &key]).succeeds();
    }
    alice.push("all are here");
    bob.pull();
    bob.vault(["get", "web", "A"]).succeeds();
    for name in ["dave", "eve", "frank"] {
        alice.vault(["recipient", "remove", name]).succeeds();
    }
    alice.push("three have left");
    bob.pull();
    bob.vault(["set", "web", "A=2"]).succeeds();
    bob.push("bob goes on");
    alice.pull();
    alice.vault(["rename", "web", "page"]).succeeds();
    alice.vault(["rename", "page", "site"]).succeeds();
    alice.push("another name");
    bob.pull();
    bob.vault(["verify", "--base", "HEAD~1"]).fails(0, &["nothing is wrong"]);
    assert_eq!(bob.vault(["get", "site", "A"]).succeeds().text(), "2");
}
