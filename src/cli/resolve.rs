//! `vault resolve`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vault::envelope::Sealed;
use vault::git::{Conflicted, Git, Pieces, Stages, Versions, Work};
use vault::model::{Kind, PullSecret, SecretSet, SetName};
use vault::store::{FileRef, NoHistory, Vault};

use super::fix::{self, MARKER};
use super::report::{self, Failure};
use super::settle::{Decisions, Merging, Settling, Write};
use super::versions::Keys;
use super::{Global, change, open, pins};

/// Settle the conflicts that a merge has left, entry by entry
///
/// Works from git's index and not from the markers in the file, for merges, rebases, picks, reverts
/// and stashes. Asks about every entry that both sides changed; values are masked. Writes the file,
/// and adds it. Where team.toml has a conflict too, settle that first, as any text.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A set, pull/NAME, or a file's path; else every file with conflicts
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    decisions: Decisions,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let (vault, wanted) = place(global, args.file.as_deref())?;
    let git = pins::history(&vault);
    let found = git.conflicts().map_err(|why| unasked(&why))?;
    let files: Vec<(FileRef, Conflicted)> = found
        .iter()
        .filter_map(|found| Some((file_of(&found.path)?, found.clone())))
        .filter(|(file, _)| wanted.as_ref().is_none_or(|wanted| wanted == file))
        .collect();
    if files.is_empty() {
        return nothing(global, &vault, wanted.as_ref());
    }
    let sides = names_of_sides(&git)?;
    let mut keys = Keys::new(global, Some(&vault));
    args.decisions.check()?;
    let mut settling = Settling::new(global, &vault, &args.decisions);
    let mut writes: Vec<(FileRef, Write)> = Vec::new();
    for (file, conflicted) in &files {
        let stages = git.stages(conflicted).map_err(|why| unasked(&why))?;
        let merging = Merging {
            global,
            vault: &vault,
            file,
            versions: versions(&vault, file, &stages)?,
            sides: &sides,
            hint: &|_| None,
        };
        nothing_is_lost(&vault, file, &stages)?;
        let write = match file.kind {
            Kind::Set => merging.merge::<SecretSet>(&mut keys, &mut settling)?,
            Kind::Pull => merging.merge::<PullSecret>(&mut keys, &mut settling)?,
        };
        writes.extend(write.map(|write| (file.clone(), write)));
    }
    settling.complete()?;
    args.decisions.all_used(&settling.into_used())?;
    let lock = vault.lock(|| change::waiting(global))?;
    if git.conflicts().map_err(|why| unasked(&why))? != found {
        return Err(Failure::failed("git's index has changed meanwhile; nothing was written")
            .hint("run it again"));
    }
    for (file, write) in writes {
        write(&lock, keys.keyring()?, &git)?;
        report::note(global, &format!("{file}: resolved, and added"));
    }
    go_on(global, &git)
}

/// The vault, and the file in it that is meant. A path finds its vault from any folder of the
/// repository, as `git mergetool` needs it.
fn place(global: &Global, file: Option<&Path>) -> Result<(Vault, Option<FileRef>), Failure> {
    let Some(path) = file else { return Ok((open::find_vault(global)?, None)) };
    // What was typed is not repeated: it may be anything.
    let unknown = || {
        Failure::usage("that is no file of a vault")
            .hint("name a set, pull/NAME, or a path as .secrets/sets/NAME.toml")
    };
    if path.extension().is_none_or(|extension| extension != "toml") {
        let name = path.to_str().and_then(|text| text.parse().ok()).ok_or_else(unknown)?;
        return Ok((open::find_vault(global)?, Some(name)));
    }
    let path = std::path::absolute(open::start_dir(global).join(path)).map_err(|_| unknown())?;
    let folder = path.ancestors().nth(2).ok_or_else(unknown)?;
    let inside = path.strip_prefix(folder).ok().and_then(file_of).ok_or_else(unknown)?;
    let vault = Vault::find(path.ancestors().nth(3).ok_or_else(unknown)?)?;
    // A folder of that name within a vault is not the vault's.
    let same = |one: &Path, other: &Path| matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other);
    if same(folder, &vault.folder()) { Ok((vault, Some(inside))) } else { Err(unknown()) }
}

/// The file that stands at `sets/NAME.toml` or `pull/NAME.toml`, from the `.secrets` folder. What is
/// deeper is no file of this vault, whatever the folder above it is called.
pub(super) fn file_of(path: &Path) -> Option<FileRef> {
    let folder = path.parent()?.to_str()?;
    let kind = [Kind::Set, Kind::Pull].into_iter().find(|kind| kind.folder() == folder)?;
    let stem = path.file_name()?.to_str()?.strip_suffix(".toml")?;
    Some(FileRef { kind, name: stem.parse().ok()? })
}

