//! `vault delete`

use clap_complete::ArgValueCandidates;
use vault::model::{Kind, SetName};
use vault::store::{Manifest, Vault, selection};

use super::change::waiting;
use super::report::{self, Failure};
use super::{Global, complete, open, term};

/// Delete a set
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    #[command(flatten)]
    options: Options,
}

/// How anything is deleted.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Even if a service names it
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    delete(global, Kind::Set, &args.set, &args.options)
}

/// Deletes a file of either kind, unless a service needs it or a person says no.
pub(crate) fn delete(
    global: &Global,
    kind: Kind,
    name: &SetName,
    options: &Options,
) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    // Refuses what is no file, too.
    if !vault.names(kind)?.contains(name) {
        let typed = |_: &str| match kind {
            Kind::Set => format!("`vault pull-secret delete {name}` deletes that one"),
            Kind::Pull => format!("`vault delete {name}` deletes that one"),
        };
        return Err(Failure::from(vault.missing(kind, name)).or_other_kind(typed));
    }
    let named = services_naming(&vault, kind, name)?;
    if !(options.force || named.is_empty()) {
        return Err(Failure::failed(format!("{name} is named in {}", named.join(", ")))
            .hint("take it out there first, or delete it with --force"));
    }
    let what = match kind {
        Kind::Set => "all its values",
        Kind::Pull => "its credentials",
    };
    if !options.yes {
        if !term::can_ask(global) {
            let why = format!("deleting {name} must be confirmed");
            return Err(Failure::usage(why).hint("confirm with -y"));
        }
        if !term::confirm(&format!("delete {name} with {what}?"))? {
            return Err(Failure::failed("nothing was deleted"));
        }
    }
    vault.lock(|| waiting(global))?.delete(kind, name)?;
    report::note(global, &format!("deleted {name}; git history still has it, encrypted"));
    Ok(())
}

/// The manifests that name a file.
pub(crate) fn services_naming(
    vault: &Vault,
    kind: Kind,
    name: &SetName,
) -> Result<Vec<&'static str>, Failure> {
    let manifests = selection(vault.root())?;
    let names = |manifest: &Manifest| match kind {
        Kind::Set => manifest.sets.contains(name),
        Kind::Pull => manifest.pull_secrets.contains(name),
    };
    Ok(manifests.iter().filter(|manifest| names(manifest)).map(|m| m.file).collect())
}
