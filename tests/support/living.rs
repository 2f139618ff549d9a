//! A command that goes on while a test looks at it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::Run;

/// How long a line may take on a busy machine before the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `vault`, killed when the test ends, however it does.
pub(crate) struct Living {
    child: Child,
    /// Kept open, so that waiting for the end does not bring it about.
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
}

impl Living {
    /// Starts it; its stderr is dropped.
    pub(crate) fn start(run: Run) -> Self {
        let mut command = run.into_command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, stdout) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { stdin: child.stdin.take(), child, stdout }
    }

    /// The next line that it writes.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("it writes no line")
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal to `vault` itself.
    pub(crate) fn kill(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        // It may have ended.
        let _: std::io::Result<()> = self.child.kill();
        let _: std::io::Result<ExitStatus> = self.child.wait();
    }
}
