//! Proving a later data key by the links between it and one that is known.

use super::generation::Generation;
use super::sealed::{Link, Sealed};
use crate::crypto::{Identities, LinkKey};
use crate::model::Content;

/// Most versions, and bytes of them, that are held while a chain is looked for.
const MAX_VERSIONS: usize = 512;
const MAX_VERSION_BYTES: usize = 64 << 20;

/// A data key that is proven, and what it can vouch with.
#[derive(Debug)]
pub struct Voucher {
    generation: Generation,
    key: LinkKey,
}

/// Versions of a file that lie between two of its data keys, as they are found in history.
#[derive(Debug)]
pub struct Between<T> {
    from: Generation,
    to: Generation,
    versions: Vec<Sealed<T>>,
    room: usize,
}

impl Voucher {
    /// What this data key can vouch with.
    pub fn new(generation: Generation, key: LinkKey) -> Self {
        Self { generation, key }
    }

    /// Whether one of the links was made by a holder of this key, for that one.
    pub fn vouches(&self, later: Generation, prev: &[Link]) -> bool {
        let Generation { id, epoch, commitment } = later;
        prev.iter().any(|link| {
            link.names(self.generation.epoch, self.generation.commitment)
                && self.key.vouches(id, epoch, commitment, link.proof)
        })
    }

    /// The versions that a chain from here to there may go through; none yet.
    pub fn between<T>(&self, later: Generation) -> Between<T> {
        let (from, to) = (self.generation, later);
        Between { from, to, versions: Vec::new(), room: MAX_VERSION_BYTES }
    }

    /// Whether a chain of links leads there by way of `past`. Each link is proved by a key that is
    /// known before what it leads to is opened, so that a version someone made up is never more
    /// than a dead end.
    pub fn reaches<T: Content>(
        self,
        goal: Generation,
        prev: &[Link],
        past: Between<T>,
        identities: &Identities,
    ) -> bool {
        let versions = leading_to(prev, past.versions);
        let mut known = vec![self];
        let mut at = 0;
        while let Some(step) = known.get(at) {
            if step.vouches(goal, prev) {
                return true;
            }
            let mut found: Vec<Self> = Vec::new();
            for version in &versions {
                let generation = version.generation();
                let is_known = |other: &Self| other.generation == generation;
                if known.iter().chain(&found).any(is_known)
                    || !step.vouches(generation, version.prev())
                {
                    continue;
                }
                if let Ok(key) = version.link_key(identities) {
                    found.push(Self { generation, key });
                }
            }
            known.append(&mut found);
            at += 1;
        }
        false
    }
}

impl<T: Content> Between<T> {
    /// Keeps what may be a version of the file, if it is one that matters.
    pub fn take(&mut self, bytes: &[u8]) {
        let Ok(version) = Sealed::<T>::parse_past(bytes) else { return };
        let Generation { id, epoch, .. } = version.generation();
        let matters = id == self.to.id && self.from.epoch < epoch && epoch < self.to.epoch;
        if matters && bytes.len() <= self.room && self.versions.len() < MAX_VERSIONS {
            self.room -= bytes.len();
            self.versions.push(version);
        }
    }
}

/// Those from which links lead here. Nobody is asked to open any other.
fn leading_to<T: Content>(prev: &[Link], versions: Vec<Sealed<T>>) -> Vec<Sealed<T>> {
    let (mut leading, mut rest) = (Vec::<Sealed<T>>::new(), versions);
    loop {
        let leads = |version: &Sealed<T>| {
            let Generation { epoch, commitment, .. } = version.generation();
            let links = leading.iter().flat_map(Sealed::prev).chain(prev);
            links.into_iter().any(|link| link.names(epoch, commitment))
        };
        let (more, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(leads);
        if more.is_empty() {
            return leading;
        }
        leading.extend(more);
        rest = others;
    }
}
