//! A review as annotations of a GitHub workflow.

use vault::git::{Access, Finding, Review};

use super::super::annotation::{annotation, of_finding};
use super::words::{self, Style};

const STYLE: Style = Style::Plain;

/// One for what each person gains or loses, one for each file, one for each finding: a step shows
/// only ten of each kind. `team` is where the team file stands.
pub(super) fn annotations(team: &str, review: &Review, findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut say = |level: &str, (file, line): (&str, usize), title: &str, text: &str| {
        out.push_str(&annotation(level, file, line, &format!("vault: {title}"), text));
    };
    let place = |access: &Access| access.files.first().map(|one| (one.path.clone(), one.line));
    let gains = review.gains.iter().map(place).zip(words::gains(STYLE, review));
    let losses = review.losses.iter().map(place).zip(words::losses(STYLE, review));
    let levels = gains.map(|gain| ("warning", gain)).chain(losses.map(|loss| ("notice", loss)));
    for (level, (place, text)) in levels {
        let (file, line) = place.unwrap_or_else(|| (team.to_owned(), 1));
        say(level, (&file, line), "access", &text);
    }
    for (from, to) in &review.renamed {
        say("notice", (team, 1), "team", &words::renamed(STYLE, from, to));
    }
    for file in &review.files {
        let mut lines = vec![format!("{}: {}", file.file, words::fate(STYLE, file))];
        lines.extend(words::details(STYLE, file));
        say("notice", (&file.path, file.line), "review", &lines.join("\n"));
    }
    for change in &review.team {
        say("notice", (team, 1), "team", &words::team(STYLE, change));
    }
    for request in &review.requests {
        say("notice", (team, 1), "request", &words::request(STYLE, request));
    }
    for change in &review.treatment {
        say("warning", (team, 1), "attributes", &words::treatment(STYLE, change));
    }
    out.extend(findings.iter().map(|one| of_finding(one, one.rule.level())));
    out
}
