//! Changing who reads what: the team file first and then every file concerned, each whole, old or
//! new. Whatever stops this half way, `vault rekey` finishes it.
//!
//! Everything is looked at and asked before anything is written. What is asked for takes no lock,
//! so it is planned again under the lock, and only those get in who were approved.

mod aliases;
mod batch;
mod lockout;
mod outsiders;

use std::collections::BTreeMap;

use vault::crypto::Recipient;
use vault::model::{MemberName, PullSecret, SecretSet};
use vault::store::{
    AnySealed, Concerning, FilePattern, FileRef, Grant, Plan, Rotation, Team, Vault, Writer,
};

use super::approve::{Answers, Asker, Gain, Trust};
use super::change::waiting;
use super::open::Keyring;
use super::progress::Progress;
use super::report::{self, Failure};
use super::{Global, pins};
use batch::Batch;
use lockout::Lockout;

pub(crate) use aliases::{Typed, keys_of};
pub(crate) use batch::{Done, in_words};
pub(crate) use outsiders::Outsiders;

/// What the command line may say yes to before it is asked.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Consent {
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Go on without asking even if you, or someone you did not name, then read less
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl Consent {
    /// What was said of one's own access.
    pub(crate) fn own_access(&self) -> OwnAccess {
        if self.yes { OwnAccess::MayEnd } else { OwnAccess::Asks { hint: "add --yes" } }
    }
}

/// What happens where whoever runs a command would read less themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnAccess {
    /// They are asked; where that cannot be, this is what to do.
    Asks { hint: &'static str },
    /// They have said yes.
    MayEnd,
}

/// What a command asks for, beside the changed team.
pub(crate) struct Asked {
    /// Whose access it is about.
    pub(crate) concerning: Concerning,
    /// Which files it is about.
    pub(crate) files: Files,
    /// Whom the command line gives something to: of that, nobody need be asked.
    pub(crate) named: Named,
    /// Whose access the command line says is to end: of one's own, one is not asked.
    pub(crate) ends: Vec<MemberName>,
    /// Which groups and rules it gives something.
    pub(crate) grants: Vec<Grant>,
    /// Who comes, whatever they may read for now.
    pub(crate) comes: Option<(MemberName, Recipient)>,
}

/// Whom a command line names, persons or devices, and what it thereby gives them.
pub(crate) enum Named {
    /// What this change of the team gives them. What team.toml gave them before, and the files do
    /// not yet, somebody else has written there.
    ByChange(Vec<MemberName>),
    /// All of the files it is about.
    WithFiles(Vec<MemberName>),
}

/// The files a command is about.
pub(crate) enum Files {
    All,
    Matching(FilePattern),
    These(Vec<FileRef>),
}

/// A change of who reads what.
pub(crate) struct Rewrap<'a, F> {
    pub(crate) global: &'a Global,
    pub(crate) vault: &'a Vault,
    /// Changes the team. Done again when someone else changed it meanwhile.
    pub(crate) edit: F,
    pub(crate) rotation: Rotation,
    /// Whose key, new here or under a departed name, was named by `--trust`.
    pub(crate) trust: &'a Trust,
    /// Who was given with their key in full.
    pub(crate) given: Option<&'a MemberName>,
    pub(crate) own_access: OwnAccess,
}

/// What will happen.
pub(crate) struct Planned {
    pub(crate) before: Team,
    pub(crate) team: Team,
    asked: Asked,
    pub(crate) plans: BTreeMap<FileRef, Plan>,
    broken: Vec<(FileRef, Failure)>,
}

impl<'a, F: Fn(&mut Team) -> Result<Asked, Failure>> Rewrap<'a, F> {
    /// For commands that are about somebody by name.
    pub(crate) fn of_somebody(
        global: &'a Global,
        vault: &'a Vault,
        edit: F,
        trust: &'a Trust,
    ) -> Self {
        let own_access = OwnAccess::Asks { hint: "run this in a terminal" };
        Self { global, vault, edit, rotation: Rotation::AsNeeded, trust, given: None, own_access }
    }

    /// What would happen, and whether anything stands against it.
    pub(crate) fn plan(&self) -> Result<Planned, Failure> {
        let before = self.vault.team()?;
        let mut team = before.clone();
        let asked = (self.edit)(&mut team)?;
        self.trust.refuse_unknown([&before, &team])?;
        let (mut plans, mut broken) = (BTreeMap::new(), Vec::new());
        for file in self.vault.files()? {
            // Of every file, whether concerned or not: none may end up with nobody.
            team.readers_of(file.kind, &file.name)?;
            if !asked.files.include(&file) {
                continue;
            }
            match self.plan_of(&team, &asked, &file) {
                Ok(Some(plan)) => drop(plans.insert(file, plan)),
                Ok(None) => {}
                Err(why) => broken.push((file, why)),
            }
        }
        for (file, plan) in &plans {
            if let Some(name) = plan.departed.iter().find(|name| !self.trust.names().contains(name))
            {
                return Err(Failure::usage(format!("{name} has left {file} with another key"))
                    .hint(format!("if the new key is theirs, say so with --trust {name}")));
            }
        }
        Ok(Planned { before, team, asked, plans, broken })
    }

