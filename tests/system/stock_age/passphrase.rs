//! Passphrases, typed on a pseudo-terminal that Python holds the other end of.

use std::ffi::OsStr;

use super::*;

/// Runs a command on a terminal and types the answers: for each line of `script`, waits for
/// its text to appear and types the answer; a third word says that what is typed may be seen.
/// Everything shown comes back on stdout, and the command's status as its own. A question that is
/// not in the script ends in a time-out.
const TERMINAL: &str = r#"
import os, pty, select, sys, termios, time
answers = [line.split("\t") for line in os.environ.pop("SCRIPT").splitlines()]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown, seen = b"", 0
while True:
    if not select.select([terminal], [], [], 60)[0]:
        sys.stdout.buffer.write(shown)
        sys.exit("the command waits for something else")
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    while answers and answers[0][0].encode() in shown[seen:]:
        text, answer, *seen_typing = answers.pop(0)
        seen = shown.index(text.encode(), seen) + len(text)
        while not seen_typing and termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.001) # the question stands before the echo is off
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.buffer.write(shown)
if answers:
    sys.exit("never asked: " + answers[0][0])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

const PASSPHRASE: &str = "correct horse";

/// `program` on a terminal; `script` is what it asks and what is typed.
pub(crate) fn on_terminal(
    house: &House,
    program: &str,
    args: &[&str],
    script: &[(&str, &str)],
) -> String {
    on_terminal_with(house, program, args, script, &[])
}

/// The same with further variables.
pub(crate) fn on_terminal_with(
    house: &House,
    program: &str,
    args: &[&str],
    script: &[(&str, &str)],
    variables: &[(&str, &OsStr)],
) -> String {
    let lines: Vec<_> = script.iter().map(|(text, answer)| format!("{text}\t{answer}")).collect();
    let path = String::from_utf8(tool(house, "sh", &["-c", "command -v \"$0\"", program])).unwrap();
    let mut python = house.command("python3");
    python.args(["-c", TERMINAL, path.trim()]).args(args).env("SCRIPT", lines.join("\n"));
    python.envs(variables.iter().copied());
    let output = python.output().expect("this test needs python3 on the PATH");
    assert!(output.status.success(), "{program} {args:?}: {}", said(&output));
    let shown = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    assert!(!shown.contains(PASSPHRASE), "the passphrase was shown: {shown}");
    shown
}

/// How often something was asked.
fn questions(shown: &str) -> usize {
    shown.matches("assphrase").count()
}

/// alice's house, where the only identity is behind a passphrase.
fn guarded() -> House {
    let house = House::empty();
    let script = [("passphrase for the new identity: ", PASSPHRASE), ("same again: ", PASSPHRASE)];
    let shown = on_terminal(&house, VAULT, &["keygen", "--passphrase"], &script);
    let public = shown.lines().find(|line| line.starts_with("age1")).expect(&shown).to_owned();
    // The key does not show in the encrypted file, so another identity makes the vault.
    house.done(&["keygen", "-o", "first.txt"]);
    house.done(&["-i", "first.txt", "init", "--name", "first"]);
    let team = house.repo().join(".secrets/team.toml");
    let mut file = File::options().append(true).open(team).unwrap();
    writeln!(file, "\n[members.alice]\nto = \"{public} alice\"").unwrap();
    for (set, pair) in [("web", "A=canary-5d1f-a"), ("api", "B=canary-5d1f-b")] {
        house.done(&["-i", "first.txt", "set", set, pair, "--trust", "alice"]);
    }
    house
}

