//! `vault verify`

mod sarif;

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Value, json};
use vault::git::{Coverage, Finding, Level, Rule, Unchecked, WithKey, leaks, verify};

use super::annotation::{self, of_finding};
use super::checked::{self, Asked, Checked};
use super::keygen::today;
use super::open::Keyring;
use super::report::{self, Failure};
use super::term::printable;
use super::{Global, output};

/// Check the vault without any key: form, names, readers, and that nothing was undone
///
/// Exits with 1 when anything is wrong. With an identity that opens without a question, new data
/// keys are proven, and files and commits searched for values in clear. docs/review.md lists the
/// rules.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What would be committed, instead of the work tree
    #[arg(long, conflicts_with = "rev")]
    staged: bool,
    /// What this commit holds, instead of the work tree; also in a repository without one
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Also that nothing was undone since this commit, or since the history of both parted
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Fail for what is otherwise a warning
    #[arg(long, value_name = "RULE", value_parser = deniable())]
    deny: Vec<String>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Github,
    Sarif,
}

/// A finding, and how bad it is to whoever asked.
struct Judged {
    finding: Finding,
    level: Level,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let asked = match (&args.rev, args.staged) {
        (Some(rev), _) => Asked::Rev(rev),
        (None, true) => Asked::Staged,
        (None, false) => Asked::WorkTree,
    };
    let keyring = Keyring::load_unasked(global)?;
    let mut findings = Vec::new();
    let mut files = 0;
    let mut coverage = Coverage::default();
    for checked in checked::read(global, &asked, args.base.as_deref())? {
        files += checked.now.files.len();
        let (found, searched) = check(&checked, &keyring)?;
        findings.extend(found);
        coverage.open += searched.open;
        coverage.closed += searched.closed;
    }
    say_what_was_searched(global, coverage);
    let denied = |rule: Rule| args.deny.iter().any(|code| code == rule.code());
    let judge = |finding: Finding| {
        let level = if denied(finding.rule) { Level::Error } else { finding.rule.level() };
        Judged { finding, level }
    };
    let findings: Vec<Judged> = findings.into_iter().map(judge).collect();
    match args.format {
        Format::Text => text(&findings)?,
        Format::Json => {
            output::json(&findings.iter().map(|one| finding(&one.finding, one.level)).collect())?;
        }
        Format::Github => github(&findings)?,
        Format::Sarif => output::json(&sarif::document(&findings))?,
    }
    Ok(conclude(global, &findings, files, &asked))
}

fn check(checked: &Checked, keyring: &Keyring) -> Result<(Vec<Finding>, Coverage), Failure> {
    let Checked { source, moment, now, past, forks } = checked;
    let identities = keyring.identities();
    let proofs = WithKey::new(identities, source, moment, forks);
    let (survey, mut findings) = verify(now, past, today(), &proofs).map_err(Unchecked::from)?;
    let coverage = leaks(source, moment, forks, (now, &survey), identities, &mut findings)?;
    findings.sort();
    findings.dedup();
    Ok((findings, coverage))
}

fn say_what_was_searched(global: &Global, coverage: Coverage) {
    match coverage {
        Coverage { closed: 0, .. } => {}
        Coverage { open: 0, .. } => report::note(
            global,
            "values in clear were not searched for: no identity opens any file without a question",
        ),
        Coverage { closed, .. } => report::note(
            global,
            &format!(
                "values of {} were not searched for: no identity opens {}",
                plural(closed, "file"),
                if closed == 1 { "it" } else { "those" }
            ),
        ),
    }
}

fn deniable() -> Vec<&'static str> {
    Rule::deniable().map(Rule::code).collect()
}

fn text(findings: &[Judged]) -> Result<(), Failure> {
    let lines = findings.iter().map(|Judged { finding, level }| {
        let Finding { file, line, rule, message } = finding;
        let (file, message) = (printable(file), printable(message));
        let line = format!("{file}:{line}: {level}: {message} [{}]", rule.code());
        format!("{}\n", annotation::plain(&line))
    });
    output::bytes(lines.collect::<String>().as_bytes())
}

/// A finding as JSON. The field names are an interface.
pub(crate) fn finding(finding: &Finding, level: Level) -> Value {
    json!({
        "file": finding.file,
        "line": finding.line,
        "rule": finding.rule.code(),
        "level": level.as_str(),
        "message": finding.message,
    })
}

fn github(findings: &[Judged]) -> Result<(), Failure> {
    let lines = findings.iter().map(|one| of_finding(&one.finding, one.level));
    output::bytes(lines.collect::<String>().as_bytes())
}

fn conclude(global: &Global, findings: &[Judged], files: usize, asked: &Asked<'_>) -> ExitCode {
    let count = |level: Level| findings.iter().filter(|judged| judged.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let files = plural(files, "file");
    let found = match (errors, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, 0) => plural(errors, "error"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, warnings) => {
            format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))
        }
    };
    report::note(global, &format!("{files} checked: {found}"));
    let clear = |rule: Rule| matches!(rule, Rule::Plaintext | Rule::Leak | Rule::Stray);
    if matches!(asked, Asked::Staged) && findings.iter().any(|found| clear(found.finding.rule)) {
        report::hint(
            global,
            "what was staged is in git's objects even if it is never committed: `git rm --cached FILE`, \
             `git gc --prune=now`, and change a secret that was real",
        );
    }
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
