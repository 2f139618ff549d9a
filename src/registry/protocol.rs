//! docker's credential helper protocol (github.com/docker/docker-credential-helpers): one verb as
//! the only argument, a key or a document on stdin, JSON or a message on stdout.

use std::ffi::OsString;

use serde::Deserialize;
use serde_json::value::RawValue;
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

/// The answer to credentials without a user name.
pub const NO_USER: &str = "no credentials username";

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
        // As the reference does; but what is no verb may be a password in the wrong place.
        Some(word) if is_word(word) => return Err(format!("{PROGRAM}: unknown action: {word}")),
        _ => return Err(format!("{PROGRAM}: unknown action")),
    })
}

fn is_word(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// How it is called.
pub fn usage() -> String {
    format!("Usage: {PROGRAM} <store|get|erase|list|version>")
}

/// The server in what a client writes to stdin.
pub fn key(input: &[u8]) -> &str {
    std::str::from_utf8(input).unwrap_or_default().trim()
}

/// What a client sends to be kept. Borrowed, and the password not even looked at.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Login<'a> {
    #[serde(borrow, rename = "ServerURL")]
    server: Option<&'a RawValue>,
    #[serde(borrow)]
    username: Option<&'a RawValue>,
}

/// What the reference implementation misses in credentials to be kept, in its words.
pub fn lacking(input: &[u8]) -> Option<&'static str> {
    let login: Login<'_> = serde_json::from_slice(input).ok()?;
    let is_empty = |part: Option<&RawValue>| part.is_none_or(|part| part.get() == "\"\"");
    if is_empty(login.server) {
        return Some(NO_SERVER);
    }
    is_empty(login.username).then_some(NO_USER)
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
