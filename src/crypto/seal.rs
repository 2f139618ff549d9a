//! Seals: how recipients and departures prove that a holder of the data key wrote them
//! (docs/format.md "Recipients and departures").

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::data_key::KEY_BYTES;
use super::encoding::{base64_decode, base64_encode, length_of};
use super::entry::keyed;
use super::{Binding, EpochKeys, Recipient};
use crate::model::MemberName;

/// An HMAC-SHA256 tag. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Seal([u8; KEY_BYTES]);

impl Seal {
    /// Reads `B64` of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(base64_decode(text).ok()?.try_into().ok()?))
    }

    pub(super) fn of(mac: Hmac<Sha256>) -> Self {
        Self(mac.finalize().into_bytes().into())
    }
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Seal {}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64_encode(&self.0))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes the seals of one file and epoch. A file may have a thousand, so what they begin with is
/// hashed once.
pub struct Sealer {
    recipient: Hmac<Sha256>,
    departed: Hmac<Sha256>,
    epoch: u32,
}

impl Sealer {
    /// For this file, with the keys of this epoch.
    pub fn new(keys: &EpochKeys, binding: &Binding) -> Self {
        let begin = |label| keyed(&keys.seal).chain_update(binding.prefix(label));
        Self {
            recipient: begin("vault/v1/recipient"),
            departed: begin("vault/v1/departed"),
            epoch: keys.epoch(),
        }
    }

    /// The seal of a recipient: without it anyone could append themselves and wait for the next
    /// rotation to be handed the key.
    pub fn recipient(&self, name: &MemberName, to: &Recipient, wrap: &[u8]) -> Seal {
        let mut mac = self.recipient.clone();
        update_whom(&mut mac, name, to);
        update_lp(&mut mac, &[wrap]);
        mac.update(&self.epoch.to_le_bytes());
        Seal::of(mac)
    }

    /// The seal of a departure; `until` is the last epoch the departed could read.
    pub fn departed(&self, name: &MemberName, to: &Recipient, until: u32) -> Seal {
        let mut mac = self.departed.clone();
        update_whom(&mut mac, name, to);
        mac.update(&until.to_le_bytes());
        mac.update(&self.epoch.to_le_bytes());
        Seal::of(mac)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// `lp(name) || lp(to)`, where `to` is the whole field: the key, one space, the record's own name.
fn update_whom(mac: &mut Hmac<Sha256>, name: &MemberName, to: &Recipient) {
    let (name, to) = (name.as_str().as_bytes(), to.as_str().as_bytes());
    update_lp(mac, &[name]);
    update_lp(mac, &[to, b" ", name]);
}

/// `lp` of the parts together.
fn update_lp(mac: &mut Hmac<Sha256>, parts: &[&[u8]]) {
    let length = parts.iter().map(|part| part.len()).sum();
    mac.update(&length_of(length));
    for part in parts {
        mac.update(part);
    }
}
