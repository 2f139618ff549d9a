//! Proving a later data key by the links between it and the newest that this machine knows.

use std::path::Path;

use super::judge::{Doubt, Suspicion};
use super::state::Ages;
use crate::crypto::Identities;
use crate::envelope::{Generation, Opened, Voucher};
use crate::model::Content;
use crate::store::history::{Depth, History, NoHistory};

/// Looks for a link, or a chain of links through history, from the newest known data key.
pub(super) fn follow<T: Content>(
    ages: &Ages,
    opened: &Opened<T>,
    identities: &Identities,
    history: &dyn History,
) -> Result<(), Suspicion> {
    let found = opened.generation();
    let (epoch, commitment) = (ages.newest.epoch, ages.newest.commitment);
    let start =
        Voucher::new(Generation { id: found.id, epoch, commitment }, ages.newest.key.clone());
    if start.vouches(found, opened.prev()) {
        return Ok(());
    }
    let doubt = Doubt::Unproven { found: found.epoch, newest: epoch };
    let mut past = start.between::<T>(found);
    let folder = Path::new(T::KIND.folder());
    let depth = history.versions(folder, &mut |bytes| past.take(bytes));
    let depth = depth.map_err(|silent| Suspicion { doubt, silent: Some(silent) })?;
    if start.reaches(found, opened.prev(), past, identities) {
        return Ok(());
    }
    Err(Suspicion { doubt, silent: (depth == Depth::Shallow).then_some(NoHistory::Shallow) })
}
