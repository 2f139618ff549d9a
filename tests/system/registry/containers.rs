//! skopeo, podman and buildah.

use std::fs;
use std::process::Command;

use super::place::{Place, is_refused, put, run, succeeds};
use super::server::{PASSWORD, USER};
use crate::house::{VAULT, said};

/// skopeo, podman and buildah, each about to pull; `wrap` goes before.
pub(super) fn pulls(place: &Place, wrap: &[&str]) -> Vec<Command> {
    pulls_of(place, &place.registry.image(), wrap)
}

/// The same for one of several images.
pub(super) fn pulls_of(place: &Place, image: &str, wrap: &[&str]) -> Vec<Command> {
    let policy = place.path("policy.json");
    put(&policy, br#"{"default":[{"type":"insecureAcceptAnything"}]}"#);
    let certificates = place.registry.certificates();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (policy, certificates) = (text(&policy), text(&certificates));
    let storage = |program: &str| {
        let root = |what: &str| text(&place.path(&format!("{program}-{what}")));
        vec![
            program.to_owned(),
            "--root".to_owned(),
            root("root"),
            "--runroot".to_owned(),
            root("run"),
            "--storage-driver".to_owned(),
            "vfs".to_owned(),
        ]
    };
    let pull = ["pull", "--signature-policy", &policy, "--cert-dir", &certificates, image];
    let inspect =
        ["inspect", "--cert-dir", &certificates, &format!("docker://{image}")].map(str::to_owned);
    let skopeo = [vec!["skopeo".to_owned(), "--insecure-policy".to_owned()], inspect.to_vec()];
    let mut lines = vec![skopeo.concat()];
    lines.push([storage("podman"), pull.map(str::to_owned).to_vec()].concat());
    let mut buildah = [storage("buildah"), pull.map(str::to_owned).to_vec()].concat();
    // Even if it is there already.
    buildah.insert(buildah.len() - 1, "--policy=always".to_owned());
    lines.push(buildah);
    let command = |line: Vec<String>| {
        let mut words = wrap.iter().map(|word| (*word).to_owned()).chain(line);
        let mut command = place.client(words.next().unwrap());
        command.args(words);
        command
    };
    lines.into_iter().map(command).collect()
}

#[test]
fn they_pull_through_the_helper_and_not_without_it() {
    let place = Place::new();
    for client in &mut pulls(&place, &[]) {
        is_refused(client);
    }
    place.done(&["pull-secret", "install", "--containers"]);
    for client in &mut pulls(&place, &[]) {
        succeeds(client);
    }
    // docker's configuration is read too, where podman's own says nothing.
    place.done(&["pull-secret", "uninstall"]);
    place.done(&["pull-secret", "install", "--docker"]);
    for client in &mut pulls(&place, &[]) {
        succeeds(client);
    }
    place.keep("wrong");
    for client in &mut pulls(&place, &[]) {
        is_refused(client);
    }
    place.without_identity(|| {
        for client in &mut pulls(&place, &[]) {
            let output = run(client);
            let text = said(&output);
            assert!(!output.status.success(), "{text}");
            assert!(text.contains("no identity at hand opens it"), "{text}");
        }
    });
}

#[test]
fn they_pull_where_the_helper_is_asked_for_every_registry() {
    let place = Place::new();
    let chain = place.house.home().join(".config/containers/registries.conf");
    put(&chain, b"credential-helpers = [\"vault\", \"containers-auth.json\"]\n");
    let mut all = pulls(&place, &[]);
    for client in &mut all {
        succeeds(client);
    }
    // What vault knows nothing of is left to the next in the chain.
    place.done(&["pull-secret", "delete", "ci", "-y"]);
    put(&place.house.home().join(".config/containers/auth.json"), &logged_in(&place));
    for client in &mut all {
        let output = succeeds(client);
        let text = said(&output);
        assert!(!text.contains("vault"), "not quiet on a miss: {text}");
    }
}

/// What `podman login` would have written.
fn logged_in(place: &Place) -> Vec<u8> {
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{auth}\"}}}}}}", place.registry.server())
        .into_bytes()
}

#[test]
fn they_pull_with_credentials_in_memory_and_with_printed_ones() {
    let place = Place::new();
    for client in &mut pulls(&place, &[VAULT, "pull-secret", "with", "ci", "--"]) {
        succeeds(client);
    }
    let printed = place.done(&["pull-secret", "config", "ci"]);
    let file = place.path("printed.json");
    put(&file, &printed);
    for client in &mut pulls(&place, &[]) {
        succeeds(client.env("REGISTRY_AUTH_FILE", &file));
        is_refused(client.env_remove("REGISTRY_AUTH_FILE"));
    }
    place.keep("wrong");
    for client in &mut pulls(&place, &[VAULT, "pull-secret", "with", "ci", "--"]) {
        is_refused(client);
    }
}

#[test]
fn other_registries_of_their_configuration_are_not_disturbed() {
    let place = Place::new();
    let file = place.house.home().join(".config/containers/auth.json");
    put(&file, &logged_in(&place));
    // Another registry's pull secret, installed, and in memory: this one's login still counts.
    place.done(&["pull-secret", "delete", "ci", "-y"]);
    place.done(&["pull-secret", "create", "ci", "other.example", "u:p"]);
    place.done(&["pull-secret", "install", "--containers"]);
    assert!(fs::read_to_string(&file).unwrap().contains("other.example"));
    for client in &mut pulls(&place, &[]) {
        succeeds(client);
    }
    for client in &mut pulls(&place, &[VAULT, "pull-secret", "with", "ci", "--"]) {
        succeeds(client);
    }
}

#[test]
fn podman_logs_in_and_out_without_harm() {
    let place = Place::new();
    place.done(&["pull-secret", "install", "--containers"]);
    let before = place.done(&["pull-secret", "show", "ci", "--json"]);
    let file = place.house.home().join(".config/containers/auth.json");
    let podman = |words: &[&str]| {
        let mut podman = place.client("podman");
        podman.args(words).arg("--authfile").arg(&file).arg(place.registry.server());
        podman
    };
    let certificates = place.registry.certificates();
    let mut login = podman(&["login", "--username", USER, "--password", PASSWORD]);
    let output = run(login.arg("--cert-dir").arg(&certificates));
    assert!(!output.status.success());
    assert!(said(&output).contains("vault pull-secret create"), "{}", said(&output));
    let output = succeeds(&mut podman(&["logout"]));
    assert!(said(&output).contains("nothing was erased"), "{}", said(&output));
    assert_eq!(place.done(&["pull-secret", "show", "ci", "--json"]), before);
}
