//! Reading a team file: every mistake with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Team, TeamError};
use crate::crypto::{FileId, InvalidRecipient, Recipient};
use crate::model::MemberName;
use crate::store::file::FilePattern;

type Table<T> = BTreeMap<Spanned<String>, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    team: Spanned<RawTeam>,
    #[serde(default)]
    members: Table<RawMember>,
    #[serde(default)]
    groups: Table<RawGroup>,
    #[serde(default)]
    rules: Table<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTeam {
    format: u32,
    id: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMember {
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    members: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    read: Vec<Spanned<String>>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Team, TeamError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| TeamError::Syntax { line: 0, why: "the file is not UTF-8 text".to_owned() })?;
    let raw: Raw = toml::from_str(text).map_err(|error| TeamError::Syntax {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        why: error.message().escape_debug().to_string(),
    })?;
    Reader { text }.team(&raw)
}

/// The line a byte offset is on, from 1.
pub(in crate::store) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn team(&self, raw: &Raw) -> Result<Team, TeamError> {
        let head = raw.team.get_ref();
        if head.format != 1 {
            return Err(self.at(&raw.team, TeamError::NewerFormat(head.format)));
        }
        let id =
            FileId::parse(head.id.get_ref()).ok_or_else(|| self.at(&head.id, TeamError::Id))?;
        let (members, groups, rules) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut team = Team { id, members, groups, rules };
        for (name, member) in &raw.members {
            let name = self.name("members", name, name)?;
            let to = key_of(&name, member.to.get_ref()).map_err(|why| {
                self.at(&member.to, TeamError::Member { name: name.clone(), why })
            })?;
            team.members.insert(name, to);
        }
        for (name, group) in &raw.groups {
            let names = self.names("groups", name, &group.members)?;
            team.groups.insert(self.name("groups", name, name)?, names);
        }
        for (pattern, rule) in &raw.rules {
            let names = self.names("rules", pattern, &rule.read)?;
            let parsed = pattern.get_ref().parse::<FilePattern>().map_err(|why| {
                let pattern_text = pattern.get_ref().escape_debug().to_string();
                self.at(pattern, TeamError::Pattern { pattern: pattern_text, why })
            })?;
            team.rules.insert(parsed, names);
        }
        team.check().map_err(|why| self.located(raw, why))?;
        Ok(team)
    }

    fn at<T>(&self, place: &Spanned<T>, why: TeamError) -> TeamError {
        TeamError::At { line: line_of(self.text, place.span().start), why: Box::new(why) }
    }

    fn name(
        &self,
        table: &'static str,
        of: &Spanned<String>,
        name: &Spanned<String>,
    ) -> Result<MemberName, TeamError> {
        name.get_ref().parse().map_err(|why| {
            let of = of.get_ref().escape_debug().to_string();
            self.at(name, TeamError::Name { table, name: of, why })
        })
    }

    fn names(
        &self,
        table: &'static str,
        of: &Spanned<String>,
        names: &[Spanned<String>],
    ) -> Result<Vec<MemberName>, TeamError> {
        let names = names.iter().map(|name| self.name(table, of, name));
        let mut names = names.collect::<Result<Vec<_>, _>>()?;
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// A mistake in how the tables fit together, with the line of the record that is named in it.
    fn located(&self, raw: &Raw, why: TeamError) -> TeamError {
        let lists = || {
            let groups = raw.groups.values().flat_map(|group| &group.members);
            groups.chain(raw.rules.values().flat_map(|rule| &rule.read))
        };
        let place = match &why {
            TeamError::SameKey { name, .. } => spelt(raw.members.keys(), name.as_str()),
            TeamError::Ambiguous(name) => spelt(raw.groups.keys(), name.as_str()),
            TeamError::Unknown { name, .. } => spelt(lists(), name.as_str()),
            TeamError::Nobody(pattern) => spelt(raw.rules.keys(), pattern),
            _ => None,
        };
        match place {
            Some(place) => self.at(place, why),
            None => why,
        }
    }
}

fn spelt<'a>(
    mut names: impl Iterator<Item = &'a Spanned<String>>,
    name: &str,
) -> Option<&'a Spanned<String>> {
    names.find(|spanned| spanned.get_ref() == name)
}

/// The key of a `to` field, which ends in the record's own name.
fn key_of(name: &MemberName, to: &str) -> Result<Recipient, InvalidRecipient> {
    let key = to.strip_suffix(name.as_str()).and_then(|key| key.strip_suffix(' '));
    Recipient::from_canonical(key.ok_or(InvalidRecipient::NotAKey)?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ALICE, team};
    use super::*;

    #[test]
    fn every_mistake_names_its_line_and_what_is_wrong() {
        let key = |name: &str| format!("to = \"{ALICE} {name}\"");
        for (rest, line, words) in [
            ("[groups.alice]\nmembers = []", 6, "namespace"),
            ("[groups.ops]\nmembers = [\n  \"alice\",\n  \"bob\",\n]", 9, "bob"),
            ("[rules.\"sets/*\"]\nread = []", 6, "nobody"),
            ("[rules.\"sets/*\"]\nread = [\"alice\",\n\"carol\"]", 8, "carol"),
            ("[rules.\"../x\"]\nread = [\"alice\"]", 6, "pattern"),
            ("[members.bob]\nto = \"x\"", 7, "[members.bob]"),
            ("[members.Bob]\nto = \"x\"", 6, "a member name"),
            (&format!("[members.bob]\n{}", key("carol")), 7, "one space, and bob"),
            (&format!("\n[members.bob]\n{}", key("bob")), 7, "alice has the same key"),
            ("[groups.ops]\nmembers = [\n\"no good\"]", 8, "[groups.ops]"),
            ("nonsense = 1", 6, "nonsense"),
            ("[members.bob]\nto = 7", 7, "string"),
            ("[members.bob]\nto = \"AGE-SECRET-KEY-1QQQ bob\"", 7, "public key"),
        ] {
            let error = team(rest).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")), "{rest}: {error}");
            assert!(error.contains(words), "{rest}: {error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        let head = Team::parse(b"[team]\nformat = 2\nid = \"\"").unwrap_err().to_string();
        assert!(head.contains("newer vault"), "{head}");
        let id = Team::parse(b"[team]\nformat = 1\n\nid = \"x\"").unwrap_err().to_string();
        assert!(id.starts_with("line 4: [team]: `id`"), "{id}");
    }
}
