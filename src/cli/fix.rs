//! `vault fix`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vault::envelope::{Markers, Sealed, Side};
use vault::git::{Certainty, Git, Origin, Pieces, Versions, merge};
use vault::model::{Content, KeyName, Kind, PullSecret, SecretSet};
use vault::store::{FileRef, StoreError, Vault};

use super::report::{self, Failure};
use super::resolve::{file_of, go_on, unasked};
use super::settle::{Decisions, Merging, Settling, Write};
use super::versions::Keys;
use super::{Global, change, open, pins};

/// How a conflict begins that is left to a person, however long its markers are.
pub(super) const MARKER: &str = "<<<<<<<";

/// Repair files that a merge without vault has made of two data keys
///
/// A server, or a git without the merge driver, merges line by line. Where one side had changed the
/// data key, what comes out does not open. This merges again, by what the entries mean, the versions
/// that git knows the file was made of; writes it, and adds it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    decisions: Decisions,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let vault = open::find_vault(global)?;
    let git = pins::history(&vault);
    let found = git.conflicts().map_err(|why| unasked(&why))?;
    let waiting: BTreeSet<FileRef> = found.iter().filter_map(|at| file_of(&at.path)).collect();
    for file in &waiting {
        report::warn(global, &format!("{file}: git has a conflict in it; `vault resolve` asks"));
    }
    let decisions = &args.decisions;
    decisions.check()?;
    let mut repair = Repair {
        global,
        vault: &vault,
        git: &git,
        decisions,
        keys: Keys::new(global, Some(&vault)),
        used: BTreeSet::new(),
    };
    let (mut mended, mut failed) = (Vec::new(), waiting.len());
    for file in vault.files()?.into_iter().filter(|file| !waiting.contains(file)) {
        let ready = match file.kind {
            Kind::Set => repair.mend::<SecretSet>(&file),
            Kind::Pull => repair.mend::<PullSecret>(&file),
        };
        match ready {
            Ok(ready) => mended.extend(ready.map(|ready| (file, ready))),
            // What still has to be said may be about all of them.
            Err(why) if why.code() == 2 => return Err(why),
            // One that cannot be repaired does not keep the others from being.
            Err(why) => {
                failed += 1;
                report::warn(global, &why.in_short());
            }
        }
    }
    decisions.all_used(&repair.used)?;
    if mended.is_empty() && failed == 0 {
        report::note(global, "nothing to do: every file is in form");
        return Ok(ExitCode::SUCCESS);
    }
    let writer = vault.lock(|| change::waiting(global))?;
    for (file, Ready { before, write }) in mended {
        if vault.bytes_of(&path_of(&file))?.as_ref() != Some(&before) {
            return Err(
                Failure::failed(format!("{file} has changed meanwhile")).hint("run it again")
            );
        }
        write(&writer, repair.keys.keyring()?, &git)?;
        report::note(global, &format!("{file}: repaired, and added"));
    }
    if failed > 0 { Ok(ExitCode::FAILURE) } else { go_on(global, &git) }
}

/// A file that can be written, if it still is what it was.
struct Ready {
    before: Vec<u8>,
    write: Write,
}

/// What is needed for every file.
struct Repair<'a> {
    global: &'a Global,
    vault: &'a Vault,
    git: &'a Git,
    decisions: &'a Decisions,
    keys: Keys<'a>,
    /// Of `--take`, those that were needed.
    used: BTreeSet<KeyName>,
}

