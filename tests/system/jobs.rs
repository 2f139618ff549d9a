//! A supervised command as a job of an interactive shell, and what becomes of those it started.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::house::{House, VAULT};
use super::pty::{As, run_on_terminal};

fn house() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=1"]);
    house
}

/// Types into an interactive bash whose prompt is `next> `.
#[track_caller]
fn in_bash(house: &House, test: &str) {
    let start = format!(
        r#"
def run(line):
    type_in(line.encode() + b"\n")
def prompt():
    return wait_for(b"next> ")
run("PS1='next''> '; vault() {{ {VAULT} \"$@\"; }}")
prompt()
{test}
run("exit 42")
assert change() == 42, shown
"#
    );
    let bash = ["bash", "--norc", "--noprofile", "--noediting", "-i"];
    run_on_terminal(house, As::Leader, &bash, &start);
}

#[test]
fn it_is_stopped_continued_and_interrupted_from_the_keyboard() {
    in_bash(
        &house(),
        r#"
run("vault exec --watch web -- sh -c 'echo pid $$; exec cat'")
wait_for(b"\r\npid ")
cat = int(wait_for(b"\r\n"))
for _ in range(3):
    run("there")
    wait_for(b"there\r\nthere\r\n")
    type_in(b"\x1a")
    assert b"Stopped" in prompt()
    assert state(cat) == "T"
    run("fg")
    wait_for(b"\r\n")
    until(lambda: state(cat) == "S")
type_in(b"\x03")
prompt()
run("echo status $?")
assert b"\nstatus 130" in prompt()
assert state(cat) == ""
"#,
    );
}

#[test]
fn in_the_background_it_goes_on_and_leaves_the_terminal_to_the_shell() {
    in_bash(
        &house(),
        r#"
# No shell: one whose child is stopped before it ran, after vfork, can itself not be stopped.
open("wait.py", "w").write("""import os, time
print("pid", os.getpid(), flush=True)
while not os.path.exists("go"): time.sleep(0.02)
print("gone")
""")
run("vault exec --watch web -- python3 wait.py")
wait_for(b"\r\npid ")
child = int(wait_for(b"\r\n"))
type_in(b"\x1a")
assert b"Stopped" in prompt()
assert state(child) == "T"
run("bg")
prompt()
until(lambda: state(child) != "T")
run("echo the shell $((20 + 3))")
assert b"the shell 23" in prompt()
run("touch go; wait; echo waited $((20 + 3))")
wait_for(b"gone")
wait_for(b"waited 23")
prompt()
run("read line; echo got $line $((20 + 3))")
run("typed")
assert b"got typed 23" in prompt()
"#,
    );
}

#[test]
fn started_in_the_background_it_is_stopped_when_it_reads_and_reads_after_fg() {
    in_bash(
        &house(),
        r#"
run("set -m; vault exec --watch web -- sh -c 'read line; echo got $line' & sleep 0; echo started $((20 + 3))")
wait_for(b"started 23")
prompt()
run("until jobs -s | grep -q Stopped; do sleep 0.02; done; echo stopped $((20 + 3))")
wait_for(b"stopped 23")
prompt()
run("fg")
wait_for(b"\r\n")
run("a line")
assert b"got a line" in prompt()
"#,
    );
}

#[test]
fn in_a_script_all_of_the_job_is_stopped_and_continued() {
    in_bash(
        &house(),
        r#"
run("export -f vault; bash -c 'vault exec --watch web -- cat; echo after'")
run("there")
wait_for(b"there\r\nthere\r\n")
type_in(b"\x1a")
assert b"Stopped" in prompt()
run("fg")
wait_for(b"\r\n")
run("again")
for _ in range(2): wait_for(b"again\r\n")
type_in(b"\x04")
assert b"after" in prompt()
"#,
    );
}

#[test]
fn in_a_pipeline_the_program_at_its_end_has_the_terminal() {
    in_bash(
        &house(),
        r#"
run("vault exec --watch web -- echo one | (cat; read line </dev/tty; echo got $line)")
wait_for(b"\none")
run("a line")
assert b"got a line" in prompt()
"#,
    );
}

#[test]
fn the_next_one_finds_the_terminal_as_the_first_did() {
    let house = house();
    let script = "[ $A = 1 ] || { stty -a | grep -c -e ' -echo ' -e -icanon; exit 0; }; \
                  stty -echo -icanon; echo ready; exec sleep 1000";
    let test = r#"
import subprocess
wait_for(b"ready")
assert silent()
subprocess.run(["VAULT", "set", "-q", "web", "A=2"], check=True, stdin=subprocess.DEVNULL)
wait_for(b"restarting\r\n")
assert change() == 0, shown
assert shown == b"0\r\n", shown
"#;
    let words = [VAULT, "exec", "--watch", "web", "--", "sh", "-c", script];
    run_on_terminal(&house, As::Job, &words, &test.replace("VAULT", VAULT));
}

