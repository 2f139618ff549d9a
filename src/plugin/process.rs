//! A plugin's process and its pipes: looked up, started, waited for only so long, and always ended.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::Person;
use crate::crypto::{PluginError, PluginName};
use crate::model::IDENTITY_VARIABLES;

/// Longest line a plugin may send, and the most of everything: its messages are for people.
const MAX_LINE: usize = 16 << 10;
const MAX_SENT: usize = 1 << 20;

/// How long a plugin is waited for before a person is told what for.
const UNREMARKED: Duration = Duration::from_secs(10);

/// How long a plugin that is done may take to end by itself.
const LEAVE: Duration = Duration::from_secs(1);

/// A running plugin. It is gone when this is.
pub(super) struct Process<'a> {
    name: &'a PluginName,
    patience: Duration,
    person: &'a dyn Person,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// What was read, and how much of it; never grows, since a file key may be in it.
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    sent: usize,
}

impl<'a> Process<'a> {
    pub(super) fn start(
        name: &'a PluginName,
        program: &Path,
        machine: &str,
        person: &'a dyn Person,
        patience: Duration,
    ) -> Result<Self, PluginError> {
        let cannot = |why: std::io::Error| PluginError::CannotRun {
            name: name.clone(),
            why: why.to_string(),
        };
        let mut command = Command::new(program);
        command.arg(format!("--age-plugin={machine}"));
        // Nothing of the folder vault was started in, which may be anyone's, is found by chance.
        command.current_dir(program.parent().unwrap_or(Path::new("/")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for variable in IDENTITY_VARIABLES {
            command.env_remove(variable);
        }
        let mut child = command.spawn().map_err(cannot)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| cannot(ErrorKind::BrokenPipe.into()))?;
        let buffer = Zeroizing::new(vec![0; MAX_LINE]);
        let stdin = Some(stdin);
        let process =
            Self { name, patience, person, child, stdin, stdout, buffer, filled: 0, sent: 0 };
        process.do_not_block().map_err(cannot)?;
        Ok(process)
    }

    /// Writes all of it.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), PluginError> {
        let begun = Instant::now();
        while !bytes.is_empty() {
            let Some(stdin) = &mut self.stdin else { return Err(self.ended()) };
            match stdin.write(bytes) {
                Ok(0) => return Err(self.ended()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => {
                    self.wait(begun, For::Writing)?;
                }
                Err(_) => return Err(self.ended()),
            }
        }
        Ok(())
    }

    /// Reads one line, without its end.
    pub(super) fn line(&mut self) -> Result<Zeroizing<Vec<u8>>, PluginError> {
        let begun = Instant::now();
        loop {
            let filled = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(end) = filled.iter().position(|b| *b == b'\n') {
                let line = Zeroizing::new(filled.get(..end).unwrap_or_default().to_vec());
                self.buffer.copy_within(end + 1..self.filled, 0);
                self.filled -= end + 1;
                return Ok(line);
            }
            if self.filled == self.buffer.len() || self.sent > MAX_SENT {
                return Err(self.protocol("it sends too much"));
            }
            self.wait(begun, For::Reading)?;
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.stdout.read(room) {
                Ok(0) => return Err(self.ended()),
                Ok(read) => {
                    self.filled += read;
                    self.sent += read;
                }
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(self.ended()),
            }
        }
    }

    /// The plugin is done, and may end by itself.
    pub(super) fn leave(mut self) {
        drop(self.stdin.take());
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < LEAVE {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(super) fn protocol(&self, what: &'static str) -> PluginError {
        PluginError::Protocol { name: self.name.clone(), what }
    }

    fn ended(&self) -> PluginError {
        PluginError::Ended(self.name.clone())
    }

    /// Until the pipe is ready, or patience has ended.
    fn wait(&self, begun: Instant, what: For) -> Result<(), PluginError> {
        let remark = UNREMARKED.min(self.patience).saturating_sub(begun.elapsed());
        if self.ready(remark, what)? {
            return Ok(());
        }
        self.person.waits_for(self.name);
        if self.ready(self.patience.saturating_sub(begun.elapsed()), what)? {
            return Ok(());
        }
        Err(PluginError::Silent { name: self.name.clone(), seconds: self.patience.as_secs() })
    }
}

/// What a pipe is waited for.
#[derive(Clone, Copy)]
enum For {
    Reading,
    Writing,
}

#[cfg(unix)]
impl Process<'_> {
    fn do_not_block(&self) -> std::io::Result<()> {
        use rustix::fs::{OFlags, fcntl_setfl};
        match &self.stdin {
            Some(stdin) => Ok(fcntl_setfl(stdin, OFlags::NONBLOCK)?),
            None => Ok(()),
        }
    }

    fn ready(&self, limit: Duration, what: For) -> Result<bool, PluginError> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;

        let begun = Instant::now();
        loop {
            let mut fds = match (what, &self.stdin) {
                (For::Writing, Some(stdin)) => [PollFd::new(stdin.as_fd(), PollFlags::POLLOUT)],
                _ => [PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)],
            };
            let left = limit.saturating_sub(begun.elapsed());
            match poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Ok(ready) => return Ok(ready > 0),
                Err(nix::errno::Errno::EINTR) => {}
                Err(_) => return Err(self.ended()),
            }
        }
    }
}

#[cfg(not(unix))]
impl Process<'_> {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "the pipes of Windows block")]
    fn do_not_block(&self) -> std::io::Result<()> {
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "the pipes of Windows block")]
    fn ready(&self, _: Duration, _: For) -> Result<bool, PluginError> {
        Ok(true)
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        // A process that has ended is waited for all the same: the command that `exec` becomes
        // must not find somebody else's child.
        let _: std::io::Result<()> = self.child.kill();
        let _: std::io::Result<std::process::ExitStatus> = self.child.wait();
    }
}

/// The program, looked up in the folders of `PATH` that do not depend on where vault was started:
/// a repository may hold a program of any name.
pub(super) fn find(name: &PluginName, path: &OsStr) -> Result<PathBuf, PluginError> {
    let program = format!("{}{}", name.program(), std::env::consts::EXE_SUFFIX);
    let mut files = std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&program));
    files.find(|file| is_program(file)).ok_or_else(|| PluginError::Missing(name.clone()))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    let runs = |data: &std::fs::Metadata| {
        use std::os::unix::fs::PermissionsExt;
        data.permissions().mode() & 0o111 != 0
    };
    #[cfg(not(unix))]
    let runs = |_: &std::fs::Metadata| true;
    file.metadata().is_ok_and(|data| data.is_file() && runs(&data))
}
