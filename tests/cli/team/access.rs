//! `vault group` and `vault access`: who may read what, changed and shown.

use serde_json::json;

use crate::support::{Office, Sandbox};

/// alice, bob and carol, of whom each has a key in `key-NAME`, and the sets web and prod-db.
fn three() -> Sandbox {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["set", "prod-db", "PW=2"]).succeeds();
    for name in ["bob", "carol"] {
        let path = sandbox.root().join(format!("key-{name}"));
        let key = sandbox.vault(["keygen", "-o", path.to_str().unwrap()]).succeeds().text();
        sandbox.vault(["recipient", "add", name, key.trim()]).succeeds();
    }
    sandbox
}

fn readers(sandbox: &Sandbox, set: &str) -> serde_json::Value {
    let access = sandbox.vault(["access", "--json"]).quietly().json();
    assert_eq!(access["pending"], json!({}));
    access["sets"][set].clone()
}

fn opens(sandbox: &Sandbox, name: &str, set: &str, key: &str) -> bool {
    let identity = sandbox.root().join(format!("key-{name}"));
    let got = sandbox.vault(["-i", identity.to_str().unwrap(), "get", set, key]);
    assert!(matches!(got.code, Some(0 | 3)), "{got:?}");
    got.code == Some(0)
}

#[test]
fn the_first_rule_leaves_only_who_is_named_and_a_new_data_key() {
    let sandbox = three();
    sandbox.vault(["group", "add", "ops", "alice", "bob"]).fails(0, &["ops is now alice, bob"]);
    sandbox
        .vault(["access", "allow", "sets/prod-*", "ops"])
        .fails(0, &["sets/prod-db: removed carol; new data key", "sets/prod-*: now for ops"]);
    assert_eq!(readers(&sandbox, "prod-db"), json!(["alice", "bob"]));
    assert_eq!(readers(&sandbox, "web"), json!(["alice", "bob", "carol"]));
    assert!(opens(&sandbox, "bob", "prod-db", "PW") && !opens(&sandbox, "carol", "prod-db", "PW"));
    assert_eq!(sandbox.vault(["exposed"]).ends(1).text(), "prod-db PW carol\n");
    // A set made later follows the rule.
    sandbox.vault(["set", "prod-web", "K=3"]).fails(0, &["readable by alice, bob"]);
}

#[test]
fn a_group_gives_and_takes_at_once() {
    let sandbox = three();
    sandbox.vault(["access", "allow", "prod-*", "alice"]).succeeds();
    // Whom a group stands for, and what rules give a group, was typed here.
    sandbox.vault(["group", "add", "ops", "bob"]).succeeds();
    let allow = ["access", "allow", "prod-*", "ops"];
    sandbox.vault(allow).fails(0, &["sets/prod-db: added bob"]);
    let add = ["group", "add", "ops", "carol"];
    sandbox.vault(add).fails(0, &["sets/prod-db: added carol"]);
    assert!(opens(&sandbox, "carol", "prod-db", "PW"));
    sandbox
        .vault(["group", "remove", "ops", "carol"])
        .fails(0, &["sets/prod-db: removed carol; new data key"]);
    assert!(!opens(&sandbox, "carol", "prod-db", "PW"));
    sandbox.vault(["group", "add", "ops", "bob"]).fails(0, &["ops stays as it is"]);
    sandbox.vault(["group", "remove", "ops", "carol"]).fails(1, &["carol is not in ops"]);
    sandbox.vault(["group", "remove", "nope", "bob"]).fails(1, &["there is no group nope"]);
    sandbox.vault(["group", "add", "alice", "bob"]).fails(1, &["share one namespace"]);
    sandbox.vault(["group", "add", "ops", "dave"]).fails(1, &["there is no member dave"]);
}

#[test]
fn who_is_denied_reads_nothing_more_of_it() {
    let sandbox = three();
    sandbox
        .vault(["access", "deny", "web", "bob", "carol"])
        .fails(0, &["sets/web: removed bob, carol; new data key", "sets/web: now for alice"]);
    assert!(!opens(&sandbox, "bob", "web", "A") && opens(&sandbox, "bob", "prod-db", "PW"));
    let before = sandbox.vault(["access", "--json"]).text();
    sandbox.vault(["access", "deny", "web", "alice"]).fails(1, &["nobody could read sets/web"]);
    sandbox.vault(["access", "deny", "web", "bob"]).fails(0, &["sets/web: as before for alice"]);
    sandbox.vault(["access", "deny", "../web", "bob"]).fails(2, &["a pattern is"]);
    sandbox
        .vault(["access", "allow", "web", "dave"])
        .fails(1, &["there is no member or group dave"]);
    sandbox.vault(["recipient", "remove", "alice"]).fails(1, &["nobody could read sets/web"]);
    assert_eq!(sandbox.vault(["access", "--json"]).text(), before);
}

