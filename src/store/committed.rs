//! The data keys that version control holds of files which were rotated since.

use std::path::Path;

use super::history::History;
use crate::crypto::{Identities, LinkKey};
use crate::envelope::{Generation, Sealed};
use crate::model::Content;

/// The data keys that the checked-out commit has of files which are no longer as they are there, as
/// far as these identities open them, each with what lets it vouch for later ones. Where there is no
/// history nobody else waits for a proof, so what cannot be known is passed over.
pub fn committed<T: Content>(
    identities: &Identities,
    history: &dyn History,
) -> Vec<(Generation, LinkKey)> {
    let mut keys = Vec::new();
    let _unknown = history.uncommitted(Path::new(T::KIND.folder()), &mut |bytes| {
        let version = Sealed::<T>::parse_past(bytes).ok();
        let key = version.as_ref().and_then(|version| version.link_key(identities).ok());
        keys.extend(version.map(|version| version.generation()).zip(key));
    });
    keys
}
