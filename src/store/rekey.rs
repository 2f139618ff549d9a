//! What must happen to a file so that those read it whom the team says (docs/format.md "Recipients
//! and departures").

use std::collections::{BTreeMap, BTreeSet};

use crate::crypto::Recipient;
use crate::envelope::{Recipients, Sealed};
use crate::model::{Content, MemberName};

/// Whether files get new data keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Where someone leaves.
    AsNeeded,
    /// All of them.
    Always,
}

/// Whose access is to be brought to what the team says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concerning {
    /// Everyone's.
    Everyone,
    /// That of these persons, devices and keys; what else differs stays as it is. By key too: a
    /// file that is behind may have a key under an older name.
    Only {
        /// Persons or devices.
        names: Vec<MemberName>,
        /// Keys they have or had.
        keys: Vec<Recipient>,
    },
}

/// How the readers of one file will change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Who comes.
    pub added: BTreeMap<MemberName, Recipient>,
    /// Who gets another key.
    pub replaced: BTreeMap<MemberName, Recipient>,
    /// Whose key stays under another name: old and new.
    pub renamed: Vec<(MemberName, MemberName)>,
    /// Who goes.
    pub removed: Vec<MemberName>,
    /// Whose keys will not open it any more: of those who go, and old ones of those who get another.
    pub leaving: Vec<(MemberName, Recipient)>,
    /// Whether the file gets a new data key.
    pub rotates: bool,
    /// Who comes under a name that left this file with another key.
    pub departed: Vec<MemberName>,
    /// The readers there will be.
    pub readers: Recipients,
}

impl Plan {
    /// Compares a file with who is to read it. `None` when there is nothing to do.
    pub fn of<T: Content>(
        sealed: &Sealed<T>,
        wanted: &Recipients,
        concerning: &Concerning,
        rotation: Rotation,
    ) -> Option<Self> {
        let actual: BTreeMap<&MemberName, &Recipient> =
            sealed.recipients().iter().map(|(name, record)| (name, &record.to)).collect();
        let wanted: BTreeMap<&MemberName, &Recipient> = wanted.iter().collect();
        let plan = Self::between(&actual, &wanted, concerning);
        // For some alone it can be impossible, as when two exchange names; for everyone it never is.
        let mut plan = plan.or_else(|| Self::between(&actual, &wanted, &Concerning::Everyone))?;
        plan.rotates |= rotation == Rotation::Always;
        let other_key = |name: &MemberName, to: &Recipient| {
            sealed.departed().get(name).is_some_and(|left| left.to != *to)
        };
        let new = plan.readers.iter().filter(|(name, _)| !actual.contains_key(name));
        plan.departed =
            new.filter(|(name, to)| other_key(name, to)).map(|(name, _)| name.clone()).collect();
        plan.changes_anything().then_some(plan)
    }

    /// Whoever reads something new by this plan: those who come, and those with another key.
    pub fn gains(&self) -> impl Iterator<Item = (&MemberName, &Recipient)> {
        self.added.iter().chain(&self.replaced)
    }

    fn changes_anything(&self) -> bool {
        let readers = self.added.len() + self.replaced.len() + self.renamed.len();
        self.rotates || readers + self.removed.len() > 0
    }

    /// `None` when the names of what would be left clash, or nobody would be left.
    fn between(
        actual: &BTreeMap<&MemberName, &Recipient>,
        wanted: &BTreeMap<&MemberName, &Recipient>,
        concerning: &Concerning,
    ) -> Option<Self> {
        let new_names: BTreeMap<&str, &MemberName> =
            wanted.iter().map(|(name, to)| (to.as_str(), *name)).collect();
        let old_keys: BTreeSet<&str> = actual.values().map(|to| to.as_str()).collect();
        let (mut added, mut replaced) = (BTreeMap::new(), BTreeMap::new());
        let (mut renamed, mut removed) = (Vec::new(), Vec::new());
        let (mut readers, mut leaving) = (Vec::new(), Vec::new());
        for (&name, &to) in actual {
            let other = wanted.get(name).filter(|new| !old_keys.contains(new.as_str()));
            match (new_names.get(to.as_str()), other) {
                (Some(&new), _) if new != name && concerning.includes(&[name, new], &[to]) => {
                    renamed.push((name.clone(), new.clone()));
                    readers.push((new, to));
                }
                (None, Some(&new)) if concerning.includes(&[name], &[to, new]) => {
                    replaced.insert(name.clone(), new.clone());
                    leaving.push((name.clone(), to.clone()));
                    readers.push((name, new));
                }
                (None, None) if concerning.includes(&[name], &[to]) => {
                    removed.push(name.clone());
                    leaving.push((name.clone(), to.clone()));
                }
                _ => readers.push((name, to)),
            }
        }
        for (&name, &to) in wanted {
            let comes = !old_keys.contains(to.as_str()) && !replaced.contains_key(name);
            if comes && concerning.includes(&[name], &[to]) {
                added.insert(name.clone(), to.clone());
                readers.push((name, to));
            }
        }
        let count = readers.len();
        let readers: BTreeMap<_, _> =
            readers.into_iter().map(|(name, to)| (name.clone(), to.clone())).collect();
        let readers = if readers.len() == count { Recipients::new(readers)? } else { return None };
        let (rotates, departed) = (!leaving.is_empty(), Vec::new());
        Some(Self { added, replaced, renamed, removed, leaving, rotates, departed, readers })
    }
}

impl Concerning {
    fn includes(&self, names: &[&MemberName], keys: &[&Recipient]) -> bool {
        let Self::Only { names: only, keys: only_keys } = self else { return true };
        let means = |name: &&MemberName| only.iter().any(|meant| name.is_of(meant));
        names.iter().any(means) || keys.iter().any(|key| only_keys.contains(key))
    }
}