    fn plan_of(&self, team: &Team, asked: &Asked, file: &FileRef) -> Result<Option<Plan>, Failure> {
        let (concerning, rotation) = (&asked.concerning, self.rotation);
        Ok(match self.vault.read_any(file)? {
            AnySealed::Set(sealed) => Plan::of(&sealed, team, concerning, rotation)?,
            AnySealed::Pull(sealed) => Plan::of(&sealed, team, concerning, rotation)?,
        })
    }

    /// Asks, then writes the team and every file.
    pub(crate) fn run(&self, planned: Planned) -> Result<(Planned, Done), Failure> {
        let gains = planned.gains();
        let mut keyring = Keyring::load(self.global)?;
        let mut answers = self.approve(&keyring, &planned, &gains)?;
        self.probe(&mut keyring, &planned)?;
        if !planned.plans.is_empty() {
            keyring.add_ssh_places();
        }
        let lockout = Lockout::of(&planned, &keyring, self.trust);
        lockout.ask(self.global, self.vault, self.own_access)?;
        answers.follow(&pins::recall(self.global, self.vault)?, &planned.before, &planned.team);
        let writer = self.vault.lock(|| waiting(self.global))?;
        let planned = match self.vault.team()? {
            now if now == planned.before => planned,
            _ => self.plan()?,
        };
        let is_all_asked = planned.gains().iter().all(|gain| is_in(&gains, gain))
            && Lockout::of(&planned, &keyring, self.trust).is_within(&lockout);
        if !is_all_asked {
            return Err(changed_meanwhile());
        }
        if planned.team != planned.before {
            let loses_comments = self.vault.team_has_comments()?;
            writer.write_team(&planned.team)?;
            if loses_comments {
                report::note(self.global, "comments in .secrets/team.toml were not kept");
            }
        }
        pins::after_the_fact(self.global, self.vault, |pins| {
            answers.learn(pins);
            pins.follow_command(&planned.asked.grants, &planned.before, &planned.team);
        });
        let done = self.write_files(&writer, &mut keyring, &planned, &gains)?;
        done.outsiders.tell(self.global);
        lockout.tell(self.global);
        Ok((planned, done))
    }

    /// Of what is typed and team.toml says already, that it is accepted here.
    pub(crate) fn learn(&self, planned: &Planned) {
        pins::after_the_fact(self.global, self.vault, |pins| {
            pins.follow_command(&planned.asked.grants, &planned.before, &planned.team);
        });
    }

    /// Asks about everyone who would read more: whether it is their key, and, of whatever the
    /// command line does not give them, whether they may.
    fn approve(
        &self,
        keyring: &Keyring,
        planned: &Planned,
        gains: &Gains,
    ) -> Result<Answers, Failure> {
        let comes = planned.asked.comes.iter().filter(|(name, _)| !gains.contains_key(name));
        let nothing = comes.map(|(name, to)| planned.gain(name, to, &[]));
        let gains = gains.iter().map(|(name, (to, files))| planned.gain(name, to, files));
        let asker = Asker {
            global: self.global,
            vault: self.vault,
            keyring,
            teams: [&planned.before, &planned.team],
            trusted: self.trust.names(),
            given: self.given,
            grants: &planned.asked.grants,
        };
        asker.require(&pins::caught_up(self.global, self.vault)?, nothing.chain(gains).collect())
    }

