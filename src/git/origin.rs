//! From which versions a merged file was made, as far as git can tell: what it is in the middle of,
//! the parents of a merge, or the commit that one was copied from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Git;
use super::conflict::Work;
use super::pieces::Pieces;
use crate::store::NoHistory;

/// Most commits that are looked at.
const MAX_COMMITS: &str = "--max-count=5000";

/// Most commits that are tried as the other side of one that does not say.
const MAX_GUESSES: usize = 64;

/// Three versions that a file may have been made from. An empty base is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What both sides come from.
    pub base: Vec<u8>,
    /// The side that was merged into.
    pub ours: Vec<u8>,
    /// The side that was merged from.
    pub theirs: Vec<u8>,
    /// Whether git says so.
    pub certainty: Certainty,
}

/// How sure it is that a file was made from these versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// git says so.
    Known,
    /// It would fit: what comes of them must be compared with the file.
    Guessed,
}

impl Git {
    /// From what the file at `path` may have been made, the likeliest first. `now` is what it holds,
    /// and `good` says which versions are whole.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn origins(
        &self,
        path: &Path,
        now: &[u8],
        good: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Origin>, NoHistory> {
        let mut past = Past::of(self, path)?;
        let Some(head) = self.head()? else { return Ok(Vec::new()) };
        let mut origins = Vec::new();
        if let Some((work, commit)) = self.under_way()? {
            let (base, theirs) = past.ends(work, &head, &commit)?;
            origins.extend(past.origin([base.as_deref(), Some(&head), theirs.as_deref()])?);
        }
        if let Some(stash) = self.noted("refs/stash")? {
            let base = self.resolve(&format!("{stash}^1"))?;
            let guess = past.origin([base.as_deref(), Some(&head), Some(&stash)])?;
            origins.extend(guess.map(Origin::guessed));
        }
        if past.at(&head)?.as_deref() == Some(now) {
            origins.extend(past.of_commits(&head, now, good)?);
        } else {
            origins.extend(past.of_changes(&head, now)?);
        }
        Ok(origins)
    }
}

/// The commits behind HEAD, and a file in them.
struct Past<'a> {
    git: &'a Git,
    /// From the folder git runs in, as revisions name it.
    place: String,
    parents: BTreeMap<String, Vec<String>>,
    read: BTreeMap<String, Option<Vec<u8>>>,
}

impl<'a> Past<'a> {
    fn of(git: &'a Git, path: &Path) -> Result<Self, NoHistory> {
        let mut parents = BTreeMap::new();
        if git.head()?.is_some() {
            let all = git.run(["rev-list", "--parents", MAX_COMMITS, "HEAD", "--"])?;
            for row in String::from_utf8_lossy(&all).lines() {
                let mut ids = row.split(' ').map(str::to_owned);
                parents.extend(ids.next().map(|id| (id, ids.collect())));
            }
        }
        let place = format!("./{}", path.display());
        Ok(Self { git, place, parents, read: BTreeMap::new() })
    }

