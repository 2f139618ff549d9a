//! The editor's process: its environment, starting it, and waiting for its end.

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
mod plain;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod spawned;

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(super) use plain::{Held, run};
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(super) use spawned::{Held, run};

use super::editor::Editor;
use crate::model::IDENTITY_VARIABLES;

/// Where an editor draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draws {
    /// Where vault's own results go.
    OnStdout,
    /// Where its messages go: whoever reads the results is not to read the text.
    OnStderr,
}

/// How an editor failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// With an exit status.
    Status(i32),
    /// Of a signal.
    Signal(i32),
    /// Nobody knows.
    Unknown,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "ended with status {code}"),
            Self::Signal(number) => write!(f, "was ended by signal {number}"),
            Self::Unknown => f.write_str("ended, and the system does not say how"),
        }
    }
}

/// How an editor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    Badly(Failed),
    /// This process got the signal of this number.
    Interrupted(i32),
}

/// Temporary files, sockets, and what programs remember beside their settings: into the folder with
/// them, so that they go away with it.
const INTO_FOLDER: [&str; 6] =
    ["TMPDIR", "TMP", "TEMP", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"];

/// The environment of an editor of what stands in `folder`.
fn environment(editor: &Editor, folder: &Path) -> impl Iterator<Item = (OsString, OsString)> {
    // A window is opened with what the session has there.
    let moved: &[&str] = if editor.opens_window() { &[] } else { &INTO_FOLDER };
    let changed = |name: &OsString| {
        name.to_str().is_some_and(|n| moved.contains(&n) || IDENTITY_VARIABLES.contains(&n))
    };
    let kept = std::env::vars_os().filter(move |(name, _)| !changed(name));
    kept.chain(moved.iter().map(|name| (name.into(), folder.into())))
}
