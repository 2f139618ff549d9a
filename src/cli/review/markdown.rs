//! A review as a comment on a pull request.

use vault::git::{Access, Finding, Level, Review};

use super::Reviewed;
use super::words::{self, Style};

/// Most rows of a table, and files.
const SHOWN: usize = 50;

/// What a comment holds, on GitHub: so many characters, and here no more bytes.
const LONGEST: usize = 65_536;

/// What is kept for saying how much was left out.
const RESERVED: usize = 200;

const STYLE: Style = Style::Markdown;

/// The whole comment, on every vault. What is wrong comes first, and what is cut is counted.
pub(super) fn comment(reviewed: &[Reviewed]) -> String {
    let mut out = Page::default();
    for one in reviewed {
        document(&mut out, &one.review, &one.findings);
    }
    if out.cut.rows > 0 {
        let counted = out.cut.counted();
        out.text.extend(["\n", &counted, " for which this comment has no room\n"]);
    }
    out.text
}

/// What is written, and what there was no room for.
#[derive(Default)]
struct Page {
    text: String,
    cut: Cut,
}

/// Rows that are not shown, and errors among them.
#[derive(Clone, Copy, Default)]
struct Cut {
    rows: usize,
    errors: usize,
}

impl Cut {
    fn counted(self) -> String {
        match self.errors {
            0 => format!("and {} more", self.rows),
            errors => format!("and {} more, of which {errors} are errors", self.rows),
        }
    }
}

/// A row, and how bad what it says is, if it is bad.
type Row = (String, Option<Level>);

impl Page {
    fn takes(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() <= LONGEST - RESERVED;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// A section with as many rows as fit.
    fn section(&mut self, title: &str, head: &str, rows: &[Row]) {
        let mut left = rows;
        if !rows.is_empty() && self.takes(&format!("\n**{title}**\n\n{head}")) {
            while let Some(((row, _), rest)) = left.split_first()
                && rows.len() - left.len() < SHOWN
                && self.takes(&format!("{row}\n"))
            {
                left = rest;
            }
        }
        let errors = left.iter().filter(|(_, level)| *level == Some(Level::Error)).count();
        let cut = Cut { rows: left.len(), errors };
        if cut.rows > 0 && !self.takes(&format!("\n{}\n", cut.counted())) {
            self.cut.rows += cut.rows;
            self.cut.errors += cut.errors;
        }
    }

    fn list(&mut self, title: &str, rows: impl Iterator<Item = String>) {
        let rows: Vec<Row> = rows.map(|row| (format!("- {row}"), None)).collect();
        self.section(title, "", &rows);
    }

    fn access(&mut self, title: &str, people: &[Access]) {
        let row = |access: &Access| {
            let (who, key) = (STYLE.name(&access.name), words::key_of(STYLE, &access.to));
            (format!("| {who} | {key} | {} |", words::files_of(STYLE, access)), None)
        };
        let rows: Vec<Row> = people.iter().map(row).collect();
        let head = "| who | key | what |\n|---|---|---|\n";
        self.section(title, head, &rows);
    }
}

fn document(out: &mut Page, review: &Review, findings: &[Finding]) {
    let nothing = review.is_empty() && findings.is_empty();
    let begin =
        if nothing { "### Secrets\n\nNothing changes in `.secrets`.\n" } else { "### Secrets\n" };
    out.takes(begin);
    found(out, findings);
    out.access("Who is listed as a reader of more", &review.gains);
    out.access("Who is listed as a reader of less", &review.losses);
    let renamed = review.renamed.iter();
    out.list("Renamed", renamed.map(|(from, to)| words::renamed(STYLE, from, to)));
    let files = review.files.iter().map(|file| {
        let title = format!("{}: {}", STYLE.name(&file.file), words::fate(STYLE, file));
        let details = words::details(STYLE, file).into_iter();
        [title].into_iter().chain(details).collect::<Vec<_>>().join("\n  - ")
    });
    out.list("Files", files);
    out.list("Team", review.team.iter().map(|change| words::team(STYLE, change)));
    out.list("Who asks to join", review.requests.iter().map(|asks| words::request(STYLE, asks)));
    let treatment = review.treatment.iter().map(|change| words::treatment(STYLE, change));
    out.list("What git is told of the files", treatment);
}

/// Findings come with the errors first.
fn found(out: &mut Page, findings: &[Finding]) {
    let row = |Finding { file, line, rule, message }: &Finding| {
        let place = STYLE.name(format!("{file}:{line}"));
        let (level, message) = (rule.level(), STYLE.name(message));
        let row = format!("| {level} | {place} | {message} | {} |", STYLE.name(rule.code()));
        (row, Some(level))
    };
    let rows: Vec<Row> = findings.iter().map(row).collect();
    let head = "| level | where | what | rule |\n|---|---|---|---|\n";
    out.section("Findings", head, &rows);
}
