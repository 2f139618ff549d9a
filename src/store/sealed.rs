//! What can be asked of a file without knowing which kind it is of.

use std::collections::BTreeMap;

use super::file::{AnySealed, FileRef};
use crate::crypto::Identities;
use crate::envelope::{
    Changes, Departure, Generation, Link, Malformed, OpenError, Opened, Rule, Sealed, SealedEntry,
};
use crate::model::{Content, KeyName, Kind, MemberName, PullSecret, SecretValue};

impl AnySealed {
    /// Reads a file; `file` is what its path says.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(file: &FileRef, bytes: &[u8]) -> Result<Self, Malformed> {
        match file.kind {
            Kind::Set => Sealed::parse(bytes, &file.name).map(Self::Set),
            Kind::Pull => Sealed::parse(bytes, &file.name).map(Self::Pull),
        }
    }

    /// Reads a version of a file from wherever it stands: what it is, it says itself.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse_past(bytes: &[u8]) -> Result<Self, Malformed> {
        match Sealed::parse_past(bytes).map(Self::Set) {
            Err(Malformed { rule: Rule::KindMismatch { found: Kind::Pull, .. }, .. }) => {
                Sealed::parse_past(bytes).map(Self::Pull)
            }
            result => result,
        }
    }

    /// Which file it is.
    pub fn file(&self) -> FileRef {
        match self {
            Self::Set(sealed) => FileRef { kind: Kind::Set, name: sealed.name().clone() },
            Self::Pull(sealed) => FileRef { kind: Kind::Pull, name: sealed.name().clone() },
        }
    }

    /// The file's text.
    pub fn render(&self) -> String {
        match self {
            Self::Set(sealed) => sealed.render(),
            Self::Pull(sealed) => sealed.render(),
        }
    }

    /// The file and the data key it claims to be under.
    pub fn generation(&self) -> Generation {
        match self {
            Self::Set(sealed) => sealed.generation(),
            Self::Pull(sealed) => sealed.generation(),
        }
    }

    /// The registry of a pull secret.
    pub fn pull(&self) -> Option<&PullSecret> {
        match self {
            Self::Set(_) => None,
            Self::Pull(sealed) => Some(sealed.content()),
        }
    }

    /// The links to earlier epochs.
    pub fn prev(&self) -> &[Link] {
        match self {
            Self::Set(sealed) => sealed.prev(),
            Self::Pull(sealed) => sealed.prev(),
        }
    }

    /// Who could and no longer can.
    pub fn departed(&self) -> &BTreeMap<MemberName, Departure> {
        match self {
            Self::Set(sealed) => sealed.departed(),
            Self::Pull(sealed) => sealed.departed(),
        }
    }

    /// The entries, sorted by key.
    pub fn entries(&self) -> &BTreeMap<KeyName, SealedEntry> {
        match self {
            Self::Set(sealed) => sealed.entries(),
            Self::Pull(sealed) => sealed.entries(),
        }
    }

    /// What changed since an earlier version; `None` where that was of another kind.
    pub fn changes_since(&self, old: &Self) -> Option<Changes> {
        match (self, old) {
            (Self::Set(new), Self::Set(old)) => Some(new.changes_since(old)),
            (Self::Pull(new), Self::Pull(old)) => Some(new.changes_since(old)),
            (Self::Set(_), Self::Pull(_)) | (Self::Pull(_), Self::Set(_)) => None,
        }
    }

    /// Opens the file and shows each value.
    ///
    /// # Errors
    /// [`OpenError`]; then none was shown.
    pub fn open_each(
        self,
        identities: &Identities,
        visit: &mut dyn FnMut(&KeyName, &SecretValue),
    ) -> Result<(), OpenError> {
        match self {
            Self::Set(sealed) => each(&sealed.open(identities)?, visit),
            Self::Pull(sealed) => each(&sealed.open(identities)?, visit),
        }
        Ok(())
    }
}

/// The line on which a merge left the first of its markers.
pub fn conflict_marker(bytes: &[u8]) -> Option<usize> {
    let marks = [&b"<<<<<<<"[..], b"|||||||", b"=======", b">>>>>>>"];
    let begins = |line: &[u8]| marks.iter().any(|mark| line.starts_with(mark));
    bytes.split(|byte| *byte == b'\n').position(begins).map(|line| line + 1)
}

fn each<T: Content>(opened: &Opened<T>, visit: &mut dyn FnMut(&KeyName, &SecretValue)) {
    for (key, entry) in opened.entries() {
        visit(key, entry.value());
    }
}
