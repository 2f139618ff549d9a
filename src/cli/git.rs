//! `vault git`: the driver through which git merges sealed files.

mod install;
mod merge_driver;

use std::process::ExitCode;

use clap::Subcommand;
use vault::git::PROBE;

use super::Global;
use super::report::Failure;

/// Let git merge sealed files entry by entry
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Configure git to merge sealed files entry by entry
    Install(install::Args),
    /// Take out what `install` put into git's configuration
    Uninstall(install::Args),
    /// Say that this is the vault the driver means
    #[command(hide = true)]
    Probe,
    #[command(hide = true)]
    MergeDriver(merge_driver::Args),
}

pub(crate) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Install(args) => install::install(global, &args)?,
        Command::Uninstall(args) => install::uninstall(global, &args)?,
        Command::Probe => super::output::line(PROBE)?,
        Command::MergeDriver(args) => return Ok(merge_driver::run(global, &args)),
    }
    Ok(ExitCode::SUCCESS)
}
