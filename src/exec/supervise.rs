//! Staying beside a command: for the modes that must clean up, filter or watch, and for process 1,
//! whose signals the kernel would otherwise drop.
//!
//! What a mode does beside the command stands between the calls, in the order it happens:
//!
//! ```no_run
//! # use vault::exec::{ChildEnv, ExecError, Foreground, Launch, Output, Supervisor};
//! # fn f(env: &ChildEnv<'_>) -> Result<u8, ExecError> {
//! let mut supervisor = Supervisor::new()?;
//! // Before: files are written, variables added.
//! let mut running = supervisor.start(&Launch {
//!     env,
//!     command: "server".as_ref(),
//!     args: &[],
//!     foreground: Foreground::AtOnce,
//!     output: Output::Piped,
//! })?;
//! // Beside: threads read what it writes.
//! let pipes = running.take_output();
//! let code = running.wait_to_end();
//! // After: the pipes are drained, the files removed. No signal interrupts that.
//! # drop(pipes);
//! # Ok(code) }
//! ```
//!
//! The command runs in its own process group. Signals are not handled but waited for, blocked in
//! every thread, so none is lost and none is forwarded twice. Ways that were tried and do not work
//! are in docs/architecture.md.

mod signals;
mod stop;
mod terminal;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{ChildStderr, ChildStdout, Stdio};
use std::time::Instant;

use nix::sys::signal::{SigSet, Signal};
use rustix::process::{
    Pid, Signal as Sent, WaitOptions, WaitStatus, getpgrp, getpid, kill_process,
    kill_process_group, wait, waitpid,
};

use super::env::ChildEnv;
use super::harden::{harden, release};
use super::replace::{ExecError, Obstacle};
use super::size::Load;
use super::{find, handover};
use signals::{Event, Events, FORWARDED};
use terminal::Terminal;

pub use signals::Waker;
pub(super) use signals::mask_before;
pub use stop::Stopped;

/// Whether this process must stay beside its command: as process 1 it would, once it had become the
/// command, get no signal the command has no handler for, and reap no orphan.
pub fn must_supervise() -> bool {
    getpid().is_init()
}

/// What is to be started.
#[derive(Debug, Clone, Copy)]
pub struct Launch<'a> {
    /// Its environment.
    pub env: &'a ChildEnv<'a>,
    /// The command as typed; looked up in the `PATH` that vault was started with.
    pub command: &'a OsStr,
    /// Its arguments.
    pub args: &'a [OsString],
    /// When it gets the terminal.
    pub foreground: Foreground,
    /// Where it writes to.
    pub output: Output,
}

/// When the command gets the terminal, if vault has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreground {
    /// At once.
    AtOnce,
    /// When it asks: in a pipeline, the program at the other end may be the one to have it.
    OnDemand,
}

/// Where stdout and stderr of the command lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Where vault's own lead.
    Inherited,
    /// To pipes, of which vault has the other ends.
    Piped,
}

/// One that can start commands and stays beside them, one after the other.
pub struct Supervisor {
    events: Events,
    terminal: Terminal,
}

/// A command that was started, and the process group it leads.
pub struct Running<'s> {
    by: &'s mut Supervisor,
    group: Pid,
    output: Option<(ChildStdout, ChildStderr)>,
    orphans: Orphans,
}

/// What process 1 does with children that are not its command: orphans, in general.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// They are reaped.
    Reap,
    /// They are left: another thread has children of its own to wait for.
    Leave,
}

/// Why a wait beside a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// The command did: its exit status, or 128 and the signal it died of.
    Ended(u8),
    /// A [`Waker`] called.
    Woken,
    /// The time has come.
    TimedOut,
}

impl Supervisor {
    /// To be called before any thread is started, and from the thread that starts the commands:
    /// they are told when that one ends.
    ///
    /// # Errors
    /// [`ExecError::CannotSupervise`].
    pub fn new() -> Result<Self, ExecError> {
        if signals::children_end_unseen() {
            return Err(ExecError::ChildrenEndUnseen);
        }
        let events = Events::listen().map_err(|error| {
            ExecError::CannotSupervise(Obstacle::System(error.kind(), error.raw_os_error()))
        })?;
        Ok(Self { events, terminal: Terminal::open() })
    }

    /// Wakes a wait of this one from another thread.
    pub fn waker(&self) -> Waker {
        self.events.waker()
    }

    /// Has signals act on vault again as they did before, for a wait after the last command ended.
    pub fn step_aside(&self) {
        let _: nix::Result<()> = self.events.before.thread_set_mask();
    }

