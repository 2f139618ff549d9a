//! Who may read which new file, as far as this machine has accepted that: the groups and rules it has
//! seen, less what was taken away since, and more only where its user said so. Whoever can push can
//! write groups and rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::MemberName;
use crate::store::file::{FilePattern, FileRef};
use crate::store::team::{Team, heaviest};

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

    /// Accepts that a member reads a file, and what else the rule that decides about it matches.
    pub(super) fn accept(&mut self, member: &MemberName, file: &FileRef) {
        let deciding = heaviest(&self.rules, &file.to_string());
        let deciding: Vec<_> = deciding.into_iter().map(|(pattern, _)| pattern.clone()).collect();
        for pattern in deciding {
            self.rules.entry(pattern).or_default().insert(member.clone());
        }
    }

    /// Ends what a command ended that made one team of another.
    pub(super) fn take(&mut self, before: &Team, after: &Team) {
        let all = |team: &Team, who: &[MemberName]| -> Names {
            let records = who.iter().flat_map(|who| team.records_of(who));
            records.chain(who).cloned().collect()
        };
        for (group, was) in before.groups() {
            let is = after.groups().get(group).map_or(&[][..], Vec::as_slice);
            let (was, is) = (all(before, was), all(after, is));
            if let Some(known) = self.groups.get_mut(group) {
                known.retain(|who| is.contains(who) || !was.contains(who));
            }
        }
        for (pattern, was) in before.rules() {
            let Some(is) = after.rules().get(pattern) else {
                self.rules.remove(pattern);
                continue;
            };
            let (was, is) = (all(before, was), all(after, is));
            if let Some(known) = self.rules.get_mut(pattern) {
                known.retain(|who| is.contains(who) || !was.contains(who));
            }
        }
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
        let names = team.names();
        for known in left.rules.values_mut() {
            known.retain(|name| {
                let is_there = names.contains(name) || self.groups.contains_key(name);
                is_there || renamed.contains_key(name)
            });
        }
        for (pattern, now) in team.rules() {
            let common = self.common(&left, &self.over(pattern), named_now(now));
            left.rules.insert(pattern.clone(), common);
        }
        left
    }

    /// Puts back what another one has and `past` has never had: it has not gone, but is to come.
    pub(super) fn restore(&mut self, other: &Self, past: &Self) {
        let to_come = |names: &Names, past_names: Option<&Names>| -> Names {
            let was = |who: &MemberName| {
                past_names.is_some_and(|names| names.contains(who) || past.includes(names, who))
            };
            names.iter().filter(|who| !was(who)).cloned().collect()
        };
        for (group, names) in &other.groups {
            let more = to_come(names, past.groups.get(group));
            self.groups.entry(group.clone()).or_default().extend(more);
        }
        for (pattern, names) in &other.rules {
            let more = to_come(names, past.rules.get(pattern));
            self.rules.entry(pattern.clone()).or_default().extend(more);
        }
    }

    /// Whether another one has all that this has.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let empty = Names::new();
        let is_in = |who: &Names, other: Option<&Names>| who.is_subset(other.unwrap_or(&empty));
        self.groups.iter().all(|(group, who)| is_in(who, other.groups.get(group)))
            && self.rules.iter().all(|(pattern, who)| is_in(who, other.rules.get(pattern)))
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
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;

    const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "carol/phone"];
    const GROUPS: [&str; 2] = ["ops", "web"];
    const PATTERNS: [&str; 7] =
        ["sets/*", "sets/a*", "sets/*a", "sets/ab*", "sets/aba", "sets/a*a", "pull/*"];
    const FILES: [&str; 7] = ["a", "aa", "aba", "ab", "ba", "bb", "pull/a"];
    const KEYS: [&str; 4] = [
        "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
        "age16c4che2hva7gkvhnr4jg66lje2w75u39f6udhhztsfe4xj3z7uqqzkswlt",
        "age1435ekek6c3xq0t7vynfgwgk8d6mxf8eke0al28f5c9wkpex99q3qd85pdu",
        "age1zc4s6xvhtgpfqcv59aus9ql85a34uml6rjwydskyw5wgzrwvrcrq4npucv",
    ];

    /// The same people, and more.
    fn team(more: &str) -> Team {
        let mut text = "[team]\nformat = 1\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n".to_owned();
        for (name, key) in PEOPLE.iter().zip(KEYS) {
            let _ = writeln!(text, "[members.\"{name}\"]\nto = \"{key} {name}\"");
        }
        Team::parse((text + more).as_bytes()).unwrap()
    }

    /// Teams of the same people, with any groups and rules.
    fn teams() -> impl Strategy<Value = Team> {
        let group = || subsequence(PEOPLE.to_vec(), 1..=PEOPLE.len());
        let read = subsequence([&PEOPLE[..], &GROUPS[..]].concat(), 1..=4);
        let rules = proptest::collection::btree_map(select(PATTERNS.to_vec()), read, 0..=4);
        (group(), group(), rules).prop_map(|(ops, web, rules)| {
            let mut more = String::new();
            for (name, who) in GROUPS.iter().zip([ops, web]) {
                let _ = writeln!(more, "[groups.{name}]\nmembers = {who:?}");
            }
            for (pattern, read) in &rules {
                let _ = writeln!(more, "[rules.\"{pattern}\"]\nread = {read:?}");
            }
            team(&more)
        })
    }

    fn everything() -> impl Iterator<Item = (MemberName, FileRef)> {
        PEOPLE.iter().flat_map(|who| {
            FILES.iter().map(move |file| (who.parse().unwrap(), file.parse().unwrap()))
        })
    }

    proptest! {
        #[test]
        fn what_a_team_says_is_accepted_as_it_says(team in teams()) {
            let grants = Grants::of(&team);
            prop_assert_eq!(&grants.within(&team, &Renamed::new()), &grants);
            for (who, file) in everything() {
                if let Ok(readers) = team.readers_of(file.kind, &file.name) {
                    let reads = readers.iter().any(|(reader, _)| *reader == who);
                    prop_assert_eq!(grants.lets(&who, &file), reads, "{} {}", who, file);
                }
            }
        }

        #[test]
        fn whatever_is_pushed_nobody_is_accepted_for_more(seen in teams(), pushed in proptest::collection::vec(teams(), 1..4)) {
            let mut grants = Grants::of(&seen);
            for team in &pushed {
                let left = grants.within(team, &Renamed::new());
                for (who, file) in everything() {
                    prop_assert!(grants.lets(&who, &file) || !left.lets(&who, &file), "{} {}", who, file);
                }
                grants = left;
            }
        }

        #[test]
        fn what_was_the_same_all_along_stays_accepted(seen in teams(), pushed in teams()) {
            let left = Grants::of(&seen).within(&pushed, &Renamed::new());
            for (who, file) in everything() {
                let rule = |team: &Team| team.rule_of(&file).map(|rule| rule.map(|(p, _)| p.clone()));
                let reads = |team: &Team| {
                    let readers = team.readers_of(file.kind, &file.name);
                    readers.is_ok_and(|readers| readers.iter().any(|(reader, _)| *reader == who))
                };
                if rule(&seen) == rule(&pushed) && reads(&seen) && reads(&pushed) {
                    prop_assert!(left.lets(&who, &file), "{} {}", who, file);
                }
            }
        }

        #[test]
        fn who_is_accepted_for_a_file_reads_it_and_nobody_else_more(seen in teams(), who in 0..PEOPLE.len(), file in 0..FILES.len()) {
            let before = Grants::of(&seen);
            let (member, file): (MemberName, FileRef) = (PEOPLE[who].parse().unwrap(), FILES[file].parse().unwrap());
            let mut after = before.clone();
            after.accept(&member, &file);
            prop_assert!(after.lets(&member, &file));
            for (other, file) in everything().filter(|(other, _)| !other.is_of(&member)) {
                prop_assert_eq!(before.lets(&other, &file), after.lets(&other, &file));
            }
        }
    }

    #[test]
    fn a_rule_goes_on_deciding_when_it_is_gone() {
        let file = |name: &str| name.parse::<FileRef>().unwrap();
        let grants = Grants::of(&team("[rules.\"sets/prod-*\"]\nread = [\"alice\"]\n"));
        let left = grants.within(&team(""), &Renamed::new());
        assert!(left.lets(&"alice".parse().unwrap(), &file("prod-2")));
        assert!(!left.lets(&"bob".parse().unwrap(), &file("prod-2")));
        assert!(left.lets(&"bob".parse().unwrap(), &file("web")));
    }
}
