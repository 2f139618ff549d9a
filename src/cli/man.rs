//! `vault man`

use std::path::{Path, PathBuf};

use clap::ValueHint;
use vault::store::atomic::{self, Access};

use super::report::Failure;

/// Write the manual pages into a directory
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to; vault.1, vault-set.1 and so on
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    atomic::create_folder(&args.dir, Access::Shared)?;
    // `vault help` shows these pages' text and has none of its own.
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    write_page(&args.dir, "vault", &command)
}

/// The page of a command, and those of its subcommands.
fn write_page(dir: &Path, name: &str, command: &clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .map_err(|why| Failure::failed(format!("cannot make the page of {name}: {why}")))?;
    atomic::write(&dir.join(format!("{name}.1")), &text, Access::Shared)?;
    command
        .get_subcommands()
        .try_for_each(|sub| write_page(dir, &format!("{name}-{}", sub.get_name()), sub))
}
