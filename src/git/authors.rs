//! Who committed what.

use std::path::Path;

use super::Git;
use crate::store::{NoHistory, Team};

/// A commit, in words. Whoever commits chooses name and date, so these are what they claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The object's name, in full.
    pub id: String,
    /// `Name <address>` of the author.
    pub author: String,
    /// The author's day, YYYY-MM-DD.
    pub date: String,
    /// The first line of the message.
    pub subject: String,
}

impl Commit {
    /// The first 12 digits of its name.
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

/// Where something that stands in a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// This commit brought it.
    In(Commit),
    /// It is in no commit yet.
    NotCommitted,
}

impl Git {
    /// The commit that last changed a file, as far as the one checked out knows; `None` where none
    /// has it.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn last_change(&self, path: &Path) -> Result<Option<Commit>, NoHistory> {
        let Some(_) = self.head()? else { return Ok(None) };
        let list = ["rev-list", "--max-count=1", "HEAD", "--"].map(AsRef::as_ref);
        let found = self.run(list.into_iter().chain([path.as_os_str()]))?;
        match String::from_utf8_lossy(&found).trim() {
            "" => Ok(None),
            id => self.commit(id).map(Some),
        }
    }

    /// The commit that brought the line of a file which holds `text`, the last one if it was taken
    /// out and brought back: behind the one checked out, or behind the one that git is merging into
    /// it.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn added(&self, path: &Path, text: &str) -> Result<Added, NoHistory> {
        self.here_or_merged(&|tip| self.added_behind(tip, path, text))
    }

    /// The commit since which something holds of the team file at `path`, the last one if that has
    /// come and gone: as [`added`](Self::added).
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn holds_since(
        &self,
        path: &Path,
        holds: &dyn Fn(&Team) -> bool,
    ) -> Result<Added, NoHistory> {
        let has = |bytes: &[u8]| Team::parse(bytes).is_ok_and(|team| holds(&team));
        self.here_or_merged(&|tip| {
            let brought = self.brought(tip, path, &has)?;
            brought.map(|brought| self.commit(&brought.commit)).transpose()
        })
    }

    /// Behind the commit that is checked out, or else behind the one that git is merging into it.
    fn here_or_merged(
        &self,
        find: &dyn Fn(&str) -> Result<Option<Commit>, NoHistory>,
    ) -> Result<Added, NoHistory> {
        let behind = |tip: Option<String>| tip.map_or(Ok(None), |tip| find(&tip));
        let found = match behind(self.head()?)? {
            None => behind(self.under_way()?.map(|(_, commit)| commit))?,
            found => found,
        };
        Ok(found.map_or(Added::NotCommitted, Added::In))
    }

    fn added_behind(
        &self,
        tip: &str,
        path: &Path,
        text: &str,
    ) -> Result<Option<Commit>, NoHistory> {
        let file = self.at_commit(tip, path)?.unwrap_or_default();
        let file = String::from_utf8_lossy(&file);
        let mut lines = file.lines().enumerate();
        let Some((at, line)) = lines.find(|(_, line)| line.contains(text)) else {
            return Ok(None);
        };
        let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().any(|other| other == line);
        if let Some(brought) = self.brought(tip, path, &has)?.filter(|brought| !brought.with_file) {
            return self.commit(&brought.commit).map(Some);
        }
        // Blame follows the file to where it stood before.
        let lines = format!("-L{0},{0}", at + 1);
        let blame =
            ["blame", "--porcelain", "-M", "--no-textconv", "--no-progress", &lines, tip, "--"];
        let found = self.run(blame.map(AsRef::as_ref).into_iter().chain([path.as_os_str()]))?;
        let found = String::from_utf8_lossy(&found);
        found.split_ascii_whitespace().next().map(|id| self.commit(id)).transpose()
    }

    /// A commit by its name.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn commit(&self, id: &str) -> Result<Commit, NoHistory> {
        // No mailmap, which is a file of the repository: the names are those in the commit.
        let format = "--format=%H%x00%an <%ae>%x00%as%x00%s";
        let show = ["show", "--no-patch", "--no-show-signature", "--no-notes", "--encoding=UTF-8"];
        let found = self.run(show.into_iter().chain([format, id, "--"]))?;
        let found = String::from_utf8_lossy(&found);
        let mut parts = found.trim_end_matches('\n').split('\0').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Ok(Commit { id: part(), author: part(), date: part(), subject: part() })
    }
}
