//! `vault init`

use std::fs;

use vault::crypto::Recipient;
use vault::model::MemberName;
use vault::store::{FOLDER, Team, Vault, discover};

use super::report::{self, Failure};
use super::{Global, keygen, open, pins};

/// Make a vault here: .secrets/team.toml with you in it, and .gitattributes
///
/// Makes an identity too if you have none.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Your name in the team [default: $USER in lower case]
    #[arg(long, value_name = "MEMBER")]
    name: Option<MemberName>,
}

pub(crate) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    let dir = open::start_dir(global);
    let root = fs::canonicalize(&dir)
        .map_err(|why| Failure::failed(format!("{}: {why}", dir.display())))?;
    Vault::none_in(&root)?;
    match discover(&root) {
        Ok(above) if above != root => report::warn(
            global,
            &format!(
                "{} has a vault too; below {} this one is used",
                above.display(),
                root.display()
            ),
        ),
        Ok(_) | Err(vault::store::StoreError::NoVault(_)) => {}
        Err(why) => return Err(why.into()),
    }
    let name = member_name(args.name, "name yourself with --name MEMBER")?;
    let key = own_key(global)?;
    let team = Team::of_one(name.clone(), key.clone());
    let mut pins = pins::load(&root)?;
    let vault = Vault::init(&root, &team)?;
    pins::adopt(&mut pins, &vault, &team);
    pins::remember(global, &mut pins);
    let folder = vault.root().join(FOLDER);
    let made = format!("made a vault in {}; its one member is {name}, {key}", folder.display());
    report::note(global, &made);
    report::hint(global, "`vault set SET KEY` adds a secret; commit .secrets and .gitattributes");
    Ok(())
}

/// The name that was given, else the user's.
pub(crate) fn member_name(given: Option<MemberName>, hint: &str) -> Result<MemberName, Failure> {
    if let Some(name) = given {
        return Ok(name);
    }
    let user =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = user.ok_or_else(|| Failure::usage("no user name is set").hint(hint))?;
    user.to_lowercase().parse().map_err(|why| {
        Failure::usage(format!("your user name cannot be a member name: {why}")).hint(hint)
    })
}

/// The public key of an identity that is there, or of one made now.
pub(crate) fn own_key(global: &Global) -> Result<Recipient, Failure> {
    let keyring = open::Keyring::load_with_command(global)?;
    let known = keyring.identities().public_keys().next();
    let text = match known {
        Some((_, Some(key))) => key.to_owned(),
        Some((origin, None)) => {
            return Err(Failure::usage(format!(
                "{origin} does not show its public key"
            ))
            .hint("name another identity with -i FILE, or make the vault with one and add this key to .secrets/team.toml by hand"));
        }
        None => keygen::make(global, &open::default_identity()?, keygen::Protection::None)?,
    };
    text.parse().map_err(|why| Failure::failed(format!("your public key: {why}")))
}
