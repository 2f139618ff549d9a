//! What changed in the team file, by name: members, groups, rules.

use std::collections::{BTreeMap, BTreeSet};

use vault::envelope::ReaderChange;
use vault::model::MemberName;
use vault::store::Team;

use super::page::{Page, Sign};
use super::sides::Sides;

/// Adds it, where it is meant and something changed.
pub(super) fn changes(page: &mut Page, sides: &Sides) {
    let (old, new) = (&sides.old.team, &sides.new.team);
    if !sides.with_team() {
        return;
    }
    let mut lines = Vec::new();
    match (old, new) {
        (Some(Err(why)), _) | (_, Some(Err(why))) => {
            lines.push((Sign::Alarm, format!("it cannot be read: {why}")));
        }
        (Some(Ok(old)), Some(Ok(new))) => compare(&mut lines, old, new),
        (None, Some(Ok(team))) => {
            for (name, to) in team.members() {
                lines.push((Sign::Added, format!("member {name}  {to}")));
            }
            named(&mut lines, "group", &BTreeMap::new(), team.groups());
            named(&mut lines, "rule", &BTreeMap::new(), &rules(team));
        }
        (Some(Ok(_)), None) => lines.push((Sign::Alarm, "it is gone".to_owned())),
        (None, None) => {}
    }
    if !lines.is_empty() {
        page.gap();
        page.line(Sign::Title, "team.toml");
        for (sign, text) in &lines {
            page.line(*sign, text);
        }
    }
}

fn compare(lines: &mut Vec<(Sign, String)>, old: &Team, new: &Team) {
    if old.id() != new.id() {
        lines.push((Sign::Alarm, "the vault's id is another one".to_owned()));
    }
    for change in ReaderChange::between(old.members(), new.members()) {
        lines.push(match change {
            ReaderChange::Gained { name, to } => (Sign::Added, format!("member {name}  {to}")),
            ReaderChange::Lost { name, to } => (Sign::Removed, format!("member {name}  {to}")),
            ReaderChange::Renamed { from, to } => {
                (Sign::Changed, format!("member {from} is called {to}"))
            }
            ReaderChange::Rekeyed { name, old, new } => {
                (Sign::Changed, format!("member {name}  {old} -> {new}"))
            }
            ReaderChange::Exchanged { .. } => continue,
        });
    }
    named(lines, "group", old.groups(), new.groups());
    named(lines, "rule", &rules(old), &rules(new));
}

fn rules(team: &Team) -> BTreeMap<String, Vec<MemberName>> {
    team.rules().iter().map(|(pattern, who)| (pattern.to_string(), who.clone())).collect()
}

/// What became of lists of names that have a name themselves.
fn named<K: Ord + std::fmt::Display>(
    lines: &mut Vec<(Sign, String)>,
    what: &str,
    old: &BTreeMap<K, Vec<MemberName>>,
    new: &BTreeMap<K, Vec<MemberName>>,
) {
    let listed =
        |names: &[MemberName]| names.iter().map(MemberName::as_str).collect::<Vec<_>>().join(", ");
    let names: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    for name in names {
        lines.push(match (old.get(name), new.get(name)) {
            (None, Some(who)) => (Sign::Added, format!("{what} {name}: {}", listed(who))),
            (Some(who), None) => (Sign::Removed, format!("{what} {name}: {}", listed(who))),
            (Some(old), Some(new)) if old != new => {
                let came = new.iter().filter(|name| !old.contains(name)).map(|n| format!("+{n}"));
                let left = old.iter().filter(|name| !new.contains(name)).map(|n| format!("-{n}"));
                let all: Vec<_> = came.chain(left).collect();
                let how = if all.is_empty() { "another order".to_owned() } else { all.join(" ") };
                (Sign::Changed, format!("{what} {name}: {how}"))
            }
            _ => continue,
        });
    }
}
