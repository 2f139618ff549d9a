//! A review as a comment on a pull request.

use vault::git::{Access, Finding, Review};

use super::words::{self, Style};

/// Most rows of a table, and files: a comment holds 65,536 characters.
const SHOWN: usize = 50;

const STYLE: Style = Style::Markdown;

/// The whole comment.
pub(super) fn document(review: &Review, findings: &[Finding]) -> String {
    let mut out = vec!["### Secrets".to_owned()];
    if review.is_empty() && findings.is_empty() {
        out.push("Nothing changes in `.secrets`.".to_owned());
    }
    out.extend(access("Who can read more", &review.gains));
    out.extend(access("Who can read less", &review.losses));
    let renamed = review.renamed.iter();
    out.extend(list("Renamed", renamed.map(|(from, to)| words::renamed(STYLE, from, to))));
    let files = review.files.iter().map(|file| {
        let title = format!("{}: {}", STYLE.name(&file.file), words::fate(STYLE, file));
        let details = words::details(STYLE, file).into_iter();
        [title].into_iter().chain(details).collect::<Vec<_>>().join("\n  - ")
    });
    out.extend(list("Files", files));
    out.extend(list("Team", review.team.iter().map(|change| words::team(STYLE, change))));
    let requests = review.requests.iter().map(|request| words::request(STYLE, request));
    out.extend(list("Who asks to join", requests));
    let findings = findings.iter().map(|Finding { file, line, rule, message }| {
        let place = STYLE.name(format!("{file}:{line}"));
        let (level, message) = (rule.level(), STYLE.name(message));
        format!("| {level} | {place} | {message} | {} |", STYLE.name(rule.code()))
    });
    out.extend(table("Findings", "| level | where | what | rule |\n|---|---|---|---|", findings));
    format!("{}\n", out.join("\n\n"))
}

fn access(title: &str, people: &[Access]) -> Option<String> {
    let rows = people.iter().map(|access| {
        let (who, key) = (STYLE.name(&access.name), words::key_of(STYLE, &access.to));
        format!("| {who} | {key} | {} |", words::files_of(STYLE, access))
    });
    table(title, "| who | key | what |\n|---|---|---|", rows)
}

fn list(title: &str, items: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let rows = items.map(|item| format!("- {item}"));
    let (rows, more) = limited(rows)?;
    Some(format!("**{title}**\n\n{rows}{more}"))
}

fn table(title: &str, head: &str, rows: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let (rows, more) = limited(rows)?;
    Some(format!("**{title}**\n\n{head}\n{rows}{more}"))
}

/// The first rows, and how many are left out; `None` where there are none.
fn limited(rows: impl ExactSizeIterator<Item = String>) -> Option<(String, String)> {
    let more = rows.len().saturating_sub(SHOWN);
    let rows: Vec<String> = rows.take(SHOWN).collect();
    let more = if more == 0 { String::new() } else { format!("\n\nand {more} more") };
    (!rows.is_empty()).then(|| (rows.join("\n"), more))
}
