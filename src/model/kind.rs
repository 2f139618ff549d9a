//! What a file holds: a secret set or an image pull secret.
//!
//! The kind is a type parameter of the envelope, so a pull secret cannot reach `exec`.

use std::fmt::{self, Debug};
use std::str::FromStr;

use thiserror::Error;

use super::{KeyName, ServerName};

/// The kinds of file this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A secret set, `.secrets/sets/NAME.toml`.
    Set,
    /// An image pull secret, `.secrets/pull/NAME.toml`.
    Pull,
}

impl Kind {
    /// The value of the `kind` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Pull => "pull",
        }
    }

    /// The folder under `.secrets/` such files stand in.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Set => "sets",
            Self::Pull => "pull",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The plain, authenticated part of a file that its kind adds.
///
/// Implemented by [`SecretSet`] and [`PullSecret`] and by nothing else.
pub trait Content: Debug + Clone + PartialEq + Eq + private::Only {
    /// The kind of file.
    const KIND: Kind;

    /// Builds the content from the `[pull]` table of a file, if it has one; `None` when the table
    /// is there and must not be, or the other way round.
    fn from_pull(pull: Option<PullSecret>) -> Option<Self>;

    /// The `[pull]` table to write.
    fn pull(&self) -> Option<&PullSecret>;

    /// Whether a file of this kind may hold an entry of this name.
    fn allows(key: &KeyName) -> bool;
}

/// A named set of key/value secrets. Everything plain about it stands in its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretSet;

impl Content for SecretSet {
    const KIND: Kind = Kind::Set;

    fn from_pull(pull: Option<PullSecret>) -> Option<Self> {
        pull.is_none().then_some(Self)
    }

    fn pull(&self) -> Option<&PullSecret> {
        None
    }

    fn allows(_: &KeyName) -> bool {
        true
    }
}

/// The entry of a pull secret that holds the user's name.
pub const USERNAME: &str = "username";

/// The entry of a pull secret that holds the password, token or key.
pub const PASSWORD: &str = "password";

/// Credentials for one image registry. Its entries are exactly `username` and `password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullSecret {
    /// The family of registry.
    pub registry: RegistryKind,
    /// Its address.
    pub server: ServerName,
}

impl Content for PullSecret {
    const KIND: Kind = Kind::Pull;

    fn from_pull(pull: Option<PullSecret>) -> Option<Self> {
        pull
    }

    fn pull(&self) -> Option<&PullSecret> {
        Some(self)
    }

    fn allows(key: &KeyName) -> bool {
        matches!(key.as_str(), USERNAME | PASSWORD)
    }
}

/// The families of registry, which differ in how credentials look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryKind {
    /// Docker Hub.
    Docker,
    /// Azure Container Registry.
    Acr,
    /// Google Artifact Registry.
    Gar,
    /// Amazon Elastic Container Registry.
    Ecr,
    /// GitHub Container Registry.
    Ghcr,
    /// Quay.
    Quay,
    /// Any other.
    Generic,
}

/// The `type` of a pull secret is none of those known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a registry type is docker, acr, gar, ecr, ghcr, quay or generic")]
pub struct UnknownRegistryKind;

impl RegistryKind {
    /// All of them, as they are listed to people.
    pub const ALL: [Self; 7] =
        [Self::Docker, Self::Acr, Self::Gar, Self::Ecr, Self::Ghcr, Self::Quay, Self::Generic];

    /// The value of the `type` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Acr => "acr",
            Self::Gar => "gar",
            Self::Ecr => "ecr",
            Self::Ghcr => "ghcr",
            Self::Quay => "quay",
            Self::Generic => "generic",
        }
    }
}

impl fmt::Display for RegistryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RegistryKind {
    type Err = UnknownRegistryKind;

    fn from_str(text: &str) -> Result<Self, UnknownRegistryKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownRegistryKind)
    }
}

mod private {
    pub trait Only {}
    impl Only for super::SecretSet {}
    impl Only for super::PullSecret {}
}
