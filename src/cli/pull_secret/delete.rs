//! `vault pull-secret delete`

use clap_complete::ArgValueCandidates;
use vault::model::{Kind, SetName};
use vault::store::{StoreError, selection};

use crate::cli::change::waiting;
use crate::cli::report::{self, Failure};
use crate::cli::{Global, complete, delete, open};

/// Delete a pull secret
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pull secret
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    name: SetName,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Even if a service names it
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let (kind, name) = (Kind::Pull, args.name.clone());
    let known = vault.pull_secrets()?;
    if !known.contains(&name) {
        return Err(StoreError::NotFound { kind, name, known }.into());
    }
    let manifests = selection(vault.root())?;
    let named = manifests.iter().filter(|m| m.pull_secrets.contains(&name)).map(|m| m.file);
    if !args.force {
        delete::refuse_named(&name, &named.collect::<Vec<_>>())?;
    }
    if !args.yes {
        delete::confirm(global, &name, &format!("delete {name} with its credentials?"))?;
    }
    vault.lock(|| waiting(global))?.delete(kind, &name)?;
    report::note(global, &format!("deleted {name}; git history still has it, encrypted"));
    Ok(())
}