impl Repair<'_> {
    /// `None` for a file that is in form.
    fn mend<T: Content + 'static>(&mut self, file: &FileRef) -> Result<Option<Ready>, Failure> {
        let why = match self.vault.try_read::<T>(&file.name) {
            Ok(_) => return Ok(None),
            Err(why @ (StoreError::Malformed { .. } | StoreError::Unmerged { .. })) => why,
            Err(other) => return Err(other.into()),
        };
        let path = path_of(file);
        let before = self.vault.bytes_of(&path)?.unwrap_or_default();
        let good = |bytes: &[u8]| Sealed::<T>::parse_past(bytes).is_ok();
        let origins = self.git.origins(&path, &before, &good).map_err(|why| unasked(&why))?;
        let text = String::from_utf8_lossy(&before).into_owned();
        let mut refused = None;
        for origin in origins.iter().filter(|origin| good(&origin.ours) && good(&origin.theirs)) {
            if origin.certainty == Certainty::Guessed && !self.fits::<T>(origin, &text) {
                continue;
            }
            if let Some(why) = only_here(file, origin, &text) {
                refused = refused.or(Some(why));
                continue;
            }
            match self.merge::<T>(file, origin, &text) {
                Ok(write) => return Ok(Some(Ready { before, write })),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        Err(refused.unwrap_or_else(|| {
            Failure::from(why).hint(format!(
                "git knows no versions that it was made of; keep a copy of it, for `git checkout COMMIT -- {}` brings a good one back and drops what stands in this one alone",
                self.vault.path_of(T::KIND, &file.name).display()
            ))
        }))
    }

    fn merge<T: Content + 'static>(
        &mut self,
        file: &FileRef,
        origin: &Origin,
        text: &str,
    ) -> Result<Write, Failure> {
        let sides =
            ["the side that was merged into", "the side that was merged"].map(str::to_owned);
        let texts = [&origin.ours, &origin.theirs].map(|bytes| String::from_utf8_lossy(bytes));
        let hint = |key: &KeyName| taken_in(text, [&texts[0], &texts[1]], key);
        let merging = Merging {
            global: self.global,
            vault: self.vault,
            file,
            versions: versions(origin),
            sides: &sides,
            hint: &hint,
        };
        let mut settling = Settling::new(self.global, self.vault, self.decisions);
        let write = merging.merge::<T>(&mut self.keys, &mut settling)?;
        settling.complete()?;
        self.used.extend(settling.into_used());
        write.ok_or_else(|| Failure::failed(format!("{file}: not everything was decided")))
    }

    /// Whether merging these gives a file with the same tables as the one that does not open.
    fn fits<T: Content>(&mut self, origin: &Origin, text: &str) -> bool {
        let Ok(theirs) = Sealed::<T>::parse_past(&origin.theirs) else { return false };
        let token = format!("\"{}:{}:", theirs.epoch(), theirs.commitment().key_id());
        let [base, ours, theirs] = pieces(origin);
        let now = Pieces::of(text.as_bytes());
        // What ours alone accounts for says nothing about another side.
        let of_both = !now.unknown_to(&[&ours]).is_empty();
        if !of_both || !text.contains(&token) || !now.can_be_made_of(&base, &ours, &theirs) {
            return false;
        }
        let markers = Markers { size: 7, ours: String::new(), theirs: String::new() };
        merge::<T>(versions(origin), &mut self.keys)
            .is_ok_and(|merged| tables(&merged.render(&markers)) == tables(text))
    }
}

/// From the `.secrets` folder.
fn path_of(file: &FileRef) -> PathBuf {
    Path::new(file.kind.folder()).join(format!("{}.toml", file.name))
}

fn versions(origin: &Origin) -> Versions<'_> {
    Versions { base: &origin.base, ours: &origin.ours, theirs: &origin.theirs }
}

fn pieces(origin: &Origin) -> [Pieces; 3] {
    [&origin.base, &origin.ours, &origin.theirs].map(|bytes| Pieces::of(bytes))
}

/// What merging these would lose: it was set after the versions were merged, and stands nowhere else.
fn only_here(file: &FileRef, origin: &Origin, text: &str) -> Option<Failure> {
    let (now, [base, ours, theirs]) = (Pieces::of(text.as_bytes()), pieces(origin));
    let all = [&base, &ours, &theirs];
    // Between markers a merge with vault puts what it has encrypted anew.
    let has_markers = text.lines().any(|line| line.starts_with(MARKER));
    let alone = if has_markers { now.named_by_none_of(&all) } else { now.unknown_to(&all) };
    (!alone.is_empty()).then(|| {
        let names = named(&alone, &now, &all);
        let text = format!("{file}: stands in the file alone, on neither side that was merged: {names}");
        Failure::failed(text).hint("merging again would lose that: nothing was written; `vault verify` names the lines that are out of form, which you can take out by hand")
    })
}

/// What stands in a file alone. Where that is all of it, a merge has encrypted it anew, and names
/// say nothing but for what no version has.
pub(super) fn named(alone: &[String], now: &Pieces, versions: &[&Pieces]) -> String {
    if alone != now.unknown_to(&[]) {
        return report::shortened(alone);
    }
    let all = "all of it, under a data key that neither side has";
    match now.named_by_none_of(versions).as_slice() {
        [] => all.to_owned(),
        new => format!("{all}, and {} even by name", report::shortened(new)),
    }
}

/// The names of readers and entries.
fn tables(text: &str) -> BTreeSet<&str> {
    let counts = |line: &&str| line.starts_with("[values.") || line.starts_with("[recipients.");
    text.lines().filter(counts).collect()
}

/// Whoever merged by hand has taken the side whose table stands there: alone, for a merge by lines
/// may put in both, and without the markers of a conflict, which nobody has decided.
fn taken_in(text: &str, [ours, theirs]: [&str; 2], key: &KeyName) -> Option<Side> {
    let header = format!("[values.{key}]");
    let several = text.lines().filter(|line| **line == header).nth(1).is_some();
    if several || text.lines().any(|line| line.starts_with(MARKER)) {
        return None;
    }
    let stands = table(text, key);
    match (stands == table(ours, key), stands == table(theirs, key)) {
        (true, false) => Some(Side::Ours),
        (false, true) => Some(Side::Theirs),
        _ => None,
    }
}

fn table(text: &str, key: &KeyName) -> Vec<String> {
    let header = format!("[values.{key}]");
    let lines = text.lines().skip_while(|line| *line != header);
    lines.take_while(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}
