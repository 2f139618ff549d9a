//! Which of many values changed, told without keeping one of them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::env::ChildEnv;

/// Takes fingerprints that can be compared with each other and with no others: their key is drawn
/// here and never leaves, so that a fingerprint says nothing about a value that could be guessed.
pub struct Fingerprints(Zeroizing<[u8; 64]>);

/// Of each of some named values, whether it is the same as another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<OsString, [u8; 32]>);

/// How a name differs between two fingerprints. `Display` says `+NAME`, `NAME` or `-NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added(OsString),
    /// Its value is another.
    Changed(OsString),
    /// It is no more.
    Removed(OsString),
}

impl Fingerprints {
    /// With a new key.
    pub fn new() -> Self {
        let mut key = Zeroizing::new([0; 64]);
        OsRng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// Of everything a command is about to get; what it gets in files, by the variables that will
    /// name those.
    pub fn of_env(&self, env: &ChildEnv<'_>) -> Fingerprint {
        let variables = env.pairs().map(|(name, value)| (name, value.as_encoded_bytes()));
        self.of(variables.chain(env.files().map(|(name, _, value)| (name, value))))
    }

    /// Of these values by their names.
    pub fn of<'v>(&self, values: impl IntoIterator<Item = (&'v OsStr, &'v [u8])>) -> Fingerprint {
        let mac = Hmac::<Sha256>::new((&*self.0).into());
        let tag = |value: &[u8]| mac.clone().chain_update(value).finalize().into_bytes().into();
        Fingerprint(values.into_iter().map(|(name, v)| (name.to_owned(), tag(v))).collect())
    }
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprints(redacted)")
    }
}

impl Fingerprint {
    /// What differs in a later one, by name.
    pub fn changes_to(&self, later: &Self) -> Vec<Change> {
        let now = later.0.iter().filter_map(|(name, tag)| match self.0.get(name) {
            None => Some(Change::Added(name.clone())),
            Some(before) if before != tag => Some(Change::Changed(name.clone())),
            Some(_) => None,
        });
        let gone = self.0.keys().filter(|name| !later.0.contains_key(*name));
        let mut changes: Vec<_> = now.chain(gone.cloned().map(Change::Removed)).collect();
        changes.sort_by(|a, b| a.name().cmp(b.name()));
        changes
    }
}

impl Change {
    /// Whose value it is.
    pub fn name(&self) -> &OsStr {
        match self {
            Self::Added(name) | Self::Changed(name) | Self::Removed(name) => name,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self {
            Self::Added(_) => "+",
            Self::Changed(_) => "",
            Self::Removed(_) => "-",
        };
        write!(f, "{sign}{}", self.name().display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(by: &Fingerprints, values: &[(&str, &str)]) -> Fingerprint {
        by.of(values.iter().map(|(name, value)| (OsStr::new(*name), value.as_bytes())))
    }

    #[test]
    fn changes_are_told_by_name() {
        let by = Fingerprints::new();
        let before = of(&by, &[("A", "1"), ("B", "2"), ("D", "4")]);
        assert_eq!(before.changes_to(&before), []);
        let after = of(&by, &[("A", "1"), ("B", "two"), ("C", "3")]);
        let told: Vec<_> = before.changes_to(&after).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["B", "+C", "-D"]);
    }

    #[test]
    fn the_same_values_cannot_be_recognised_by_someone_without_the_key() {
        let values = [("A", "hunter2")];
        assert_ne!(of(&Fingerprints::new(), &values), of(&Fingerprints::new(), &values));
        assert_eq!(format!("{:?}", Fingerprints::new()), "Fingerprints(redacted)");
    }
}
