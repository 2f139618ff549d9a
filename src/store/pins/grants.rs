//! Who may read which new file, as far as this machine has accepted that: the groups and rules it has
//! seen, less what was taken away since, and more only where its user said so. Whoever can push can
//! write groups and rules.

mod difference;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::MemberName;
use crate::store::file::{FilePattern, FileRef};
use crate::store::team::{Team, heaviest, stands_for};

pub(super) use difference::Difference;

/// Groups, persons and devices.
type Names = BTreeSet<MemberName>;

/// The names that keys have now, by those under which they are known here.
pub(super) type Renamed = BTreeMap<MemberName, MemberName>;

/// Whom a group or a rule names now.
struct Now {
    /// As they are named there, and as they were before.
    names: Names,
    /// The members whom that stands for.
    records: Names,
}

/// Most rules that are remembered, of those that are gone, too.
const MAX_RULES: usize = 4_096;

/// What a command line gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Groups, persons or devices are to read what a pattern matches.
    Rule(FilePattern, Vec<MemberName>),
    /// Persons or devices are put into a group.
    Group(MemberName, Vec<MemberName>),
}

/// The groups and rules that are accepted. A rule that was seen once goes on deciding when it is
/// gone from the team: without it a wider one would give more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grants {
    pub(super) groups: BTreeMap<MemberName, Names>,
    pub(super) rules: BTreeMap<FilePattern, Names>,
}

impl Now {
    fn of(team: &Team, who: &[MemberName], renamed: &Renamed) -> Self {
        let records: Names = who.iter().flat_map(|who| team.records_of(who)).cloned().collect();
        let before = renamed.iter().filter(|(_, new)| records.contains(*new));
        let before: Vec<_> = before.map(|(old, _)| old.clone()).collect();
        Self { names: who.iter().cloned().chain(before).collect(), records }
    }
}

impl Grants {
    /// What a team file says.
    pub(super) fn of(team: &Team) -> Self {
        let mut grants = Self::default();
        grants.join(team);
        grants
    }

    /// Adds what a team file says.
    pub(super) fn join(&mut self, team: &Team) {
        for (group, who) in team.groups() {
            self.groups.entry(group.clone()).or_default().extend(who.iter().cloned());
        }
        for (pattern, who) in team.rules() {
            self.rules.entry(pattern.clone()).or_default().extend(who.iter().cloned());
        }
    }

    /// Whether no more rules are remembered. Who then reads a new file nothing here can say.
    pub(super) fn is_full(&self) -> bool {
        self.rules.len() >= MAX_RULES
    }

    /// Whether it is accepted that a member reads a file. Where no rule decides, everyone does;
    /// where several of one weight do, each must say so.
    pub(super) fn lets(&self, member: &MemberName, file: &FileRef) -> bool {
        let deciding = heaviest(&self.rules, &file.to_string());
        !self.is_full() && deciding.iter().all(|(_, who)| self.includes(who, member))
    }

    /// Whom the team would let read what a rule matches, and this does not.
    pub(super) fn lacking(&self, team: &Team) -> BTreeMap<MemberName, Vec<FilePattern>> {
        let mut lacking = BTreeMap::<_, Vec<_>>::new();
        for (pattern, known) in &self.rules {
            // Where two rules decide alike, no file can be made.
            let Ok(rule) = team.rule_of_all(pattern) else { continue };
            let readers: BTreeSet<&MemberName> = match rule {
                Some((_, read)) => read.iter().flat_map(|who| team.records_of(who)).collect(),
                None => team.members().keys().collect(),
            };
            for member in readers.into_iter().filter(|who| !self.includes(known, who)) {
                lacking.entry(member.clone()).or_default().push(pattern.clone());
            }
        }
        lacking
    }

    /// Accepts what a command line gives.
    pub(super) fn give(&mut self, grant: &Grant) {
        let (names, more) = match grant {
            Grant::Rule(pattern, who) => (self.rules.entry(pattern.clone()).or_default(), who),
            Grant::Group(group, who) => (self.groups.entry(group.clone()).or_default(), who),
        };
        names.extend(more.iter().cloned());
    }

