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
use vault::model::{Kind, SetName};
use vault::store::StoreError;

use super::report::Failure;
use super::{Global, open};

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

/// Of `vault get NAME` and `vault set NAME`, which lack a key, where NAME is a pull secret's: that it
/// is one. `None` for everything else.
pub(crate) fn taken_for_a_set(argv: &[OsString]) -> Option<Failure> {
    let [.., command, name] = argv else { return None };
    let name: SetName = name.to_str()?.parse().ok()?;
    if command != "get" && command != "set" {
        return None;
    }
    let missing = open::find_vault(&Global::default()).ok()?.missing(Kind::Set, &name);
    matches!(missing, StoreError::OtherKind { .. }).then(|| Failure::from(missing))
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
