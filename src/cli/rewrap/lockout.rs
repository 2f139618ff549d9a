//! Whoever runs a command and would read less by it: a rule that somebody pushed, or a first rule
//! that forgets oneself, takes one's own access as easily as another's.

use std::collections::BTreeSet;

use vault::store::{Concerning, Vault};

use super::super::approve::{some_of, team_changed};
use super::super::open::Keyring;
use super::super::report::{self, Failure};
use super::super::{Global, term};
use super::{Named, OwnAccess, Planned};

/// The files that the identities at hand would open no more.
pub(super) struct Lockout {
    /// Because the command line says so.
    meant: BTreeSet<String>,
    /// Because team.toml does.
    unmeant: BTreeSet<String>,
}

impl Lockout {
    pub(super) fn of(planned: &Planned, keyring: &Keyring) -> Self {
        let (mut meant, mut unmeant) = (BTreeSet::new(), BTreeSet::new());
        for (file, plan) in &planned.plans {
            let own = plan.leaving.iter().find(|(_, key)| keyring.holds(key));
            let (Some((name, _)), false) =
                (own, plan.readers.iter().any(|(_, key)| keyring.holds(key)))
            else {
                continue;
            };
            let ((Concerning::Only { names, .. }, _)
            | (Concerning::Everyone, Named::ByChange(names) | Named::WithFiles(names))) =
                (&planned.asked.concerning, &planned.asked.named);
            let is_meant = names.iter().any(|who| name.is_of(who));
            if is_meant { &mut meant } else { &mut unmeant }.insert(file.to_string());
        }
        Self { meant, unmeant }
    }

    /// Asks about what the command line does not say.
    pub(super) fn ask(
        &self,
        global: &Global,
        vault: &Vault,
        own_access: OwnAccess,
    ) -> Result<(), Failure> {
        let OwnAccess::Asks { hint } = own_access else { return Ok(()) };
        if self.unmeant.is_empty() {
            return Ok(());
        }
        let files = some_of(&self.unmeant.iter().cloned().collect::<Vec<_>>());
        report::show(&format!("you would no longer read {files}"));
        report::show(&format!("  team.toml last changed {}", team_changed(vault)));
        if !term::can_ask(global) {
            return Err(Failure::usage(
                "that you read less yourself must be confirmed; nothing was written",
            )
            .hint(format!("if that is meant, {hint}")));
        }
        if term::confirm("go on without reading that yourself?")? {
            return Ok(());
        }
        Err(Failure::failed("you go on reading; nothing was written"))
    }

    /// Whether nothing has come to it that nobody was asked about.
    pub(super) fn is_within(&self, asked: &Self) -> bool {
        let known = |file: &String| asked.unmeant.contains(file) || asked.meant.contains(file);
        self.unmeant.iter().all(known)
    }

    /// Says so when it is done.
    pub(super) fn tell(&self, global: &Global) {
        if !(self.meant.is_empty() && self.unmeant.is_empty()) {
            let text = "that was you: what was written just now, you cannot open any more";
            report::warn(global, text);
        }
    }
}
