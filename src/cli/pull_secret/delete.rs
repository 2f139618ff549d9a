//! `vault pull-secret delete`

use clap_complete::ArgValueCandidates;
use vault::model::{Kind, SetName};

use crate::cli::delete::{self, Options};
use crate::cli::report::Failure;
use crate::cli::{Global, complete};

/// Delete a pull secret
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pull secret
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    name: SetName,
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    delete::delete(global, Kind::Pull, &args.name, &args.options)
}
