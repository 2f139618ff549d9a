//! Who will read a file that is about to be made.

use vault::crypto::Recipient;
use vault::envelope::Recipients;
use vault::model::MemberName;
use vault::store::{FileRef, Pins, Team, Vault, Writer};

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

/// Who will read a new file. Each of them was approved for what team.toml said then.
pub(crate) struct Approved {
    team: Team,
    readers: Recipients,
}

impl Approved {
    /// Under the lock: if team.toml still says what it said when they were asked about. Somebody may
    /// have been removed meanwhile.
    pub(crate) fn claim(self, writer: &Writer<'_>) -> Result<Recipients, Failure> {
        if writer.vault().team()? == self.team {
            return Ok(self.readers);
        }
        Err(Failure::failed("someone changed who may read while this waited")
            .hint("nothing was written; run the command again"))
    }
}

/// Whom the team's rules let read a new file. Each of them is approved, and that they may read it: by
/// a rule that is accepted here, and, of values that others can read already, whatever the rules say.
pub(crate) fn readers_of_new(
    (global, vault, keyring): (&Global, &Vault, &Keyring),
    file: &FileRef,
    making: Making<'_>,
    trust: &Trust,
) -> Result<Approved, Failure> {
    let team = vault.team()?;
    trust.refuse_unknown([&team, &team])?;
    let readers = team.readers_of(file.kind, &file.name)?;
    let mut pins = pins::caught_up(global, vault)?;
    let accepted = pins.accepted(&[]);
    let gain = |(member, to): (&MemberName, &Recipient)| {
        let is_more = match making {
            Making::New => false,
            Making::Copy(known) => !known.contains(to),
        };
        let is_unnamed = is_more || !accepted.lets(member, file);
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
    warn(global, &pins, keyring, (&team, &readers), file);
    Ok(Approved { team, readers })
}

/// What whoever makes a file should know, and need not be asked.
fn warn(
    global: &Global,
    pins: &Pins,
    keyring: &Keyring,
    (team, readers): (&Team, &Recipients),
    file: &FileRef,
) {
    let own = team.members().iter().find(|(_, key)| keyring.holds(key));
    if let Some((own, _)) = own.filter(|_| !readers.iter().any(|(_, key)| keyring.holds(key))) {
        let text = format!("{file} is not for you: team.toml does not let {own} read it");
        report::warn(global, &text);
    }
    let elsewhere = |(member, _): (&MemberName, _)| {
        pins.passed_over(member, file).first().map(|rule| (rule.clone(), member.clone()))
    };
    let elsewhere: Vec<_> = readers.iter().filter_map(elsewhere).collect();
    if let Some((rule, _)) = elsewhere.first() {
        let names: Vec<_> = elsewhere.iter().map(|(_, member)| member.clone()).collect();
        let names = report::some_of(&names);
        let text = format!(
            "by the rule for {rule}, which this branch does not have and another one has, {file} would not be for {names}"
        );
        report::warn(global, &text);
    }
}
