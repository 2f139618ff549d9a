//! Finds the pull secret for what a client asks for: in the vault here, else in those the user's
//! configuration lists. Only the one that is found is opened.

use vault::Error;
use vault::envelope::{Opened, Sealed};
use vault::model::{Kind, PullSecret, SetName};
use vault::registry::{Lookup, Server, look_up};
use vault::store::{StoreError, Vault, selection};

use super::Global;
use super::config::Config;
use super::open::{self, Keyring};
use super::report::Failure;

/// The vaults to look into, the nearest first.
pub(crate) struct Places {
    vaults: Vec<Vault>,
    /// Why one of the user's configuration is not among them. Told where nothing else answers.
    missing: Option<StoreError>,
}

/// An opened pull secret.
pub(crate) struct Found {
    pub(crate) name: SetName,
    pub(crate) server: Server,
    pub(crate) opened: Opened<PullSecret>,
    /// Whether for a part of its host there is another.
    pub(crate) has_parts: bool,
}

/// One that is not opened yet.
type Candidate = (Server, Sealed<PullSecret>);

impl Places {
    /// None of them need be there but those that somebody named.
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        let (mut vaults, mut missing) = (Vec::new(), None);
        match open::find_vault(global) {
            Ok(vault) => vaults.push(vault),
            Err(Failure::Vault(Error::Store(StoreError::NoVault(_))))
                if !open::is_named(global) => {}
            Err(failure) => return Err(failure),
        }
        for folder in Config::of_person()?.vaults() {
            match Vault::find(folder) {
                Err(why) => missing = missing.or(Some(why)),
                Ok(vault) if vaults.iter().any(|known: &Vault| known.root() == vault.root()) => {}
                Ok(vault) => vaults.push(vault),
            }
        }
        Ok(Self { vaults, missing })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.vaults.is_empty() && self.missing.is_none()
    }

    /// The one for `asked`, opened.
    pub(crate) fn open(self, global: &Global, asked: &Server) -> Result<Option<Found>, Failure> {
        let mut keyring = None;
        let mut closed = None;
        for vault in &self.vaults {
            let (candidates, has_parts) = candidates(vault, asked)?;
            for (server, sealed) in candidates {
                let name = sealed.name().clone();
                let keyring = match &mut keyring {
                    Some(keyring) => keyring,
                    none => none.insert(Keyring::load(global)?),
                };
                match keyring.open(vault, sealed) {
                    Ok(opened) => return Ok(Some(Found { name, server, opened, has_parts })),
                    // Another may be for us.
                    Err(failure) if failure.is_closed() => closed = closed.or(Some(failure)),
                    Err(failure) => return Err(failure),
                }
            }
        }
        closed.or(self.missing.map(Failure::from)).map_or(Ok(None), Err)
    }

    /// Whether there is one for `asked`.
    pub(crate) fn holds(&self, asked: &Server) -> Result<bool, Failure> {
        for vault in &self.vaults {
            if !candidates(vault, asked)?.0.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All that open, and why others did not although they should have.
    pub(crate) fn open_all(self, global: &Global) -> Result<(Vec<Found>, Vec<Failure>), Failure> {
        let mut keyring = Keyring::load(global)?;
        let mut found = Vec::<Found>::new();
        let mut failures: Vec<_> = self.missing.into_iter().map(Failure::from).collect();
        for vault in &self.vaults {
            let (known, broken) = read_all(vault)?;
            failures.extend(broken);
            for (server, sealed) in in_order(vault, known)? {
                // The first is the one that is found.
                if found.iter().any(|other| other.server == server) {
                    continue;
                }
                let name = sealed.name().clone();
                match keyring.open(vault, sealed) {
                    Ok(opened) => found.push(Found { name, server, opened, has_parts: false }),
                    Err(failure) if failure.is_closed() => {}
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Ok((found, failures))
    }
}

/// Those that are for `asked`, best first, and whether others are for a part of its host.
fn candidates(vault: &Vault, asked: &Server) -> Result<(Vec<Candidate>, bool), Failure> {
    let (known, broken) = read_for(vault, asked.host())?;
    let has_parts =
        known.iter().any(|(server, _)| server.host() == asked.host() && !server.path().is_empty());
    let known = known.into_iter().map(|(server, sealed)| (server.clone(), (server, sealed)));
    let found = match look_up(asked, known) {
        // What cannot be read may be the one.
        Lookup::Miss => return broken.into_iter().next().map_or(Ok((Vec::new(), has_parts)), Err),
        Lookup::Found(found) if found.len() < 2 => found,
        Lookup::Found(found) => in_order(vault, found)?,
        Lookup::Parts(parts) => vec![named_part(vault, asked, parts)?],
    };
    Ok((found, has_parts))
}

/// Every pull secret, unopened; and why some cannot be read.
fn read_all(vault: &Vault) -> Result<(Vec<Candidate>, Vec<Failure>), Failure> {
    Ok(read(vault, vault.pull_secrets()?))
}

/// Those that may be for a host, as above. Of the others only the beginning is read.
fn read_for(vault: &Vault, host: &str) -> Result<(Vec<Candidate>, Vec<Failure>), Failure> {
    let mut names = Vec::new();
    for (name, server) in vault.pull_servers()? {
        let server = server.as_deref().and_then(Server::asked);
        if server.is_none_or(|server| server.host() == host) {
            names.push(name);
        }
    }
    Ok(read(vault, names))
}

fn read(vault: &Vault, names: Vec<SetName>) -> (Vec<Candidate>, Vec<Failure>) {
    let (mut known, mut broken) = (Vec::new(), Vec::new());
    for name in names {
        match vault.read::<PullSecret>(&name) {
            Ok(sealed) => {
                known.extend(Server::asked(sealed.content().server.as_str()).map(|s| (s, sealed)));
            }
            // Deleted since the folder was listed.
            Err(StoreError::NotFound { kind: Kind::Pull, .. }) => {}
            Err(error) => broken.push(error.into()),
        }
    }
    (known, broken)
}

/// What a manifest names comes first.
fn in_order(vault: &Vault, mut found: Vec<Candidate>) -> Result<Vec<Candidate>, Failure> {
    let named = named(vault)?;
    found.sort_by_key(|(_, sealed)| {
        named.iter().position(|name| name == sealed.name()).unwrap_or(named.len())
    });
    Ok(found)
}

/// The client says no more than the host, so somebody must have said which part is meant.
fn named_part(vault: &Vault, asked: &Server, parts: Vec<Candidate>) -> Result<Candidate, Failure> {
    let chosen = named(vault)?;
    let known: Vec<_> = parts.iter().map(|(_, sealed)| sealed.name().to_string()).collect();
    let is_chosen = |(_, sealed): &Candidate| chosen.contains(sealed.name());
    parts.into_iter().find(is_chosen).ok_or_else(|| {
        let what = format!("several pull secrets are for parts of {asked}: {}", known.join(", "));
        Failure::failed(what).hint("`pull_secret = \"NAME\"` in vault.toml says which is meant")
    })
}

/// Those that the manifests name.
fn named(vault: &Vault) -> Result<Vec<SetName>, Failure> {
    Ok(selection(vault.root())?.into_iter().flat_map(|manifest| manifest.pull_secrets).collect())
}
