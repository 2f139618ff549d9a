//! Finds the pull secret for what a client asks for: in the vault here and in those the user's
//! configuration lists. The longest path wins over all of them; of one length, that of the first
//! vault. Only the one that is found is opened.

use std::collections::BTreeSet;
use std::path::Path;

use vault::Error;
use vault::envelope::{Opened, Sealed};
use vault::model::{PullSecret, SetName};
use vault::registry::{Lookup, Server, look_up};
use vault::store::{StoreError, Vault, selection};

use super::Global;
use super::config::Config;
use super::open::{self, Keyring};
use super::report::Failure;

/// The vaults to look into, the nearest first.
pub(crate) struct Places {
    /// That of the current folder, or the one that somebody named.
    here: Option<Vault>,
    listed: Vec<Vault>,
    /// What is wrong with others of the user's configuration.
    bad: Vec<String>,
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
struct Candidate<'v> {
    vault: &'v Vault,
    name: SetName,
    server: Server,
    /// Or why it cannot be read. It says which server it is for nonetheless.
    sealed: Result<Sealed<PullSecret>, StoreError>,
}

/// What the vaults know.
#[derive(Default)]
struct Known<'v> {
    /// In the order of the vaults, in each of them what a manifest names first.
    candidates: Vec<Candidate<'v>>,
    /// What cannot be read at all, so that it may be anything.
    broken: Vec<Failure>,
}

impl Places {
    /// None of them need be there but the one that somebody named.
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        let here =
            match open::find_vault(global) {
                Ok(vault) => Some(vault),
                // A client may also have been started in a folder that its user cannot look into.
                Err(Failure::Vault(Error::Store(
                    StoreError::NoVault(_) | StoreError::Io { .. },
                ))) if !open::is_named(global) => None,
                Err(failure) => return Err(failure),
            };
        let mut places = Self { here, listed: Vec::new(), bad: Vec::new() };
        for folder in Config::of_person()?.vaults() {
            match listed(folder) {
                Err(why) => places.bad.push(format!("`vaults` of config.toml: {why}")),
                Ok(vault) if places.all().any(|known| known.root() == vault.root()) => {}
                Ok(vault) => places.listed.push(vault),
            }
        }
        Ok(places)
    }

    /// Whether there is none, and none was meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.all().next().is_none() && self.bad.is_empty()
    }

    /// What is wrong with the user's configuration. To be said where nothing answers.
    pub(crate) fn bad(&self) -> &[String] {
        &self.bad
    }

    /// The one for `asked`, opened.
    pub(crate) fn open(&self, global: &Global, asked: &Server) -> Result<Option<Found>, Failure> {
        let known = self.known(Some(asked.host()))?;
        let has_parts = known
            .candidates
            .iter()
            .any(|one| one.server.host() == asked.host() && !one.server.path().is_empty());
        let (mut keyring, mut closed) = (None, None);
        for Candidate { vault, name, server, sealed, .. } in self.best(asked, known.candidates)? {
            let keyring = match &mut keyring {
                Some(keyring) => keyring,
                none => none.insert(Keyring::load(global)?),
            };
            match keyring.open(vault, sealed?) {
                Ok(opened) => return Ok(Some(Found { name, server, opened, has_parts })),
                // Another may be for us.
                Err(failure) if failure.is_closed() => closed = closed.or(Some(failure)),
                Err(failure) => return Err(failure),
            }
        }
        // What cannot be read may be the one.
        closed.or(known.broken.into_iter().next()).map_or(Ok(None), Err)
    }

    /// Whether there is one for `asked`.
    pub(crate) fn holds(&self, asked: &Server) -> Result<bool, Failure> {
        let known = self.known(Some(asked.host()))?;
        let servers = known.candidates.into_iter().map(|one| (one.server, ()));
        Ok(look_up(asked, servers) != Lookup::Miss)
    }

    /// All that open, and why others did not although they should have.
    pub(crate) fn open_all(self, global: &Global) -> Result<(Vec<Found>, Vec<Failure>), Failure> {
        let mut keyring = Keyring::load(global)?;
        let mut found = Vec::<Found>::new();
        let known = self.known(None)?;
        let mut failures: Vec<_> = self.bad.iter().map(Failure::failed).collect();
        failures.extend(known.broken);
        for Candidate { vault, name, server, sealed, .. } in known.candidates {
            // The first is the one that is found.
            if found.iter().any(|other| other.server == server) {
                continue;
            }
            let opened = sealed.map_err(Failure::from).and_then(|one| keyring.open(vault, one));
            match opened {
                Ok(opened) => found.push(Found { name, server, opened, has_parts: false }),
                Err(failure) if failure.is_closed() => {}
                Err(failure) => failures.push(failure),
            }
        }
        Ok((found, failures))
    }

    fn all(&self) -> impl Iterator<Item = &Vault> {
        self.here.iter().chain(&self.listed)
    }

    /// What may be for a host, or all. A vault that cannot be read is an error where somebody
    /// stands in it, and else no reason to look into no other.
    fn known(&self, host: Option<&str>) -> Result<Known<'_>, Failure> {
        let mut known = Known::default();
        if let Some(vault) = &self.here {
            known.add(vault, host)?;
        }
        for vault in &self.listed {
            if let Err(failure) = known.add(vault, host) {
                known.broken.push(failure);
            }
        }
        Ok(known)
    }

    /// Those that are for `asked`, best first.
    fn best<'v>(
        &self,
        asked: &Server,
        candidates: Vec<Candidate<'v>>,
    ) -> Result<Vec<Candidate<'v>>, Failure> {
        let parts = match with_servers(asked, candidates) {
            Lookup::Miss => return Ok(Vec::new()),
            Lookup::Found(found) => return Ok(found),
            Lookup::Parts(parts) => parts,
        };
        // The client says no more than the host. Whoever stands in a vault means its part.
        let here = self.here.as_ref().map(Vault::root);
        let (near, far): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|one| Some(one.vault.root()) == here);
        let parts = match with_servers(asked, if near.is_empty() { far } else { near }) {
            Lookup::Miss => return Ok(Vec::new()),
            Lookup::Found(found) => return Ok(found),
            Lookup::Parts(parts) => parts,
        };
        let known: Vec<_> = parts.iter().map(|one| one.name.to_string()).collect();
        for one in parts {
            if named(one.vault)?.contains(&one.name) {
                return Ok(vec![one]);
            }
        }
        let known = known.join(", ");
        Err(Failure::failed(format!("several pull secrets are for parts of {asked}: {known}"))
            .hint("`pull_secret = \"NAME\"` in vault.toml says which is meant"))
    }
}

