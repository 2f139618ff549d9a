//! docker's command line, the one on the PATH and Debian's, with a real engine.

use std::path::Path;
use std::process::Command;

use super::daemon::Engine;
use super::place::{Place, REFUSED, put, run, succeeds};
use super::server::{PASSWORD, USER};
use crate::house::{CANARY, VAULT, said};

/// Debian's.
const OLDER: &str = "/usr/bin/docker";

/// Both command lines, or the only one there is.
pub(super) fn both() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap();
    let first = std::env::split_paths(&path).map(|dir| dir.join("docker")).find(|d| d.is_file());
    assert!(Path::new(OLDER).is_file(), "this test needs {OLDER} (Debian: docker.io)");
    if first.is_some_and(|first| first != Path::new(OLDER)) {
        vec!["docker", OLDER]
    } else {
        vec![OLDER]
    }
}

pub(super) struct Docker {
    pub(super) place: Place,
    engine: Engine,
}

impl Docker {
    fn new() -> Self {
        Self::at(Place::new())
    }

    pub(super) fn at(place: Place) -> Self {
        Self { place, engine: Engine::start() }
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = self.place.client(words[0]);
        command.args(&words[1..]).env("DOCKER_HOST", self.engine.host());
        command
    }

    pub(super) fn pull(&self, docker: &str) -> Command {
        self.command(&[docker, "pull", &self.place.registry.image()])
    }

    /// The pull fails, and for want of credentials. With a registry of this machine's own the
    /// engine then tries it without TLS, and only its log tells of the first attempt.
    #[track_caller]
    pub(super) fn refuses(&self, mut pull: Command) -> String {
        let before = self.engine.log().len();
        let output = run(&mut pull);
        assert!(!output.status.success(), "{}", said(&output));
        let log = self.engine.log().split_off(before);
        assert!(REFUSED.iter().any(|words| log.contains(words)), "{}\n{log}", said(&output));
        said(&output)
    }

    /// Without the engine: the command line itself asks the registry.
    fn inspect(&self, docker: &str) -> Command {
        self.command(&[docker, "manifest", "inspect", "--insecure", &self.place.registry.image()])
    }
}

#[test]
fn it_pulls_through_the_helper_and_not_without_it() {
    let it = Docker::new();
    for docker in both() {
        it.refuses(it.pull(docker));
        assert!(!run(&mut it.inspect(docker)).status.success());
    }
    it.place.done(&["pull-secret", "install", "--docker"]);
    for docker in both() {
        let output = succeeds(&mut it.pull(docker));
        assert!(!said(&output).contains("vault"), "{}", said(&output));
        succeeds(&mut it.inspect(docker));
    }
    it.place.without_identity(|| {
        for docker in both() {
            let said = it.refuses(it.pull(docker));
            assert!(said.contains("no identity at hand opens it"), "{said}");
            assert!(said.contains("vault: hint: "), "{said}");
        }
    });
    it.place.keep("wrong");
    for docker in both() {
        it.refuses(it.pull(docker));
    }
}

#[test]
fn it_pulls_with_credentials_in_memory_and_with_printed_ones() {
    let it = Docker::new();
    let image = it.place.registry.image();
    // A store for all others, which docker would ask if it were not told otherwise.
    let config = it.place.house.home().join(".docker/config.json");
    put(&config, b"{\"credsStore\": \"none-of-this-name\"}");
    for docker in both() {
        let with = [VAULT, "pull-secret", "with", "ci", "--", docker, "pull", &image];
        succeeds(&mut it.command(&with));
        let compose =
            [VAULT, "pull-secret", "with", "--", "sh", "-c", "\"$0\" pull \"$1\"", docker, &image];
        succeeds(&mut it.command(&compose));
    }
    let printed = it.place.done(&["pull-secret", "config", "ci"]);
    put(&it.place.path("printed/config.json"), &printed);
    for docker in both() {
        succeeds(it.pull(docker).env("DOCKER_CONFIG", it.place.path("printed")));
    }
    it.place.keep("wrong");
    for docker in both() {
        let with = [VAULT, "pull-secret", "with", "ci", "--", docker, "pull", &image];
        it.refuses(it.command(&with));
    }
}

#[test]
fn the_container_learns_nothing() {
    let it = Docker::new();
    let image = it.place.registry.image();
    for docker in both() {
        let run =
            ["run", "--rm", "--network", "none", "--cgroupns", "host", &image, "/bin/busybox"];
        let with = [&[VAULT, "pull-secret", "with", "ci", "--", docker][..], &run].concat();
        let environment = said(&succeeds(it.command(&with).arg("env")));
        assert!(environment.contains("PATH="), "{environment}");
        for text in [CANARY, USER, "VAULT", "DOCKER", "REGISTRY"] {
            assert!(!environment.contains(text), "{environment}");
        }
    }
}

#[test]
fn it_logs_in_and_out_without_harm() {
    let it = Docker::new();
    it.place.done(&["pull-secret", "install", "--docker"]);
    let server = it.place.registry.server();
    let before = it.place.done(&["pull-secret", "show", "ci", "--json"]);
    for docker in both() {
        let login = [docker, "login", "--username", USER, "--password", PASSWORD, &server];
        let output = run(&mut it.command(&login));
        assert!(!output.status.success());
        assert!(said(&output).contains("vault pull-secret create"), "{}", said(&output));
        let output = succeeds(&mut it.command(&[docker, "logout", &server]));
        assert!(said(&output).contains("nothing was erased"), "{}", said(&output));
    }
    assert_eq!(it.place.done(&["pull-secret", "show", "ci", "--json"]), before);
}
