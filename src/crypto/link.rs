//! Links: how one epoch's key vouches for the next (docs/format.md "Keys").

use std::fmt;

use hmac::Mac;
use zeroize::Zeroizing;

use super::data_key::{SecretKey, key_of_text, text_of_key};
use super::encoding::Fields;
use super::entry::keyed;
use super::{Binding, Commitment, EpochKeys, FileId, Seal};

/// What is left of an epoch's data key to vouch for later ones: it opens nothing. Wiped on drop.
#[derive(Clone)]
pub struct LinkKey(SecretKey);

impl LinkKey {
    /// Reads `b64:…`.
    pub fn parse(text: &str) -> Option<Self> {
        key_of_text(text).map(Self)
    }

    /// `b64:…`, for a file that its owner alone can read.
    pub fn to_text(&self) -> Zeroizing<String> {
        text_of_key(&self.0)
    }

    /// The link to a later epoch of the file `id`, as a holder of this epoch's data key makes it.
    pub fn link(&self, id: FileId, epoch: u32, commitment: Commitment) -> Seal {
        prove(&self.0, id, epoch, commitment)
    }

    /// Whether a holder of this key made the link to an epoch of the file `id`.
    pub fn vouches(&self, id: FileId, epoch: u32, commitment: Commitment, proof: Seal) -> bool {
        prove(&self.0, id, epoch, commitment) == proof
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(redacted)")
    }
}

impl EpochKeys {
    /// What to remember of this epoch.
    pub fn link_key(&self) -> LinkKey {
        LinkKey(self.link.clone())
    }
}

/// The link from the epoch of `old` to a later one: whoever remembers the link key of the old
/// epoch can tell a real rotation from one made up by an outsider.
pub fn link(old: &EpochKeys, binding: &Binding, epoch: u32, commitment: Commitment) -> Seal {
    prove(&old.link, binding.id(), epoch, commitment)
}

fn prove(key: &SecretKey, id: FileId, epoch: u32, commitment: Commitment) -> Seal {
    let mut message = Vec::new();
    message.lp(b"vault/v1/prev");
    message.extend_from_slice(id.as_bytes());
    message.u32(epoch);
    message.lp(commitment.to_string().as_bytes());
    Seal::of(keyed(key).chain_update(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::DataKey;
    use crate::model::SecretSet;

    #[test]
    fn a_link_key_vouches_for_what_it_made_and_nothing_else() {
        let binding = Binding::new(FileId::random(), "web".parse().unwrap(), &SecretSet);
        let (_, old) = DataKey::fresh(&binding, 1);
        let new = DataKey::fresh(&binding, 2).1.commitment();
        let proof = link(&old, &binding, 2, new);
        let key = LinkKey::parse(&old.link_key().to_text()).unwrap();
        assert!(key.vouches(binding.id(), 2, new, proof));
        assert_eq!(key.link(binding.id(), 2, new), proof);
        assert!(!key.vouches(binding.id(), 3, new, proof));
        assert!(!key.vouches(FileId::random(), 2, new, proof));
        assert!(!key.vouches(binding.id(), 2, old.commitment(), proof));
        let other = DataKey::fresh(&binding, 1).1.link_key();
        assert!(!other.vouches(binding.id(), 2, new, proof));
        assert_eq!(format!("{key:?}"), "LinkKey(redacted)");
    }
}
