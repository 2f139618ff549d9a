//! Whether a file is the one this machine knows (docs/threat-model.md "Local pins").

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::chain::follow;
use super::state::{Change, Place};
use super::{Pins, seen};
use crate::crypto::{FileId, Identities};
use crate::envelope::{Generation, Opened, Sealed};
use crate::model::{Content, SetName};
use crate::store::history::{Depth, History, NoHistory};

/// How a file stands to what was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the newest, or was never seen.
    Current,
    /// It is known, and git says that an older branch is checked out.
    OlderBranch,
}

/// Why a file may not be what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Doubt {
    /// Another id: someone made a new file, or put an old one, in its place.
    #[error("this is another file than the one this machine knows under that name")]
    OtherFile,
    /// The same epoch with another data key.
    #[error("epoch {0} has another data key than this machine has seen")]
    OtherKey(u32),
    /// An earlier epoch, on the branch of a later one.
    #[error("epoch {found} has come back, and this machine has seen epoch {newest}")]
    RolledBack {
        /// The one that stands there.
        found: u32,
        /// The newest that was seen.
        newest: u32,
    },
    /// A later epoch that the known data key does not vouch for.
    #[error(
        "no holder of the data key of epoch {newest}, which this machine knows, vouches for epoch {found}"
    )]
    Unproven {
        /// The one that stands there.
        found: u32,
        /// The newest that was seen.
        newest: u32,
    },
}

/// A doubt, and why git could not settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// What is wrong.
    pub doubt: Doubt,
    /// Why the past gave no answer, where it was asked.
    pub silent: Option<NoHistory>,
}

impl From<Doubt> for Suspicion {
    fn from(doubt: Doubt) -> Self {
        Self { doubt, silent: None }
    }
}

impl Pins {
    /// Whether an opened file is the one this machine knows, and remembers it if it is. History is
    /// asked only where what is remembered does not settle it.
    ///
    /// # Errors
    /// [`Suspicion`].
    pub fn check<T: Content>(
        &mut self,
        opened: &Opened<T>,
        identities: &Identities,
        history: &dyn History,
    ) -> Result<Standing, Suspicion> {
        let standing = self.judge(opened, identities, history)?;
        if standing == Standing::Current {
            self.learn(Change::Saw(seen(opened)));
        }
        Ok(standing)
    }

    /// Remembers that a file is right although nothing proves it: its user says so. What belongs to
    /// an older branch is only added to what is known, so that the newer one stays the measure.
    pub fn trust<T: Content>(&mut self, opened: &Opened<T>, history: &dyn History) {
        let (place, found) = ((T::KIND, opened.name().clone()), opened.generation());
        let replaced = self.state.places.get(&place).is_some_and(|id| *id != found.id);
        let behind = replaced || self.is_superseded(found);
        let older = behind && self.is_older_branch::<T>(&place, found, history) == Ok(true);
        let seen = seen(opened);
        self.learn(if older { Change::Added(seen) } else { Change::Trusted(seen) });
    }

    /// Whether a newer data key of the file is known than this one, or another of the same epoch:
    /// what is written under this one, people removed since can read.
    pub fn is_superseded(&self, generation: Generation) -> bool {
        self.newest_of(generation.id)
            .is_some_and(|newest| newest.epoch >= generation.epoch && newest != generation)
    }

    /// The data key of the file at this place that was seen last, by its public names.
    pub fn newest<T: Content>(&self, name: &SetName) -> Option<Generation> {
        self.newest_of(*self.state.places.get(&(T::KIND, name.clone()))?)
    }

    /// The data key of this file that was seen last, wherever it stands.
    pub fn newest_of(&self, id: FileId) -> Option<Generation> {
        let newest = &self.state.files.get(&id)?.newest;
        Some(Generation { id, epoch: newest.epoch, commitment: newest.commitment })
    }

    fn judge<T: Content>(
        &self,
        opened: &Opened<T>,
        identities: &Identities,
        history: &dyn History,
    ) -> Result<Standing, Suspicion> {
        let (place, found) = ((T::KIND, opened.name().clone()), opened.generation());
        let replaced = self.state.places.get(&place).is_some_and(|id| *id != found.id);
        let Some(ages) = self.state.files.get(&found.id) else {
            return if replaced { Err(Doubt::OtherFile.into()) } else { Ok(Standing::Current) };
        };
        let newest = ages.newest.epoch;
        let older = Doubt::RolledBack { found: found.epoch, newest };
        if ages.knows(found) {
            let doubt = match () {
                () if replaced => Doubt::OtherFile,
                () if found.epoch < newest => older,
                () => return Ok(Standing::Current),
            };
            return match self.is_older_branch::<T>(&place, found, history) {
                Ok(true) => Ok(Standing::OlderBranch),
                Ok(false) => Err(doubt.into()),
                Err(silent) => Err(Suspicion { doubt, silent: Some(silent) }),
            };
        }
        match () {
            () if replaced => Err(Doubt::OtherFile.into()),
            () if found.epoch > newest => {
                follow(ages, opened, identities, history).map(|()| Standing::Current)
            }
            () if ages.knows_epoch(found.epoch) => Err(Doubt::OtherKey(found.epoch).into()),
            () => Err(older.into()),
        }
    }

    /// Whether what is checked out has this data key for its newest: HEAD's file has it, and no
    /// commit behind HEAD has a later one in any place, nor the file that was known in its place. A file that no
    /// commit has ever held came here by no push.
    fn is_older_branch<T: Content>(
        &self,
        place: &Place,
        found: Generation,
        history: &dyn History,
    ) -> Result<bool, NoHistory> {
        let path = path_of(place);
        let head = history.at_head(&path)?;
        let committed = head.is_some();
        let generation = head
            .and_then(|bytes| Sealed::<T>::parse(&bytes, &place.1).ok())
            .map(|s| s.generation());
        if committed && generation != Some(found) {
            return Ok(false);
        }
        let known = self.state.places.get(place).filter(|id| **id != found.id);
        let mut newer = false;
        let depth = history.versions_anywhere(Path::new(T::KIND.folder()), &mut |bytes| {
            let Ok(version) = Sealed::<T>::parse_past(bytes) else { return };
            let other = version.generation();
            newer |= other.id == found.id && other.epoch > found.epoch;
            newer |= *version.name() == place.1 && (known == Some(&other.id) || !committed);
        })?;
        match depth {
            Depth::Whole => Ok(!newer),
            Depth::Shallow if newer => Ok(false),
            Depth::Shallow => Err(NoHistory::Shallow),
        }
    }
}

/// A file's path below `.secrets`.
fn path_of((kind, name): &Place) -> PathBuf {
    Path::new(kind.folder()).join(format!("{name}.toml"))
}
