//! `docker-credential-vault`: what docker, podman and others ask for credentials.
//!
//! Failures are said twice: on stdout for clients that show it, and on stderr for those that pass
//! it on to the terminal. A miss is said on stdout alone, in the words that every client knows.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use vault::registry::protocol::{self, MISS, NO_SERVER, PROGRAM, Verb};
use vault::registry::{Auth, Server};

use super::pull_lookup::{Found, Places};
use super::pull_secret::{auth, warn_if_expired};
use super::report::{self, Failure, Mode};
use super::set::read_all;
use super::{Global, output, term};

/// The first argument with which the program of that name becomes this one
/// (`src/bin/docker-credential-vault.rs`).
const MARK: &str = "--docker-credential";

/// Answers if this process was started as the helper.
pub(crate) fn answer(argv: &[OsString]) -> Option<ExitCode> {
    let [_, word, arguments @ ..] = argv else { return None };
    if word != MARK {
        return None;
    }
    // stdin is the client's, so nothing is ever asked; and its user did not call us, so nothing is
    // told but what went wrong.
    let global = Global { no_input: true, quiet: true, ..Global::default() };
    let answered = match protocol::verb(arguments) {
        Ok(verb) => run(&global, verb),
        Err(text) => Err(Refusal::Said(text)),
    };
    let Err(refusal) = answered else { return Some(ExitCode::SUCCESS) };
    let said = match &refusal {
        Refusal::Said(text) => text.clone(),
        Refusal::Failed(failure) => format!("vault: {}", term::printable(&failure.message())),
    };
    // A client that has gone reads neither this nor the status.
    let _: Result<(), Failure> = output::line(&said);
    if let Refusal::Failed(failure) = refusal {
        report::print(&global, &failure, Mode::Command);
    }
    Some(ExitCode::FAILURE)
}

/// Why there is no answer.
enum Refusal {
    /// In words of the protocol.
    Said(String),
    /// In our own.
    Failed(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn run(global: &Global, verb: Verb) -> Result<(), Refusal> {
    match verb {
        Verb::Help => Ok(output::line(&protocol::usage())?),
        Verb::Version => {
            let version = env!("CARGO_PKG_VERSION");
            Ok(output::line(&format!("{PROGRAM} (vault) v{version}"))?)
        }
        Verb::Get => get(global),
        Verb::List => list(global),
        Verb::Erase => erase(global),
        Verb::Store => {
            // What is sent is a password: read, so that the client can write it, and forgotten.
            let login = read_all(&mut io::stdin().lock(), "stdin")?;
            let text = "vault keeps what `vault pull-secret create NAME SERVER` makes, and stores nothing for clients";
            Err(Refusal::Said(protocol::lacking(&login).unwrap_or(text).to_owned()))
        }
    }
}

fn get(global: &Global) -> Result<(), Refusal> {
    let input = read_all(&mut io::stdin().lock(), "stdin")?;
    let key = protocol::key(&input);
    let server = asked(key)?;
    let places = Places::find(global)?;
    let Some(found) = places.open(global, &server)? else {
        // Without a vault too: a client may ask for every registry there is.
        for text in places.bad() {
            report::warn(global, text);
        }
        return Err(miss());
    };
    let answer = protocol::credentials(key, &credentials(&found)?);
    warn_if_expired(global, &found.name, &found.opened);
    Ok(output::bytes(&answer)?)
}

fn list(global: &Global) -> Result<(), Refusal> {
    let (found, failures) = Places::find(global)?.open_all(global)?;
    for failure in failures {
        report::warn(global, &failure.message());
    }
    // One that cannot be listed is no reason to keep back the others: clients would drop them all.
    let mut auths = Vec::new();
    for found in &found {
        match credentials(found) {
            Ok(auth) => auths.push(auth),
            Err(failure) => report::warn(global, &failure.message()),
        }
    }
    Ok(output::bytes(&protocol::list(&auths))?)
}

/// Some clients crash on any failure here, so there is none where nothing was lost.
fn erase(global: &Global) -> Result<(), Refusal> {
    let input = read_all(&mut io::stdin().lock(), "stdin")?;
    let server = asked(protocol::key(&input))?;
    match Places::find(global).and_then(|places| places.holds(&server)) {
        Ok(false) => {}
        Ok(true) => {
            let text = "nothing was erased: a pull secret belongs to the team; `vault pull-secret delete` deletes it";
            report::warn(global, text);
        }
        Err(failure) => report::warn(global, &failure.message()),
    }
    Ok(())
}

fn asked(key: &str) -> Result<Server, Refusal> {
    if key.is_empty() {
        return Err(Refusal::Said(NO_SERVER.to_owned()));
    }
    Server::asked(key).ok_or_else(miss)
}

fn miss() -> Refusal {
    Refusal::Said(MISS.to_owned())
}

fn credentials(found: &Found) -> Result<Auth<'_>, Failure> {
    auth(&found.name, found.server.clone(), &found.opened)
}