    /// The rules that decide about a file.
    pub(super) fn deciding(&self, file: &FileRef) -> Vec<FilePattern> {
        let deciding = heaviest(&self.rules, &file.to_string()).into_iter();
        deciding.map(|(pattern, _)| pattern.clone()).collect()
    }

    /// Goes with one team becoming another: whom that took out is out, and a rule that is new is
    /// accepted as in [`within`](Self::within). Who only has another name since has not lost
    /// anything.
    pub(super) fn replay(&mut self, before: &Team, after: &Team) {
        for (group, was) in before.groups() {
            if let Some(known) = self.groups.get(group) {
                let is = after.groups().get(group).map_or(&[][..], Vec::as_slice);
                let left = self.without_the_ended(known, (before, was), (after, is));
                self.groups.insert(group.clone(), left);
            }
        }
        let (was, is) = (Self::of(before), Self::of(after));
        let is_same_team = before.members() == after.members() && before.groups() == after.groups();
        for (pattern, mut left) in self.rules.clone() {
            let (was, is) = (was.over(&pattern), is.over(&pattern));
            if is_same_team && was == is {
                continue;
            }
            let all = |names: &Names| names.iter().cloned().collect::<Vec<_>>();
            let was: Vec<_> = match was.as_slice() {
                [] => before.names().into_iter().collect(),
                lists => lists.iter().copied().flat_map(all).collect(),
            };
            for is in is {
                left = self.without_the_ended(&left, (before, &was), (after, &all(is)));
            }
            self.rules.insert(pattern, left);
        }
        let known = self.clone();
        self.learn(&known, after, &Renamed::new());
    }

    /// From now on a name that was a group's is a member's, whom it did not mean in any rule before.
    pub(super) fn is_members(&mut self, name: &MemberName) {
        if self.groups.remove(name).is_some() {
            for names in self.rules.values_mut() {
                names.remove(name);
            }
        }
    }

    /// Forgets the rules that one team has and another one does not.
    pub(super) fn forget(&mut self, before: &Team, after: &Team) {
        self.rules.retain(|pattern, _| {
            after.rules().contains_key(pattern) || !before.rules().contains_key(pattern)
        });
    }

    /// What the team as it is now leaves of this: whom its groups and rules no longer name is not
    /// accepted, nor is a name that nobody has. A group that is new begins with nobody, and a rule
    /// with those who were to read all that it matches. `renamed` says under which other name the
    /// team has a member whose key is known here: that is the same one, as soon as the name is
    /// approved too.
    pub(super) fn within(&self, team: &Team, renamed: &Renamed) -> Self {
        let mut left = self.clone();
        for (group, known) in &self.groups {
            let now = team.groups().get(group).map_or(&[][..], Vec::as_slice);
            let agreed = self.agreed(self, &[known], Now::of(team, now, renamed));
            left.groups.insert(group.clone(), agreed);
        }
        // What decides in the place of a rule that is gone must name them too.
        let (names, instead) = (team.names(), Self::of(team));
        for (pattern, known) in &self.rules {
            let mut kept = known.clone();
            kept.retain(|name| {
                let is_there = names.contains(name) || self.groups.contains_key(name);
                is_there || renamed.contains_key(name)
            });
            for now in instead.over(pattern) {
                let now: Vec<MemberName> = now.iter().cloned().collect();
                kept = self.agreed(&left, &[&kept], Now::of(team, &now, renamed));
            }
            left.rules.insert(pattern.clone(), kept);
        }
        left.learn(self, team, renamed);
        left
    }

    /// Takes over the groups and rules of a team that are new, as far as `known` has accepted them.
    fn learn(&mut self, known: &Self, team: &Team, renamed: &Renamed) {
        // A name that was a group's once is no person's later.
        for group in team.groups().keys() {
            self.groups.entry(group.clone()).or_default();
        }
        let is_new = |pattern: &FilePattern| !known.rules.contains_key(pattern);
        for (pattern, now) in team.rules().iter().filter(|(pattern, _)| is_new(pattern)) {
            if !self.is_full() {
                let now = Now::of(team, now, renamed);
                let agreed = known.agreed(self, &known.over(pattern), now);
                self.rules.insert(pattern.clone(), agreed);
            }
        }
    }

