//! A merge that a person must finish, as text with conflict markers. Each block is a whole table,
//! encrypted, so that deleting the markers and one side leaves a file that is in form.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Merged, Versions};
use crate::envelope::render::{write_departure, write_entry, write_recipient};
use crate::model::Content;

/// What stands between the sides of a conflict.
#[derive(Debug, Clone)]
pub struct Markers {
    /// How many `<`, `=` and `>` a marker has; git says.
    pub size: usize,
    /// What our side is called.
    pub ours: String,
    /// What the other side is called.
    pub theirs: String,
}

/// What stands for a side that removed the record.
const REMOVED: &str = "# removed\n";

impl<T: Content> Merged<T> {
    /// The file with what was decided, and both versions of what was not.
    pub fn render(&self, markers: &Markers) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _: std::fmt::Result = self.write_to(&mut out, markers);
        out
    }

    fn write_to(&self, out: &mut String, markers: &Markers) -> std::fmt::Result {
        let token = self.file.token();
        self.file.write_head(out)?;
        for (name, record) in both(&self.file.recipients, &self.readers) {
            match record {
                Record::Decided(record) => write_recipient(out, &token, name, record)?,
                Record::Open(versions) => {
                    markers.write(out, versions, |out, (token, record)| {
                        write_recipient(out, token, name, record)
                    })?;
                }
            }
        }
        for (name, departure) in &self.file.departed {
            write_departure(out, &token, name, departure)?;
        }
        for (key, entry) in both(&self.file.entries, &self.entries) {
            match entry {
                Record::Decided(entry) => write_entry(out, &token, key, entry)?,
                Record::Open(versions) => markers
                    .write(out, versions, |out, entry| write_entry(out, &token, key, entry))?,
            }
        }
        Ok(())
    }
}

impl Markers {
    fn write<V>(
        &self,
        out: &mut String,
        versions: &Versions<V>,
        write: impl Fn(&mut String, &V) -> std::fmt::Result,
    ) -> std::fmt::Result {
        let marker = |character: &str| character.repeat(self.size);
        let side = |out: &mut String, version: Option<&V>| -> std::fmt::Result {
            let Some(version) = version else {
                out.push_str(REMOVED);
                return Ok(());
            };
            let mut table = String::new();
            write(&mut table, version)?;
            out.push_str(table.trim_start_matches('\n'));
            Ok(())
        };
        writeln!(out, "\n{} {}", marker("<"), self.ours)?;
        side(out, versions.ours.as_ref())?;
        writeln!(out, "{}", marker("="))?;
        side(out, versions.theirs.as_ref())?;
        writeln!(out, "{} {}", marker(">"), self.theirs)
    }
}

enum Record<'a, D, O> {
    Decided(&'a D),
    Open(&'a Versions<O>),
}

/// Both kinds of record in one order.
fn both<'a, N: Ord, D, O>(
    decided: &'a BTreeMap<N, D>,
    open: &'a BTreeMap<N, Versions<O>>,
) -> BTreeMap<&'a N, Record<'a, D, O>> {
    let decided = decided.iter().map(|(name, record)| (name, Record::Decided(record)));
    decided.chain(open.iter().map(|(name, versions)| (name, Record::Open(versions)))).collect()
}
