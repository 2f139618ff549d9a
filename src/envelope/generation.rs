//! Which data key a file is under: what can be remembered of a file without holding its secrets.

use super::opened::{OpenError, Opened};
use super::sealed::{Link, Sealed};
use crate::crypto::{Commitment, FileId, Identities, LinkKey};
use crate::model::{Content, SetName};

/// A file and one of its data keys, by their public names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// The file.
    pub id: FileId,
    /// The data-key generation, from 1.
    pub epoch: u32,
    /// The fingerprint of the data key; it binds kind, name and epoch too.
    pub commitment: Commitment,
}

impl Link {
    /// Whether this claims to come from that data key. Only its link key tells whether it does.
    pub fn names(&self, epoch: u32, commitment: Commitment) -> bool {
        self.epoch == epoch && self.key_id == commitment.key_id()
    }
}

impl<T: Content> Sealed<T> {
    /// The data key it claims to be under.
    pub fn generation(&self) -> Generation {
        Generation { id: self.id, epoch: self.epoch, commitment: self.commitment }
    }

    /// What its data key leaves behind to vouch for later ones. Of the file only the wraps and the
    /// commitment are checked, so that nothing else of an earlier version matters.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn link_key(&self, identities: &Identities) -> Result<LinkKey, OpenError> {
        Ok(self.unlock(identities)?.keys.link_key())
    }
}

impl<T: Content> Opened<T> {
    /// The data key it will be written under, or was read under.
    pub fn generation(&self) -> Generation {
        Generation { id: self.id(), epoch: self.epoch(), commitment: self.keys.commitment() }
    }

    /// A later epoch of this file is known, though it may be undone: a new data key must not get an
    /// epoch that another one had.
    pub fn note_seen_epoch(&mut self, epoch: u32) {
        self.seen_epoch = self.seen_epoch.max(epoch);
    }

    /// Version control holds this file under an earlier data key. It vouches for a new one, too:
    /// others know it, and may never see the one on disk, which is not committed.
    pub fn note_committed(&mut self, earlier: Generation, key: LinkKey) {
        if earlier.id == self.id() && earlier.epoch < self.epoch() {
            self.committed = Some((earlier, key));
        }
    }

    /// What this data key leaves behind to vouch for later ones.
    pub fn link_key(&self) -> LinkKey {
        self.keys.link_key()
    }

    /// The links to earlier epochs.
    pub fn prev(&self) -> &[Link] {
        &self.prev
    }

    /// The file's name.
    pub fn name(&self) -> &SetName {
        self.binding.name()
    }
}
