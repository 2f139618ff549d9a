//! `vault trust`

mod find;
mod show;

use clap_complete::ArgValueCandidates;
use vault::model::{PullSecret, SecretSet};
use vault::store::{Pins, Vault};

use super::approve::{Question, describe};
use super::report::{self, Failure};
use super::{Global, complete, open, pins, term};
use find::{Doubtful, Item};

/// Say that what this machine doubts is right: a file, a member's key, the vault itself
///
/// vault remembers what it has seen of a work tree. A file that was exchanged or has an older data
/// key than it had, a member's key that is new or another, and a vault whose id was changed, are
/// refused until this command has shown who committed them, and you have said yes. So is a file
/// that a rule which is new here would let somebody read. Without a name: everything that is not
/// trusted, one after the other.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A set, a pull secret, a member, or .secrets/team.toml for the vault itself
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::sets))]
    name: Option<String>,
    /// Do not ask
    #[arg(short, long, requires = "name")]
    yes: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let mut keyring = open::Keyring::load(global)?;
    let mut pins = pins::load(vault.root())?;
    let team = vault.team()?;
    match pins.vault_id() {
        // What stands in a vault that is not trusted is asked about after it.
        None => match pins::rival(&pins, &vault, &team)? {
            Some(known) if args.name.as_deref().is_none_or(find::is_vault) => {
                let first = Item::First { team: Box::new(team), known };
                return settle(global, args, &vault, pins, &[first]);
            }
            _ => pins = pins::recall(global, &vault)?,
        },
        Some(id) if id == team.id() => {
            pins::follow(&mut pins, &vault, &team);
        }
        Some(_) => {}
    }
    pins::catch_up(global, &mut pins, &vault, &team);
    let found = match &args.name {
        Some(name) => find::named(global, &vault, &team, &mut keyring, &mut pins, name)?,
        None => find::all(global, &vault, &team, &mut keyring, &mut pins)?,
    };
    if found.is_empty() {
        pins.save()?;
        report::note(global, "there is nothing that this machine does not trust");
        return Ok(());
    }
    settle(global, args, &vault, pins, &found)
}

fn settle(
    global: &Global,
    args: &Args,
    vault: &Vault,
    mut pins: Pins,
    found: &[Item],
) -> Result<(), Failure> {
    let mut declined = 0_usize;
    for item in found {
        if decide(global, args, vault, &pins, item)? {
            accept(vault, &mut pins, item);
        } else {
            declined += 1;
        }
    }
    pins.save()?;
    match declined {
        0 => {
            report::note(global, "trusted from now on");
            Ok(())
        }
        _ => Err(Failure::failed(format!("{declined} of {} not trusted", found.len()))),
    }
}

/// Shows what is doubted, and whether the user trusts it.
fn decide(
    global: &Global,
    args: &Args,
    vault: &Vault,
    pins: &Pins,
    item: &Item,
) -> Result<bool, Failure> {
    match item {
        Item::First { team, known } => show::first(vault, team, known),
        Item::Vault(id) => show::vault(vault, pins, *id),
        Item::Set(file) => show::file(vault, pins, file),
        Item::Pull(file) => show::file(vault, pins, file),
        Item::Member(question) => describe(vault, question),
        Item::Rules(member, patterns) => show::rules(vault, member, patterns),
    }
    if args.yes {
        return Ok(true);
    }
    if !term::can_ask(global) {
        return Err(Failure::usage("trust must be confirmed; nothing was changed")
            .hint("read what is said above, then `vault trust NAME --yes`"));
    }
    term::confirm("do you trust it?")
}

fn accept(vault: &Vault, pins: &mut Pins, item: &Item) {
    match item {
        Item::First { team, .. } => pins::adopt(pins, vault, team),
        Item::Vault(id) => pins.set_vault_id(*id),
        Item::Set(Doubtful::<SecretSet> { opened, .. }) => {
            pins.trust(opened, &pins::history(vault));
        }
        Item::Pull(Doubtful::<PullSecret> { opened, .. }) => {
            pins.trust(opened, &pins::history(vault));
        }
        Item::Member(Question { gain, left, .. }) => {
            pins.approve(gain.member.clone(), gain.to.clone(), left.traces());
        }
        Item::Rules(member, patterns) => {
            for pattern in patterns {
                pins.accept_rule(member, pattern);
            }
        }
    }
}
