//! `vault diff`

mod page;
mod render;
mod reveal;
mod sides;
mod team;

use clap_complete::ArgValueCandidates;
use serde_json::{Value, json};
use vault::crypto::MaskKey;
use vault::envelope::ReaderChange;
use vault::git::{Closed, FileDiff, View};
use vault::model::Kind;
use vault::store::{AnySealed, FileRef, Vault, mask_key};

use super::open::{self, Keyring};
use super::report::{self, Failure};
use super::{Global, complete, output, places, term};
pub(crate) use page::{Page, Paint, Sign};
pub(crate) use render::{Values, data_key, file, one, reader, remarks};
use sides::{Pair, Sides};

/// Show what changed: entries, readers, rules; values masked
///
/// Without REV it compares the work tree with HEAD; with one, the work tree with that; with A..B, two
/// revisions. The digits of a masked value change when the value does, and are your own: they tell
/// nobody else anything. Without an identity it shows what stands in the files in clear, and asks for
/// nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A revision or two, then the sets to look at (pull/NAME for a pull secret)
    #[arg(value_name = "REV[..REV]|SET", add = ArgValueCandidates::new(complete::sets))]
    words: Vec<String>,
    /// Only sets, even where a revision has that name
    #[arg(last = true, value_name = "SET")]
    sets: Vec<FileRef>,
    /// What the next commit would hold, instead of the work tree
    #[arg(long, visible_alias = "cached")]
    staged: bool,
    /// Show the values, in clear
    #[arg(long, conflicts_with = "json")]
    reveal: bool,
    /// One JSON document, without values
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let sides = Sides::meant(&vault, args)?;
    // Values that were asked for may be worth a passphrase; a glance at what changed is not.
    let asking = if args.reveal { global.clone() } else { global.without_questions() };
    let mut eyes = Eyes { keyring: Keyring::load(&asking)?, vault: &vault, closed: Vec::new() };
    let mut page = Page::new(paint(global));
    team::changes(&mut page, &sides);
    let mut unread = Vec::new();
    let mut seen = Vec::new();
    for pair in sides.into_pairs() {
        match eyes.compare(pair) {
            Ok(pair) => seen.push(pair),
            Err(why) => unread.push(why),
        }
    }
    let diffs: Vec<_> = seen.iter().map(|seen| (seen, seen.diff())).collect();
    if args.json {
        output::json(&document(&diffs))?;
    } else {
        let mask = || mask_key(places::state_folder().as_deref()).unwrap_or_else(MaskKey::random);
        let mask = (!args.reveal).then(mask);
        let values = mask.as_ref().map_or(Values::Revealed, |mask| Values::Masked(Some(mask)));
        for (seen, diff) in &diffs {
            page.gap();
            file(&mut page, &seen.title, diff, values);
        }
        page.print()?;
    }
    let counts = |why: &Failure| args.reveal || why.code() == TAMPERED;
    let mut failures = unread.into_iter().chain(eyes.closed.into_iter().filter(counts));
    let first = failures.next();
    failures.for_each(|why| report::warn(global, &why.in_short()));
    first.map_or(Ok(()), Err)
}

/// The exit code where a person was asked for a passphrase and gave none.
const UNANSWERED: u8 = 1;

/// The exit code of a file that was changed by someone who cannot read it.
const TAMPERED: u8 = 4;

/// Whether stdout is coloured.
pub(crate) fn paint(global: &Global) -> Paint {
    if term::stdout_colors(global) { Paint::Colored } else { Paint::Plain }
}

/// Two versions of a file that were looked into.
struct Seen {
    title: String,
    file: FileRef,
    old: Option<View>,
    new: Option<View>,
}

impl Seen {
    fn diff(&self) -> FileDiff<'_> {
        FileDiff::between(self.old.as_ref(), self.new.as_ref())
    }
}

/// Looks into versions of files.
struct Eyes<'a> {
    keyring: Keyring,
    vault: &'a Vault,
    /// Why some stayed closed.
    closed: Vec<Failure>,
}

impl Eyes<'_> {
    fn compare(&mut self, pair: Pair) -> Result<Seen, Failure> {
        let Pair { title, file, old, new } = pair;
        let (old, new) = (old.transpose()?, new.transpose()?);
        let mut look = |sealed: Option<AnySealed>| sealed.map(|sealed| self.look(sealed));
        Ok(Seen { title, file, old: look(old), new: look(new) })
    }

    fn look(&mut self, sealed: AnySealed) -> View {
        let whole = sealed.clone();
        let opened = match sealed {
            AnySealed::Set(set) => self
                .keyring
                .unlock(self.vault, set)
                .map(|opened| View::open(whole.clone(), &opened)),
            AnySealed::Pull(pull) => self
                .keyring
                .unlock(self.vault, pull)
                .map(|opened| View::open(whole.clone(), &opened)),
        };
        opened.unwrap_or_else(|why| {
            let forged = why.code() == TAMPERED;
            let closed = if forged { Closed::Forged(why.message()) } else { Closed::NoIdentity };
            // Who gave no answer is not asked again for every version.
            if why.code() == UNANSWERED {
                self.keyring.ask_nobody();
            }
            self.closed.push(why);
            View::closed(whole, closed)
        })
    }
}

/// A set by its name; a pull secret by its folder too, which no name of a set can hold.
pub(crate) fn set_name(file: &FileRef) -> String {
    match file.kind {
        Kind::Set => file.name.to_string(),
        Kind::Pull => file.to_string(),
    }
}

fn document(diffs: &[(&Seen, FileDiff<'_>)]) -> Value {
    let changes = diffs.iter().flat_map(|(Seen { file, .. }, diff)| {
        diff.entries.iter().map(|(key, entry)| {
            json!({"set": set_name(file), "key": key.as_str(), "change": entry.became.as_str()})
        })
    });
    let recipients = diffs.iter().flat_map(|(Seen { file, .. }, diff)| -> Vec<Value> {
        let all = |view: Option<&View>, change: &str| {
            let names = view.into_iter().flat_map(|view| view.sealed().recipients().keys());
            names
                .map(|name| json!({"set": set_name(file), "name": name.as_str(), "change": change}))
                .collect()
        };
        match (diff.old, diff.new) {
            (None, new) => all(new, "added"),
            (old, None) => all(old, "removed"),
            _ => diff.plain.readers.iter().map(|change| recipient(file, change)).collect(),
        }
    });
    json!({"changes": changes.collect::<Vec<_>>(), "recipients": recipients.collect::<Vec<_>>()})
}

/// What became of a reader, for scripts.
pub(crate) fn recipient(file: &FileRef, change: &ReaderChange) -> Value {
    let set = set_name(file);
    match change {
        ReaderChange::Gained { name, .. } => {
            json!({"set": set, "name": name.as_str(), "change": "added"})
        }
        ReaderChange::Lost { name, .. } => {
            json!({"set": set, "name": name.as_str(), "change": "removed"})
        }
        ReaderChange::Renamed { from, to } => {
            json!({"set": set, "name": to.as_str(), "change": "renamed", "from": from.as_str()})
        }
        ReaderChange::Rekeyed { name, .. } => {
            json!({"set": set, "name": name.as_str(), "change": "replaced"})
        }
        ReaderChange::Exchanged { name } => {
            json!({"set": set, "name": name.as_str(), "change": "rewrapped"})
        }
    }
}
