//! Seals: how recipients and departures prove that a holder of the data key wrote them
//! (docs/format.md "Recipients and departures").

use std::fmt;

use hmac::Mac;
use subtle::ConstantTimeEq;

use super::data_key::KEY_BYTES;
use super::encoding::{Fields, base64_decode, base64_encode};
use super::entry::keyed;
use super::{Binding, EpochKeys};
use crate::model::MemberName;

/// An HMAC-SHA256 tag. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Seal([u8; KEY_BYTES]);

impl Seal {
    /// Reads `B64` of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(base64_decode(text).ok()?.try_into().ok()?))
    }

    pub(super) fn of(key: &[u8; KEY_BYTES], message: &[u8]) -> Self {
        Self(keyed(key).chain_update(message).finalize().into_bytes().into())
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

/// The seal of a recipient: without it anyone could append themselves and wait for the next
/// rotation to be handed the key. `to` is the whole field, name included.
pub fn seal_recipient(
    keys: &EpochKeys,
    binding: &Binding,
    name: &MemberName,
    to: &str,
    wrap: &[u8],
) -> Seal {
    let mut message = binding.prefix("vault/v1/recipient");
    message.lp(name.as_str().as_bytes());
    message.lp(to.as_bytes());
    message.lp(wrap);
    message.u32(keys.epoch());
    Seal::of(&keys.seal, &message)
}

/// The seal of a departure. `to` is the whole field, name included; `until` is the last epoch the
/// departed could read.
pub fn seal_departure(
    keys: &EpochKeys,
    binding: &Binding,
    name: &MemberName,
    to: &str,
    until: u32,
) -> Seal {
    let mut message = binding.prefix("vault/v1/departed");
    message.lp(name.as_str().as_bytes());
    message.lp(to.as_bytes());
    message.u32(until);
    message.u32(keys.epoch());
    Seal::of(&keys.seal, &message)
}
