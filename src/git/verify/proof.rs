//! Whether a new data key was made by someone who could read the file under the one before.

use std::path::PathBuf;

use crate::crypto::Identities;
use crate::envelope::{Sealed, Voucher};
use crate::git::source::{Moment, Source};
use crate::model::Content;
use crate::store::{AnySealed, Depth, NoHistory};

/// What is known of a new data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A holder of the earlier key vouches for it.
    Proven,
    /// Nobody who could read the file before made it, as far as history is here.
    Refuted(Depth),
    /// No key at hand opens the file as it was, and only a key could tell.
    Unknown,
}

/// What can tell.
pub trait Proofs {
    /// Whether the data key of `new` is one that readers of `old` made.
    ///
    /// # Errors
    /// [`NoHistory`]: git does not answer.
    fn of(&self, old: &AnySealed, new: &AnySealed) -> Result<Proof, NoHistory>;
}

/// Nothing can: there is no key.
#[derive(Debug)]
pub struct WithoutKey;

/// The identities at hand, and the versions that history has.
#[derive(Debug)]
pub struct WithKey<'a> {
    identities: &'a Identities,
    source: &'a Source,
    /// What commits to look into: the later ones, and before them a `^` the earlier ones.
    commits: Vec<String>,
}

impl Proofs for WithoutKey {
    fn of(&self, _: &AnySealed, _: &AnySealed) -> Result<Proof, NoHistory> {
        Ok(Proof::Unknown)
    }
}

impl<'a> WithKey<'a> {
    /// For a state of a vault that continues those of `past`.
    pub fn new(
        identities: &'a Identities,
        source: &'a Source,
        moment: &Moment,
        past: &[String],
    ) -> Self {
        let tip = match moment {
            Moment::Commit(commit) => commit.clone(),
            Moment::WorkTree | Moment::Staged => "HEAD".to_owned(),
        };
        let past = past.iter().map(|commit| format!("^{commit}"));
        // A version that is merged anywhere may be the missing one: it is proved like any other.
        let commits = [tip, "--all".to_owned()].into_iter().chain(past).collect();
        Self { identities, source, commits }
    }

    fn between<T: Content>(&self, old: &Sealed<T>, new: &Sealed<T>) -> Result<Proof, NoHistory> {
        let Ok(key) = old.link_key(self.identities) else { return Ok(Proof::Unknown) };
        let start = Voucher::new(old.generation(), key);
        let (goal, prev) = (new.generation(), new.prev());
        if start.vouches(goal, prev) {
            return Ok(Proof::Proven);
        }
        let mut past = start.between::<T>(goal);
        let folder = PathBuf::from(T::KIND.folder());
        let depth = self.source.versions(&self.commits, &folder, &mut |bytes| past.take(bytes))?;
        let reached = start.reaches(goal, prev, past, self.identities);
        Ok(if reached { Proof::Proven } else { Proof::Refuted(depth) })
    }
}

impl Proofs for WithKey<'_> {
    fn of(&self, old: &AnySealed, new: &AnySealed) -> Result<Proof, NoHistory> {
        match (old, new) {
            (AnySealed::Set(old), AnySealed::Set(new)) => self.between(old, new),
            (AnySealed::Pull(old), AnySealed::Pull(new)) => self.between(old, new),
            (AnySealed::Set(_), AnySealed::Pull(_)) | (AnySealed::Pull(_), AnySealed::Set(_)) => {
                Ok(Proof::Unknown)
            }
        }
    }
}
