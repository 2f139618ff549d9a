//! Image pull secrets: the commands, and what docker, podman and the kubelet get when they ask.

mod client;
mod create;
mod documents;
mod kubelet;
mod lookup;
mod protocol;
mod rust_client;
mod with;

use crate::support::Sandbox;

/// A vault with one pull secret.
fn with_pull_secret(name: &str, server: &str, credentials: &str) -> Sandbox {
    let sandbox = Sandbox::with_vault();
    made(&sandbox, name, server, credentials);
    sandbox
}

fn made(sandbox: &Sandbox, name: &str, server: &str, credentials: &str) {
    let words = ["-q", "pull-secret", "create", name, server, credentials, "--kind", "generic"];
    let team = std::fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    let trust: &[&str] = if team.contains("[members.bob]") { &["--trust", "bob"] } else { &[] };
    sandbox.vault(words.iter().chain(trust)).succeeds();
}

/// User name and password that a client gets.
fn got(sandbox: &Sandbox, server: &str) -> (String, String) {
    let answer = sandbox.credential("get").stdin(server).run().quietly().json();
    assert_eq!(answer["ServerURL"], server, "given back as it was asked for");
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("Username"), text("Secret"))
}

fn pair(user: &str, password: &str) -> (String, String) {
    (user.to_owned(), password.to_owned())
}
