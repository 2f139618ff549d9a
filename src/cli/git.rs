//! `vault git`: the drivers through which git merges sealed files and shows them.

mod diff;
mod eyes;
mod install;
mod merge_driver;
mod program;
mod textconv;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use vault::git::PROBE;

use super::Global;
use super::report::Failure;
pub(crate) use eyes::Eyes;
pub(crate) use program::{PROGRAM_CURE, program_of_git};

/// Let git show and merge sealed files entry by entry
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Configure git to show and merge sealed files entry by entry
    Install(install::Args),
    /// Take out what `install` put into git's configuration
    Uninstall(install::Args),
    /// Say that this is the vault the driver means
    #[command(hide = true)]
    Probe,
    #[command(hide = true)]
    MergeDriver(merge_driver::Args),
    #[command(hide = true)]
    Textconv { file: PathBuf },
    #[command(hide = true)]
    Diff { args: Vec<OsString> },
}

/// Answers what git asks for every version of a file, without building the whole command line first.
pub(crate) fn answer(argv: &[OsString]) -> Option<ExitCode> {
    let [_, git, command, rest @ ..] = argv else { return None };
    let global = Global { quiet: true, no_input: true, ..Global::default() };
    match (git.to_str()?, command.to_str()?, rest) {
        ("git", "probe", []) => drop(super::output::line(PROBE)),
        ("git", "textconv", [file]) => textconv::run(&global, Path::new(file)),
        ("git", "diff", [_, ..]) => diff::run(&global, rest),
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}

pub(crate) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Install(args) => install::install(global, &args)?,
        Command::Uninstall(args) => install::uninstall(global, &args)?,
        Command::Probe => super::output::line(PROBE)?,
        Command::Textconv { file } => textconv::run(global, &file),
        Command::Diff { args } => diff::run(global, &args),
        Command::MergeDriver(args) => return Ok(merge_driver::run(global, &args)),
    }
    Ok(ExitCode::SUCCESS)
}
