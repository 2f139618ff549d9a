//! `vault copy`

use clap_complete::ArgValueCandidates;
use vault::crypto::Recipient;
use vault::envelope::{MembershipError, Opened};
use vault::model::{Kind, SecretSet, SetName};
use vault::store::{FileRef, StoreError};

use super::approve::{Making, Trust, readers_of_new};
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
    // Nobody is asked about the copy of a set that is not there.
    vault.read::<SecretSet>(&args.set)?;
    let pending = Pending::open(&vault, &mut keyring, &args.set)?;
    // Who reads the values already, may read them in another place.
    let known = pending.opened().map_or_else(Vec::new, keys_of);
    let place = (global, &vault, &keyring);
    let making = Making::Copy(&known);
    let file = FileRef::of::<SecretSet>(&args.new);
    let readers = readers_of_new(place, &file, making, &args.trust)?;
    let (writer, opened) = pending.lock_existing(global, &mut keyring)?;
    let readers = readers.claim(&writer)?;
    if vault.try_read::<SecretSet>(&args.new)?.is_some() {
        return Err(StoreError::Exists { kind: Kind::Set, name: args.new }.into());
    }
    // Asked about was what those read who read it then.
    if keys_of(&opened) != known {
        return Err(Failure::failed(format!("someone changed who may read {}", args.set))
            .hint("nothing was written; run the command again"));
    }
    let stays = |to: &Recipient| readers.iter().any(|(_, reader)| reader == to);
    let leaving = opened.recipients().filter(|(_, to)| !stays(to));
    let leaving: Vec<_> = leaving.map(|(name, to)| (name.clone(), to.clone())).collect();
    let until = opened.epoch();
    let copy = opened.copied(args.new.clone(), readers, args.trust.names()).map_err(explain)?;
    let (id, done) =
        (copy.id(), format!("{} is a copy of {}, {}", args.new, args.set, readers_note(&copy)));
    // Read before anything is written: what fails then is not denied.
    let team = vault.team()?;
    keyring.memory().create(&writer, copy)?;
    keyring.memory().let_go(&vault, &team, &leaving, (id, until))?;
    report::note(global, &done);
    Ok(())
}

fn keys_of(opened: &Opened<SecretSet>) -> Vec<Recipient> {
    opened.recipients().map(|(_, to)| to.clone()).collect()
}

fn explain(why: MembershipError) -> Failure {
    match &why {
        MembershipError::Departed(name) => {
            let hint = format!("if the new key is theirs, say so with --trust {name}");
            Failure::usage(why.to_string()).hint(hint)
        }
        _ => why.into(),
    }
}
