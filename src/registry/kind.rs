//! What each kind of registry takes as credentials, checked before they are stored: a mistake found
//! here is a message, and found by a registry it is "unauthorized".

mod unfit;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::server::Server;
use crate::model::{RegistryKind, SecretValue};

pub use unfit::{Caution, Part, Unfit};

/// Clients of the helper protocol read lines of at most 64 KiB, JSON and all.
const MAX_PASSWORD_BYTES: usize = 32 << 10;

/// The user name that stands for a Google service account's key, and that for its base64.
pub(super) const JSON_KEY: &str = "_json_key";
const JSON_KEY_BASE64: &str = "_json_key_base64";

/// The user name of a token that Azure made for a person.
const ACR_TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

/// The kind whose registries have such addresses; `generic` if none has.
pub fn kind_of(server: &Server) -> RegistryKind {
    use RegistryKind::{Acr, Docker, Ecr, Gar, Generic, Ghcr, Quay};
    [Docker, Ghcr, Quay, Acr, Gar, Ecr]
        .into_iter()
        .find(|kind| is_home(*kind, server))
        .unwrap_or(Generic)
}

/// Checks whether a registry at this address can be of this kind.
///
/// # Errors
/// [`Unfit::Kind`], [`Unfit::Server`].
pub fn check_server(kind: RegistryKind, server: &Server) -> Result<(), Unfit> {
    use RegistryKind::{Acr, Docker, Ecr, Gar, Generic, Ghcr, Quay};
    let home = kind_of(server);
    let called = match kind {
        Generic => return Ok(()),
        _ if kind == home => return Ok(()),
        _ if home != Generic => return Err(Unfit::Kind(kind, home)),
        // These two can be hosted by anybody.
        Ghcr | Quay => return Ok(()),
        Docker => "docker.io",
        Acr => "NAME.azurecr.io",
        Gar => "REGION-docker.pkg.dev and gcr.io",
        Ecr => "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    };
    Err(Unfit::Server(kind, called))
}

/// Checks credentials for a registry, and says what should be known about them.
///
/// # Errors
/// [`Unfit`]: no client could use them, or not for long.
pub fn check(
    kind: RegistryKind,
    server: &Server,
    username: &SecretValue,
    password: &SecretValue,
) -> Result<Vec<Caution>, Unfit> {
    check_server(kind, server)?;
    let user = text(username, Part::Username)?;
    let pass = text(password, Part::Password)?;
    if user.is_empty() {
        return Err(Unfit::NoUser);
    }
    if pass.is_empty() {
        return Err(Unfit::NoPassword);
    }
    if user.contains(':') {
        return Err(Unfit::Colon);
    }
    is_plain(user, Part::Username)?;
    if pass.len() > MAX_PASSWORD_BYTES {
        return Err(Unfit::TooLong);
    }
    if pass.contains('\0') {
        return Err(Unfit::Nul);
    }
    // Tokens are one word; a password of somebody's own registry may be anything, and a key has lines.
    if !matches!(kind, RegistryKind::Generic | RegistryKind::Gar) {
        is_plain(pass, Part::Password)?;
    }
    match kind {
        RegistryKind::Docker => Ok(docker(user, pass)),
        RegistryKind::Acr => acr(server, user, pass),
        RegistryKind::Gar => gar(user, pass),
        RegistryKind::Ecr => ecr(user),
        RegistryKind::Ghcr => ghcr(pass),
        RegistryKind::Quay => Ok(quay(user)),
        RegistryKind::Generic => generic(pass),
    }
}

fn text(value: &SecretValue, part: Part) -> Result<&str, Unfit> {
    std::str::from_utf8(value.expose()).map_err(|_| Unfit::NotText(part))
}

/// Whether nothing in it got there by accident. Decoders trim NULs, and people's shells add the rest.
fn is_plain(text: &str, part: Part) -> Result<(), Unfit> {
    if text.ends_with(['\n', '\r']) {
        return Err(Unfit::Newline(part));
    }
    let blank = text.starts_with(' ') || text.ends_with(' ') || text.contains(char::is_control);
    if blank { Err(Unfit::Blank(part)) } else { Ok(()) }
}

/// Whether registries of this kind are found at such an address.
fn is_home(kind: RegistryKind, server: &Server) -> bool {
    let domain = server.domain();
    let below = |suffix: &str| domain.strip_suffix(suffix).is_some_and(|rest| !rest.is_empty());
    match kind {
        RegistryKind::Docker => server.is_hub(),
        RegistryKind::Ghcr => domain == "ghcr.io",
        RegistryKind::Quay => domain == "quay.io",
        RegistryKind::Acr => [".azurecr.io", ".azurecr.cn", ".azurecr.us"].into_iter().any(below),
        RegistryKind::Gar => {
            domain == "gcr.io" || [".gcr.io", "-docker.pkg.dev"].into_iter().any(below)
        }
        RegistryKind::Ecr => {
            let home = [".amazonaws.com", ".amazonaws.com.cn"]
                .into_iter()
                .find_map(|s| domain.strip_suffix(s));
            domain == "public.ecr.aws" || home.is_some_and(|rest| rest.contains(".dkr.ecr"))
        }
        RegistryKind::Generic => true,
    }
}

fn docker(user: &str, pass: &str) -> Vec<Caution> {
    let mut cautions = Vec::new();
    if user.contains('@') {
        cautions.push(Caution::Email);
    }
    if !pass.starts_with("dckr_pat_") && !pass.starts_with("dckr_oat_") {
        cautions.push(Caution::AccountPassword);
    }
    cautions
}

fn acr(server: &Server, user: &str, pass: &str) -> Result<Vec<Caution>, Unfit> {
    if user == ACR_TOKEN_USER || pass.starts_with("eyJ") {
        return Err(Unfit::ShortLived("3 hours"));
    }
    let registry = server.domain().split('.').next().unwrap_or_default();
    Ok(if user.eq_ignore_ascii_case(registry) { vec![Caution::Admin] } else { Vec::new() })
}

fn ecr(user: &str) -> Result<Vec<Caution>, Unfit> {
    if user == "AWS" {
        Ok(vec![Caution::Hours])
    } else {
        Err(Unfit::User("the user name for ECR is AWS, whoever you are"))
    }
}

fn ghcr(pass: &str) -> Result<Vec<Caution>, Unfit> {
    if pass.starts_with("ghs_") {
        return Err(Unfit::ShortLived("the length of one job"));
    }
    Ok(if pass.starts_with("github_pat_") { vec![Caution::FineGrained] } else { Vec::new() })
}

fn quay(user: &str) -> Vec<Caution> {
    // `$oauthtoken` and `$app` are Quay's names for tokens of other kinds.
    if user.contains('+') || user.starts_with('$') { Vec::new() } else { vec![Caution::NoRobot] }
}

fn generic(pass: &str) -> Result<Vec<Caution>, Unfit> {
    if pass.ends_with(['\n', '\r']) && serde_json::from_str::<ServiceAccount<'_>>(pass).is_err() {
        return Err(Unfit::Newline(Part::Password));
    }
    let spaced = pass.starts_with(' ') || pass.ends_with(' ');
    Ok(if spaced { vec![Caution::Space] } else { Vec::new() })
}

