//! `vault recipient replace` and `vault recipient rename`

use clap_complete::ArgValueCandidates;
use vault::model::MemberName;
use vault::store::{Concerning, Team};

use super::super::approve::Trust;
use super::super::report::{self, Failure};
use super::super::rewrap::{Asked, Files, Named, Rewrap, Typed, keys_of};
use super::super::{Global, complete, open};
use super::keys;

/// Give someone another key; the old one reads nothing that is written from now on
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A person, or one device of a person
    #[arg(value_name = "NAME[/DEVICE]", add = ArgValueCandidates::new(complete::members))]
    name: MemberName,
    /// Their new public key
    #[arg(value_name = "KEY", required = true, num_args = 1..)]
    key: Vec<String>,
    #[command(flatten)]
    trust: Trust,
}

/// Give someone another name; their keys stay
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArgs {
    /// A person, or one device of a person
    #[arg(value_name = "NAME[/DEVICE]", add = ArgValueCandidates::new(complete::members))]
    name: MemberName,
    /// The new name, which must not be there yet
    #[arg(value_name = "NEW")]
    new: MemberName,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let key = keys::from_words(&args.key)?;
    let edit = |team: &mut Team| {
        let names = std::slice::from_ref(&args.name);
        let instead = |other: &MemberName, typed: Typed| match typed {
            Typed::Stands => format!("`vault recipient remove {other}` ends that"),
            Typed::IsGone => format!("`vault recipient replace {other} KEY` replaces it"),
        };
        let mut keys = keys_of(global, &vault, team, names, &instead)?;
        team.replace_member(&args.name, key.clone())?;
        keys.push(key.clone());
        let comes = Some((args.name.clone(), key.clone()));
        Ok(Asked { comes, ..asked(vec![args.name.clone()], keys) })
    };
    let rewrap = Rewrap::of_somebody(global, &vault, edit, &args.trust);
    let rewrap = Rewrap { given: Some(&args.name), ..rewrap };
    let (_, done) = rewrap.run(rewrap.plan()?)?;
    report::note(global, &format!("the key of {} is now {key}", args.name));
    let seen = "the old key still opens what git history holds; if it was lost, `vault exposed --devices` lists what it has seen";
    report::hint(global, seen);
    done.finish()
}

pub(crate) fn rename(global: &Global, args: &RenameArgs) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let edit = |team: &mut Team| {
        let records: Vec<_> = team.records_of(&args.name).into_iter().cloned().collect();
        let keys = records.iter().filter_map(|name| team.members().get(name).cloned()).collect();
        team.rename_member(&args.name, &args.new)?;
        Ok(asked(vec![args.name.clone(), args.new.clone()], keys))
    };
    let rewrap = Rewrap::of_somebody(global, &vault, edit, &args.trust);
    let (_, done) = rewrap.run(rewrap.plan()?)?;
    report::note(global, &format!("{} is now {}", args.name, args.new));
    done.finish()
}

fn asked(names: Vec<MemberName>, keys: Vec<vault::crypto::Recipient>) -> Asked {
    let concerning = Concerning::Only { names: names.clone(), keys };
    Asked {
        concerning,
        files: Files::All,
        named: Named::ByChange(names),
        ends: Vec::new(),
        grants: Vec::new(),
        comes: None,
    }
}
