//! All keys that a name means: those team.toml has, and those it stands for in files. Whoever is to
//! be removed may have pushed their key under another name.

use vault::crypto::Recipient;
use vault::model::MemberName;
use vault::store::{Team, Vault};

use super::super::approve;
use super::super::report::Failure;

/// The keys of persons or devices. `hint` says what to type when one of them is somebody else's in
/// team.toml, by that name.
pub(crate) fn keys_of(
    vault: &Vault,
    team: &Team,
    names: &[MemberName],
    hint: &dyn Fn(&MemberName) -> String,
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
                let origin = approve::origin(vault, other, to);
                return Err(Failure::failed(format!(
                    "the key that {name} reads {file} with stands in team.toml as {other} (added {origin}); nothing was written"
                ))
                .hint(format!(
                    "{}; if {other} is somebody else, `vault rekey` first gives files the names of team.toml",
                    hint(other)
                )));
            }
            if !keys.contains(&record.to) {
                keys.push(record.to.clone());
            }
        }
    }
    Ok(keys)
}
