//! Values in clear outside `.secrets`: what the identities at hand open is searched for in tracked
//! and staged files, as it is and in the spellings secrets are pasted in.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::needles::Needles;
use super::{Finding, Rule};
use crate::crypto::Identities;
use crate::envelope::OpenError;
use crate::git::Git;
use crate::git::objects::{Changed, Listed, ListedKind, Name};
use crate::git::source::{Moment, Outer, Source, Unchecked};
use crate::git::survey::Survey;

/// Files up to this length are read from git all at once, longer ones as they come.
const AT_ONCE: usize = 1 << 20;

/// How much of a vault the identities at hand opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Everything,
    /// This many files stayed closed.
    AllBut(usize),
    /// None of it.
    Nothing,
}

/// Searches for the values of a state of a vault. `past` are the commits that it continues: of a
/// commit, what those already have is not searched.
///
/// # Errors
/// [`Unchecked`].
pub fn leaks(
    source: &Source,
    moment: &Moment,
    past: &[String],
    survey: &Survey,
    identities: &Identities,
    findings: &mut Vec<Finding>,
) -> Result<Coverage, Unchecked> {
    let (needles, coverage) = open_all(survey, identities, findings);
    let (Some(search), Some(outer)) = (needles.into_search(), source.around()?) else {
        return Ok(coverage);
    };
    let mut look = |file: &Name, bytes: &mut dyn Read| -> io::Result<()> {
        for hit in search.of(bytes)? {
            let file = file.shown();
            findings.push(Finding { file, line: hit.line, rule: Rule::Leak, message: hit.message });
        }
        Ok(())
    };
    let Outer { git, folder } = outer;
    match (moment, folder) {
        (Moment::WorkTree, Some(folder)) => {
            for file in source.outside(git.listed_in_index()?) {
                let path = folder.join(file.path.as_path());
                look_on_disk(&path, |bytes| look(&file.path, bytes))
                    .map_err(|why| Unchecked::Unread { path, why })?;
            }
            look_at_objects(&git, source.outside(staged(&git)?), &mut look)?;
        }
        (Moment::WorkTree | Moment::Staged, _) => {
            look_at_objects(&git, source.outside(staged(&git)?), &mut look)?;
        }
        (Moment::Commit(commit), _) => {
            let files = brought(&git, commit, past)?;
            look_at_objects(&git, source.outside(files), &mut look)?;
        }
    }
    Ok(coverage)
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
    let coverage = match closed {
        0 => Coverage::Everything,
        n if n == survey.files.len() => Coverage::Nothing,
        n => Coverage::AllBut(n),
    };
    (needles, coverage)
}

/// What a commit holds and none of those it continues; all of it where it continues none.
fn brought(git: &Git, commit: &str, past: &[String]) -> Result<Vec<Listed>, Unchecked> {
    let mut files = git.listed_in(commit, "")?;
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

/// What is not there, or no file, has nothing to be found in.
fn look_on_disk(path: &Path, look: impl FnOnce(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => look(&mut File::open(path)?),
        Ok(_) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotADirectory => Ok(()),
        Err(why) => Err(why),
    }
}

fn look_at_objects(
    git: &Git,
    files: Vec<Listed>,
    look: &mut impl FnMut(&Name, &mut dyn Read) -> io::Result<()>,
) -> Result<(), Unchecked> {
    let objects: Vec<String> = files.iter().map(|file| file.object.clone()).collect();
    let sizes = git.sizes(&objects)?;
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for (file, size) in files.into_iter().zip(sizes) {
        if size <= AT_ONCE { short.push(file) } else { long.push(file) }
    }
    let objects: Vec<String> = short.iter().map(|file| file.object.clone()).collect();
    let mut short = short.iter();
    git.read(&objects, &mut |mut bytes| {
        // Memory can always be read.
        let _: Option<io::Result<()>> = short.next().map(|file| look(&file.path, &mut bytes));
    })?;
    for file in &long {
        git.stream(&file.object, |bytes| look(&file.path, bytes))?;
    }
    Ok(())
}

impl Source {
    /// The files that are not of this vault.
    fn outside(&self, files: Vec<Listed>) -> Vec<Listed> {
        let is_outside = |file: &Listed| {
            file.kind == ListedKind::File && file.path.below(self.shown()).is_none()
        };
        files.into_iter().filter(is_outside).collect()
    }
}