fn gar(user: &str, pass: &str) -> Result<Vec<Caution>, Unfit> {
    match user {
        JSON_KEY => service_account(pass.as_bytes()),
        JSON_KEY_BASE64 => {
            is_plain(pass, Part::Password)?;
            let json = STANDARD.decode(pass).map(Zeroizing::new);
            service_account(&json.map_err(|_| {
                Unfit::Password(
                    "the password of _json_key_base64 is base64 in one line, and this is not",
                )
            })?)
        }
        "oauth2accesstoken" => Err(Unfit::ShortLived("one hour")),
        _ => Err(Unfit::User(
            "the user name for Google's registries is _json_key or _json_key_base64",
        )),
    }
}

/// What is looked at of a service account's key. Borrowed: nothing of it is copied.
#[derive(Deserialize)]
struct ServiceAccount<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    client_email: Option<&'a RawValue>,
    #[serde(borrow)]
    private_key: Option<&'a RawValue>,
}

fn service_account(json: &[u8]) -> Result<Vec<Caution>, Unfit> {
    // The parser's own message would quote the key.
    let account: ServiceAccount<'_> = serde_json::from_slice(json).map_err(|_| {
        Unfit::Password("this is no service account's key: it is not a JSON object")
    })?;
    if account.kind.is_none_or(|kind| kind.get() != r#""service_account""#) {
        let why = "this is no service account's key: its type is not service_account";
        return Err(Unfit::Password(why));
    }
    if account.client_email.is_none() || account.private_key.is_none() {
        let why = "this is no service account's key: it lacks private_key or client_email";
        return Err(Unfit::Password(why));
    }
    if !account.private_key.is_some_and(is_pem) {
        let why = "this is no service account's key: its private_key is no PEM block";
        return Err(Unfit::Password(why));
    }
    if !account.client_email.is_some_and(is_email) {
        let why = "this is no service account's key: its client_email is no e-mail address";
        return Err(Unfit::Password(why));
    }
    Ok(Vec::new())
}

/// What stands between the quotes of a JSON string, escapes and all.
fn in_quotes(value: &RawValue) -> Option<&str> {
    value.get().strip_prefix('"')?.strip_suffix('"')
}

/// `-----BEGIN PRIVATE KEY-----`, lines, and the same with END; RSA keys are called so too.
fn is_pem(value: &RawValue) -> bool {
    let Some(text) = in_quotes(value).and_then(|text| text.strip_prefix("-----BEGIN ")) else {
        return false;
    };
    // Line ends are escaped, and some writers leave the last out.
    let text = text.trim_end_matches(r"\n").trim_end_matches(r"\r");
    text.split_once(r"PRIVATE KEY-----")
        .and_then(|(_, rest)| rest.strip_suffix("PRIVATE KEY-----"))
        .and_then(|body| body.split_once("-----END "))
        .is_some_and(|(key, _)| key.len() > 4)
}

fn is_email(value: &RawValue) -> bool {
    let parts = in_quotes(value).and_then(|text| text.split_once('@'));
    parts.is_some_and(|(user, domain)| {
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"@\\".contains(&b))
        };
        is_plain(user) && is_plain(domain) && domain.contains('.')
    })
}

#[cfg(test)]
mod tests;
