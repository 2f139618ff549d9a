//! What this machine does not trust.

use std::collections::BTreeMap;
use std::path::Path;

use vault::Error;
use vault::crypto::FileId;
use vault::envelope::{OpenError, Opened, Sealed};
use vault::model::{Content, Kind, MemberName, PullSecret, SecretSet, SetName};
use vault::store::{FilePattern, FileRef, Pins, StoreError, Suspicion, Team, Vault};

use crate::cli::Global;
use crate::cli::approve::{Gain, Past, Question, doubt, known_as};
use crate::cli::open::Keyring;
use crate::cli::pins::history;
use crate::cli::report::Failure;

/// Something that is not trusted.
pub(super) enum Item {
    /// A vault that is new here, where this machine knows another one.
    First {
        team: Box<Team>,
        known: String,
    },
    /// The vault's id is another than before.
    Vault(FileId),
    Set(Doubtful<SecretSet>),
    Pull(Doubtful<PullSecret>),
    /// A member's key is new, or another than before.
    Member(Question),
    /// A member would read more of what nobody has made yet, by these rules.
    Rules(MemberName, Vec<FilePattern>),
}

/// A file that may not be what it was.
pub(super) struct Doubtful<T> {
    pub(super) sealed: Sealed<T>,
    pub(super) opened: Opened<T>,
    pub(super) suspicion: Suspicion,
}

/// Everything: the vault, its files that this identity opens, its members.
pub(super) fn all(
    global: &Global,
    vault: &Vault,
    team: &Team,
    keyring: &mut Keyring,
    pins: &mut Pins,
) -> Result<Vec<Item>, Failure> {
    let mut found: Vec<Item> = other_vault(team, pins).into_iter().collect();
    for name in vault.names(Kind::Set)? {
        found.extend(file(vault, keyring, pins, &name)?.map(Item::Set));
    }
    for name in vault.names(Kind::Pull)? {
        found.extend(file(vault, keyring, pins, &name)?.map(Item::Pull));
    }
    let past = Past::of(global, vault)?;
    let mut rules = pins.unaccepted(team);
    for name in team.members().keys() {
        let rules = rules.remove(name);
        found.extend(member((vault, &past), team, (keyring, pins), (name, rules))?);
    }
    Ok(found)
}

/// What a name stands for, if it is not trusted.
pub(super) fn named(
    global: &Global,
    vault: &Vault,
    team: &Team,
    keyring: &mut Keyring,
    pins: &mut Pins,
    text: &str,
) -> Result<Vec<Item>, Failure> {
    if is_vault(text) {
        return Ok(other_vault(team, pins).into_iter().collect());
    }
    let (mut found, mut of_member, mut exists) = (Vec::new(), Vec::new(), false);
    for kind in [Kind::Set, Kind::Pull] {
        let Some(name) = name_in(kind, text) else { continue };
        if !vault.names(kind)?.contains(&name) {
            continue;
        }
        exists = true;
        match kind {
            Kind::Set => found.extend(file(vault, keyring, pins, &name)?.map(Item::Set)),
            Kind::Pull => found.extend(file(vault, keyring, pins, &name)?.map(Item::Pull)),
        }
    }
    if let Ok(name) = text.parse::<MemberName>()
        && team.members().contains_key(&name)
    {
        exists = true;
        let past = Past::of(global, vault)?;
        let rules = pins.unaccepted(team).remove(&name);
        of_member = member((vault, &past), team, (keyring, pins), (&name, rules))?;
    }
    // What was typed is not repeated: it may be anything.
    match found.len() + usize::from(!of_member.is_empty()) {
        0 if !exists => Err(Failure::failed("there is no set, pull secret or member of that name")
            .hint("`vault list` shows the sets; `vault trust` all that is not trusted")),
        0 | 1 => Ok(found.into_iter().chain(of_member).collect()),
        _ => Err(Failure::usage("that is the name of several things that are not trusted").hint(
            "name a file by its path, as in .secrets/sets/NAME.toml; `vault trust` asks about each",
        )),
    }
}

/// Whether it stands for the vault itself.
pub(super) fn is_vault(text: &str) -> bool {
    Path::new(text).ends_with(".secrets/team.toml")
}

/// The name of a file of this kind: alone, after its folder, or as a path.
fn name_in(kind: Kind, text: &str) -> Option<SetName> {
    let folder = kind.folder();
    let path = Path::new(text);
    let stem = path.file_stem()?.to_str()?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        let inside = path.parent()?.ends_with(Path::new(".secrets").join(folder));
        return inside.then(|| stem.parse().ok())?;
    }
    text.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text).parse().ok()
}

fn other_vault(team: &Team, pins: &Pins) -> Option<Item> {
    (pins.vault_id() != Some(team.id())).then(|| Item::Vault(team.id()))
}

fn file<T: Content>(
    vault: &Vault,
    keyring: &mut Keyring,
    pins: &mut Pins,
    name: &SetName,
) -> Result<Option<Doubtful<T>>, Failure> {
    let sealed = vault.read::<T>(name)?;
    let opened = match keyring.unlock(vault, sealed.clone()) {
        Ok(opened) => opened,
        // Whoever cannot read a file knows nothing of it to doubt.
        Err(Failure::Vault(Error::Store(StoreError::Open {
            why: OpenError::NoIdentity { .. },
            ..
        }))) => return Ok(None),
        Err(other) => return Err(other),
    };
    let checked = pins.check(&opened, keyring.identities(), &history(vault));
    Ok(checked.err().map(|suspicion| Doubtful { sealed, opened, suspicion }))
}

fn member(
    (vault, past): (&Vault, &Past),
    team: &Team,
    (keyring, pins): (&Keyring, &Pins),
    (name, rules): (&MemberName, Option<Vec<FilePattern>>),
) -> Result<Vec<Item>, Failure> {
    let Some(to) = team.members().get(name).filter(|to| !keyring.holds(to)) else {
        return Ok(Vec::new());
    };
    let rules = rules.map(|rules| Item::Rules(name.clone(), rules));
    let (key, left) = doubt(pins, past, name, to);
    if key.is_none() {
        return Ok(rules.into_iter().collect());
    }
    let mut files = Vec::new();
    for kind in [Kind::Set, Kind::Pull] {
        for file in vault.names(kind)? {
            if team.readers_of(kind, &file)?.iter().any(|(reader, _)| reader == name) {
                files.push(FileRef { kind, name: file });
            }
        }
    }
    let (unnamed, replaces) = (Vec::new(), Vec::new());
    let gain = Gain { member: name.clone(), to: to.clone(), files, unnamed, replaces };
    let known_as = known_as(pins, &gain);
    let question = Question { gain, key, left, known_as, rules: BTreeMap::new() };
    Ok(std::iter::once(Item::Member(question)).chain(rules).collect())
}
