//! An independent client of the helper protocol, written in Rust: the crate `docker_credential`.

use std::path::Path;

use super::with_pull_secret;
use crate::support::{Outcome, Run, Sandbox};

/// `cargo test` builds examples beside the command.
fn client(sandbox: &Sandbox, server: &str) -> Run {
    let folder = Path::new(env!("CARGO_BIN_EXE_vault")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    sandbox.program(folder.join("examples/ask_credentials"), [server]).env("PATH", path)
}

fn asks(sandbox: &Sandbox, server: &str) -> Outcome {
    client(sandbox, server).run()
}

#[test]
fn it_gets_what_docker_gets() {
    let sandbox = with_pull_secret("r", "r.example:5000", "bot:p\"w\\ ü");
    sandbox.vault(["pull-secret", "create", "hub", "docker.io", "me:dckr_pat_x"]).succeeds();
    sandbox.vault(["pull-secret", "install", "--docker"]).succeeds();
    assert_eq!(asks(&sandbox, "r.example:5000").quietly().text(), "bot p\"w\\ ü\n");
    for hub in ["docker.io", "https://index.docker.io/v1/"] {
        assert_eq!(asks(&sandbox, hub).quietly().text(), "me dckr_pat_x\n");
    }
}

#[test]
fn keys_of_several_lines_and_long_tokens_reach_it_whole() {
    let sandbox = Sandbox::with_vault();
    let key = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nAA\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"x@p.example\"\n}\n";
    let file = sandbox.put("key.json", key);
    let create = ["pull-secret", "create", "gar", "eu-docker.pkg.dev", "--json-key-file"];
    sandbox.vault(create.iter().copied().chain([file.to_str().unwrap()])).succeeds();
    let token = "t0ken/+=".repeat(512);
    let long = format!("bot:{token}");
    sandbox.vault(["pull-secret", "create", "long", "r.example", &long]).succeeds();
    sandbox.vault(["pull-secret", "install", "--docker"]).succeeds();
    assert_eq!(asks(&sandbox, "eu-docker.pkg.dev").quietly().text(), format!("_json_key {key}\n"));
    assert_eq!(asks(&sandbox, "r.example").quietly().text(), format!("bot {token}\n"));
}

#[test]
fn a_miss_and_a_failure_reach_it_in_the_helpers_words() {
    let sandbox = with_pull_secret("r", "r.example:5000", "bot:pw");
    sandbox.vault(["pull-secret", "install", "--docker"]).succeeds();
    std::fs::remove_file(sandbox.identity()).unwrap();
    asks(&sandbox, "r.example:5000").fails(1, &["no identity at hand opens it"]);
    sandbox.vault(["pull-secret", "delete", "r", "-y"]).succeeds();
    asks(&sandbox, "r.example:5000").fails(1, &["credentials not found in native keychain"]);
}
