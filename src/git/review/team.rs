//! What became of the team file.

use std::collections::{BTreeMap, BTreeSet};

use crate::envelope::ReaderChange;
use crate::git::survey::Survey;
use crate::model::MemberName;
use crate::store::{FilePattern, Team};

/// One difference between two team files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamChange {
    /// There was none that could be read.
    Began,
    /// There is none any more that can be read.
    Ended,
    /// A member.
    Member(ReaderChange),
    /// A group: who joined it and who left it.
    Group {
        /// Which.
        name: MemberName,
        /// Who is in it now.
        joined: Vec<MemberName>,
        /// Who no longer is.
        left: Vec<MemberName>,
        /// What became of the group itself.
        fate: RecordFate,
    },
    /// A rule: who may read by it.
    Rule {
        /// Which.
        pattern: FilePattern,
        /// Who may now, by this rule.
        joined: Vec<MemberName>,
        /// Who no longer may.
        left: Vec<MemberName>,
        /// What became of the rule itself.
        fate: RecordFate,
    },
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFate {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

pub(super) fn changes(before: &Survey, now: &Survey) -> Vec<TeamChange> {
    let (old, new) = match (&before.team, &now.team) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => return vec![TeamChange::Began],
        (Some(_), None) => return vec![TeamChange::Ended],
        (None, None) => return Vec::new(),
    };
    let members = ReaderChange::between(old.members(), new.members());
    let mut changes: Vec<TeamChange> = members.into_iter().map(TeamChange::Member).collect();
    changes.extend(
        records(old, new, Team::groups).map(|(name, joined, left, fate)| TeamChange::Group {
            name,
            joined,
            left,
            fate,
        }),
    );
    changes.extend(
        records(old, new, Team::rules).map(|(pattern, joined, left, fate)| TeamChange::Rule {
            pattern,
            joined,
            left,
            fate,
        }),
    );
    changes
}

type Lists<K> = BTreeMap<K, Vec<MemberName>>;

fn records<'a, K: Ord + Clone + 'a>(
    old: &'a Team,
    new: &'a Team,
    lists: impl Fn(&'a Team) -> &'a Lists<K>,
) -> impl Iterator<Item = (K, Vec<MemberName>, Vec<MemberName>, RecordFate)> {
    let (old, new) = (lists(old), lists(new));
    let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter_map(move |key| {
        let names = |list: Option<&Vec<MemberName>>| -> BTreeSet<MemberName> {
            list.into_iter().flatten().cloned().collect()
        };
        let (was, is) = (old.get(key), new.get(key));
        let fate = match (was, is) {
            (None, _) => RecordFate::Added,
            (_, None) => RecordFate::Removed,
            (Some(was), Some(is)) if was == is => return None,
            _ => RecordFate::Changed,
        };
        let (was, is) = (names(was), names(is));
        let joined = is.difference(&was).cloned().collect();
        let left = was.difference(&is).cloned().collect();
        Some((key.clone(), joined, left, fate))
    })
}
