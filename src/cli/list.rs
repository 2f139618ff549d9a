//! `vault list`

use clap_complete::ArgValueCandidates;
use serde_json::{Value, json};
use vault::envelope::Sealed;
use vault::model::{MemberName, SecretSet, SetName};

use super::report::Failure;
use super::{Global, complete, open, output};

/// List the sets, or the keys of a set; needs no identity
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A set whose keys to list
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: Option<SetName>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    if let Some(name) = &args.set {
        let sealed = vault.read::<SecretSet>(name)?;
        return if args.json { output::json(&keys_json(&sealed)) } else { keys(&sealed) };
    }
    let names = vault.sets()?;
    if !args.json && !output::is_terminal() {
        return names.iter().try_for_each(|name| output::line(name.as_str()));
    }
    let sets = names.iter().map(|name| vault.read(name)).collect::<Result<Vec<Sealed<_>>, _>>()?;
    if args.json {
        let sets: Vec<Value> = sets.iter().map(set_json).collect();
        return output::json(&json!({"sets": sets}));
    }
    let row = |set: &Sealed<SecretSet>| {
        [set.name().to_string(), set.entries().len().to_string(), readers(set).join(", ")]
    };
    output::table(["SET", "KEYS", "READERS"], &sets.iter().map(row).collect::<Vec<_>>())
}

fn keys(sealed: &Sealed<SecretSet>) -> Result<(), Failure> {
    if !output::is_terminal() {
        let names: String = sealed.entries().keys().flat_map(|key| [key.as_str(), "\n"]).collect();
        return output::bytes(names.as_bytes());
    }
    let rows = sealed.entries().iter().map(|(key, entry)| {
        let expires = entry.expires.map(|day| day.to_string()).unwrap_or_default();
        let note = entry.note.as_ref().map(ToString::to_string).unwrap_or_default();
        [key.to_string(), entry.rev.to_string(), expires, note]
    });
    output::table(["KEY", "REV", "EXPIRES", "NOTE"], &rows.collect::<Vec<_>>())
}

fn set_json(set: &Sealed<SecretSet>) -> Value {
    json!({"name": set.name().as_str(), "keys": set.entries().len(), "recipients": readers(set)})
}

fn keys_json(set: &Sealed<SecretSet>) -> Value {
    let keys = set.entries().iter().map(|(key, entry)| {
        json!({
            "name": key.as_str(),
            "note": entry.note.as_ref().map(vault::model::Note::as_str),
            "expires": entry.expires.map(|day| day.to_string()),
            "since": entry.since,
            "rev": entry.rev,
        })
    });
    json!({
        "set": set.name().as_str(),
        "epoch": set.epoch(),
        "keys": keys.collect::<Vec<_>>(),
        "recipients": readers(set),
    })
}

fn readers(set: &Sealed<SecretSet>) -> Vec<&str> {
    set.recipients().keys().map(MemberName::as_str).collect()
}
