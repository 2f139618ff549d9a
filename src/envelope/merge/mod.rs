//! Three-way merges of a file (docs/format.md "Merging"). Only ciphertext comes out.
//!
//! While all sides have one data key, records are opaque and merging needs no identity:
//! [`merge_sealed`]. Across rotations values must be compared and encrypted anew:
//! [`merge_opened`]. Whoever merges tries the first, then the second, then leaves the file to git.
//!
//! What neither does by itself: decide between two values, or give a data key to somebody whom only an older
//! epoch vouches for. A [`Decide`] may; what it leaves open becomes a conflict, in ciphertext.

mod decide;
mod entries;
mod keyed;
mod keyless;
mod people;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

pub use decide::{Admission, Choice, Decide, Undecided};
pub use keyed::{Version, merge_opened};
pub use keyless::merge_sealed;
pub use text::Markers;

use super::membership::MembershipError;
use super::opened::SealError;
use super::sealed::{RecipientRecord, Sealed, SealedEntry};
use crate::model::{Content, KeyName, MemberName, SetName};

/// One of the two files that are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one merged into.
    Ours,
    /// The one merged from.
    Theirs,
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged<T> {
    /// Everything that was decided.
    file: Sealed<T>,
    entries: BTreeMap<KeyName, Versions<SealedEntry>>,
    readers: BTreeMap<MemberName, Versions<(String, RecipientRecord)>>,
    notes: Vec<MergeNote>,
}

/// Both sides' version of a record that a person must decide about; `None` where it was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Versions<V> {
    ours: Option<V>,
    theirs: Option<V>,
}

/// Something a person must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict<'a> {
    /// Both sides changed an entry, or one changed and the other removed it.
    Entry(&'a KeyName),
    /// Nobody at hand vouches for this reader but an older epoch, or each side knows the name with
    /// another key.
    Reader(&'a MemberName),
}

/// What was decided and should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeNote {
    /// A removal on one side won over the other side's unchanged record.
    RemovalWins(MemberName),
    /// A recipient table was missing without a new data key, so nobody had removed the person.
    PutBack(MemberName),
    /// Each side gave a reader another name; ours was taken.
    RenamedTwice(MemberName),
    /// One side has gone back to an earlier version of an entry.
    Returned(KeyName),
    /// A changed entry comes from an epoch whose key these people still have.
    CouldBeWrittenBy(KeyName, Vec<MemberName>),
}

/// Why files cannot be merged by what they mean.
#[derive(Debug, Error)]
pub enum MergeError {
    /// They are not one file's versions.
    #[error("they have different ids: each is a file of its own")]
    Unrelated,
    /// The data keys differ, or a record must be sealed anew.
    #[error("the data key was changed, so merging needs an identity that opens all versions")]
    NeedsKey,
    /// Somebody who did not have the data key may have made this side's.
    #[error("no holder of the earlier data key vouches for the one that {0} has")]
    Unproven(Side),
    /// Both sides renamed the file, or changed its registry.
    #[error("each side gave it another name, or another registry")]
    Identity,
    /// Nobody could be wrapped for.
    #[error("nobody would be left whose right to read it is certain")]
    Nobody,
    /// A departure could not be recorded.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// A counter is exhausted.
    #[error("a revision counter of it is exhausted")]
    Exhausted,
    /// The result could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl<T: Content> Merged<T> {
    /// The merged file, if nothing is left for a person to decide.
    ///
    /// # Errors
    /// Itself.
    pub fn into_clean(self) -> Result<Sealed<T>, Box<Self>> {
        if self.is_clean() { Ok(self.file) } else { Err(Box::new(self)) }
    }

    /// Whether nothing is left for a person to decide.
    pub fn is_clean(&self) -> bool {
        self.entries.is_empty() && self.readers.is_empty()
    }

    /// Whether an identity would make more of it: a version that one side has gone back to can only
    /// be counted as new by who encrypts it anew.
    pub fn wants_key(&self) -> bool {
        !self.is_clean() || self.notes.iter().any(|note| matches!(note, MergeNote::Returned(_)))
    }

    /// What a person must decide.
    pub fn conflicts(&self) -> impl Iterator<Item = Conflict<'_>> {
        let entries = self.entries.keys().map(Conflict::Entry);
        entries.chain(self.readers.keys().map(Conflict::Reader))
    }

    /// The name the merged file has.
    pub fn name(&self) -> &SetName {
        self.file.name()
    }

    /// What was decided and should be known.
    pub fn notes(&self) -> &[MergeNote] {
        &self.notes
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Ours { "our side" } else { "the other side" })
    }
}

impl fmt::Display for MergeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemovalWins(name) => write!(f, "{name} was removed on one side and stays out"),
            Self::PutBack(name) => {
                write!(f, "{name} was put back: the table was gone, but nobody had removed {name}")
            }
            Self::RenamedTwice(name) => {
                write!(f, "{name} has another name on the other side; ours was taken")
            }
            Self::Returned(key) => write!(f, "{key} goes back to an earlier version"),
            Self::CouldBeWrittenBy(key, names) => {
                let names: Vec<_> = names.iter().map(MemberName::as_str).collect();
                write!(f, "{key} could have been written by {}", names.join(", "))
            }
        }
    }
}

/// What three versions of one thing come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    /// Both sides have the same.
    Same,
    /// Only this side changed it.
    From(Side),
    /// Both did, differently.
    Conflict,
}

/// The rule of every three-way merge.
fn three_way<V>(base: &V, ours: &V, theirs: &V, same: impl Fn(&V, &V) -> bool) -> Pick {
    if same(ours, theirs) {
        Pick::Same
    } else if same(theirs, base) {
        Pick::From(Side::Ours)
    } else if same(ours, base) {
        Pick::From(Side::Theirs)
    } else {
        Pick::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_alone_changed_it_wins_and_two_changes_conflict() {
        let pick = |base, ours, theirs| three_way(&base, &ours, &theirs, |a: &u8, b| a == b);
        assert_eq!(pick(0, 0, 0), Pick::Same);
        assert_eq!(pick(0, 1, 1), Pick::Same);
        assert_eq!(pick(0, 1, 0), Pick::From(Side::Ours));
        assert_eq!(pick(0, 0, 1), Pick::From(Side::Theirs));
        assert_eq!(pick(0, 1, 2), Pick::Conflict);
    }
}