#[test]
fn stock_age_reads_an_identity_behind_a_passphrase() {
    let house = guarded();
    let file = house.identity();
    let path = file.to_str().unwrap();
    let script = [("assphrase", PASSPHRASE)];
    let shown = on_terminal(&house, "age", &["-d", path], &script);
    assert!(shown.contains("AGE-SECRET-KEY-1"), "{shown}");
    let decrypt = ["-d", "-o", "plain.txt", path];
    on_terminal(&house, "age", &decrypt, &script);
    let public = String::from_utf8(tool(&house, "age-keygen", &["-y", "plain.txt"])).unwrap();
    let team = fs::read_to_string(house.repo().join(".secrets/team.toml")).unwrap();
    assert!(team.contains(&format!("{} alice", public.trim())), "{public}{team}");
    let wrap = house.repo().join("wrap.age");
    let bytes = &wraps(&house.set_file("web"))["alice"];
    File::create(&wrap).unwrap().write_all(bytes).unwrap();
    let open = ["-d", "-o", "key", "-i", path, "wrap.age"];
    on_terminal(&house, "age", &open, &script);
    assert_eq!(fs::read(house.repo().join("key")).unwrap().len(), 32);
}

#[test]
fn a_passphrase_is_asked_for_once_however_many_sets_are_opened() {
    let house = guarded();
    let script = [("passphrase of ", PASSPHRASE)];
    let shown = on_terminal(&house, VAULT, &["get", "web", "A"], &script);
    assert!(shown.ends_with("canary-5d1f-a\n"), "{shown}");
    assert_eq!(questions(&shown), 1, "{shown}");
    let exec = ["exec", "web", "api", "--", "sh", "-c", "echo $A $B"];
    let shown = on_terminal(&house, VAULT, &exec, &script);
    assert!(shown.ends_with("canary-5d1f-a canary-5d1f-b\n"), "{shown}");
    assert_eq!(questions(&shown), 1, "{shown}");
}

#[test]
fn without_a_terminal_nothing_is_asked_and_the_exit_code_says_so() {
    let house = guarded();
    let output = house.vault(&["get", "web", "A"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let house = guarded();
    let python = ["-c", TERMINAL, VAULT, "get", "web", "A"];
    let mut command = house.command("python3");
    let output = command.args(python).env("SCRIPT", "passphrase of \twrong").output().unwrap();
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(3), "{shown}");
    assert!(shown.contains("this is not the passphrase of ") && !shown.contains("canary"));
}

#[test]
fn the_passphrase_of_an_ssh_key_is_asked_for_only_where_the_file_is_for_that_key() {
    let house = shared(&[]);
    let bob = ssh_key(&house, "bob", &["ed25519"], PASSPHRASE);
    ssh_key(&house, "stranger", &["ed25519"], PASSPHRASE);
    add(&house, "bob", bob);
    let script = [("passphrase of ", PASSPHRASE)];
    let shown = on_terminal(&house, VAULT, &["-i", "bob", "get", "web", "A"], &script);
    assert!(shown.ends_with("canary-5d1f-a\n") && questions(&shown) == 1, "{shown}");

    let identity = house.identity();
    let alice = identity.to_str().unwrap();
    let get = ["-i", "stranger", "-i", "bob", "-i", alice, "get", "web", "A"];
    assert_eq!(on_terminal(&house, VAULT, &get, &[]), "canary-5d1f-a\n", "alice's needs none");
    let mut command = house.command("python3");
    command.args(["-c", TERMINAL, VAULT, "-i", "stranger", "get", "web", "A"]).env("SCRIPT", "");
    let output = command.output().unwrap();
    let shown = said(&output);
    assert_eq!((output.status.code(), questions(&shown)), (Some(3), 0), "{shown}");
}

#[test]
fn an_ssh_key_that_the_file_is_for_is_asked_for_before_an_age_file_that_may_be_for_anyone() {
    let house = shared(&[]);
    let bob = ssh_key(&house, "bob", &["ed25519"], PASSPHRASE);
    add(&house, "bob", bob);
    let keygen = ["keygen", "--passphrase", "-o", "locked.txt"];
    let twice = [("passphrase for the new identity: ", "other"), ("same again: ", "other")];
    on_terminal(&house, VAULT, &keygen, &twice);
    let get = ["-i", "locked.txt", "-i", "bob", "get", "web", "A"];
    let shown = on_terminal(&house, VAULT, &get, &[("passphrase of bob: ", PASSPHRASE)]);
    assert!(shown.ends_with("canary-5d1f-a\n") && questions(&shown) == 1, "{shown}");
}
