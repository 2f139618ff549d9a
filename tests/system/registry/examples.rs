//! `examples/pull/`: each file is what its reader would accept, and names what there is.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::place::run;
use crate::house::{House, VAULT, said};
use crate::python::python;

const YAML: &str = "
import json, sys
try: import yaml
except ImportError: sys.exit(42)
json.dump(yaml.safe_load(sys.stdin), sys.stdout)
";

const HCL: &str = "
import json, sys
try: import hcl2
except ImportError: sys.exit(42)
json.dump(hcl2.load(sys.stdin), sys.stdout)
";

fn example(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pull").join(name)).unwrap()
}

fn yaml(name: &str) -> Value {
    serde_json::from_slice(&python(&["-c", YAML], &example(name), "pyyaml")).unwrap()
}

/// The line begins with words that vault understands, up to the command that follows `--`.
fn is_understood(line: &str) {
    let words = line.split_whitespace().skip(1).take_while(|word| *word != "--");
    let help = run(Command::new(VAULT).args(words).arg("--help").stdin(Stdio::null()));
    assert!(help.status.success(), "{line}: {}", said(&help));
}

#[test]
fn every_command_in_them_is_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pull");
    let mut found = 0;
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let pieces = text.split(['`', '\n']).map(|piece| piece.trim_start_matches(['#', ' ', '-']));
        for line in pieces.filter(|piece| piece.starts_with("vault pull-secret ")) {
            is_understood(line);
            found += 1;
        }
    }
    assert!(found >= 4, "{found}");
}

#[test]
fn compose_and_gitlab_files_are_yaml_of_their_kind() {
    assert_eq!(yaml("compose.yaml")["services"]["web"]["image"], "registry.example/team/web:1");
    let job = &yaml("gitlab-ci.yml")["pull"];
    is_understood(job["script"][0].as_str().unwrap());
}

#[test]
fn the_kubelets_file_starts_a_provider_that_answers() {
    let config = yaml("kubelet.yaml");
    assert_eq!(config["kind"], "CredentialProviderConfig");
    let provider = &config["providers"][0];
    // The kubelet runs the file of this name in its folder of providers.
    assert_eq!(provider["name"], Path::new(VAULT).file_name().unwrap().to_str().unwrap());
    let house = House::of_alice();
    house.done(&["pull-secret", "create", "ci", "registry.example", "u:p"]);
    let mut vault = house.command(VAULT);
    vault.args(provider["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()));
    for variable in provider["env"].as_array().unwrap() {
        let value = match variable["name"].as_str().unwrap() {
            "VAULT_DIR" => house.repo(),
            "VAULT_IDENTITY_FILE" => house.identity(),
            other => panic!("{other}"),
        };
        vault.env(variable["name"].as_str().unwrap(), value);
    }
    let image = format!("{}/team/web", provider["matchImages"][0].as_str().unwrap());
    let request = json!({"apiVersion": provider["apiVersion"], "kind": "CredentialProviderRequest", "image": image});
    let answer = super::place::with_input(vault.current_dir("/"), request.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["auth"]["registry.example"], json!({"username": "u", "password": "p"}));
    let k3s = yaml("k3s.yaml");
    let options = k3s["kubelet-arg"].as_array().unwrap();
    assert!(options.iter().all(|o| o.as_str().unwrap().starts_with("image-credential-provider-")));
}

#[test]
fn nomads_and_podmans_files_parse() {
    let nomad: Value =
        serde_json::from_slice(&python(&["-c", HCL], &example("nomad.hcl"), "python-hcl2"))
            .unwrap();
    assert!(nomad.to_string().contains("helper"), "{nomad}");
    let unit = String::from_utf8(example("web.container")).unwrap();
    let lines: Vec<&str> = unit.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    let is_unit = |line: &&str| line.starts_with('[') && line.ends_with(']') || line.contains('=');
    assert!(lines.iter().all(is_unit) && lines.contains(&"[Container]"), "{unit}");
}
