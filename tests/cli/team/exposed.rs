//! `vault exposed`: copies, renames, returns and pull secrets, and what it is asked wrongly.

use vault::envelope::{Credentials, Opened};
use vault::model::{PullSecret, RegistryKind, SecretValue};
use vault::store::Vault;

use crate::support::Sandbox;

/// alice and bob read `web`; then bob leaves.
fn without_bob() -> (Sandbox, String) {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2"]);
    let path = sandbox.root().join("bob");
    let key = sandbox.vault(["keygen", "-o", path.to_str().unwrap()]).succeeds().text();
    let key = key.trim().to_owned();
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    sandbox.vault(["recipient", "remove", "bob"]).succeeds();
    (sandbox, key)
}

fn exposed(sandbox: &Sandbox) -> String {
    sandbox.vault(["exposed"]).text()
}

#[test]
fn copies_and_renames_take_what_was_seen_with_them() {
    let (sandbox, _) = without_bob();
    sandbox.vault(["copy", "web", "copy"]).succeeds();
    sandbox.vault(["rename", "web", "site"]).succeeds();
    sandbox.vault(["rename", "site", "A", "Z"]).succeeds();
    assert_eq!(exposed(&sandbox), "copy A bob\ncopy B bob\nsite B bob\nsite Z bob\n");
    sandbox.vault(["set", "site", "Z=new", "C=3"]).succeeds();
    sandbox.vault(["set", "copy", "B=2"]).fails(0, &["unchanged: B"]);
    assert_eq!(exposed(&sandbox), "copy A bob\ncopy B bob\nsite B bob\n");
    sandbox.vault(["set", "copy", "B=2", "--note", "a note is no new value"]).succeeds();
    sandbox.vault(["rekey", "--rotate"]).succeeds();
    assert_eq!(exposed(&sandbox), "copy A bob\ncopy B bob\nsite B bob\n");
}

#[test]
fn a_copy_that_some_may_not_read_is_exposed_to_them() {
    let (sandbox, key) = without_bob();
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    assert_eq!(exposed(&sandbox), "");
    sandbox.vault(["access", "allow", "prod", "alice"]).succeeds();
    sandbox.vault(["copy", "web", "prod"]).succeeds();
    assert_eq!(exposed(&sandbox), "prod A bob\nprod B bob\n");
}

#[test]
fn who_comes_back_has_nothing_to_hide_and_leaves_with_more() {
    let (sandbox, key) = without_bob();
    sandbox.vault(["set", "web", "A=later"]).succeeds();
    assert_eq!(exposed(&sandbox), "web B bob\n");
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    sandbox.vault(["exposed"]).quietly();
    sandbox.vault(["recipient", "remove", "bob"]).succeeds();
    assert_eq!(exposed(&sandbox), "web A bob\nweb B bob\n");
}

#[test]
fn pull_secrets_count_under_a_name_no_set_can_have() {
    let (sandbox, key) = without_bob();
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    let vault = Vault::find(&sandbox.work()).unwrap();
    let (name, kind) = ("web".parse().unwrap(), vault::model::Kind::Pull);
    let readers = vault.team().unwrap().readers_of(kind, &name).unwrap();
    let value = |text: &str| SecretValue::new(text.as_bytes().to_vec()).unwrap();
    let content = PullSecret {
        registry: RegistryKind::Docker,
        server: "registry.example.com".parse().unwrap(),
    };
    let credentials = Credentials::new(value("user"), value("pass"));
    let made = Opened::<PullSecret>::create(name, content, credentials, readers).unwrap();
    vault.lock(|| ()).unwrap().create(&made.seal().unwrap()).unwrap();
    sandbox
        .vault(["recipient", "remove", "bob"])
        .fails(0, &["pull/web: removed bob; new data key", "pull/web password, pull/web username"]);
    let json = sandbox.vault(["exposed", "bob", "--json"]).ends(1).json();
    let sets: Vec<_> =
        json.as_array().unwrap().iter().map(|e| e["set"].as_str().unwrap()).collect();
    assert_eq!(sets, ["web", "web", "pull/web", "pull/web"]);
    let access = sandbox.vault(["access", "--json"]).quietly().json();
    assert_eq!(access["pull"], serde_json::json!({"web": ["alice"]}));
    assert_eq!(
        sandbox.vault(["access", "pull/web"]).quietly().text(),
        "          alice\npull/web  x\n"
    );
    sandbox.vault(["rekey", "pull/web", "--rotate"]).fails(0, &["pull/web: new data key"]);
}

#[test]
fn only_what_one_person_saw_and_a_name_that_nobody_has_is_an_error() {
    let (sandbox, _) = without_bob();
    assert_eq!(sandbox.vault(["exposed", "bob"]).ends(1).text(), "web A bob\nweb B bob\n");
    sandbox.vault(["exposed", "alice"]).quietly();
    sandbox.vault(["exposed", "bbo"]).fails(1, &["nobody called bbo is or was here"]);
    sandbox.vault(["exposed", "bob", "--json"]).fails(1, &["`vault set web A`"]);
    assert_eq!(sandbox.vault(["exposed", "alice", "--json"]).quietly().text(), "[]\n");
}

#[test]
fn what_someone_saw_under_an_older_name_is_theirs_under_the_newer() {
    let (sandbox, key) = without_bob();
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    sandbox.vault(["set", "pay", "P=1"]).succeeds();
    sandbox.vault(["access", "allow", "web", "alice"]).succeeds();
    sandbox.vault(["recipient", "rename", "bob", "robert"]).succeeds();
    sandbox
        .vault(["recipient", "remove", "robert"])
        .fails(0, &["robert has seen 3 values", "pay P, web A, web B"]);
    let seen = "pay P robert\nweb A bob\nweb B bob\n";
    assert_eq!(sandbox.vault(["exposed", "robert"]).ends(1).text(), seen);
    assert_eq!(exposed(&sandbox), seen);
    // Someone else who is called bob now is another person.
    let other = sandbox.vault(["keygen", "-o", sandbox.root().join("2").to_str().unwrap()]).text();
    sandbox.vault(["recipient", "add", "bob", other.trim(), "--trust", "bob"]).succeeds();
    assert_eq!(
        sandbox.vault(["exposed", "robert"]).ends(1).text(),
        "pay P robert\nweb A bob\nweb B bob\n"
    );
}

#[test]
fn a_file_that_could_not_be_rewritten_is_said_to_be_missing_from_the_list() {
    let (sandbox, key) = without_bob();
    sandbox.vault(["recipient", "add", "bob", &key]).succeeds();
    sandbox.vault(["set", "pay", "P=1"]).succeeds();
    sandbox.vault(["set", "old", "O=1"]).succeeds();
    let web = sandbox.set_text("web").replace("[values.A]", "[values.Z]");
    sandbox.put(".secrets/sets/web.toml", web);
    sandbox.put(".secrets/sets/old.toml", "nothing");
    sandbox
        .vault(["recipient", "remove", "bob"])
        .fails(4, &["what bob has seen in sets/old, sets/web does not count here", "pay P"]);
}
