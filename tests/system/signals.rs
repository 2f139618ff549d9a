//! What a supervised command gets of signals: each exactly once, however it was sent.

use std::io::{BufRead as _, BufReader, Lines};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::house::{House, VAULT};
use super::pty::{As, on_terminal, run_on_terminal};

/// Waits for signals and names each as it comes. It does not handle them: two of a kind that come
/// while a handler is about to run are one to it.
const PROBE: &str = r#"
import os, signal, sys
names = "HUP INT QUIT TERM USR1 USR2 ALRM WINCH CONT TSTP VTALRM PROF IO URG PWR".split()
numbers = {getattr(signal, "SIG" + name): name for name in names}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
def say(text):
    try: os.write(1, (text + "\n").encode())
    except OSError: pass
    if len(sys.argv) > 1: os.write(log, (text + "\n").encode())
if len(sys.argv) > 1: log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
say(f"ready {os.getpid()} {os.getpgrp()}")
while True:
    name = numbers[signal.sigwaitinfo(numbers).si_signo]
    say("<" + name + ">")
    if name == "TERM": os._exit(9)
"#;

fn house() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=1"]);
    house
}

/// The probe beside a vault that leads a process group of its own.
fn probe(house: &House) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = house.command(VAULT);
    command.args(["exec", "--watch", "web", "--", "python3", "-c", PROBE]);
    let mut vault = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(vault.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("ready"));
    (vault, lines)
}

fn kill(signal: &str, target: &str) {
    assert!(Command::new("kill").args([signal, "--", target]).status().unwrap().success());
}

#[test]
fn each_signal_to_vault_or_to_its_group_arrives_exactly_once() {
    let house = house();
    for group in ["", "-"] {
        let (mut vault, mut lines) = probe(&house);
        let target = format!("{group}{}", vault.id());
        let names = "HUP INT QUIT USR1 USR2 ALRM WINCH CONT VTALRM PROF IO URG PWR";
        for name in names.split_whitespace() {
            let marker = if name == "USR2" { "USR1" } else { "USR2" };
            // Again and again: two deliveries can fall into one, but not always.
            let mut expected = vec![format!("<{name}>"); 10];
            for line in &expected {
                kill(&format!("-{name}"), &target);
                assert_eq!(&lines.next().unwrap().unwrap(), line, "{target}");
            }
            kill(&format!("-{marker}"), &target);
            expected.push(format!("<{marker}>"));
            assert_eq!(lines.next().unwrap().unwrap(), *expected.last().unwrap(), "{name}");
        }
        kill("-TERM", &target);
        assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["<TERM>"]);
        assert_eq!(vault.wait().unwrap().code(), Some(9));
    }
}

#[test]
fn each_signal_of_the_terminal_arrives_exactly_once() {
    let house = house();
    for (mode, how) in [(As::Job, "job"), (As::Leader, "leader")] {
        let test = r#"
import struct
wait_for(b"ready")
size = 20
def resize():
    global size
    size += 1
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", size, 80, 0, 0))
for name, act in [(b"INT", lambda: type_in(b"\x03")), (b"QUIT", lambda: type_in(b"\x1c")),
                  (b"WINCH", resize), (b"TSTP", lambda: type_in(b"\x1a"))]:
    for _ in range(10):
        act()
        before = wait_for(b"<" + name + b">")
        assert b"<" not in before, before
    os.kill(pid, signal.SIGUSR2)
    before = wait_for(b"<USR2>")
    assert b"<" not in before, before
# What the other end's going does to whoever leads the session, and a shell to its jobs.
os.close(slave)
os.close(master)
if "HOW" == "job": os.kill(-pid, signal.SIGHUP)
until(lambda: "<HUP>" in open("log").read())
os.kill(pid, signal.SIGUSR1)
until(lambda: "<USR1>" in open("log").read())
os.kill(pid, signal.SIGTERM)
until(lambda: "<TERM>" in open("log").read())
assert open("log").read().count("<HUP>") == 1, open("log").read()
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
"#;
        let test = test.replace("HOW", how);
        // Nothing can be read from a terminal that has gone.
        let test = test.replace(
            "os.close(slave)",
            "read = lambda seconds: time.sleep(seconds)\nos.close(slave)",
        );
        let words = [VAULT, "exec", "--watch", "web", "--", "python3", "-c", PROBE, "log"];
        let _: std::io::Result<()> = std::fs::remove_file(house.repo().join("log"));
        run_on_terminal(&house, mode, &words, &test);
    }
}

