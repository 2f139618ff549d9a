//! `vault exposed`

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap_complete::ArgValueCandidates;
use serde_json::json;
use vault::crypto::Recipient;
use vault::envelope::{Exposure, Seen};
use vault::model::{KeyName, Kind, MemberName};
use vault::store::{AnySealed, FileRef, StoreError, Team, Vault};

use super::report::{self, Failure};
use super::{Global, complete, open, output, pins};

/// List the values that people who left have seen and nobody has changed since
///
/// Needs no identity. Exits with 1 while there are any, or someone who is not in the team still reads
/// a file. Someone who still reads a file with
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

/// Of whom it is asked what they have seen: by name, and by every key that has stood under it, since
/// what left before a renaming left under the older name.
struct Whose {
    name: MemberName,
    keys: BTreeSet<String>,
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
    let team = vault.team()?;
    pins::look_at(global, &vault, &team)?;
    let files = vault.files()?.into_iter().map(|file| Ok((vault.read_any(&file)?, file)));
    let files = files.collect::<Result<Vec<_>, StoreError>>()?;
    let whose = args.person.as_ref().map(|person| Whose::of(person, &team, &files));
    if let Some(Whose { name, keys }) = &whose
        && keys.is_empty()
    {
        return Err(Failure::failed(format!("nobody called {name} is or was here"))
            .hint("`vault exposed` lists what anybody has seen"));
    }
    let rows: Vec<Row> = files
        .iter()
        .flat_map(|(sealed, file)| rows_of(sealed, file, seen, whose.as_ref()))
        .collect();
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
    let strangers = tell_strangers(global, &team, &files, whose.as_ref());
    if let Some(first) = rows.first() {
        report::hint(global, &change_it(first));
    }
    Ok(if rows.is_empty() && !strangers { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Names those who read a file and are not in the team: what they see goes on, so no list of what
/// they have seen is whole. Whether there are any.
fn tell_strangers(
    global: &Global,
    team: &Team,
    files: &[(AnySealed, FileRef)],
    whose: Option<&Whose>,
) -> bool {
    let members: BTreeSet<&str> = team.members().values().map(Recipient::as_str).collect();
    let mut strangers: BTreeMap<&MemberName, Vec<String>> = BTreeMap::new();
    for (sealed, file) in files {
        for (name, record) in sealed.recipients() {
            let is_meant = whose.is_none_or(|whose| whose.includes(name, &record.to));
            if is_meant && !members.contains(record.to.as_str()) {
                strangers.entry(name).or_default().push(file.to_string());
            }
        }
    }
    for (name, files) in &strangers {
        let files = report::shortened(files);
        report::warn(
            global,
            &format!("{name} is not in the team with that key, and still reads {files}"),
        );
    }
    if !strangers.is_empty() {
        report::hint(global, "`vault rekey`, run by someone who can open them, ends that");
    }
    !strangers.is_empty()
}

/// After someone was removed: what they have seen, and of which files that is not known. It changes
/// nothing of what was done, so it is no failure.
pub(crate) fn tell(global: &Global, vault: &Vault, person: &MemberName, before: &Team) {
    let seen = if person.is_device() { Seen::ByDevices } else { Seen::ByPersons };
    let names = match vault.files() {
        Ok(names) => names,
        Err(why) => {
            report::warn(global, &format!("what {person} has seen is not known: {why}"));
            return;
        }
    };
    let (mut files, mut unknown) = (Vec::new(), Vec::new());
    for file in names {
        match vault.read_any(&file) {
            Ok(sealed) => files.push((sealed, file)),
            Err(_) => unknown.push(file.to_string()),
        }
    }
    let whose = Whose::of(person, before, &files);
    let still = files.iter().filter(|(sealed, _)| whose.still_reads(sealed));
    unknown.extend(still.map(|(_, file)| file.to_string()));
    if !unknown.is_empty() {
        let text = format!("what {person} has seen in {}", report::shortened(&unknown));
        report::warn(global, &format!("{text} does not count here: it was not rewritten"));
    }
    let rows: Vec<Row> =
        files.iter().flat_map(|(sealed, file)| rows_of(sealed, file, seen, Some(&whose))).collect();
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

impl Whose {
    fn of(name: &MemberName, team: &Team, files: &[(AnySealed, FileRef)]) -> Self {
        let records = team.members().iter();
        let records = records.chain(files.iter().flat_map(|(sealed, _)| {
            let readers = sealed.recipients().iter().map(|(name, record)| (name, &record.to));
            readers.chain(sealed.departed().iter().map(|(name, left)| (name, &left.to)))
        }));
        let theirs = records.filter(|(record, _)| record.is_of(name));
        Self { name: name.clone(), keys: theirs.map(|(_, to)| to.as_str().to_owned()).collect() }
    }

    fn includes(&self, name: &MemberName, key: &Recipient) -> bool {
        name.is_of(&self.name) || self.keys.contains(key.as_str())
    }

    fn still_reads(&self, sealed: &AnySealed) -> bool {
        sealed.recipients().values().any(|record| self.keys.contains(record.to.as_str()))
    }
}

fn rows_of(sealed: &AnySealed, file: &FileRef, seen: Seen, whose: Option<&Whose>) -> Vec<Row> {
    let is_meant =
        |name: &MemberName, key: &Recipient| whose.is_none_or(|whose| whose.includes(name, key));
    let exposed = sealed.exposed(seen, is_meant).into_iter();
    exposed.map(|Exposure { key, seen_by }| Row { file: file.clone(), key, seen_by }).collect()
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
