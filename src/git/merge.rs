//! Merging three versions of a file as git hands them to a merge driver: their bytes.

use std::ffi::OsStr;
use std::path::Path;

use thiserror::Error;

use super::Git;
use crate::envelope::{
    Malformed, MergeError, Merged, Opened, Sealed, Version, merge_opened, merge_sealed,
};
use crate::model::{Content, MemberName};
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

/// Merges without a key where that settles it, and else with the identities at hand. `trusted`
/// are names that a person vouches for.
///
/// # Errors
/// [`Unmerged`].
pub fn merge<T: Content>(
    versions: Versions<'_>,
    help: &mut impl Help<T>,
    trusted: &[MemberName],
) -> Result<Merged<T>, Unmerged> {
    let parse = |which, bytes: &[u8]| {
        Sealed::<T>::parse_past(bytes).map_err(|why| Unmerged::Malformed { which, why })
    };
    let ours = parse("our version", versions.ours)?;
    let theirs = parse("their version", versions.theirs)?;
    let base = match versions.base {
        [] => None,
        bytes => Some(parse("the version both come from", bytes)?),
    };
    let keyless = match merge_sealed(base.as_ref(), &ours, &theirs) {
        Ok(merged) if merged.conflicts().next().is_none() => return Ok(merged),
        Ok(merged) => Ok(merged),
        Err(MergeError::NeedsKey) => Err(MergeError::NeedsKey),
        Err(why) => return Err(why.into()),
    };
    let keyed = with_key(base.as_ref(), [&ours, &theirs], help, trusted);
    match (keyless, keyed) {
        (_, Ok(merged)) | (Ok(merged), Err(_)) => Ok(merged),
        (Err(_), Err(why)) => Err(why.into()),
    }
}

fn with_key<T: Content>(
    base: Option<&Sealed<T>>,
    [ours, theirs]: [&Sealed<T>; 2],
    help: &mut impl Help<T>,
    trusted: &[MemberName],
) -> Result<Merged<T>, MergeError> {
    let attempt = |help: &mut _, past: &[Version<T>]| {
        let our = opened(help, ours, None).ok_or(MergeError::NeedsKey)?;
        let their = opened(help, theirs, Some(&our)).ok_or(MergeError::NeedsKey)?;
        let base = match base {
            None => None,
            Some(base) => {
                let base = their.opens(base).or_else(|| opened(help, base, Some(&our)));
                Some(base.ok_or(MergeError::NeedsKey)?)
            }
        };
        merge_opened(base, our, their, past, trusted)
    };
    match attempt(help, &[]) {
        // A link may lead by way of versions that only history has.
        Err(MergeError::Unproven(_)) => {
            let past = help.past(ours);
            let past: Vec<_> = past.iter().filter_map(|past| opened(help, past, None)).collect();
            attempt(help, &past)
        }
        result => result,
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
