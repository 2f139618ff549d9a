//! `vault pull-secret install` and `uninstall`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use vault::model::{PullSecret, SetName};
use vault::registry::{Server, protocol};
use vault::store::Vault;

use super::paths::{self, Backup};
use crate::cli::config::{self, Config};
use crate::cli::report::{self, Failure};
use crate::cli::{Global, open, output};

/// Let docker or podman ask vault for the registries of this vault's pull secrets
///
/// Adds `credHelpers` to the client's own configuration and touches nothing else in it. What was
/// there before the first time is kept beside it as FILE.before-vault. Without --docker and --containers nothing
/// is written, and what to add is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct InstallArgs {
    #[command(flatten)]
    clients: Clients,
}

/// Take vault out of the configuration of docker or podman
///
/// Without --docker and --containers: of both.
#[derive(Debug, clap::Args)]
pub(crate) struct UninstallArgs {
    #[command(flatten)]
    clients: Clients,
}

#[derive(Debug, clap::Args)]
struct Clients {
    /// docker, compose, buildx: $DOCKER_CONFIG/config.json or ~/.docker/config.json
    #[arg(long)]
    docker: bool,
    /// podman, buildah, skopeo: $REGISTRY_AUTH_FILE or ~/.config/containers/auth.json
    #[arg(long)]
    containers: bool,
}

pub(crate) fn install(global: &Global, args: &InstallArgs) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let servers = servers(&vault)?;
    let keys = keys(&servers);
    if keys.is_empty() {
        return Err(Failure::failed("there are no pull secrets yet")
            .hint("`vault pull-secret create NAME SERVER` makes the first"));
    }
    let Clients { docker, containers } = args.clients;
    if !docker && !containers {
        let mut example = paths::parse(Path::new(""), b"")?;
        let added = example.install(keys.iter().map(String::as_str));
        added.map_err(|why| paths::unreadable(Path::new("an empty file"), &why))?;
        report::hint(
            global,
            &format!(
                "nothing was written; --docker adds this to {}, --containers to {}",
                paths::docker_folder()?.join("config.json").display(),
                paths::containers_file()?.display()
            ),
        );
        return output::document(example.as_bytes());
    }
    for file in args.clients.files()? {
        install_into(global, &file, &keys)?;
    }
    warn_if_not_found(global);
    warn_of_parts(global, &servers);
    let config = Config::of_person()?;
    let known = config.vaults();
    if let Some(path) = config::path()
        && !known.iter().any(|place| place == vault.root())
    {
        let text = format!(
            "in other folders it looks into the vaults that {} lists; add vaults = [\"{}\"] there",
            path.display(),
            vault.root().display()
        );
        report::hint(global, &text);
    }
    Ok(())
}

pub(crate) fn uninstall(global: &Global, args: &UninstallArgs) -> Result<(), Failure> {
    let Clients { docker, containers } = args.clients;
    let both = !docker && !containers;
    let clients = Clients { docker: docker || both, containers: containers || both };
    for file in clients.files()? {
        let Some(mut config) = paths::read(&file)? else {
            report::note(global, &format!("{}: not there", file.display()));
            continue;
        };
        let gone = config.uninstall().map_err(|why| paths::unreadable(&file, &why))?;
        if gone.is_empty() {
            report::note(global, &format!("{}: vault is not in it", file.display()));
            continue;
        }
        paths::write(&file, &config)?;
        report::note(global, &format!("{}: took out {}", file.display(), gone.join(", ")));
    }
    Ok(())
}

impl Clients {
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let docker = self.docker.then(|| Ok(paths::docker_folder()?.join("config.json")));
        let containers = self.containers.then(paths::containers_file);
        docker.into_iter().chain(containers).collect()
    }
}

/// What the pull secrets of the vault are for.
fn servers(vault: &Vault) -> Result<Vec<(SetName, Server)>, Failure> {
    let mut servers = Vec::new();
    for name in vault.pull_secrets()? {
        let sealed = vault.read::<PullSecret>(&name)?;
        let server = Server::asked(sealed.content().server.as_str());
        servers.extend(server.map(|server| (name, server)));
    }
    Ok(servers)
}

/// The keys for all of them.
fn keys(servers: &[(SetName, Server)]) -> BTreeSet<String> {
    servers.iter().flat_map(|(_, server)| server.helper_keys()).map(str::to_owned).collect()
}

/// No client tells the program which part of a host it wants.
fn warn_of_parts(global: &Global, servers: &[(SetName, Server)]) {
    let mut hosts = BTreeMap::<&str, Vec<&(SetName, Server)>>::new();
    for named in servers {
        hosts.entry(named.1.host()).or_default().push(named);
    }
    for (host, named) in hosts {
        if named.len() > 1 && named.iter().any(|(_, server)| !server.path().is_empty()) {
            let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
            let text = format!(
                "clients ask the helper for {host} alone and never for a part of it; where it matters which of {} is meant, use `vault pull-secret with`",
                names.join(", ")
            );
            report::warn(global, &text);
        }
    }
}

fn install_into(global: &Global, file: &Path, keys: &BTreeSet<String>) -> Result<(), Failure> {
    let before = paths::read(file)?;
    let mut config = before.clone().map_or_else(|| paths::parse(file, b""), Ok)?;
    let done = config.install(keys.iter().map(String::as_str));
    let done = done.map_err(|why| paths::unreadable(file, &why))?;
    for (key, program) in &done.others {
        let whose = match program.as_str() {
            "" => "no program".to_owned(),
            program => format!("docker-credential-{program}"),
        };
        let text = format!(
            "{}: {key} is left to {whose}; take it out there if vault is to answer",
            file.display()
        );
        report::warn(global, &text);
    }
    if done.added.is_empty() {
        report::note(global, &format!("{}: nothing to add", file.display()));
        return Ok(());
    }
    let kept = before.map(|before| paths::back_up(file, &before)).transpose()?;
    paths::write(file, &config)?;
    report::note(global, &format!("{}: added {}", file.display(), done.added.join(", ")));
    if let Some(Backup::Earlier(path)) = kept {
        let text = format!("{} is there from before, and was left as it is", path.display());
        report::note(global, &text);
    }
    Ok(())
}

/// A client that does not find the program says that it was not found, and nothing of us.
fn warn_if_not_found(global: &Global) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{}{}", protocol::PROGRAM, std::env::consts::EXE_SUFFIX);
    if !std::env::split_paths(&path).any(|folder| folder.join(&name).is_file()) {
        let text = format!("{name} is not on your PATH, where docker and podman look for it");
        report::warn(global, &text);
    }
}
