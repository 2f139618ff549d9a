//! What is doubted, for whoever is to decide.

use std::path::Path;

use vault::crypto::FileId;
use vault::envelope::{Generation, Sealed};
use vault::git::Added;
use vault::model::{Content, MemberName};
use vault::store::{FilePattern, History, MemberPin, NoHistory, Pins, Team, Vault};

use super::find::Doubtful;
use crate::cli::approve::{origin, said, team_changed};
use crate::cli::pins::{doubtful, history};
use crate::cli::report::{self, some_of};

/// A vault beside the one that is known.
pub(super) fn first(vault: &Vault, team: &Team, known: &str) {
    let path = vault.team_path();
    report::show(&format!("{}: this vault is new here", path.display()));
    report::show(&format!("  beside     the one that this machine knows in {known}"));
    for (name, key) in team.members() {
        report::show(&format!("  member     {name}: {} {}", key.kind(), key.fingerprint()));
        report::show(&format!("    added    {}", origin(vault, name, key)));
    }
}

/// A vault with another id.
pub(super) fn vault(vault: &Vault, pins: &Pins, id: FileId) {
    let known = pins.vault_id().map_or_else(|| "none".to_owned(), |id| id.to_string());
    report::show(&format!("{}: the vault's id was changed", vault.team_path().display()));
    report::show(&format!("  known      {known}"));
    report::show(&format!("  now        {id}"));
    let added = history(vault).added(Path::new("team.toml"), &id.to_string());
    report::show(&format!("  committed  {}", by_whom(added)));
}

/// A file that may not be what it was.
pub(super) fn file<T: Content>(vault: &Vault, pins: &Pins, file: &Doubtful<T>) {
    let Doubtful { sealed, opened, suspicion } = file;
    let known = pins.newest::<T>(sealed.name()).or_else(|| pins.newest_of(sealed.id()));
    report::show(&doubtful(vault, opened, suspicion.clone()).to_string());
    if let Some(known) = known {
        report::show(&format!("  known      {}", generation(known)));
    }
    let now = sealed.generation();
    report::show(&format!("  now        {}", generation(now)));
    let path = Path::new(T::KIND.folder()).join(format!("{}.toml", sealed.name()));
    // The line that only this data key has: later changes of values do not count.
    let added = history(vault).added(&path, &format!("{}:{}", now.epoch, now.commitment));
    report::show(&format!("  committed  {}", by_whom(added)));
    let before = known.and_then(|known| version::<T>(vault, known));
    report::show(&format!("  readers    {}", readers(sealed, before.as_ref())));
    let strangers: Vec<MemberName> = sealed
        .recipients()
        .iter()
        .filter(|(name, record)| pins.member(name, &record.to) != MemberPin::Approved)
        .map(|(name, _)| name.clone())
        .collect();
    if !strangers.is_empty() {
        report::show(&format!("  of these not approved on this machine: {}", some_of(&strangers)));
    }
}

/// What a member would read of what nobody has made yet.
pub(super) fn rules(vault: &Vault, member: &MemberName, patterns: &[FilePattern]) {
    report::show(&format!("{member} is to read more of what is made from now on"));
    for pattern in patterns {
        report::show(&format!("  of         {pattern}"));
    }
    report::show(&format!("  team.toml  last changed {}", team_changed(vault)));
}

fn generation(Generation { id, epoch, commitment }: Generation) -> String {
    format!("id {id}, epoch {epoch}, key {}", commitment.key_id())
}

fn by_whom(added: Result<Added, NoHistory>) -> String {
    match added {
        Ok(Added::In(commit)) => said(&commit),
        Ok(Added::NotCommitted) => "not yet".to_owned(),
        Err(why) => format!("by whom is not known: {why}"),
    }
}

/// Who reads it, and how that differs from before, where that is known.
fn readers<T: Content>(now: &Sealed<T>, before: Option<&Sealed<T>>) -> String {
    let names: Vec<MemberName> = now.recipients().keys().cloned().collect();
    let mut text = some_of(&names);
    let Some(before) = before else { return text };
    let missing_in = |of: &Sealed<T>, other: &Sealed<T>| -> Vec<MemberName> {
        let is_there = |name: &MemberName| {
            let key = |file: &Sealed<T>| file.recipients().get(name).map(|r| r.to.clone());
            key(of) == key(other)
        };
        of.recipients().keys().filter(|name| !is_there(name)).cloned().collect()
    };
    let (new, gone) = (missing_in(now, before), missing_in(before, now));
    for (word, names) in [("new or with another key", new), ("gone", gone)] {
        if !names.is_empty() {
            text = format!("{text}; {word}: {}", some_of(&names));
        }
    }
    text
}

/// The newest version in history that is under this data key.
fn version<T: Content>(vault: &Vault, known: Generation) -> Option<Sealed<T>> {
    let mut found = None;
    let folder = Path::new(T::KIND.folder());
    let searched = history(vault).versions(folder, &mut |bytes| {
        if found.is_none() {
            let version = Sealed::<T>::parse_past(bytes).ok();
            found = version.filter(|version| version.generation() == known);
        }
    });
    searched.ok().and(found)
}
