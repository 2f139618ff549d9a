//! The step between a supervising vault and its command: a short-lived process that asks to be
//! told when the supervisor dies, gives back the signal mask, and becomes the command.
//!
//! It is this same program, started again. What it does must happen after the fork and before the
//! command, which in one process only unsafe code can do.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{SigSet, Signal};

use super::find;
use super::replace::ExecError;
use super::supervise::mask_before;

/// The first argument of such a process. No word a person types begins this way and goes on with
/// numbers.
const MARK: &str = "--vault-handover";

/// A process that is about to become a supervised command.
#[derive(Debug)]
pub struct Handover {
    supervisor: u32,
    mask: SigSet,
    program: PathBuf,
    name: OsString,
    args: Vec<OsString>,
}

impl Handover {
    /// What the arguments of this process say, if it is one.
    pub fn from_argv(words: &[OsString]) -> Option<Self> {
        let [_, word, supervisor, mask, program, name, args @ ..] = words else { return None };
        if word != MARK {
            return None;
        }
        Some(Self {
            supervisor: supervisor.to_str()?.parse().ok()?,
            mask: parse_mask(mask.to_str()?)?,
            program: PathBuf::from(program),
            name: name.clone(),
            args: args.to_vec(),
        })
    }

    /// Becomes the command; returns only if that fails. The environment is already the command's.
    pub fn run(self) -> ExecError {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _: rustix::io::Result<()> =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
        // Asked for too late if the supervisor has already gone.
        if parent_id() != self.supervisor {
            return ExecError::SupervisorDied { command: self.name };
        }
        let _: nix::Result<()> = self.mask.thread_set_mask();
        let error = Command::new(&self.program).arg0(&self.name).args(&self.args).exec();
        find::explain(&self.name, &self.program, &error)
    }
}

/// A program that vault runs for itself, also while it stays beside a command: it gets no signal
/// mask from us, and is told when vault dies.
pub fn program(name: &OsStr, args: &[OsString]) -> Command {
    if let Some(mask) = mask_before() {
        return command(mask, Path::new(name), name, args);
    }
    let mut program = Command::new(name);
    program.args(args);
    program
}

/// The command line of the process that will become `program`.
pub(super) fn command(mask: &SigSet, program: &Path, name: &OsStr, args: &[OsString]) -> Command {
    // The running program, even if its file was replaced or deleted meanwhile.
    let this = Path::new("/proc/self/exe");
    let this = if this.exists() { Ok(this.to_owned()) } else { std::env::current_exe() };
    let mut command = Command::new(this.unwrap_or_else(|_| PathBuf::from("vault")));
    let numbers: Vec<String> = mask.iter().map(|signal| (signal as i32).to_string()).collect();
    command.arg0("vault").arg(MARK).arg(std::process::id().to_string()).arg(numbers.join(","));
    command.arg(program).arg(name).args(args);
    command
}

fn parse_mask(text: &str) -> Option<SigSet> {
    let numbers = text.split(',').filter(|number| !number.is_empty());
    numbers.map(|number| Signal::try_from(number.parse::<i32>().ok()?).ok()).collect()
}
