//! `vault group`

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use vault::model::MemberName;
use vault::store::{Concerning, Grant, Rotation, Team};

use super::report::{self, Failure};
use super::rewrap::{Asked, Consent, Files, Named, Rewrap, Typed, keys_of};
use super::{Global, complete, open};

/// Put people into groups, or take them out
///
/// Rules in team.toml can name a group instead of people. What its members may read changes at
/// once: files are encrypted for those who come, and get a new data key where someone goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put people or devices into a group, which is made if it is not there
    Add(Membership),
    /// Take people or devices out of a group
    #[command(visible_alias = "rm")]
    Remove(Membership),
}

#[derive(Debug, clap::Args)]
struct Membership {
    /// The group
    #[arg(value_name = "GROUP", add = ArgValueCandidates::new(complete::groups))]
    group: MemberName,
    /// Persons, or single devices
    #[arg(value_name = "WHO", required = true, add = ArgValueCandidates::new(complete::members))]
    who: Vec<MemberName>,
    #[command(flatten)]
    consent: Consent,
}

type Edit = fn(&mut Team, &MemberName, &[MemberName]) -> Result<(), vault::store::TeamError>;

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let (Membership { group, who, consent }, edit): (_, Edit) = match &args.command {
        Command::Add(membership) => (membership, Team::add_to_group),
        Command::Remove(membership) => (membership, Team::remove_from_group),
    };
    let is_removal = matches!(args.command, Command::Remove(_));
    let vault = open::find_vault(global)?;
    let (vault, trust) = (&vault, &consent.trust);
    let change = |team: &mut Team| {
        let instead = |other: &MemberName, typed: Typed| match typed {
            Typed::Stands => format!("`vault recipient remove {other}` ends that"),
            Typed::IsGone => format!("`vault group remove {group} {other}` names them"),
        };
        let (keys, ends, grants) = if is_removal {
            (keys_of(global, vault, team, who, &instead)?, who.clone(), Vec::new())
        } else {
            (Vec::new(), Vec::new(), vec![Grant::Group(group.clone(), who.clone())])
        };
        edit(team, group, who)?;
        Ok(Asked {
            concerning: Concerning::Only { names: who.clone(), keys },
            files: Files::All,
            // What it gives is what rules say that nobody typed here.
            named: Named::ByChange(Vec::new()),
            ends,
            grants,
            comes: None,
        })
    };
    let rotation = Rotation::AsNeeded;
    let own_access = consent.own_access();
    let rewrap = Rewrap { global, vault, edit: change, rotation, trust, given: None, own_access };
    let planned = rewrap.plan()?;
    if planned.is_nothing() {
        rewrap.learn(&planned);
        report::note(global, &format!("{group} stays as it is"));
        return Ok(());
    }
    let (planned, done) = rewrap.run(planned)?;
    let now = match planned.team.groups().get(group) {
        Some(members) => {
            let names: Vec<_> = members.iter().map(MemberName::as_str).collect();
            format!(
                "{group} is now {}",
                if names.is_empty() { "empty".into() } else { names.join(", ") }
            )
        }
        None => format!("{group} is no more: nobody is in it and no rule names it"),
    };
    report::note(global, &now);
    done.finish()
}
