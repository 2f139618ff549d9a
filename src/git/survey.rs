//! The files of a vault, read as what they are. What is wrong with one is said once, and the others
//! are still looked at.

use std::collections::BTreeMap;

use super::source::{Contents, Item};
use super::verify::{Finding, Rule};
use crate::envelope::{Malformed, Request};
use crate::model::{InvalidName, Kind, MemberName};
use crate::store::atomic::is_temporary;
use crate::store::{AnySealed, FileRef, MAX_TEAM_BYTES, Team, TeamError, conflict_marker};

const TEAM: &str = "team.toml";

/// Everything that could be read.
#[derive(Debug, Default)]
pub struct Survey {
    /// The team.
    pub(super) team: Option<Team>,
    /// Sets and pull secrets, each with where it stands.
    pub(super) files: BTreeMap<FileRef, Surveyed>,
    /// Who asks to join, each with where they do.
    pub(super) requests: BTreeMap<MemberName, (String, Request)>,
    /// Sets and pull secrets that could not be read, each with where it stands.
    pub(super) unread: BTreeMap<FileRef, String>,
    /// Where the team file stands, or should.
    pub(super) team_path: String,
}

/// A file that could be read.
#[derive(Debug)]
pub(super) struct Surveyed {
    /// From the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) sealed: AnySealed,
}

impl Surveyed {
    /// The line of a table: `recipients.alice` for `[recipients.alice]`.
    pub(super) fn line_of(&self, table: &str) -> usize {
        line_of_table(&self.text, table)
    }

    /// Something that is wrong with a table of the file.
    pub(super) fn finding(&self, table: &str, rule: Rule, message: impl Into<String>) -> Finding {
        let line = self.line_of(table);
        Finding { file: self.path.clone(), line, rule, message: message.into() }
    }
}

impl Survey {
    /// Reads everything; what cannot be is among the findings.
    pub fn of(contents: &Contents, findings: &mut Vec<Finding>) -> Self {
        let team_path = format!("{}{TEAM}", contents.shown);
        let mut survey = Self { team_path, ..Self::default() };
        for (path, item) in &contents.files {
            let file = format!("{}{path}", contents.shown);
            let place = Place::of(path).map_err(|found| match found.rule {
                Rule::Leftover if !contents.untracked.contains(path) => tracked_leftover(),
                _ => found,
            });
            let is_doubled = *item == Item::Several && place.is_err();
            let place = if is_doubled { Ok(Place::Team) } else { place };
            if let Err(found) = place.and_then(|place| survey.take(place, file.clone(), item)) {
                if let Ok(Place::Sealed(of)) = Place::of(path) {
                    survey.unread.insert(of, file.clone());
                }
                findings.push(Finding { file, ..found });
            }
        }
        if !contents.files.contains_key(TEAM) {
            let message = "there is no team file, or git is told to ignore it; without one nobody \
                           can say who may read what";
            findings.push(found(1, Rule::Team, message).at(&survey.team_path));
        }
        survey
    }

    fn take(&mut self, place: Place, file: String, item: &Item) -> Result<(), Finding> {
        let bytes = match item {
            Item::File(bytes) => bytes,
            Item::NotAFile => {
                return Err(found(
                    1,
                    Rule::NotAFile,
                    "this is a link, a device or a repository; nothing is read through it",
                ));
            }
            Item::TooLarge => {
                return Err(found(
                    1,
                    Rule::TooLarge,
                    "the file is longer than any of a vault may be",
                ));
            }
            Item::Several => {
                return Err(found(
                    1,
                    Rule::Doubled,
                    "a tree has two entries of this name, which git never makes; programs differ \
                     in which they read",
                ));
            }
            Item::Unmerged => {
                return Err(found(
                    1,
                    Rule::ConflictMarker,
                    "a merge of this file is not finished; `vault resolve` decides what is open",
                ));
            }
        };
        if let Some(line) = conflict_marker(bytes) {
            let message = "a merge left its markers here; `vault resolve` decides what is open";
            return Err(found(line, Rule::ConflictMarker, message));
        }
        match place {
            Place::Team if bytes.len() > MAX_TEAM_BYTES => {
                return Err(found(1, Rule::TooLarge, "the file is longer than a team file may be"));
            }
            Place::Team => {
                self.team = Some(Team::parse(bytes).map_err(|why| team_finding(&why))?);
            }
            Place::Sealed(of) => {
                let sealed = AnySealed::parse(&of, bytes).map_err(|why| malformed(&why))?;
                let text = String::from_utf8_lossy(bytes).into_owned();
                self.files.insert(of, Surveyed { path: file, text, sealed });
            }
            Place::Request(name) => {
                let request = Request::parse(bytes, &name).map_err(|why| malformed(&why))?;
                self.requests.insert(name, (file, request));
            }
        }
        Ok(())
    }
}

