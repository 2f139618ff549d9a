//! `vault exec`: it becomes the command, and whatever goes wrong before is 125.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::support::{Outcome, Sandbox, lossy};

fn shell(sandbox: &Sandbox, script: &str) -> Outcome {
    sandbox.vault(["exec", "web", "--", "sh", "-c", script])
}

#[test]
fn the_commands_status_is_its_own() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    for code in [0, 1, 2, 3, 4, 7, 125, 126, 127, 255] {
        shell(&sandbox, &format!("exit {code}")).ends(code);
    }
}

#[test]
fn a_signal_ends_it_as_if_there_were_no_vault() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    for signal in [9, 10, 15] {
        let out = shell(&sandbox, &format!("kill -{signal} $$"));
        assert_eq!((out.code, out.signal), (None, Some(signal)));
    }
    // As the shell above sees it.
    let vault = env!("CARGO_BIN_EXE_vault");
    let mut command = sandbox.command([] as [&str; 0]).into_command();
    let inner = format!("{vault} exec web -- sh -c 'kill -15 $$'; echo $?");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &inner]).current_dir(command.get_current_dir().unwrap()).env_clear();
    let known = command.env("X", "").get_envs().filter_map(|(k, v)| Some((k, v?)));
    let out = shell.envs(known).output().unwrap();
    assert_eq!(lossy(&out.stdout), "143\n");
}

#[test]
fn not_found_is_127_and_what_cannot_run_is_126() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    sandbox.vault(["exec", "web", "--", "no-such-command"]).fails(127, &["no-such-command"]);
    sandbox.vault(["exec", "web", "--", "./none"]).fails(127, &["./none"]);
    let plain = sandbox.put("plain", "#!/bin/sh\n");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.vault(["exec", "web", "--", "./plain"]).fails(126, &["./plain", "permission"]);
    sandbox.vault(["exec", "web", "--", "/tmp"]).fails(126, &["/tmp"]);
}

#[test]
fn everything_that_is_wrong_before_it_starts_is_125() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    for (words, said) in [
        (&["exec", "web"][..], "COMMAND"),
        (&["exec", "web", "--"], "COMMAND"),
        (&["exec", "--nonsense", "web", "--", "env"], "--nonsense"),
        (&["-q", "exec", "--nonsense", "web", "--", "env"], "--nonsense"),
        (&["exec", "nope", "--", "env"], "there is no set nope"),
        (&["exec", "../web", "--", "env"], "the name of a set or pull secret is"),
        (&["-i", "/none", "exec", "web", "--", "env"], "/none"),
        (&["-C", "/", "exec", "web", "--", "env"], "there is no vault"),
        (&["exec", "web", "--pass", "HOME", "--", "env"], "--pristine"),
        (&["exec", "web", "--env", "NO_VALUE", "--", "env"], "--env"),
        (&["exec", "web", "--only", "A.B", "--", "env"], "a pattern is"),
        (&["exec", "web", "--prefix", "A=", "--", "env"], "a prefix is"),
    ] {
        let out = sandbox.vault(words);
        assert_eq!(out.text(), "", "{words:?}");
        out.fails(125, &[said]);
    }
}

#[test]
fn help_is_no_failure() {
    let sandbox = Sandbox::new();
    let out = sandbox.vault(["exec", "--help"]).quietly();
    assert!(out.text().contains("Exit status"), "{}", out.text());
    let out = sandbox.vault(["exec", "--help-env"]).quietly();
    let rows: Vec<String> = out.text().lines().map(str::to_owned).collect();
    for row in ["PATH", "LD_*", "NODE_OPTIONS", "GIT_SSH*", "VAULT_IDENTITY", "VAULT_DIR"] {
        assert!(rows.iter().any(|r| r == row), "{row}");
    }
}

#[test]
fn stdin_stdout_and_arguments_are_the_commands_own() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let bytes: Vec<u8> = (0..=255).collect();
    let out = sandbox.command(["exec", "web", "--", "cat"]).stdin(bytes.clone()).run();
    assert_eq!(out.quietly().stdout, bytes);
    let words = ["exec", "web", "--", "printf", "%s|", "-q", "--", "-i", "a b", ""];
    assert_eq!(sandbox.vault(words).quietly().text(), "-q|--|-i|a b||");
    let out = shell(&sandbox, "echo out; echo err >&2");
    assert_eq!((out.text().as_str(), out.stderr.as_str()), ("out\n", "err\n"));
}

#[test]
fn the_command_is_called_as_typed_and_replaces_vault() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let script = "tr '\\0' ' ' < /proc/$$/cmdline";
    assert_eq!(shell(&sandbox, script).quietly().text(), format!("sh -c {script} "));
    let mut command = sandbox.command(["exec", "web", "--", "sh", "-c", "echo $$"]).into_command();
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    assert_eq!(lossy(&child.wait_with_output().unwrap().stdout).trim(), pid);
}

#[test]
fn no_descriptor_of_vault_is_left_open() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let out = shell(&sandbox, "for fd in /proc/$$/fd/*; do readlink $fd; done; true");
    let text = out.succeeds().text();
    assert!(!text.contains(".secrets") && !text.contains("identity"), "{text}");
}

#[test]
fn what_has_expired_earns_one_warning_and_nothing_fails() {
    let sandbox = Sandbox::with_vault();
    sandbox.vault(["set", "web", "OLD=1", "--expires", "2001-01-01"]).succeeds();
    sandbox.vault(["set", "web", "NEW=1", "--expires", "9999-12-31"]).succeeds();
    let warning = "vault: warning: expired in web: OLD\n";
    let out = sandbox.vault(["exec", "web", "--", "printenv", "OLD"]).succeeds();
    assert_eq!((out.text().as_str(), out.stderr.as_str()), ("1\n", warning));
    assert_eq!(sandbox.vault(["get", "web", "OLD"]).succeeds().stderr, warning);
    sandbox.vault(["get", "web", "NEW"]).quietly();
}

#[test]
fn only_this_sets_file_and_no_other_is_read() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    sandbox.put(".secrets/sets/broken.toml", "not a set");
    sandbox.put(".secrets/team.toml", "not a team");
    sandbox.vault(["exec", "web", "--", "printenv", "TOKEN"]).quietly();
}
