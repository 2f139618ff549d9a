//! `vault rekey`

use clap_complete::ArgValueCandidates;
use vault::model::InvalidName;
use vault::store::{Concerning, FileRef, Rotation, Team};

use super::report::{self, Failure};
use super::rewrap::{Asked, Consent, Files, Named, Rewrap, in_words};
use super::{Global, complete, open, output};

/// Bring every file to what team.toml says, or these
///
/// Who may read and does not yet is added; who may no longer read is removed, and that file gets a
/// new data key. Whatever stopped another command half way, this finishes it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these: a set, or pull/NAME
    #[arg(value_name = "SET", value_parser = parse_file, add = ArgValueCandidates::new(complete::sets))]
    files: Vec<FileRef>,
    /// A new data key for every file
    #[arg(long)]
    rotate: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let known = vault.files()?;
    if let Some(FileRef { kind, name }) = args.files.iter().find(|file| !known.contains(file)) {
        let typed = |other: &str| format!("`vault rekey {other}` means that one");
        return Err(Failure::from(vault.missing(*kind, name)).or_other_kind(typed));
    }
    let edit = |_: &mut Team| {
        let files =
            if args.files.is_empty() { Files::All } else { Files::These(args.files.clone()) };
        let (concerning, named) = (Concerning::Everyone, Named::ByChange(Vec::new()));
        Ok(Asked { concerning, files, named, ends: Vec::new(), grants: Vec::new(), comes: None })
    };
    let rotation = if args.rotate { Rotation::Always } else { Rotation::AsNeeded };
    let (vault, trust) = (&vault, &args.consent.trust);
    let own_access = args.consent.own_access();
    let rewrap = Rewrap { global, vault, edit, rotation, trust, given: None, own_access };
    let planned = rewrap.plan()?;
    if args.dry_run {
        for (file, plan) in &planned.plans {
            output::line(&format!("{file}: {}", in_words(plan)))?;
        }
    }
    if planned.is_nothing() {
        report::note(global, "every file is as team.toml says");
        return Ok(());
    }
    if args.dry_run {
        return planned.finish_dry(global);
    }
    let (_, done) = rewrap.run(planned)?;
    done.finish()
}

fn parse_file(text: &str) -> Result<FileRef, InvalidName> {
    text.parse()
}
