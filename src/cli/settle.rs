//! Settling what versions of a file alone do not: by the command line, by asking, and by team.toml.

mod ask;
mod finish;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;
use vault::crypto::{MaskKey, Recipient};
use vault::envelope::{Admission, Choice, Decide, Entry, Side};
use vault::model::{KeyName, MemberName};
use vault::store::{FileRef, Vault, mask_key};

use super::approve::{Asker, Gain, Trust};
use super::open::Keyring;
use super::report::{self, Failure};
use super::{Global, pins, places, term};
pub(crate) use ask::Shown;
pub(crate) use finish::{Merging, Write};

/// What is decided beforehand.
#[derive(Debug, clap::Args)]
pub(crate) struct Decisions {
    /// Take KEY as this side has it: KEY=ours or KEY=theirs. In a rebase ours is what you rebase onto
    #[arg(long = "take", value_name = "KEY=SIDE", value_parser = parse_take)]
    takes: Vec<(KeyName, Side)>,
    /// Show values when asking about them, on a terminal
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    trust: Trust,
}

/// The text is none; it may be a value in the wrong place, so it is not repeated.
#[derive(Debug, Error)]
#[error("it takes KEY=ours or KEY=theirs")]
pub(crate) struct NoTake;

fn parse_take(text: &str) -> Result<(KeyName, Side), NoTake> {
    let (key, side) = text.split_once('=').ok_or(NoTake)?;
    let side = match side {
        "ours" => Side::Ours,
        "theirs" => Side::Theirs,
        _ => return Err(NoTake),
    };
    Ok((key.parse().map_err(|_| NoTake)?, side))
}

impl Decisions {
    /// Each key on one side only.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let mut sides = BTreeMap::new();
        for (key, side) in &self.takes {
            if sides.insert(key, side).is_some_and(|other| other != side) {
                return Err(Failure::usage(format!("{key} is taken from both sides")));
            }
        }
        Ok(())
    }

    /// Everything that was said was about something. `used` are the keys that were taken so.
    pub(crate) fn all_used(&self, used: &BTreeSet<KeyName>) -> Result<(), Failure> {
        let takes = self.takes.iter().map(|(key, _)| key);
        let idle: Vec<String> =
            takes.filter(|key| !used.contains(*key)).map(ToString::to_string).collect();
        if idle.is_empty() {
            return Ok(());
        }
        let idle = report::shortened(&idle);
        let text = format!("--take names what is no conflict: {idle}; nothing was written");
        Err(Failure::usage(text))
    }

    fn side_of(&self, key: &KeyName) -> Option<Side> {
        self.takes.iter().find(|(taken, _)| taken == key).map(|(_, side)| *side)
    }
}

/// What was decided while several files were merged, and what was not.
pub(crate) struct Settling<'a> {
    global: &'a Global,
    vault: &'a Vault,
    decisions: &'a Decisions,
    masks: MaskKey,
    /// Of `--take`, those that were needed.
    used: BTreeSet<KeyName>,
    /// What a person must still say, by file.
    undecided: Vec<String>,
    strangers: BTreeSet<MemberName>,
    /// Why a decision could not be had.
    failure: Option<Failure>,
}

impl<'a> Settling<'a> {
    pub(crate) fn new(global: &'a Global, vault: &'a Vault, decisions: &'a Decisions) -> Self {
        Self {
            global,
            vault,
            decisions,
            // Both sides are shown by one process, so that any key tells them apart.
            masks: mask_key(places::state_folder().as_deref()).unwrap_or_else(MaskKey::random),
            used: BTreeSet::new(),
            undecided: Vec::new(),
            strangers: BTreeSet::new(),
            failure: None,
        }
    }

    /// Whoever decides about one file. `hint` knows which side a person has taken already.
    pub(crate) fn of_file<'s>(
        &'s mut self,
        file: &'s FileRef,
        shown: Shown,
        hint: &'s dyn Fn(&KeyName) -> Option<Side>,
    ) -> Person<'s, 'a> {
        Person { all: self, file, shown, hint }
    }

    /// Whether everything was decided.
    pub(crate) fn complete(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if !self.undecided.is_empty() {
            let what = report::shortened(&self.undecided);
            let trust = self.strangers.iter().map(|name| format!("--trust {name}"));
            let words: Vec<String> = std::iter::once("--take KEY=ours or --take KEY=theirs".into())
                .filter(|_| self.undecided.len() > self.strangers.len())
                .chain(trust)
                .collect();
            return Err(Failure::usage(format!("to be decided: {what}; nothing was written"))
                .hint(format!("run this in a terminal, or add {}", words.join(", "))));
        }
        Ok(())
    }

    /// The keys that were taken as the command line says.
    pub(crate) fn into_used(self) -> BTreeSet<KeyName> {
        self.used
    }

    fn taken(&mut self, key: &KeyName) -> Option<Side> {
        let side = self.decisions.side_of(key)?;
        self.used.insert(key.clone());
        Some(side)
    }

    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn can_ask(&self) -> bool {
        self.failure.is_none() && term::can_ask(self.global)
    }
}

