//! What the commands about pull secrets write, and what they tell other processes, as strace sees
//! it: no credentials, but to stdout and to memory.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::place::put;
use crate::house::{CANARY, House, VAULT, said};

/// A service account's key, which has several lines.
const KEY: &str = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\ncanary-5d1f\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"x@p.iam.gserviceaccount.com\"\n}\n";

/// The canary as it may stand in a text: as it is, and within base64 at each of three places.
fn traces() -> Vec<String> {
    let within = |before: usize| {
        let padded = format!("{}{CANARY}   ", " ".repeat(before));
        // Without the characters that depend on what stands around it.
        let from = if before == 0 { 0 } else { 4 };
        STANDARD.encode(padded)[from..from + 12].to_owned()
    };
    std::iter::once(CANARY.to_owned()).chain((0..3).map(within)).collect()
}

fn holds_canary(text: &str) -> bool {
    traces().iter().any(|trace| text.contains(trace))
}

/// The log of strace; every descriptor in it with what it leads to.
fn traced(house: &House, program: &str, args: &[&str], stdin: &str) -> (String, String) {
    let log = house.path().join("strace.log");
    let mut strace = house.command("strace");
    strace.args([
        "-f",
        "-y",
        "-s",
        "100000",
        "-e",
        "trace=execve,%file,write,writev,pwrite64,sendto",
    ]);
    strace.arg("-o").arg(&log).arg(program).args(args).stdin(Stdio::piped());
    let mut child = strace.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("execve("), "strace traced nothing: {}", said(&output));
    fs::remove_file(&log).unwrap();
    (text, said(&output))
}

/// Whether a line is a write that may hold credentials: to stdout, or to a file in memory.
fn may_hold(line: &str, house: &House) -> bool {
    let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
    let in_memory = call.contains(&format!("<{}/vault-pull.", house.memory().display()));
    call.starts_with("write(1<pipe:") || call.starts_with("write(") && in_memory
}

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
fn no_command_writes_credentials_to_disk_or_into_arguments() {
    let house = furnished();
    let helper = env!("CARGO_BIN_EXE_docker-credential-vault");
    let login = format!("{{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"{CANARY}\"}}\n");
    let request = "{\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\",\"kind\":\"CredentialProviderRequest\",\"image\":\"eu-docker.pkg.dev/p/i\"}";
    let create =
        ["pull-secret", "create", "ci", "r.example", "--username", "u", "--password-stdin"];
    let cat = "cat \"$DOCKER_CONFIG/config.json\" \"$REGISTRY_AUTH_FILE\" | wc -c";
    let with_cat = ["pull-secret", "with", "gar", "--", "sh", "-c", cat];
    for (program, args, stdin) in [
        (VAULT, &create[..], CANARY),
        (VAULT, &[&create[..], &["--replace"]].concat(), &format!("{CANARY}-2\n")),
        (VAULT, &["pull-secret", "list", "--json"], ""),
        (VAULT, &["pull-secret", "show", "gar"], ""),
        (VAULT, &["pull-secret", "config", "gar"], ""),
        (VAULT, &["pull-secret", "config", "gar", "--format", "kubernetes"], ""),
        (VAULT, &["pull-secret", "install", "--docker", "--containers"], ""),
        (VAULT, &["pull-secret", "uninstall"], ""),
        (VAULT, &["pull-secret", "with", "gar", "ci", "--", "true"], ""),
        (VAULT, &with_cat, ""),
        (VAULT, &["kubelet-credential-provider"], request),
        (helper, &["get"], "eu-docker.pkg.dev"),
        (helper, &["list"], ""),
        (helper, &["erase"], "eu-docker.pkg.dev"),
        (helper, &["store"], &login),
        (VAULT, &["pull-secret", "delete", "ci", "-y"], ""),
    ] {
        let (log, said) = traced(&house, program, args, stdin);
        assert!(said.starts_with("exit status: 0") || args == ["store"], "{args:?}: {said}");
        let shows = args.contains(&"config") || args.contains(&"with") || args == ["get"];
        assert!(!shows || log.lines().any(holds_canary), "{args:?}: the trace shows nothing");
        let bad: Vec<_> =
            log.lines().filter(|line| holds_canary(line) && !may_hold(line, &house)).collect();
        assert!(bad.is_empty(), "{args:?}: {bad:#?}");
        let key = log.lines().find(|line| line.contains("AGE-SECRET-KEY"));
        assert!(key.is_none(), "{args:?}: {key:?}");
        for (path, bytes) in house.files() {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!holds_canary(&text), "{args:?}: in {}", path.display());
        }
    }
}

#[test]
fn the_trace_would_show_it() {
    let house = furnished();
    let script = "printf %s \"$0\" >leak; printf %s \"$0\" | base64";
    let (log, _) = traced(&house, "sh", &["-c", script, &format!("a{CANARY}")], "");
    let bad = |name: &str| {
        log.lines().any(|line| line.contains(name) && holds_canary(line) && !may_hold(line, &house))
    };
    assert!(bad("execve(") && bad("leak>"), "{log}");
    for before in ["", "a", "ab", "abc"] {
        let coded = STANDARD.encode(format!("{before}{CANARY}:"));
        assert!(holds_canary(&coded) && !coded.contains(CANARY), "{coded}");
    }
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
