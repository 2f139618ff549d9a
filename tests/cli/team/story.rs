//! The whole story with two clones and a bare remote: somebody comes, reads, goes.

use crate::support::{Office, Person};

fn exposed(person: &Person<'_>) -> String {
    person.vault(["exposed"]).text()
}

/// alice with three sets, all of which bob has joined and pulled.
fn alice_and_bob(office: &Office) -> (Person<'_>, Person<'_>) {
    let (alice, bob) = (office.person("alice"), office.clones("bob"));
    alice.vault(["set", "web", "TOKEN=one", "URL=two"]).succeeds();
    alice.vault(["set", "db", "PASSWORD=three"]).succeeds();
    let key = bob.keygen();
    alice.vault(["recipient", "add", "bob", &key]).succeeds();
    alice.push("bob joins");
    bob.pull();
    (alice, bob)
}

#[test]
fn somebody_comes_reads_and_goes_and_it_is_known_what_they_have_seen() {
    let office = Office::of_alice();
    let (alice, bob) = alice_and_bob(&office);
    assert_eq!(bob.vault(["get", "web", "TOKEN"]).succeeds().text(), "one");
    assert_eq!(bob.vault(["get", "db", "PASSWORD"]).succeeds().text(), "three");
    assert_eq!(exposed(&alice), "");

    alice
        .vault(["recipient", "remove", "bob"])
        .fails(0, &["sets/db: removed bob; new data key", "bob has seen 3 values", "git history"]);
    alice.vault(["set", "later", "NEW=four"]).succeeds();
    alice.push("bob leaves");
    bob.pull();
    for (set, key) in [("web", "TOKEN"), ("web", "URL"), ("db", "PASSWORD"), ("later", "NEW")] {
        bob.vault(["get", set, key]).fails(3, &["no identity at hand opens it", "alice"]);
        assert!(!alice.secret_file(&format!("sets/{set}.toml")).contains("[recipients.bob]"));
    }
    // What bob has pulled before, he still has.
    bob.git(["checkout", "--quiet", "HEAD~1"]);
    assert_eq!(bob.vault(["get", "web", "TOKEN"]).succeeds().text(), "one");

    assert_eq!(exposed(&alice), "db PASSWORD bob\nweb TOKEN bob\nweb URL bob\n");
    alice.vault(["exposed"]).ends(1);
    alice.vault(["set", "web", "TOKEN=changed"]).succeeds();
    assert_eq!(exposed(&alice), "db PASSWORD bob\nweb URL bob\n");
    alice.vault(["set", "web", "URL=changed"]).succeeds();
    alice.vault(["unset", "db", "PASSWORD"]).succeeds();
    assert_eq!(exposed(&alice), "");
    alice.vault(["exposed"]).quietly();
}

#[test]
fn who_leaves_without_an_identity_at_hand_is_seen_by_everyone_with_a_clone() {
    let office = Office::of_alice();
    let (alice, bob) = alice_and_bob(&office);
    alice.vault(["recipient", "remove", "bob"]).succeeds();
    alice.push("bob leaves");
    let auditor = office.clones("auditor");
    let json = auditor.vault(["exposed", "bob", "--json"]).ends(1).json();
    assert_eq!(json[0], serde_json::json!({"set": "db", "key": "PASSWORD", "seen_by": ["bob"]}));
    assert_eq!(json.as_array().unwrap().len(), 3);
    let access = auditor.vault(["access", "--json"]).succeeds().json();
    assert_eq!(access["sets"], serde_json::json!({"db": ["alice"], "web": ["alice"]}));
    assert_eq!(bob.vault(["whoami"]).succeeds().text().matches("opens").count(), 2);
    bob.pull();
    assert_eq!(bob.vault(["whoami"]).succeeds().text().matches("opens").count(), 0);
}

#[test]
fn a_colleague_finishes_what_the_one_who_removed_could_not_open() {
    let office = Office::of_alice();
    let (alice, bob) = alice_and_bob(&office);
    let carol = office.clones("carol");
    let key = carol.keygen();
    alice.vault(["recipient", "add", "carol", &key]).succeeds();
    alice.vault(["access", "allow", "db", "bob", "carol", "--yes"]).fails(0, &["removed alice"]);
    alice.push("db is for bob and carol");

    alice.vault(["recipient", "remove", "bob"]).fails(
        1,
        &[
            "sets/web: removed bob",
            "db.toml: no identity at hand opens it; its readers are bob, carol",
            "1 of 2 files are not done: sets/db",
            "`vault rekey`",
        ],
    );
    alice.vault(["access"]).fails(0, &["sets/db is not yet as team.toml says: removed bob"]);
    let pending = alice.vault(["access", "db", "--json"]).json();
    assert_eq!(pending["pending"]["sets/db"]["removed"], serde_json::json!(["bob"]));
    alice.push("bob leaves");
    carol.pull();
    bob.pull();
    assert_eq!(bob.vault(["get", "db", "PASSWORD"]).succeeds().text(), "three", "not done yet");

    assert_eq!(
        carol.vault(["rekey", "--dry-run"]).succeeds().text(),
        "sets/db: removed bob; new data key\n"
    );
    carol.vault(["rekey"]).fails(0, &["sets/db: removed bob; new data key"]);
    carol.push("bob reads nothing");
    bob.pull();
    bob.vault(["get", "db", "PASSWORD"]).ends(3);
    carol.vault(["rekey"]).fails(0, &["every file is as team.toml says"]);
}
