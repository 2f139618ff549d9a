//! Staying beside a command: for the modes that must clean up or watch, and for process 1, whose
//! signals the kernel would otherwise drop.
//!
//! The command runs in its own process group. Signals are not handled but waited for, blocked, in
//! the one thread there is, so none is lost and none is forwarded twice. Ways that were tried and
//! do not work are in docs/architecture.md.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::process::{
    Pid, WaitOptions, WaitStatus, getpgrp, getpid, getsid, kill_process_group, wait,
};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::env::ChildEnv;
use super::harden::{harden, release};
use super::replace::ExecError;
use super::size::Load;
use super::{find, handover};

/// Signals that are the command's business and not ours.
const FORWARDED: [Signal; 9] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
    Signal::SIGTSTP,
];

/// When the command gets the terminal, if vault has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreground {
    /// At once.
    AtOnce,
    /// When it asks: in a pipeline, the program at the other end may be the one to have it.
    OnDemand,
}

/// Whether this process must stay beside its command: as process 1 it would, once it had become the
/// command, get no signal the command has no handler for, and reap no orphan.
pub fn must_supervise() -> bool {
    getpid().is_init()
}

/// Runs a command and waits for it; gives its exit status, or 128 and the signal it died of.
///
/// # Errors
/// [`ExecError`]: it was not started.
pub fn supervise(
    env: &ChildEnv<'_>,
    command: &OsStr,
    args: &[OsString],
    foreground: Foreground,
) -> Result<u8, ExecError> {
    let program = find::in_own_path(command)?;
    let cannot = |error: io::Error| find::explain(command, &program, &error);
    let signals = waited_for();
    let old_mask = signals
        .thread_swap_mask(SigmaskHow::SIG_BLOCK)
        .map_err(|errno| cannot(io::Error::from(errno)))?;
    let mut between = handover::command(&old_mask, &program, command, args);
    between.process_group(0).env_clear().envs(env.pairs());
    release();
    let child = between.spawn();
    harden();
    let child = child.map_err(|error| match error.kind() {
        io::ErrorKind::ArgumentListTooLong => {
            Load { env, program: &program, name: command, args }.too_much().into()
        }
        _ => cannot(error),
    })?;
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Err(cannot(io::Error::from(io::ErrorKind::InvalidData)));
    };
    let terminal = Terminal::open();
    if foreground == Foreground::AtOnce {
        terminal.lend_to(group);
    }
    let code = Supervisor { group, terminal }.run(&signals);
    let _: nix::Result<()> = old_mask.thread_set_mask();
    Ok(code)
}

fn waited_for() -> SigSet {
    // Blocked too: taking the terminal back from the background would stop us (TTOU).
    let ours = [Signal::SIGCHLD, Signal::SIGCONT, Signal::SIGTTOU, Signal::SIGTTIN];
    FORWARDED.into_iter().chain(ours).collect()
}

struct Supervisor {
    group: Pid,
    terminal: Terminal,
}

impl Supervisor {
    fn run(&self, signals: &SigSet) -> u8 {
        loop {
            match signals.wait() {
                Ok(Signal::SIGCHLD) => {
                    if let Some(code) = self.reap() {
                        self.terminal.take_back();
                        return code;
                    }
                }
                Ok(Signal::SIGCONT) => {
                    // `fg` gives the terminal to our group, `bg` does not.
                    self.terminal.lend_to(self.group);
                    self.send(rustix::process::Signal::CONT);
                }
                Ok(signal) if FORWARDED.contains(&signal) => {
                    if let Some(signal) = rustix::process::Signal::from_named_raw(signal as i32) {
                        self.send(signal);
                    }
                }
                // TTIN and TTOU are about our own use of the terminal, which is none.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Takes note of every child that changed; the command's exit code if it ended. Children that
    /// are not ours were orphaned to us, as they are to process 1.
    fn reap(&self) -> Option<u8> {
        let changes = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        while let Ok(Some((pid, status))) = wait(changes) {
            if pid != self.group {
                continue;
            }
            if let Some(signal) = status.stopping_signal() {
                self.stopped(signal);
            } else {
                return Some(code_of(status));
            }
        }
        None
    }

    /// The command stopped: it wants the terminal, or a person typed ^Z.
    fn stopped(&self, signal: i32) {
        let wants_terminal = [Signal::SIGTTIN, Signal::SIGTTOU].map(|s| s as i32).contains(&signal);
        if wants_terminal && self.terminal.lend_to(self.group) {
            self.send(rustix::process::Signal::CONT);
            return;
        }
        self.terminal.take_back();
        // Without a shell that could continue us, stopping would be for good.
        let is_leader = getsid(None).is_ok_and(|session| session == getpid());
        if !is_leader && !must_supervise() {
            let _: rustix::io::Result<()> =
                kill_process_group(getpgrp(), rustix::process::Signal::STOP);
        }
    }

    fn send(&self, signal: rustix::process::Signal) {
        // It may have ended already.
        let _: rustix::io::Result<()> = kill_process_group(self.group, signal);
    }
}

fn code_of(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|n| 128 + n));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}

/// The controlling terminal, if there is one.
struct Terminal(Option<File>);

impl Terminal {
    fn open() -> Self {
        Self(File::open("/dev/tty").ok())
    }

    /// Puts `group` into the foreground if we are there; whether we were.
    fn lend_to(&self, group: Pid) -> bool {
        let Some(tty) = &self.0 else { return false };
        tcgetpgrp(tty).is_ok_and(|now| now == getpgrp()) && tcsetpgrp(tty, group).is_ok()
    }

    /// Puts us into the foreground again, unless a shell has it.
    fn take_back(&self) {
        if let Some(tty) = &self.0 {
            let _: rustix::io::Result<()> = tcsetpgrp(tty, getpgrp());
        }
    }
}
