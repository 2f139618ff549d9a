//! Earlier versions of files.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::Git;
use crate::store::{Depth, FOLDER, History, NoHistory};

impl History for Git {
    fn at_head(&self, path: &Path) -> Result<Option<Vec<u8>>, NoHistory> {
        if self.head()?.is_none() {
            return Ok(None);
        }
        self.at_commit("HEAD", path)
    }

    fn uncommitted(&self, folder: &Path, visit: &mut dyn FnMut(&[u8])) -> Result<(), NoHistory> {
        if !self.is_below_repository() {
            return Err(NoHistory::NoRepository);
        }
        if self.head()?.is_none() {
            return Ok(());
        }
        let changes = "diff-index -r -z --raw --no-renames --no-abbrev --no-ext-diff --no-textconv \
                       HEAD --";
        let changes = changes.split_ascii_whitespace().map(AsRef::as_ref);
        let changes = self.run(changes.chain([folder.as_os_str()]))?;
        self.read(&objects(&changes, Of::Before), visit)
    }

    /// `rev-list --objects -- PATH` would be simpler, and is not safe: it looks at each tree only
    /// once, under whatever path it meets it first, so that a commit which holds the tree of the
    /// folder at another path hides what is in it.
    fn versions(&self, folder: &Path, visit: &mut dyn FnMut(&[u8])) -> Result<Depth, NoHistory> {
        self.behind_head(&[literal(folder)], visit)
    }

    fn versions_anywhere(
        &self,
        folder: &Path,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        // `.secrets` may be the repository itself.
        let anywhere = format!(":(top,glob)**/{FOLDER}/{}/*", folder.display());
        self.behind_head(&[literal(folder), anywhere.into()], visit)
    }
}

impl Git {
    /// As [`versions`](History::versions), of the commits that any ref leads to, or that git is
    /// working on: while it merges, the other side is not behind HEAD.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn all_versions(
        &self,
        folder: &Path,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        let side = self.under_way()?.map(|(_, commit)| commit);
        let from = ["--all", "HEAD"].into_iter().chain(side.as_deref());
        self.versions_of(&from.collect::<Vec<_>>(), folder, visit)
    }

    /// The same of the commits that these revisions name.
    pub(super) fn versions_of(
        &self,
        revisions: &[&str],
        folder: &Path,
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        self.versions_in(revisions, &[literal(folder)], visit)
    }

    /// Before the first commit there are none.
    fn behind_head(
        &self,
        places: &[OsString],
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        match self.head()? {
            Some(_) => self.versions_in(&["HEAD"], places, visit),
            None => Ok(Depth::Whole),
        }
    }

    fn versions_in(
        &self,
        revisions: &[&str],
        places: &[OsString],
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<Depth, NoHistory> {
        let places = || places.iter().map(OsString::as_os_str);
        let list = ["--no-literal-pathspecs", "rev-list", "--full-history"];
        let commits = list.iter().chain(revisions).chain(&["--"]).map(OsStr::new);
        let commits = self.run(commits.chain(places()))?;
        // Compared with each parent: what a merge brought of itself is seen too.
        let changes = "--no-literal-pathspecs diff-tree --stdin --root -m -r -z --raw --no-renames \
                       --no-commit-id --no-abbrev --no-ext-diff --no-textconv --";
        let changes = changes.split_ascii_whitespace().map(OsStr::new);
        let changes = self.feed(changes.chain(places()), &commits)?;
        self.read(&objects(&changes, Of::After), visit)?;
        self.depth()
    }

    /// The file as a commit has it.
    pub(super) fn at_commit(
        &self,
        commit: &str,
        path: &Path,
    ) -> Result<Option<Vec<u8>>, NoHistory> {
        let list = ["ls-tree", "-z", commit, "--"].map(AsRef::as_ref);
        let found = self.run(list.into_iter().chain([path.as_os_str()]))?;
        let found = String::from_utf8_lossy(&found);
        // `MODE TYPE OBJECT TAB PATH`
        let fields: Vec<&str> = found.split(['\t', ' ', '\0']).take(3).collect();
        match fields.as_slice() {
            [mode, "blob", object] if is_regular(mode) => {
                let mut bytes = None;
                self.read(&[(*object).to_owned()], &mut |read| bytes = Some(read.to_owned()))?;
                Ok(bytes)
            }
            _ => Ok(None),
        }
    }

    /// The commit that is checked out; `None` before the first.
    pub(super) fn head(&self) -> Result<Option<String>, NoHistory> {
        let found = self.output(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        if found.status.success() {
            return Ok(Some(String::from_utf8_lossy(&found.stdout).trim().to_owned()));
        }
        // Silent where there is no commit yet, and not where there is no repository.
        self.run(["rev-parse", "--git-dir"]).map(|_| None)
    }

    /// Whether all of the past is here.
    pub(super) fn depth(&self) -> Result<Depth, NoHistory> {
        let shallow = self.run(["rev-parse", "--is-shallow-repository"])?;
        Ok(if shallow.trim_ascii() == b"true" { Depth::Shallow } else { Depth::Whole })
    }
}

/// A path as a pattern that is nothing but the path.
pub(super) fn literal(path: &Path) -> OsString {
    let mut pattern = OsString::from(":(literal)");
    pattern.push(path);
    pattern
}

/// Which side of a change.
#[derive(Clone, Copy)]
enum Of {
    Before,
    After,
}

/// The objects on one side of changes, each once: `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`.
fn objects(changes: &[u8], of: Of) -> Vec<String> {
    let text = String::from_utf8_lossy(changes);
    let mut seen = BTreeSet::new();
    let mut objects = Vec::new();
    for change in text.split('\0').filter_map(|part| part.strip_prefix(':')) {
        let fields: Vec<&str> = change.split(' ').collect();
        let ((Of::Before, [mode, _, object, _, _]) | (Of::After, [_, mode, _, object, _])) =
            (of, fields.as_slice())
        else {
            continue;
        };
        if is_regular(mode) && seen.insert((*object).to_owned()) {
            objects.push((*object).to_owned());
        }
    }
    objects
}

pub(super) fn is_regular(mode: &str) -> bool {
    matches!(mode, "100644" | "100755")
}
