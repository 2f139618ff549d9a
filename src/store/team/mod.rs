//! `team.toml`: people, groups, and who reads which file (docs/format.md "team.toml").

mod edit;
mod error;
#[cfg(test)]
mod fixture;
mod parse;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::rc::Rc;

use super::file::FilePattern;
use crate::crypto::{FileId, Recipient};
use crate::model::MemberName;

pub use error::TeamError;
pub(super) use parse::line_of;
pub(super) use rules::{heaviest, stands_for};

/// Largest team file: room for 1,000 members with hardware keys. The toml crate needs some forty
/// times the text on hostile input, so the limit is far below that of sealed files.
pub const MAX_TEAM_BYTES: usize = 512 << 10;

/// Most member records: as many as a file may have recipients.
const MAX_MEMBERS: usize = 1_000;

/// The people of a vault and the rules for who reads what. Whatever it holds has been checked: names
/// mean somebody, no key is there twice, and no rule lets nobody read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    id: FileId,
    members: BTreeMap<MemberName, Recipient>,
    groups: BTreeMap<MemberName, Vec<MemberName>>,
    rules: BTreeMap<FilePattern, Vec<MemberName>>,
}

/// A team before and after a commit.
pub type TeamStep = (Rc<Team>, Rc<Team>);

impl Team {
    /// A team of one, with a new vault id.
    pub fn of_one(name: MemberName, to: Recipient) -> Self {
        Self {
            id: FileId::random(),
            members: BTreeMap::from([(name, to)]),
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// Reads a team file.
    ///
    /// # Errors
    /// [`TeamError`], with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, TeamError> {
        parse::parse(bytes)
    }

    /// The team file: sorted, one name a line.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let _: std::fmt::Result = self.write_to(&mut out);
        out
    }

    /// The vault's id.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Names and keys of the members, sorted by name.
    pub fn members(&self) -> &BTreeMap<MemberName, Recipient> {
        &self.members
    }

    /// The groups and who is in each: persons, or single devices.
    pub fn groups(&self) -> &BTreeMap<MemberName, Vec<MemberName>> {
        &self.groups
    }

    /// The rules and who may read by each: groups, persons, or single devices.
    pub fn rules(&self) -> &BTreeMap<FilePattern, Vec<MemberName>> {
        &self.rules
    }

    /// Whether this is a person of the team, or the name of one record of theirs.
    pub fn has_member(&self, name: &MemberName) -> bool {
        self.members.keys().any(|member| member.is_of(name))
    }

    /// The records that a group, a person or a device stands for.
    pub fn records_of(&self, who: &MemberName) -> BTreeSet<&MemberName> {
        self.members.keys().filter(|member| self.includes(who, member)).collect()
    }

    /// The names that can be given access: persons, their devices, groups.
    pub fn names(&self) -> BTreeSet<MemberName> {
        let persons = self.members.keys().map(MemberName::to_person);
        self.members.keys().cloned().chain(self.groups.keys().cloned()).chain(persons).collect()
    }

    /// Whether `who`, a group, a person or a device, stands for this member record.
    fn includes(&self, who: &MemberName, member: &MemberName) -> bool {
        stands_for(&self.groups, who, member)
    }

    fn check(&self) -> Result<(), TeamError> {
        if self.members.len() > MAX_MEMBERS {
            return Err(TeamError::TooManyMembers);
        }
        let mut keys = BTreeMap::new();
        for (name, to) in &self.members {
            if let Some(other) = keys.insert(to.as_str(), name) {
                return Err(TeamError::SameKey { name: name.clone(), other: other.clone() });
            }
        }
        let people: BTreeSet<&str> =
            self.members.keys().flat_map(|name| [name.as_str(), name.person()]).collect();
        for (name, group) in &self.groups {
            if people.contains(name.person()) {
                return Err(TeamError::Ambiguous(name.clone()));
            }
            if let Some(unknown) = group.iter().find(|who| !people.contains(who.as_str())) {
                let place = format!("[groups.{}]", name.in_header());
                return Err(TeamError::Unknown { place, name: unknown.clone() });
            }
        }
        for (pattern, read) in &self.rules {
            let known =
                |who: &&MemberName| self.groups.contains_key(*who) || people.contains(who.as_str());
            if let Some(unknown) = read.iter().find(|who| !known(who)) {
                let place = format!("[rules.\"{pattern}\"]");
                return Err(TeamError::Unknown { place, name: unknown.clone() });
            }
            // A group without members stands for nobody; whoever else is named exists.
            if read.iter().all(|who| self.groups.get(who).is_some_and(Vec::is_empty)) {
                return Err(TeamError::Nobody(pattern.to_string()));
            }
        }
        Ok(())
    }

    fn write_to(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "[team]\nformat = 1\nid = \"{}\"", self.id)?;
        for (name, to) in &self.members {
            writeln!(out, "\n[members.{}]\nto = \"{to} {name}\"", name.in_header())?;
        }
        for (name, group) in &self.groups {
            writeln!(out, "\n[groups.{}]", name.in_header())?;
            write_names(out, "members", group)?;
        }
        for (pattern, read) in &self.rules {
            writeln!(out, "\n[rules.\"{pattern}\"]")?;
            write_names(out, "read", read)?;
        }
        Ok(())
    }
}

fn write_names(out: &mut String, field: &str, names: &[MemberName]) -> std::fmt::Result {
    writeln!(out, "{field} = [")?;
    for name in names {
        writeln!(out, "    \"{name}\",")?;
    }
    writeln!(out, "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_the_same() {
        let team = fixture::team(
            "[groups.ops]\nmembers = [\"alice\"]\n[rules.\"sets/prod-*\"]\nread = [\"ops\"]\n",
        );
        let team = team.unwrap();
        assert_eq!(Team::parse(team.render().as_bytes()).unwrap(), team);
    }
}