/// A command under vault, and the numbers it prints first: its own and that of its child.
fn family(house: &House, flags: &[&str], script: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = house.command(VAULT);
    command.args(["exec", "--watch"]).args(flags).args(["web", "--", "sh", "-c", script]);
    let mut vault = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(vault.stdout.take().unwrap()).lines();
    (vault, lines)
}

fn number(lines: &mut Lines<BufReader<ChildStdout>>) -> u32 {
    lines.next().unwrap().unwrap().parse().unwrap()
}

/// Running, that is, and not only waited for by nobody.
fn is_alive(number: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

/// How vault ends, and that it does.
#[track_caller]
fn status(vault: &mut Child) -> Option<i32> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = vault.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > end {
            vault.kill().unwrap();
            panic!("vault is still there");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn ends(number: u32) {
    let end = Instant::now() + Duration::from_secs(60);
    while is_alive(number) {
        assert!(Instant::now() < end, "{number} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn kill(signal: &str, number: u32) {
    assert!(Command::new("kill").args([signal, &number.to_string()]).status().unwrap().success());
}

#[test]
fn when_vault_is_killed_the_command_is_told() {
    let house = house();
    let script = "trap 'echo told; exit' TERM; echo $$; while :; do sleep 0.02; done";
    let (mut vault, mut lines) = family(&house, &[], script);
    let command = number(&mut lines);
    vault.kill().unwrap();
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["told"]);
    ends(command);
    vault.wait().unwrap();
}

#[test]
fn what_the_command_leaves_behind_when_it_ends_by_itself_stays() {
    let house = house();
    let (mut vault, mut lines) = family(&house, &[], "sleep 1000 >&- & echo $!; exit 3");
    let left = number(&mut lines);
    assert_eq!(status(&mut vault), Some(3));
    assert!(is_alive(left));
    kill("-KILL", left);
}

#[test]
fn before_the_command_is_started_anew_all_it_started_is_gone() {
    let house = house();
    // The first one goes at once, its child only when it is killed.
    let script = "[ $A = 1 ] || { grep -q '^State:.[^Z]' /proc/$(cat child)/status && echo alive; echo anew; exit 5; }; \
                  (trap '' TERM; echo ready; sleep 1000; sleep 1000) & echo $! >child; cat child; wait";
    let (mut vault, mut lines) = family(&house, &["--grace", "1"], script);
    let mut said = [lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()];
    said.sort();
    let child = said[0].parse().unwrap();
    house.done(&["set", "web", "A=2"]);
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["anew"]);
    assert!(!is_alive(child));
    assert_eq!(status(&mut vault), Some(5));
}

#[test]
fn what_takes_its_time_to_end_is_waited_for() {
    let house = house();
    // Its child needs longer than it does.
    let script = "[ $A = 1 ] || { cat done; exit 5; }; \
                  (trap 'sleep 1; echo orderly >done; exit' TERM; echo ready; while :; do sleep 0.02; done) & \
                  wait";
    let (mut vault, mut lines) = family(&house, &[], script);
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    house.done(&["set", "web", "A=2"]);
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["orderly"]);
    assert_eq!(status(&mut vault), Some(5));
}

#[test]
fn a_command_that_ignores_term_is_killed_after_the_grace() {
    let house = house();
    let script = "[ $A = 1 ] || exit 5; trap '' TERM; echo ready; while :; do sleep 0.02; done";
    let (mut vault, mut lines) = family(&house, &["--grace", "0"], script);
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    house.done(&["set", "web", "A=2"]);
    assert_eq!(status(&mut vault), Some(5));
}

#[test]
fn one_who_wants_an_end_gets_it_also_while_the_command_is_started_anew() {
    let house = house();
    let script = "trap 'echo term' TERM; trap 'echo int; exit 4' INT; echo ready $A; \
                  while :; do sleep 0.02; done";
    let (mut vault, mut lines) = family(&house, &["--grace", "600"], script);
    assert_eq!(lines.next().unwrap().unwrap(), "ready 1");
    house.done(&["set", "web", "A=2"]);
    assert_eq!(lines.next().unwrap().unwrap(), "term");
    kill("-INT", vault.id());
    assert_eq!(lines.next().unwrap().unwrap(), "int");
    assert_eq!(status(&mut vault), Some(4));
}
