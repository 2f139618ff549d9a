//! A state of a vault as a continuation of an earlier one: nothing that was known may be unsaid.

use super::{Finding, Proof, Proofs, Rule, forged};
use crate::envelope::{
    Changes, DepartureChange, EntryChange, Fall, IdentityChange, KeyChange, ReaderChange,
};
use crate::git::survey::{Survey, Surveyed};
use crate::model::KeyName;
use crate::store::{Depth, FileRef, NoHistory};

pub(super) fn check(
    before: &Survey,
    now: &Survey,
    proofs: &dyn Proofs,
    findings: &mut Vec<Finding>,
) -> Result<(), NoHistory> {
    if let (Some(old), Some(new)) = (&before.team, &now.team)
        && old.id() != new.id()
    {
        let message = "the vault has another id: whoever knew it is asked to trust it anew";
        let (file, rule) = (now.team_path.clone(), Rule::VaultId);
        findings.push(Finding { file, line: 1, rule, message: message.to_owned() });
    }
    for (of, old) in &before.files {
        match now.successor(of, old) {
            Some(new) => continued(old, new, proofs, findings)?,
            // That it cannot be read is said already.
            None if now.unread.contains_key(of) => {}
            None => findings.push(gone(old)),
        }
    }
    for (of, path) in &before.unread {
        let message = "what stood here before cannot be read, so nothing is known of its past";
        let (file, rule) = (path.clone(), Rule::Unreadable);
        if now.files.contains_key(of) {
            findings.push(Finding { file, line: 1, rule, message: message.to_owned() });
        }
    }
    Ok(())
}

impl Survey {
    /// What a file has become: the one of its id wherever it stands now, else the one in its place.
    pub(in crate::git) fn successor(&self, of: &FileRef, old: &Surveyed) -> Option<&Surveyed> {
        let same_id = |new: &&Surveyed| new.sealed.generation().id == old.sealed.generation().id;
        let there = self.files.get(of);
        there.filter(same_id).or_else(|| self.files.values().find(same_id)).or(there)
    }
}

fn gone(old: &Surveyed) -> Finding {
    let entries = match old.sealed.entries().len() {
        0 => "no entries".to_owned(),
        1 => "its one entry".to_owned(),
        n => format!("its {n} entries"),
    };
    let message = format!("the file is gone, and {entries} with it");
    Finding { file: old.path.clone(), line: 1, rule: Rule::Removed, message }
}

fn continued(
    old: &Surveyed,
    new: &Surveyed,
    proofs: &dyn Proofs,
    findings: &mut Vec<Finding>,
) -> Result<(), NoHistory> {
    let changes = new.sealed.changes_since(&old.sealed);
    let Some(changes) = changes.filter(|changes| !changes.is_another_file()) else {
        let message = "this is not the file it was, but another one in its place: its past, and who \
                       has seen it, is gone";
        findings.push(new.finding("vault", Rule::Replaced, message));
        return Ok(());
    };
    forged::between(old, new, findings);
    // The commitment of a data key binds both.
    let bound = [IdentityChange::Name, IdentityChange::Registry];
    if changes.data_key == KeyChange::Kept && bound.iter().any(|one| changes.identity.contains(one))
    {
        let message = "the file has another name or registry under the data key it had";
        findings.push(new.finding("vault", Rule::Forged, message));
    }
    findings.extend(data_key(old, new, &changes, proofs)?);
    for (key, change) in &changes.entries {
        findings.extend(entry(new, key, *change));
    }
    for (key, fall) in &changes.fallen {
        let (rule, what, from, to) = match *fall {
            Fall::Since { from, to } => (Rule::SinceFell, "`since`", from, to),
            Fall::Rev { from, to } => (Rule::RevFell, "`rev`", from, to),
        };
        let message = format!(
            "an older {key} was put back: {what} fell from {from} to {to}; if it is meant, `vault set` it anew"
        );
        findings.push(new.finding(&format!("values.{key}"), rule, message));
    }
    for change in &changes.readers {
        reader(old, new, &changes, change, findings);
    }
    for change in &changes.departures {
        findings.extend(departure(new, change));
    }
    Ok(())
}

fn data_key(
    old: &Surveyed,
    new: &Surveyed,
    changes: &Changes,
    proofs: &dyn Proofs,
) -> Result<Option<Finding>, NoHistory> {
    let (rule, message) = match changes.data_key {
        KeyChange::Kept if changes.identity.contains(&IdentityChange::Links) => {
            (Rule::Unlinked, "`prev` is another under the same data key".to_owned())
        }
        KeyChange::Kept => return Ok(None),
        KeyChange::Rotated { from, to } => return rotated(old, new, (from, to), proofs),
        KeyChange::Exchanged => (
            Rule::OtherDataKey,
            "the same epoch has another data key: two rotations were made apart, and one was dropped"
                .to_owned(),
        ),
        KeyChange::Fallen { from, to } => {
            (Rule::EpochFell, format!("an older file was put back: the epoch fell from {from} to {to}"))
        }
    };
    Ok(Some(new.finding("vault", rule, message)))
}

