//! Who is asked about, for whoever is to answer: whose key it is, who brought it, what it would open.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use vault::crypto::Recipient;
use vault::git::{Added, Commit};
use vault::model::MemberName;
use vault::store::{Departed, FilePattern, NoHistory, Team, Vault};

use super::super::{pins, report};
use super::{Doubt, Gain, Given, Question};

/// Of many only so many are told.
const MAX_TOLD: usize = 3;

/// Shows a key, where it comes from, and what it opens.
pub(crate) fn describe(vault: &Vault, question: &Question) {
    let Question { gain, key, left, known_as, rules } = question;
    let Gain { member, to, files, unnamed, replaces } = gain;
    let what = match key {
        None if replaces.is_empty() => "is to read more than before",
        None => "reads with a key that team.toml does not have, and is to read with the one it has",
        Some(Doubt::New) => "is new here",
        Some(Doubt::Replaces(_)) => "has another key than before",
        Some(Doubt::Former) => "was here before, and was gone from team.toml",
        Some(Doubt::Left) if !left.commits.is_empty() => "has left before",
        Some(Doubt::Left) if left.is_cut_off => {
            "could read more before, and a shallow clone cannot tell whether they had left"
        }
        Some(Doubt::Left) => "could read more before, and may have left since",
    };
    report::show(&format!("{member} {what}"));
    if let Some(doubt) = key {
        report::show(&format!("  key       {}", spelled(to)));
        if let Doubt::Replaces(old) = doubt {
            report::show(&format!("  replaces  {}", spelled(old)));
        }
        if let Some(other) = known_as {
            report::show(&format!(
                "  known as  {other}: this very key was approved here by that name"
            ));
        }
        if !left.files.is_empty() {
            report::show(&format!("  left      {}", departures(vault, &left.files)));
        }
        if let Some(commit) = left.commits.first() {
            let removed = pins::history(vault).commit(commit);
            let removed = removed.map_or_else(|why| why.to_string(), |commit| said(&commit));
            report::show(&format!("  removed   {removed}"));
        }
        report::show(&format!("  added     {}", origin(vault, member, to)));
    }
    for there in replaces.iter().filter(|old| *key != Some(Doubt::Replaces((*old).clone()))) {
        report::show(&format!("  replaces  {}, as which {member} reads now", spelled(there)));
    }
    report::show(&format!("  gains     {}", some_of(if key.is_some() { files } else { unnamed })));
    let told = rules.iter().filter(|(rule, _)| key.is_none() || rule.is_some());
    for (rule, given) in told.take(MAX_TOLD) {
        tell_rule(vault, member, rule.as_ref(), given);
    }
}

/// The rule that gives somebody a file, and by whose doing it does.
fn tell_rule(vault: &Vault, member: &MemberName, rule: Option<&FilePattern>, given: &Given) {
    let Given { read, via, file } = given;
    let since = |holds: &dyn Fn(&Team) -> bool| {
        by_whom(pins::history(vault).holds_since(Path::new("team.toml"), holds))
    };
    let by = match rule {
        Some(pattern) => format!("{pattern}, whatever it matches: {}", report::some_of(read)),
        None => "none, so that everyone reads".to_owned(),
    };
    report::show(&format!("  by rule   {by}"));
    let is_rule = |team: &Team| match (team.rule_of(file), via) {
        (Ok(Some((_, read))), Some(via)) => read.contains(via),
        (Ok(None), None) => true,
        _ => false,
    };
    report::show(&format!("  since     {}", since(&is_rule)));
    if let Some(group) = via.as_ref().filter(|via| !member.is_of(via)) {
        let is_in = |team: &Team| team.records_of(group).contains(member);
        report::show(&format!("  in {group:<6} {}", since(&is_in)));
    }
}

/// What a key has left, and by whose doing.
fn departures(vault: &Vault, left: &[Departed]) -> String {
    let git = pins::history(vault);
    let told = left.iter().take(MAX_TOLD).map(|departed| {
        let file = &departed.file;
        let path = Path::new(file.kind.folder()).join(format!("{}.toml", file.name));
        let header = format!("[departed.{}]", departed.name.in_header());
        format!("{file} {}", by_whom(git.added(&path, &header)))
    });
    let told: Vec<String> = told.collect();
    match left.len().saturating_sub(MAX_TOLD) {
        0 => told.join("; "),
        more => format!("{}; and {more} more", told.join("; ")),
    }
}

/// A key's kind and fingerprint, and the key itself where a person can compare it.
fn spelled(key: &Recipient) -> String {
    const SHORT: usize = 100;
    let text = key.as_str();
    let text = if text.len() <= SHORT { format!(", {text}") } else { String::new() };
    format!("{} {}{text}", key.kind(), key.fingerprint())
}

/// Who brought a key into the team file, or else into a request to join.
pub(crate) fn origin(vault: &Vault, name: &MemberName, key: &Recipient) -> String {
    let git = pins::history(vault);
    let team = Path::new("team.toml");
    let mut added = git.added(team, key.as_str());
    if added == Ok(Added::NotCommitted) {
        let request = PathBuf::from("requests").join(format!("{name}.toml"));
        added = git.added(&request, key.as_str());
    }
    by_whom(added)
}

fn by_whom(added: Result<Added, NoHistory>) -> String {
    match added {
        Ok(Added::In(commit)) => said(&commit),
        Ok(Added::NotCommitted) => "not committed yet".to_owned(),
        Err(why) => format!("by whom is not known: {why}"),
    }
}

/// Who may have given somebody more than before.
pub(crate) fn team_changed(vault: &Vault) -> String {
    match pins::history(vault).last_change(Path::new("team.toml")) {
        Ok(Some(commit)) => said(&commit),
        Ok(None) => "in no commit yet".to_owned(),
        Err(why) => format!("by whom is not known: {why}"),
    }
}

/// A commit, for a person.
pub(crate) fn said(commit: &Commit) -> String {
    format!(
        "by {} on {}, commit {} ({})",
        commit.author,
        commit.date,
        commit.short(),
        commit.subject
    )
}

/// Files for a person; someone who is new may read none yet.
pub(crate) fn some_of(files: &[impl Display]) -> String {
    const SHOWN: usize = 20;
    if files.is_empty() {
        return "nothing for now".to_owned();
    }
    let shown: Vec<_> = files.iter().take(SHOWN).map(ToString::to_string).collect();
    match files.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
