//! All keys that a name means: those team.toml has, those it stands for in files, and those this
//! machine has approved under it. Whoever is to be removed may have pushed their key under another
//! name.

use vault::crypto::Recipient;
use vault::model::MemberName;
use vault::store::{Team, Vault};

use super::super::report::Failure;
use super::super::{Global, approve, pins};

/// Whether team.toml still has somebody of the name that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Then two are meant, perhaps.
    Stands,
    /// Then it is the other name that is to be typed.
    IsGone,
}

/// What to type when a key that is meant is somebody else's in team.toml, by that name.
pub(crate) type Instead<'a> = &'a dyn Fn(&MemberName, Typed) -> String;

/// The keys of persons or devices.
pub(crate) fn keys_of(
    global: &Global,
    vault: &Vault,
    team: &Team,
    names: &[MemberName],
    instead: Instead<'_>,
) -> Result<Vec<Recipient>, Failure> {
    let is_meant = |name: &MemberName| names.iter().any(|meant| name.is_of(meant));
    let members = team.members().iter().filter(|(name, _)| is_meant(name));
    let mut keys: Vec<Recipient> = members.map(|(_, to)| to.clone()).collect();
    for file in vault.files()? {
        // A file that cannot be read is told of when it is to be written.
        let Ok(sealed) = vault.read_any(&file) else { continue };
        for (name, record) in sealed.recipients().iter().filter(|(name, _)| is_meant(name)) {
            let other = team.members().iter().find(|(_, to)| **to == record.to);
            if let Some((other, to)) = other.filter(|(other, _)| !is_meant(other)) {
                let what = format!("the key that {name} reads {file} with");
                let hint = format!(
                    "{}; if {other} is somebody else, `vault rekey` first gives files the names of team.toml",
                    instead(other, Typed::Stands)
                );
                return Err(stands_as(vault, &what, (other, to)).hint(hint));
            }
            if !keys.contains(&record.to) {
                keys.push(record.to.clone());
            }
        }
    }
    refuse_renamed(global, vault, team, names, instead)?;
    Ok(keys)
}

/// Whoever renames themselves in files as well leaves nothing there that tells. What this machine
/// has approved tells all the same.
fn refuse_renamed(
    global: &Global,
    vault: &Vault,
    team: &Team,
    names: &[MemberName],
    instead: Instead<'_>,
) -> Result<(), Failure> {
    let pins = pins::recall(global, vault)?;
    let meant_by = |name: &MemberName| names.iter().find(|meant| name.is_of(meant));
    for (other, to) in team.members().iter().filter(|(other, _)| meant_by(other).is_none()) {
        let known = pins.names_of(to).find_map(|known| Some((known, meant_by(known)?)));
        let Some((known, meant)) = known else { continue };
        let typed = if team.has_member(meant) { Typed::Stands } else { Typed::IsGone };
        let hint = instead(other, typed);
        let hint = match typed {
            Typed::IsGone => hint,
            Typed::Stands if team.members().contains_key(known) => format!(
                "{hint}; if {other} is somebody else, `vault trust {known}` says that {known} has another key now"
            ),
            Typed::Stands => {
                format!(
                    "{hint}; if {other} is somebody else, name the devices of {meant} one by one"
                )
            }
        };
        let what = format!("the key that was approved here as {known}");
        return Err(stands_as(vault, &what, (other, to)).hint(hint));
    }
    Ok(())
}

fn stands_as(vault: &Vault, what: &str, (other, to): (&MemberName, &Recipient)) -> Failure {
    let origin = approve::origin(vault, other, to);
    let stands = format!("stands in team.toml as {other} (added {origin})");
    Failure::failed(format!("{what} {stands}; nothing was written"))
}
