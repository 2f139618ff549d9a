//! A review as JSON. The field names are an interface; docs/review.md lists them.

use serde_json::{Value, json};
use vault::crypto::Recipient;
use vault::envelope::{EntryChange, Exposure, KeyChange, ReaderChange};
use vault::git::{Access, Fate, FileReview, Finding, RecordFate, Review, TeamChange};
use vault::model::MemberName;

use super::super::verify::finding;

/// The whole document; `base` is the commit that was compared with.
pub(super) fn document(base: &str, review: &Review, findings: &[Finding]) -> Value {
    let requests = review.requests.iter().map(|r| person(&r.name, &r.to)).collect::<Vec<_>>();
    let renamed = review.renamed.iter();
    json!({
        "base": base,
        "gains": review.gains.iter().map(access).collect::<Vec<_>>(),
        "losses": review.losses.iter().map(access).collect::<Vec<_>>(),
        "renamed": renamed
            .map(|(from, to)| json!({"from": from.as_str(), "to": to.as_str()}))
            .collect::<Vec<_>>(),
        "files": review.files.iter().map(file).collect::<Vec<_>>(),
        "team": review.team.iter().map(team).collect::<Vec<_>>(),
        "requests": requests,
        "attributes": review.treatment.iter().map(|change| json!({
            "attribute": change.attribute, "from": change.from, "to": change.to,
            "files": change.files,
        })).collect::<Vec<_>>(),
        "findings": findings.iter().map(|one| finding(one, one.rule.level())).collect::<Vec<_>>(),
    })
}

fn person(name: &MemberName, to: &Recipient) -> Value {
    json!({
        "name": name.as_str(),
        "to": to.as_str(),
        "kind": to.kind().to_string(),
        "fingerprint": to.fingerprint(),
    })
}

fn access(access: &Access) -> Value {
    let files = access.files.iter();
    let values: usize = files.clone().map(|one| one.values).sum();
    let files = files.map(|one| json!({"file": one.file.to_string(), "values": one.values}));
    json!({
        "name": access.name.as_str(),
        "to": access.to.as_str(),
        "kind": access.to.kind().to_string(),
        "fingerprint": access.to.fingerprint(),
        "values": values,
        "files": files.collect::<Vec<_>>(),
    })
}

fn file(review: &FileReview) -> Value {
    let fate = match &review.fate {
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
        Fate::Renamed(_) => "renamed",
        Fate::Replaced => "replaced",
    };
    let from = match &review.fate {
        Fate::Renamed(from) => Some(from.to_string()),
        _ => None,
    };
    let changes = review.entries.iter();
    let epoch = match review.data_key {
        KeyChange::Kept => Value::Null,
        KeyChange::Rotated { from, to } | KeyChange::Fallen { from, to } => {
            json!({"from": from, "to": to})
        }
        KeyChange::Exchanged => json!("exchanged"),
    };
    json!({
        "file": review.file.to_string(),
        "path": review.path,
        "change": fate,
        "from": from,
        "values": review.total,
        "changes": changes
            .map(|(key, change)| json!({"key": key.as_str(), "change": entry(*change)}))
            .collect::<Vec<_>>(),
        "recipients": review.readers.iter().map(MemberName::as_str).collect::<Vec<_>>(),
        "registry": review.registry.as_ref().map(|registry| {
            json!({"type": registry.registry.as_str(), "server": registry.server.as_str()})
        }),
        "epoch": epoch,
        "exposed": exposures(&review.begins),
        "no_longer_exposed": exposures(&review.ends),
    })
}

/// In the words of `vault diff`.
fn entry(change: EntryChange) -> &'static str {
    match change {
        EntryChange::Added => "added",
        EntryChange::Removed => "removed",
        EntryChange::Value | EntryChange::Unclear | EntryChange::Exchanged => "changed",
        EntryChange::Remarks => "note",
        EntryChange::Reencrypted => "reencrypted",
    }
}

fn exposures(exposures: &[Exposure]) -> Vec<Value> {
    let exposure = |exposure: &Exposure| {
        let seen_by: Vec<_> = exposure.seen_by.iter().map(MemberName::as_str).collect();
        json!({"key": exposure.key.as_str(), "seen_by": seen_by})
    };
    exposures.iter().map(exposure).collect()
}

fn team(change: &TeamChange) -> Value {
    let names =
        |names: &[MemberName]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    match change {
        TeamChange::Began => json!({"what": "team", "change": "added"}),
        TeamChange::Ended => json!({"what": "team", "change": "removed"}),
        TeamChange::Member(change) => member(change),
        TeamChange::Group { name, joined, left, fate: record } => json!({
            "what": "group", "name": name.as_str(), "change": fate(*record),
            "added": names(joined), "removed": names(left),
        }),
        TeamChange::Rule { pattern, joined, left, fate: record } => json!({
            "what": "rule", "name": pattern.as_str(), "change": fate(*record),
            "added": names(joined), "removed": names(left),
        }),
    }
}

fn member(change: &ReaderChange) -> Value {
    match change {
        ReaderChange::Gained { name, .. } => named("added", name),
        ReaderChange::Lost { name, .. } => named("removed", name),
        ReaderChange::Rekeyed { name, .. } | ReaderChange::Exchanged { name } => named("key", name),
        ReaderChange::Renamed { from, to } => {
            json!({"what": "member", "name": to.as_str(), "from": from.as_str(), "change": "renamed"})
        }
    }
}

fn named(change: &str, name: &MemberName) -> Value {
    json!({"what": "member", "name": name.as_str(), "change": change})
}

fn fate(fate: RecordFate) -> &'static str {
    match fate {
        RecordFate::Added => "added",
        RecordFate::Removed => "removed",
        RecordFate::Changed => "changed",
    }
}
