//! `team.toml`: people, groups, and who reads which file (docs/format.md "team.toml").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use thiserror::Error;

use crate::crypto::{FileId, InvalidRecipient, Recipient};
use crate::envelope::Recipients;
use crate::model::{Case, InvalidName, Kind, MemberName, SetName, glob};

/// Largest team file: room for 1,000 members with hardware keys. The toml crate needs some forty
/// times the text on hostile input, so the limit is far below that of sealed files.
pub(super) const MAX_TEAM_BYTES: usize = 512 << 10;

/// Most member records: as many as a file may have recipients.
const MAX_MEMBERS: usize = 1_000;

/// The people of a vault and the rules for who reads what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    id: FileId,
    members: BTreeMap<MemberName, Recipient>,
    groups: BTreeMap<MemberName, Group>,
    rules: BTreeMap<String, Vec<MemberName>>,
}

/// Members that a rule can name together: persons, or single devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(Vec<MemberName>);

/// Why a team file was not accepted, or gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TeamError {
    /// Not TOML, or not the tables and fields there must be.
    #[error("line {line}: {why}")]
    Syntax {
        /// From 1.
        line: usize,
        /// The toml crate's message; the file is not secret.
        why: String,
    },
    /// More members than a file may have recipients.
    #[error("[members]: a team has at most {MAX_MEMBERS} member records")]
    TooManyMembers,
    /// A newer format.
    #[error("[team]: format {0} was made by a newer vault; this one reads format 1")]
    NewerFormat(u32),
    /// The id is not `b64:` and 16 bytes.
    #[error("[team]: `id` must be \"b64:\" and 16 bytes in Base64 without padding")]
    Id,
    /// A name that is none.
    #[error("[{table}.{name}]: {why}")]
    Name {
        /// members, groups or rules.
        table: &'static str,
        /// What stands there, escaped.
        name: String,
        /// Why not.
        why: InvalidName,
    },
    /// A member's `to`.
    #[error("[members.{name}]: `to` must be a public key, one space, and {name}: {why}")]
    Member {
        /// Whose.
        name: MemberName,
        /// Why not.
        why: InvalidRecipient,
    },
    /// Two members with one key.
    #[error("[members.{name}]: {other} has the same key")]
    SameKey {
        /// The second.
        name: MemberName,
        /// The first.
        other: MemberName,
    },
    /// A group that is called like a person.
    #[error("[groups.{0}]: a person has this name too; groups and members share one namespace")]
    Ambiguous(MemberName),
    /// A group or rule that names somebody unknown.
    #[error("{place}: there is no member or group {name}")]
    Unknown {
        /// `[groups.ops]` or `[rules."sets/*"]`.
        place: String,
        /// Who.
        name: MemberName,
    },
    /// A pattern that can match no file.
    #[error("[rules.\"{0}\"]: a pattern is sets/… or pull/… of letters, digits, `_`, `-` and `*`")]
    Pattern(String),
    /// Two patterns that decide equally.
    #[error("the rules \"{0}\" and \"{1}\" both match {2} and are equally long; change one")]
    Tie(String, String, String),
    /// A rule that leaves a file without readers.
    #[error("nobody could read {0}: no member is left that may")]
    Nobody(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    team: RawTeam,
    #[serde(default)]
    members: BTreeMap<String, RawMember>,
    #[serde(default)]
    groups: BTreeMap<String, RawGroup>,
    #[serde(default)]
    rules: BTreeMap<String, RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTeam {
    format: u32,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMember {
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    read: Vec<String>,
}

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
    /// [`TeamError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TeamError> {
        let raw = parse_raw(bytes)?;
        if raw.team.format != 1 {
            return Err(TeamError::NewerFormat(raw.team.format));
        }
        let mut team = Self {
            id: FileId::parse(&raw.team.id).ok_or(TeamError::Id)?,
            members: BTreeMap::new(),
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        if raw.members.len() > MAX_MEMBERS {
            return Err(TeamError::TooManyMembers);
        }
        for (name, member) in raw.members {
            team.add_member(named("members", &name)?, &member.to)?;
        }
        for (name, group) in raw.groups {
            let name = named("groups", &name)?;
            let members = names("groups", &group.members)?;
            team.groups.insert(name, Group(members));
        }
        for (pattern, rule) in raw.rules {
            if !is_pattern(&pattern) {
                return Err(TeamError::Pattern(pattern.escape_debug().to_string()));
            }
            team.rules.insert(pattern, names("rules", &rule.read)?);
        }
        team.check()?;
        Ok(team)
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

    /// Who is to read a file: the exact rule, else the longest pattern that matches, else everyone.
    ///
    /// # Errors
    /// [`TeamError::Nobody`], [`TeamError::Tie`].
    pub fn readers_of(&self, kind: Kind, name: &SetName) -> Result<Recipients, TeamError> {
        let file = format!("{}/{name}", kind.folder());
        let readers = match self.rule_for(&file)? {
            None => self.members.clone(),
            Some(read) => self
                .members
                .iter()
                .filter(|(member, _)| read.iter().any(|who| self.includes(who, member)))
                .map(|(member, to)| (member.clone(), to.clone()))
                .collect(),
        };
        Recipients::new(readers).ok_or(TeamError::Nobody(file))
    }

    fn rule_for(&self, file: &str) -> Result<Option<&[MemberName]>, TeamError> {
        if let Some(read) = self.rules.get(file) {
            return Ok(Some(read));
        }
        let mut matching: Vec<_> =
            self.rules.iter().filter(|(pattern, _)| glob(pattern, file, Case::Matters)).collect();
        matching.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
        match matching.as_slice() {
            [(a, _), (b, _), ..] if a.len() == b.len() => {
                Err(TeamError::Tie((*a).clone(), (*b).clone(), file.to_owned()))
            }
            [(_, read), ..] => Ok(Some(read)),
            [] => Ok(None),
        }
    }

    /// Whether `who`, a group, a person or a device, stands for this member record.
    fn includes(&self, who: &MemberName, member: &MemberName) -> bool {
        let person = |name: &MemberName| name == member || name.as_str() == member.person();
        match self.groups.get(who) {
            Some(group) => group.0.iter().any(person),
            None => person(who),
        }
    }

    /// Whether `who` stands for at least one member record.
    fn is_anyone(&self, who: &MemberName, people: &BTreeSet<&str>) -> bool {
        match self.groups.get(who) {
            Some(group) => !group.0.is_empty(),
            None => people.contains(who.as_str()),
        }
    }

    fn add_member(&mut self, name: MemberName, to: &str) -> Result<(), TeamError> {
        let key = to.strip_suffix(name.as_str()).and_then(|key| key.strip_suffix(' '));
        let key = key.ok_or(InvalidRecipient::NotAKey).and_then(Recipient::from_canonical);
        let key = key.map_err(|why| TeamError::Member { name: name.clone(), why })?;
        self.members.insert(name, key);
        Ok(())
    }

    fn check(&self) -> Result<(), TeamError> {
        let devices = self.members.keys().map(MemberName::as_str);
        let people: BTreeSet<&str> =
            devices.chain(self.members.keys().map(MemberName::person)).collect();
        let mut keys = BTreeMap::new();
        for (name, to) in &self.members {
            if let Some(other) = keys.insert(to.as_str(), name) {
                return Err(TeamError::SameKey { name: name.clone(), other: other.clone() });
            }
        }
        for (name, group) in &self.groups {
            if people.contains(name.as_str()) {
                return Err(TeamError::Ambiguous(name.clone()));
            }
            if let Some(unknown) = group.0.iter().find(|who| !people.contains(who.as_str())) {
                let place = format!("[groups.{name}]");
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
            if !read.iter().any(|who| self.is_anyone(who, &people)) {
                return Err(TeamError::Nobody(pattern.clone()));
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
            write_names(out, "members", &group.0)?;
        }
        for (pattern, read) in &self.rules {
            writeln!(out, "\n[rules.\"{pattern}\"]")?;
            write_names(out, "read", read)?;
        }
        Ok(())
    }
}

fn parse_raw(bytes: &[u8]) -> Result<Raw, TeamError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| TeamError::Syntax { line: 0, why: "the file is not UTF-8 text".to_owned() })?;
    toml::from_str(text).map_err(|error| TeamError::Syntax {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        why: error.message().escape_debug().to_string(),
    })
}

/// The line a byte offset is on, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

fn named(table: &'static str, name: &str) -> Result<MemberName, TeamError> {
    name.parse().map_err(|why| TeamError::Name {
        table,
        name: name.escape_debug().to_string(),
        why,
    })
}

fn names(table: &'static str, names: &[String]) -> Result<Vec<MemberName>, TeamError> {
    let mut names = names.iter().map(|name| named(table, name)).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    Ok(names)
}

fn is_pattern(pattern: &str) -> bool {
    let rest = pattern.strip_prefix("sets/").or_else(|| pattern.strip_prefix("pull/"));
    rest.is_some_and(|rest| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*');
        !rest.is_empty() && rest.len() <= 64 && rest.bytes().all(allowed)
    })
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

    const ALICE: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

    fn team(rest: &str) -> Result<Team, TeamError> {
        let head = "[team]\nformat = 1\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n";
        Team::parse(format!("{head}[members.alice]\nto = \"{ALICE} alice\"\n{rest}").as_bytes())
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let text =
            "[groups.ops]\nmembers = [\"alice\"]\n[rules.\"sets/prod-*\"]\nread = [\"ops\"]\n";
        let team = team(text).unwrap();
        assert_eq!(Team::parse(team.render().as_bytes()).unwrap(), team);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |rest: &str| team(rest).unwrap_err().to_string();
        assert!(error("[groups.alice]\nmembers = []").contains("namespace"));
        assert!(error("[groups.ops]\nmembers = [\"bob\"]").contains("bob"));
        assert!(error("[rules.\"sets/*\"]\nread = []").contains("nobody"));
        assert!(error("[rules.\"../x\"]\nread = [\"alice\"]").contains("pattern"));
        assert!(error("[members.bob]\nto = \"x\"").contains("bob"));
        assert!(error("nonsense = 1").contains("line 6"));
    }

    #[test]
    fn the_exact_rule_wins_then_the_longest_then_everyone() {
        let tie = team(
            "[rules.\"sets/a*\"]\nread = [\"alice\"]\n[rules.\"sets/*b\"]\nread = [\"alice\"]\n",
        )
        .unwrap();
        let name = |name: &str| name.parse::<SetName>().unwrap();
        assert!(matches!(tie.readers_of(Kind::Set, &name("ab")), Err(TeamError::Tie(..))));
        assert!(tie.readers_of(Kind::Set, &name("zz")).is_ok());
    }
}
