//! What was done to accepted groups and rules, so that it can be done to what another process has made
//! of them meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::{Grants, Names};
use crate::model::MemberName;
use crate::store::file::FilePattern;

/// What makes one of another.
#[derive(Debug, Clone, Default)]
pub(in crate::store::pins) struct Difference {
    less: Grants,
    gone: (BTreeSet<MemberName>, BTreeSet<FilePattern>),
    more: Grants,
}

impl Grants {
    /// What makes this of another one.
    pub(in crate::store::pins) fn since(&self, before: &Self) -> Difference {
        Difference {
            gone: (gone(&before.groups, &self.groups), gone(&before.rules, &self.rules)),
            less: before.without(self),
            more: self.without(before),
        }
    }

    /// Does what was done to another one.
    pub(in crate::store::pins) fn change(&mut self, by: &Difference) {
        subtract(&mut self.groups, &by.less.groups);
        subtract(&mut self.rules, &by.less.rules);
        let (groups, rules) = &by.gone;
        self.groups.retain(|group, _| !groups.contains(group));
        self.rules.retain(|pattern, _| !rules.contains(pattern));
        add(&mut self.groups, &by.more.groups);
        add(&mut self.rules, &by.more.rules);
    }

    /// Whether another one has something that this lacks.
    pub(in crate::store::pins) fn lacks_some_of(&self, other: &Self) -> bool {
        let Self { groups, rules } = other.without(self);
        !(groups.is_empty() && rules.is_empty())
    }

    /// What two places have both accepted. A group that only one of them knows begins with nobody,
    /// and a rule with those who read all that it matches by what the other one knows.
    pub(in crate::store::pins) fn agreed_with(&self, other: &Self) -> Self {
        let mut agreed = Self::default();
        for group in self.groups.keys().chain(other.groups.keys()) {
            let both = self.groups.get(group).zip(other.groups.get(group));
            let both = both.map_or_else(Names::new, |(one, other)| one & other);
            agreed.groups.insert(group.clone(), both);
        }
        for (one, other) in [(self, other), (other, self)] {
            for (pattern, names) in &one.rules {
                let over = other.over(pattern);
                let is_let = |who: &&MemberName| {
                    let knows = |known: &&Names| known.contains(*who) || other.includes(known, who);
                    over.iter().all(knows)
                };
                let names = names.iter().filter(is_let).cloned();
                agreed.rules.entry(pattern.clone()).or_default().extend(names);
            }
        }
        agreed
    }

    /// What this has, and another one does not.
    fn without(&self, other: &Self) -> Self {
        Self {
            groups: without(&self.groups, &other.groups),
            rules: without(&self.rules, &other.rules),
        }
    }
}

fn without<K: Ord + Clone>(
    all: &BTreeMap<K, Names>,
    other: &BTreeMap<K, Names>,
) -> BTreeMap<K, Names> {
    let left = |(what, names): (&K, &Names)| {
        let left: Names = match other.get(what) {
            None => names.clone(),
            Some(known) if names.is_subset(known) => return None,
            Some(known) => names.difference(known).cloned().collect(),
        };
        Some((what.clone(), left))
    };
    all.iter().filter_map(left).collect()
}

fn gone<K: Ord + Clone>(before: &BTreeMap<K, Names>, now: &BTreeMap<K, Names>) -> BTreeSet<K> {
    before.keys().filter(|what| !now.contains_key(*what)).cloned().collect()
}

fn subtract<K: Ord>(from: &mut BTreeMap<K, Names>, less: &BTreeMap<K, Names>) {
    for (what, names) in less {
        if let Some(known) = from.get_mut(what) {
            known.retain(|who| !names.contains(who));
        }
    }
}

fn add<K: Ord + Clone>(to: &mut BTreeMap<K, Names>, more: &BTreeMap<K, Names>) {
    for (what, names) in more {
        to.entry(what.clone()).or_default().extend(names.iter().cloned());
    }
}
