//! Credentials that a registry compares whole, and those of parts of a registry: what the real
//! clients send of what vault keeps.

use std::fmt::Write as _;

use super::containers::{pulls, pulls_of};
use super::docker::{Docker, both};
use super::place::{Place, is_refused, put, run, succeeds};
use super::server::Registry;
use crate::house::{VAULT, said};

/// A Google service account's key, as long as they are, with its lines.
fn key() -> String {
    let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8c+/\\n".repeat(26);
    format!(
        "{{\n  \"type\": \"service_account\",\n  \"project_id\": \"p\",\n  \"private_key\": \
         \"-----BEGIN PRIVATE KEY-----\\n{lines}-----END PRIVATE KEY-----\\n\",\n  \
         \"client_email\": \"puller@p.iam.gserviceaccount.com\"\n}}\n"
    )
}

/// 4 KiB of everything that a token may be made of.
fn token() -> String {
    let mut token = String::new();
    for at in 0.. {
        write!(token, "{at}-_~+/=.").unwrap();
        if token.len() >= 4096 {
            break;
        }
    }
    token.truncate(4096);
    token
}

#[test]
fn a_key_of_many_lines_and_a_long_token_arrive_whole() {
    for (user, password) in [("_json_key", key()), ("bot", token())] {
        let registry = Registry::gated(&[("", format!("{user}:{password}"))]);
        let it = Docker::at(Place::of(registry));
        let place = &it.place;
        let server = place.registry.server();
        let keep = |password: &str| place.keep_as("ci", &server, user, password);
        keep(&password);
        place.done(&["pull-secret", "install", "--docker", "--containers"]);
        let with = [VAULT, "pull-secret", "with", "ci", "--"];
        let printed = place.path("printed/config.json");
        put(&printed, &place.done(&["pull-secret", "config", "ci"]));
        for client in pulls(place, &[]).iter_mut().chain(&mut pulls(place, &with)) {
            succeeds(client);
        }
        for client in &mut pulls(place, &[]) {
            succeeds(client.env("REGISTRY_AUTH_FILE", &printed));
        }
        for docker in both() {
            succeeds(&mut it.pull(docker));
            let image = place.registry.image();
            succeeds(&mut it.command(&[&with[..], &[docker, "pull", &image]].concat()));
            succeeds(it.pull(docker).env("DOCKER_CONFIG", printed.parent().unwrap()));
        }
        // One character less is another password.
        keep(&password[..password.len() - 1]);
        for client in &mut pulls(place, &[]) {
            is_refused(client);
        }
        for docker in both() {
            it.refuses(it.pull(docker));
        }
    }
}

/// A registry with a login for each of two parts, and a vault with both. Of docker and podman the
/// user has asked vault, and docker has another login too.
fn with_parts() -> Place {
    let wanted = [("team/", "t:of the team".to_owned()), ("tools/", "u:of the tools".to_owned())];
    let place = Place::of(Registry::gated(&wanted));
    let server = place.registry.server();
    place.keep_as("team", &format!("{server}/team"), "t", "of the team");
    place.keep_as("tools", &format!("{server}/tools"), "u", "of the tools");
    place.done(&["pull-secret", "install", "--docker", "--containers"]);
    let own = format!(
        "{{\"auths\": {{\"{server}\": {{\"auth\": \"bWU6b2xk\"}}}}, \"credHelpers\": {{\"{server}\": \"vault\"}}}}"
    );
    put(&place.house.home().join(".docker/config.json"), own.as_bytes());
    place
}

#[test]
fn podman_and_its_like_use_the_credentials_of_each_part() {
    let place = with_parts();
    let team = [VAULT, "pull-secret", "with", "team", "--"];
    let tools = [VAULT, "pull-secret", "with", "tools", "team", "--"];
    for client in &mut pulls(&place, &team) {
        succeeds(client);
    }
    for part in ["team", "tools"] {
        for client in &mut pulls_of(&place, &place.registry.image_of(part), &tools) {
            succeeds(client);
        }
    }
    let printed = place.path("printed.json");
    let all = ["pull-secret", "config", "team", "tools", "--format", "containers"];
    put(&printed, &place.done(&all));
    for part in ["team", "tools"] {
        for client in &mut pulls_of(&place, &place.registry.image_of(part), &[]) {
            // The helper is asked for the host alone, and two are for parts of it.
            let output = run(client);
            assert!(!output.status.success(), "{}", said(&output));
            assert!(said(&output).contains("several pull secrets"), "{}", said(&output));
            succeeds(client.env("REGISTRY_AUTH_FILE", &printed));
        }
    }
}

#[test]
fn docker_uses_the_credentials_of_the_one_part_that_it_is_given() {
    let it = Docker::at(with_parts());
    let [team, tools] = ["team", "tools"].map(|part| it.place.registry.image_of(part));
    let with = |names: &[&str], docker: &str, image: &str| {
        let words = [&[VAULT, "pull-secret", "with"], names, &["--", docker, "pull", image]];
        it.command(&words.concat())
    };
    for docker in both() {
        succeeds(&mut with(&["team"], docker, &team));
        succeeds(&mut with(&["tools"], docker, &tools));
        it.refuses(with(&["team"], docker, &tools));
        // Neither of them, nor the user's own, by chance.
        let said = it.refuses(with(&["team", "tools"], docker, &team));
        assert!(said.contains("docker cannot tell the parts"), "{said}");
        let printed = it.place.path("printed/config.json");
        put(&printed, &it.place.done(&["pull-secret", "config", "tools"]));
        let mut pull = it.command(&[docker, "pull", &tools]);
        succeeds(pull.env("DOCKER_CONFIG", printed.parent().unwrap()));
    }
}

#[test]
fn a_store_of_dockers_is_no_obstacle_to_podman_and_its_like() {
    let place = Place::new();
    let config = place.house.home().join(".docker/config.json");
    put(
        &config,
        b"{\"credsStore\": \"none-of-this-name\", \"credHelpers\": {\"x.example\": \"\"}}",
    );
    for client in &mut pulls(&place, &[VAULT, "pull-secret", "with", "ci", "--"]) {
        let output = succeeds(client);
        assert!(!said(&output).contains("docker-credential-"), "{}", said(&output));
    }
}

#[test]
fn away_from_every_vault_they_find_those_that_the_user_lists() {
    let it = Docker::at(Place::new());
    let (place, home) = (&it.place, it.place.house.home());
    place.done(&["pull-secret", "install", "--docker", "--containers"]);
    let config = home.join(".config/vault/config.toml");
    let lists = |entry: &str| {
        let text = format!("vaults = [\"/none\", \"{entry}\"]\n");
        put(&config, text.as_bytes());
    };
    lists(place.house.repo().to_str().unwrap());
    for client in &mut pulls(place, &[]) {
        succeeds(client.current_dir(&home));
    }
    for docker in both() {
        succeeds(it.pull(docker).current_dir(&home));
    }
    lists("relative");
    for client in &mut pulls(place, &[]) {
        is_refused(client.current_dir(&home));
    }
    for docker in both() {
        let mut pull = it.pull(docker);
        pull.current_dir(&home);
        let said = it.refuses(pull);
        assert!(said.contains("/none") && said.contains("no absolute path"), "{said}");
    }
}
