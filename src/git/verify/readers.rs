//! Each file is for exactly those whom the team file lets read it.

use super::{Finding, Rule};
use crate::envelope::Recipients;
use crate::git::survey::{Survey, Surveyed};

pub(super) fn check(survey: &Survey, findings: &mut Vec<Finding>) {
    let Some(team) = &survey.team else { return };
    for (of, file) in &survey.files {
        match team.readers_of(of.kind, &of.name) {
            Ok(wanted) => compare(file, &wanted, &survey.team_path, findings),
            Err(why) => {
                let file = survey.team_path.clone();
                findings.push(Finding {
                    file,
                    line: 1,
                    rule: Rule::Team,
                    message: why.to_string(),
                });
            }
        }
    }
}

fn compare(file: &Surveyed, wanted: &Recipients, team: &str, findings: &mut Vec<Finding>) {
    let readers = file.sealed.recipients();
    let name_of =
        |key: &str| wanted.iter().find(|(_, to)| to.as_str() == key).map(|(name, _)| name);
    for (name, record) in readers {
        let table = format!("recipients.{}", name.in_header());
        let by_name = wanted.iter().any(|(wanted, _)| wanted == name);
        let (rule, message) = match name_of(record.to.as_str()) {
            Some(right) if right == name => continue,
            Some(right) => (
                Rule::ReaderName,
                format!("{name} is called {right} in {team}; `vault rekey` renames"),
            ),
            None if by_name => (
                Rule::ReaderKey,
                format!(
                    "{name} reads this with another key than {team} gives; `vault rekey` decides"
                ),
            ),
            None => (
                Rule::ExtraReader,
                format!("{name} can read this, and {team} does not say so; `vault rekey` ends it"),
            ),
        };
        findings.push(file.finding(&table, rule, message));
    }
    for (name, to) in wanted.iter() {
        let known = readers.contains_key(name) || readers.values().any(|record| record.to == *to);
        if !known {
            let message = format!(
                "{team} lets {name} read this, and it is not encrypted for {name}; `vault rekey` does that"
            );
            findings.push(file.finding("vault", Rule::MissingReader, message));
        }
    }
}
