//! What stands in git's object database, by the names of the objects.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;

use super::Git;
use super::command::{not_run, refused};
use crate::envelope::MAX_FILE_BYTES;
use crate::store::NoHistory;

/// A file in a commit or in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// From the root of the repository, or from the folder that was listed.
    pub(super) path: Name,
    pub(super) kind: ListedKind,
    /// The object's name.
    pub(super) object: String,
}

/// A path as git knows it: bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(Vec<u8>);

impl Name {
    /// A path that stands alone in a line.
    pub(super) fn of_line(line: &[u8]) -> Self {
        Self(line.strip_suffix(b"\n").unwrap_or(line).to_owned())
    }

    /// To look at: what is not UTF-8 is replaced.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// To open it.
    #[cfg(unix)]
    pub(super) fn as_path(&self) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(&self.0))
    }

    /// To open it.
    #[cfg(not(unix))]
    pub(super) fn as_path(&self) -> PathBuf {
        PathBuf::from(self.shown())
    }

    /// The same from a folder below the root on, which ends with `/`.
    pub(super) fn below(&self, folder: &Self) -> Option<Self> {
        self.0.strip_prefix(folder.0.as_slice()).map(|rest| Self(rest.to_owned()))
    }

    /// The same up to the first folder of this name, and with it.
    pub(super) fn up_to_folder(&self, folder: &str) -> Option<Self> {
        let parts: Vec<&[u8]> = self.0.split(|byte| *byte == b'/').collect();
        let at = parts.iter().position(|part| *part == folder.as_bytes())?;
        // What ends with the name is a file.
        parts.get(at + 1)?;
        parts.get(..=at).map(|parts| Self(parts.join(&b'/')))
    }

    /// The same without a `/` at its end.
    pub(super) fn without_slash(&self) -> Self {
        Self(self.0.strip_suffix(b"/").unwrap_or(&self.0).to_owned())
    }

    /// The same with more behind it.
    pub(super) fn followed_by(mut self, more: &str) -> Self {
        self.0.extend_from_slice(more.as_bytes());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What git keeps under a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListedKind {
    File,
    /// A symbolic link; the object is where it leads.
    Link,
    /// A repository within the repository.
    Other,
    /// One of several versions that wait for a merge to be finished.
    Unmerged,
}

impl Git {
    /// The files of a commit below a path, or all.
    pub(super) fn listed_in(&self, commit: &str, below: &Name) -> Result<Vec<Listed>, NoHistory> {
        self.tree(&["-r"], commit, below)
    }

    /// The paths of a commit, below one, that several entries of a tree have. Git makes no such
    /// tree, and which of them counts differs from program to program.
    pub(super) fn doubled_in(&self, commit: &str, below: &Name) -> Result<Vec<Name>, NoHistory> {
        let mut all = self.tree(&["-r", "-t"], commit, below)?;
        all.sort_by(|one, other| one.path.cmp(&other.path));
        let pairs = all.iter().zip(all.iter().skip(1));
        let mut doubled: Vec<Name> = pairs
            .filter(|(one, next)| one.path == next.path)
            .map(|(one, _)| one.path.clone())
            .collect();
        doubled.dedup();
        Ok(doubled)
    }

    fn tree(&self, how: &[&str], commit: &str, below: &Name) -> Result<Vec<Listed>, NoHistory> {
        let words = ["ls-tree", "-z", "--full-tree"].into_iter().chain(how.iter().copied());
        let words = words.chain([commit]).map(OsString::from);
        let below = below.as_path().into_os_string();
        let below = (!below.is_empty()).then(|| [OsString::from("--"), below]);
        let all = self.run(words.chain(below.into_iter().flatten()))?;
        // `MODE TYPE OBJECT TAB PATH`
        Ok(rows(&all, |mode, rest| match rest {
            [_, object] => Some((ListedKind::of(mode), (*object).to_owned())),
            _ => None,
        }))
    }

    /// The files in the index, below this folder.
    pub(super) fn listed_in_index(&self) -> Result<Vec<Listed>, NoHistory> {
        let all = self.run(["ls-files", "-z", "--stage"])?;
        // `MODE OBJECT STAGE TAB PATH`
        Ok(rows(&all, |mode, rest| match rest {
            [object, "0"] => Some((ListedKind::of(mode), (*object).to_owned())),
            [object, _] => Some((ListedKind::Unmerged, (*object).to_owned())),
            _ => None,
        }))
    }

    /// The files below this folder that git neither has nor is told to ignore.
    pub(super) fn untracked(&self) -> Result<Vec<Name>, NoHistory> {
        let all = self.run(["ls-files", "-z", "--others", "--exclude-standard"])?;
        Ok(names(&all))
    }

    /// The paths, from the root of the repository, in which two commits differ, or a commit and
    /// the index; those that are gone left out.
    pub(super) fn changed(&self, from: &str, to: Changed<'_>) -> Result<Vec<Name>, NoHistory> {
        let quiet = ["-z", "-r", "--name-only", "--no-renames", "--diff-filter=d"];
        let plain = ["--no-ext-diff", "--no-textconv", "--ignore-submodules=all"];
        let options = quiet.into_iter().chain(plain);
        let all = match to {
            Changed::Index => {
                self.run(["diff-index", "--cached"].into_iter().chain(options).chain([from, "--"]))
            }
            Changed::Commit(to) => {
                self.run(["diff-tree"].into_iter().chain(options).chain([from, to, "--"]))
            }
        }?;
        Ok(names(&all))
    }

    /// What each of these commits brought that none of its parents has, each with the commit.
    pub(super) fn brought_by(
        &self,
        commits: &[String],
    ) -> Result<Vec<(String, Listed)>, NoHistory> {
        let words = "diff-tree --stdin --root -c -r -z --raw --no-renames --no-abbrev \
                     --no-ext-diff --no-textconv --ignore-submodules=all";
        let lines: String = commits.iter().flat_map(|commit| [commit.as_str(), "\n"]).collect();
        let all = self.feed(words.split_ascii_whitespace(), lines.as_bytes())?;
        let mut fields = parts(&all);
        let (mut commit, mut brought) = (String::new(), Vec::new());
        // `COMMIT NUL`, and for each file `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`; of a merge
        // with a colon, a mode and an object for each parent.
        while let Some(head) = fields.next() {
            let head = String::from_utf8_lossy(head);
            let parents = head.bytes().take_while(|byte| *byte == b':').count();
            if parents == 0 {
                commit = head.into_owned();
                continue;
            }
            let Some(path) = fields.next() else { break };
            let fields: Vec<&str> = head.split(' ').collect();
            let (Some(mode), Some(object)) = (fields.get(parents), fields.get(2 * parents + 1))
            else {
                continue;
            };
            if *mode != "000000" {
                let (kind, object) = (ListedKind::of(mode), (*object).to_owned());
                let listed = Listed { path: Name(path.to_owned()), kind, object };
                brought.push((commit.clone(), listed));
            }
        }
        Ok(brought)
    }

    /// How many bytes each object has.
    pub(super) fn sizes(&self, objects: &[String]) -> Result<Vec<usize>, NoHistory> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let lines: String = objects.iter().flat_map(|object| [object.as_str(), "\n"]).collect();
        let sizes = self.feed(["cat-file", "--batch-check=%(objectsize)"], lines.as_bytes())?;
        let sizes = String::from_utf8_lossy(&sizes);
        let sizes: Option<Vec<usize>> = sizes.lines().map(|size| size.parse().ok()).collect();
        sizes.filter(|sizes| sizes.len() == objects.len()).ok_or(NoHistory::Partial)
    }

    /// The bytes of each object of such a size; `None` for those no file of a vault can be as long
    /// as.
    pub(super) fn bytes_of(
        &self,
        objects: &[String],
        sizes: &[usize],
    ) -> Result<Vec<Option<Vec<u8>>>, NoHistory> {
        let fits = |size: &usize| *size <= MAX_FILE_BYTES;
        let wanted: Vec<String> = objects
            .iter()
            .zip(sizes)
            .filter(|(_, size)| fits(size))
            .map(|(object, _)| object.clone())
            .collect();
        let mut found = Vec::with_capacity(wanted.len());
        self.read(&wanted, &mut |bytes| found.push(bytes.to_owned()))?;
        let mut found = found.into_iter();
        Ok(sizes.iter().map(|size| if fits(size) { found.next() } else { None }).collect())
    }

    /// Gives the bytes of an object of any length to `look`, as they come.
    pub(super) fn stream<T>(
        &self,
        object: &str,
        look: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, NoHistory> {
        let mut child = self.start(["cat-file", "blob", object])?;
        drop(child.stdin.take());
        let out = child.stdout.take();
        let looked = match out {
            Some(mut out) => look(&mut out),
            None => Err(io::Error::other("git cannot be read from")),
        };
        let ended = child.wait_with_output().map_err(|why| not_run(&why))?;
        match looked {
            Ok(found) if ended.status.success() => Ok(found),
            Ok(_) => Err(refused(&ended.stderr)),
            Err(why) => Err(not_run(&why)),
        }
    }
}

/// What a commit is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Changed<'a> {
    Index,
    Commit(&'a str),
}

impl ListedKind {
    fn of(mode: &str) -> Self {
        match mode {
            "100644" | "100755" => Self::File,
            "120000" => Self::Link,
            _ => Self::Other,
        }
    }
}

/// Rows of a mode and other fields, a tab, and a path.
fn rows(all: &[u8], read: impl Fn(&str, &[&str]) -> Option<(ListedKind, String)>) -> Vec<Listed> {
    let row = |row: &[u8]| {
        let tab = row.iter().position(|byte| *byte == b'\t')?;
        let (fields, path) = row.split_at_checked(tab)?;
        let fields = String::from_utf8_lossy(fields);
        let fields: Vec<&str> = fields.split(' ').collect();
        let (mode, rest) = fields.split_first()?;
        let (kind, object) = read(mode, rest)?;
        Some(Listed { path: Name(path.get(1..)?.to_owned()), kind, object })
    };
    parts(all).filter_map(row).collect()
}

fn names(all: &[u8]) -> Vec<Name> {
    parts(all).map(|part| Name(part.to_owned())).collect()
}

fn parts(all: &[u8]) -> impl Iterator<Item = &[u8]> {
    all.split(|byte| *byte == 0).filter(|part| !part.is_empty())
}
