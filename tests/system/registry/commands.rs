//! What a killed `pull-secret with` leaves behind. What the commands write as long as they live is in
//! `leaks`, with every other command.

use std::fs;
use std::process::Stdio;

use super::place::put;
use crate::house::{House, VAULT};

/// A service account's key, which has several lines.
const KEY: &str = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\ncanary-5d1f\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"x@p.iam.gserviceaccount.com\"\n}\n";

/// A vault with the Google key `gar`, whose file is gone again.
fn furnished() -> House {
    let house = House::of_alice();
    let key = house.path().join("key.json");
    put(&key, KEY.as_bytes());
    let create = ["pull-secret", "create", "gar", "eu-docker.pkg.dev", "--json-key-file"];
    house.done(&[&create[..], &[key.to_str().unwrap()]].concat());
    fs::remove_file(key).unwrap();
    house
}

#[test]
fn credentials_in_memory_are_gone_after_a_kill_and_the_next_start() {
    let house = furnished();
    let script = "echo \"$DOCKER_CONFIG\"; kill -KILL $PPID; read forever";
    let mut vault = house.command(VAULT);
    vault.args(["pull-secret", "with", "gar", "--", "sh", "-c", script]);
    let killed = vault.stdin(Stdio::piped()).output().unwrap();
    assert!(!killed.status.success());
    let folder = String::from_utf8(killed.stdout).unwrap();
    let folder = std::path::Path::new(folder.trim());
    assert!(folder.starts_with("/dev/shm") || folder.starts_with("/run"), "{}", folder.display());
    house.done(&["pull-secret", "with", "gar", "--", "true"]);
    assert!(!folder.exists(), "{} is still there", folder.display());
}
