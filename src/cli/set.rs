//! `vault set`

mod generate;
mod source;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueHint;
use clap_complete::ArgValueCandidates;
use vault::envelope::{Change, Opened, Outcome};
use vault::model::{Date, KeyName, Note, SecretSet, SecretValue, SetName};

use super::approve::Trust;
use super::change::{Begun, Pending};
use super::open::{Keyring, find_vault};
use super::report::{self, Failure};
use super::{Global, complete};

pub(crate) use source::read_all;

/// Add or change secrets; makes the set if it is not there
///
/// KEY=VALUE on the command line is visible in the shell's history and in the process list while
/// vault runs. KEY alone asks for the value without showing it; --stdin, --from-file and
/// --generate are for scripts. A KEY that is there keeps its value where only --note or --expires
/// is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// KEY=VALUE, split at the first `=` and otherwise kept exactly; or one KEY
    #[arg(value_name = "KEY[=VALUE]", required = true, add = ArgValueCandidates::new(complete::keys))]
    pairs: Vec<OsString>,
    /// Take the exact bytes of stdin
    #[arg(long, group = "source")]
    stdin: bool,
    /// Take the exact bytes of a file
    #[arg(long, value_name = "PATH", group = "source", value_hint = ValueHint::FilePath)]
    from_file: Option<PathBuf>,
    /// Make a random value of LEN characters, never shown
    #[arg(long, value_name = "LEN", group = "source", num_args = 0..=1, require_equals = true, default_missing_value = "32")]
    generate: Option<u32>,
    /// Characters a generated value is made of [default: letters and digits]
    #[arg(long, value_name = "CHARACTERS", requires = "generate")]
    alphabet: Option<String>,
    /// Drop one newline at the end of what --stdin or --from-file gives
    #[arg(long, conflicts_with = "generate")]
    trim: bool,
    /// A remark that stands beside the value in clear; empty removes it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The day after which to warn, YYYY-MM-DD; `never` removes it
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let note = parse_change(args.note.as_deref(), "", "--note")?;
    let expires = parse_change(args.expires.as_deref(), "never", "--expires")?;
    let remarks = note != Change::Keep || expires != Change::Keep;
    if args.pairs.len() > 1 && remarks {
        return Err(Failure::usage("--note and --expires go with one key at a time"));
    }
    let vault = find_vault(global)?;
    let mut keyring = Keyring::load(global)?;
    let pending = Pending::open_or_new(global, &vault, &mut keyring, &args.set, &args.trust)?;
    let values = match source::lone_key(args).filter(|key| remarks && pending.holds(key)) {
        Some(key) => vec![(key, None)],
        None => source::values(global, args)?,
    };
    let mut begun = Begun::begin(pending, global, &mut keyring)?;
    let outcomes = apply(&mut begun.opened, values, &note, &expires)?;
    let made = begun.finish(&mut keyring, changes(&outcomes))?;
    report::note(global, &format!("{}: {}{made}", args.set, summary(&outcomes)));
    Ok(())
}

fn apply(
    opened: &mut Opened<SecretSet>,
    values: Vec<(KeyName, Option<SecretValue>)>,
    note: &Change<Note>,
    expires: &Change<Date>,
) -> Result<Vec<(KeyName, Outcome)>, Failure> {
    let mut outcomes = Vec::new();
    for (key, value) in values {
        let set = value.map(|value| opened.set(&key, value)).transpose()?;
        let mut outcome = set.unwrap_or(Outcome::Unchanged);
        let noted = opened.annotate(&key, note.clone(), expires.clone())?;
        if outcome == Outcome::Unchanged {
            outcome = noted;
        }
        outcomes.push((key, outcome));
    }
    Ok(outcomes)
}

/// How many entries are not as they were.
pub(crate) fn changes(outcomes: &[(KeyName, Outcome)]) -> usize {
    outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Unchanged).count()
}

/// `added A, B; changed C`
pub(crate) fn summary(outcomes: &[(KeyName, Outcome)]) -> String {
    let part = |wanted: Outcome, word: &str| {
        named(word, outcomes.iter().filter(|(_, o)| *o == wanted).map(|(key, _)| key))
    };
    let parts = [
        part(Outcome::Added, "added"),
        part(Outcome::Changed, "changed"),
        part(Outcome::Unchanged, "unchanged:"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join("; ") }
}

/// `removed A, B`; nothing where there is no key.
pub(crate) fn named<'k>(word: &str, keys: impl Iterator<Item = &'k KeyName>) -> Option<String> {
    let keys: Vec<_> = keys.map(KeyName::as_str).collect();
    match keys.as_slice() {
        [] => None,
        [first, .., last] if keys.len() > 8 => {
            Some(format!("{word} {} keys ({first} … {last})", keys.len()))
        }
        _ => Some(format!("{word} {}", keys.join(", "))),
    }
}

pub(crate) fn parse_change<V: std::str::FromStr<Err: std::fmt::Display>>(
    text: Option<&str>,
    clear: &str,
    option: &str,
) -> Result<Change<V>, Failure> {
    match text {
        None => Ok(Change::Keep),
        Some(text) if text == clear => Ok(Change::Clear),
        Some(text) => {
            let parsed = text.parse().map(Change::To);
            parsed.map_err(|why| Failure::usage(format!("{option}: {why}")))
        }
    }
}
