//! Which keys have left which files. A key that has left is nobody's approved key until somebody here
//! says so again: whoever can push can write it into team.toml once more.

use std::collections::BTreeMap;
use std::fmt;

use super::error::StoreError;
use super::file::FileRef;
use super::vault::Vault;
use crate::crypto::{FileId, Recipient};
use crate::model::MemberName;

/// A key that could read a file and no longer can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// Under which name.
    pub name: MemberName,
    /// Which file.
    pub file: FileRef,
    /// The same, for as long as it lives.
    pub id: FileId,
    /// The last epoch it could read.
    pub until: u32,
}

/// What tells that a key has left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// A file that it no longer reads.
    File(FileId),
    /// A commit that took it out of the team, by its name.
    Commit(String),
}

impl Departed {
    /// What tells of it, and up to which epoch.
    pub fn trace(&self) -> (Trace, u32) {
        (Trace::File(self.id), self.until)
    }
}

impl Trace {
    /// Reads what [`Display`](fmt::Display) writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_name = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        FileId::parse(text).map(Self::File).or(is_name.then(|| Self::Commit(text.to_owned())))
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(id) => id.fmt(f),
            Self::Commit(name) => f.write_str(name),
        }
    }
}

/// Every key that has left a file and does not read that file again.
#[derive(Debug, Default)]
pub struct Departures {
    by_key: BTreeMap<String, Vec<Departed>>,
    unread: Vec<FileRef>,
}

impl Departures {
    /// What a key has left.
    pub fn of(&self, key: &Recipient) -> &[Departed] {
        self.by_key.get(key.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The files that cannot be read, so that nobody knows who has left them.
    pub fn unread(&self) -> &[FileRef] {
        &self.unread
    }
}

impl Vault {
    /// Who has left which file, as the files say. Needs no key.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a file that is not what belongs there.
    pub fn departures(&self) -> Result<Departures, StoreError> {
        let mut found = Departures::default();
        for file in self.files()? {
            let Ok(sealed) = self.read_any(&file) else {
                found.unread.push(file);
                continue;
            };
            let readers = sealed.recipients();
            for (name, left) in sealed.departed() {
                if readers.values().any(|reader| reader.to == left.to) {
                    continue;
                }
                let (id, until) = (sealed.generation().id, left.until);
                let departed = Departed { name: name.clone(), file: file.clone(), id, until };
                found.by_key.entry(left.to.as_str().to_owned()).or_default().push(departed);
            }
        }
        Ok(found)
    }
}
