//! What `verify` and `review` are asked about: which vaults, in which state, against which past.

use vault::git::{Contents, Git, Moment, Source, Unchecked};
use vault::store::{StoreError, Vault};

use super::report::Failure;
use super::{Global, open};

/// A vault in one state, and in the states it continues.
pub(crate) struct Checked {
    pub(crate) source: Source,
    pub(crate) moment: Moment,
    pub(crate) now: Contents,
    pub(crate) past: Vec<Contents>,
    /// The commits of those.
    pub(crate) forks: Vec<String>,
}

/// The state that is asked about.
pub(crate) enum Asked<'a> {
    WorkTree,
    Staged,
    Rev(&'a str),
}

/// Reads everything. One vault where there is a work tree, and all that a repository without one
/// holds.
pub(crate) fn read(
    global: &Global,
    asked: &Asked<'_>,
    base: Option<&str>,
) -> Result<Vec<Checked>, Failure> {
    // A hook of a server may run in a folder that is itself in a vault's.
    if let Asked::Rev(rev) = asked
        && Git::is_told()
        && !open::is_named(global)
    {
        return bare(global, rev, base);
    }
    let vault = Vault::find(&open::start_dir(global));
    match (vault, asked) {
        (Ok(vault), _) => {
            let source = Source::of(&vault)?;
            let moment = match asked {
                Asked::WorkTree => Moment::WorkTree,
                Asked::Staged => Moment::Staged,
                Asked::Rev(rev) => Moment::Commit(source.commit_of(rev)?),
            };
            let forks = base.map_or(Ok(Vec::new()), |base| source.forks(base, &moment))?;
            Ok(vec![Checked::of(source, moment, forks)?])
        }
        (Err(StoreError::NoVault(_)), Asked::Rev(rev)) => bare(global, rev, base),
        (Err(why @ StoreError::NoVault(_)), _) if called(global).is_bare() => {
            Err(Failure::from(why)
                .hint("here is no work tree: name what is to be checked, say --rev HEAD"))
        }
        (Err(why), _) => Err(why.into()),
    }
}

fn called(global: &Global) -> Git {
    let start = open::start_dir(global);
    if open::is_named(global) { Git::within(&start) } else { Git::as_called() }
}

/// In a hook of a server git says where the repository is.
fn bare(global: &Global, rev: &str, base: Option<&str>) -> Result<Vec<Checked>, Failure> {
    let git = called(global);
    let commit = git.commit_of(rev)?;
    let moment = Moment::Commit(commit.clone());
    let forks = base.map_or(Ok(Vec::new()), |base| git.forks(base, &moment))?;
    let commits: Vec<String> = forks.iter().chain([&commit]).cloned().collect();
    let sources = Source::all_in(&git, &commits)?;
    if sources.is_empty() {
        return Err(Unchecked::NoVault(rev.to_owned()).into());
    }
    let checked = |source| Checked::of(source, moment.clone(), forks.clone());
    sources.into_iter().map(checked).collect()
}

impl Checked {
    fn of(source: Source, moment: Moment, forks: Vec<String>) -> Result<Self, Failure> {
        let now = source.contents_and_surroundings(&moment)?;
        let past = forks.iter();
        let past = past.map(|fork| source.contents_and_surroundings(&Moment::Commit(fork.clone())));
        let past = past.collect::<Result<Vec<_>, _>>()?;
        if let Moment::Commit(commit) = &moment
            && [&now].into_iter().chain(&past).all(|contents| contents.files.is_empty())
        {
            return Err(Unchecked::NoVault(commit.clone()).into());
        }
        Ok(Self { source, moment, now, past, forks })
    }
}
