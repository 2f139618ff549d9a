//! Starting an editor so that no signal ends vault while the text is there, and none is held back
//! from the editor.
//!
//! The editor stays in vault's process group, as one that a shell starts: ^C goes to both, and
//! vault leaves it to the editor; ^Z stops both. What tells vault to end, ends the editor.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, alarm, getpid};

use super::{Draws, Ended, Failed, environment};
use crate::edit::editor::Editor;
use crate::edit::sandbox::confine_thread;

/// Held back and waited for: the end of the editor, what a person types to it, what tells vault to
/// end, the end of an editor's time to do so, and what would end vault and tell it nothing.
const WAITED_FOR: [Signal; 8] = [
    Signal::SIGCHLD,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGALRM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// How long an editor that was told to end may take, in seconds.
const GRACE: u32 = 3;

/// Signals are held back for as long as this lives.
#[derive(Debug)]
pub(in crate::edit) struct Held {
    before: SigSet,
}

impl Held {
    pub(in crate::edit) fn new() -> io::Result<Self> {
        let signals: SigSet = WAITED_FOR.into_iter().collect();
        Ok(Self { before: signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)? })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _: nix::Result<()> = self.before.thread_set_mask();
    }
}

/// Runs the editor to its end. Signals are held.
pub(in crate::edit) fn run(
    held: &Held,
    editor: &Editor,
    draws: Draws,
    folder: &Path,
    file: &Path,
) -> io::Result<Ended> {
    let start = Start::new(held, editor, draws, folder, file)?;
    thread::scope(|scope| {
        let (say_started, started) = mpsc::channel();
        let (say_ended, ended) = mpsc::channel();
        // A thread of its own: what it may not write, vault itself may.
        scope.spawn(move || {
            let editor = start.run();
            let pid = editor.as_ref().ok().copied();
            let _: Result<(), _> = say_started.send(editor);
            if let Some(pid) = pid {
                let _: Result<(), _> = say_ended.send(waitpid(pid, None));
                // The kernel's own may have come before that was said, or not at all: whoever
                // started vault may have chosen not to hear of children.
                let _: nix::Result<()> = kill(getpid(), Signal::SIGCHLD);
            }
        });
        let pid = started.recv().map_err(io::Error::other)??;
        Ok(wait(pid, &ended))
    })
}

fn wait(pid: Pid, ended: &mpsc::Receiver<nix::Result<WaitStatus>>) -> Ended {
    let signals: SigSet = WAITED_FOR.into_iter().collect();
    let mut told_to_end = None;
    loop {
        match signals.wait() {
            Ok(Signal::SIGCHLD) => {
                let Ok(status) = ended.try_recv() else { continue };
                alarm::cancel();
                return told_to_end.map_or_else(|| how(status), Ended::Interrupted);
            }
            Ok(signal @ (Signal::SIGTERM | Signal::SIGHUP)) => {
                told_to_end.get_or_insert(signal as i32);
                // One that is stopped would not hear of it.
                for signal in [signal, Signal::SIGCONT] {
                    let _: nix::Result<()> = kill(pid, signal);
                }
                alarm::set(GRACE);
            }
            Ok(Signal::SIGALRM) if told_to_end.is_some() => {
                let _: nix::Result<()> = kill(pid, Signal::SIGKILL);
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn how(status: nix::Result<WaitStatus>) -> Ended {
    match status {
        Ok(WaitStatus::Exited(_, 0)) => Ended::Well,
        Ok(WaitStatus::Exited(_, code)) => Ended::Badly(Failed::Status(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Ended::Badly(Failed::Signal(signal as i32)),
        Ok(_) | Err(_) => Ended::Badly(Failed::Unknown),
    }
}

/// All that starting needs.
struct Start<'a> {
    editor: &'a Editor,
    draws: Draws,
    folder: &'a Path,
    mask: SigSet,
    words: Vec<CString>,
    environment: Vec<CString>,
}

impl<'a> Start<'a> {
    fn new(
        held: &Held,
        editor: &'a Editor,
        draws: Draws,
        folder: &'a Path,
        file: &Path,
    ) -> io::Result<Self> {
        let words = editor.words().chain([file.as_os_str()]).map(c_string);
        let environment = environment(editor, folder).map(|(mut pair, value)| {
            pair.push("=");
            pair.push(value);
            c_string(&pair)
        });
        let (words, environment) =
            (words.collect::<io::Result<_>>()?, environment.collect::<io::Result<_>>()?);
        Ok(Self { editor, draws, folder, mask: held.before, words, environment })
    }

    /// Confines this thread, and the editor with it.
    fn run(&self) -> io::Result<Pid> {
        let mut attributes = PosixSpawnAttr::init()?;
        let flags =
            [PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF, PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK];
        attributes.set_flags(flags.into_iter().collect())?;
        // Rust ignores it in every program, which no editor expects.
        attributes.set_sigdefault(&SigSet::from(Signal::SIGPIPE))?;
        attributes.set_sigmask(&self.mask)?;
        let mut actions = PosixSpawnFileActions::init()?;
        if self.draws == Draws::OnStderr {
            actions.add_dup2(2, 1)?;
        }
        if !self.editor.opens_window() {
            confine_thread(self.folder)?;
        }
        let program = self.editor.program();
        let pid = posix_spawn(program, &actions, &attributes, &self.words, &self.environment)?;
        Ok(pid)
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes().to_vec())?)
}
