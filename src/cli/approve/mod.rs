//! The question before a data key is wrapped for somebody: whether it is their key, and whether they
//! may read that. Whoever can push can change keys, groups and rules in team.toml.

mod making;
mod past;
mod show;

use std::collections::BTreeMap;

use vault::crypto::Recipient;
use vault::model::MemberName;
use vault::store::{Accepted, FilePattern, FileRef, Grant, MemberPin, Pins, Team, Vault};

use super::open::Keyring;
use super::report::{self, Failure};
use super::{Global, term};

pub(crate) use making::{Approved, Making, readers_of_new};
pub(crate) use past::{Left, Past};
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
    /// What.
    pub(crate) files: Vec<FileRef>,
    /// What of it team.toml gives them, and the command line does not.
    pub(crate) unnamed: Vec<FileRef>,
    /// Keys that files have under that name, and the team has not.
    pub(crate) replaces: Vec<Recipient>,
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
    /// The rules that give them what they gain.
    pub(crate) rules: Rules,
}

/// Rules, and what each gives; `None` stands for everyone.
type Rules = BTreeMap<Option<FilePattern>, Given>;

/// What a rule gives somebody.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Whom the rule names.
    read: Vec<MemberName>,
    /// Of those, who it is that stands for the member: they, or a group.
    via: Option<MemberName>,
    /// The first file that it gives.
    file: FileRef,
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
    /// Which groups and rules it gives something.
    pub(crate) grants: &'a [Grant],
}

/// What a person has said, to be remembered once it is done.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Answers {
    keys: Vec<(MemberName, Recipient, Left)>,
    files: Vec<(MemberName, FileRef)>,
}

impl Answers {
    /// Whoever was approved goes on so under the name that this command gives them.
    pub(crate) fn follow(&mut self, pins: &Pins, before: &Team, after: &Team) {
        for (old, key) in before.members() {
            let new = after.members().iter().find(|(new, to)| *to == key && *new != old);
            if let (MemberPin::Approved, Some((new, _))) = (pins.member(old, key), new) {
                self.keys.push((new.clone(), key.clone(), Left::default()));
            }
        }
    }

    /// Remembers whose keys were approved, and what they may read. They must stand in the team by
    /// now.
    pub(crate) fn learn(self, pins: &mut Pins) {
        for (name, key, left) in self.keys {
            pins.approve(name, key, left.traces());
        }
        for (name, file) in self.files {
            pins.accept(&name, &file);
        }
    }
}

impl Asker<'_> {
    /// Lets nobody gain anything that a person here has not said they may: shows each, and asks,
    /// before anything is written.
    pub(crate) fn require(&self, pins: &Pins, gains: Vec<Gain>) -> Result<Answers, Failure> {
        let past = match gains.as_slice() {
            [] => Past::default(),
            _ => Past::of(self.global, self.vault)?,
        };
        let accepted = pins.accepted(self.grants);
        let (mut answers, mut asked) = (Answers::default(), Vec::new());
        for mut gain in gains {
            let whom = (&gain.member, &gain.to);
            gain.unnamed.retain(|file| !self.is_typed(&accepted, whom, file));
            let mut question = self.question(pins, &past, gain)?;
            let Question { gain, key, left, .. } = &question;
            let own = self.keyring.holds(&gain.to);
            let named = self.trusted.contains(&gain.member);
            let is_given = self.given == Some(&gain.member);
            let doubted = key.is_some() && !named && !is_given && !own;
            if key.is_some() {
                answers.keys.push((gain.member.clone(), gain.to.clone(), left.clone()));
            }
            let files = if doubted { &gain.files } else { &gain.unnamed };
            let files = files.iter().map(|file| (gain.member.clone(), file.clone()));
            answers.files.extend(files);
            if doubted || !(gain.unnamed.is_empty() || named || own) {
                // Whose key it is stands on the command line: that is not asked again.
                if is_given && question.key.take().is_some() {
                    question.rules =
                        self.rules_of(&question.gain.member, &question.gain.unnamed)?;
                }
                asked.push(question);
            }
        }
        self.ask(&asked)?;
        Ok(answers)
    }

    /// Whether the command line gives somebody a file: team.toml did not before, and with what is
    /// typed the groups and rules that are accepted here do.
    fn is_typed(
        &self,
        accepted: &Accepted,
        (member, key): (&MemberName, &Recipient),
        file: &FileRef,
    ) -> bool {
        let [before, _] = self.teams;
        let has_grants = !self.grants.is_empty();
        has_grants && !before.is_for(file, member, key) && accepted.lets(member, file)
    }

    fn ask(&self, asked: &[Question]) -> Result<(), Failure> {
        for question in asked {
            describe(self.vault, question);
        }
        if !asked.is_empty() && !term::can_ask(self.global) {
            return Err(unasked(asked));
        }
        for question in asked {
            let Question { gain: Gain { member, .. }, key, .. } = question;
            let text = match key {
                Some(_) => format!("is this {member}'s key, and may {member} read that?"),
                None => format!("may {member} read that?"),
            };
            if !term::confirm(&text)? {
                let why = Failure::failed(format!("{member} was not let in; nothing was written"));
                return Err(match put_back(question) {
                    Some(hint) => why.hint(hint),
                    None => why,
                });
            }
        }
        Ok(())
    }

    /// What there is to ask about someone. By an older name of the same key, too: of a member who is
    /// being renamed nothing else is new.
    fn question(&self, pins: &Pins, past: &Past, gain: Gain) -> Result<Question, Failure> {
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
        let shown = if key.is_some() { &gain.files } else { &gain.unnamed };
        let rules = self.rules_of(&gain.member, shown)?;
        Ok(Question { gain, key, left, known_as, rules })
    }

    /// By which rules somebody is to read files, each once.
    fn rules_of(&self, member: &MemberName, files: &[FileRef]) -> Result<Rules, Failure> {
        let [_, after] = self.teams;
        let mut rules = Rules::new();
        for file in files {
            let rule = after.rule_of(file)?;
            let given = || {
                let read = rule.map_or(&[][..], |(_, read)| read).to_vec();
                let via = read.iter().find(|who| after.records_of(who).contains(member)).cloned();
                Given { read, via, file: file.clone() }
            };
            rules.entry(rule.map(|(pattern, _)| pattern.clone())).or_insert_with(given);
        }
        Ok(rules)
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
    let put_back = doubted.iter().find_map(|question| put_back(question));
    let hint = put_back.map_or(hint.clone(), |other| format!("{hint}; or {other}"));
    Failure::usage(format!("{what}; nothing was written")).hint(hint)
}

/// The way on where a key that was approved stands no longer in team.toml.
fn put_back(Question { gain: Gain { member, .. }, key, .. }: &Question) -> Option<String> {
    let is_exchanged = matches!(key, Some(Doubt::Replaces(_)));
    is_exchanged.then(|| {
        format!("`vault recipient replace {member} KEY` puts the key back that was approved here")
    })
}
