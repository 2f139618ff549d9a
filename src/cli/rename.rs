//! `vault rename`

use clap_complete::ArgValueCandidates;
use vault::envelope::EntryError;
use vault::model::{InvalidName, KeyName, Kind, SecretSet, SetName};
use vault::store::{Plan, StoreError, Vault, Writer};

use super::change::{Pending, waiting};
use super::report::{self, Failure};
use super::rewrap::Outsiders;
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
        [new] => rename_set(global, &vault, &args.set, &new.parse().map_err(invalid)?),
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
    keyring.memory().replace(&writer, opened)?;
    report::note(global, &done);
    Ok(())
}

fn rename_set(global: &Global, vault: &Vault, set: &SetName, new: &SetName) -> Result<(), Failure> {
    if set == new {
        return Err(Failure::usage("the new name is the old one"));
    }
    // Before anything is written: a manifest that does not parse must not make this fail half way.
    let named = super::delete::services_naming(vault, Kind::Set, set)?;
    let mut keyring = open::Keyring::load(global)?;
    let writer = match finish_begun(global, vault, &mut keyring, set, new)? {
        Some(writer) => writer,
        None => begin(global, vault, &mut keyring, set, new)?,
    };
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

/// Writes the set under its new name.
fn begin<'v>(
    global: &Global,
    vault: &'v Vault,
    keyring: &mut open::Keyring,
    set: &SetName,
    new: &SetName,
) -> Result<Writer<'v>, Failure> {
    let pending = Pending::open(vault, keyring, set)?;
    let (writer, mut opened) = pending.lock_existing(global, keyring)?;
    if vault.try_read::<SecretSet>(new)?.is_some() {
        return Err(StoreError::Exists { kind: Kind::Set, name: new.clone() }.into());
    }
    keyring.link_to_commit(vault, &mut opened);
    let mut renamed = opened.renamed(new.clone())?;
    let dropped =
        Outsiders::drop_from((vault, keyring), &vault.read(set)?, &mut renamed, Plan::outsiders)?;
    keyring.memory().create(&writer, renamed)?;
    dropped.tell(global);
    Ok(writer)
}

/// If a rename was stopped half way, both are there and nothing has changed since: what is missing
/// is done. The older of the two is no longer the file this machine knows; it is only compared.
fn finish_begun<'v>(
    global: &Global,
    vault: &'v Vault,
    keyring: &mut open::Keyring,
    set: &SetName,
    new: &SetName,
) -> Result<Option<Writer<'v>>, Failure> {
    let both = || -> Result<_, Failure> {
        let old = vault.try_read::<SecretSet>(set)?;
        let there = vault.try_read::<SecretSet>(new)?;
        Ok(old.zip(there).filter(|(old, there)| old.id() == there.id()))
    };
    if both()?.is_none() {
        return Ok(None);
    }
    let writer = vault.lock(|| waiting(global))?;
    let Some((old, there)) = both()? else { return Ok(None) };
    // Half of a rename that began elsewhere, with another file, is none of ours.
    let other = keyring.memory().is_other(vault, &old)?;
    let old = if other { keyring.open(vault, old)? } else { keyring.unlock(vault, old)? };
    if !keyring.unlock(vault, there.clone())?.is_rename_of(&old) {
        return Err(Failure::failed(format!("there is already a set {new}, and it differs from {set}"))
            .hint(format!("compare them with `vault export`, and `vault delete` the one you do not want of {set} and {new}")));
    }
    keyring.open(vault, there)?;
    Ok(Some(writer))
}