#[test]
fn a_rule_that_decides_as_much_as_another_is_refused_before_anything_changes() {
    let sandbox = three();
    sandbox.vault(["access", "allow", "prod-*", "alice"]).succeeds();
    let before = sandbox.vault(["access", "--json"]).text();
    sandbox.vault(["access", "allow", "p*-dbx", "alice"]).succeeds();
    sandbox
        .vault(["access", "allow", "*od-db", "alice", "bob"])
        .fails(1, &["sets/*od-db", "sets/prod-*", "equally long"]);
    assert_eq!(sandbox.vault(["access", "--json"]).text(), before);
}

/// The longest pattern decides, and that may be a wider one.
#[test]
fn a_denial_that_would_let_somebody_else_in_asks() {
    let sandbox = three();
    sandbox.vault(["access", "allow", "p*", "alice"]).succeeds();
    sandbox
        .vault(["access", "deny", "***", "carol"])
        .fails(2, &["bob is to read more", "gains     sets/prod-db", "--trust bob"]);
    assert_eq!(readers(&sandbox, "prod-db"), json!(["alice"]));
}

#[test]
fn the_matrix_shows_who_reads_and_what_is_not_done_yet() {
    let sandbox = three();
    sandbox.vault(["access", "allow", "prod-*", "alice", "bob"]).succeeds();
    let table =
        "              alice  bob  carol\nsets/prod-db  x      x\nsets/web      x      x    x\n";
    assert_eq!(sandbox.vault(["access"]).quietly().text(), table);
    let path = sandbox.work().join(".secrets/team.toml");
    let team = std::fs::read_to_string(&path).unwrap();
    sandbox.put(".secrets/team.toml", team.replace("    \"bob\",\n]", "    \"carol\",\n]"));
    let shown = sandbox.vault(["access"]).fails(
        0,
        &["sets/prod-db is not yet as team.toml says: added carol; removed bob", "`vault rekey`"],
    );
    let table = "              alice  bob  carol\nsets/prod-db  x      -    +\nsets/web      x      x    x\n";
    assert_eq!(shown.text(), table);
    let json = sandbox.vault(["access", "prod-db", "--json"]).quietly().json();
    assert_eq!(json["sets"], json!({"prod-db": ["alice", "bob"]}));
    assert_eq!(json["pending"]["sets/prod-db"]["added"], json!(["carol"]));
    sandbox.vault(["access", "nope"]).fails(1, &["there is no set nope", "prod-db, web"]);
}

#[test]
fn a_team_file_with_a_mistake_names_the_line() {
    let sandbox = three();
    let path = sandbox.work().join(".secrets/team.toml");
    let team = std::fs::read_to_string(&path).unwrap();
    let line = team.lines().count() + 3;
    sandbox.put(".secrets/team.toml", format!("{team}\n[groups.ops]\nmembers = [\"bbo\"]\n"));
    for words in [&["access"][..], &["rekey"], &["recipient", "list"], &["set", "new", "A=1"]] {
        sandbox
            .vault(words)
            .fails(4, &["team.toml", &format!("line {line}: "), "no member or group bbo"]);
    }
    assert_eq!(sandbox.vault(["get", "web", "A"]).succeeds().text(), "1");
}

#[test]
fn a_large_team_is_shown_as_a_list() {
    let office = Office::of_alice();
    let alice = office.person("alice");
    alice.vault(["set", "web", "A=1"]).succeeds();
    for number in 0..12 {
        let key = alice.vault(["keygen", "-o", &format!("key-{number}")]).succeeds().text();
        let name = format!("colleague-{number}");
        alice.vault(["recipient", "add", &name, key.trim()]).succeeds();
    }
    let table = alice.vault(["access"]).quietly().text();
    assert!(table.starts_with("FILE      READERS\nsets/web  alice, colleague-0, "), "{table}");
}
