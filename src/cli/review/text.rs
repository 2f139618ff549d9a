//! A review for a person at a terminal.

use vault::git::{Finding, Review};

use super::super::annotation::plain;
use super::words::{self, Style};

const STYLE: Style = Style::Plain;

/// All of it, a paragraph for each file.
pub(super) fn lines(review: &Review, findings: &[Finding]) -> String {
    let mut out = String::new();
    listed(&mut out, "access", words::gains(STYLE, review).chain(words::losses(STYLE, review)));
    for file in &review.files {
        let title = format!("{}: {}", STYLE.name(&file.file), words::fate(STYLE, file));
        section(&mut out, &title, words::details(STYLE, file));
    }
    listed(&mut out, "team", review.team.iter().map(|change| words::team(STYLE, change)));
    let requests = review.requests.iter().map(|request| words::request(STYLE, request));
    listed(&mut out, "requests", requests);
    let treatment = review.treatment.iter().map(|change| words::treatment(STYLE, change));
    listed(&mut out, "attributes", treatment);
    let findings = findings.iter().map(|Finding { file, line, rule, message }| {
        let (file, message) = (STYLE.name(file), STYLE.name(message));
        format!("{file}:{line}: {}: {message} [{}]", rule.level(), rule.code())
    });
    listed(&mut out, "findings", findings);
    if out.is_empty() {
        out.push_str("nothing changes in .secrets\n");
    }
    out
}

fn listed(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        section(out, title, lines);
    }
}

fn section(out: &mut String, title: &str, lines: Vec<String>) {
    out.extend([title, "\n"]);
    for line in lines {
        out.extend([&plain(&format!("  {line}")), "\n"]);
    }
}
