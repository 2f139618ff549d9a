//! vault as process 1, as it is in a container: there it stays beside its command.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

const VAULT: &str = env!("CARGO_BIN_EXE_vault");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// `vault exec demo -- COMMAND` as process 1 of a namespace of its own, which dies with it.
fn contained(command: &[&str]) -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", VAULT]);
    unshare.current_dir(ROOT).args(["-i", "examples/demo-identity.txt", "exec", "demo", "--"]);
    unshare.args(command);
    unshare
}

fn first(script: &str) -> Command {
    contained(&["sh", "-c", script])
}

#[test]
fn the_command_is_its_child_and_gives_its_status() {
    let output = first("[ $$ = 1 ] || echo $PPID $GREETING; exit 3").output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert_eq!(words, "1 hello from an encrypted file\n", "{output:?}");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(first("kill -9 $$").status().unwrap().code(), Some(128 + 9));
}

#[test]
fn the_command_has_no_signal_blocked() {
    let output = first("grep SigBlk /proc/self/status").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "SigBlk:\t0000000000000000\n");
}

/// Without vault beside it, a command without a handler would not notice a TERM to process 1.
#[test]
fn a_signal_to_process_1_reaches_the_command_once() {
    // After the first TERM it goes on for a while, in which a second one would show.
    let script = "trap 'echo term; seen=1' TERM; echo ready; \
                  until [ \"$seen\" ]; do sleep 0.02; done; sleep 0.3; exit 5";
    let mut child = first(script).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "ready");
    // unshare's only child is process 1 of the namespace.
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let vault = std::fs::read_to_string(children).unwrap();
    let kill = Command::new("kill").args(["-TERM", vault.trim()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(lines.collect::<Vec<_>>(), ["term"]);
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn an_orphan_is_reaped() {
    let script = "(sleep 0.2 & exec true); while [ \"$(ls -d /proc/[0-9]* | wc -l)\" -gt 5 ]; do sleep 0.05; done; \
                  sleep 0.3; grep -l '^State:.Z' /proc/[0-9]*/status; true";
    let output = first(script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn what_cannot_be_started_is_still_126_and_127() {
    assert_eq!(contained(&["/no/such/command"]).output().unwrap().status.code(), Some(127));
    assert_eq!(contained(&["/etc"]).output().unwrap().status.code(), Some(126));
}
