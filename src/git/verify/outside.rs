//! Values in clear outside `.secrets`: what the identities at hand open is searched for in tracked
//! and staged files, as it is and in the spellings secrets are pasted in.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::needles::{Hit, Needles, Search};
use super::{Finding, Rule};
use crate::crypto::Identities;
use crate::envelope::OpenError;
use crate::git::Git;
use crate::git::objects::{Changed, Listed, ListedKind, Name};
use crate::git::source::{Contents, Item, Moment, Outer, Source};
use crate::git::survey::Survey;
use crate::git::unchecked::Unchecked;

/// Files up to this length are read from git all at once, longer ones as they come.
const AT_ONCE: usize = 1 << 20;

/// Most commits whose files are looked at, the newest of them.
const MAX_COMMITS: usize = 10_000;

/// How much of a vault the identities at hand opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// So many files are open.
    pub open: usize,
    /// So many stayed closed.
    pub closed: usize,
}

/// Searches for the values of a state of a vault. `past` are the commits that it continues: what
/// those already have is not searched, but what was brought since and taken out again is.
///
/// # Errors
/// [`Unchecked`].
pub fn leaks(
    source: &Source,
    moment: &Moment,
    past: &[String],
    (now, survey): (&Contents, &Survey),
    identities: &Identities,
    findings: &mut Vec<Finding>,
) -> Result<Coverage, Unchecked> {
    let (needles, coverage) = open_all(survey, identities, findings);
    let Some(search) = needles.into_search() else { return Ok(coverage) };
    inside(now, &search, findings);
    let Some(Outer { git, folder }) = source.around()? else { return Ok(coverage) };
    let mut looking = Looking { search: &search, source, found: Vec::new(), commit: None };
    match (moment, folder) {
        (Moment::WorkTree, Some(folder)) => {
            for (_, file) in source.outside(git.listed_in_index()?) {
                let path = folder.join(file.path.as_path());
                on_disk(&path, |bytes| looking.look(&file.path, bytes))
                    .map_err(|why| Unchecked::Unread { path, why })?;
            }
            in_objects(&git, source.outside(staged(&git)?), &mut looking)?;
        }
        (Moment::WorkTree | Moment::Staged, _) => {
            in_objects(&git, source.outside(staged(&git)?), &mut looking)?;
        }
        (Moment::Commit(_), _) if source.is_repository() => {}
        (Moment::Commit(commit), _) => {
            let files = brought(&git, commit, past)?;
            in_objects(&git, source.outside(files), &mut looking)?;
        }
    }
    if !source.is_repository() {
        between(&git, moment, past, &mut looking)?;
    }
    findings.append(&mut looking.found);
    Ok(coverage)
}

/// In the files of the vault itself: notes, comments, names, and what does not belong there.
fn inside(now: &Contents, search: &Search, findings: &mut Vec<Finding>) {
    for (path, item) in &now.files {
        let Item::File(bytes) = item else { continue };
        let file = format!("{}{path}", now.shown);
        findings.extend(in_vault_file(search, &file, bytes));
    }
}

/// Where nothing but ciphertext, proofs and public keys stands, a value is there by chance or is
/// found by other rules.
fn in_vault_file(search: &Search, file: &str, bytes: &[u8]) -> Vec<Finding> {
    const SEALED: [&[u8]; 4] = [b"enc", b"wrap", b"seal", b"to"];
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let is_sealed = |hit: &Hit| {
        let line = lines.get(hit.line - 1).map_or(&b""[..], |line| line.trim_ascii());
        file.strip_suffix(".toml").is_some()
            && SEALED.iter().any(|field| {
                line.strip_prefix(*field).is_some_and(|rest| rest.starts_with(b" = \""))
            })
    };
    // Memory can always be read.
    let hits = search.of(&mut &*bytes).unwrap_or_default();
    let hits = hits.into_iter().filter(|hit| !is_sealed(hit));
    hits.map(|hit| finding(file.to_owned(), hit.line, hit.message)).collect()
}

fn finding(file: String, line: usize, message: String) -> Finding {
    Finding { file, line, rule: Rule::Leak, message }
}

/// A search that is going on, and what it has found.
struct Looking<'a> {
    search: &'a Search,
    source: &'a Source,
    found: Vec<Finding>,
    /// The commit that brought what is being looked at, where that is there no more.
    commit: Option<String>,
}

impl Looking<'_> {
    fn look(&mut self, path: &Name, bytes: &mut dyn Read) -> io::Result<()> {
        if path.below(self.source.place()).is_some() {
            let mut held = Vec::new();
            bytes.read_to_end(&mut held)?;
            for one in in_vault_file(self.search, &path.shown(), &held) {
                self.tell(&one.file, one.line, one.message);
            }
            return Ok(());
        }
        let hits = self.search.of(bytes)?;
        let file = self.shown(path);
        for hit in hits {
            self.tell(&file, hit.line, hit.message);
        }
        let hits = self.search.of(&mut path.as_bytes())?;
        for hit in hits {
            self.tell(&file, 1, hit.message.replacen("stands here", "is in the file's name", 1));
        }
        Ok(())
    }

    /// Of what was brought and is gone, only what is not told of already.
    fn tell(&mut self, file: &str, line: usize, message: String) {
        let Some(commit) = &self.commit else {
            self.found.push(finding(file.to_owned(), line, message));
            return;
        };
        let known = |one: &Finding| one.file == file && one.message.starts_with(&message);
        if !self.found.iter().any(known) {
            let commit = commit.get(..12).unwrap_or(commit);
            let message =
                format!("{message}, in commit {commit}: deleted or not, it stays in history");
            self.found.push(finding(file.to_owned(), line, message));
        }
    }

    /// A path without the parts of it that are a value.
    fn shown(&self, path: &Name) -> String {
        let hides =
            |text: &str| self.search.of(&mut text.as_bytes()).is_ok_and(|hits| !hits.is_empty());
        let path = path.shown();
        if !hides(&path) {
            return path;
        }
        let parts = path.split('/').map(|part| if hides(part) { "***" } else { part });
        let masked = parts.collect::<Vec<_>>().join("/");
        if hides(&masked) { "***".to_owned() } else { masked }
    }
}

