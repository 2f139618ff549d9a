//! docker's credential helper protocol (github.com/docker/docker-credential-helpers): one verb as
//! the only argument, a key or a document on stdin, JSON or a message on stdout.

use std::ffi::OsString;

use zeroize::Zeroizing;

use super::document::Auth;
use crate::model::plaintext::{collect, json_string};

/// What the program is called.
pub const PROGRAM: &str = "docker-credential-vault";

/// What a client's configuration calls it.
pub const NAME: &str = "vault";

/// What clients compare with to know that there is nothing: on stdout, with status 1.
pub const MISS: &str = "credentials not found in native keychain";

/// The answer to an empty key.
pub const NO_SERVER: &str = "no credentials server URL";

/// What is asked of a credential helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The credentials of one server.
    Get,
    /// To keep credentials.
    Store,
    /// To forget a server's.
    Erase,
    /// All servers, with their user names.
    List,
    /// Its name and version.
    Version,
    /// How it is called.
    Help,
}

/// What the arguments ask for.
///
/// # Errors
/// What stdout says of them, as the reference implementation does.
pub fn verb(arguments: &[OsString]) -> Result<Verb, String> {
    let [word] = arguments else { return Err(usage()) };
    Ok(match word.to_str() {
        Some("get") => Verb::Get,
        Some("store") => Verb::Store,
        Some("erase") => Verb::Erase,
        Some("list") => Verb::List,
        Some("version" | "--version" | "-v") => Verb::Version,
        Some("--help" | "-h") => Verb::Help,
        // The reference repeats the word; one in the wrong place may be a password.
        _ => return Err(format!("{PROGRAM}: unknown action")),
    })
}

/// How it is called.
pub fn usage() -> String {
    format!("Usage: {PROGRAM} <store|get|erase|list|version>")
}

/// The server in what a client writes to stdin.
pub fn key(input: &[u8]) -> &str {
    std::str::from_utf8(input).unwrap_or_default().trim()
}

/// The answer to `get`: the key is given back as it was asked for.
pub fn credentials(asked: &str, auth: &Auth<'_>) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        out(b"{\"ServerURL\":");
        json_string(out, asked);
        out(b",\"Username\":");
        auth.write_username(out);
        out(b",\"Secret\":");
        auth.write_password(out);
        out(b"}\n");
    })
}

/// The answer to `list`: servers and user names, and never a password.
pub fn list(auths: &[Auth<'_>]) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        out(b"{");
        for (at, auth) in auths.iter().enumerate() {
            out(if at == 0 { b"" } else { b"," });
            json_string(out, &auth.server().auth_key());
            out(b":");
            auth.write_username(out);
        }
        out(b"}\n");
    })
}
