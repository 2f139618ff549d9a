//! The person's own folders on this machine.

use std::path::PathBuf;

/// `$XDG_CONFIG_HOME/vault`: what is the person's own on this machine.
pub(crate) fn config_folder() -> Option<PathBuf> {
    let config =
        absolute_variable("XDG_CONFIG_HOME").or_else(|| home().map(|home| home.join(".config")));
    Some(config?.join("vault"))
}

/// `$XDG_STATE_HOME/vault`: what vault remembers, where there is a place for it.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = absolute_variable("XDG_STATE_HOME")
        .or_else(|| home().map(|home| home.join(".local").join("state")));
    Some(state?.join("vault"))
}

/// The home folder.
pub(crate) fn home() -> Option<PathBuf> {
    absolute_variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// A relative path in such a variable must be ignored (XDG Base Directory Specification).
pub(crate) fn absolute_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
