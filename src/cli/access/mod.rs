//! `vault access`

mod matrix;

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use vault::model::{InvalidName, MemberName};
use vault::store::{
    Concerning, FilePattern, FileRef, Grant, InvalidPattern, Rotation, Team, TeamError,
};

use super::report::{self, Failure};
use super::rewrap::{Asked, Consent, Done, Files, Named, Planned, Rewrap, Typed, keys_of};
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
    /// One JSON document: who reads each file, and under "pending" what `vault rekey` would change
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
    ///
    /// Of the last one whom the rule for files that are not there yet names, it ends the rule.
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
    consent: Consent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Allow,
    Deny,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    match &args.command {
        None => {
            let format = if args.json { matrix::Format::Json } else { matrix::Format::Table };
            matrix::show(global, args.file.as_ref(), format)
        }
        Some(Command::Allow(rule)) => change(global, rule, Direction::Allow),
        Some(Command::Deny(rule)) => change(global, rule, Direction::Deny),
    }
}

fn change(global: &Global, rule: &Rule, direction: Direction) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let Rule { pattern, who, consent } = rule;
    let known = vault.files()?;
    let is_for_nothing = !known.iter().any(|file| pattern.matches(file));
    let change = |team: &mut Team| {
        // Not whoever a group stands for: somebody else may have put them there.
        let (given, ends, grants) = match direction {
            Direction::Allow => {
                let grant = Grant::Rule(pattern.clone(), who.clone());
                (who.clone(), Vec::new(), vec![grant])
            }
            Direction::Deny => {
                let records = who.iter().flat_map(|name| team.records_of(name)).chain(who);
                let records: Vec<_> = records.cloned().collect();
                let instead = |other: &MemberName, typed: Typed| match typed {
                    Typed::Stands => format!("`vault recipient remove {other}` ends that"),
                    Typed::IsGone => format!("`vault access deny {pattern} {other}` names them"),
                };
                keys_of(global, &vault, team, &records, &instead)?;
                (Vec::new(), who.clone(), Vec::new())
            }
        };
        let edit = match direction {
            Direction::Allow => Team::allow,
            Direction::Deny => Team::deny,
        };
        match edit(team, pattern, who) {
            // Of a rule that decides about nothing yet, this is the way back.
            Err(TeamError::Nobody(_)) if is_for_nothing && team.rules().contains_key(pattern) => {
                team.forget_rule(pattern)?;
            }
            other => other?,
        }
        let named = Named::WithFiles(given);
        // Everyone's, since a first rule ends the access of whoever it does not name.
        let (concerning, files) = (Concerning::Everyone, Files::Matching(pattern.clone()));
        Ok(Asked { concerning, files, named, ends, grants, comes: None })
    };
    let (vault, trust) = (&vault, &consent.trust);
    let rotation = Rotation::AsNeeded;
    let own_access = consent.own_access();
    let rewrap = Rewrap { global, vault, edit: change, rotation, trust, given: None, own_access };
    let planned = rewrap.plan()?;
    let nothing = planned.is_nothing();
    let (planned, done) = if nothing {
        rewrap.learn(&planned);
        (planned, None)
    } else {
        let (planned, done) = rewrap.run(planned)?;
        (planned, Some(done))
    };
    report::note(global, &outcome(&planned, pattern));
    done.map_or(Ok(()), Done::finish)
}

/// Whom the files that a pattern matches are for.
fn outcome(planned: &Planned, pattern: &FilePattern) -> String {
    let Planned { before, team, .. } = planned;
    let now = if before == team { "as before" } else { "now" };
    let listed =
        |read: &[MemberName]| read.iter().map(MemberName::as_str).collect::<Vec<_>>().join(", ");
    match (team.rules().get(pattern), team.rule_of_all(pattern)) {
        (Some(read), _) => format!("{pattern}: {now} for {}", listed(read)),
        (None, Ok(Some((wider, read)))) => {
            format!("{pattern}: no rule of its own; {wider} is for {}", listed(read))
        }
        (None, Ok(None)) => format!("{pattern}: no rule, so {now} for everyone"),
        (None, Err(_)) => format!("{pattern}: no rule of its own"),
    }
}

fn parse_file(text: &str) -> Result<FileRef, InvalidName> {
    text.parse()
}

fn parse_pattern(text: &str) -> Result<FilePattern, InvalidPattern> {
    if text.contains('/') { text.parse() } else { format!("sets/{text}").parse() }
}
