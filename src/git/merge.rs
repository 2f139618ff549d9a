//! Merging three versions of a file as git hands them to a merge driver: their bytes.

use std::ffi::OsStr;
use std::path::Path;

use thiserror::Error;

use super::Git;
use crate::envelope::{
    Decide, Malformed, MergeError, Merged, Opened, Sealed, Undecided, Version, merge_opened,
    merge_sealed,
};
use crate::model::Content;
use crate::store::NoHistory;

/// The bytes of three versions. An empty base is none.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// What both sides come from.
    pub base: &'a [u8],
    /// The version merged into.
    pub ours: &'a [u8],
    /// The version merged from.
    pub theirs: &'a [u8],
}

/// What merging may need of the world, and mostly does not.
pub trait Help<T> {
    /// Opens a version, without asking anybody.
    fn open(&mut self, version: &Sealed<T>) -> Option<Opened<T>>;

    /// Versions of the same file that history has.
    fn past(&mut self, of: &Sealed<T>) -> Vec<Sealed<T>>;
}

/// Why versions were left as they are.
#[derive(Debug, Error)]
pub enum Unmerged {
    /// One of them is not of format v1.
    #[error("{which}: {why}")]
    Malformed {
        /// In words.
        which: &'static str,
        /// Where and why.
        why: Malformed,
    },
    /// They cannot be merged by what they mean.
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Merges without a key where that settles it, and else with the identities at hand; what neither
/// settles is left open.
///
/// # Errors
/// [`Unmerged`].
pub fn merge<T: Content>(
    versions: Versions<'_>,
    help: &mut impl Help<T>,
) -> Result<Merged<T>, Unmerged> {
    let sides = Sides::parse(versions)?;
    match sides.without_key() {
        Ok(merged) if !merged.wants_key() => Ok(merged),
        Ok(open) => Ok(sides.with_key(help, &mut Undecided).unwrap_or(open)),
        Err(MergeError::NeedsKey) => Ok(sides.with_key(help, &mut Undecided)?),
        Err(why) => Err(why.into()),
    }
}

/// Merges likewise, and asks `decide` about what versions alone do not settle.
///
/// # Errors
/// [`Unmerged`]; also where there is something to decide, and no identity that opens all versions.
pub fn settle<T: Content>(
    versions: Versions<'_>,
    help: &mut impl Help<T>,
    decide: &mut impl Decide,
) -> Result<Merged<T>, Unmerged> {
    let sides = Sides::parse(versions)?;
    match sides.without_key() {
        Ok(merged) if !merged.wants_key() => Ok(merged),
        Ok(clean) if clean.is_clean() => Ok(sides.with_key(help, decide).unwrap_or(clean)),
        Ok(_) | Err(MergeError::NeedsKey) => Ok(sides.with_key(help, decide)?),
        Err(why) => Err(why.into()),
    }
}

/// The three versions, in form.
struct Sides<T> {
    base: Option<Sealed<T>>,
    ours: Sealed<T>,
    theirs: Sealed<T>,
}

impl<T: Content> Sides<T> {
    fn parse(versions: Versions<'_>) -> Result<Self, Unmerged> {
        let parse = |which, bytes: &[u8]| {
            Sealed::<T>::parse_past(bytes).map_err(|why| Unmerged::Malformed { which, why })
        };
        Ok(Self {
            ours: parse("our version", versions.ours)?,
            theirs: parse("their version", versions.theirs)?,
            base: match versions.base {
                [] => None,
                bytes => Some(parse("the version both come from", bytes)?),
            },
        })
    }

    fn without_key(&self) -> Result<Merged<T>, MergeError> {
        merge_sealed(self.base.as_ref(), &self.ours, &self.theirs)
    }

    fn with_key(
        &self,
        help: &mut impl Help<T>,
        decide: &mut impl Decide,
    ) -> Result<Merged<T>, MergeError> {
        match self.attempt(help, &[], decide) {
            // A link may lead by way of versions that only history has.
            Err(MergeError::Unproven(_)) => {
                let past = help.past(&self.ours);
                let past: Vec<_> =
                    past.iter().filter_map(|past| opened(help, past, None)).collect();
                self.attempt(help, &past, decide)
            }
            result => result,
        }
    }

    fn attempt(
        &self,
        help: &mut impl Help<T>,
        past: &[Version<T>],
        decide: &mut impl Decide,
    ) -> Result<Merged<T>, MergeError> {
        let our = opened(help, &self.ours, None).ok_or(MergeError::NeedsKey)?;
        let their = opened(help, &self.theirs, Some(&our)).ok_or(MergeError::NeedsKey)?;
        let base = match &self.base {
            None => None,
            Some(base) => {
                let base = their.opens(base).or_else(|| opened(help, base, Some(&our)));
                Some(base.ok_or(MergeError::NeedsKey)?)
            }
        };
        merge_opened(base, our, their, past, decide)
    }
}

impl Git {
    /// Merges `ours` with `theirs` as lines, in place, as git does without a driver.
    ///
    /// # Errors
    /// [`NoHistory`] where git cannot; the file is as it was then.
    pub fn merge_text(
        &self,
        marker_size: usize,
        labels: &[String; 3],
        [ours, base, theirs]: [&Path; 3],
    ) -> Result<(), NoHistory> {
        let size = format!("--marker-size={marker_size}");
        let words = ["merge-file", "-q", &size].into_iter();
        let words = words.chain(labels.iter().flat_map(|label| ["-L", label])).chain(["--"]);
        let files = [ours, base, theirs].map(AsRef::<OsStr>::as_ref);
        let ended = self.output(words.map(AsRef::<OsStr>::as_ref).chain(files))?;
        // Up to 127 it is the number of conflicts.
        match ended.status.code() {
            Some(0..=127) => Ok(()),
            _ => Err(super::command::refused(&ended.stderr)),
        }
    }
}

/// With the key of a version that is open already, else with an identity.
fn opened<T: Content>(
    help: &mut impl Help<T>,
    sealed: &Sealed<T>,
    other: Option<&Version<T>>,
) -> Option<Version<T>> {
    other
        .and_then(|other| other.opens(sealed))
        .or_else(|| Some(Version::new(sealed.clone(), help.open(sealed)?)))
}
