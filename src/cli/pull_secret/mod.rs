//! `vault pull-secret`: credentials for image registries.

mod chosen;
mod config;
mod create;
mod delete;
mod install;
mod list;
mod paths;
mod show;
#[cfg(unix)]
mod with;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;

use super::Global;
use super::report::Failure;

pub(crate) use chosen::{auth, warn_if_expired};

/// Keep credentials for pulling images, and hand them to docker, podman or Kubernetes
///
/// They stand in .secrets/pull/ as sets do in .secrets/sets/, and `vault exec` never sees them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Args),
    #[command(visible_alias = "ls")]
    List(list::Args),
    Show(show::Args),
    Delete(delete::Args),
    Config(config::Args),
    Install(install::InstallArgs),
    Uninstall(install::UninstallArgs),
    #[cfg(unix)]
    With(with::Args),
}

impl Args {
    /// Whether the command line ends in another command, whose exit codes count.
    pub(crate) fn runs_a_command(&self) -> bool {
        #[cfg(unix)]
        return matches!(self.command, Command::With(_));
        #[cfg(not(unix))]
        false
    }
}

/// Whether these are the words of [`Command::With`], be they right or wrong.
pub(crate) fn is_with(argv: &[OsString]) -> bool {
    let before = argv.split(|word| word == "--").next().unwrap_or_default();
    before
        .windows(2)
        .any(|words| matches!(words, [one, two] if one == "pull-secret" && two == "with"))
}

pub(crate) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        #[cfg(unix)]
        Command::With(args) => return with::run(global, &args),
        Command::Create(args) => create::run(global, &args),
        Command::List(args) => list::run(global, &args),
        Command::Show(args) => show::run(global, &args),
        Command::Delete(args) => delete::run(global, &args),
        Command::Config(args) => config::run(global, &args),
        Command::Install(args) => install::install(global, &args),
        Command::Uninstall(args) => install::uninstall(global, &args),
    }?;
    Ok(ExitCode::SUCCESS)
}
