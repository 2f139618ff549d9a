//! kubectl: the Secret it makes itself, and reading ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::place::{run, succeeds, with_input};
use crate::house::{CANARY, House, VAULT};

/// What stands in `.dockerconfigjson` of a Secret.
fn data(secret: &Value) -> Value {
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    let text = secret["data"][".dockerconfigjson"].as_str().unwrap();
    serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap()
}

#[test]
fn kubectl_makes_the_same_of_the_same_credentials() {
    let house = House::of_alice();
    let long = format!("{CANARY}{}", "x".repeat(4096));
    for (server, kubernetes_server, password) in [
        ("ghcr.io", "ghcr.io", "plain"),
        ("docker.io", "https://index.docker.io/v1/", "\"quoted\" \\ and, more"),
        ("r.example:5000", "r.example:5000", "ü<&>\u{2028}🔑"),
        ("r.example/team", "r.example/team", &long),
    ] {
        let credentials = format!("bot+robot:{password}");
        let create = ["pull-secret", "create", "Team_CI", server, &credentials, "--replace"];
        house.done(&[&create[..], &["--kind", "generic"]].concat());
        let config = ["pull-secret", "config", "--format", "kubernetes", "--namespace", "prod"];
        let ours = house.done(&config);
        // kubectl reads ours, as it would to apply it, without asking a cluster.
        let mut kubectl = house.command("kubectl");
        kubectl.args(["label", "--local", "-o", "json", "-f", "-", "read=yes"]);
        let read: Value = serde_json::from_slice(&with_input(&mut kubectl, &ours)).unwrap();
        let name = (&read["metadata"]["name"], &read["metadata"]["namespace"]);
        assert_eq!(name, (&"team-ci".into(), &"prod".into()));
        let mut kubectl = house.command("kubectl");
        kubectl.args(["create", "secret", "docker-registry", "team-ci", "--dry-run=client"]);
        kubectl.args(["-o", "json", "--docker-username=bot+robot"]);
        kubectl.arg(format!("--docker-server={kubernetes_server}"));
        kubectl.arg(format!("--docker-password={password}"));
        let made = succeeds(&mut kubectl);
        assert_eq!(data(&read), data(&serde_json::from_slice(&made.stdout).unwrap()), "{server}");
    }
    assert!(!run(house.command(VAULT).args(["exec", "Team_CI", "--", "true"])).status.success());
}
