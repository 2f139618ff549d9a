//! `vault exposed`

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap_complete::ArgValueCandidates;
use serde_json::json;
use vault::envelope::Seen;
use vault::model::{KeyName, Kind, MemberName};
use vault::store::{AnySealed, FileRef, Vault};

use super::report::{self, Failure};
use super::{Global, complete, open, output};

/// List the values that people who left have seen and nobody has changed since
///
/// Needs no identity. Exits with 1 while there are any. Someone who still reads a file with
/// another key is not counted for it; --devices counts each key by itself, say a lost one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what this person has seen
    #[arg(value_name = "PERSON", add = ArgValueCandidates::new(complete::members))]
    person: Option<MemberName>,
    /// Count every key that no longer reads, even where its owner does with another
    #[arg(long)]
    devices: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// A value that someone has seen.
struct Row {
    file: FileRef,
    key: KeyName,
    seen_by: BTreeSet<MemberName>,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let vault = open::find_vault(global)?;
    // Who names a device means that device.
    let one_device = args.person.as_ref().is_some_and(MemberName::is_device);
    let seen = if args.devices || one_device { Seen::ByDevices } else { Seen::ByPersons };
    let rows = rows(&vault, seen, args.person.as_ref())?;
    if let (Some(person), []) = (&args.person, rows.as_slice()) {
        must_be_known(&vault, person)?;
    }
    if args.json {
        let rows = rows.iter().map(|row| {
            let seen_by: Vec<_> = row.seen_by.iter().map(MemberName::as_str).collect();
            json!({"set": set_name(&row.file), "key": row.key.as_str(), "seen_by": seen_by})
        });
        output::json(&rows.collect())?;
    } else if !output::is_terminal() {
        for row in &rows {
            output::line(&format!("{} {} {}", set_name(&row.file), row.key, seen_by(row)))?;
        }
    } else if !rows.is_empty() {
        let cells = |row: &Row| [set_name(&row.file), row.key.to_string(), seen_by(row)];
        output::table(["SET", "KEY", "SEEN BY"], &rows.iter().map(cells).collect::<Vec<_>>())?;
    }
    let Some(first) = rows.first() else { return Ok(ExitCode::SUCCESS) };
    report::hint(global, &change_it(first));
    Ok(ExitCode::FAILURE)
}

/// After someone was removed: what they have seen. That it cannot be said changes nothing of what
/// was done, so it is no failure.
pub(crate) fn tell(global: &Global, vault: &Vault, person: &MemberName) {
    let seen = if person.is_device() { Seen::ByDevices } else { Seen::ByPersons };
    let mut rows = Vec::new();
    match vault.files() {
        Ok(files) => {
            for file in files {
                // One that cannot be read has been told of already.
                if let Ok(sealed) = vault.read_any(&file) {
                    rows.extend(rows_of(&sealed, &file, seen, Some(person)));
                }
            }
        }
        Err(why) => report::warn(global, &format!("what {person} has seen is not known: {why}")),
    }
    let Some(first) = rows.first() else { return };
    let count = match rows.len() {
        1 => "a value that nobody has".to_owned(),
        n => format!("{n} values that nobody has"),
    };
    let listed: Vec<_> =
        rows.iter().map(|row| format!("{} {}", set_name(&row.file), row.key)).collect();
    report::warn(
        global,
        &format!(
            "{person} has seen {count} changed since, and git history stays readable to them: {}",
            report::shortened(&listed)
        ),
    );
    let hint = format!("{}; `vault exposed {person}` lists what is left", change_it(first));
    report::hint(global, &hint);
}

fn rows(vault: &Vault, seen: Seen, who: Option<&MemberName>) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for file in vault.files()? {
        rows.extend(rows_of(&vault.read_any(&file)?, &file, seen, who));
    }
    Ok(rows)
}

fn rows_of(sealed: &AnySealed, file: &FileRef, seen: Seen, who: Option<&MemberName>) -> Vec<Row> {
    let of_them = |name: &MemberName| who.is_none_or(|who| name.is_of(who));
    let exposed = sealed.exposed(seen).into_iter().map(|exposure| Row {
        file: file.clone(),
        key: exposure.key,
        seen_by: exposure.seen_by.into_iter().filter(of_them).collect(),
    });
    exposed.filter(|row| !row.seen_by.is_empty()).collect()
}

/// "Nothing" is no answer to a name that was mistyped.
fn must_be_known(vault: &Vault, person: &MemberName) -> Result<(), Failure> {
    if vault.team()?.has_member(person) {
        return Ok(());
    }
    for file in vault.files()? {
        if vault.read_any(&file)?.has_departed(person) {
            return Ok(());
        }
    }
    Err(Failure::failed(format!("nobody called {person} is or was here"))
        .hint("`vault exposed` lists what anybody has seen"))
}

/// A set by its name; a pull secret by its folder too, which no name of a set can hold.
fn set_name(file: &FileRef) -> String {
    match file.kind {
        Kind::Set => file.name.to_string(),
        Kind::Pull => file.to_string(),
    }
}

fn seen_by(row: &Row) -> String {
    row.seen_by.iter().map(MemberName::as_str).collect::<Vec<_>>().join(",")
}

fn change_it(row: &Row) -> String {
    let name = &row.file.name;
    match row.file.kind {
        Kind::Set => format!(
            "change them where they are used, then here: `vault set {name} {}` and so on",
            row.key
        ),
        Kind::Pull => format!(
            "get other credentials from the registry, then `vault pull-secret create {name} SERVER --replace`"
        ),
    }
}
