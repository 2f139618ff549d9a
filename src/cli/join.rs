//! `vault join`

use vault::envelope::Request;
use vault::model::MemberName;
use vault::store::Vault;

use super::report::{self, Failure};
use super::{Global, change, init, open};

/// Ask to become a member, or to have one more device
///
/// Writes .secrets/requests/NAME.toml with your public key, of an identity that is made if you have
/// none. Commit and push it; a member accepts it with `vault recipient add NAME`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Your name in the team, or NAME/DEVICE [default: $USER in lower case]
    #[arg(value_name = "NAME")]
    name: Option<MemberName>,
}

pub(crate) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let name = init::member_name(args.name, "name yourself with `vault join NAME`")?;
    // A name that is taken costs nobody an identity.
    must_be_free(&vault, &name)?;
    let to = init::own_key(global)?;
    let team = vault.team()?;
    if let Some((known, _)) = team.members().iter().find(|(_, key)| **key == to) {
        return Err(Failure::failed(format!("your key is in the team already, as {known}"))
            .hint("`vault whoami` shows what you can open"));
    }
    let request = Request { name: name.clone(), to };
    let writer = vault.lock(|| change::waiting(global))?;
    match vault.request(&name)? {
        Some(there) if there == request => {}
        Some(there) => {
            return Err(Failure::failed(format!(
                "{name} has asked already, with another key: {}",
                there.to
            ))
            .hint(format!(
                "take another name, or delete {} if it is yours",
                vault.request_path(&name).display()
            )));
        }
        None => writer.write_request(&request)?,
    }
    report::note(global, &format!("wrote a request for {name}, {}", request.to));
    let path = format!(".secrets/requests/{name}.toml");
    report::hint(
        global,
        &format!(
            "`git add {path} && git commit -m \"ask to join as {name}\" -- {path}`, and push; a member then types `vault recipient add {name}`"
        ),
    );
    Ok(())
}

fn must_be_free(vault: &Vault, name: &MemberName) -> Result<(), Failure> {
    let team = vault.team()?;
    let group = team.groups().keys().find(|group| group.as_str() == name.person());
    if let Some(group) = group {
        return Err(Failure::failed(format!("{group} is a group; take another name")));
    }
    let devices = team.records_of(&name.to_person());
    match name.device() {
        // A device asks in the name of a person who is there, or of one who is not yet.
        Some(_) if !team.members().contains_key(name) => Ok(()),
        None if devices.is_empty() => Ok(()),
        _ => Err(Failure::failed(format!("there is already a member {name}")).hint(format!(
            "take another name; for one more device of yours, `vault join {}/DEVICE`",
            name.person()
        ))),
    }
}