fn nothing(global: &Global, vault: &Vault, wanted: Option<&FileRef>) -> Result<ExitCode, Failure> {
    if let Some(file) = wanted {
        let typed = |other: &str| format!("`vault resolve {other}` means that one");
        vault.read_any(file).map_err(|why| Failure::from(why).or_other_kind(typed))?;
    }
    report::note(global, "nothing to do: git has no conflict in a sealed file");
    Ok(ExitCode::SUCCESS)
}

fn versions<'s>(
    vault: &Vault,
    file: &FileRef,
    stages: &'s Stages,
) -> Result<Versions<'s>, Failure> {
    let (gone, left) = match (&stages.ours, &stages.theirs) {
        (Some(ours), Some(theirs)) => {
            let base = stages.base.as_deref().unwrap_or_default();
            return Ok(Versions { base, ours, theirs });
        }
        (None, theirs) => ("our side", theirs),
        (_, None) => ("their side", &stages.ours),
    };
    let path = vault.path_of(file.kind, &file.name).display().to_string();
    let failure = Failure::failed(format!(
        "{path}: deleted on {gone}, and changed on the other; nothing was written"
    ));
    Err(failure.hint(match renamed(vault, file, left.as_deref().unwrap_or_default()) {
        Some(new) => format!(
            "it is called {new} there: set in {new} what was changed here, then `git rm {path}`"
        ),
        None => format!("`git add {path}` keeps it, `git rm {path}` lets it go"),
    }))
}

/// Whoever has taken one side, and set something since, has that in the work tree alone. As a merge
/// leaves it, with markers, the file holds nothing that merging again does not make.
fn nothing_is_lost(vault: &Vault, file: &FileRef, stages: &Stages) -> Result<(), Failure> {
    let path = vault.path_of(file.kind, &file.name);
    let inside = Path::new(file.kind.folder()).join(format!("{}.toml", file.name));
    let now = vault.bytes_of(&inside)?.unwrap_or_default();
    if String::from_utf8_lossy(&now).lines().any(|line| line.starts_with(MARKER)) {
        return Ok(());
    }
    let of = |side: &Option<Vec<u8>>| Pieces::of(side.as_deref().unwrap_or_default());
    let [base, ours, theirs] = [&stages.base, &stages.ours, &stages.theirs].map(of);
    let (now, all) = (Pieces::of(&now), [&base, &ours, &theirs]);
    let alone = now.unknown_to(&all);
    if alone.is_empty() {
        return Ok(());
    }
    let (names, path) = (fix::named(&alone, &now, &all), path.display());
    let text =
        format!("{path}: stands in the file alone, on neither side of the conflict: {names}");
    Err(Failure::failed(format!("{text}; nothing was written")).hint(format!(
        "`git add {path}` keeps the file as it is; `git checkout --merge -- {path}` lets that go and puts the conflict back"
    )))
}

/// The set that this one is now, if a side has renamed it: a file keeps its id.
fn renamed(vault: &Vault, file: &FileRef, bytes: &[u8]) -> Option<SetName> {
    let id = Sealed::<SecretSet>::parse_past(bytes).ok()?.id();
    let others = vault.sets().ok()?.into_iter().filter(|name| *name != file.name);
    others.into_iter().find(|name| vault.read::<SecretSet>(name).is_ok_and(|set| set.id() == id))
}

/// What ours and theirs are, which a rebase turns round.
fn names_of_sides(git: &Git) -> Result<[String; 2], Failure> {
    let found = git.under_way().map_err(|why| unasked(&why))?;
    let (ours, theirs) = match found.as_ref().map(|(work, _)| *work) {
        Some(Work::Merge) => ("what is checked out", "the branch that is merged into it"),
        Some(Work::Rebase) => ("what is rebased onto", "your commit that is rebased"),
        Some(Work::CherryPick) => ("what is checked out", "the commit that is picked"),
        Some(Work::Revert) => ("what is checked out", "before the commit that is reverted"),
        None => ("what is checked out", "what was stashed"),
    };
    let commit = found.and_then(|(_, commit)| commit.get(..12).map(str::to_owned));
    let theirs = commit.map_or_else(|| theirs.to_owned(), |id| format!("{theirs} ({id})"));
    Ok([ours.to_owned(), theirs])
}

/// What is left, and what to type next.
pub(super) fn go_on(global: &Global, git: &Git) -> Result<ExitCode, Failure> {
    if let Some(first) = git.waiting().map_err(|why| unasked(&why))?.first() {
        report::hint(global, &format!("{first} has a conflict still"));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some((work, _)) = git.under_way().map_err(|why| unasked(&why))? {
        report::hint(global, &format!("`{}` goes on", work.goes_on_by()));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn unasked(why: &NoHistory) -> Failure {
    Failure::failed(why.to_string())
}
