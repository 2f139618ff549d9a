//! `vault recipient remove`

use clap_complete::ArgValueCandidates;
use vault::model::MemberName;
use vault::store::{Concerning, Team, TeamError, Vault};

use super::super::approve::Trust;
use super::super::report::{self, Failure};
use super::super::rewrap::{Asked, Files, Named, Rewrap, Typed, keys_of};
use super::super::{Global, complete, exposed, open};
use super::remain;

/// End someone's access, with all their devices, or that of one device
///
/// Every file they could read gets a new data key. Says who remains, and which values they have
/// seen that must be changed where they are used.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A person, or one device of a person
    #[arg(value_name = "NAME[/DEVICE]", add = ArgValueCandidates::new(complete::members))]
    name: MemberName,
    /// Remove this one too, say because their key needs a plugin that is not here
    #[arg(long = "drop", value_name = "OTHER", add = ArgValueCandidates::new(complete::members))]
    others: Vec<MemberName>,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let names: Vec<_> = std::iter::once(&args.name).chain(&args.others).cloned().collect();
    let edit = |team: &mut Team| edit(global, &vault, team, &names);
    let rewrap = Rewrap::of_somebody(global, &vault, edit, &args.trust);
    let (planned, done) = rewrap.run(rewrap.plan()?)?;
    let listed = names.iter().map(MemberName::as_str).collect::<Vec<_>>().join(", ");
    report::note(global, &format!("{listed}: no longer in the team"));
    remain::tell(global, &vault, &planned.team);
    for name in &names {
        exposed::tell(global, &vault, name, &planned.before);
    }
    done.finish()
}

fn edit(
    global: &Global,
    vault: &Vault,
    team: &mut Team,
    names: &[MemberName],
) -> Result<Asked, Failure> {
    let instead = |other: &MemberName, typed: Typed| {
        if typed == Typed::IsGone {
            return format!("`vault recipient remove {other}` ends that");
        }
        let drops = names.iter().skip(1).chain([other]).map(|name| format!(" --drop {name}"));
        let (first, drops) = (names.first().unwrap_or(other), drops.collect::<String>());
        format!("`vault recipient remove {first}{drops}` removes both")
    };
    let keys = keys_of(global, vault, team, names, &instead)?;
    for name in names {
        match team.remove_member(name) {
            // Already out of the team, but files are behind: this finishes it.
            Err(TeamError::NoMember { .. }) if reads_something(vault, name)? => {}
            other => other?,
        }
    }
    let concerning = Concerning::Only { names: names.to_vec(), keys };
    Ok(Asked {
        concerning,
        files: Files::All,
        named: Named::ByChange(Vec::new()),
        ends: names.to_vec(),
        grants: Vec::new(),
        comes: None,
    })
}

fn reads_something(vault: &Vault, name: &MemberName) -> Result<bool, Failure> {
    for file in vault.files()? {
        // A file that cannot be read is told of when it is to be written.
        let readers =
            vault.read_any(&file).map(|sealed| sealed.recipients().keys().any(|r| r.is_of(name)));
        if readers.unwrap_or(false) {
            return Ok(true);
        }
    }
    Ok(false)
}
