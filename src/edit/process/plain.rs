//! Where a process cannot be started with a signal mask of its own, or there are no signals.

use std::io;
use std::path::Path;
use std::process::Command;

use super::{Draws, Ended, Failed, environment};
use crate::edit::editor::Editor;

/// No signal is held back here.
#[derive(Debug)]
pub(in crate::edit) struct Held;

impl Held {
    pub(in crate::edit) fn new() -> io::Result<Self> {
        Ok(Self)
    }
}

/// Runs the editor to its end.
pub(in crate::edit) fn run(
    _: &Held,
    editor: &Editor,
    _: Draws,
    folder: &Path,
    file: &Path,
) -> io::Result<Ended> {
    let mut command = Command::new(editor.program());
    command.args(editor.words().skip(1)).arg(file).env_clear().envs(environment(editor, folder));
    let status = command.status()?;
    Ok(match status.code() {
        Some(0) => Ended::Well,
        Some(code) => Ended::Badly(Failed::Status(code)),
        None => Ended::Badly(Failed::Unknown),
    })
}
