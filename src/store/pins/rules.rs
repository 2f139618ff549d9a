//! Which groups and rules of the team are accepted here.

use std::collections::BTreeMap;

use super::Pins;
use super::grants::{Grant, Grants, Renamed};
use super::state::Change;
use crate::crypto::Recipient;
use crate::model::MemberName;
use crate::store::file::{FilePattern, FileRef};
use crate::store::team::{Team, TeamStep};

/// What this machine has accepted, where we are.
#[derive(Debug)]
pub struct Accepted(Whom);

#[derive(Debug)]
enum Whom {
    /// Nothing is remembered on this machine.
    Everyone,
    /// What groups and rules say.
    Of(Grants),
    /// Nobody knows what was done to groups and rules.
    Nobody,
}

impl Accepted {
    /// Whether it is accepted that a member of the team reads a file that is about to be made.
    pub fn lets(&self, member: &MemberName, file: &FileRef) -> bool {
        match &self.0 {
            Whom::Everyone => true,
            Whom::Of(grants) => grants.lets(member, file),
            Whom::Nobody => false,
        }
    }
}

impl Pins {
    /// What is accepted where we are, with what a command line gives.
    pub fn accepted(&self, given: &[Grant]) -> Accepted {
        let Some(mut grants) = self.grants_here() else { return Accepted(Whom::Everyone) };
        for grant in given {
            grants.give(grant);
        }
        Accepted(if self.is_in_doubt { Whom::Nobody } else { Whom::Of(grants) })
    }

    /// For now nobody is accepted: what commits have done to groups and rules cannot be told.
    pub fn doubt_rules(&mut self) {
        self.is_in_doubt = true;
    }

    /// Whether more rules were seen than are remembered, so that nobody is accepted for a new file.
    pub fn has_too_many_rules(&self) -> bool {
        self.state.grants.as_ref().is_some_and(Grants::is_full)
    }

    /// Takes the groups and rules of a team as they are: at the first contact, with this commit
    /// checked out.
    pub fn adopt_rules(&mut self, team: &Team, commit: Option<String>) {
        self.set_rules(&Grants::of(team));
        if let Some(commit) = commit {
            self.learn(Change::At(commit, Vec::new()));
        }
    }

    /// Remembers that a member may read a file, and what else its rule matches.
    pub fn accept(&mut self, member: &MemberName, file: &FileRef) {
        let deciding = self.grants_here().map_or_else(Vec::new, |grants| grants.deciding(file));
        for pattern in deciding {
            self.accept_rule(member, &pattern);
        }
    }

    /// Who would read more of what nobody has made yet than is accepted, by which rules.
    pub fn unaccepted(&self, team: &Team) -> BTreeMap<MemberName, Vec<FilePattern>> {
        self.grants_here().map_or_else(BTreeMap::new, |grants| grants.lacking(team))
    }

    /// Remembers that a member may read whatever a rule matches.
    pub fn accept_rule(&mut self, member: &MemberName, pattern: &FilePattern) {
        let grant = Grant::Rule(pattern.clone(), vec![member.clone()]);
        self.change_rules(|grants| {
            grants.is_members(member);
            grants.give(&grant);
        });
    }

    /// Remembers what a command of this machine has given, and what it has taken, by which one team
    /// became another.
    pub fn follow_command(&mut self, given: &[Grant], before: &Team, after: &Team) {
        self.change_rules(|grants| {
            grants.replay(before, after);
            grants.forget(before, after);
            for grant in given {
                grants.give(grant);
            }
        });
    }

    /// Looks at groups and rules: whom they no longer name must be accepted again when they do.
    /// Otherwise whoever was taken out could be put back. But what a local branch has (`branches`)
    /// is to come. Says whether it learned something.
    pub fn follow_rules(&mut self, team: &Team, branches: &dyn Fn() -> Vec<Team>) -> bool {
        let now = Grants::of(team);
        let Some(known) = &self.state.grants else { return self.set_rules(&now) };
        if *known == now {
            return false;
        }
        let mut left = known.within(team, &self.renamed(team));
        if left.lacks_some_of(known) {
            left.restore(known, &branches());
        }
        self.set_rules(&left)
    }

    /// The commits up to which it is known what they did to the team.
    pub fn commits(&self) -> &[String] {
        &self.state.commits
    }

    /// Goes over what the commits up to this one did to the team, parents first. `behind` are those
    /// known commits that are behind it.
    pub fn replay(&mut self, steps: &[TeamStep], commit: String, behind: Vec<String>) {
        self.change_rules(|grants| {
            for (before, after) in steps {
                grants.replay(before, after);
            }
        });
        self.learn(Change::At(commit, behind));
    }

    /// The rules that are known and that the team does not have.
    pub fn rules_without(&self, team: &Team) -> Vec<FilePattern> {
        let known = self.state.grants.iter().flat_map(|grants| grants.rules.keys());
        known.filter(|pattern| !team.rules().contains_key(*pattern)).cloned().collect()
    }

    /// For now these rules decide nothing: they are another branch's.
    pub fn pass_over(&mut self, rules: Vec<FilePattern>) {
        self.passed_over = rules.into_iter().collect();
    }

    /// The rules of other branches that would not let a member read a file, if they decided here.
    pub fn passed_over(&self, member: &MemberName, file: &FileRef) -> Vec<FilePattern> {
        let Some(grants) = &self.state.grants else { return Vec::new() };
        let deciding = grants.deciding(file).into_iter();
        let passed = deciding.filter(|pattern| self.passed_over.contains(pattern));
        if grants.lets(member, file) { Vec::new() } else { passed.collect() }
    }

    /// Those that decide where we are.
    fn grants_here(&self) -> Option<Grants> {
        let mut grants = self.state.grants.clone()?;
        grants.rules.retain(|pattern, _| !self.passed_over.contains(pattern));
        Some(grants)
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
        self.set_rules(&grants);
    }

    /// Says whether they are others than before.
    fn set_rules(&mut self, rules: &Grants) -> bool {
        let none = Grants::default();
        let difference = rules.since(self.state.grants.as_ref().unwrap_or(&none));
        self.learn(Change::Rules(Box::new(difference)))
    }
}
