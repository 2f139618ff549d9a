//! What must happen to a file so that those read it whom the team says (docs/format.md "Recipients
//! and departures").

use std::collections::{BTreeMap, BTreeSet};

use super::team::{Team, TeamError};
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

/// Whose access is to be brought to what the team says. A new data key is for nobody whom the team
/// does not know with that key, whoever it is about.
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
    /// Of those who go or get another key, whom this is not about: nobody in the team has the key
    /// they read it with.
    pub outsiders: Vec<MemberName>,
    /// Who comes under a name that left this file with another key.
    pub departed: Vec<MemberName>,
    /// The readers there will be.
    pub readers: Recipients,
}

impl Plan {
    /// Compares a file with who is to read it. `None` when there is nothing to do.
    ///
    /// # Errors
    /// [`TeamError`]: the rules let nobody read it.
    pub fn of<T: Content>(
        sealed: &Sealed<T>,
        team: &Team,
        concerning: &Concerning,
        rotation: Rotation,
    ) -> Result<Option<Self>, TeamError> {
        let wanted = team.readers_of(T::KIND, sealed.name())?;
        let compared = Compared::of(sealed, wanted.iter().collect());
        let (nobody, outsiders) = (BTreeSet::new(), compared.outsiders(team));
        let mut plan = compared.plan(concerning, &nobody);
        if plan.as_ref().is_some_and(|plan| plan.rotates) {
            plan = compared.plan(concerning, &outsiders);
        }
        // For some alone it can be impossible, as when two exchange names; for everyone it never is.
        let everyone = || compared.plan(&Concerning::Everyone, &nobody);
        let Some(mut plan) = plan.or_else(everyone) else { return Ok(None) };
        plan.rotates |= rotation == Rotation::Always;
        let other_key = |name: &MemberName, to: &Recipient| {
            sealed.departed().get(name).is_some_and(|left| left.to != *to)
        };
        let new = plan.readers.iter().filter(|(name, _)| !compared.actual.contains_key(name));
        plan.departed =
            new.filter(|(name, to)| other_key(name, to)).map(|(name, _)| name.clone()).collect();
        Ok(plan.changes_anything().then_some(plan))
    }

    /// The readers of a file whose key the team has neither under their name nor for a reader of it:
    /// no new data key is for them.
    pub fn outsiders<T: Content>(sealed: &Sealed<T>, team: &Team) -> Vec<MemberName> {
        let wanted = team.readers_of(T::KIND, sealed.name()).ok();
        let wanted = wanted.iter().flat_map(Recipients::iter).collect();
        Compared::of(sealed, wanted).outsiders(team).into_iter().cloned().collect()
    }

    /// The readers of a file whom the team does not let read it: no new value is for them. Where it
    /// says nothing that makes sense, its [`outsiders`](Self::outsiders).
    pub fn excluded<T: Content>(sealed: &Sealed<T>, team: &Team) -> Vec<MemberName> {
        let Ok(wanted) = team.readers_of(T::KIND, sealed.name()) else {
            return Self::outsiders(sealed, team);
        };
        let is_wanted = |key: &Recipient| wanted.iter().any(|(_, to)| to == key);
        let readers = sealed.recipients().iter();
        let excluded = readers.filter(|(_, record)| !is_wanted(&record.to));
        excluded.map(|(name, _)| name.clone()).collect()
    }

    /// Whoever reads something new by this plan: those who come, and those with another key.
    pub fn gains(&self) -> impl Iterator<Item = (&MemberName, &Recipient)> {
        self.added.iter().chain(&self.replaced)
    }

    fn changes_anything(&self) -> bool {
        let readers = self.added.len() + self.replaced.len() + self.renamed.len();
        self.rotates || readers + self.removed.len() > 0
    }
}

/// The readers of a file, and who they are to be.
struct Compared<'a> {
    actual: BTreeMap<&'a MemberName, &'a Recipient>,
    wanted: BTreeMap<&'a MemberName, &'a Recipient>,
}

impl<'a> Compared<'a> {
    fn of<T: Content>(
        sealed: &'a Sealed<T>,
        wanted: BTreeMap<&'a MemberName, &'a Recipient>,
    ) -> Self {
        let actual = sealed.recipients().iter().map(|(name, record)| (name, &record.to)).collect();
        Self { actual, wanted }
    }

