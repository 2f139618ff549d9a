//! `vault pull-secret with`: a command that finds credentials, which are gone when it ends.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{made, with_pull_secret};
use crate::support::{CANARY, Living, Sandbox, put};

fn with(sandbox: &Sandbox, script: &str) -> crate::support::Run {
    sandbox.command(["pull-secret", "with", "r", "--", "sh", "-c", script])
}

/// What a command finds: docker's file, and podman's.
fn both(sandbox: &Sandbox, names: &[&str], warns: &str) -> [Value; 2] {
    let read = "cat \"$DOCKER_CONFIG/config.json\" \"$REGISTRY_AUTH_FILE\"";
    let words = [&["pull-secret", "with"], names, &["--", "sh", "-c", read]].concat();
    let out = sandbox.vault(words).succeeds();
    if warns.is_empty() {
        assert_eq!(out.stderr, "");
    }
    assert!(out.stderr.contains(warns), "{}", out.stderr);
    let all = serde_json::Deserializer::from_slice(&out.stdout).into_iter().map(Result::unwrap);
    all.collect::<Vec<_>>().try_into().unwrap()
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
    // Of the spellings, only ours; and for it docker asks no program, though one for all others.
    expected["auths"] = json!({"other.example": auth("o:p"), "r.example": auth("u:p")});
    expected["credHelpers"] = json!({"gcr.io": "gcloud", "r.example": ""});
    assert_eq!(both[0], expected);
    expected["auths"]["podman.example"] = auth("x:p");
    // podman would run the program of no name.
    expected["credHelpers"] = json!({"gcr.io": "gcloud"});
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

#[test]
fn credentials_for_a_part_win_over_the_program_and_the_login_for_its_host() {
    let sandbox = with_pull_secret("team", "r.example/team", "t:p");
    sandbox.vault(["pull-secret", "install", "--docker", "--containers"]).succeeds();
    let docker = sandbox.home().join(".docker/config.json");
    let config = fs::read_to_string(&docker).unwrap();
    assert!(config.contains("\"r.example\": \"vault\""), "{config}");
    let login = format!("{{\"auths\": {{\"r.example\": {}}},", auth("own:p"));
    put(&docker, config.replacen('{', &login, 1));
    let [docker, podman] = both(&sandbox, &["team"], "");
    // docker drops the path, so it gets these for the whole host.
    assert_eq!(docker, json!({"auths": {"r.example": auth("t:p")}, "credHelpers": {}}));
    assert_eq!(podman["auths"]["r.example/team"], auth("t:p"));
    assert_eq!(podman["credHelpers"], json!({}));
}

#[test]
fn of_several_parts_of_a_host_docker_gets_none_and_podman_each() {
    let sandbox = with_pull_secret("a", "r.example/a", "a:p");
    made(&sandbox, "b", "r.example/b", "b:p");
    made(&sandbox, "all", "r.example", "all:p");
    made(&sandbox, "s", "s.example/x", "s:p");
    fs::create_dir_all(sandbox.home().join(".docker")).unwrap();
    let own = json!({"auths": {"r.example": auth("own:p")}, "credsStore": "pass"});
    put(&sandbox.home().join(".docker/config.json"), own.to_string());
    let warning = "warning: docker cannot tell the parts of r.example and gets none of them; \
                   podman and skopeo get a, b";
    let [docker, podman] = both(&sandbox, &["a", "b", "s"], warning);
    assert_eq!(docker["auths"], json!({"s.example": auth("s:p")}));
    assert_eq!(docker["credHelpers"], json!({"r.example": "", "s.example": ""}));
    let parts = json!({
        "r.example": auth("own:p"), "r.example/a": auth("a:p"), "r.example/b": auth("b:p"),
        "s.example/x": auth("s:p"),
    });
    assert_eq!(podman["auths"], parts);
    let [docker, podman] = both(&sandbox, &["a", "all"], "gets all alone");
    assert_eq!(docker["auths"], json!({"r.example": auth("all:p")}));
    let both = json!({"r.example": auth("all:p"), "r.example/a": auth("a:p")});
    assert_eq!(podman["auths"], both);
}

#[test]
fn of_podmans_files_the_first_that_knows_a_registry_counts() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let run = sandbox.root().join("run");
    let lasting = sandbox.root().join("config");
    for (folder, config) in [
        (&run, json!({"auths": {"login.example": auth("session:p")}})),
        (
            &lasting,
            json!({"credHelpers": {"login.example": "vault"}, "auths": {"login.example/x": auth("old:p")}}),
        ),
    ] {
        fs::create_dir_all(folder.join("containers")).unwrap();
        put(&folder.join("containers/auth.json"), config.to_string());
    }
    let out = with(&sandbox, "cat \"$REGISTRY_AUTH_FILE\"").env("XDG_RUNTIME_DIR", &run).run();
    let expected = json!({"login.example": auth("session:p"), "r.example": auth("u:p")});
    assert_eq!(out.json()["auths"], expected);
    assert_eq!(out.json()["credHelpers"], json!({}));
}

#[test]
fn what_a_killed_vault_left_in_memory_goes_with_the_next_command_that_needs_memory() {
    let sandbox = with_pull_secret("r", "r.example", &format!("u:{CANARY}"));
    sandbox.vault(["set", "web", "TOKEN=x"]).succeeds();
    let place = tempfile::TempDir::new_in("/dev/shm").unwrap();
    for sweeper in [
        &["exec", "web", "--file", "TOKEN", "--", "true"][..],
        &["edit", "web"],
        &["pull-secret", "with", "r", "--", "true"],
    ] {
        let script = "echo \"$DOCKER_CONFIG\"; read line";
        let mut left = Living::start(with(&sandbox, script).env("XDG_RUNTIME_DIR", place.path()));
        let folder = std::path::PathBuf::from(left.line());
        left.kill("-KILL");
        left.wait();
        assert!(folder.join("config.json").exists(), "{}", folder.display());
        // What needs no memory looks for none.
        let reads = sandbox.command(["pull-secret", "show", "r"]);
        reads.env("XDG_RUNTIME_DIR", place.path()).run().quietly();
        assert!(folder.exists());
        let run = sandbox.command(sweeper).env("EDITOR", "true");
        run.env("XDG_RUNTIME_DIR", place.path()).run().succeeds();
        assert!(!folder.exists(), "{sweeper:?} left {}", folder.display());
    }
}
