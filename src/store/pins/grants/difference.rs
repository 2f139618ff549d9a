//! What was done to accepted groups and rules, so that it can be done to what another process has made
//! of them meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::{Grants, Names};
use crate::store::file::FilePattern;

/// What makes one of another.
#[derive(Debug, Clone, Default)]
pub(in crate::store::pins) struct Difference {
    less: Grants,
    gone: BTreeSet<FilePattern>,
    more: Grants,
}

impl Grants {
    /// What makes this of another one.
    pub(in crate::store::pins) fn since(&self, before: &Self) -> Difference {
        let is_gone = |pattern: &&FilePattern| !self.rules.contains_key(*pattern);
        Difference {
            gone: before.rules.keys().filter(is_gone).cloned().collect(),
            less: before.without(self),
            more: self.without(before),
        }
    }

    /// Does what was done to another one.
    pub(in crate::store::pins) fn change(&mut self, by: &Difference) {
        take(&mut self.groups, &by.less.groups);
        take(&mut self.rules, &by.less.rules);
        self.rules.retain(|pattern, _| !by.gone.contains(pattern));
        give(&mut self.groups, &by.more.groups);
        give(&mut self.rules, &by.more.rules);
    }

    /// Whether another one, which was made of this, lacks something.
    pub(in crate::store::pins) fn has_lost(&self, left: &Self) -> bool {
        let Self { groups, rules } = self.without(left);
        !(groups.is_empty() && rules.is_empty())
    }

    /// Of two places that know a group or a rule, each must have accepted whom it names.
    pub(in crate::store::pins) fn meet(&mut self, other: &Self) {
        meet(&mut self.groups, &other.groups);
        meet(&mut self.rules, &other.rules);
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

fn take<K: Ord>(from: &mut BTreeMap<K, Names>, less: &BTreeMap<K, Names>) {
    for (what, names) in less {
        if let Some(known) = from.get_mut(what) {
            known.retain(|who| !names.contains(who));
        }
    }
}

fn give<K: Ord + Clone>(to: &mut BTreeMap<K, Names>, more: &BTreeMap<K, Names>) {
    for (what, names) in more {
        to.entry(what.clone()).or_default().extend(names.iter().cloned());
    }
}

fn meet<K: Ord + Clone>(known: &mut BTreeMap<K, Names>, other: &BTreeMap<K, Names>) {
    for (what, names) in other {
        let known = known.entry(what.clone()).or_insert_with(|| names.clone());
        known.retain(|who| names.contains(who));
    }
}
