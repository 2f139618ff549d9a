//! Each file by itself, and their names beside each other.

use std::collections::BTreeMap;

use super::{Finding, Rule};
use crate::crypto::{Recipient, check_shape, is_sealed_length};
use crate::envelope::{SealedEntry, Tampering};
use crate::git::source::Contents;
use crate::git::survey::{Survey, Surveyed};
use crate::model::{Date, KeyName};

/// Bytes of readable text in a row that no ciphertext holds: of random bytes, one run in 2^57.
const READABLE: usize = 40;

pub(super) fn check(
    now: &Contents,
    survey: &Survey,
    today: Option<Date>,
    findings: &mut Vec<Finding>,
) {
    case_twins(now, findings);
    let mut ids: BTreeMap<String, &Surveyed> = BTreeMap::new();
    for file in survey.files.values() {
        let id = file.sealed.generation().id.to_string();
        if let Some(other) = ids.insert(id, file) {
            let message = format!(
                "{} has the same id: one of them is a copy, which `vault copy` makes right",
                other.path
            );
            findings.push(file.finding("vault", Rule::SameId, message));
        }
        canonical(file, findings);
        recipients(file, findings);
        for (key, entry) in file.sealed.entries() {
            ciphertext(file, key, entry, findings);
            let table = format!("values.{key}");
            if let Some(day) = entry.expires.filter(|day| today.is_some_and(|today| *day < today)) {
                let message = format!("{key} was to be replaced by {day}");
                findings.push(file.finding(&table, Rule::Expired, message));
            }
        }
    }
}

/// A checkout on a system that ignores case would hold only one of them.
fn case_twins(now: &Contents, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for path in now.files.keys() {
        if let Some(other) = seen.insert(path.to_lowercase(), path) {
            let message = format!("{other} differs from it by case alone");
            let file = format!("{}{path}", now.shown);
            findings.push(Finding { file, line: 1, rule: Rule::Case, message });
        }
    }
    for path in &now.twins {
        let message = format!("it differs from what is below {} by case alone", now.shown);
        findings.push(Finding { file: path.clone(), line: 1, rule: Rule::Case, message });
    }
}

fn canonical(file: &Surveyed, findings: &mut Vec<Finding>) {
    let canonical = file.sealed.render();
    if canonical == file.text {
        return;
    }
    let differs = file.text.split('\n').zip(canonical.split('\n')).position(|(a, b)| a != b);
    let shorter = file.text.lines().count().min(canonical.lines().count());
    let line = differs.unwrap_or(shorter) + 1;
    let message = if file.text.contains('\r') {
        "lines end as on Windows; the .gitattributes that `vault init` writes prevents that"
            .to_owned()
    } else {
        let name = file.sealed.file().name;
        format!(
            "from here on these are not the bytes that vault writes; `vault rekey --rotate {name}` writes them anew"
        )
    };
    let rule = Rule::NotCanonical;
    findings.push(Finding { file: file.path.clone(), line, rule, message });
}

fn recipients(file: &Surveyed, findings: &mut Vec<Finding>) {
    for (name, record) in file.sealed.recipients() {
        let table = format!("recipients.{}", name.in_header());
        if let Err(why) = check_shape(&record.wrap, &record.to) {
            let rule = Rule::Format(Tampering::Shape(why).code());
            findings.push(file.finding(&table, rule, format!("{name}: {why}")));
        }
        // Until now only its spelling was looked at.
        if let Err(why) = record.to.as_str().parse::<Recipient>() {
            let message = format!("{name}: `to` is not a recipient: {why}");
            findings.push(file.finding(&table, Rule::Format("bad-recipient"), message));
        }
    }
}

fn ciphertext(file: &Surveyed, key: &KeyName, entry: &SealedEntry, findings: &mut Vec<Finding>) {
    let readable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let mut runs = entry.enc.split(|byte| !readable(byte));
    let message = if !is_sealed_length(entry.enc.len()) {
        "is not as long as any ciphertext"
    } else if runs.any(|run| run.len() >= READABLE) {
        "holds readable text, which no ciphertext does"
    } else {
        return;
    };
    let message = format!(
        "`enc` of {key} {message}; if the value stands here in clear, it must be changed where it is used"
    );
    findings.push(file.finding(&format!("values.{key}"), Rule::Plaintext, message));
}
