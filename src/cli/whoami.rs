//! `vault whoami`

use serde_json::json;
use vault::crypto::Listed;
use vault::model::{MemberName, SecretSet, SetName};
use vault::store::Vault;

use super::report::{self, Failure};
use super::{Global, open, output};

/// Show my public keys, my names in this team, and what I can open
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let mut keyring = open::Keyring::load_with_command(global)?;
    keyring.add_ssh_places();
    let identities: Vec<Listed<'_>> = keyring.identities().listed().collect();
    if identities.is_empty() {
        return Err(no_identity());
    }
    let is_mine = |key: &str| identities.iter().any(|mine| mine.public == Some(key));
    let (members, sets) = match open::find_vault(global) {
        Ok(vault) => (my_names(&vault, is_mine)?, my_sets(&vault, is_mine)?),
        Err(Failure::Vault(error @ vault::Error::Store(vault::store::StoreError::NoVault(_)))) => {
            report::hint(global, &error.to_string());
            (Vec::new(), Vec::new())
        }
        Err(other) => return Err(other),
    };
    if args.json {
        let sources = identities.iter().map(|Listed { origin, public, plugin }| match plugin {
            None => json!({"source": origin, "public": public}),
            Some(name) => json!({"source": origin, "public": public, "plugin": name.as_str()}),
        });
        let members: Vec<_> = members.iter().map(MemberName::as_str).collect();
        let sets: Vec<_> = sets.iter().map(SetName::as_str).collect();
        return output::json(
            &json!({"identities": sources.collect::<Vec<_>>(), "members": members, "sets": sets}),
        );
    }
    for Listed { origin, public, plugin } in &identities {
        let key = public.unwrap_or(match plugin {
            Some(_) => "without a word about its public key",
            None => "encrypted, so its public key is not known",
        });
        let by = plugin.map_or(String::new(), |name| format!(", by {}", name.program()));
        output::line(&format!("identity {key} ({origin}{by})"))?;
        let allowed = plugin.map_or(Ok(()), |name| keyring.identities().plugins().allow(name));
        if let Err(why) = allowed {
            report::warn(global, &why.to_string());
        }
    }
    for name in members {
        output::line(&format!("member {name}"))?;
    }
    for name in sets {
        output::line(&format!("opens {name}"))?;
    }
    Ok(())
}

fn my_names(vault: &Vault, is_mine: impl Fn(&str) -> bool) -> Result<Vec<MemberName>, Failure> {
    let team = vault.team()?;
    let mine = team.members().iter().filter(|(_, to)| is_mine(to.as_str()));
    Ok(mine.map(|(name, _)| name.clone()).collect())
}

fn my_sets(vault: &Vault, is_mine: impl Fn(&str) -> bool) -> Result<Vec<SetName>, Failure> {
    let mut sets = Vec::new();
    for name in vault.sets()? {
        let sealed = vault.read::<SecretSet>(&name)?;
        if sealed.recipients().values().any(|record| is_mine(record.to.as_str())) {
            sets.push(name);
        }
    }
    Ok(sets)
}

fn no_identity() -> Failure {
    let place = open::default_identity().map(|path| path.display().to_string());
    Failure::failed("you have no identity").hint(format!(
        "`vault keygen` makes one in {}; -i FILE or VAULT_IDENTITY_FILE names another",
        place.unwrap_or_else(|_| "identity.txt".to_owned())
    ))
}
