//! Findings as SARIF 2.1.0 (OASIS), which code scanning services read.

use serde_json::{Value, json};
use vault::git::{Level, Rule};

use super::Judged;

/// The whole log: one run, with the rules that were broken and each place.
pub(super) fn document(findings: &[Judged]) -> Value {
    let mut rules: Vec<Rule> = findings.iter().map(|judged| judged.finding.rule).collect();
    rules.sort();
    rules.dedup();
    let results: Vec<Value> = findings.iter().map(|judged| result(judged, &rules)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "vault",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(*rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn descriptor(rule: Rule) -> Value {
    json!({
        "id": rule.code(),
        "shortDescription": { "text": rule.title() },
        "defaultConfiguration": { "level": rule.level().as_str() },
    })
}

fn result(Judged { finding, level }: &Judged, rules: &[Rule]) -> Value {
    let level: Level = *level;
    json!({
        "ruleId": finding.rule.code(),
        "ruleIndex": rules.binary_search(&finding.rule).unwrap_or_default(),
        "level": level.as_str(),
        "message": { "text": finding.message },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&finding.file), "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": finding.line },
        }}],
    })
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let kept = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/')
    };
    let spelled = |byte: u8| {
        if kept(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    path.bytes().map(spelled).collect()
}
