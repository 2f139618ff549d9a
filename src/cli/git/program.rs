//! Which program git starts when it is told to start vault.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use vault::git::PROBE;
use vault::model::IDENTITY_VARIABLES;

/// What to do where that is none, or another.
pub(crate) const PROGRAM_CURE: &str =
    "put the folder of this vault first in PATH; until then git merges as text";

/// The vault that git finds; else what is wrong, for a person.
pub(crate) fn program_of_git() -> Result<PathBuf, String> {
    let Some(path) = on_path("vault") else {
        return Err("no program called vault is in PATH".to_owned());
    };
    let mut probe = Command::new(&path);
    probe.args(["git", "probe"]).stdin(Stdio::null()).stderr(Stdio::null());
    for name in IDENTITY_VARIABLES {
        probe.env_remove(name);
    }
    match probe.output() {
        Ok(said) if said.stdout.trim_ascii() == PROBE.as_bytes() => Ok(path),
        _ => Err(format!(
            "{} comes first in PATH, and is another program of that name",
            path.display()
        )),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let all = std::env::split_paths(&path).map(|folder| folder.join(program));
    all.into_iter().find(|path| path.is_absolute() && path.is_file())
}
