//! `vault pull-secret config`: what docker, podman and Kubernetes read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{made, with_pull_secret};

#[test]
fn docker_reads_auth_and_nothing_else() {
    let sandbox = with_pull_secret("hub", "docker.io", "me:p\"w");
    made(&sandbox, "team", "r.example/team", "bot:pässwörd");
    let out = sandbox.vault(["pull-secret", "config", "hub", "team"]).quietly();
    let auth = |pair: &str| json!({"auth": STANDARD.encode(pair)});
    // docker knows no parts of a host; podman does.
    for (format, part) in [("docker", "r.example"), ("containers", "r.example/team")] {
        let words = ["pull-secret", "config", "hub", "team", "--format", format];
        let expected = json!({"auths": {
            "https://index.docker.io/v1/": auth("me:p\"w"), part: auth("bot:pässwörd"),
        }});
        assert_eq!(sandbox.vault(words).quietly().json(), expected);
        assert_eq!(out.json() == expected, format == "docker");
    }
}

#[test]
fn docker_keeps_one_login_for_a_host() {
    let sandbox = with_pull_secret("a", "r.example/a", "a:p");
    made(&sandbox, "b", "r.example/b", "b:p");
    made(&sandbox, "all", "r.example", "all:p");
    let config = |words: &[&str]| sandbox.vault(["pull-secret", "config"].iter().chain(words));
    let says = ["docker knows one login for r.example", "a, b", "--format containers"];
    config(&["a", "b"]).fails(2, &says);
    config(&["a", "all"]).fails(2, &["these are several: all, a"]);
    let all = config(&["a", "b", "all", "--format", "containers"]).quietly().json();
    assert_eq!(all["auths"].as_object().unwrap().len(), 3);
    config(&["a", "b", "--format", "kubernetes", "--name", "x"]).quietly();
    config(&["a", "--format", "containers", "--name", "x"]).fails(2, &["--format kubernetes"]);
}

#[test]
fn kubernetes_gets_a_secret_of_its_type() {
    let sandbox = with_pull_secret("Web_CI", "r.example", "bot:p\"w");
    made(&sandbox, "hub", "docker.io", "me:pw");
    let kubernetes = |words: &[&str]| {
        let config = ["pull-secret", "config", "--format", "kubernetes"];
        sandbox.vault(config.iter().chain(words))
    };
    let text = kubernetes(&["Web_CI", "--namespace", "prod"]).quietly().text();
    let start = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"web-ci\"\n  namespace: \"prod\"\n\
                 type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: \"";
    let data = text.strip_prefix(start).unwrap().strip_suffix("\"\n").unwrap();
    let config: serde_json::Value =
        serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap();
    let auth = json!({"username": "bot", "password": "p\"w", "auth": STANDARD.encode("bot:p\"w")});
    assert_eq!(config, json!({"auths": {"r.example": auth}}));
    assert!(kubernetes(&["hub", "--name", "x.y"]).quietly().text().contains("name: \"x.y\""));
    kubernetes(&["hub", "Web_CI"]).fails(2, &["--name NAME"]);
    kubernetes(&["hub", "Web_CI", "--name", "both"]).quietly();
    kubernetes(&["hub", "--name", "No"]).fails(2, &["--name", "lower-case"]);
    kubernetes(&["hub", "--namespace", "a\nb: c"]).fails(2, &["--namespace"]);
    let docker = ["pull-secret", "config", "hub", "--namespace", "x"];
    sandbox.vault(docker).fails(2, &["--format kubernetes"]);
}

#[test]
fn without_a_name_the_manifest_says_which() {
    let sandbox = with_pull_secret("a", "a.example", "a:p");
    let config = || sandbox.vault(["pull-secret", "config"]);
    let has = |server: &str| {
        let auths = config().quietly().json()["auths"].as_object().unwrap().clone();
        assert!(auths.len() == 1 && auths.contains_key(server), "{auths:?}");
    };
    has("a.example");
    made(&sandbox, "b", "b.example", "b:p");
    config().fails(2, &["which pull secret?", "vault.toml", "there are: a, b"]);
    sandbox.put("pcc-deploy.toml", "agent_name = \"x\"\nimage_credentials = \"b\"\n");
    has("b.example");
    sandbox.put("vault.toml", "pull_secret = \"a\"\n");
    has("a.example");
    sandbox.put("vault.toml", "pull_secret = \"misspelt\"\n");
    config().fails(1, &["no pull secret misspelt", "hint: vault.toml names it; there are: a, b"]);
    sandbox.put("vault.toml", "\npull_secret = \"not a name\"\n");
    config().fails(1, &["vault.toml:2", "pull_secret"]);
}

#[test]
fn one_document_holds_one_set_of_credentials_for_a_server() {
    let sandbox = with_pull_secret("a", "r.example", "a:p");
    made(&sandbox, "b", "r.example", "b:p");
    let both = ["pull-secret", "config", "a", "b"];
    sandbox.vault(both).fails(2, &["a and b are both for r.example"]);
    sandbox.vault(["pull-secret", "config", "a", "a"]).quietly();
}

#[test]
fn a_password_past_its_day_earns_a_warning() {
    let sandbox = with_pull_secret("a", "r.example", "a:p");
    let again = ["pull-secret", "create", "a", "r.example", "a:q", "--replace"];
    sandbox.vault(again.iter().chain(&["--expires", "2001-01-01"])).succeeds();
    let warned = ["warning: expired in a: password"];
    sandbox.vault(["pull-secret", "config", "a"]).fails(0, &warned);
    sandbox.credential("get").stdin("r.example").run().fails(0, &warned);
}
