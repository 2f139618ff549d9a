//! `vault git merge-driver`: what git runs to merge a sealed file. It asks nobody, writes only what
//! git reads back, and never a plaintext: git makes an object of whatever it finds there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vault::envelope::{Conflict, Markers, MergeError, Merged};
use vault::git::{Git, Unmerged, Versions, merge};
use vault::model::{Content, Kind, PullSecret, SecretSet};
use vault::store::{StoreError, Vault, atomic};

use crate::cli::Global;
use crate::cli::report::{self, Failure};
use crate::cli::versions::{Keys, TAKE_ONE};

/// Above this git gives up the whole merge and changes nothing.
const GIVE_UP: u8 = 129;

/// Shortest and longest marker that is written: an attribute that anyone can push asks for any.
const MARKER: (usize, usize) = (7, 255);

/// Merge three versions of a sealed file (git calls this)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Characters of a conflict marker
    #[arg(long, default_value_t = 7)]
    marker_size: usize,
    /// The file, from the root of the work tree
    #[arg(long)]
    path: PathBuf,
    /// What the version both come from is called
    #[arg(long, default_value = "base")]
    base: OsString,
    /// What our side is called
    #[arg(long, default_value = "ours")]
    ours: OsString,
    /// What the other side is called
    #[arg(long, default_value = "theirs")]
    theirs: OsString,
    /// The version both come from, ours, and theirs
    #[arg(last = true, num_args = 3, required = true)]
    files: Vec<PathBuf>,
}

pub(crate) fn run(global: &Global, args: &Args) -> ExitCode {
    let global = Global { no_input: true, ..global.clone() };
    let ended = match kind_of(&args.path) {
        Some(Kind::Set) => drive::<SecretSet>(&global, args),
        Some(Kind::Pull) => drive::<PullSecret>(&global, args),
        None => Err(Failure::failed("it is not where sealed files are")),
    };
    ended.unwrap_or_else(|why| leave_to_git(&global, args, &why))
}

/// `sets` or `pull`, by the folder the file is in.
fn kind_of(path: &Path) -> Option<Kind> {
    let folder = path.parent()?.file_name()?.to_str()?;
    [Kind::Set, Kind::Pull].into_iter().find(|kind| kind.folder() == folder)
}

fn drive<T: Content>(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let [base, ours, theirs] = args.files.as_slice() else {
        return Err(Failure::usage("three files are merged"));
    };
    let read = |path: &Path| {
        fs::read(path).map_err(|why| Failure::failed(format!("{}: {why}", path.display())))
    };
    let [base, our_bytes, theirs] = [read(base)?, read(ours)?, read(theirs)?];
    // A repository without a work tree has no vault to look into; one data key needs none.
    let vault = vault_of(&args.path).ok();
    let mut keys = Keys::new(global, vault.as_ref());
    let versions = Versions { base: &base, ours: &our_bytes, theirs: &theirs };
    let merged = merge::<T>(versions, &mut keys);
    let merged = merged.map_err(|why| {
        Failure::failed(why.to_string()).hint(match why {
            Unmerged::Merge(MergeError::NeedsKey) => WITH_A_KEY,
            _ => TAKE_ONE,
        })
    })?;
    if args.path.file_stem().and_then(|stem| stem.to_str()) != Some(merged.name().as_str()) {
        return Err(Failure::failed("its name and its path have changed differently"));
    }
    say(global, args, &merged);
    let (text, code) = match merged.into_clean() {
        Ok(file) => (file.render(), ExitCode::SUCCESS),
        Err(open) => (open.render(&args.markers()), ExitCode::FAILURE),
    };
    let way = vault.map_or_else(|| PathBuf::from("."), |vault| vault.folder());
    atomic::write_by_way_of(&way, ours, text.as_bytes(), atomic::Access::Shared)?;
    Ok(code)
}

/// The vault of a path from the root of the work tree, which is where git runs drivers.
fn vault_of(path: &Path) -> Result<Vault, StoreError> {
    let root = path.ancestors().nth(3).unwrap_or(Path::new(""));
    Vault::find(&Path::new(".").join(root))
}

impl Args {
    fn markers(&self) -> Markers {
        Markers {
            size: self.marker_size.clamp(MARKER.0, MARKER.1),
            ours: named(&self.ours, "ours"),
            theirs: named(&self.theirs, "theirs"),
        }
    }
}

/// A git that has no names for the sides leaves the place for them as it stands. A name is of any
/// bytes: a commit's subject may be in it.
fn named(label: &OsStr, otherwise: &str) -> String {
    let label = label.to_string_lossy();
    if label.is_empty() || label.starts_with('%') {
        otherwise.to_owned()
    } else {
        label.into_owned()
    }
}

fn say<T: Content>(global: &Global, args: &Args, merged: &Merged<T>) {
    let path = args.path.display();
    for note in merged.notes() {
        report::warn(global, &format!("{path}: {note}"));
    }
    let (mut names, mut hints) = (Vec::new(), Vec::new());
    for conflict in merged.conflicts() {
        let (name, hint) = match conflict {
            Conflict::Entry(key) => (key.to_string(), KEEP_ONE),
            Conflict::Reader(name) => (format!("reader {name}"), KEEP_OUT),
        };
        names.push(name);
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    if !names.is_empty() {
        report::warn(global, &format!("{path}: to be decided: {}", names.join(", ")));
    }
    for hint in hints {
        report::hint(global, hint);
    }
}

/// Either block of an entry is of the surviving data key.
const KEEP_ONE: &str = "`vault resolve` asks about each entry and adds the file; or keep one of the two tables between the markers, delete the other and the markers, then `git add` it";

/// A reader's block may be of an older one.
const KEEP_OUT: &str = "a reader is to be decided where only an older data key vouches for the name, or it has two keys: `vault resolve --trust NAME` lets in whom team.toml names, and nobody else";

/// What an identity would settle.
const WITH_A_KEY: &str =
    "`vault resolve` merges it with an identity that opens both sides, and adds it";

/// Both sides as git would merge them, in ciphertext, and in any case a conflict: what came out may
/// be of two data keys.
fn leave_to_git(global: &Global, args: &Args, why: &Failure) -> ExitCode {
    let path = args.path.display();
    report::warn(global, &format!("{path}: merged as text: {}", why.message()));
    report::hint(global, &why.hint_of().unwrap_or_else(|| TAKE_ONE.to_owned()));
    let markers = args.markers();
    let labels = [markers.ours, named(&args.base, "base"), markers.theirs];
    let [base, ours, theirs] = args.files.as_slice() else {
        return ExitCode::from(GIVE_UP);
    };
    match Git::within(Path::new(".")).merge_text(args.marker_size, &labels, [ours, base, theirs]) {
        Ok(()) => ExitCode::FAILURE,
        Err(_) => ExitCode::from(GIVE_UP),
    }
}
