//! Where a key was before: what it has left, as files say and as git does.

use std::path::Path;

use vault::crypto::Recipient;
use vault::git::Removals;
use vault::store::{Departed, Departures, NoHistory, Pins, Trace, Vault};

use crate::cli::report::{self, Failure};
use crate::cli::{Global, pins};

/// What tells that a key was somewhere and is no longer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    pub(super) files: Vec<Departed>,
    /// The commits that took it out of team.toml.
    pub(super) commits: Vec<String>,
    /// Whether git does not have the commits that may tell of more.
    pub(super) is_cut_off: bool,
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
    pub(super) fn is_news(&self, pins: &Pins, key: &Recipient) -> bool {
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

    pub(super) fn of_key(&self, key: &Recipient) -> Left {
        Left {
            files: self.departures.of(key).to_vec(),
            commits: self.removals.of(key.as_str()).to_vec(),
            is_cut_off: self.removals.is_cut_off(),
            has_stayed: self.removals.has_stayed(key.as_str()),
        }
    }
}
