//! What git does with the files: nothing that changes their bytes, or loses some in a merge.

use std::collections::BTreeMap;

use super::{Finding, Rule};
use crate::git::source::Contents;
use crate::git::treatment::Treatment;

pub(super) fn check(now: &Contents, findings: &mut Vec<Finding>) {
    let Some(treatment) = &now.treatment else { return };
    let mut broken: BTreeMap<(Rule, String), Vec<&String>> = BTreeMap::new();
    for path in treatment.files() {
        for (rule, message) in wrong_with(treatment, path) {
            broken.entry((rule, message)).or_default().push(path);
        }
    }
    let around = now.shown.strip_suffix(".secrets/").unwrap_or_default();
    for ((rule, message), files) in broken {
        let first = files.first().copied().cloned().unwrap_or_default();
        let more = match files.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!("{}{first}{more}: {message}", now.shown);
        let file = format!("{around}.gitattributes");
        findings.push(Finding { file, line: 1, rule, message });
    }
}

/// What is said of a file that must not be, or is not said and should be.
fn wrong_with(treatment: &Treatment, path: &str) -> Vec<(Rule, String)> {
    let of = |attribute: &str| treatment.of(path, attribute).to_owned();
    let is_off = |value: String| matches!(value.as_str(), "unspecified" | "unset");
    let mut wrong = Vec::new();
    let mut changes = |attribute: &str, why: &str| {
        let said = format!("git is told {attribute}={}, which {why}", of(attribute));
        wrong.push((Rule::Attributes, said));
    };
    for attribute in ["filter", "ident", "working-tree-encoding"] {
        if !is_off(of(attribute)) {
            changes(attribute, "makes other bytes of it");
        }
    }
    if of("eol") == "crlf" {
        changes("eol", "makes other bytes of it");
    }
    if !is_off(of("merge")) && !matches!(of("merge").as_str(), "vault" | "set") {
        changes("merge", "merges it without knowing what it is: lines are lost or doubled");
    }
    let as_init_says = of("text") == "set" && of("eol") == "lf" && of("merge") == "vault";
    if wrong.is_empty() && !as_init_says {
        let message = "git is not told `text eol=lf diff=vault merge=vault`, as `vault init` \
                       writes it: it may change line ends, and merges as plain text";
        wrong.push((Rule::NoAttributes, message.to_owned()));
    }
    wrong
}
