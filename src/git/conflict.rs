//! What git has stopped at: the versions of a file that wait in its index, and what it is doing.

use std::path::{Path, PathBuf};

use super::Git;
use crate::store::NoHistory;

/// A file with several versions in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicted {
    /// Where it is, from the folder that was asked about.
    pub path: PathBuf,
    /// The objects of the version both sides come from, ours and theirs.
    objects: [Option<String>; 3],
}

/// The bytes of three versions, `None` where a side does not have the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages {
    /// What both sides come from.
    pub base: Option<Vec<u8>>,
    /// The side that is checked out.
    pub ours: Option<Vec<u8>>,
    /// The other one.
    pub theirs: Option<Vec<u8>>,
}

/// What git is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A merge.
    Merge,
    /// A rebase, in which ours is what commits are put on, and theirs is one's own.
    Rebase,
    /// The change of one commit is made again.
    CherryPick,
    /// The change of one commit is taken back.
    Revert,
}

/// Where git notes the commit that it is working on. A rebase may note a picked commit too.
const HEADS: [(&str, Work); 4] = [
    ("MERGE_HEAD", Work::Merge),
    ("REBASE_HEAD", Work::Rebase),
    ("CHERRY_PICK_HEAD", Work::CherryPick),
    ("REVERT_HEAD", Work::Revert),
];

impl Work {
    /// What git command goes on with it.
    pub fn goes_on_by(self) -> &'static str {
        match self {
            Self::Merge => "git merge --continue",
            Self::Rebase => "git rebase --continue",
            Self::CherryPick => "git cherry-pick --continue",
            Self::Revert => "git revert --continue",
        }
    }
}

impl Git {
    /// The files below this folder that wait for a person.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn conflicts(&self) -> Result<Vec<Conflicted>, NoHistory> {
        let all = self.run(["ls-files", "-z", "--unmerged", "--", "."])?;
        let mut found: Vec<Conflicted> = Vec::new();
        // `MODE OBJECT STAGE TAB PATH`
        for row in String::from_utf8_lossy(&all).split('\0') {
            let Some((fields, path)) = row.split_once('\t') else { continue };
            let fields: Vec<&str> = fields.split(' ').collect();
            let [mode, object, stage] = fields.as_slice() else { continue };
            let path = PathBuf::from(path);
            if found.last().is_none_or(|last| last.path != path) {
                found.push(Conflicted { path, objects: [None, None, None] });
            }
            let place = match *stage {
                "1" => 0,
                "2" => 1,
                _ => 2,
            };
            if let Some(slot) = found.last_mut().and_then(|last| last.objects.get_mut(place))
                && super::history::is_regular(mode)
            {
                *slot = Some((*object).to_owned());
            }
        }
        Ok(found)
    }

    /// Every file of the repository that waits for a person, from its root.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn waiting(&self) -> Result<Vec<String>, NoHistory> {
        let plain = ["--no-ext-diff", "--no-textconv", "--ignore-submodules=all"];
        let words = ["diff-files", "-z", "--name-only", "--diff-filter=U"];
        let all = self.run(words.into_iter().chain(plain))?;
        let all = String::from_utf8_lossy(&all);
        Ok(all.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// The versions of a file that waits.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn stages(&self, of: &Conflicted) -> Result<Stages, NoHistory> {
        let read = |object: &Option<String>| match object {
            None => Ok(None),
            Some(object) => self.object(object).map(Some),
        };
        let [base, ours, theirs] = &of.objects;
        Ok(Stages { base: read(base)?, ours: read(ours)?, theirs: read(theirs)? })
    }

    /// Puts a file into the index as it stands, which ends its conflict.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn add(&self, path: &Path) -> Result<(), NoHistory> {
        let words = ["add", "--"].map(AsRef::as_ref);
        self.run(words.into_iter().chain([path.as_os_str()])).map(|_| ())
    }

    /// What git is in the middle of, and the commit it is about.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn under_way(&self) -> Result<Option<(Work, String)>, NoHistory> {
        for (name, work) in HEADS {
            if let Some(commit) = self.noted(name)?
                && (work != Work::Rebase || self.rebases()?)
            {
                return Ok(Some((work, commit)));
            }
        }
        Ok(None)
    }

    /// Whether a rebase is going on. `git rebase --quit` leaves the note of its commit behind.
    fn rebases(&self) -> Result<bool, NoHistory> {
        for folder in ["rebase-merge", "rebase-apply"] {
            if self.place_of(folder)?.is_dir() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where git keeps something of its own.
    fn place_of(&self, name: &str) -> Result<PathBuf, NoHistory> {
        let path = self.run(["rev-parse", "--path-format=absolute", "--git-path", name])?;
        Ok(PathBuf::from(String::from_utf8_lossy(&path).trim_end_matches('\n')))
    }

    /// The commit that git itself has noted under this full name. As a revision the name would also
    /// mean a tag or a branch that is called so, which anybody can push.
    pub(super) fn noted(&self, name: &str) -> Result<Option<String>, NoHistory> {
        let named = if let Ok(text) = std::fs::read_to_string(self.place_of(name)?) {
            text.lines().next().unwrap_or_default().trim().to_owned()
        } else {
            // Not all are files: what keeps refs in a table keeps most of these in it, too.
            let shown = self.output(["show-ref", "--verify", "--hash", "--", name])?;
            String::from_utf8_lossy(&shown.stdout).trim().to_owned()
        };
        let is_id = named.len() >= 40 && named.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { self.resolve(&named) } else { Ok(None) }
    }

    /// The commit that a name stands for, if any.
    pub(super) fn resolve(&self, name: &str) -> Result<Option<String>, NoHistory> {
        let commit = format!("{name}^{{commit}}");
        let found =
            self.output(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok(found.status.success().then_some(id))
    }

    /// An object that must be there, and of a size that a sealed file may have.
    pub(super) fn object(&self, name: &str) -> Result<Vec<u8>, NoHistory> {
        let mut bytes = None;
        self.read(&[name.to_owned()], &mut |read| bytes = Some(read.to_owned()))?;
        bytes.ok_or_else(|| NoHistory::Failed("an object is too large to be a sealed file".into()))
    }
}
