//! `vault unset`

use clap_complete::ArgValueCandidates;
use vault::envelope::EntryError;
use vault::model::{KeyName, SetName};

use super::change::Pending;
use super::report::{self, Failure};
use super::{Global, complete, open};

/// Remove keys from a set
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The keys; if one is not there, nothing changes
    #[arg(value_name = "KEY", required = true, add = ArgValueCandidates::new(complete::keys))]
    keys: Vec<KeyName>,
    /// Leave keys that are not there alone
    #[arg(long)]
    ignore_missing: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let mut keyring = open::Keyring::load(global)?;
    let pending = Pending::open(&vault, &mut keyring, &args.set)?;
    let (writer, mut opened) = pending.lock_existing(global, &mut keyring)?;
    let (mut keys, missing): (Vec<_>, Vec<_>) =
        args.keys.iter().partition(|key| opened.get(key).is_some());
    if let Some(missing) = missing.first().filter(|_| !args.ignore_missing) {
        let keys = opened.entries().map(|(key, _)| key);
        return Err(Failure::from(EntryError::NotFound((*missing).clone())).in_set(&args.set, keys));
    }
    keys.sort();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    keys.iter().try_for_each(|key| opened.unset(key))?;
    keyring.memory().replace(&writer, opened)?;
    let names: Vec<_> = keys.iter().map(|key| key.as_str()).collect();
    report::note(global, &format!("{}: removed {}", args.set, names.join(", ")));
    Ok(())
}
