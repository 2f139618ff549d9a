//! docker-py and oras, from PyPI.

use std::process::Command;

use super::daemon::Engine;
use super::place::{Place, put, run, succeeds};
use crate::house::said;

const DOCKER_PY: &str = "
import docker, sys
client = docker.DockerClient(base_url=sys.argv[2])
print(client.images.pull(sys.argv[1]).id)
";

/// It tries again for minutes, so its sleep is taken out.
const ORAS: &str = "
import oras.client, sys, time
time.sleep = lambda seconds: None
client = oras.client.OrasClient(tls_verify=False, auth_backend='basic')
print(client.get_manifest(sys.argv[1])['schemaVersion'])
";

fn python(place: &Place, script: &str, args: &[&str]) -> Command {
    let python = std::env::var("VAULT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = place.client(python);
    command.args(["-W", "ignore", "-c", script]).args(args);
    command
}

#[test]
fn docker_py_pulls_through_the_helper_and_with_credentials_in_memory() {
    let (place, engine) = (Place::new(), Engine::start());
    let (image, host) = (place.registry.image(), engine.host());
    let args = [image.as_str(), &host];
    assert!(!run(&mut python(&place, DOCKER_PY, &args)).status.success());
    assert!(engine.log().contains("no basic auth credentials"), "{}", engine.log());
    place.done(&["pull-secret", "install", "--docker"]);
    let pulled = succeeds(&mut python(&place, DOCKER_PY, &args));
    assert!(said(&pulled).contains("sha256:"), "{}", said(&pulled));
    place.without_identity(|| {
        let said = said(&run(&mut python(&place, DOCKER_PY, &args)));
        assert!(said.contains("no identity at hand opens it"), "{said}");
    });
    place.keep("wrong");
    assert!(!run(&mut python(&place, DOCKER_PY, &args)).status.success());
}

#[test]
fn oras_pulls_through_the_helper_and_with_printed_credentials() {
    let place = Place::new();
    let oras = || python(&place, ORAS, &[&place.registry.image()]);
    assert!(!run(&mut oras()).status.success());
    place.done(&["pull-secret", "install", "--docker"]);
    assert_eq!(succeeds(&mut oras()).stdout, b"2\n");
    place.done(&["pull-secret", "uninstall", "--docker"]);
    assert!(!run(&mut oras()).status.success());
    let config = place.house.home().join(".docker/config.json");
    put(&config, &place.done(&["pull-secret", "config", "ci"]));
    assert_eq!(succeeds(&mut oras()).stdout, b"2\n");
    place.keep("wrong");
    put(&config, &place.done(&["pull-secret", "config", "ci"]));
    let output = run(&mut oras());
    assert!(
        said(&output).contains("Unauthorized") && !output.status.success(),
        "{}",
        said(&output)
    );
}
