//! `vault pull-secret show`

use clap_complete::ArgValueCandidates;
use vault::model::{PullSecret, SetName};

use super::list::{about, expires, note, readers};
use crate::cli::report::Failure;
use crate::cli::{Global, complete, open, output};

/// Show what is plain about a pull secret; needs no identity
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pull secret
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    name: SetName,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let pull = vault.read::<PullSecret>(&args.name)?;
    if args.json {
        return output::json(&about(&pull));
    }
    let content = pull.content();
    let lines = [
        ("kind", Some(content.registry.to_string())),
        ("server", Some(content.server.to_string())),
        ("note", note(&pull).map(ToString::to_string)),
        ("expires", expires(&pull).map(|day| day.to_string())),
        ("epoch", Some(pull.epoch().to_string())),
        ("readers", Some(readers(&pull).join(", "))),
    ];
    let known = lines.into_iter().filter_map(|(title, text)| Some((title, text?)));
    known.into_iter().try_for_each(|(title, text)| output::line(&format!("{title:8} {text}")))
}