/// Where nobody could continue it, ^Z must not stop it for good.
#[test]
fn a_stop_typed_where_no_shell_waits_stops_nothing() {
    let house = house();
    let words = [VAULT, "exec", "--watch", "web", "--", "cat"];
    let test = r#"
time.sleep(0)
type_in(b"one\n")
wait_for(b"one\r\none\r\n")
for _ in range(3):
    type_in(b"\x1a")
    wait_for(b"^Z")
    type_in(b"two\n")
    wait_for(b"two\r\ntwo\r\n")
type_in(b"\x04")
assert change() == 0, shown
"#;
    run_on_terminal(&house, As::Leader, &words, test);
}

#[test]
fn a_command_that_dies_of_a_signal_gives_128_and_its_number() {
    let house = house();
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -9 $$", 137),
        ("kill -15 $$", 143),
        ("kill -6 $$", 134),
    ] {
        let args = ["exec", "--watch", "web", "--", "sh", "-c", script];
        assert_eq!(house.vault(&args).status.code(), Some(code), "{script}");
    }
    for (command, code) in [("/no/such", 127), ("/etc", 126)] {
        assert_eq!(
            house.vault(&["exec", "--watch", "web", "--", command]).status.code(),
            Some(code)
        );
    }
    let output = house.vault(&["exec", "--watch", "none", "--", "true"]);
    assert_eq!(output.status.code(), Some(125));
}

/// As plain `exec` hands them on, which is to say as they were.
#[test]
fn masks_and_descriptors_are_those_vault_was_started_with() {
    let house = house();
    let look = "grep -E '^Sig(Blk|Ign|Cgt)|^Shd' /proc/self/status; ls /proc/self/fd; readlink /proc/$$/fd/9";
    let seen = |watch: &[&str]| {
        let mut command = house.command("sh");
        let start = r#"trap "" HUP USR1; exec 9</dev/zero; "$@""#;
        command.args(["-c", start, "sh", VAULT, "exec", "web"]).args(watch);
        let output = command.args(["--", "sh", "-c", look]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // The C library's spawn ignores two real-time signals that are its own.
        let own = |line: &str| match line.strip_prefix("SigIgn:\t") {
            Some(mask) => {
                format!("SigIgn:\t{:x}\n", u64::from_str_radix(mask, 16).unwrap() % (1 << 31))
            }
            None => format!("{line}\n"),
        };
        text.lines().map(own).collect::<String>()
    };
    let plain = seen(&[]);
    assert!(plain.contains("SigIgn:\t201\n") && plain.ends_with("/dev/zero\n"), "{plain}");
    assert!(plain.contains("SigBlk:\t0000000000000000"), "{plain}");
    assert_eq!(seen(&["--watch"]), plain);
}

#[test]
fn where_the_end_of_children_is_ignored_it_says_so_instead_of_waiting_for_ever() {
    let house = house();
    let mut env = house.command("env");
    env.args(["--ignore-signal=CHLD", VAULT, "exec", "--watch", "web", "--", "true"]);
    let output = env.output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SIGCHLD ignored"), "{output:?}");
}

#[test]
fn the_terminal_is_the_commands_and_vaults_again_after_it() {
    let house = house();
    on_terminal(
        &house,
        &["exec", "--watch", "web", "--", "python3", "-c", PROBE],
        r#"
wait_for(b"ready ")
words = wait_for(b"\n").split()
until(lambda: os.tcgetpgrp(slave) == int(words[1]))
assert int(words[0]) == int(words[1]) != pid, words
os.kill(pid, signal.SIGTERM)
assert change() == 9, shown
assert os.tcgetpgrp(slave) == pid
"#,
    );
}

/// It is stopped for that, before the terminal is its own, and must be continued then.
#[test]
fn a_command_that_reads_before_it_was_lent_the_terminal_reads_on() {
    let house = house();
    let slow = ["-o", "/dev/null", "-e", "trace=ioctl", "-e", "inject=ioctl:delay_enter=200000"];
    let vault = [VAULT, "exec", "--watch", "web", "--", "cat"];
    let words: Vec<&str> = ["strace"].iter().chain(&slow).chain(&vault).copied().collect();
    let test = r#"
type_in(b"one\n")
wait_for(b"one\r\none\r\n")
type_in(b"\x04")
assert change() == 0, shown
"#;
    run_on_terminal(&house, As::Job, &words, test);
}

#[test]
fn without_a_reason_to_stay_vault_starts_neither_a_process_nor_a_thread() {
    let house = house();
    let started = |flags: &[&str]| {
        let mut strace = house.command("strace");
        strace.args([
            "-f",
            "-e",
            "trace=process,inotify_init1",
            "-o",
            "trace",
            VAULT,
            "exec",
            "web",
        ]);
        assert!(strace.args(flags).args(["--", "true"]).status().unwrap().success());
        let trace = std::fs::read_to_string(house.repo().join("trace")).unwrap();
        trace.lines().filter(|line| line.contains("clone") || line.contains("inotify")).count()
    };
    assert_eq!(started(&[]), 0);
    assert_ne!(started(&["--watch"]), 0);
}