/// What belongs at a path.
enum Place {
    Team,
    Sealed(FileRef),
    Request(MemberName),
}

impl Place {
    fn of(path: &str) -> Result<Self, Finding> {
        let parts: Vec<&str> = path.split('/').collect();
        let last = parts.last().copied().unwrap_or_default();
        if is_temporary(last) {
            let message = "a writer that was killed left this; it can be deleted";
            return Err(found(1, Rule::Leftover, message));
        }
        let stem = path.strip_suffix(".toml").unwrap_or_default();
        let named = |why: InvalidName| found(1, Rule::Name, why.to_string());
        match stem.split('/').collect::<Vec<_>>().as_slice() {
            ["team"] => Ok(Self::Team),
            ["sets", name] => {
                Ok(Self::Sealed(FileRef { kind: Kind::Set, name: name.parse().map_err(named)? }))
            }
            ["pull", name] => {
                Ok(Self::Sealed(FileRef { kind: Kind::Pull, name: name.parse().map_err(named)? }))
            }
            ["requests", name] => Ok(Self::Request(name.parse().map_err(named)?)),
            ["requests", person, device] => {
                let name = format!("{person}/{device}");
                Ok(Self::Request(name.parse().map_err(named)?))
            }
            _ => Err(found(
                1,
                Rule::Stray,
                "nothing but the files of a vault belongs below .secrets; a secret in it is not \
                 encrypted",
            )),
        }
    }
}

/// Someone has committed it, so that no writer can still be at work on it.
fn tracked_leftover() -> Finding {
    let message = "git has this file, which looks like one that a killed writer left, and may hold \
                   anything";
    found(1, Rule::Stray, message)
}

impl Finding {
    fn at(self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self }
    }
}

fn found(line: usize, rule: Rule, message: impl Into<String>) -> Finding {
    Finding { file: String::new(), line, rule, message: message.into() }
}

/// A file that breaks the grammar, and whether it looks as if someone wrote a secret into it.
fn malformed(why: &Malformed) -> Finding {
    let code = why.rule.code();
    let where_ = if why.place.is_empty() { String::new() } else { format!("[{}]: ", why.place) };
    let text = format!("{where_}{}", why.rule);
    let line = why.line.max(1);
    match code {
        "other-epoch" | "other-key" => {
            found(line, Rule::Format(code), format!("{text}; `vault fix` repairs it"))
        }
        "field-outside-table"
        | "unknown-field"
        | "unknown-table"
        | "no-vault-table"
        | "bad-token"
        | "bad-base64" => found(
            line,
            Rule::Plaintext,
            format!(
                "{text}; if a secret stands here in clear, it must be changed where it is used"
            ),
        ),
        code => found(line, Rule::Format(code), text),
    }
}

fn team_finding(why: &TeamError) -> Finding {
    let (line, why) = match why {
        TeamError::At { line, why } => (*line, why.to_string()),
        TeamError::Syntax { line, why } => (*line, why.clone()),
        other => (1, other.to_string()),
    };
    found(line.max(1), Rule::Team, why)
}

/// The line of a table's header, from 1; the first line where there is no such table.
pub(super) fn line_of_table(text: &str, table: &str) -> usize {
    let header = format!("[{table}]");
    text.lines().position(|line| line.trim_end() == header).map_or(1, |line| line + 1)
}