    /// By name, those whose key the team has neither under that name nor for a reader.
    fn outsiders(&self, team: &Team) -> BTreeSet<&MemberName> {
        let wanted: BTreeSet<&str> = self.wanted.values().map(|to| to.as_str()).collect();
        let is_known = |name: &MemberName, to: &Recipient| {
            team.members().get(name) == Some(to) || wanted.contains(to.as_str())
        };
        let outside = self.actual.iter().filter(|(name, to)| !is_known(name, to));
        outside.map(|(name, _)| *name).collect()
    }

    /// `None` when the names of what would be left clash, or nobody would be left.
    fn plan(&self, concerning: &Concerning, outsiders: &BTreeSet<&MemberName>) -> Option<Plan> {
        let Self { actual, wanted } = self;
        let new_names: BTreeMap<&str, &MemberName> =
            wanted.iter().map(|(name, to)| (to.as_str(), *name)).collect();
        let old_keys: BTreeSet<&str> = actual.values().map(|to| to.as_str()).collect();
        let mut plan = Changes::default();
        for (&name, &to) in actual {
            let other = wanted.get(name).filter(|new| !old_keys.contains(new.as_str()));
            let is_outsider = outsiders.contains(name);
            match (new_names.get(to.as_str()), other) {
                (Some(&new), _) if new != name && concerning.includes(&[name, new], &[to]) => {
                    plan.renamed.push((name.clone(), new.clone()));
                    plan.readers.push((new, to));
                }
                (None, Some(&new)) if is_outsider || concerning.includes(&[name], &[to, new]) => {
                    if !concerning.includes(&[name], &[to, new]) {
                        plan.outsiders.push(name.clone());
                    }
                    plan.replaced.insert(name.clone(), new.clone());
                    plan.leaving.push((name.clone(), to.clone()));
                    plan.readers.push((name, new));
                }
                (None, None) if concerning.includes(&[name], &[to]) => plan.removes(name, to),
                (None, _) if is_outsider => {
                    plan.outsiders.push(name.clone());
                    plan.removes(name, to);
                }
                _ => plan.readers.push((name, to)),
            }
        }
        for (&name, &to) in wanted {
            let comes = !old_keys.contains(to.as_str()) && !plan.replaced.contains_key(name);
            if comes && concerning.includes(&[name], &[to]) {
                plan.added.insert(name.clone(), to.clone());
                plan.readers.push((name, to));
            }
        }
        plan.into_plan()
    }
}

/// A plan in the making.
#[derive(Default)]
struct Changes<'a> {
    added: BTreeMap<MemberName, Recipient>,
    replaced: BTreeMap<MemberName, Recipient>,
    renamed: Vec<(MemberName, MemberName)>,
    removed: Vec<MemberName>,
    leaving: Vec<(MemberName, Recipient)>,
    outsiders: Vec<MemberName>,
    readers: Vec<(&'a MemberName, &'a Recipient)>,
}

impl Changes<'_> {
    fn removes(&mut self, name: &MemberName, to: &Recipient) {
        self.removed.push(name.clone());
        self.leaving.push((name.clone(), to.clone()));
    }

    /// `None` when names clash, or nobody is left.
    fn into_plan(self) -> Option<Plan> {
        let Self { added, replaced, renamed, removed, leaving, outsiders, readers } = self;
        let count = readers.len();
        let readers: BTreeMap<_, _> =
            readers.into_iter().map(|(name, to)| (name.clone(), to.clone())).collect();
        let readers = if readers.len() == count { Recipients::new(readers)? } else { return None };
        let (rotates, departed) = (!leaving.is_empty(), Vec::new());
        Some(Plan {
            added,
            replaced,
            renamed,
            removed,
            leaving,
            rotates,
            outsiders,
            departed,
            readers,
        })
    }
}

impl Concerning {
    fn includes(&self, names: &[&MemberName], keys: &[&Recipient]) -> bool {
        let Self::Only { names: only, keys: only_keys } = self else { return true };
        let means = |name: &&MemberName| only.iter().any(|meant| name.is_of(meant));
        names.iter().any(means) || keys.iter().any(|key| only_keys.contains(key))
    }
}
