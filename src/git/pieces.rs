//! What stands in a file, whether or not it is in form: its entries and readers, each by its token.

use std::collections::{BTreeMap, BTreeSet};

/// The tokens of each table; several where one stands there more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces(BTreeMap<String, BTreeSet<String>>);

/// What sets a table apart: the text that only a holder of the data key can have made.
const TOKENS: [&str; 2] = ["enc = ", "wrap = "];

impl Pieces {
    /// Of a text, line by line, as git merges it.
    pub fn of(text: &[u8]) -> Self {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut table = None;
        for line in String::from_utf8_lossy(text).lines() {
            if line.starts_with('[') {
                let counts = line.starts_with("[values.") || line.starts_with("[recipients.");
                table = counts.then(|| line.trim_end().to_owned());
                if let Some(table) = &table {
                    all.entry(table.clone()).or_default();
                }
            } else if let Some(table) = &table
                && TOKENS.iter().any(|token| line.starts_with(token))
            {
                all.entry(table.clone()).or_default().insert(line.trim_end().to_owned());
            }
        }
        Self(all)
    }

    /// The entries and readers that stand here otherwise than in all of `others`, or alone.
    pub fn unknown_to(&self, others: &[&Self]) -> Vec<String> {
        let knows = |table: &String, token: &String| {
            others.iter().any(|other| other.tokens(table).is_some_and(|set| set.contains(token)))
        };
        let is_new = |(table, tokens): &(&String, &BTreeSet<String>)| {
            tokens.iter().any(|token| !knows(table, token))
                || others.iter().all(|other| other.tokens(table).is_none())
        };
        self.0.iter().filter(is_new).map(|(table, _)| name_of(table)).collect()
    }

    /// Those of which none of `others` has a table at all.
    pub fn named_by_none_of(&self, others: &[&Self]) -> Vec<String> {
        let is_new = |table: &&String| others.iter().all(|other| other.tokens(table).is_none());
        self.0.keys().filter(is_new).map(|table| name_of(table)).collect()
    }

    /// Whether a merge by lines can have made this of these versions: what one side alone changed
    /// is as that side has it, and what both changed is as one of them has it.
    pub fn can_be_made_of(&self, base: &Self, ours: &Self, theirs: &Self) -> bool {
        let tables = [self, ours, theirs].into_iter().flat_map(|all| all.0.keys());
        tables.collect::<BTreeSet<_>>().into_iter().all(|table| {
            let [now, base, ours, theirs] = [self, base, ours, theirs].map(|all| all.tokens(table));
            if ours == theirs || theirs == base {
                return now == ours;
            }
            if ours == base {
                return now == theirs;
            }
            let of_side = |token: &String| {
                [ours, theirs].into_iter().flatten().any(|side| side.contains(token))
            };
            match now {
                Some(tokens) => tokens.iter().all(of_side),
                None => ours.is_none() || theirs.is_none(),
            }
        })
    }

    fn tokens(&self, table: &str) -> Option<&BTreeSet<String>> {
        self.0.get(table)
    }
}

/// `KEY` of `[values.KEY]`, `reader NAME` of `[recipients.NAME]`.
fn name_of(table: &str) -> String {
    let inner = table.trim_start_matches('[').trim_end_matches(']');
    let name = match inner.split_once('.') {
        Some(("recipients", name)) => format!("reader {name}"),
        Some((_, name)) => name.to_owned(),
        None => inner.to_owned(),
    };
    name.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(entries: &[(&str, &str)]) -> Pieces {
        let table = |(key, token): &(&str, &str)| format!("[values.{key}]\nenc = \"{token}\"\n\n");
        let text = entries.iter().map(table).collect::<Vec<_>>().concat();
        Pieces::of(text.as_bytes())
    }

    #[test]
    fn versions_with_another_token_or_an_entry_more_are_not_what_it_was_made_of() {
        let base = pieces(&[("A", "1")]);
        let ours = pieces(&[("A", "2")]);
        let theirs = pieces(&[("A", "1"), ("NEW", "v2")]);
        let now = pieces(&[("A", "2"), ("NEW", "v2")]);
        assert!(now.can_be_made_of(&base, &ours, &theirs));
        let older = pieces(&[("A", "1"), ("NEW", "v1")]);
        let later = pieces(&[("A", "1"), ("NEW", "v2"), ("MORE", "1")]);
        for other in [&older, &later, &base] {
            assert!(!now.can_be_made_of(&base, &ours, other), "{other:?}");
        }
        // What one side removed came back by no merge.
        assert!(!now.can_be_made_of(&theirs, &ours, &theirs));
    }

    #[test]
    fn what_no_version_has_is_named() {
        let now = pieces(&[("A", "2"), ("LATER", "1")]);
        let (ours, theirs) = (pieces(&[("A", "1")]), pieces(&[("A", "2")]));
        assert_eq!(now.unknown_to(&[&ours, &theirs]), ["LATER"]);
        assert_eq!(now.unknown_to(&[&ours]), ["A", "LATER"]);
        assert_eq!(now.named_by_none_of(&[&ours]), ["LATER"]);
    }
}
