//! `vault get`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap_complete::ArgValueCandidates;
use serde_json::json;
use vault::envelope::EntryError;
use vault::model::{KeyName, SecretSet, SetName};

use super::report::Failure;
use super::{Global, complete, expiry, open, output};

/// Print the exact bytes of a secret
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The key
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(complete::keys))]
    key: KeyName,
    /// One JSON document, with the value in it
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let sealed = vault.read::<SecretSet>(&args.set)?;
    let not_found = || {
        Failure::from(EntryError::NotFound(args.key.clone()))
            .in_set(&args.set, sealed.entries().keys())
    };
    if !sealed.entries().contains_key(&args.key) {
        return Err(not_found());
    }
    let opened = open::Keyring::load(global)?.open(&vault, sealed.clone())?;
    let entry = opened.get(&args.key).ok_or_else(not_found)?;
    expiry::warn(global, [(&args.set, &args.key, entry)]);
    let value = entry.value().expose();
    let text = std::str::from_utf8(value);
    if args.json {
        // As `export --format json` writes it.
        let value = text.map_or_else(|_| json!({"base64": STANDARD.encode(value)}), |t| json!(t));
        return output::json(
            &json!({"set": args.set.as_str(), "key": args.key.as_str(), "value": value}),
        );
    }
    match text {
        _ if !output::is_terminal() => output::bytes(value),
        // A person reads along: escape what would act on the terminal, and end the line.
        Ok(text) => output::lines(text),
        Err(_) => output::escaped(value),
    }
}