fn rotated(
    old: &Surveyed,
    new: &Surveyed,
    (from, to): (u32, u32),
    proofs: &dyn Proofs,
) -> Result<Option<Finding>, NoHistory> {
    let before = old.sealed.generation();
    let links = new.sealed.prev();
    let direct = links.iter().any(|link| link.names(from, before.commitment));
    // Of several rotations only the last one's link is left.
    let by_others = to - from > 1 && links.iter().any(|link| link.epoch > from);
    let finding = |rule, message: String| Ok(Some(new.finding("vault", rule, message)));
    if !direct && !by_others {
        return finding(
            Rule::Unlinked,
            format!(
                "no earlier data key vouches for that of epoch {to}: `prev` does not lead to epoch {from}"
            ),
        );
    }
    match proofs.of(&old.sealed, &new.sealed)? {
        Proof::Proven => Ok(None),
        Proof::Refuted(depth) => {
            let here = match depth {
                Depth::Whole => "",
                Depth::Shallow => ", as far as this shallow clone can tell",
            };
            finding(
                Rule::Unlinked,
                format!(
                    "nobody who could read the file in epoch {from} vouches for the data key of epoch {to}{here}: do not merge it, the values may be anyone's"
                ),
            )
        }
        Proof::Unknown => finding(
            Rule::Unproven,
            "a new data key: that whoever made it could read the file cannot be told without a key"
                .to_owned(),
        ),
    }
}

fn entry(new: &Surveyed, key: &KeyName, change: EntryChange) -> Option<Finding> {
    let table = format!("values.{key}");
    match change {
        EntryChange::Removed => {
            Some(new.finding("vault", Rule::Removed, format!("{key} was removed")))
        }
        EntryChange::Exchanged => {
            let message = format!(
                "{key} has other bytes, and nothing says that it was changed: it is of another branch"
            );
            Some(new.finding(&table, Rule::Exchanged, message))
        }
        EntryChange::Added
        | EntryChange::Value
        | EntryChange::Remarks
        | EntryChange::Unclear
        | EntryChange::Reencrypted => None,
    }
}

fn reader(
    old: &Surveyed,
    new: &Surveyed,
    changes: &Changes,
    change: &ReaderChange,
    findings: &mut Vec<Finding>,
) {
    let (name, key, now) = match change {
        ReaderChange::Lost { name, to } => (name, to, "can no longer read this"),
        ReaderChange::Rekeyed { name, old, .. } => (name, old, "has another key"),
        ReaderChange::Exchanged { name } => {
            let wrap = |file: &Surveyed| file.sealed.recipients().get(name).map(|r| r.wrap.clone());
            // With the wrap it had, another seal is a forgery, and told of as one.
            if wrap(old) == wrap(new) {
                return;
            }
            let table = format!("recipients.{}", name.in_header());
            let message = format!(
                "{name}'s record has other bytes under the same data key: it is of another branch, or a forgery"
            );
            findings.push(new.finding(&table, Rule::Exchanged, message));
            return;
        }
        ReaderChange::Gained { .. } | ReaderChange::Renamed { .. } => return,
    };
    if changes.data_key == KeyChange::Kept {
        let message = format!(
            "{name} {now}, and the data key is the same: they still know it; `vault recipient remove` makes a new one"
        );
        findings.push(new.finding("vault", Rule::NotRotated, message));
        return;
    }
    let epoch = old.sealed.generation().epoch;
    let noted = new.sealed.departed().values().any(|d| d.to == *key && d.until >= epoch);
    if !noted {
        let message = format!(
            "{name} {now}, and [departed] does not say that they could until epoch {epoch}"
        );
        findings.push(new.finding("vault", Rule::NotDeparted, message));
    }
}

fn departure(new: &Surveyed, change: &DepartureChange) -> Option<Finding> {
    let (table, rule, message) = match change {
        DepartureChange::Dropped { name } => (
            "vault".to_owned(),
            Rule::DepartureDropped,
            format!(
                "[departed.{}] is gone: what {name} has seen would be forgotten",
                name.in_header()
            ),
        ),
        DepartureChange::Fallen { name, from, to } => (
            format!("departed.{}", name.in_header()),
            Rule::UntilFell,
            format!(
                "`until` of {name} fell from {from} to {to}: what {name} has seen would be forgotten"
            ),
        ),
        DepartureChange::Noted { .. }
        | DepartureChange::Renamed { .. }
        | DepartureChange::Extended { .. } => return None,
    };
    Some(new.finding(&table, rule, message))
}
