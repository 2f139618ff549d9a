//! Who reads what: a row for each file, a column for each member.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use vault::model::{Kind, MemberName};
use vault::store::{AnySealed, Concerning, FileRef, Plan, Rotation, Team, Vault};

use super::super::report::{self, Failure};
use super::super::rewrap::in_words;
use super::super::{Global, open, output, pins};

/// How wide a table may be.
const WIDTH: usize = 100;

/// One file.
struct Row {
    file: FileRef,
    /// For whom it is encrypted.
    readers: BTreeSet<MemberName>,
    /// What would make it as the team file says.
    pending: Option<Plan>,
}

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Table,
    Json,
}

/// Shows the matrix, of one file or of all.
pub(super) fn show(global: &Global, file: Option<&FileRef>, as_: Format) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let team = vault.team()?;
    pins::look_at(global, &vault, &team)?;
    let files = file.map_or_else(|| vault.files(), |file| Ok(vec![file.clone()]))?;
    let rows = files.into_iter().map(|file| row(&vault, &team, file));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    if as_ == Format::Json {
        return output::json(&document(&rows));
    }
    table(&team, &rows)?;
    for (file, plan) in rows.iter().filter_map(|row| Some((&row.file, row.pending.as_ref()?))) {
        let differs = in_words(plan);
        report::warn(global, &format!("{file} is not yet as team.toml says: {differs}"));
    }
    if rows.iter().any(|row| row.pending.is_some()) {
        report::hint(global, "`vault rekey` brings files to what team.toml says");
    }
    Ok(())
}

fn row(vault: &Vault, team: &Team, file: FileRef) -> Result<Row, Failure> {
    let (who, rotation) = (Concerning::Everyone, Rotation::AsNeeded);
    let typed = |other: &str| format!("`vault access {other}` shows who reads that one");
    let sealed = vault.read_any(&file).map_err(|why| Failure::from(why).or_other_kind(typed))?;
    let pending = match &sealed {
        AnySealed::Set(sealed) => Plan::of(sealed, team, &who, rotation)?,
        AnySealed::Pull(sealed) => Plan::of(sealed, team, &who, rotation)?,
    };
    Ok(Row { file, readers: sealed.recipients().keys().cloned().collect(), pending })
}

/// `x` reads, `+` does not yet, `-` still does, `~` does with another key or under another name.
fn mark(row: &Row, member: &MemberName) -> &'static str {
    let (reads, plan) = (row.readers.contains(member), row.pending.as_ref());
    let is = |what: &dyn Fn(&Plan) -> bool| plan.is_some_and(what);
    if is(&|plan| plan.added.contains_key(member)) {
        "+"
    } else if is(&|plan| plan.removed.contains(member)) {
        "-"
    } else if is(&|plan| plan.replaced.contains_key(member))
        || is(&|plan| plan.renamed.iter().any(|(old, new)| old == member || new == member))
    {
        "~"
    } else if reads {
        "x"
    } else {
        ""
    }
}

fn table(team: &Team, rows: &[Row]) -> Result<(), Failure> {
    let members: BTreeSet<&MemberName> =
        team.members().keys().chain(rows.iter().flat_map(|row| &row.readers)).collect();
    let first = rows.iter().map(|row| row.file.to_string().len()).max().unwrap_or_default();
    if first + members.iter().map(|name| name.as_str().len() + 2).sum::<usize>() > WIDTH {
        let cells = rows.iter().map(|row| [row.file.to_string(), names(&row.readers).join(", ")]);
        return output::table(["FILE", "READERS"], &cells.collect::<Vec<_>>());
    }
    let line = |head: &str, cells: Vec<&str>| {
        let cells = members.iter().zip(cells);
        let cells =
            cells.map(|(name, cell)| format!("  {cell:width$}", width = name.as_str().len()));
        output::line(format!("{head:first$}{}", cells.collect::<String>()).trim_end())
    };
    line("", members.iter().map(|member| member.as_str()).collect())?;
    rows.iter().try_for_each(|row| {
        let marks = members.iter().map(|member| mark(row, member));
        line(&row.file.to_string(), marks.collect())
    })
}

/// `{"sets":{"NAME":[who]},"pull":{…},"pending":{"sets/NAME":{…}}}`: who reads each file now, and
/// what `vault rekey` would change.
fn document(rows: &[Row]) -> Value {
    let of = |kind: Kind| {
        let rows = rows.iter().filter(|row| row.file.kind == kind);
        let entry = |row: &Row| (row.file.name.to_string(), json!(names(&row.readers)));
        rows.map(entry).collect::<Map<_, _>>()
    };
    let pending = |plan: &Plan| {
        json!({
            "added": names(plan.added.keys()),
            "removed": names(&plan.removed),
            "replaced": names(plan.replaced.keys()),
            "renamed": plan.renamed.iter().map(|(old, new)| (old.to_string(), json!(new.as_str()))).collect::<Map<_, _>>(),
        })
    };
    let pending =
        rows.iter().filter_map(|row| Some((row.file.to_string(), pending(row.pending.as_ref()?))));
    json!({"sets": of(Kind::Set), "pull": of(Kind::Pull), "pending": pending.collect::<Map<_, _>>()})
}

fn names<'a>(names: impl IntoIterator<Item = &'a MemberName>) -> Vec<&'a str> {
    names.into_iter().map(MemberName::as_str).collect()
}
