//! `vault import`

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap_complete::ArgValueCandidates;
use vault::exchange::{ImportFormat, import};
use vault::model::{KeyName, SetName};

use super::approve::Trust;
use super::change::{Begun, Pending};
use super::report::{self, Failure};
use super::set::{changes, named, read_all, summary};
use super::{Global, complete, open};

/// Take secrets from a file of another tool; makes the set if it is not there
///
/// New keys are added and changed ones updated; the others stay unless --replace is given.
/// Nothing is interpolated.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The file; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// What it is
    #[arg(long, value_parser = format_parser())]
    format: ImportFormat,
    /// Remove the keys that are not in the file
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let mut keyring = open::Keyring::load(global)?;
    let name = args.file.display().to_string();
    let text = if name == "-" {
        read_all(&mut io::stdin().lock(), "stdin")?
    } else {
        let file = File::open(&args.file);
        read_all(&mut file.map_err(|why| Failure::failed(format!("{name}: {why}")))?, &name)?
    };
    let values = import(args.format, &text)
        .map_err(|why| Failure::failed(format!("{name}: {why}")).hint("nothing was written"))?;
    if args.replace && values.is_empty() {
        return Err(Failure::failed(format!("{name}: there is no key in it"))
            .hint("`vault delete SET` deletes a set"));
    }
    let pending = Pending::open_or_new(global, &vault, &mut keyring, &args.set, &args.trust)?;
    let mut begun = Begun::begin(pending, global, &mut keyring)?;
    let opened = &mut begun.opened;
    let kept: BTreeSet<&KeyName> = values.iter().map(|(key, _)| key).collect();
    let gone: Vec<KeyName> = if args.replace {
        opened.entries().map(|(key, _)| key).filter(|key| !kept.contains(key)).cloned().collect()
    } else {
        Vec::new()
    };
    gone.iter().try_for_each(|key| opened.unset(key))?;
    let mut outcomes = Vec::with_capacity(values.len());
    for (key, value) in values {
        let outcome = opened.set(&key, value)?;
        outcomes.push((key, outcome));
    }
    let made = begun.finish(&mut keyring, changes(&outcomes) + gone.len())?;
    let removed = named("; removed", gone.iter()).unwrap_or_default();
    report::note(global, &format!("{}: {}{removed}{made}", args.set, summary(&outcomes)));
    Ok(())
}

fn format_parser() -> impl TypedValueParser<Value = ImportFormat> {
    PossibleValuesParser::new(ImportFormat::ALL.map(ImportFormat::as_str)).try_map(|text| {
        ImportFormat::ALL.into_iter().find(|f| f.as_str() == text).ok_or("unknown format")
    })
}
