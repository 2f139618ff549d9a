//! `vault log`

use std::path::Path;

use clap_complete::ArgValueCandidates;
use serde_json::{Map, Value, json};
use vault::crypto::FileId;
use vault::git::{Became, Commit, Evidence, Git, Happening, Reader, View, What};
use vault::model::KeyName;
use vault::store::{AnySealed, Depth, FileRef, History, NoHistory, StoreError, Vault};

use super::diff::{self, Page, Sign};
use super::git::Eyes;
use super::report::{self, Failure};
use super::{Global, complete, open, output, pins};

/// Show who changed which entry and when, from git's history
///
/// The newest first. Works without an identity; with one, a value that a rotation only encrypted anew
/// is told from one that changed by the value itself. A set or an entry that was renamed is followed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this set (pull/NAME for a pull secret)
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: Option<FileRef>,
    /// Only this entry of it
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(complete::keys))]
    key: Option<KeyName>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let git = pins::history(&vault);
    let meant = match &args.set {
        Some(file) => meant(&vault, &git, file)?,
        None => Meant::All,
    };
    let mut search = Search { eyes: Eyes::new(global), meant };
    let mut key = args.key.clone();
    let mut page = Page::new(diff::paint(global));
    let mut documents = Vec::new();
    let depth = git.story(&mut search, |commit, mut happened| {
        happened.retain(|one| is_meant(one, args.set.as_ref(), key.as_mut()));
        if happened.is_empty() {
            return;
        }
        documents.extend(happened.iter().map(|one| document(commit, one)));
        tell(&mut page, commit, &happened, args.key.as_ref());
    });
    let depth = depth.map_err(|why| no_history(&why))?;
    if depth == Depth::Shallow {
        report::warn(global, &format!("what is older is not known: {}", NoHistory::Shallow));
    }
    if let (Some(file), true) = (&args.set, documents.is_empty()) {
        let what = args.key.as_ref().map_or(String::new(), |key| format!(" {key}"));
        if let Err(other @ StoreError::OtherKind { .. }) = vault.read_any(file) {
            let typed = |other: &str| format!("`vault log {other}` means that one");
            return Err(Failure::from(other).or_other_kind(typed));
        }
        let text = format!("no commit that is here changed {}{what}", diff::set_name(file));
        return Err(Failure::failed(text).hint("`vault list` shows the sets and their keys"));
    }
    if args.json { output::json(&Value::Array(documents)) } else { page.print() }
}

fn no_history(why: &NoHistory) -> Failure {
    Failure::failed(format!("there is no history: {why}"))
}

/// The files that are asked for.
enum Meant {
    All,
    /// One, by what it keeps whatever it is called.
    One(FileId),
    /// One that never was.
    Nothing,
}

/// The file of this name; of one that is no more, its newest version knows the id.
fn meant(vault: &Vault, git: &Git, file: &FileRef) -> Result<Meant, Failure> {
    let mut id = vault.read_any(file).ok().map(|sealed| sealed.generation().id);
    if id.is_none() {
        let past = git.versions(Path::new(file.kind.folder()), &mut |bytes| {
            if id.is_none() {
                let sealed = AnySealed::parse_past(bytes).ok();
                let sealed = sealed.filter(|sealed| sealed.file() == *file);
                id = sealed.map(|sealed| sealed.generation().id);
            }
        });
        past.map_err(|why| no_history(&why))?;
    }
    Ok(id.map_or(Meant::Nothing, Meant::One))
}

/// Looks into versions of the files that are meant.
struct Search {
    eyes: Eyes,
    meant: Meant,
}

impl Reader for Search {
    fn look(&mut self, sealed: AnySealed) -> Option<View> {
        let meant = match self.meant {
            Meant::All => true,
            Meant::One(id) => id == sealed.generation().id,
            Meant::Nothing => false,
        };
        meant.then(|| self.eyes.look(sealed))
    }
}

/// Whether it is about the file and the entry that are asked for. Going back in time, an entry that
/// was renamed goes on under its older name.
fn is_meant(one: &Happening, file: Option<&FileRef>, key: Option<&mut KeyName>) -> bool {
    match (&one.what, key) {
        // A version that makes no sense has only a place.
        (What::Broken(_) | What::Misplaced(_) | What::Mended, _) => {
            file.is_none_or(|file| one.file == *file)
        }
        (_, None) | (What::Deleted | What::Present, _) => true,
        (What::Entry(name, ..), Some(key)) => name == key,
        (What::EntryRenamed(old, new), Some(key)) => {
            let is_it = new == key;
            if is_it {
                key.clone_from(old);
            }
            is_it
        }
        _ => false,
    }
}

