//! `vault rename`

use clap_complete::ArgValueCandidates;
use vault::envelope::EntryError;
use vault::model::{InvalidName, KeyName, Kind, SecretSet, SetName};
use vault::store::{StoreError, Vault};

use super::change::Pending;
use super::report::{self, Failure};
use super::{Global, complete, open};

/// Rename a set, or a key in a set
///
/// `vault rename SET NEW` or `vault rename SET KEY NEW`. NEW must not be there yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The set's new name; or the key and its new name
    #[arg(value_name = "[KEY] NEW", required = true, num_args = 1..=2, add = ArgValueCandidates::new(complete::keys))]
    names: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let invalid = |why: InvalidName| Failure::usage(why.to_string());
    match args.names.as_slice() {
        [key, new] => {
            let (key, new) = (key.parse().map_err(invalid)?, new.parse().map_err(invalid)?);
            rename_key(global, &vault, &args.set, &key, new)
        }
        [new] => rename_set(global, &vault, &args.set, new.parse().map_err(invalid)?),
        _ => Err(Failure::usage("give SET NEW, or SET KEY NEW")),
    }
}

fn rename_key(
    global: &Global,
    vault: &Vault,
    set: &SetName,
    key: &KeyName,
    new: KeyName,
) -> Result<(), Failure> {
    let mut keyring = open::Keyring::load(global)?;
    let pending = Pending::open(vault, &mut keyring, set)?;
    let (writer, mut opened) = pending.lock_existing(global, &mut keyring)?;
    if opened.get(key).is_none() {
        let keys = opened.entries().map(|(key, _)| key);
        return Err(Failure::from(EntryError::NotFound(key.clone())).in_set(set, keys));
    }
    let done = format!("{set}: {key} is now {new}");
    opened.rename_entry(key, new)?;
    writer.replace(&opened.seal()?)?;
    report::note(global, &done);
    Ok(())
}

fn rename_set(global: &Global, vault: &Vault, set: &SetName, new: SetName) -> Result<(), Failure> {
    if *set == new {
        return Err(Failure::usage("the new name is the old one"));
    }
    // Before anything is written: a manifest that does not parse must not make this fail half way.
    let named = super::delete::services_naming(vault, set)?;
    let mut keyring = open::Keyring::load(global)?;
    let pending = Pending::open(vault, &mut keyring, set)?;
    let (writer, opened) = pending.lock_existing(global, &mut keyring)?;
    match vault.try_read::<SecretSet>(&new)? {
        // A rename that was stopped half way: what is missing is done.
        Some(there) if there.id() == opened.id() => {
            if !keyring.open(vault, there)?.is_rename_of(&opened) {
                return Err(Failure::failed(format!("there is already a set {new}, and it differs from {set}"))
                    .hint(format!("compare them with `vault export`, and `vault delete` the one you do not want of {set} and {new}")));
            }
        }
        Some(_) => return Err(StoreError::Exists { kind: Kind::Set, name: new }.into()),
        None => writer.create(&opened.renamed(new.clone())?.seal()?)?,
    }
    writer.delete(Kind::Set, set).map_err(|why| {
        Failure::failed(format!("{new} is written, but {set} is still there: {why}"))
            .hint(format!("`vault rename {set} {new}` once more finishes it"))
    })?;
    report::note(global, &format!("{set} is now {new}"));
    if !named.is_empty() {
        report::warn(global, &format!("{set} is still named in {}", named.join(", ")));
    }
    Ok(())
}
