//! The question before someone reads more because team.toml says so, and not the command line.
//! Whoever can push can change groups and rules, so an approved key alone is no answer.

use std::path::Path;

use vault::model::MemberName;
use vault::store::{MemberPin, Vault};

use super::approve::{self, Gain, Stranger};
use super::report::{self, Failure};
use super::{Global, pins, term};

/// Lets nobody gain anything that a person here has not said they may: shows each, and asks, before
/// anything is written. `trusted` may without a question.
pub(crate) fn require(
    global: &Global,
    vault: &Vault,
    gains: &[Gain],
    trusted: &[MemberName],
) -> Result<(), Failure> {
    let asked: Vec<&Gain> = gains.iter().filter(|gain| !trusted.contains(&gain.member)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let pins = pins::recall(global, vault)?;
    for gain in &asked {
        let replaces = match pins.member(&gain.member, &gain.to) {
            MemberPin::Approved => {
                describe(vault, gain);
                continue;
            }
            MemberPin::New => None,
            MemberPin::Changed { approved } => Some(approved),
        };
        approve::describe(vault, &Stranger { gain: (*gain).clone(), replaces });
    }
    if !term::can_ask(global) {
        return Err(unasked(&asked));
    }
    for Gain { member, .. } in asked {
        if !term::confirm(&format!("may {member} read that?"))? {
            return Err(Failure::failed(format!("{member} was not let in; nothing was written")));
        }
    }
    Ok(())
}

/// Shows what someone known would gain, and who may have given it to them.
fn describe(vault: &Vault, gain: &Gain) {
    let changed = match pins::history(vault).last_change(Path::new("team.toml")) {
        Ok(Some(commit)) => approve::said(&commit),
        Ok(None) => "in no commit yet".to_owned(),
        Err(why) => format!("by whom is not known: {why}"),
    };
    report::show(&format!("{} is to read more than before", gain.member));
    report::show(&format!("  gains     {}", approve::some_of(&gain.files)));
    report::show(&format!("  team.toml last changed {changed}"));
}

fn unasked(asked: &[&Gain]) -> Failure {
    let names: Vec<MemberName> = asked.iter().map(|gain| gain.member.clone()).collect();
    let flags: Vec<String> = names.iter().map(|name| format!("--trust {name}")).collect();
    Failure::usage(format!(
        "that {} may read more must be confirmed; nothing was written",
        report::some_of(&names)
    ))
    .hint(format!("if that is meant, add {}", flags.join(" ")))
}
