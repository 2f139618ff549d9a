//! Signals while the editor is open: nothing stays behind, and what a person types goes to the
//! editor.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::super::house::{CANARY, House, VAULT, said};
use super::super::pty::on_terminal;
use super::{left_in_memory, with_script};

/// alice's machine with an editor that waits, in a process group of its own.
struct Open {
    house: House,
    child: Child,
    pipe: TempDir,
}

impl Open {
    fn with(script: &str) -> Self {
        let house = House::of_alice();
        house.done(&["set", "web", "A=canary-5d1f"]);
        let house = with_script(house, script);
        let folder = TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut command = house.command(VAULT);
        command.args(["edit", "web"]).env("PIPE", &pipe).process_group(0);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Opens when the editor has come as far as to read.
        let mut opened = OpenOptions::new().write(true).open(pipe).unwrap();
        writeln!(opened).unwrap();
        assert_eq!(left_in_memory(&house).len(), 1);
        Self { house, child, pipe: folder }
    }

    fn send(&self, signal: &str, to_group: &str) {
        let whom = format!("{to_group}{}", self.child.id());
        assert!(Command::new("kill").args([signal, "--", &whom]).status().unwrap().success());
    }

    fn end(self) -> (House, Output) {
        let output = self.child.wait_with_output().unwrap();
        assert!(left_in_memory(&self.house).is_empty(), "{}", said(&output));
        assert!(!said(&output).contains(CANARY));
        (self.house, output)
    }
}

#[test]
fn what_tells_vault_to_end_ends_the_editor_and_leaves_nothing() {
    for (signal, code) in [("-TERM", 143), ("-HUP", 129)] {
        for to_group in ["", "-"] {
            let open = Open::with("read -r _ <\"$PIPE\"; exec sleep 1000");
            let before = open.house.files();
            open.send(signal, to_group);
            let (house, output) = open.end();
            assert_eq!(output.status.code(), Some(code), "{signal} {}", said(&output));
            assert_eq!(house.files(), before);
        }
    }
}

#[test]
fn an_editor_that_does_not_hear_is_killed_in_the_end() {
    let open = Open::with("trap '' TERM; read -r _ <\"$PIPE\"; exec sleep 1000");
    open.send("-TERM", "");
    assert_eq!(open.end().1.status.code(), Some(143));
}

#[test]
fn a_stopped_editor_is_ended_too() {
    let open = Open::with("read -r _ <\"$PIPE\"; kill -STOP $$; exec sleep 1000");
    open.send("-TERM", "");
    assert_eq!(open.end().1.status.code(), Some(143));
}

#[test]
fn an_interrupt_is_the_editors_business() {
    // The last two would end vault, and are of no use to it.
    let sent =
        [("-INT", ""), ("-QUIT", ""), ("-INT", "-"), ("-QUIT", "-"), ("-USR1", ""), ("-USR2", "")];
    for (signal, to_group) in sent {
        let script = "trap '' INT QUIT; read -r _ <\"$PIPE\"; until read -r _ <\"$PIPE\"; do :; done; \
                      sed -i s/canary-5d1f/changed/ \"$1\"";
        let open = Open::with(script);
        open.send(signal, to_group);
        let mut go_on = OpenOptions::new().write(true).open(open.pipe.path().join("pipe")).unwrap();
        writeln!(go_on).unwrap();
        let (house, output) = open.end();
        assert!(output.status.success(), "{signal} {}", said(&output));
        assert_eq!(house.done(&["get", "web", "A"]), b"changed");
    }
    let open = Open::with("read -r _ <\"$PIPE\"; exec sleep 1000");
    open.send("-INT", "-");
    let (_, output) = open.end();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("was ended by signal 2"), "{}", said(&output));
}

#[test]
fn whoever_ignores_the_end_of_children_still_gets_the_editors() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=one"]);
    let house = with_script(house, "sed -i s/one/two/ \"$1\"");
    let ignoring = "import signal, os, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n\
                    os.execv(sys.argv[1], sys.argv[1:])";
    let output = house.command("python3").args(["-c", ignoring, VAULT, "edit", "web"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("the system does not say how"), "{}", said(&output));
    assert!(left_in_memory(&house).is_empty());
}

/// As a shell has it: the editor is in vault's process group, in the foreground.
#[test]
fn a_terminal_interrupts_the_editor_alone_and_stops_both() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=one"]);
    let script = "trap 'echo interrupted >/dev/tty' INT\nprintf 'open? ' >/dev/tty\n\
                  while ! read -r n </dev/tty; do :; done\nsed -i s/one/two/ \"$1\"";
    let house = with_script(house, script);
    let test = r#"
wait_for(b"open? ")
type_in(b"\x03")
wait_for(b"interrupted")
type_in(b"\x1a")
assert change() == "stopped", shown
os.killpg(pid, signal.SIGCONT)
type_in(b"\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["edit", "web"], test);
    assert_eq!(house.done(&["get", "web", "A"]), b"two");
    assert!(left_in_memory(&house).is_empty());
}

#[test]
fn a_terminal_that_hangs_up_leaves_nothing_behind() {
    let house = super::of_a_leaky_vim("canary-5d1f-old");
    let before = house.files();
    let test = r#"
wait_for(b"web.toml")
type_in(b"icanary-5d1f-typed")
while read(0.3): pass
os.kill(pid, signal.SIGHUP)
assert change() == 129, shown
"#;
    on_terminal(&house, &["edit", "web"], test);
    assert!(left_in_memory(&house).is_empty());
    assert_eq!(house.files(), before);
}
