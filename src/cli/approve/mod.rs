//! The question before a data key is wrapped for somebody: whether it is their key, and whether they
//! may read that. Whoever can push can change keys, groups and rules in team.toml.

mod show;

use std::path::Path;

use vault::crypto::Recipient;
use vault::envelope::Recipients;
use vault::git::Removals;
use vault::model::{Kind, MemberName, SetName};
use vault::store::{Departed, Departures, MemberPin, NoHistory, Pins, Team, Trace, Vault};

use super::open::Keyring;
use super::report::{self, Failure};
use super::{Global, pins, term};

pub(crate) use show::{describe, origin, said, some_of, team_changed};

/// For commands that wrap data keys for members.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Trust {
    /// Approve the key this member has in team.toml, without asking
    #[arg(long = "trust", value_name = "NAME")]
    names: Vec<MemberName>,
}

impl Trust {
    /// Whom the command line approves.
    pub(crate) fn names(&self) -> &[MemberName] {
        &self.names
    }

    /// Whom it names must be in the team, before a change or after it: anything else was mistyped.
    pub(crate) fn refuse_unknown(&self, teams: [&Team; 2]) -> Result<(), Failure> {
        let is_there =
            |name: &MemberName| teams.iter().any(|team| team.members().contains_key(name));
        let Some(unknown) = self.names.iter().find(|name| !is_there(name)) else { return Ok(()) };
        let known = report::some_of(teams[1].members().keys());
        Err(Failure::usage(format!("--trust {unknown}: there is no such member"))
            .hint(format!("devices are named one by one; there are {known}")))
    }
}

/// Someone who is about to be able to read files.
#[derive(Debug, Clone)]
pub(crate) struct Gain {
    /// Who.
    pub(crate) member: MemberName,
    /// With which key.
    pub(crate) to: Recipient,
    /// What: `sets/web`, `pull/ghcr`.
    pub(crate) files: Vec<String>,
    /// What of it team.toml gives them, and the command line does not.
    pub(crate) unnamed: Vec<String>,
}

/// Someone to be asked about.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) gain: Gain,
    /// What is wrong with the key, if anything is.
    pub(crate) key: Option<Doubt>,
    /// Where the key was before.
    pub(crate) left: Left,
    /// Under which other name it was approved here.
    pub(crate) known_as: Option<MemberName>,
}

/// Why a key is not known to be its member's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Nobody of this name was approved here.
    New,
    /// Another key was.
    Replaces(Recipient),
    /// It was, and has been gone from the team since.
    Former,
    /// It was, and has left files since.
    Left,
}

/// What tells that a key was somewhere and is no longer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    files: Vec<Departed>,
    /// The commits that took it out of team.toml.
    commits: Vec<String>,
    /// Whether git does not have the commits that may tell of more.
    is_cut_off: bool,
    /// Whether git proves that it was in the team all the time: then it may have lost a file, as
    /// members do, and has not left.
    has_stayed: bool,
}

impl Left {
    /// What is remembered of it when the key is approved all the same.
    pub(crate) fn traces(&self) -> Vec<(Trace, u32)> {
        let commits = self.commits.iter().map(|commit| (Trace::Commit(commit.clone()), 1));
        self.files.iter().map(Departed::trace).chain(commits).collect()
    }

    /// Whether it tells anything that nobody here knew of when they approved the key.
    fn is_news(&self, pins: &Pins, key: &Recipient) -> bool {
        !self.has_stayed && pins.has_left(key, &self.traces())
    }
}

/// Which keys have left what, as the files say and as git does: each of the two can be changed by
/// whoever pushes, but not so that nobody sees it.
#[derive(Default)]
pub(crate) struct Past {
    departures: Departures,
    removals: Removals,
}

