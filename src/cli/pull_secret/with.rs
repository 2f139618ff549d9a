//! `vault pull-secret with`

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap_complete::ArgValueCandidates;
use vault::exec::{ChildEnv, Launch, Options, Output, Pair, Supervisor};
use vault::model::{KeyName, SecretValue, SetName};
use vault::registry::{Auth, Client, ClientConfig};
use vault::store::{RamFolder, RamMode, RamPurpose};

use super::chosen::{Chosen, Crowd};
use super::paths;
use crate::cli::exec::{foreground, not_started};
use crate::cli::report::{self, Failure};
use crate::cli::{Global, complete};

/// What docker's folder has that is not to be found through a link.
const DOCKER_FILE: &str = "config.json";
const CONTAINERS_FILE: &str = "auth.json";

/// docker's own variable for credentials, which wins over every file.
const DOCKER_VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// Run docker, podman or the like with credentials that are gone when it ends
///
/// DOCKER_CONFIG and REGISTRY_AUTH_FILE of the command lead to a folder in memory that holds the
/// credentials, and what the client's own configuration says of everything else. docker gets those
/// for a part of a host, say ghcr.io/team, for all of it, since it knows no parts. Without NAME,
/// those that `pull_secret` in vault.toml or `image_credentials` in pcc-deploy.toml names, else the
/// only one there is.
///
/// Exit status: the command's own; 125 if anything went wrong before it started, 126 if it cannot
/// be run, 127 if it is not found.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pull secrets
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    names: Vec<SetName>,
    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND", required = true, value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let Some((command, arguments)) = args.command.split_first() else {
        return Err(Failure::usage("give a command after --"));
    };
    let chosen = Chosen::open(global, &args.names)?;
    for crowd in chosen.crowded() {
        warn_of_docker(global, &crowd);
    }
    // First of all: from here on no signal ends vault before it has cleaned up.
    let mut supervisor = Supervisor::new().map_err(|failed| not_started(&failed))?;
    let folder = furnished(&chosen.auths()?)?;
    // What is needed is in the folder.
    drop(chosen);
    let mut overrides = vec![
        pair("DOCKER_CONFIG", folder.path())?,
        pair("REGISTRY_AUTH_FILE", &folder.path().join(CONTAINERS_FILE))?,
    ];
    if std::env::var_os(DOCKER_VARIABLE).is_some() {
        overrides.push(pair(DOCKER_VARIABLE, Path::new(""))?);
    }
    let options = Options { overrides, ..Options::default() };
    let no_sets = std::iter::empty::<(&SetName, std::iter::Empty<(&KeyName, &SecretValue)>)>();
    let env = ChildEnv::build(no_sets, std::env::vars_os(), &options)
        .map_err(|why| Failure::failed(why.to_string()))?;
    for warning in env.warnings() {
        report::warn(global, &warning.to_string());
    }
    let output = Output::Inherited;
    let launch = Launch { env: &env, command, args: arguments, foreground: foreground(), output };
    let running = supervisor.start(&launch).map_err(|failed| not_started(&failed))?;
    let code = running.wait_to_end();
    drop(folder);
    Ok(ExitCode::from(code))
}

/// Which program will ask is not known: the command may be a script.
fn warn_of_docker(global: &Global, crowd: &Crowd<'_>) {
    let Crowd { host, names, used } = crowd;
    let gets = used.map_or("none of them".to_owned(), |name| format!("{name} alone"));
    let text = format!(
        "docker cannot tell the parts of {host} and gets {gets}; podman and skopeo get {names}"
    );
    report::warn(global, &text);
}

/// A folder that is docker's configuration and podman's, with these credentials in both.
fn furnished(auths: &[Auth<'_>]) -> Result<RamFolder, Failure> {
    let folder = RamFolder::create(RamPurpose::Pull)?;
    let place = paths::docker_folder()?;
    let docker = put(auths, docker_configs(&place)?, Client::Docker)?;
    folder.write(DOCKER_FILE, docker.as_bytes(), RamMode::ReadWrite)?;
    let files = paths::containers_files()?;
    let known: Result<Vec<_>, _> = files.iter().map(|file| paths::read(file)).collect();
    let known = known?.into_iter().flatten().collect();
    let containers = put(auths, known, Client::Containers)?;
    folder.write(CONTAINERS_FILE, containers.as_bytes(), RamMode::ReadWrite)?;
    // Contexts, plugins and certificates of the user's.
    for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name != DOCKER_FILE && name != CONTAINERS_FILE {
            let target = fs::canonicalize(entry.path());
            folder.link(name, &target.unwrap_or_else(|_| entry.path()))?;
        }
    }
    Ok(folder)
}

/// What docker would read, what wins first.
fn docker_configs(place: &Path) -> Result<Vec<ClientConfig>, Failure> {
    let mut configs = Vec::new();
    if let Some(text) = std::env::var_os(DOCKER_VARIABLE).filter(|text| !text.is_empty()) {
        let text = zeroize::Zeroizing::new(text.into_encoded_bytes());
        configs.push(paths::parse(Path::new(&format!("${DOCKER_VARIABLE}")), &text)?);
    }
    configs.extend(paths::read(&place.join(DOCKER_FILE))?);
    Ok(configs)
}

/// One configuration of several, of which the first wins, and the credentials over all of them.
fn put(
    auths: &[Auth<'_>],
    known: Vec<ClientConfig>,
    client: Client,
) -> Result<ClientConfig, Failure> {
    let broken = |why: vault::registry::Unreadable| {
        Failure::failed(format!("the client's own configuration: {why}"))
    };
    let mut all = ClientConfig::parse(b"").map_err(broken)?;
    for config in known {
        all.adopt(&config);
    }
    all.put_auths(auths, client).map_err(broken)?;
    Ok(all)
}

fn pair(name: &str, path: &Path) -> Result<Pair, Failure> {
    let mut text = OsString::from(name);
    text.push("=");
    text.push(path);
    Pair::try_from(OsStr::new(&text)).map_err(|why| Failure::failed(why.to_string()))
}
