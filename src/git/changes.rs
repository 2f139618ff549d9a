//! What commits did to files, as git lists it.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::Git;
use super::history::is_regular;
use crate::store::NoHistory;

/// Wherever in the repository a vault may have stood.
pub(super) const ANYWHERE: &str = ":(top,glob)**/.secrets/team.toml";

/// A file before and after a commit.
pub(super) struct Pair {
    /// The same for all changes between a commit and one of its parents.
    pub(super) step: usize,
    pub(super) commit: String,
    /// `None` where there is no file.
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Commits, and what they did.
pub(super) struct Changes {
    /// `COMMIT PARENT…`, a line each.
    pub(super) list: String,
    pub(super) pairs: Vec<Pair>,
}

impl Git {
    /// The commits that `list`, words for rev-list, leads to, and what each did to the files at these
    /// places, pathspecs, compared with each of its parents: so that a merge which only takes one
    /// side's file counts too.
    pub(super) fn changes(
        &self,
        list: impl IntoIterator<Item = OsString>,
        places: &[OsString],
    ) -> Result<Changes, NoHistory> {
        let words = |words: &'static str| words.split_ascii_whitespace().map(OsString::from);
        let all = words("--no-literal-pathspecs rev-list --full-history --parents --topo-order");
        let list = self.run(all.chain(list))?;
        let changes = words(
            "--no-literal-pathspecs diff-tree --stdin --root -m -r -z --raw --no-renames --no-abbrev \
             --no-ext-diff --no-textconv --",
        );
        let pairs = pairs(&self.feed(changes.chain(places.iter().cloned()), &list)?);
        Ok(Changes { list: String::from_utf8_lossy(&list).into_owned(), pairs })
    }
}

/// The versions before and after, each once.
pub(super) fn versions<'p>(pairs: impl IntoIterator<Item = &'p Pair>) -> Vec<String> {
    let versions = pairs.into_iter().flat_map(|pair| [&pair.old, &pair.new]).flatten();
    versions.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// `COMMIT NUL`, then `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`, for each parent.
fn pairs(changes: &[u8]) -> Vec<Pair> {
    let text = String::from_utf8_lossy(changes);
    let (mut pairs, mut commit, mut step) = (Vec::new(), "", 0);
    let mut parts = text.split('\0');
    while let Some(part) = parts.next() {
        let Some(change) = part.strip_prefix(':') else {
            commit = part.trim();
            step += 1;
            continue;
        };
        parts.next();
        if let [old_mode, new_mode, old, new, ..] = change.split(' ').collect::<Vec<_>>().as_slice()
        {
            // A link, or another repository, is no file of ours.
            let object = |mode, name: &str| is_regular(mode).then(|| name.to_owned());
            let (old, new) = (object(old_mode, old), object(new_mode, new));
            pairs.push(Pair { step, commit: commit.to_owned(), old, new });
        }
    }
    pairs
}