impl Past {
    pub(crate) fn of(global: &Global, vault: &Vault) -> Result<Self, Failure> {
        let departures = vault.departures()?;
        if !departures.unread().is_empty() {
            let files: Vec<_> = departures.unread().iter().map(ToString::to_string).collect();
            let text = format!("who has left {} is not known", report::shortened(&files));
            report::warn(global, &format!("{text}: it cannot be read"));
        }
        let removals = match pins::history(vault)
            .removals(Path::new("team.toml"), vault.team()?.id())
        {
            Ok(removals) => removals,
            // Nobody can have pushed.
            Err(NoHistory::NoRepository | NoHistory::NoGit) => Removals::default(),
            Err(why) => {
                let text = format!("whether somebody was in the team before is not known: {why}");
                report::warn(global, &text);
                Removals::default()
            }
        };
        Ok(Self { departures, removals })
    }

    fn of_key(&self, key: &Recipient) -> Left {
        Left {
            files: self.departures.of(key).to_vec(),
            commits: self.removals.of(key.as_str()).to_vec(),
            is_cut_off: self.removals.is_cut_off(),
            has_stayed: self.removals.has_stayed(key.as_str()),
        }
    }
}

/// What a question is asked for.
pub(crate) struct Asker<'a> {
    pub(crate) global: &'a Global,
    pub(crate) vault: &'a Vault,
    /// Whoever holds a key need not be asked whose it is.
    pub(crate) keyring: &'a Keyring,
    /// The team, as it was before a command changed it, too.
    pub(crate) teams: [&'a Team; 2],
    /// Whom `--trust` names.
    pub(crate) trusted: &'a [MemberName],
    /// Whose key stands on the command line in full.
    pub(crate) given: Option<&'a MemberName>,
}

/// What a person has said, to be remembered once it is done.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Answers(Vec<(MemberName, Recipient, Left)>);

impl Answers {
    /// Whoever was approved goes on so under the name that this command gives them.
    pub(crate) fn follow(&mut self, pins: &Pins, before: &Team, after: &Team) {
        for (old, key) in before.members() {
            let new = after.members().iter().find(|(new, to)| *to == key && *new != old);
            if let (MemberPin::Approved, Some((new, _))) = (pins.member(old, key), new) {
                self.0.push((new.clone(), key.clone(), Left::default()));
            }
        }
    }

    /// Remembers whose keys were approved. They must stand in the team by now.
    pub(crate) fn learn(self, pins: &mut Pins) {
        for (name, key, left) in self.0 {
            pins.approve(name, key, left.traces());
        }
    }
}

impl Asker<'_> {
    /// Lets nobody gain anything that a person here has not said they may: shows each, and asks,
    /// before anything is written.
    pub(crate) fn require(&self, gains: Vec<Gain>) -> Result<Answers, Failure> {
        let pins = pins::recall(self.global, self.vault)?;
        let past = match gains.as_slice() {
            [] => Past::default(),
            _ => Past::of(self.global, self.vault)?,
        };
        let (mut answers, mut asked) = (Answers::default(), Vec::new());
        for gain in gains {
            let question = self.question(&pins, &past, gain);
            let Question { gain, key, left, .. } = &question;
            let own = self.keyring.holds(&gain.to);
            let named = self.trusted.contains(&gain.member);
            let is_given = self.given == Some(&gain.member);
            let doubted = key.is_some() && !named && !is_given && !own;
            if key.is_some() {
                answers.0.push((gain.member.clone(), gain.to.clone(), left.clone()));
            }
            if doubted || !(gain.unnamed.is_empty() || named || own) {
                asked.push(question);
            }
        }
        self.ask(&asked)?;
        Ok(answers)
    }

    fn ask(&self, asked: &[Question]) -> Result<(), Failure> {
        for question in asked {
            describe(self.vault, question);
        }
        if !asked.is_empty() && !term::can_ask(self.global) {
            return Err(unasked(asked));
        }
        for Question { gain: Gain { member, .. }, key, .. } in asked {
            let question = match key {
                Some(_) => format!("is this {member}'s key, and may {member} read that?"),
                None => format!("may {member} read that?"),
            };
            if !term::confirm(&question)? {
                let why = format!("{member} was not let in; nothing was written");
                return Err(Failure::failed(why));
            }
        }
        Ok(())
    }

    /// What there is to ask about someone. By an older name of the same key, too: of a member who is
    /// being renamed nothing else is new.
    fn question(&self, pins: &Pins, past: &Past, gain: Gain) -> Question {
        let of_key = |team: &Team| {
            let named = team.members().iter().filter(|(_, to)| **to == gain.to);
            named.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let [before, _] = self.teams;
        let is_approved = |name: &MemberName| pins.member(name, &gain.to) == MemberPin::Approved;
        let (mut key, left) = doubt(pins, past, &gain.member, &gain.to);
        if key == Some(Doubt::New) && of_key(before).iter().any(is_approved) {
            key = left.is_news(pins, &gain.to).then_some(Doubt::Left);
        }
        let known_as = known_as(pins, &gain);
        Question { gain, key, left, known_as }
    }
}

