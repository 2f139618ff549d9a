//! Where docker and podman keep their configuration, and reading it.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use vault::registry::ClientConfig;
use vault::store::atomic::{self, Access};
use zeroize::Zeroizing;

use crate::cli::places::{absolute_variable, home};
use crate::cli::report::Failure;

/// Largest configuration that is read.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// As many links as Linux follows.
const MAX_LINKS: u8 = 40;

/// The folder docker's `config.json` stands in.
pub(super) fn docker_folder() -> Result<PathBuf, Failure> {
    let named = set_variable("DOCKER_CONFIG");
    named.or_else(|| Some(home()?.join(".docker"))).ok_or_else(no_home)
}

/// The file that `podman login` and its like do not replace at the next start.
pub(super) fn containers_file() -> Result<PathBuf, Failure> {
    if let Some(named) = set_variable("REGISTRY_AUTH_FILE") {
        return Ok(named);
    }
    let config = absolute_variable("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")));
    Ok(config.ok_or_else(no_home)?.join("containers/auth.json"))
}

/// Every file podman and its like look into, the first to know a registry wins
/// (containers-auth.json(5)).
pub(super) fn containers_files() -> Result<Vec<PathBuf>, Failure> {
    let lasting = containers_file()?;
    if set_variable("REGISTRY_AUTH_FILE").is_some() {
        return Ok(vec![lasting]);
    }
    Ok(vec![session_file(), lasting, docker_folder()?.join("config.json")])
}

/// What a client's configuration holds; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<ClientConfig>, Failure> {
    let failed = |why: io::Error| Failure::failed(format!("{}: {why}", path.display()));
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        about => about.map_err(failed)?,
    };
    if !about.is_file() || about.len() > MAX_CONFIG_BYTES {
        let what = "it is no file, or larger than a configuration is";
        return Err(Failure::failed(format!("{}: {what}", path.display())));
    }
    let mut file = fs::File::open(path).map_err(failed)?;
    // It may hold credentials, so the buffer does not grow.
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(about.len()).unwrap_or(0)]);
    file.read_exact(&mut bytes).map_err(failed)?;
    parse(path, &bytes).map(Some)
}

/// What became of what was there before.
pub(super) enum Backup {
    /// It is kept now.
    Made,
    /// Something was kept before, and only the first is what the person had.
    Earlier(PathBuf),
}

/// Keeps what stands at `path` beside it, unless that was done before.
pub(super) fn back_up(path: &Path, before: &ClientConfig) -> Result<Backup, Failure> {
    let mut backup = end_of_links(path)?.into_os_string();
    backup.push(".before-vault");
    let backup = PathBuf::from(backup);
    if fs::symlink_metadata(&backup).is_ok() {
        return Ok(Backup::Earlier(backup));
    }
    atomic::create(&backup, before.as_bytes(), Access::Private)?;
    Ok(Backup::Made)
}

/// Writes a configuration. A link into somebody's collection of dotfiles stays one, even if what
/// it leads to is not there yet.
pub(super) fn write(path: &Path, config: &ClientConfig) -> Result<(), Failure> {
    let end = end_of_links(path)?;
    let folder = end.parent().unwrap_or(Path::new(""));
    if end == path {
        atomic::create_folder(folder, Access::Private)?;
    } else if !folder.is_dir() {
        let what = format!("{} leads to {}", path.display(), end.display());
        return Err(Failure::failed(format!("{what}, and there is no such folder"))
            .hint("make the folder, or remove the link; nothing was written"));
    }
    Ok(atomic::write(&end, config.as_bytes(), Access::Private)?)
}

/// Where `path` leads to in the end.
fn end_of_links(path: &Path) -> Result<PathBuf, Failure> {
    let mut end = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&end) else { return Ok(end) };
        end = end.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(Failure::failed(format!("{}: too many links", path.display())))
}

/// Reads what stands at `path`, or in a variable of that name.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<ClientConfig, Failure> {
    ClientConfig::parse(bytes).map_err(|why| unreadable(path, &why))
}

pub(super) fn unreadable(path: &Path, why: &vault::registry::Unreadable) -> Failure {
    Failure::failed(format!("{}: {why}", path.display())).hint("nothing was changed")
}

fn set_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where `podman login` puts what ends with the session.
fn session_file() -> PathBuf {
    if let Some(folder) = absolute_variable("XDG_RUNTIME_DIR") {
        return folder.join("containers/auth.json");
    }
    #[cfg(unix)]
    let user = rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let user = 0;
    PathBuf::from(format!("/run/containers/{user}/auth.json"))
}

fn no_home() -> Failure {
    Failure::failed("HOME is not set, so the client's configuration is not found")
}
