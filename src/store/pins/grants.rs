//! Who may read which new file, as far as this machine has accepted that: the groups and rules it has
//! seen, less what was taken away since, and more only where its user said so. Whoever can push can
//! write groups and rules.

mod difference;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::MemberName;
use crate::store::file::{FilePattern, FileRef};
use crate::store::team::{Team, heaviest};

pub(super) use difference::Difference;

/// Groups, persons and devices.
type Names = BTreeSet<MemberName>;

/// The names that keys have now, by those under which they are known here.
pub(super) type Renamed = BTreeMap<MemberName, MemberName>;

/// Whom a rule or a group names now.
struct Now {
    /// As they are named there, and as they were before.
    names: Names,
    /// The members whom that stands for.
    records: Names,
}

/// Most rules that are remembered, whatever is pushed.
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

    /// Whether it is accepted that a member reads a file. Where no rule decides, everyone does;
    /// where several of one weight do, each must say so.
    pub(super) fn lets(&self, member: &MemberName, file: &FileRef) -> bool {
        let deciding = heaviest(&self.rules, &file.to_string());
        deciding.iter().all(|(_, who)| self.includes(who, member))
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

    /// Ends what was ended when one team became another. Who only has another name since has not
    /// lost anything by it.
    pub(super) fn take(&mut self, before: &Team, after: &Team) {
        let named = |team: &Team, who: &[MemberName]| -> Names {
            let records = who.iter().flat_map(|who| team.records_of(who));
            records.chain(who).cloned().collect()
        };
        let ends = |known: &mut Names, was: &[MemberName], is: &[MemberName]| {
            let (was, is) = (named(before, was), named(after, is));
            let stays = |who: &MemberName| {
                let records = before.records_of(who).into_iter();
                let keys: Vec<_> = records.filter_map(|name| before.members().get(name)).collect();
                let mut now = after.members().iter().filter(|(name, _)| is.contains(*name));
                now.any(|(_, key)| keys.contains(&key))
            };
            known.retain(|who| is.contains(who) || !was.contains(who) || stays(who));
        };
        for (group, was) in before.groups() {
            let is = after.groups().get(group).map_or(&[][..], Vec::as_slice);
            if let Some(known) = self.groups.get_mut(group) {
                ends(known, was, is);
            }
        }
        for (pattern, was) in before.rules() {
            if let (Some(known), Some(is)) =
                (self.rules.get_mut(pattern), after.rules().get(pattern))
            {
                ends(known, was, is);
            }
        }
    }

    /// Rules that only one of the teams has decide no longer.
    pub(super) fn forget(&mut self, before: &Team, after: &Team) {
        self.rules.retain(|pattern, _| {
            after.rules().contains_key(pattern) || !before.rules().contains_key(pattern)
        });
    }

    /// What the team as it is now leaves of this. A rule that is new in it is accepted for those who
    /// were to read all that it matches. `renamed` says under which other name the team has a member
    /// whose key is known here: that is the same one, as soon as the name is approved too.
    pub(super) fn within(&self, team: &Team, renamed: &Renamed) -> Self {
        let named_now = |now: &[MemberName]| {
            let records: Names = now.iter().flat_map(|who| team.records_of(who)).cloned().collect();
            let before = renamed.iter().filter(|(_, new)| records.contains(*new));
            let before: Vec<_> = before.map(|(old, _)| old.clone()).collect();
            Now { names: now.iter().cloned().chain(before).collect(), records }
        };
        let mut left = self.clone();
        for (group, known) in &self.groups {
            let now = team.groups().get(group).map_or(&[][..], Vec::as_slice);
            let common = self.common(self, &[known], named_now(now));
            left.groups.insert(group.clone(), common);
        }
        // A name that was a group's once is no person's later.
        for group in team.groups().keys() {
            left.groups.entry(group.clone()).or_default();
        }
        let names = team.names();
        for known in left.rules.values_mut() {
            known.retain(|name| {
                let is_there = names.contains(name) || self.groups.contains_key(name);
                is_there || renamed.contains_key(name)
            });
        }
        for (pattern, now) in team.rules() {
            if left.rules.len() >= MAX_RULES && !left.rules.contains_key(pattern) {
                // What is not learned here, the rules decide that are known.
                continue;
            }
            let common = self.common(&left, &self.over(pattern), named_now(now));
            left.rules.insert(pattern.clone(), common);
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

    /// Of those who are named now, the ones whom all of the known named: as they are named now, or
    /// else one by one where the groups that are left do not stand for them.
    fn common(&self, left: &Self, known: &[&Names], now: Now) -> Names {
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
        who.iter().any(|who| match self.groups.get(who) {
            Some(group) => group.iter().any(|name| member.is_of(name)),
            None => member.is_of(who),
        })
    }
}

#[cfg(test)]
mod tests;