    /// Those who are known, less whom a list of names no longer stands for. Of a name that stood for
    /// several, who is still there stays, one by one, and whoever has another name since has it here.
    fn without_the_ended(
        &self,
        known: &Names,
        (before, was): (&Team, &[MemberName]),
        (after, is): (&Team, &[MemberName]),
    ) -> Names {
        let all = |team: &Team, who: &[MemberName]| -> Names {
            let records = who.iter().flat_map(|who| team.records_of(who));
            records.chain(who).cloned().collect()
        };
        let (was, is) = (all(before, was), all(after, is));
        let key_of = |name| Some((after.members().get(name)?.as_str(), name));
        let now: BTreeMap<&str, &MemberName> = is.iter().filter_map(key_of).collect();
        let (ended, mut left): (Names, Names) =
            known.iter().cloned().partition(|who| was.contains(who) && !is.contains(who));
        for who in ended {
            let records = before.records_of(&who);
            let who = Names::from([who]);
            let known = records.into_iter().filter(|member| self.includes(&who, member));
            let keys = known.filter_map(|member| before.members().get(member));
            left.extend(keys.filter_map(|key| now.get(key.as_str()).copied().cloned()));
        }
        left
    }

    /// Puts back what another one has of what some team says: it has not gone, but is to come.
    pub(super) fn restore(&mut self, other: &Self, teams: &[Team]) {
        let mut says = Self::default();
        for team in teams {
            says.join(team);
        }
        let said = |names: &Names, known: Option<&Names>| -> Names {
            let is_said = |who: &MemberName| {
                known.is_some_and(|known| known.contains(who) || says.includes(known, who))
            };
            names.iter().filter(|who| is_said(who)).cloned().collect()
        };
        for (group, names) in &other.groups {
            let more = said(names, says.groups.get(group));
            self.groups.entry(group.clone()).or_default().extend(more);
        }
        for (pattern, names) in &other.rules {
            let more = said(names, says.rules.get(pattern));
            self.rules.entry(pattern.clone()).or_default().extend(more);
        }
    }

    /// The same under the names that members have now.
    pub(super) fn renamed(&self, names: &Renamed) -> Self {
        let now = |who: &MemberName| -> Names {
            let records = names.iter().filter(|(old, _)| old.is_of(who));
            let records: Vec<_> = records.collect();
            if self.groups.contains_key(who) || records.iter().all(|(old, new)| old == new) {
                return Names::from([who.clone()]);
            }
            records.into_iter().map(|(_, new)| new.clone()).collect()
        };
        let all_now = |who: &Names| who.iter().flat_map(now).collect();
        Self {
            groups: self.groups.iter().map(|(name, who)| (name.clone(), all_now(who))).collect(),
            rules: self.rules.iter().map(|(what, who)| (what.clone(), all_now(who))).collect(),
        }
    }

    /// The rules that must all let somebody read, so that it is accepted that they read whatever a
    /// pattern matches. Those of more weight go on deciding for themselves.
    fn over(&self, pattern: &FilePattern) -> Vec<&Names> {
        if let Some(known) = self.rules.get(pattern) {
            return vec![known];
        }
        let widest = heaviest(&self.rules, pattern.as_str());
        let least = widest.first().map(|(wide, _)| wide.weight());
        let decides = |other: &FilePattern| {
            let weight = Some(other.weight());
            weight >= least && weight < Some(pattern.weight()) && other.meets(pattern)
        };
        let deciding = self.rules.iter().filter(|(other, _)| decides(other));
        deciding.map(|(_, who)| who).collect()
    }

    /// Of those who are named now, the ones whom all of the known name: as they are named now, or
    /// else one by one where the groups that are left do not stand for them.
    fn agreed(&self, left: &Self, known: &[&Names], now: Now) -> Names {
        let Now { mut names, mut records } = now;
        names.retain(|who| known.iter().all(|known| known.contains(who)));
        records.retain(|member| {
            let is_known = known.iter().all(|known| self.includes(known, member));
            is_known && !left.includes(&names, member)
        });
        names.append(&mut records);
        names
    }

    /// Whether some of these names stand for a member.
    fn includes(&self, who: &Names, member: &MemberName) -> bool {
        who.iter().any(|who| stands_for(&self.groups, who, member))
    }
}

#[cfg(test)]
mod tests;
