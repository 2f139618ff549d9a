//! `vault delete`

use clap_complete::ArgValueCandidates;
use vault::model::{Kind, SetName};
use vault::store::{StoreError, Vault, selection};

use super::change::waiting;
use super::report::{self, Failure};
use super::{Global, complete, open, term};

/// Delete a set
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Even if a service names it
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    // Says which there are if this is none, and refuses what is no file.
    let known = vault.sets()?;
    if !known.contains(&args.set) {
        return Err(StoreError::NotFound { kind: Kind::Set, name: args.set.clone(), known }.into());
    }
    let named = services_naming(&vault, &args.set)?;
    if !args.force {
        refuse_named(&args.set, &named)?;
    }
    if !args.yes {
        confirm(global, &args.set, &format!("delete {} with all its values?", args.set))?;
    }
    vault.lock(|| waiting(global))?.delete(Kind::Set, &args.set)?;
    report::note(global, &format!("deleted {}; git history still has it, encrypted", args.set));
    Ok(())
}

/// Fails for what a service needs.
pub(crate) fn refuse_named(name: &SetName, files: &[&str]) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("{name} is named in {}", files.join(", ")))
        .hint("take it out there first, or delete it with --force"))
}

/// Fails unless a person says yes.
pub(crate) fn confirm(global: &Global, name: &SetName, question: &str) -> Result<(), Failure> {
    if !term::can_ask(global) {
        return Err(
            Failure::usage(format!("deleting {name} must be confirmed")).hint("confirm with -y")
        );
    }
    if term::confirm(question)? { Ok(()) } else { Err(Failure::failed("nothing was deleted")) }
}

/// The manifests that name a set.
pub(crate) fn services_naming(vault: &Vault, set: &SetName) -> Result<Vec<&'static str>, Failure> {
    let manifests = selection(vault.root())?;
    Ok(manifests.iter().filter(|m| m.sets.contains(set)).map(|m| m.file).collect())
}
