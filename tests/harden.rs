//! What is taken from the vault process, and given back to the command it becomes.

use std::io::Write;
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VAULT: &str = env!("CARGO_BIN_EXE_vault");

/// A shell whose core limit is 1000 blocks and that then becomes `line`.
fn limited(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.current_dir(ROOT).env("VAULT", VAULT);
    command.args(["-c", &format!("ulimit -S -c 1000 || exit 99; exec {line}")]);
    command
}

#[test]
fn a_command_gets_back_the_core_limit_vault_was_started_with() {
    let line = "\"$VAULT\" -i examples/demo-identity.txt exec demo -- sh -c 'ulimit -S -c'";
    let output = limited(line).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1000\n");
}

#[cfg(target_os = "linux")]
#[test]
fn the_vault_process_leaves_no_core_file() {
    let dir = tempfile::tempdir().unwrap();
    let line = format!("\"$VAULT\" -C {} import x - --format json", dir.path().display());
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    std::fs::create_dir(dir.path().join(".secrets")).unwrap();
    // Waits for its input, so it can be looked at.
    let identity = format!("{ROOT}/examples/demo-identity.txt");
    let mut child = limited(&line)
        .env("VAULT_IDENTITY_FILE", identity)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    let core = || {
        let text = std::fs::read_to_string(&limits).unwrap();
        text.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned()
    };
    // The shell's own limit shows until it has become vault.
    while !core().contains(" 0 ") && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let seen = core();
    child.stdin.take().unwrap().write_all(b"{").unwrap();
    child.wait().unwrap();
    assert!(seen.split_whitespace().nth(4) == Some("0"), "{seen}");
}
