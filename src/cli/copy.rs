//! `vault copy`

use clap_complete::ArgValueCandidates;
use vault::model::{Kind, SecretSet, SetName};
use vault::store::StoreError;

use super::approve::{Trust, readers_of_new};
use super::change::{Pending, readers_note};
use super::report::{self, Failure};
use super::{Global, complete, open};

/// Copy a set under a new name, for whoever the team's rules let read that
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The copy's name, which must not be there yet
    #[arg(value_name = "NEW")]
    new: SetName,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let mut keyring = open::Keyring::load(global)?;
    let pending = Pending::open(&vault, &mut keyring, &args.set)?;
    let readers = readers_of_new(global, &vault, Kind::Set, &args.new, &args.trust)?;
    let (writer, opened) = pending.lock_existing(global, &mut keyring)?;
    if vault.try_read::<SecretSet>(&args.new)?.is_some() {
        return Err(StoreError::Exists { kind: Kind::Set, name: args.new }.into());
    }
    let copy = opened.copied(args.new.clone(), readers)?;
    let done = format!("{} is a copy of {}, {}", args.new, args.set, readers_note(&copy));
    keyring.memory().create(&writer, copy)?;
    report::note(global, &done);
    Ok(())
}
