//! `docker-credential-vault`: becomes the `vault` beside it, which knows the protocol.
//!
//! Clients find a credential helper by this name. It is a program of its own so that nothing has
//! to be linked, and a small one so that everything about identities and trust is in one place.

use std::io::{self, Write};
use std::process::{Command, ExitCode};

/// Tells `vault` what it is to be (`src/cli/docker_credential.rs`).
const MARK: &str = "--docker-credential";

fn main() -> ExitCode {
    let became = beside().and_then(|mut vault| become_it(&mut vault));
    became.unwrap_or_else(|error| {
        let text = format!("docker-credential-vault: cannot run the vault beside it: {error}\n");
        // Some clients show the one, some the other.
        let _: io::Result<()> = io::stdout().write_all(text.as_bytes());
        let _: io::Result<()> = io::stderr().write_all(text.as_bytes());
        ExitCode::FAILURE
    })
}

/// Never one of the `PATH`: HashiCorp's has the same name.
fn beside() -> io::Result<Command> {
    let name = format!("vault{}", std::env::consts::EXE_SUFFIX);
    let mut vault = Command::new(std::env::current_exe()?.with_file_name(name));
    vault.arg(MARK).args(std::env::args_os().skip(1));
    Ok(vault)
}

#[cfg(unix)]
fn become_it(vault: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(vault.exec())
}

#[cfg(not(unix))]
fn become_it(vault: &mut Command) -> io::Result<ExitCode> {
    let ended = vault.status()?;
    Ok(if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
