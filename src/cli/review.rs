//! `vault review`

mod github;
mod json;
mod markdown;
mod text;
mod words;

use clap::ValueEnum;
use vault::git::{Finding, Review, Unchecked, WithoutKey, review, verify};

use super::checked::{self, Asked, Checked};
use super::keygen::today;
use super::report::Failure;
use super::{Global, output};

/// Say what a change means, without any key: who gains access, and which entries changed
///
/// Compares the work tree with the commit where its history and that of REV part, as a pull request
/// is shown. What it finds wrong is what `vault verify --base` finds; only the latter fails for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What it is to be compared with, say refs/remotes/origin/main
    #[arg(long, value_name = "REV")]
    base: String,
    /// What this commit holds, instead of the work tree; also in a repository without one
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Github,
    Json,
}

/// What is to be said of one vault.
struct Reviewed {
    base: String,
    team: String,
    review: Review,
    findings: Vec<Finding>,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let asked = args.rev.as_deref().map_or(Asked::WorkTree, Asked::Rev);
    let checked = checked::read(global, &asked, Some(&args.base))?;
    let reviewed: Vec<Option<Reviewed>> = checked.iter().map(reviewed).collect::<Result<_, _>>()?;
    let reviewed: Vec<Reviewed> = reviewed.into_iter().flatten().collect();
    match args.format {
        Format::Json => {
            let document = |one: &Reviewed| json::document(&one.base, &one.review, &one.findings);
            match reviewed.as_slice() {
                [one] => output::json(&document(one)),
                several => output::json(&several.iter().map(document).collect()),
            }
        }
        Format::Text => each(&reviewed, |one| text::lines(&one.review, &one.findings)),
        Format::Markdown => output::bytes(markdown::comment(&reviewed).as_bytes()),
        Format::Github => {
            each(&reviewed, |one| github::annotations(&one.team, &one.review, &one.findings))
        }
    }
}

fn reviewed(checked: &Checked) -> Result<Option<Reviewed>, Failure> {
    let Checked { now, past, forks, .. } = checked;
    let found = verify(now, past, today(), &WithoutKey).map_err(Unchecked::from)?;
    let (survey, mut findings) = found;
    // Whoever reads only the beginning reads what matters most.
    findings.sort_by_key(|one| one.rule.level());
    // After merges back and forth there are several; each shows the same changes of ours.
    let Some((base, past)) = forks.first().zip(past.first()) else { return Ok(None) };
    let team = format!("{}team.toml", now.shown);
    Ok(Some(Reviewed { base: base.clone(), team, review: review(past, now, &survey), findings }))
}

fn each(reviewed: &[Reviewed], say: impl Fn(&Reviewed) -> String) -> Result<(), Failure> {
    reviewed.iter().try_for_each(|one| output::bytes(say(one).as_bytes()))
}
