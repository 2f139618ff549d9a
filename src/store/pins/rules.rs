//! Which groups and rules of the team are accepted here.

use std::collections::BTreeMap;
use std::path::Path;

use super::Pins;
use super::grants::{Grant, Grants, Renamed};
use super::state::Change;
use crate::crypto::Recipient;
use crate::model::MemberName;
use crate::store::file::{FilePattern, FileRef};
use crate::store::history::{Depth, History, NoHistory};
use crate::store::team::Team;

impl Pins {
    /// Whether it is accepted that a member of the team reads a file that is about to be made.
    pub fn lets(&self, member: &MemberName, file: &FileRef) -> bool {
        self.state.grants.as_ref().is_none_or(|grants| grants.lets(member, file))
    }

    /// Whether what a command line gives is what lets a member read a file: it was not accepted
    /// without that.
    pub fn would_let(&self, given: &[Grant], member: &MemberName, file: &FileRef) -> bool {
        let Some(grants) = &self.state.grants else { return false };
        let mut more = grants.clone();
        for grant in given {
            more.give(grant);
        }
        more.lets(member, file) && !grants.lets(member, file)
    }

    /// Takes the groups and rules of a team as they are: at the first contact.
    pub fn adopt_rules(&mut self, team: &Team) {
        self.learn(Change::Grants(Box::new(Grants::of(team))));
    }

    /// Remembers that a member may read a file, and what else its rule matches.
    pub fn accept(&mut self, member: &MemberName, file: &FileRef) {
        self.change_rules(|grants| grants.accept(member, file));
    }

    /// Who would read more of what nobody has made yet than is accepted, by which rules.
    pub fn unaccepted(&self, team: &Team) -> BTreeMap<MemberName, Vec<FilePattern>> {
        self.state.grants.as_ref().map_or_else(BTreeMap::new, |grants| grants.lacking(team))
    }

    /// Remembers that a member may read whatever a rule matches.
    pub fn accept_rule(&mut self, member: &MemberName, pattern: &FilePattern) {
        let grant = Grant::Rule(pattern.clone(), vec![member.clone()]);
        self.change_rules(|grants| grants.give(&grant));
    }

    /// Remembers what a command of this machine has given, and what it has taken, by which one team
    /// became another.
    pub fn typed(&mut self, given: &[Grant], before: &Team, after: &Team) {
        self.change_rules(|grants| {
            grants.take(before, after);
            for grant in given {
                grants.give(grant);
            }
        });
    }

    /// Looks at groups and rules: whom they no longer name must be accepted again when they do.
    /// Otherwise whoever was taken out could be put back. But what no commit behind the one that is
    /// checked out has ever had has not gone: an older branch takes nothing away. Says whether it
    /// learned something.
    pub fn follow_rules(&mut self, team: &Team, history: &dyn History) -> bool {
        let now = Grants::of(team);
        let Some(known) = &self.state.grants else {
            return self.learn(Change::Grants(Box::new(now)));
        };
        if *known == now {
            return false;
        }
        let mut left = known.within(team, &self.renamed(team));
        if !known.is_within(&left)
            && let Ok(past) = past_of(history)
        {
            left.restore(known, &past);
        }
        self.learn(Change::Grants(Box::new(left)))
    }

    /// Which keys the team has under another name than the one that is known here.
    fn renamed(&self, team: &Team) -> Renamed {
        let names: BTreeMap<&str, &MemberName> =
            team.members().iter().map(|(name, key)| (key.as_str(), name)).collect();
        let now = |key: &Recipient| names.get(key.as_str()).copied().cloned();
        let known = self.state.members.iter();
        let now = known.filter_map(|(name, (key, _))| Some((name.clone(), now(key)?)));
        now.filter(|(old, new)| old != new).collect()
    }

    fn change_rules(&mut self, change: impl FnOnce(&mut Grants)) {
        let mut grants = self.state.grants.clone().unwrap_or_default();
        change(&mut grants);
        self.learn(Change::Grants(Box::new(grants)));
    }
}

/// All that the team files behind the commit that is checked out have ever said.
fn past_of(history: &dyn History) -> Result<Grants, NoHistory> {
    let (mut past, mut is_whole) = (Grants::default(), true);
    let depth =
        history.versions(Path::new("team.toml"), &mut |bytes| match Team::parse(bytes) {
            Ok(team) => past.join(&team),
            // It may have been the one that had it.
            Err(_) => is_whole = false,
        })?;
    if is_whole && depth == Depth::Whole { Ok(past) } else { Err(NoHistory::Shallow) }
}
