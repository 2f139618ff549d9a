//! `exec --watch`: started anew when a value changed, and only then; whatever happens to the files.

mod files;
mod idle;
mod mounts;
mod reload;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::house::{House, VAULT};

/// Says what it got and goes on until it is stopped.
const SERVER: &str = "echo start A=$A B=$B >&2; exec sleep 1000";

/// A vault that watches, and what it and its command say, line by line.
struct Watched {
    child: Child,
    lines: Receiver<String>,
}

impl Watched {
    /// The server with the values of `web`.
    fn start(house: &House) -> Self {
        let mut command = house.command(VAULT);
        command.args(["exec", "--watch", "web", "--", "sh", "-c", SERVER]);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line is this one.
    #[track_caller]
    fn says(&self, expected: &str) {
        assert_eq!(self.next(), expected);
    }

    /// The next line but hints, and but what is said of a work tree that is new.
    #[track_caller]
    fn next(&self) -> String {
        loop {
            // Less than the 30 s after which it looks in any case.
            let line = self.lines.recv_timeout(Duration::from_secs(25));
            let line = line.expect("it should have said something");
            let aside = ["vault: hint: ", "vault: first time in this work tree"];
            if !aside.iter().any(|start| line.starts_with(start)) {
                return line;
            }
        }
    }

    /// It is started anew with these, and nothing happened before that.
    #[track_caller]
    fn restarts(&self, keys: &str, values: &str) {
        self.says(&format!("vault: web changed ({keys}); restarting"));
        self.says(&format!("start {values}"));
    }

    fn kill(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Has this done while vault does not run, so that it sees the outcome alone.
    fn asleep(&self, act: impl FnOnce()) {
        self.kill("-STOP");
        act();
        self.kill("-CONT");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Its command is told.
        let _: std::io::Result<()> = self.child.kill();
        let _: std::io::Result<std::process::ExitStatus> = self.child.wait();
    }
}

fn house() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=1", "B=1"]);
    house
}

/// The bytes of a set with another value for A.
fn with(house: &House, value: &str) -> Vec<u8> {
    let other = house.copied();
    other.done(&["set", "web", &format!("A={value}")]);
    std::fs::read(other.set_file("web")).unwrap()
}

/// A file as it is, in place.
fn write(path: &std::path::Path, bytes: &[u8]) {
    use std::io::Write as _;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// The same at one blow, so that nobody sees half of it.
fn replace(path: &std::path::Path, bytes: &[u8]) {
    use std::io::Write as _;
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap()).unwrap();
    file.write_all(bytes).unwrap();
    file.persist(path).unwrap();
}

/// Runs a shell script in the repository.
#[track_caller]
fn sh(house: &House, script: &str) {
    let output = house.command("sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", super::house::said(&output));
}
