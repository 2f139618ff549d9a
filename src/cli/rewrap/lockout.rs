//! Whoever runs a command and would read less by it: a rule that somebody pushed, or a first rule
//! that forgets oneself, takes one's own access as easily as another's.

use std::collections::BTreeSet;

use vault::model::MemberName;
use vault::store::Vault;

use super::super::approve::{Trust, some_of, team_changed};
use super::super::open::Keyring;
use super::super::report::{self, Failure};
use super::super::{Global, term};
use super::{OwnAccess, Planned};

/// The files that the identities at hand would open no more.
#[derive(Default)]
pub(super) struct Lockout {
    /// Because the command line says so.
    meant: BTreeSet<String>,
    /// Because team.toml does.
    unmeant: BTreeSet<String>,
    /// Who else reads less because team.toml said so before a rule was typed.
    others: BTreeSet<(MemberName, String)>,
    /// Who else loses the key by which a file knows them, since team.toml has another one.
    strange: BTreeSet<(MemberName, String)>,
}

impl Lockout {
    /// Whoever `trust` names is known by the key of team.toml.
    pub(super) fn of(planned: &Planned, keyring: &Keyring, trust: &Trust) -> Self {
        let mut lockout = Self::default();
        for (file, plan) in &planned.plans {
            let own = plan.leaving.iter().find(|(_, key)| keyring.holds(key));
            if let (Some((name, _)), false) =
                (own, plan.readers.iter().any(|(_, key)| keyring.holds(key)))
            {
                let given = planned.asked.comes.as_ref().is_some_and(|(comes, _)| comes == name);
                let is_meant = planned.asked.ends.iter().any(|who| name.is_of(who))
                    || (given && plan.replaced.contains_key(name));
                let files = if is_meant { &mut lockout.meant } else { &mut lockout.unmeant };
                files.insert(file.to_string());
            }
            let others = plan.leaving.iter().filter(|(name, key)| {
                !keyring.holds(key) && planned.has_waiting_loss(file, name, key)
            });
            let others = others.map(|(name, _)| (name.clone(), file.to_string()));
            lockout.others.extend(others);
            let strange = plan.leaving.iter().filter(|(name, key)| {
                let is_known = keyring.holds(key) || trust.names().contains(name);
                !is_known && planned.has_strange_loss(file, name)
            });
            let strange = strange.map(|(name, _)| (name.clone(), file.to_string()));
            lockout.strange.extend(strange);
        }
        lockout
    }

    /// Asks about what the command line does not say.
    pub(super) fn ask(
        &self,
        global: &Global,
        vault: &Vault,
        own_access: OwnAccess,
    ) -> Result<(), Failure> {
        let OwnAccess::Asks { hint } = own_access else { return Ok(()) };
        if self.unmeant.is_empty() && self.others.is_empty() && self.strange.is_empty() {
            return Ok(());
        }
        self.show(vault);
        let (what, question) = if self.unmeant.is_empty() {
            ("that others read less, as team.toml says and you did not,", "is that meant?")
        } else {
            ("that you read less yourself", "go on without reading that yourself?")
        };
        if !term::can_ask(global) {
            let text = format!("{what} must be confirmed; nothing was written");
            return Err(Failure::usage(text).hint(self.instead(hint)));
        }
        if term::confirm(question)? {
            return Ok(());
        }
        Err(Failure::failed("who reads what stays as it was; nothing was written"))
    }

    fn show(&self, vault: &Vault) {
        if !self.unmeant.is_empty() {
            let files = some_of(&self.unmeant.iter().cloned().collect::<Vec<_>>());
            report::show(&format!("you would no longer read {files}"));
        }
        for (name, file) in &self.others {
            report::show(&format!("{name} would no longer read {file}"));
        }
        for (name, file) in &self.strange {
            report::show(&format!(
                "{name} would no longer read {file}: the key it is for by that name is not the one of team.toml"
            ));
        }
        report::show(&format!("  team.toml last changed {}", team_changed(vault)));
    }

    /// What to type where nobody can be asked.
    fn instead(&self, own: &str) -> String {
        let names: BTreeSet<&MemberName> = self.strange.iter().map(|(name, _)| name).collect();
        let flags = names.iter().map(|name| format!("--trust {name}")).collect::<Vec<_>>();
        match (flags.join(" "), self.unmeant.is_empty() && self.others.is_empty()) {
            (flags, true) => format!("if the keys of team.toml are theirs, add {flags}"),
            (_, false) => format!("if that is meant, {own}"),
        }
    }

    /// Whether nothing has come to it that nobody was asked about.
    pub(super) fn is_within(&self, asked: &Self) -> bool {
        let known = |file: &String| asked.unmeant.contains(file) || asked.meant.contains(file);
        self.unmeant.iter().all(known)
            && self.others.is_subset(&asked.others)
            && self.strange.is_subset(&asked.strange)
    }

    /// Says so when it is done.
    pub(super) fn tell(&self, global: &Global) {
        if !(self.meant.is_empty() && self.unmeant.is_empty()) {
            let text = "that was you: what was written just now, you cannot open any more";
            report::warn(global, text);
        }
    }
}
