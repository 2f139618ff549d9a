//! The pull secrets that a command is about, opened.

use vault::envelope::Opened;
use vault::model::{PASSWORD, PullSecret, SetName};
use vault::registry::{Auth, OfHost, Server, by_host};
use vault::store::{Vault, selection};

use crate::cli::open::{Keyring, find_vault};
use crate::cli::report::Failure;
use crate::cli::{Global, expiry};

/// Some opened pull secrets, each for another server.
pub(super) struct Chosen(Vec<(SetName, Server, Opened<PullSecret>)>);

/// Several of them for one host, of which docker can use one at most.
pub(super) struct Crowd<'a> {
    pub(super) host: Server,
    /// All of them, for a sentence.
    pub(super) names: String,
    /// That for the whole host.
    pub(super) used: Option<&'a SetName>,
}

impl<'a> Crowd<'a> {
    fn of(of: OfHost<&'a SetName>) -> Self {
        let all: Vec<_> = of.used.iter().chain(&of.unused).map(|name| name.as_str()).collect();
        Self { host: of.host, names: all.join(", "), used: of.used }
    }
}

impl Chosen {
    /// Those named; else those that a manifest beside `.secrets` names; else the only one there is.
    pub(super) fn open(global: &Global, asked: &[SetName]) -> Result<Self, Failure> {
        let vault = find_vault(global)?;
        let (names, manifest) =
            if asked.is_empty() { unnamed(&vault)? } else { (asked.to_vec(), None) };
        let mut keyring = Keyring::load(global)?;
        let mut chosen = Self(Vec::new());
        for name in names {
            let sealed = vault.read::<PullSecret>(&name);
            let sealed = sealed.map_err(|why| Failure::from(why).named_in(manifest))?;
            let server = server_of(&name, &sealed.content().server)?;
            if let Some((other, ..)) = chosen.0.iter().find(|(_, known, _)| *known == server) {
                if *other == name {
                    continue;
                }
                return Err(Failure::usage(format!("{other} and {name} are both for {server}"))
                    .hint("name one of them"));
            }
            let opened = keyring.open(&vault, sealed)?;
            warn_if_expired(global, &name, &opened);
            chosen.0.push((name, server, opened));
        }
        Ok(chosen)
    }

    /// Their credentials.
    pub(super) fn auths(&self) -> Result<Vec<Auth<'_>>, Failure> {
        self.0.iter().map(|(name, server, opened)| auth(name, server.clone(), opened)).collect()
    }

    /// The hosts that docker cannot tell the parts of.
    pub(super) fn crowded(&self) -> Vec<Crowd<'_>> {
        let hosts = by_host(self.0.iter().map(|(name, server, _)| (server.clone(), name)));
        hosts.into_iter().filter(|of| !of.unused.is_empty()).map(Crowd::of).collect()
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &SetName> {
        self.0.iter().map(|(name, ..)| name)
    }
}

/// The credentials in an opened pull secret.
pub(crate) fn auth<'a>(
    name: &SetName,
    server: Server,
    opened: &'a Opened<PullSecret>,
) -> Result<Auth<'a>, Failure> {
    let credentials = opened.credentials();
    let (user, password) =
        credentials.ok_or_else(|| Failure::failed(format!("{name} holds no credentials")))?;
    Auth::new(server, user, password).map_err(|why| Failure::failed(format!("{name}: {why}")))
}

/// Nothing fails for it: the registry will say so.
pub(crate) fn warn_if_expired(global: &Global, name: &SetName, opened: &Opened<PullSecret>) {
    let dated = opened.entries().filter(|(key, _)| key.as_str() == PASSWORD);
    expiry::warn(global, dated.map(|(key, entry)| (name, key, entry)));
}

fn server_of(name: &SetName, server: &vault::model::ServerName) -> Result<Server, Failure> {
    Server::asked(server.as_str())
        .ok_or_else(|| Failure::failed(format!("{name}: its server is no registry's address")))
}

/// And the manifest that names them, if one does.
fn unnamed(vault: &Vault) -> Result<(Vec<SetName>, Option<&'static str>), Failure> {
    let manifests = selection(vault.root())?;
    if let Some(manifest) = manifests.into_iter().find(|m| !m.pull_secrets.is_empty()) {
        return Ok((manifest.pull_secrets, Some(manifest.file)));
    }
    let all = vault.pull_secrets()?;
    match all.as_slice() {
        [_] => Ok((all, None)),
        [] => Err(Failure::usage("there are no pull secrets yet")
            .hint("`vault pull-secret create NAME SERVER` makes the first")),
        several => {
            let known: Vec<_> = several.iter().map(SetName::as_str).collect();
            let what = "which pull secret? there are several and nothing names one";
            Err(Failure::usage(what).hint(format!(
                "name it, or write `pull_secret = \"…\"` into vault.toml; there are: {}",
                known.join(", ")
            )))
        }
    }
}
