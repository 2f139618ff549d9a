//! `vault recipient`

mod add;
mod keys;
mod list;
mod remain;
mod remove;
mod replace;

use clap::Subcommand;

use super::Global;
use super::report::Failure;

/// Add, remove or list the people and devices that can read
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Args),
    #[command(visible_alias = "rm")]
    Remove(remove::Args),
    Replace(replace::Args),
    #[command(visible_alias = "mv")]
    Rename(replace::RenameArgs),
    #[command(visible_alias = "ls")]
    List(list::Args),
}

pub(crate) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Add(args) => add::run(global, &args),
        Command::Remove(args) => remove::run(global, &args),
        Command::Replace(args) => replace::run(global, &args),
        Command::Rename(args) => replace::rename(global, &args),
        Command::List(args) => list::run(global, &args),
    }
}
