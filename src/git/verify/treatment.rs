//! What git does with the files: nothing that changes their bytes, or loses some in a merge.

use std::collections::BTreeMap;

use super::{Finding, Rule};
use crate::git::source::Contents;
use crate::git::treatment::Treatment;

pub(super) fn check(now: &Contents, findings: &mut Vec<Finding>) {
    let Some(treatment) = &now.treatment else { return };
    let around = now.shown.strip_suffix(".secrets/").unwrap_or_default();
    for (rule, message) in wrong(treatment) {
        let message = format!("{}{message}", now.shown);
        let file = format!("{around}.gitattributes");
        findings.push(Finding { file, line: 1, rule, message });
    }
}

/// What is wrong with how git treats them, each once with the files it is said of.
pub(in crate::git) fn wrong(treatment: &Treatment) -> Vec<(Rule, String)> {
    let mut broken: BTreeMap<(Rule, String), Vec<&String>> = BTreeMap::new();
    for path in treatment.files() {
        for (rule, message) in wrong_with(treatment, path) {
            broken.entry((rule, message)).or_default().push(path);
        }
    }
    let said = |((rule, message), files): ((Rule, String), Vec<&String>)| {
        let first = files.first().copied().cloned().unwrap_or_default();
        let more = match files.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (rule, format!("{first}{more}: {message}"))
    };
    broken.into_iter().map(said).collect()
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
    let drivers = of("diff") == "vault" && of("merge") == "vault";
    let as_init_says = of("text") == "set" && of("eol") == "lf" && drivers;
    if wrong.is_empty() && !as_init_says {
        let message = "git is not told `text eol=lf diff=vault merge=vault`, as `vault init` \
                       writes it: it may change line ends, and shows or merges as plain text";
        wrong.push((Rule::NoAttributes, message.to_owned()));
    }
    wrong
}
