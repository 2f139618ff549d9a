//! A file of a vault whatever its kind: its name, `sets/web`, what stands in it, and files by
//! pattern, `pull/*`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::error::StoreError;
use super::vault::Vault;
use crate::crypto::Recipient;
use crate::envelope::{Exposure, RecipientRecord, Sealed, Seen};
use crate::model::{
    Case, Content, InvalidName, Kind, MemberName, PullSecret, SecretSet, SetName, glob,
};

/// Longest part of a pattern after the folder, in bytes.
const MAX_PATTERN: usize = 64;

/// A set or a pull secret: `sets/web`, `pull/registry`. The bare name is read as a set.
///
/// ```
/// use vault::store::FileRef;
/// assert_eq!("web".parse::<FileRef>().unwrap().to_string(), "sets/web");
/// assert!("../web".parse::<FileRef>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRef {
    /// What it holds.
    pub kind: Kind,
    /// Its name.
    pub name: SetName,
}

impl FileRef {
    /// A file of the kind `T` holds.
    pub fn of<T: Content>(name: &SetName) -> Self {
        Self { kind: T::KIND, name: name.clone() }
    }
}

impl FromStr for FileRef {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let kinds = [Kind::Set, Kind::Pull];
        let in_folder = kinds.into_iter().find_map(|kind| Some((kind, after_folder(text, kind)?)));
        let (kind, name) = in_folder.unwrap_or((Kind::Set, text));
        Ok(Self { kind, name: name.parse()? })
    }
}

impl fmt::Display for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.kind.folder(), self.name))
    }
}

/// A file as it stands on disk, of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnySealed {
    /// A secret set.
    Set(Sealed<SecretSet>),
    /// A pull secret.
    Pull(Sealed<PullSecret>),
}

impl AnySealed {
    /// Who can read it. Never empty.
    pub fn recipients(&self) -> &BTreeMap<MemberName, RecipientRecord> {
        match self {
            Self::Set(sealed) => sealed.recipients(),
            Self::Pull(sealed) => sealed.recipients(),
        }
    }

    /// The entries that someone departed has seen, of those whom `asked` says are meant.
    pub fn exposed(
        &self,
        seen: Seen,
        asked: impl Fn(&MemberName, &Recipient) -> bool,
    ) -> Vec<Exposure> {
        match self {
            Self::Set(sealed) => sealed.exposed(seen, asked),
            Self::Pull(sealed) => sealed.exposed(seen, asked),
        }
    }
}

impl Vault {
    /// Every set and every pull secret, sorted.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a file that is not what belongs there.
    pub fn files(&self) -> Result<Vec<FileRef>, StoreError> {
        let mut files = Vec::new();
        for kind in [Kind::Set, Kind::Pull] {
            files.extend(self.names(kind)?.into_iter().map(|name| FileRef { kind, name }));
        }
        Ok(files)
    }

    /// Reads a file of either kind without opening it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_any(&self, file: &FileRef) -> Result<AnySealed, StoreError> {
        Ok(match file.kind {
            Kind::Set => AnySealed::Set(self.read(&file.name)?),
            Kind::Pull => AnySealed::Pull(self.read(&file.name)?),
        })
    }
}

/// A pattern of a rule: `sets/` or `pull/`, and a name in which `*` stands for any run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePattern(Box<str>);

/// The text can match no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a pattern is sets/… or pull/… of letters, digits, `_`, `-`, and `*` for any run of them")]
pub struct InvalidPattern;

impl FilePattern {
    /// Whether the rule is about this file.
    pub fn matches(&self, file: &FileRef) -> bool {
        self.covers(&file.to_string())
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names one file and no other.
    pub(super) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Of two patterns that match, the one of more weight decides: an exact one, then the longer.
    pub(super) fn weight(&self) -> (bool, usize) {
        (self.is_exact(), self.0.len())
    }

    /// Whether some file may match both: told by what stands before their first and after their
    /// last `*`.
    pub(super) fn meets(&self, other: &Self) -> bool {
        if self.is_exact() || other.is_exact() {
            return self.covers(&other.0) || other.covers(&self.0);
        }
        let ends = [self, other].map(|pattern| {
            let (head, rest) = pattern.0.split_once('*').unwrap_or((&pattern.0, ""));
            (head, rest.rsplit_once('*').map_or(rest, |(_, tail)| tail))
        });
        let [(head, tail), (other_head, other_tail)] = ends;
        let heads = head.starts_with(other_head) || other_head.starts_with(head);
        heads && (tail.ends_with(other_tail) || other_tail.ends_with(tail))
    }

    /// As [`matches`](Self::matches); of another pattern, whether this one is about all it matches.
    pub(super) fn covers(&self, text: &str) -> bool {
        glob(&self.0, text, Case::Matters)
    }
}

impl FromStr for FilePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let name = [Kind::Set, Kind::Pull].into_iter().find_map(|kind| after_folder(text, kind));
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*');
        let fits = |name: &str| (1..=MAX_PATTERN).contains(&name.len()) && name.bytes().all(known);
        if name.is_some_and(fits) { Ok(Self(text.into())) } else { Err(InvalidPattern) }
    }
}

impl fmt::Display for FilePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn after_folder(text: &str, kind: Kind) -> Option<&str> {
    text.strip_prefix(kind.folder())?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stays_in_its_folder() {
        let sets: FilePattern = "sets/prod-*".parse().unwrap();
        assert!(sets.matches(&"prod-db".parse().unwrap()));
        assert!(!sets.matches(&"pull/prod-db".parse().unwrap()));
        for bad in ["prod-*", "sets/", "sets/a/b", "../sets/a", "*", "sets/a b", "rooms/a"] {
            assert_eq!(bad.parse::<FilePattern>(), Err(InvalidPattern), "{bad}");
        }
    }
}
