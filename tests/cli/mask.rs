//! `exec --mask`: the values of secrets are hidden in what a command writes.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{CANARY, Living, Outcome, Sandbox, lossy};

fn masked(sandbox: &Sandbox, script: &str) -> Outcome {
    sandbox.vault(["exec", "web", "--mask", "--", "sh", "-c", script])
}

fn started(sandbox: &Sandbox, script: &str) -> Child {
    let mut command = sandbox.command(["exec", "web", "--mask", "--", "sh", "-c", script]);
    command = command.env("LC_ALL", "C");
    let mut command = command.into_command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn values_are_hidden_in_both_streams_and_everything_else_is_as_it_was() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let out =
        masked(&sandbox, "echo \"<$TOKEN>\"; echo \"($TOKEN)\" >&2; printf 'a\\000b'; exit 7");
    assert_eq!((out.text().as_str(), out.stderr.as_str()), ("<***>\na\0b", "(***)\n"));
    out.ends(7).never_says(CANARY);
    masked(&sandbox, "printf $TOKEN | base64").quietly().never_says("YzRuNHJ5");
    masked(&sandbox, "kill -9 $$").ends(137);
}

#[test]
fn what_was_written_before_a_signal_or_an_end_is_all_there() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let out = masked(&sandbox, "seq 1 200000; echo $TOKEN; printf 'half of c4n4'").succeeds();
    let text = out.text();
    assert_eq!(text.lines().count(), 200_002);
    assert!(text.ends_with("199999\n200000\n***\nhalf of c4n4"), "{}", text.len());
    let out = masked(&sandbox, "seq 1 1000 >&2; kill -TERM $$");
    assert_eq!(out.stderr.lines().count(), 1000);
    out.ends(143);
}

#[test]
fn a_prompt_without_a_line_end_is_seen_before_it_is_answered() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let mut child = started(&sandbox, "printf 'Name: '; read name; echo \"hello $name\"");
    let mut stdout = child.stdout.take().unwrap();
    let mut prompt = [0; 6];
    stdout.read_exact(&mut prompt).unwrap();
    assert_eq!(&prompt, b"Name: ");
    child.stdin.take().unwrap().write_all(format!("{CANARY}\n").as_bytes()).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "hello ***\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_the_command_as_it_does_without_vault() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let mut child = started(&sandbox, "while echo $TOKEN; do :; done");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "***");
    drop(lines);
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), lossy(&out.stderr).as_str()), (Some(128 + 13), ""));
}

/// The command is gone, and nobody reads what it wrote.
#[test]
fn a_signal_ends_vault_while_it_waits_for_a_reader() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    // More than one pipe holds, and less than two and what vault has at hand.
    let mut child = started(&sandbox, "head -c 130000 /dev/zero; echo done >&2");
    let mut said = BufReader::new(child.stderr.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let kill = Command::new("kill").arg(child.id().to_string()).output().unwrap();
        assert!(kill.status.success());
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.signal(), Some(15));
            return;
        }
        assert!(Instant::now() < deadline, "vault goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.command(["exec", "web", "--mask", "--", "echo", "x"]).into_command();
    let out = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(lossy(&out.stderr).contains("cannot be written: No space left"), "{out:?}");
}

#[test]
fn what_a_command_leaves_running_keeps_nobody_waiting() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let start = Instant::now();
    // One that is silent, and one that is not.
    for service in ["sleep 600", "while :; do echo x; sleep 0.1; done", "yes"] {
        let out = masked(&sandbox, &format!("({service}) & echo $!")).succeeds();
        let text = out.text();
        let pid = text.lines().find(|line| line.bytes().all(|b| b.is_ascii_digit())).unwrap();
        let _: std::io::Result<_> = Command::new("kill").args(["-9", pid]).output();
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn a_filter_that_ends_after_the_command_still_writes_its_last_line() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let out = masked(&sandbox, "(echo $TOKEN; echo last) & exit 0");
    assert_eq!(out.quietly().text(), "***\nlast\n");
}

#[test]
fn values_too_short_to_be_hidden_earn_one_warning_that_names_their_keys() {
    let sandbox = Sandbox::with_set("web", &["SHORT=12345", "LONG=123456", "EMPTY="]);
    let out = masked(&sandbox, "echo $SHORT $LONG").succeeds();
    assert_eq!(out.text(), "12345 ***\n");
    assert_eq!(out.stderr, "vault: warning: not masked, being shorter than 6 bytes: SHORT\n");
}

#[test]
fn keys_that_are_not_passed_are_not_hidden() {
    let sandbox = Sandbox::with_set("web", &["ONE=first-value", "TWO=second-value"]);
    let words =
        ["exec", "web", "--mask", "--only", "ONE", "--", "echo", "first-value second-value"];
    assert_eq!(sandbox.vault(words).quietly().text(), "*** second-value\n");
}

#[test]
fn a_file_is_hidden_like_a_variable() {
    let sandbox = Sandbox::with_set("web", &[&format!("TOKEN={CANARY}")]);
    let words = ["exec", "web", "--mask", "--file", "TOKEN", "--", "sh", "-c", "cat $TOKEN_FILE"];
    assert_eq!(sandbox.vault(words).quietly().text(), "***");
}

#[test]
fn a_command_that_is_started_anew_is_masked_anew() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=first-value"]);
    let script = "echo $TOKEN start; while :; do sleep 0.05; done";
    let words = ["exec", "web", "--watch", "--mask", "--", "sh", "-c", script];
    let mut living = Living::start(sandbox.command(words));
    assert_eq!(living.line(), "*** start");
    sandbox.vault(["set", "web", "TOKEN=second-value"]).succeeds();
    assert_eq!(living.line(), "*** start");
    living.kill("-TERM");
    assert_eq!(living.wait().code(), Some(143));
}
