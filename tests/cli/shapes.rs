//! What goes to stdout: JSON of a stable shape, plain lines off a terminal, nothing else.

use serde_json::json;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_set("web", &["B=2"]);
    let words = ["set", "web", "A=1", "--note", "it's \"A\"", "--expires", "2091-01-31"];
    sandbox.vault(words).succeeds();
    sandbox.vault(["set", "web", "B=two"]).succeeds();
    sandbox.vault(["set", "db", "C=3"]).succeeds();
    sandbox
}

#[test]
fn list_as_json_with_every_field_and_no_other() {
    let sandbox = sandbox();
    let sets = json!({"sets": [
        {"name": "db", "keys": 1, "recipients": ["alice"]},
        {"name": "web", "keys": 2, "recipients": ["alice"]},
    ]});
    assert_eq!(sandbox.vault(["list", "--json"]).quietly().json(), sets);
    let keys = json!({"set": "web", "epoch": 1, "recipients": ["alice"], "keys": [
        {"name": "A", "note": "it's \"A\"", "expires": "2091-01-31", "since": 1, "rev": 1},
        {"name": "B", "note": null, "expires": null, "since": 1, "rev": 2},
    ]});
    assert_eq!(sandbox.vault(["list", "web", "--json"]).quietly().json(), keys);
    let empty = Sandbox::with_vault();
    assert_eq!(empty.vault(["list", "--json"]).quietly().json(), json!({"sets": []}));
}

#[test]
fn list_as_lines() {
    let sandbox = sandbox();
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "db\nweb\n");
    assert_eq!(sandbox.vault(["list", "web"]).quietly().text(), "A\nB\n");
    assert_eq!(Sandbox::with_vault().vault(["list"]).quietly().text(), "");
    sandbox.vault(["list", "nope"]).fails(1, &["there is no set nope", "there are: db, web"]);
}

#[test]
fn list_needs_no_identity() {
    let sandbox = sandbox();
    std::fs::remove_file(sandbox.identity()).unwrap();
    let list = |words: &[&str]| {
        let run = sandbox.command(words).without("HOME").without("XDG_CONFIG_HOME");
        run.env("VAULT_IDENTITY", "nonsense").run().quietly()
    };
    assert_eq!(list(&["list"]).text(), "db\nweb\n");
    assert_eq!(list(&["list", "web"]).text(), "A\nB\n");
    assert_eq!(list(&["list", "web", "--json"]).json()["epoch"], 1);
    sandbox.vault(["get", "web", "A"]).fails(3, &["alice"]);
}

#[test]
fn get_as_json_and_as_it_is() {
    let sandbox = sandbox();
    let shape = json!({"set": "web", "key": "B", "value": "two"});
    assert_eq!(sandbox.vault(["get", "web", "B", "--json"]).quietly().json(), shape);
    assert_eq!(sandbox.vault(["get", "web", "B"]).quietly().text(), "two");
}

#[test]
fn whoami_as_json_and_as_lines() {
    let sandbox = sandbox();
    let path = sandbox.identity().display().to_string();
    let shown = sandbox.vault(["whoami", "--json"]).quietly().json();
    let key = shown["identities"][0]["public"].as_str().unwrap().to_owned();
    assert!(key.starts_with("age1"));
    let shape = json!({
        "identities": [{"source": path, "public": key}],
        "members": ["alice"],
        "sets": ["db", "web"],
    });
    assert_eq!(shown, shape);
    let lines = format!("identity {key} ({path})\nmember alice\nopens db\nopens web\n");
    assert_eq!(sandbox.vault(["whoami"]).quietly().text(), lines);
    std::fs::remove_file(sandbox.identity()).unwrap();
    sandbox.vault(["whoami"]).fails(1, &["no identity", "vault keygen"]);
}

#[test]
fn exports_have_the_form_their_readers_know() {
    let sandbox = Sandbox::with_set("web", &["A=it's", "B="]);
    let export = |format| sandbox.vault(["export", "web", "--format", format]).quietly().text();
    assert_eq!(export("json"), "{\n  \"A\": \"it's\",\n  \"B\": \"\"\n}\n");
    assert_eq!(export("shell"), "export A='it'\\''s'\nexport B=''\n");
    assert_eq!(export("docker-env"), "A=it's\nB=\n");
    let k8s = export("k8s");
    assert!(k8s.contains("kind: Secret") && k8s.contains("aXQncw=="), "{k8s}");
    let eval = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{}printf %s \"$A\"", export("shell"))])
        .output()
        .unwrap();
    assert_eq!(eval.stdout, b"it's");
}

#[test]
fn a_json_export_writes_what_is_no_text_as_base64() {
    let sandbox = Sandbox::with_vault();
    sandbox.command(["set", "web", "RAW", "--stdin"]).stdin(&b"\xff\x00"[..]).run().succeeds();
    let shown = sandbox.vault(["export", "web", "--format", "json"]).quietly().json();
    assert_eq!(shown, json!({"RAW": {"base64": "/wA="}}));
}
