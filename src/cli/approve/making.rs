//! Who will read a file that is about to be made.

use vault::crypto::Recipient;
use vault::envelope::Recipients;
use vault::model::MemberName;
use vault::store::{FileRef, Vault};

use super::{Asker, Gain, Trust};
use crate::cli::open::Keyring;
use crate::cli::report::{self, Failure};
use crate::cli::{Global, pins};

/// For whom a file that is about to be made will be.
#[derive(Clone, Copy)]
pub(crate) enum Making<'a> {
    /// Values that are new.
    New,
    /// Values that these can read already.
    Copy(&'a [Recipient]),
}

/// Whom the team's rules let read a new file. Each of them is approved, and that they may read it: by
/// a rule that is accepted here, and, of values that others can read already, whatever the rules say.
pub(crate) fn readers_of_new(
    (global, vault, keyring): (&Global, &Vault, &Keyring),
    file: &FileRef,
    making: Making<'_>,
    trust: &Trust,
) -> Result<Recipients, Failure> {
    let team = vault.team()?;
    trust.refuse_unknown([&team, &team])?;
    let readers = team.readers_of(file.kind, &file.name)?;
    let mut pins = pins::caught_up(global, vault)?;
    let gain = |(member, to): (&MemberName, &Recipient)| {
        let is_more = match making {
            Making::New => false,
            Making::Copy(known) => !known.contains(to),
        };
        let is_unnamed = is_more || !pins.lets(member, file);
        Gain {
            member: member.clone(),
            to: to.clone(),
            files: vec![file.clone()],
            unnamed: if is_unnamed { vec![file.clone()] } else { Vec::new() },
            replaces: Vec::new(),
        }
    };
    let gains = readers.iter().map(gain).collect();
    let (teams, trusted) = ([&team, &team], trust.names());
    let asker = Asker { global, vault, keyring, teams, trusted, given: None, grants: &[] };
    let answers = asker.require(&pins, gains)?;
    answers.learn(&mut pins);
    pins::remember(global, &mut pins);
    let own = team.members().iter().find(|(_, key)| keyring.holds(key));
    if let Some((own, _)) = own.filter(|_| !readers.iter().any(|(_, key)| keyring.holds(key))) {
        let text = format!("{file} is not for you: team.toml does not let {own} read it");
        report::warn(global, &text);
    }
    Ok(readers)
}