/// Whoever settles one file.
pub(crate) struct Person<'s, 'a> {
    all: &'s mut Settling<'a>,
    file: &'s FileRef,
    shown: Shown,
    hint: &'s dyn Fn(&KeyName) -> Option<Side>,
}

impl Decide for Person<'_, '_> {
    fn reader(&mut self, name: &MemberName, keys: [Option<&Recipient>; 2]) -> Admission {
        self.admission(name, keys).unwrap_or_else(|failure| {
            self.all.fail(failure);
            Admission::Open
        })
    }

    fn entry(&mut self, key: &KeyName, sides: [Option<&Entry>; 2]) -> Choice {
        if let Some(side) = self.all.taken(key).or_else(|| (self.hint)(key)) {
            return Choice::Take(side);
        }
        if !self.all.can_ask() {
            self.all.undecided.push(format!("{key} in {}", self.file));
            return Choice::Open;
        }
        ask::entry(self, key, sides).unwrap_or_else(|failure| {
            self.all.fail(failure);
            Choice::Open
        })
    }

    fn credentials(&mut self, [ours, theirs]: [&BTreeMap<KeyName, Entry>; 2]) -> Option<Side> {
        let keys: BTreeSet<&KeyName> = ours.keys().chain(theirs.keys()).collect();
        let taken: Vec<Side> = keys.iter().filter_map(|key| self.all.taken(key)).collect();
        let hinted = keys.iter().filter_map(|key| (self.hint)(key)).collect::<Vec<_>>();
        for sides in [taken, hinted] {
            if let Some(first) = sides.first() {
                if sides.iter().all(|side| side == first) {
                    return Some(*first);
                }
                let text = format!("{}: user name and password only go together", self.file);
                self.all.fail(Failure::usage(text));
                return None;
            }
        }
        if !self.all.can_ask() {
            self.all.undecided.push(format!("password in {}", self.file));
            return None;
        }
        let asked = ask::credentials(self);
        asked.map_err(|failure| self.all.fail(failure)).ok()
    }
}

impl Person<'_, '_> {
    /// Whom team.toml does not let read the file has nothing to ask for; everybody else is named on
    /// the command line or asked about, whoever is approved already.
    fn admission(
        &mut self,
        name: &MemberName,
        [ours, theirs]: [Option<&Recipient>; 2],
    ) -> Result<Admission, Failure> {
        let (global, vault) = (self.all.global, self.all.vault);
        let team = vault.team()?;
        let readers = team.readers_of(self.file.kind, &self.file.name)?;
        let named = readers.iter().find(|(reader, _)| *reader == name).map(|(_, to)| to.clone());
        let side = match &named {
            Some(to) if ours == Some(to) => Side::Ours,
            Some(to) if theirs == Some(to) => Side::Theirs,
            _ => {
                let why = if named.is_some() { "has another key" } else { "is no reader of it" };
                report::note(
                    global,
                    &format!("{}: {name} stays out: {name} {why} in team.toml", self.file),
                );
                return Ok(Admission::Out);
            }
        };
        let Some(to) = named else { return Ok(Admission::Out) };
        // Of what nobody who has the newest data key gave them, all must be answered for.
        let files = vec![self.file.clone()];
        let (unnamed, replaces) = (files.clone(), Vec::new());
        let gain = Gain { member: name.clone(), to, unnamed, files, replaces };
        let trusted = self.all.decisions.trust.names();
        if !trusted.contains(name) && !self.all.can_ask() {
            self.all.undecided.push(format!("reader {name} of {}", self.file));
            self.all.strangers.insert(name.clone());
            return Ok(Admission::Open);
        }
        let keyring = Keyring::load(global)?;
        let teams = [&team, &team];
        let keyring = &keyring;
        let asker = Asker { global, vault, keyring, teams, trusted, given: None, grants: &[] };
        let mut pins = pins::caught_up(global, vault)?;
        let answers = asker.require(&pins, vec![gain]).map_err(|why| {
            why.hint(format!("take {name} out of .secrets/team.toml, then run this again"))
        })?;
        answers.learn(&mut pins);
        pins::remember(global, &mut pins);
        Ok(Admission::With(side))
    }
}
