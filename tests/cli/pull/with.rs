//! `vault pull-secret with`: a command that finds credentials, which are gone when it ends.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{made, with_pull_secret};
use crate::support::{CANARY, Sandbox, put};

fn with(sandbox: &Sandbox, script: &str) -> crate::support::Run {
    sandbox.command(["pull-secret", "with", "r", "--", "sh", "-c", script])
}

fn auth(pair: &str) -> Value {
    json!({"auth": STANDARD.encode(pair)})
}

#[test]
fn the_command_finds_both_files_in_memory_and_they_are_gone_afterwards() {
    let sandbox = with_pull_secret("r", "r.example", &format!("u:{CANARY}"));
    let script = "cat \"$DOCKER_CONFIG/config.json\" && cat \"$REGISTRY_AUTH_FILE\" && \
                  stat -f -c %T \"$DOCKER_CONFIG\" >&2 && stat -c '%a %n' \"$DOCKER_CONFIG\" >&2; env >&2";
    let out = with(&sandbox, script).run().succeeds();
    let both: Vec<Value> =
        serde_json::Deserializer::from_slice(&out.stdout).into_iter().map(Result::unwrap).collect();
    let expected = json!({"auths": {"r.example": auth(&format!("u:{CANARY}"))}});
    assert_eq!(both, [expected.clone(), expected]);
    let mut lines = out.stderr.lines();
    assert_eq!(lines.next(), Some("tmpfs"));
    let folder = lines.next().unwrap().strip_prefix("700 ").unwrap();
    assert!(!Path::new(folder).exists(), "{folder} is still there");
    assert!(!out.stderr.contains(CANARY), "in the environment: {}", out.stderr);
    assert!(!out.stderr.contains("VAULT_"), "{}", out.stderr);
}

#[test]
fn the_exit_status_is_the_commands_own_and_ours_stay_apart() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    with(&sandbox, "exit 7").run().ends(7);
    with(&sandbox, "kill -TERM $$").run().ends(143);
    let run = |words: &[&str]| sandbox.vault(["pull-secret", "with"].iter().chain(words));
    run(&["r", "--", "no-such-command"]).ends(127);
    run(&["r", "--", "/"]).ends(126);
    run(&["none", "--", "true"]).fails(125, &["no pull secret none"]);
    fs::remove_file(sandbox.identity()).unwrap();
    run(&["r", "--", "true"]).fails(125, &["no identity at hand"]);
}

#[test]
fn other_registries_are_not_disturbed() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let docker = sandbox.home().join(".docker");
    fs::create_dir_all(docker.join("contexts/meta")).unwrap();
    put(&docker.join("contexts/meta/mine"), "mine");
    let config = json!({
        "auths": {"other.example": auth("o:p"), "https://r.example": auth("old:p")},
        "credHelpers": {"gcr.io": "gcloud", "r.example": "vault"},
        "credsStore": "pass",
        "currentContext": "mine",
    });
    put(&docker.join("config.json"), config.to_string());
    let podman = sandbox.root().join("config/containers");
    fs::create_dir_all(&podman).unwrap();
    put(&podman.join("auth.json"), json!({"auths": {"podman.example": auth("x:p")}}).to_string());
    let read = "cat \"$DOCKER_CONFIG/config.json\"; cat \"$REGISTRY_AUTH_FILE\"; \
                cat \"$DOCKER_CONFIG/contexts/meta/mine\" >&2";
    let out = with(&sandbox, read).env("XDG_RUNTIME_DIR", sandbox.root().join("run")).run();
    assert_eq!(out.stderr, "mine");
    let both: Vec<Value> =
        serde_json::Deserializer::from_slice(&out.stdout).into_iter().map(Result::unwrap).collect();
    let mut expected = config;
    // Of the spellings, only ours; and for it no program is asked, though one is for all others.
    expected["auths"] = json!({"other.example": auth("o:p"), "r.example": auth("u:p")});
    expected["credHelpers"] = json!({"gcr.io": "gcloud", "r.example": ""});
    assert_eq!(both[0], expected);
    expected["auths"]["podman.example"] = auth("x:p");
    assert_eq!(both[1], expected);
    assert_eq!(fs::read(docker.join("contexts/meta/mine")).unwrap(), b"mine", "it was a link");
    put(&docker.join("config.json"), format!("{{\"auths\": {CANARY}"));
    with(&sandbox, "true").run().never_says(CANARY).fails(125, &["config.json"]);
}

#[test]
fn dockers_variable_does_not_win_over_what_was_named() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let variable = json!({"auths": {"r.example": auth("old:p"), "ci.example": auth("c:p")}});
    let script = "cat \"$DOCKER_CONFIG/config.json\"; printf %s \"$DOCKER_AUTH_CONFIG\" >&2";
    let out = with(&sandbox, script).env("DOCKER_AUTH_CONFIG", variable.to_string()).run();
    assert_eq!(out.stderr, "");
    let expected = json!({"auths": {"ci.example": auth("c:p"), "r.example": auth("u:p")}});
    assert_eq!(out.json(), expected);
}

#[test]
fn several_can_be_given_and_none_means_the_manifests() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    made(&sandbox, "s", "s.example", "v:q");
    let servers = |words: &[&str]| {
        let words = ["pull-secret", "with"].iter().chain(words);
        let read = ["--", "sh", "-c", "cat \"$DOCKER_CONFIG/config.json\""];
        let out = sandbox.vault(words.chain(&read)).quietly().json();
        out["auths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(servers(&["r", "s"]), ["r.example", "s.example"]);
    sandbox.put("vault.toml", "pull_secret = \"s\"");
    assert_eq!(servers(&[]), ["s.example"]);
    for wrong in
        [&["r"][..], &["r", "true"], &["r", "--json", "--", "true"], &["no name", "--", "true"]]
    {
        let words = ["pull-secret", "with"].iter().chain(wrong);
        sandbox.vault(words).fails(125, &["vault: error: "]);
    }
}