    /// Starts a command in a process group of its own.
    ///
    /// # Errors
    /// [`ExecError`]: it was not started.
    pub fn start(&mut self, launch: &Launch<'_>) -> Result<Running<'_>, ExecError> {
        let Launch { env, command, args, foreground, output } = *launch;
        let program = find::in_own_path(command)?;
        let cannot = |error: io::Error| find::explain(command, &program, &error);
        let mut between = handover::command(self.events.before, &program, command, args);
        between.process_group(0).env_clear().envs(env.pairs());
        if output == Output::Piped {
            between.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        release();
        let child = between.spawn();
        harden();
        let mut child = child.map_err(|error| match error.kind() {
            io::ErrorKind::ArgumentListTooLong => {
                Load { env, program: &program, name: command, args }.too_much().into()
            }
            _ => cannot(error),
        })?;
        let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return Err(cannot(io::Error::from(io::ErrorKind::InvalidData)));
        };
        if foreground == Foreground::AtOnce {
            self.terminal.lend_to(group);
        }
        let output = child.stdout.take().zip(child.stderr.take());
        Ok(Running { by: self, group, output, orphans: Orphans::Reap })
    }
}

impl Running<'_> {
    /// What the command writes, if that was [`Output::Piped`] and was not taken before.
    pub fn take_output(&mut self) -> Option<(ChildStdout, ChildStderr)> {
        self.output.take()
    }

    /// Waits for the command to end: its exit status, or 128 and the signal it died of. Members of
    /// its group that are still there stay, as they would without vault.
    pub fn wait_to_end(mut self) -> u8 {
        loop {
            if let Happened::Ended(code) = self.wait(None) {
                return code;
            }
        }
    }

    /// Waits until something happens; forwards signals all the while.
    pub fn wait(&mut self, until: Option<Instant>) -> Happened {
        loop {
            match self.by.events.next(until) {
                None => return Happened::TimedOut,
                Some(Event::Wake) => return Happened::Woken,
                // Not to be dropped before it was attended to.
                Some(Event::Signal(signal, _attended)) => {
                    if let Some(code) = self.attend_to(signal) {
                        return Happened::Ended(code);
                    }
                }
            }
        }
    }

    /// What is done with orphans from now on, and with those there are already.
    pub fn set_orphans(&mut self, orphans: Orphans) {
        self.orphans = orphans;
        if must_supervise() {
            // Another look at all children.
            let _: rustix::io::Result<()> = kill_process(getpid(), Sent::CHILD);
        }
    }

    /// Sends the command and its group a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(signal) = Sent::from_named_raw(signal as i32) {
            self.send(signal);
        }
    }

    /// The command's exit code, if this is news of its end.
    fn attend_to(&self, signal: Signal) -> Option<u8> {
        match signal {
            Signal::SIGCHLD => return self.reap(),
            Signal::SIGCONT => {
                // `fg` gives the terminal to our group, `bg` does not.
                self.by.terminal.lend_to(self.group);
                self.send(Sent::CONT);
            }
            signal if FORWARDED.contains(&signal) => self.signal(signal),
            // TTIN and TTOU are about our own use of the terminal, which is none.
            _ => {}
        }
        None
    }

    /// Takes note of every child that changed.
    fn reap(&self) -> Option<u8> {
        let mut code = None;
        while let Some((pid, status)) = self.next_change() {
            if pid != self.group {
                continue;
            }
            if let Some(signal) = status.stopping_signal() {
                self.stopped(signal);
            } else {
                self.by.terminal.take_back_from(self.group);
                code = Some(code_of(status));
            }
        }
        code
    }

    fn next_change(&self) -> Option<(Pid, WaitStatus)> {
        let changes = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        let any = must_supervise() && self.orphans == Orphans::Reap;
        let change = if any { wait(changes) } else { waitpid(Some(self.group), changes) };
        change.ok().flatten()
    }

    /// The command stopped: it wants the terminal, or a person typed ^Z.
    fn stopped(&self, signal: i32) {
        let wants_terminal = [Signal::SIGTTIN, Signal::SIGTTOU].map(|s| s as i32).contains(&signal);
        if wants_terminal && self.by.terminal.lend_to(self.group) {
            self.send(Sent::CONT);
            return;
        }
        self.by.terminal.take_back_from(self.group);
        // Without a terminal no shell waits to continue us.
        if !self.by.terminal.is_there() {
            return;
        }
        stop_own_group();
        if signal == Signal::SIGTSTP as i32 && signals::was_continued() == Some(false) {
            // We were not stopped. Nobody would continue the command either, so on it goes.
            self.by.terminal.lend_to(self.group);
            self.send(Sent::CONT);
        }
    }

    fn send(&self, signal: Sent) {
        // It may have ended already.
        let _: rustix::io::Result<()> = kill_process_group(self.group, signal);
    }
}

/// Stops us and all in our group as ^Z would have, had we not lent the terminal. The kernel does
/// not where that would be for good: in a group without a parent outside it that could continue it.
fn stop_own_group() {
    let stop = SigSet::from(Signal::SIGTSTP);
    let _: rustix::io::Result<()> = kill_process_group(getpgrp(), Sent::TSTP);
    let _: nix::Result<()> = stop.thread_unblock();
    // Here time passes.
    let _: nix::Result<()> = stop.thread_block();
}

fn code_of(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|n| 128 + n));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}
