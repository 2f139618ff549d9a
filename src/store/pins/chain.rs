//! Proving a later data key by the links between it and one that is known.

use std::path::Path;

use super::judge::{Doubt, Suspicion};
use super::state::Ages;
use crate::crypto::{Identities, LinkKey};
use crate::envelope::{Generation, Link, Opened, Sealed};
use crate::model::Content;
use crate::store::history::{Depth, History, NoHistory};

/// Most versions, and bytes of them, that are held while a chain is looked for.
const MAX_VERSIONS: usize = 512;
const MAX_VERSION_BYTES: usize = 64 << 20;

/// Looks for a link, or a chain of links through history, from the newest known data key.
pub(super) fn follow<T: Content>(
    ages: &Ages,
    opened: &Opened<T>,
    identities: &Identities,
    history: &dyn History,
) -> Result<(), Suspicion> {
    let found = opened.generation();
    let (epoch, commitment) = (ages.newest.epoch, ages.newest.commitment);
    let start = Known {
        generation: Generation { id: found.id, epoch, commitment },
        key: ages.newest.key.clone(),
    };
    if start.vouches(found, opened.prev()) {
        return Ok(());
    }
    let doubt = Doubt::Unproven { found: found.epoch, newest: epoch };
    let between = between::<T>(start.generation, found, history);
    let (versions, depth) = between.map_err(|silent| Suspicion { doubt, silent: Some(silent) })?;
    let versions = leading_to(opened.prev(), versions);
    if reaches(start, &versions, opened, identities) {
        return Ok(());
    }
    Err(Suspicion { doubt, silent: (depth == Depth::Shallow).then_some(NoHistory::Shallow) })
}

/// A data key that is proven, and what it can vouch with.
struct Known {
    generation: Generation,
    key: LinkKey,
}

impl Known {
    fn vouches(&self, later: Generation, prev: &[Link]) -> bool {
        let Generation { id, epoch, commitment } = later;
        prev.iter().any(|link| {
            link.names(self.generation.epoch, self.generation.commitment)
                && self.key.vouches(id, epoch, commitment, link.proof)
        })
    }
}

/// The versions of the file that lie between two of its data keys.
fn between<T: Content>(
    from: Generation,
    to: Generation,
    history: &dyn History,
) -> Result<(Vec<Sealed<T>>, Depth), NoHistory> {
    let (mut versions, mut room) = (Vec::new(), MAX_VERSION_BYTES);
    let depth = history.versions(Path::new(T::KIND.folder()), &mut |bytes| {
        let Ok(version) = Sealed::<T>::parse_past(bytes) else { return };
        let Generation { id, epoch, .. } = version.generation();
        let is_between = id == to.id && from.epoch < epoch && epoch < to.epoch;
        if is_between && bytes.len() <= room && versions.len() < MAX_VERSIONS {
            room -= bytes.len();
            versions.push(version);
        }
    })?;
    Ok((versions, depth))
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

/// Goes from link to link. Each is proved by a key that is known before what it leads to is opened,
/// so that a version someone made up is never more than a dead end.
fn reaches<T: Content>(
    start: Known,
    versions: &[Sealed<T>],
    goal: &Opened<T>,
    identities: &Identities,
) -> bool {
    let mut known = vec![start];
    let mut at = 0;
    while let Some(step) = known.get(at) {
        if step.vouches(goal.generation(), goal.prev()) {
            return true;
        }
        let mut found: Vec<Known> = Vec::new();
        for version in versions {
            let generation = version.generation();
            let is_known = |other: &Known| other.generation == generation;
            if known.iter().chain(&found).any(is_known) || !step.vouches(generation, version.prev())
            {
                continue;
            }
            if let Ok(key) = version.link_key(identities) {
                found.push(Known { generation, key });
            }
        }
        known.append(&mut found);
        at += 1;
    }
    false
}