fn with_servers<'v>(asked: &Server, candidates: Vec<Candidate<'v>>) -> Lookup<Candidate<'v>> {
    look_up(asked, candidates.into_iter().map(|one| (one.server.clone(), one)))
}

/// A vault of the user's configuration.
fn listed(folder: &Path) -> Result<Vault, String> {
    if !folder.is_absolute() {
        return Err(format!("{} is no absolute path", folder.display()));
    }
    Vault::find(folder).map_err(|why| why.to_string())
}

impl<'v> Known<'v> {
    /// Adds what a vault has for a host, or all. Of the others only the beginning is read.
    fn add(&mut self, vault: &'v Vault, host: Option<&str>) -> Result<(), Failure> {
        let mut own = Vec::new();
        for (name, server) in vault.pull_servers()? {
            let told = server.as_deref().and_then(Server::asked);
            let is_other = |server: &Server| host.is_some_and(|host| server.host() != host);
            if told.as_ref().is_some_and(is_other) {
                continue;
            }
            // `None`: it was deleted since the folder was listed.
            let Some(sealed) = vault.try_read::<PullSecret>(&name).transpose() else { continue };
            let proper = sealed.as_ref().ok().map(|one| one.content().server.as_str());
            match (proper.and_then(Server::asked).or(told), sealed) {
                (Some(server), sealed) => {
                    own.push(Candidate { vault, name, server, sealed });
                }
                (None, Err(why)) => self.broken.push(why.into()),
                // No client can ask for it.
                (None, Ok(_)) => {}
            }
        }
        // A manifest that cannot be read is in the way of those alone whose order it decides.
        if has_rivals(&own) {
            let named = named(vault)?;
            let place = |one: &Candidate| named.iter().position(|name| *name == one.name);
            own.sort_by_key(|one| place(one).unwrap_or(named.len()));
        }
        self.candidates.extend(own);
        Ok(())
    }
}

/// Whether two of them are for one server.
fn has_rivals(candidates: &[Candidate<'_>]) -> bool {
    let servers: BTreeSet<_> = candidates.iter().map(|one| &one.server).collect();
    servers.len() < candidates.len()
}

/// Those that the manifests name.
fn named(vault: &Vault) -> Result<Vec<SetName>, Failure> {
    Ok(selection(vault.root())?.into_iter().flat_map(|manifest| manifest.pull_secrets).collect())
}