    /// The file in a commit.
    fn at(&mut self, commit: &str) -> Result<Option<Vec<u8>>, NoHistory> {
        if let Some(known) = self.read.get(commit) {
            return Ok(known.clone());
        }
        let object = format!("{commit}:{}", self.place);
        let found = self.git.output(["rev-parse", "--verify", "--quiet", &object])?;
        let object = String::from_utf8_lossy(&found.stdout);
        let there = found.status.success();
        let bytes = there.then(|| self.git.object(object.trim())).transpose()?;
        self.read.insert(commit.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// The versions in these commits, if both sides have one.
    fn origin(
        &mut self,
        [base, ours, theirs]: [Option<&str>; 3],
    ) -> Result<Option<Origin>, NoHistory> {
        let mut at = |commit: Option<&str>| commit.map_or(Ok(None), |commit| self.at(commit));
        let (base, ours, theirs) = (at(base)?, at(ours)?, at(theirs)?);
        Ok(ours.zip(theirs).map(|(ours, theirs)| Origin {
            base: base.unwrap_or_default(),
            ours,
            theirs,
            certainty: Certainty::Known,
        }))
    }

    /// The commits that git merges into HEAD now: the base, and the other side.
    fn ends(
        &self,
        work: Work,
        head: &str,
        commit: &str,
    ) -> Result<(Option<String>, Option<String>), NoHistory> {
        Ok(match work {
            Work::Merge => (self.base_of(head, commit)?, Some(commit.to_owned())),
            Work::CherryPick | Work::Rebase => (self.before(commit)?, Some(commit.to_owned())),
            Work::Revert => (Some(commit.to_owned()), self.before(commit)?),
        })
    }

    fn before(&self, commit: &str) -> Result<Option<String>, NoHistory> {
        self.git.resolve(&format!("{commit}^"))
    }

    fn base_of(&self, one: &str, other: &str) -> Result<Option<String>, NoHistory> {
        let found = self.git.output(["merge-base", one, other])?;
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok((!id.is_empty()).then_some(id))
    }

    /// Of the commit that brought the file as it is.
    fn of_commits(
        &mut self,
        head: &str,
        now: &[u8],
        good: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Origin>, NoHistory> {
        let mut commit = head.to_owned();
        let parents = loop {
            let parents = self.parents.get(&commit).cloned().unwrap_or_default();
            let mut same = None;
            for parent in &parents {
                if self.at(parent)?.as_deref() == Some(now) {
                    same = Some(parent.clone());
                }
            }
            match same {
                Some(earlier) => commit = earlier,
                None => break parents,
            }
        };
        match parents.as_slice() {
            [ours, theirs] => {
                let base = self.base_of(ours, theirs)?;
                Ok(self.origin([base.as_deref(), Some(ours), Some(theirs)])?.into_iter().collect())
            }
            [parent] => self.guesses(&commit, parent, good),
            _ => Ok(Vec::new()),
        }
    }

    /// Of commits whose change was made again here and is not committed: by any ref, once by one, or
    /// by none any more, as what was stashed and taken back.
    fn of_changes(&mut self, head: &str, now: &[u8]) -> Result<Vec<Origin>, NoHistory> {
        let now = Pieces::of(now);
        let ours = Pieces::of(&self.at(head)?.unwrap_or_default());
        let place = self.place.clone();
        let words = ["log", "--all", "--reflog", "--no-show-signature", MAX_COMMITS, "--format=%H"];
        let kept = self.git.run(words.into_iter().chain(["--", &place]))?;
        let mut guesses = self.copies(head, &lines(&kept, ""), [&now, &ours])?;
        if guesses.is_empty() {
            // It ends otherwise than well where anything is missing, and says this all the same.
            let lost = self.git.output(["fsck", "--no-progress", "--connectivity-only"])?;
            let lost = lines(&lost.stdout, "dangling commit ");
            guesses = self.copies(head, &lost, [&now, &ours])?;
        }
        Ok(guesses)
    }

    /// Those of these commits that have whatever stands here and is not ours.
    fn copies(
        &mut self,
        head: &str,
        commits: &[String],
        [now, ours]: [&Pieces; 2],
    ) -> Result<Vec<Origin>, NoHistory> {
        let mut guesses = Vec::new();
        for id in commits.iter().filter(|id| *id != head).take(MAX_GUESSES) {
            let theirs = Pieces::of(&self.at(id)?.unwrap_or_default());
            if !now.unknown_to(&[ours, &theirs]).is_empty() {
                continue;
            }
            for base in [self.before(id)?, self.base_of(head, id)?] {
                let guess = self.origin([base.as_deref(), Some(head), Some(id)])?;
                guesses.extend(guess.map(Origin::guessed));
            }
        }
        guesses.dedup();
        Ok(guesses)
    }

    /// A commit with one parent was made from that, and from another that it does not name.
    fn guesses(
        &mut self,
        commit: &str,
        parent: &str,
        good: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Origin>, NoHistory> {
        // Several commits in a row may have been put on it, each broken as the one before.
        let mut ours = parent.to_owned();
        while self.at(&ours)?.is_some_and(|bytes| !good(&bytes)) {
            match self.parents.get(&ours).and_then(|parents| parents.first()) {
                Some(earlier) => ours = earlier.clone(),
                None => return Ok(Vec::new()),
            }
        }
        let mut guesses = Vec::new();
        for other in self.others(commit)? {
            let ends = match other {
                Other::Undone(id) => {
                    let before = self.before(&id)?;
                    vec![(Some(id), before)]
                }
                Other::Copied(id) => {
                    let bases = [self.before(&id)?, self.base_of(&ours, &id)?];
                    bases.map(|base| (base, Some(id.clone()))).into()
                }
            };
            for (base, theirs) in ends {
                let guess = self.origin([base.as_deref(), Some(&ours), theirs.as_deref()])?;
                guesses.extend(guess.map(Origin::guessed));
            }
        }
        guesses.dedup();
        Ok(guesses)
    }

    /// Commits that it may be a copy of, or that it took back: named in its message, of the same
    /// author at the same second, or the end of a branch that was squashed.
    fn others(&self, commit: &str) -> Result<Vec<Other>, NoHistory> {
        let mut others = Vec::new();
        let show =
            ["show", "--no-patch", "--no-show-signature", "--no-notes", "--format=%B", commit];
        let message = self.git.run(show.into_iter().chain(["--"]))?;
        for line in String::from_utf8_lossy(&message).lines() {
            let named = line.strip_prefix("This reverts commit ");
            let copied = line.strip_prefix("(cherry picked from commit ");
            let text = named.or(copied).unwrap_or_default();
            let id: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
            if id.len() >= 40
                && let Some(id) = self.git.resolve(&id)?
            {
                others.push(if named.is_some() { Other::Undone(id) } else { Other::Copied(id) });
            }
        }
        let format = "--format=%H %at %ae";
        let list = ["log", "--all", "--reflog", "--no-show-signature", MAX_COMMITS, format, "--"];
        let all = self.git.run(list)?;
        let all = String::from_utf8_lossy(&all);
        let rows = || all.lines().filter_map(|row| row.split_once(' '));
        let own =
            self.git.run(["show", "--no-patch", "--no-show-signature", format, commit, "--"])?;
        let own = String::from_utf8_lossy(&own);
        let author = own.trim_end().split_once(' ').map(|(_, author)| author);
        let copies = rows().filter(|(id, who)| Some(*who) == author && *id != commit);
        others.extend(copies.map(|(id, _)| Other::Copied(id.to_owned())));
        let tips = self.git.run([
            "for-each-ref",
            "--format=%(objectname)",
            "refs/heads",
            "refs/remotes",
        ])?;
        let tips = String::from_utf8_lossy(&tips);
        let mut seen = BTreeSet::new();
        others.extend(tips.lines().map(|tip| Other::Copied(tip.to_owned())));
        others.retain(|other| other.id() != commit && seen.insert(other.id().to_owned()));
        others.truncate(MAX_GUESSES);
        Ok(others)
    }
}

/// A commit that another may have to do with.
enum Other {
    /// Its change was made again.
    Copied(String),
    /// Its change was taken back.
    Undone(String),
}

impl Other {
    fn id(&self) -> &str {
        match self {
            Self::Copied(id) | Self::Undone(id) => id,
        }
    }
}

/// The rest of each line that begins so.
fn lines(text: &[u8], start: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
}

impl Origin {
    fn guessed(self) -> Self {
        Self { certainty: Certainty::Guessed, ..self }
    }
}
