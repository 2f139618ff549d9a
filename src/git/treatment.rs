//! What git is told to do with the files of a vault: `.gitattributes`, from which a merge driver
//! comes, or a filter that makes other bytes of them.

use std::collections::BTreeMap;

use super::Git;
use super::objects::Name;
use super::source::Moment;
use crate::store::NoHistory;

/// The attributes that decide about bytes, and about what a person is shown of them.
const ATTRIBUTES: [&str; 7] =
    ["text", "eol", "diff", "merge", "filter", "ident", "working-tree-encoding"];

/// What git does by itself where nothing is said.
const UNSPECIFIED: &str = "unspecified";

/// For each sealed file, by its path below `.secrets`, the attributes that are said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Treatment(BTreeMap<String, BTreeMap<String, String>>);

/// An attribute that is not what it should be, or not what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreatmentChange {
    /// Of which attribute.
    pub attribute: String,
    /// What was said, as `git check-attr` says it.
    pub from: String,
    /// What is.
    pub to: String,
    /// The files it is said of, by their paths below `.secrets`.
    pub files: Vec<String>,
}

impl Treatment {
    /// What is said of a file.
    pub(super) fn of(&self, path: &str, attribute: &str) -> &str {
        let said = self.0.get(path).and_then(|said| said.get(attribute));
        said.map_or(UNSPECIFIED, String::as_str)
    }

    /// The files of which anything is known.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// What changed for files that are in both.
    pub(super) fn changes_since(&self, old: &Self) -> Vec<TreatmentChange> {
        let mut changes: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
        for path in self.files().filter(|path| old.0.contains_key(*path)) {
            for attribute in ATTRIBUTES {
                let (from, to) = (old.of(path, attribute), self.of(path, attribute));
                if from != to {
                    changes.entry((attribute, from, to)).or_default().push(path.clone());
                }
            }
        }
        let change = |((attribute, from, to), files): ((&str, &str, &str), _)| TreatmentChange {
            attribute: attribute.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            files,
        };
        changes.into_iter().map(change).collect()
    }
}

impl Git {
    /// What is said of sealed files, each by its name and its path from here; `None` where this git
    /// cannot say that of a commit (before 2.40).
    pub(super) fn treatment(
        &self,
        moment: &Moment,
        files: impl Iterator<Item = (String, Name)>,
    ) -> Result<Option<Treatment>, NoHistory> {
        let files: Vec<(String, Name)> = files.filter(|(name, _)| is_sealed(name)).collect();
        let mut input = Vec::new();
        for (_, path) in &files {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let when = match moment {
            Moment::WorkTree => None,
            Moment::Staged => Some("--cached".to_owned()),
            Moment::Commit(commit) => Some(format!("--source={commit}")),
        };
        let words = ["check-attr", "-z", "--stdin"].map(str::to_owned).into_iter().chain(when);
        let words = words.chain(ATTRIBUTES.map(str::to_owned));
        let said = match self.feed(words, &input) {
            Ok(said) => said,
            Err(NoHistory::Failed(_)) if matches!(moment, Moment::Commit(_)) => return Ok(None),
            Err(why) => return Err(why),
        };
        // `PATH NUL ATTRIBUTE NUL VALUE NUL`, in the order in which they were asked for
        let said = String::from_utf8_lossy(&said);
        let parts: Vec<&str> = said.split_terminator('\0').collect();
        let mut treatment = Treatment::default();
        for ((name, _), rows) in files.into_iter().zip(parts.chunks(3 * ATTRIBUTES.len())) {
            let of_file = treatment.0.entry(name).or_default();
            for row in rows.chunks_exact(3) {
                if let [_, attribute, value] = row {
                    of_file.insert((*attribute).to_owned(), (*value).to_owned());
                }
            }
        }
        Ok(Some(treatment))
    }
}

fn is_sealed(name: &str) -> bool {
    let below = name.strip_prefix("sets/").or_else(|| name.strip_prefix("pull/"));
    below.and_then(|name| name.strip_suffix(".toml")).is_some_and(|name| !name.contains('/'))
}
