//! `vault pull-secret install` and `uninstall`: the clients' own configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{made, with_pull_secret};
use crate::support::{CANARY, Outcome, Sandbox, put};

fn pull_secret(sandbox: &Sandbox, words: &[&str]) -> Outcome {
    sandbox.vault(["pull-secret"].iter().chain(words))
}

fn docker(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".docker/config.json")
}

fn containers(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("config/containers/auth.json")
}

fn meaning(path: &PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_key_that_some_client_looks_for_is_written() {
    let sandbox = with_pull_secret("hub", "docker.io", "u:p");
    made(&sandbox, "team", "r.example:5000/team", "u:p");
    let expected = json!({"credHelpers": {
        "docker.io": "vault", "https://index.docker.io/v1/": "vault", "r.example:5000": "vault",
    }});
    let printed = pull_secret(&sandbox, &["install"]).fails(0, &["nothing was written"]);
    assert_eq!(printed.json(), expected);
    assert!(!docker(&sandbox).exists() && !containers(&sandbox).exists());
    let out = pull_secret(&sandbox, &["install", "--docker", "--containers"]);
    out.fails(0, &["added docker.io", "not on your PATH", "vaults = ["]);
    for file in [docker(&sandbox), containers(&sandbox)] {
        assert_eq!(meaning(&file), expected);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = fs::read(docker(&sandbox)).unwrap();
    pull_secret(&sandbox, &["install", "--docker"]).fails(0, &["nothing to add"]);
    assert_eq!(fs::read(docker(&sandbox)).unwrap(), again);
    pull_secret(&sandbox, &["uninstall"]).fails(0, &["took out docker.io"]);
    assert_eq!(meaning(&docker(&sandbox)), json!({}));
    pull_secret(&sandbox, &["uninstall"]).fails(0, &["vault is not in it"]);
}

#[test]
fn where_a_host_has_parts_it_is_said_that_no_client_asks_for_one() {
    let sandbox = with_pull_secret("host", "r.example", "u:p");
    let install = || pull_secret(&sandbox, &["install", "--docker"]).succeeds();
    install().never_says("alone");
    made(&sandbox, "team", "r.example/team", "u:p");
    install().fails(0, &["ask the helper for r.example alone", "host, team", "pull-secret with"]);
}

#[test]
fn nothing_else_in_it_is_touched() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    made(&sandbox, "g", "gcr.io", "u:p");
    let before = format!(
        "{{\r\n    \"psFormat\": \"{{{{.ID}}}}\\t}}\",\r\n    \"credsStore\" :  \"pass\",\r\n    \
         \"credHelpers\": {{\r\n        \"gcr.io\": \"gcloud\"\r\n    }},\r\n    \"auths\": \
         {{\"x.example\": {{\"auth\": \"{CANARY}\"}}}}\r\n}}"
    );
    fs::create_dir_all(sandbox.home().join(".docker")).unwrap();
    let dotfiles = sandbox.home().join("dotfiles.json");
    put(&dotfiles, &before);
    fs::set_permissions(&dotfiles, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("../dotfiles.json", docker(&sandbox)).unwrap();
    let out = pull_secret(&sandbox, &["install", "--docker"]).never_says(CANARY);
    out.fails(0, &["added r.example", "gcr.io is left to docker-credential-gcloud"]);
    let empty = sandbox.root().join("empty/config.json");
    fs::create_dir(empty.parent().unwrap()).unwrap();
    put(&empty, "{\"credHelpers\": {\"gcr.io\": \"\"}}");
    let words = ["pull-secret", "install", "--docker"];
    let run = sandbox.command(words).env("DOCKER_CONFIG", empty.parent().unwrap()).run();
    run.fails(0, &["gcr.io is left to no program"]);
    let helper = "\"gcloud\",\r\n        \"r.example\": \"vault\"\r\n";
    let after = before.replace("\"gcloud\"\r\n", helper);
    assert_eq!(fs::read_to_string(&dotfiles).unwrap(), after);
    assert!(docker(&sandbox).is_symlink(), "a link stays one");
    assert_eq!(fs::metadata(&dotfiles).unwrap().permissions().mode() & 0o777, 0o640);
    let backup = sandbox.home().join("dotfiles.json.before-vault");
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    pull_secret(&sandbox, &["uninstall", "--docker"]).never_says(CANARY).succeeds();
    assert_eq!(fs::read_to_string(&dotfiles).unwrap(), before);
}

#[test]
fn what_is_no_configuration_is_left_alone_and_not_quoted() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    for (text, says) in [
        (format!("{{\n\"auths\": {CANARY}}}"), "line 2"),
        (format!("[\"{CANARY}\"]"), "line 1"),
        (format!("{{\"credHelpers\": \"{CANARY}\"}}"), "credHelpers"),
    ] {
        fs::create_dir_all(sandbox.home().join(".docker")).unwrap();
        put(&docker(&sandbox), &text);
        for command in ["install", "uninstall"] {
            let out = pull_secret(&sandbox, &[command, "--docker"]).never_says(CANARY);
            out.fails(1, &["config.json", says]);
        }
        assert_eq!(fs::read_to_string(docker(&sandbox)).unwrap(), text);
    }
}

#[test]
fn the_clients_own_variables_say_where_it_is() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let run = |word: &str| {
        let words = ["pull-secret", word, "--docker", "--containers"];
        let run = sandbox.command(words).env("DOCKER_CONFIG", sandbox.root().join("dc"));
        run.env("REGISTRY_AUTH_FILE", sandbox.root().join("own.json")).run().succeeds()
    };
    run("install");
    let expected = json!({"credHelpers": {"r.example": "vault"}});
    assert_eq!(meaning(&sandbox.root().join("dc/config.json")), expected);
    assert_eq!(meaning(&sandbox.root().join("own.json")), expected);
    assert!(!docker(&sandbox).exists() && !containers(&sandbox).exists());
    run("uninstall");
    assert_eq!(meaning(&sandbox.root().join("own.json")), json!({}));
}