    /// Whether there is anything that can be opened, before anything is written. Asks for the
    /// passphrase too, which must not happen while others wait for the lock.
    fn probe(&self, keyring: &mut Keyring, planned: &Planned) -> Result<(), Failure> {
        let mut first = None;
        for file in planned.plans.keys() {
            match self.opens(keyring, file) {
                Ok(()) => return Ok(()),
                Err(why) => drop(first.get_or_insert(why)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    fn opens(&self, keyring: &mut Keyring, file: &FileRef) -> Result<(), Failure> {
        match self.vault.read_any(file)? {
            AnySealed::Set(sealed) => keyring.open(self.vault, sealed).map(drop),
            AnySealed::Pull(sealed) => keyring.open(self.vault, sealed).map(drop),
        }
    }

    fn write_files(
        &self,
        writer: &Writer<'_>,
        keyring: &mut Keyring,
        planned: &Planned,
        approved: &Gains,
    ) -> Result<Done, Failure> {
        let mut done = Done::default();
        for (file, why) in &planned.broken {
            done.failed(self.global, file, why);
        }
        let progress = Progress::new(self.global, planned.plans.len());
        let mut batch = Batch {
            global: self.global,
            vault: self.vault,
            keyring,
            planned,
            rotation: self.rotation,
            trusted: self.trust.names(),
            approved,
            writing: BTreeMap::new(),
            progress,
            done,
        };
        batch.write::<SecretSet>(writer)?;
        batch.write::<PullSecret>(writer)?;
        Ok(batch.done)
    }
}

/// Who reads something new, with which key, and what.
type Gains = BTreeMap<MemberName, (Recipient, Vec<FileRef>)>;

impl Planned {
    /// Who would read what they do not read now.
    fn gains(&self) -> Gains {
        let mut gains = Gains::new();
        for (file, plan) in &self.plans {
            for (name, to) in plan.gains() {
                let new = || (to.clone(), Vec::new());
                gains.entry(name.clone()).or_insert_with(new).1.push(file.clone());
            }
        }
        gains
    }

    /// What someone would gain, and what of it the command line does not give.
    fn gain(&self, member: &MemberName, to: &Recipient, files: &[FileRef]) -> Gain {
        let is_in = |names: &[MemberName]| names.iter().any(|name| member.is_of(name));
        let unnamed = match &self.asked.named {
            Named::WithFiles(names) if is_in(names) => Vec::new(),
            Named::ByChange(names) if is_in(names) => {
                let older = files.iter().filter(|file| self.was_to_read(member, to, file));
                older.cloned().collect()
            }
            Named::ByChange(_) | Named::WithFiles(_) => files.to_vec(),
        };
        let (member, to, files) = (member.clone(), to.clone(), files.to_vec());
        Gain { replaces: self.strange_keys(&member), member, to, files, unnamed }
    }

    /// The keys that files have under this name, and the team has not, and that are to go.
    fn strange_keys(&self, member: &MemberName) -> Vec<Recipient> {
        let mut keys = Vec::new();
        for plan in self.plans.values().filter(|plan| plan.replaced.contains_key(member)) {
            let old = plan.leaving.iter().filter(|(name, _)| name == member);
            for (_, key) in
                old.filter(|(_, key)| !self.before.members().values().any(|to| to == key))
            {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
        keys
    }

    /// Whether the team before this change gave someone, by whatever name, a file that is not yet
    /// for them.
    fn was_to_read(&self, member: &MemberName, key: &Recipient, file: &FileRef) -> bool {
        let is_added = self.plans.get(file).is_some_and(|plan| plan.added.contains_key(member));
        is_added && self.before.is_for(file, member, key)
    }

    /// Whether someone of the team loses a file, not by what is typed, but by what team.toml said
    /// before.
    fn has_waiting_loss(&self, file: &FileRef, name: &MemberName, key: &Recipient) -> bool {
        let is_rule = matches!(self.asked.named, Named::WithFiles(_));
        let is_named = self.asked.ends.iter().any(|who| name.is_of(who));
        let is_member = self.before.members().values().any(|to| to == key);
        let before = self.before.readers_of(file.kind, &file.name);
        let was_to_read = before.is_ok_and(|readers| readers.iter().any(|(_, to)| to == key));
        is_rule && !is_named && is_member && !was_to_read
    }

    /// Whether someone of the team loses a file by another key under their name: one that a push
    /// put into team.toml, or one that a reader of the file put there.
    fn has_strange_loss(&self, file: &FileRef, name: &MemberName) -> bool {
        let Some(plan) = self.plans.get(file) else { return false };
        let Some(to) = self.before.members().get(name) else { return false };
        plan.outsiders.contains(name) && !plan.readers.iter().any(|(_, reader)| reader == to)
    }

    /// Ends a command that writes nothing: files that cannot even be looked at are told of.
    pub(crate) fn finish_dry(self, global: &Global) -> Result<(), Failure> {
        let mut done = Done::default();
        self.broken.iter().for_each(|(file, why)| done.failed(global, file, why));
        done.finish()
    }

    /// Whether there is nothing to do at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.before == self.team && self.plans.is_empty() && self.broken.is_empty()
    }
}

impl Files {
    fn include(&self, file: &FileRef) -> bool {
        match self {
            Self::All => true,
            Self::Matching(pattern) => pattern.matches(file),
            Self::These(files) => files.contains(file),
        }
    }
}

fn is_in(gains: &Gains, (name, (to, files)): (&MemberName, &(Recipient, Vec<FileRef>))) -> bool {
    let known = gains.get(name).filter(|(key, _)| key == to);
    known.is_some_and(|(_, known)| files.iter().all(|file| known.contains(file)))
}

fn changed_meanwhile() -> Failure {
    Failure::failed("someone changed who may read while this was asked about")
        .hint("nobody was let in; run the command again")
}
