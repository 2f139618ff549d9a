//! `exec --watch`: starting the command anew, or sending it a signal, when its values change.

#[cfg(unix)]
mod look;
#[cfg(unix)]
mod restart;

use std::process::ExitCode;

use clap::ValueEnum;
use vault::envelope::Sealed;
use vault::model::SecretSet;
use vault::store::Vault;

use super::super::Global;
use super::super::open::Keyring;
use super::super::report::Failure;
use super::{Args, Wanted};

/// Longest wait for a command to end: a day.
const MAX_GRACE: u64 = 24 * 60 * 60;

/// What `exec` was asked to do when values change.
#[derive(Debug, Clone, clap::Args)]
#[cfg_attr(not(unix), allow(dead_code, reason = "refused there as a whole"))]
pub(super) struct Flags {
    /// Start the command anew when a value it gets has changed
    ///
    /// Touching a file, notes, keys that are not passed and new encryption of the same values start
    /// nothing. A file that is missing or cannot be opened is said once, and the command goes on
    /// with the values it has. TERM goes to the command's process group, KILL to what is left of it
    /// after --grace. When the command ends by itself, vault ends with its status.
    #[arg(long)]
    watch: bool,
    /// With --watch, send this signal instead of starting anew
    ///
    /// The environment of a running process stays as it is, so this helps only a program that reads
    /// its secrets from elsewhere, such as the files of --file: they are exchanged before.
    #[arg(
        long,
        value_name = "SIGNAL",
        requires = "watch",
        conflicts_with = "grace",
        ignore_case = true
    )]
    signal: Option<Reload>,
    /// With --watch, how long it may take to end before it is killed [default: 10]
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "watch",
        value_parser = clap::value_parser!(u64).range(0..=MAX_GRACE)
    )]
    grace: Option<u64>,
}

/// The signals a program may take as a request to read its secrets again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Reload {
    #[value(alias = "SIGHUP")]
    Hup,
    #[value(alias = "SIGINT")]
    Int,
    #[value(alias = "SIGQUIT")]
    Quit,
    #[value(alias = "SIGUSR1")]
    Usr1,
    #[value(alias = "SIGUSR2")]
    Usr2,
    #[value(alias = "SIGALRM")]
    Alrm,
    #[value(alias = "SIGTERM")]
    Term,
    #[value(alias = "SIGCONT")]
    Cont,
    #[value(alias = "SIGWINCH")]
    Winch,
}

impl Flags {
    pub(super) fn is_on(&self) -> bool {
        self.watch
    }
}

/// Runs the command until it ends by itself.
#[cfg(unix)]
pub(super) fn run(
    global: &Global,
    args: &Args,
    vault: &Vault,
    first: (Wanted, Vec<Sealed<SecretSet>>),
    keyring: Keyring,
) -> Result<ExitCode, Failure> {
    restart::Beside::new(global, args, vault, first, keyring)?.run()
}

#[cfg(not(unix))]
pub(super) fn run(
    _: &Global,
    _: &Args,
    _: &Vault,
    _: (Wanted, Vec<Sealed<SecretSet>>),
    _: Keyring,
) -> Result<ExitCode, Failure> {
    Err(Failure::usage("--watch does not work on this system"))
}