/// A commit, and what it did.
fn tell(page: &mut Page, commit: &Commit, happened: &[Happening], key: Option<&KeyName>) {
    page.gap();
    let Commit { author, date, subject, .. } = commit;
    page.line(Sign::Title, &format!("{} {date} {author}: {subject}", commit.short()));
    for Happening { file, what } in happened {
        let set = diff::set_name(file);
        if let Some((sign, text)) = in_words(what, key) {
            page.line(sign, &format!("{set}{text}"));
        }
    }
    let again = |one: &&Happening| matches!(one.what, What::Entry(_, Became::Reencrypted, _));
    let again: Vec<_> = happened.iter().filter(again).map(|one| &one.file).collect();
    for same in again.chunk_by(|one, next| one == next).filter(|_| key.is_none()) {
        if let [file, ..] = same {
            let values = if same.len() == 1 { "value" } else { "values" };
            let text = format!("{}: {} {values} re-encrypted", diff::set_name(file), same.len());
            page.line(Sign::Told, &text);
        }
    }
}

/// What follows the name of the set.
fn in_words(what: &What, key: Option<&KeyName>) -> Option<(Sign, String)> {
    Some(match what {
        What::Created => (Sign::Added, ": new".to_owned()),
        What::Deleted => (Sign::Removed, ": deleted".to_owned()),
        What::Renamed(from) => (Sign::Changed, format!(": was {}", diff::set_name(from))),
        What::Present => {
            (Sign::Told, ": there already in the oldest commit that is here".to_owned())
        }
        What::Broken(why) => (Sign::Alarm, format!(": {why}")),
        What::Misplaced(at) => (Sign::Alarm, format!(": stands as {at}, and is refused there")),
        What::Mended => (Sign::Told, ": can be read again".to_owned()),
        What::DataKey(change) => {
            let (sign, text) = diff::data_key(*change)?;
            (sign, format!(": {text}"))
        }
        What::Reader(change) => {
            let (sign, text) = diff::reader(change);
            (sign, format!(": {text}"))
        }
        What::EntryRenamed(old, new) => (Sign::Changed, format!(" {new}: was {old}")),
        What::Entry(name, became, by) => match (became, by) {
            (Became::Added, _) => (Sign::Added, format!(" {name}")),
            (Became::Removed, _) => (Sign::Removed, format!(" {name}")),
            (Became::Changed, Evidence::Unclear) => {
                (Sign::Changed, format!(" {name}, perhaps to the same value"))
            }
            (Became::Changed, _) => (Sign::Changed, format!(" {name}")),
            (Became::Note, _) => (Sign::Changed, format!(" {name}: note or expiry")),
            (Became::Reencrypted, _) => {
                key?;
                (Sign::Told, format!(" {name}: re-encrypted"))
            }
        },
    })
}

fn document(commit: &Commit, happening: &Happening) -> Value {
    let Commit { id, author, date, subject } = commit;
    let set = diff::set_name(&happening.file);
    let mut all =
        json!({"commit": id, "author": author, "date": date, "subject": subject, "set": set});
    let what = match &happening.what {
        What::Created => json!({"change": "created"}),
        What::Deleted => json!({"change": "deleted"}),
        What::Renamed(from) => json!({"change": "renamed", "from": diff::set_name(from)}),
        What::Present => json!({"change": "present"}),
        What::Broken(why) => json!({"change": "broken", "why": why}),
        What::Misplaced(at) => json!({"change": "misplaced", "at": diff::set_name(at)}),
        What::Mended => json!({"change": "mended"}),
        What::DataKey(_) => json!({"change": "rotated"}),
        What::Entry(key, became, _) => json!({"key": key.as_str(), "change": became.as_str()}),
        What::EntryRenamed(old, new) => {
            json!({"key": new.as_str(), "change": "renamed", "from": old.as_str()})
        }
        What::Reader(change) => {
            let mut reader = diff::recipient(&happening.file, change);
            let name = reader.as_object_mut().and_then(|reader| reader.remove("name"));
            let mut reader = reader.as_object().cloned().unwrap_or_else(Map::new);
            reader.extend(name.map(|name| ("recipient".to_owned(), name)));
            Value::Object(reader)
        }
    };
    if let (Some(all), Value::Object(what)) = (all.as_object_mut(), what) {
        all.extend(what);
    }
    all
}
