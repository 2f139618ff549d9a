//! What versions alone do not settle, and whoever settles it.

use std::collections::BTreeMap;

use super::Side;
use crate::crypto::Recipient;
use crate::envelope::entries::Entry;
use crate::model::{KeyName, MemberName, SecretValue};

/// Decides where merging alone cannot. Whatever it does not say is left open, and everything is if
/// nothing is overridden.
pub trait Decide {
    /// A reader for whom only an older data key vouches, or whose name has another key on each
    /// side: the keys on our side and theirs.
    fn reader(&mut self, name: &MemberName, keys: [Option<&Recipient>; 2]) -> Admission {
        let _: (&MemberName, [Option<&Recipient>; 2]) = (name, keys);
        Admission::Open
    }

    /// An entry that both sides changed, as each has it; `None` where it was removed.
    fn entry(&mut self, key: &KeyName, sides: [Option<&Entry>; 2]) -> Choice {
        let _: (&KeyName, [Option<&Entry>; 2]) = (key, sides);
        Choice::Open
    }

    /// Credentials that both sides changed, which only go together.
    fn credentials(&mut self, sides: [&BTreeMap<KeyName, Entry>; 2]) -> Option<Side> {
        let _: [&BTreeMap<KeyName, Entry>; 2] = sides;
        None
    }
}

/// Nobody is there to decide.
#[derive(Debug, Clone, Copy)]
pub struct Undecided;

impl Decide for Undecided {}

/// What becomes of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A person must say.
    Open,
    /// They read it, with the key that this side has.
    With(Side),
    /// They do not.
    Out,
}

/// What becomes of an entry.
#[derive(Debug)]
pub enum Choice {
    /// A person must say.
    Open,
    /// It is as this side has it, or gone where that removed it.
    Take(Side),
    /// It has this value, which is new.
    Value(SecretValue),
    /// It is gone.
    Remove,
}
