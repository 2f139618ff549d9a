//! A pseudo-terminal whose other end a script in Python holds.

use super::house::{House, VAULT, said};

/// Starts a command as a shell does, in the foreground of a terminal of its own, and runs the test
/// that the first argument is. The slave stays open: the last close would reset it.
const TERMINAL: &str = r#"
import fcntl, os, pty, select, signal, sys, termios, time
mode, test = sys.argv[1:3]
master, slave = pty.openpty()
if mode == "job":
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
for number in (signal.SIGTTOU, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    if mode == "job":
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
    else:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.execvp(sys.argv[3], sys.argv[3:])
shown = b""
def read(seconds):
    global shown
    if select.select([master], [], [], seconds)[0]:
        shown += os.read(master, 65536)
        return True
def wait_for(text):
    "Waits until the text was shown, forgets all up to it, and returns what that was."
    global shown
    while text not in shown:
        assert read(60), shown
    before, _, shown = shown.partition(text)
    return before
def silent():
    return not termios.tcgetattr(slave)[3] & termios.ECHO
def type_in(data):
    os.write(master, data)
def change():
    "Waits until the process ends (its exit code, or minus the signal) or stops ('stopped')."
    for _ in range(6000):
        done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if done:
            while read(0): pass
            return "stopped" if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        read(0.01)
    assert False, shown
def until(check):
    "Waits until the check holds."
    for _ in range(6000):
        if check(): return
        read(0.01)
    assert False, shown
def state(number):
    "The state of a process as one letter; nothing if there is none."
    try:
        return open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
exec(test)
"#;

/// How the command stands to the terminal.
#[derive(Clone, Copy)]
pub(super) enum As {
    /// In the foreground, as an interactive shell starts it.
    Job,
    /// It leads the session, as when `ssh -t` or `docker run -t` starts it.
    Leader,
}

/// Runs `vault` as a job on a terminal, and the lines of Python that type and look.
#[track_caller]
pub(super) fn on_terminal(house: &House, args: &[&str], test: &str) {
    let words: Vec<&str> = [VAULT].iter().chain(args).copied().collect();
    run_on_terminal(house, As::Job, &words, test);
}

/// The same by way of another program, say a tracer, which is named by its path.
#[track_caller]
pub(super) fn on_terminal_through(house: &House, way: &[&str], args: &[&str], test: &str) {
    let words: Vec<&str> = way.iter().chain([&VAULT]).chain(args).copied().collect();
    run_on_terminal(house, As::Job, &words, test);
}

/// The same for any command.
#[track_caller]
pub(super) fn run_on_terminal(house: &House, mode: As, words: &[&str], test: &str) {
    let mode = match mode {
        As::Job => "job",
        As::Leader => "leader",
    };
    let mut python = house.command("python3");
    let output = python.args(["-c", TERMINAL, mode, test]).args(words).output();
    let output = output.expect("this test needs python3 on the PATH");
    assert!(output.status.success(), "{words:?}: {}", said(&output));
}
