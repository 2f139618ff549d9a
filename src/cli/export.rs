//! `vault export`

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::ArgValueCandidates;
use vault::exchange::{ExportFormat, export};
use vault::model::{KeyName, SecretSet, SetName, is_refused_env};

use super::report::{self, Failure};
use super::{Global, complete, expiry, open, output};

/// Print a whole set, in clear, for another tool
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// How to write it
    #[arg(long, value_parser = format_parser())]
    format: ExportFormat,
    /// Export a name that makes programs run code
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let sealed = vault.read::<SecretSet>(&args.set)?;
    let opened = open::Keyring::load(global)?.open(&vault, sealed)?;
    if becomes_environment(args.format) {
        refuse_names(args, opened.entries().map(|(key, _)| key))?;
    }
    let entries = opened.entries().map(|(key, entry)| (key, entry.value()));
    let made = export(args.format, &args.set, entries).map_err(|why| {
        Failure::failed(format!("{}: {why}", args.set)).hint("--format json holds every value")
    })?;
    expiry::warn(global, opened.entries().map(|(key, entry)| (&args.set, key, entry)));
    for caveat in &made.caveats {
        report::warn(global, &caveat.to_string());
    }
    output::document(&made.text)
}

/// Whether whoever reads the document sets variables from it without looking.
fn becomes_environment(format: ExportFormat) -> bool {
    match format {
        ExportFormat::Shell | ExportFormat::DockerEnv | ExportFormat::Github => true,
        ExportFormat::Dotenv | ExportFormat::Json | ExportFormat::K8s => false,
    }
}

fn refuse_names<'a>(args: &Args, keys: impl Iterator<Item = &'a KeyName>) -> Result<(), Failure> {
    let refused: Vec<_> = keys
        .map(KeyName::as_str)
        .filter(|key| is_refused_env(key) && !args.allow_env.iter().any(|name| name == key))
        .collect();
    let Some(first) = refused.first() else { return Ok(()) };
    Err(Failure::failed(format!(
        "{}: not exported as {}, because programs run code for such a name: {}",
        args.set,
        args.format,
        refused.join(", ")
    ))
    .hint(format!("`--allow-env {first}` exports it nonetheless")))
}

fn format_parser() -> impl TypedValueParser<Value = ExportFormat> {
    PossibleValuesParser::new(ExportFormat::ALL.map(ExportFormat::as_str)).try_map(|text| {
        ExportFormat::ALL.into_iter().find(|f| f.as_str() == text).ok_or("unknown format")
    })
}
