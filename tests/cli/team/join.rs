//! `vault join`, and how a request is answered.

use std::os::unix::fs::symlink;

use crate::support::{Office, Person};

/// carol has asked to join, and alice has pulled that.
fn asked(office: &Office) -> (Person<'_>, Person<'_>) {
    let (alice, carol) = (office.person("alice"), office.clones("carol"));
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.push("web");
    carol.pull();
    carol.vault(["join"]).fails(
        0,
        &[
            "wrote a new identity",
            "wrote a request for carol, age1",
            "git commit",
            "recipient add carol",
        ],
    );
    carol.push("ask to join as carol");
    alice.pull();
    (alice, carol)
}

#[test]
fn a_newcomer_asks_and_reads_when_a_member_says_yes() {
    let office = Office::of_alice();
    let (alice, carol) = asked(&office);
    carol.vault(["get", "web", "A"]).ends(3);
    alice.vault(["recipient", "add", "carol"]).fails(
        2,
        &[
            "carol is new here",
            "age X25519 SHA256:",
            "by carol <carol@example.org>",
            "(ask to join as carol)",
            "gains     sets/web",
            "--trust carol",
        ],
    );
    alice.vault(["recipient", "list"]).succeeds().never_says("carol");
    alice.vault(["recipient", "add", "carol", "--trust", "carol", "--group", "ops"]).succeeds();
    assert!(!alice.repo().join(".secrets/requests/carol.toml").exists());
    alice.push("carol joins");
    carol.pull();
    assert_eq!(carol.vault(["get", "web", "A"]).succeeds().text(), "1");
    assert!(carol.vault(["whoami"]).succeeds().text().contains("member carol"));
    carol.vault(["join"]).fails(1, &["already a member carol"]);
    carol.vault(["join", "carlotta"]).fails(1, &["in the team already, as carol"]);
}

#[test]
fn a_second_device_asks_in_the_same_way() {
    let office = Office::of_alice();
    let (alice, desk) = (office.person("alice"), office.clones("desk"));
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.push("web");
    desk.pull();
    desk.vault(["join", "alice"])
        .fails(1, &["already a member alice", "`vault join alice/DEVICE`"]);
    assert!(!desk.identity().exists(), "a name that is taken costs nobody an identity");
    desk.vault(["join", "alice/desk"]).succeeds();
    desk.push("ask");
    alice.pull();
    alice.vault(["recipient", "add", "alice/desk", "--trust", "alice/desk"]).succeeds();
    alice.push("desk");
    desk.pull();
    assert_eq!(desk.vault(["get", "web", "A"]).succeeds().text(), "1");
}

#[test]
fn asking_again_changes_nothing_and_another_key_is_not_written_over_the_first() {
    let office = Office::of_alice();
    let (alice, carol) = asked(&office);
    let path = "requests/carol.toml";
    let before = carol.secret_file(path);
    carol.vault(["join"]).succeeds();
    assert_eq!(carol.secret_file(path), before);
    let other = office.clones("other");
    other.vault(["join", "carol"]).fails(1, &["carol has asked already, with another key"]);
    assert_eq!(other.secret_file(path), before);
    alice.vault(["join", "dave"]).fails(1, &["in the team already, as alice"]);
    alice.vault(["group", "add", "ops", "alice"]).succeeds();
    alice.push("ops");
    other.pull();
    other.vault(["join", "ops"]).fails(1, &["ops is a group"]);
    other.vault(["join", "No Good"]).fails(2, &["a member name"]);
}

#[test]
fn a_request_that_is_not_what_it_should_be_is_refused() {
    let office = Office::of_alice();
    let (alice, carol) = asked(&office);
    let good = alice.secret_file("requests/carol.toml");
    let add = |name: &str| alice.vault(["recipient", "add", name, "--trust", name]);
    alice.put("requests/dave.toml", &good);
    add("dave").fails(
        4,
        &["dave.toml", "`to` must be a public key, one space, and the record's own name"],
    );
    alice.put(
        "requests/dave.toml",
        &good.replace(" carol\"", " dave\"").replace("[request]", "[members.dave]"),
    );
    add("dave").fails(4, &["dave.toml", "unknown table"]);
    alice.put("requests/dave.toml", &"#".repeat(20 << 10));
    add("dave").fails(4, &["larger than such a file may be"]);
    std::fs::remove_file(alice.repo().join(".secrets/requests/dave.toml")).unwrap();
    symlink(
        carol.repo().join(".secrets/requests/carol.toml"),
        alice.repo().join(".secrets/requests/dave.toml"),
    )
    .unwrap();
    add("dave").fails(4, &["refused", "it is a link"]);
    std::fs::remove_file(alice.repo().join(".secrets/requests/dave.toml")).unwrap();
    add("dave").fails(1, &["dave has not asked to join", "there are requests of carol"]);
    let members = alice.vault(["recipient", "list"]).succeeds().text();
    assert_eq!(members.lines().count(), 1, "{members}");
}

#[test]
fn what_is_no_request_stands_only_in_its_own_way() {
    let office = Office::of_alice();
    let (alice, carol) = asked(&office);
    let keys = ["eve", "fay", "gus"].map(|name| {
        let path = format!(".git/{name}");
        alice.vault(["keygen", "-o", &path]).succeeds().text().trim().to_owned()
    });
    let requests = alice.repo().join(".secrets/requests");
    symlink(carol.identity(), requests.join("eve.toml")).unwrap();
    alice.put("requests/fay.toml", "fay asks\n");
    alice.put("requests/No Good.toml", "");
    symlink(carol.repo(), requests.join("dir")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(requests.join("gus.toml")).status();
    assert!(fifo.unwrap().success());
    // Of somebody who has not asked, who has is said, and what is no request.
    let listed =
        ["there are requests of carol, fay", "eve.toml", "gus.toml", "No Good.toml", "dir"];
    alice.vault(["recipient", "add", "dave"]).fails(1, &listed);
    for (name, code) in [("eve", 4), ("fay", 4), ("gus", 4)] {
        let file = format!("{name}.toml");
        alice.vault(["recipient", "add", name, "--trust", name]).fails(code, &[&file]);
    }
    alice.vault(["recipient", "add", "carol", "--trust", "carol"]).succeeds();
    for (name, key) in ["eve", "fay", "gus"].iter().zip(&keys) {
        let none = format!("what stands for a request of {name} is none");
        alice.vault(["recipient", "add", name, key]).fails(0, &[&none, &format!("{name}.toml")]);
    }
    let members = alice.vault(["recipient", "list"]).succeeds().text();
    assert_eq!(members.lines().count(), 5, "{members}");
}

#[test]
fn a_folder_of_requests_that_is_none_keeps_nobody_out_whose_key_is_typed() {
    let office = Office::of_alice();
    let alice = office.person("alice");
    let key = alice.vault(["keygen", "-o", ".git/dave"]).succeeds().text();
    symlink(alice.repo(), alice.repo().join(".secrets/requests")).unwrap();
    alice.vault(["recipient", "add", "dave"]).fails(4, &["requests", "refused"]);
    alice.vault(["recipient", "add", "dave", key.trim()]).succeeds();
}

#[test]
fn init_where_a_vault_is_points_to_join() {
    let office = Office::of_alice();
    let carol = office.clones("carol");
    carol.vault(["init"]).fails(1, &["already a vault", "`vault join`"]);
}