/// What commits brought that the last of them may not have any more.
fn between(
    git: &Git,
    moment: &Moment,
    past: &[String],
    looking: &mut Looking<'_>,
) -> Result<(), Unchecked> {
    let tip = match moment {
        Moment::Commit(commit) => Some(commit.clone()),
        Moment::WorkTree | Moment::Staged => git.head()?,
    };
    let (Some(tip), false) = (tip, past.is_empty()) else { return Ok(()) };
    let commits = git.commits_between(past, &tip, MAX_COMMITS)?;
    let mut seen = BTreeSet::new();
    let brought = git.brought_by(&commits)?.into_iter();
    let brought = brought.filter(|(_, file)| {
        file.kind != ListedKind::Other && seen.insert((file.path.clone(), file.object.clone()))
    });
    in_objects(git, brought.map(|(commit, file)| (Some(commit), file)).collect(), looking)
}

/// Opens what the identities open without a question.
fn open_all(
    survey: &Survey,
    identities: &Identities,
    findings: &mut Vec<Finding>,
) -> (Needles, Coverage) {
    let mut needles = Needles::default();
    let mut closed = 0;
    for (of, file) in &survey.files {
        let opened = file.sealed.clone().open_each(identities, &mut |key, value| {
            needles.add(of, key, value);
        });
        match opened {
            Ok(()) => {}
            Err(OpenError::NoIdentity { .. } | OpenError::Locked(_) | OpenError::Plugin(_)) => {
                closed += 1;
            }
            Err(why @ OpenError::Tampered { .. }) => {
                findings.push(file.finding("vault", Rule::Tampered, why.to_string()));
            }
        }
    }
    (needles, Coverage { open: survey.files.len() - closed, closed })
}

/// What a commit holds and none of those it continues; all of it where it continues none.
fn brought(git: &Git, commit: &str, past: &[String]) -> Result<Vec<Listed>, Unchecked> {
    let mut files = git.listed_in(commit, &Name::default())?;
    if !past.is_empty() {
        let mut changed = Vec::new();
        for past in past {
            changed.extend(git.changed(past, Changed::Commit(commit))?);
        }
        changed.sort();
        files.retain(|file| changed.binary_search(&file.path).is_ok());
    }
    Ok(files)
}

/// What the index holds and the commit that is checked out does not.
fn staged(git: &Git) -> Result<Vec<Listed>, Unchecked> {
    let mut files = git.listed_in_index()?;
    if let Some(head) = git.head()? {
        let mut changed = git.changed(&head, Changed::Index)?;
        changed.sort();
        files.retain(|file| changed.binary_search(&file.path).is_ok());
    }
    Ok(files)
}

/// What is not there has nothing to be found in; of a link, where it leads.
fn on_disk(path: &Path, look: impl FnOnce(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
    let nothing = |why: io::Error| match why.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(()),
        _ => Err(why),
    };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => look(&mut File::open(path)?),
        Ok(meta) if meta.is_symlink() => match std::fs::read_link(path) {
            Ok(to) => look(&mut to.as_os_str().as_encoded_bytes()),
            Err(why) => nothing(why),
        },
        Ok(_) => Ok(()),
        Err(why) => nothing(why),
    }
}

/// Looks at files as git has them, each with the commit that brought it where that matters.
fn in_objects(
    git: &Git,
    files: Vec<(Option<String>, Listed)>,
    looking: &mut Looking<'_>,
) -> Result<(), Unchecked> {
    let objects: Vec<String> = files.iter().map(|(_, file)| file.object.clone()).collect();
    let sizes = git.sizes(&objects)?;
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for (file, size) in files.into_iter().zip(sizes) {
        if size <= AT_ONCE { short.push(file) } else { long.push(file) }
    }
    let objects: Vec<String> = short.iter().map(|(_, file)| file.object.clone()).collect();
    let mut short = short.into_iter();
    git.read(&objects, &mut |mut bytes| {
        if let Some((commit, file)) = short.next() {
            looking.commit = commit;
            // Memory can always be read.
            let _: io::Result<()> = looking.look(&file.path, &mut bytes);
        }
    })?;
    for (commit, file) in long {
        looking.commit = commit;
        git.stream(&file.object, |bytes| looking.look(&file.path, bytes))?;
    }
    Ok(())
}

impl Source {
    /// The files that are not of this vault.
    fn outside(&self, files: Vec<Listed>) -> Vec<(Option<String>, Listed)> {
        let is_outside = |file: &Listed| {
            file.kind != ListedKind::Other
                && file.kind != ListedKind::Unmerged
                && file.path.below(self.place()).is_none()
        };
        files.into_iter().filter(is_outside).map(|file| (None, file)).collect()
    }
}