#[test]
fn without_pull_secrets_there_is_nothing_to_install() {
    let sandbox = Sandbox::with_vault();
    pull_secret(&sandbox, &["install", "--docker"]).fails(1, &["no pull secrets yet"]);
    assert!(!docker(&sandbox).exists());
}

#[test]
fn what_was_kept_the_first_time_is_never_overwritten() {
    let sandbox = with_pull_secret("a", "a.example", "u:p");
    fs::create_dir_all(sandbox.home().join(".docker")).unwrap();
    let first = "{\"psFormat\": \"as it was\"}";
    put(&docker(&sandbox), first);
    let backup = sandbox.home().join(".docker/config.json.before-vault");
    let kept = || assert_eq!(fs::read_to_string(&backup).unwrap(), first);
    pull_secret(&sandbox, &["install", "--docker"]).succeeds();
    kept();
    made(&sandbox, "b", "b.example", "u:p");
    let again = pull_secret(&sandbox, &["install", "--docker"]);
    again.fails(0, &["added b.example", "before-vault is there from before"]);
    kept();
    pull_secret(&sandbox, &["uninstall", "--docker"]).succeeds();
    kept();
    assert_eq!(fs::read_to_string(docker(&sandbox)).unwrap(), first);
    // Whatever has that name is somebody's.
    fs::remove_file(&backup).unwrap();
    std::os::unix::fs::symlink("/none", &backup).unwrap();
    pull_secret(&sandbox, &["install", "--docker"]).fails(0, &["is there from before"]);
    assert!(backup.is_symlink());
}

#[test]
fn a_link_that_leads_to_no_file_yet_is_written_through() {
    let sandbox = with_pull_secret("a", "a.example", "u:p");
    let home = sandbox.home();
    fs::create_dir_all(home.join(".docker")).unwrap();
    fs::create_dir_all(home.join("dotfiles")).unwrap();
    std::os::unix::fs::symlink("../middle", docker(&sandbox)).unwrap();
    std::os::unix::fs::symlink("dotfiles/docker.json", home.join("middle")).unwrap();
    pull_secret(&sandbox, &["install", "--docker"]).fails(0, &["added a.example"]);
    assert!(docker(&sandbox).is_symlink() && home.join("middle").is_symlink());
    let expected = json!({"credHelpers": {"a.example": "vault"}});
    assert_eq!(meaning(&home.join("dotfiles/docker.json")), expected);
    fs::remove_dir_all(home.join("dotfiles")).unwrap();
    let out = pull_secret(&sandbox, &["install", "--docker"]);
    out.fails(1, &["config.json leads to", "there is no such folder"]);
    assert!(docker(&sandbox).is_symlink() && !home.join("dotfiles").exists());
    fs::remove_file(docker(&sandbox)).unwrap();
    std::os::unix::fs::symlink("config.json", docker(&sandbox)).unwrap();
    pull_secret(&sandbox, &["install", "--docker"]).fails(1, &["config.json"]);
    assert!(docker(&sandbox).is_symlink());
}
