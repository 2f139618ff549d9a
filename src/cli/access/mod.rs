//! `vault access`

mod matrix;

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use vault::model::{InvalidName, MemberName};
use vault::store::{Concerning, FilePattern, FileRef, InvalidPattern, Rotation, Team};

use super::approve::Trust;
use super::report::{self, Failure};
use super::rewrap::{Asked, Done, Files, Named, Rewrap};
use super::{Global, complete, open};

/// Show who reads what, or change it
///
/// Shows for each file who reads it, and where team.toml says otherwise. Needs no identity.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// Only this: a set, or pull/NAME
    #[arg(value_name = "FILE", value_parser = parse_file, add = ArgValueCandidates::new(complete::sets))]
    file: Option<FileRef>,
    /// One JSON document
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let groups, people or devices read what a pattern matches
    ///
    /// The first rule for a file ends that everyone reads it: only who is named may. A narrower
    /// rule begins with what the wider one says.
    Allow(Rule),
    /// End that groups, people or devices read what a pattern matches
    Deny(Rule),
}

#[derive(Debug, clap::Args)]
struct Rule {
    /// sets/NAME or pull/NAME, with `*` for any run of characters; without a folder, sets/
    #[arg(value_name = "PATTERN", value_parser = parse_pattern)]
    pattern: FilePattern,
    /// Groups, persons, or single devices
    #[arg(value_name = "WHO", required = true, add = ArgValueCandidates::new(complete::names))]
    who: Vec<MemberName>,
    #[command(flatten)]
    trust: Trust,
}

type Edit = fn(&mut Team, &FilePattern, &[MemberName]) -> Result<(), vault::store::TeamError>;

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    match &args.command {
        None => {
            let format = if args.json { matrix::Format::Json } else { matrix::Format::Table };
            matrix::show(global, args.file.as_ref(), format)
        }
        Some(Command::Allow(rule)) => change(global, rule, Team::allow),
        Some(Command::Deny(rule)) => change(global, rule, Team::deny),
    }
}

fn change(global: &Global, rule: &Rule, edit: Edit) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let Rule { pattern, who, trust } = rule;
    let change = |team: &mut Team| {
        edit(team, pattern, who)?;
        let named = who.iter().flat_map(|name| team.records_of(name)).cloned().collect();
        let named = Named::WithFiles(named);
        // Everyone's, since a first rule ends the access of whoever it does not name.
        let (concerning, files) = (Concerning::Everyone, Files::Matching(pattern.clone()));
        Ok(Asked { concerning, files, named, comes: None })
    };
    let (vault, trusted) = (&vault, trust.names());
    let rotation = Rotation::AsNeeded;
    let rewrap = Rewrap { global, vault, edit: change, rotation, trusted, given: None };
    let planned = rewrap.plan()?;
    let nothing = planned.is_nothing();
    let (planned, done) = if nothing {
        (planned, None)
    } else {
        let (planned, done) = rewrap.run(planned)?;
        (planned, Some(done))
    };
    let readers = match planned.team.rules().get(pattern) {
        Some(read) => read.iter().map(MemberName::as_str).collect::<Vec<_>>().join(", "),
        None => "who could before".to_owned(),
    };
    let now = if nothing { "as before" } else { "now" };
    report::note(global, &format!("{pattern}: {now} for {readers}"));
    done.map_or(Ok(()), Done::finish)
}

fn parse_file(text: &str) -> Result<FileRef, InvalidName> {
    text.parse()
}

fn parse_pattern(text: &str) -> Result<FilePattern, InvalidPattern> {
    if text.contains('/') { text.parse() } else { format!("sets/{text}").parse() }
}