/// Under which other name a key was approved here.
pub(crate) fn known_as(pins: &Pins, gain: &Gain) -> Option<MemberName> {
    pins.names_of(&gain.to).find(|name| **name != gain.member).cloned()
}

/// What is wrong with a key under a name, if anything is, and what it has left.
pub(crate) fn doubt(
    pins: &Pins,
    past: &Past,
    name: &MemberName,
    key: &Recipient,
) -> (Option<Doubt>, Left) {
    let left = past.of_key(key);
    let doubt = match pins.member(name, key) {
        MemberPin::Approved if left.is_news(pins, key) => Some(Doubt::Left),
        MemberPin::Approved => None,
        MemberPin::New => Some(Doubt::New),
        MemberPin::Former => Some(Doubt::Former),
        MemberPin::Changed { approved } => Some(Doubt::Replaces(approved)),
    };
    (doubt, left)
}

/// For whom a file that is about to be made will be.
#[derive(Clone, Copy)]
pub(crate) enum Making<'a> {
    /// Values that are new.
    New,
    /// Values that these can read already.
    Copy(&'a [Recipient]),
}

/// Whom the team's rules let read a new file. Each of them is approved, and that whoever does not
/// read the same values already may read them.
pub(crate) fn readers_of_new(
    (global, vault, keyring): (&Global, &Vault, &Keyring),
    (kind, name): (Kind, &SetName),
    making: Making<'_>,
    trust: &Trust,
) -> Result<Recipients, Failure> {
    let team = vault.team()?;
    trust.refuse_unknown([&team, &team])?;
    let readers = team.readers_of(kind, name)?;
    let file = format!("{}/{name}", kind.folder());
    let gain = |(member, to): (&MemberName, &Recipient)| {
        let is_more = match making {
            Making::New => false,
            Making::Copy(known) => !known.contains(to),
        };
        Gain {
            member: member.clone(),
            to: to.clone(),
            files: vec![file.clone()],
            unnamed: if is_more { vec![file.clone()] } else { Vec::new() },
        }
    };
    let gains = readers.iter().map(gain).collect();
    let (teams, trusted) = ([&team, &team], trust.names());
    let asker = Asker { global, vault, keyring, teams, trusted, given: None };
    let answers = asker.require(gains)?;
    let mut pins = pins::recall(global, vault)?;
    answers.learn(&mut pins);
    pins::remember(global, &mut pins);
    Ok(readers)
}

fn unasked(asked: &[Question]) -> Failure {
    let names = |asked: &[&Question]| -> Vec<MemberName> {
        asked.iter().map(|question| question.gain.member.clone()).collect()
    };
    let all: Vec<&Question> = asked.iter().collect();
    let doubted: Vec<&Question> = asked.iter().filter(|question| question.key.is_some()).collect();
    let flags: Vec<String> = names(&all).iter().map(|name| format!("--trust {name}")).collect();
    let flags = flags.join(" ");
    let (what, hint) = match names(&doubted).as_slice() {
        [] => (
            format!("that {} may read more must be confirmed", report::some_of(&names(&all))),
            format!("if that is meant, add {flags}"),
        ),
        [one] => (
            format!("the key of {one} is not approved on this machine"),
            format!("compare the fingerprints, then add {flags}"),
        ),
        several => (
            format!("the keys of {} are not approved on this machine", report::some_of(several)),
            format!("compare the fingerprints, then add {flags}"),
        ),
    };
    Failure::usage(format!("{what}; nothing was written")).hint(hint)
}
