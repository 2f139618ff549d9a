//! Lists of credentials as docker, podman and Kubernetes read them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use zeroize::Zeroizing;

use super::lookup::by_host;
use super::server::Server;
use crate::model::SecretValue;
use crate::model::plaintext::{Out, base64, collect, json_string};

/// The credentials for a server. Both parts are UTF-8 text, so every format can hold them.
#[derive(Debug, Clone)]
pub struct Auth<'a> {
    server: Server,
    username: &'a SecretValue,
    password: &'a SecretValue,
}

/// What stands in a file is no credentials that a client could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its user name or password is not UTF-8 text, which no client can read")]
pub struct InvalidAuth;

impl<'a> Auth<'a> {
    /// The credentials of an opened pull secret.
    ///
    /// # Errors
    /// [`InvalidAuth`].
    pub fn new(
        server: Server,
        username: &'a SecretValue,
        password: &'a SecretValue,
    ) -> Result<Self, InvalidAuth> {
        for value in [username, password] {
            std::str::from_utf8(value.expose()).map_err(|_| InvalidAuth)?;
        }
        Ok(Self { server, username, password })
    }

    /// What they are for.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Writes the user name as a JSON string.
    pub(super) fn write_username(&self, out: &mut Out<'_>) {
        json_string(out, in_clear(self.username));
    }

    /// Writes the password as a JSON string.
    pub(super) fn write_password(&self, out: &mut Out<'_>) {
        json_string(out, in_clear(self.password));
    }

    /// Writes what clients call `auth`: the base64 of `USER:PASSWORD`.
    pub(super) fn write_auth(&self, out: &mut Out<'_>) {
        let pair = collect(|out| {
            out(self.username.expose());
            out(b":");
            out(self.password.expose());
        });
        base64(out, &pair);
    }
}

/// Text by construction of [`Auth`].
fn in_clear(value: &SecretValue) -> &str {
    std::str::from_utf8(value.expose()).unwrap_or_default()
}

/// The name or the namespace of something in a cluster: a DNS-1123 label or subdomain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(Box<str>);

/// The text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a name in Kubernetes is 1 to 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends"
)]
pub struct InvalidLabel;

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ends = [text.bytes().next(), text.bytes().last()];
        let fits = text.len() <= 253
            && ends.iter().all(|b| b.is_some_and(plain))
            && text.bytes().all(|b| plain(b) || matches!(b, b'-' | b'.'))
            && !text.contains("..");
        if fits { Ok(Self(text.into())) } else { Err(InvalidLabel) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which programs read a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// docker, and what is made of its parts: it keeps one login for a host.
    Docker,
    /// podman, skopeo, buildah, CRI-O: they know parts of hosts too.
    Containers,
}

/// What docker keeps in `config.json` and takes in `DOCKER_AUTH_CONFIG`, or podman in `auth.json`.
/// Of several for one host docker gets what [`by_host`] says.
pub fn client_config(auths: &[Auth<'_>], client: Client) -> Zeroizing<Vec<u8>> {
    let all = keyed(auths, client);
    collect(|out| {
        out(b"{\n\t\"auths\": {");
        for (at, (key, auth)) in all.iter().enumerate() {
            out(if at == 0 { b"\n\t\t" } else { b",\n\t\t" });
            json_string(out, key);
            out(b": {\n\t\t\t\"auth\": \"");
            auth.write_auth(out);
            out(b"\"\n\t\t}");
        }
        out(if all.is_empty() { b"}\n}\n" } else { b"\n\t}\n}\n" });
    })
}

/// Each under the key where such a client looks for it.
fn keyed<'d, 'a>(auths: &'d [Auth<'a>], client: Client) -> Vec<(String, &'d Auth<'a>)> {
    match client {
        Client::Docker => {
            let hosts = by_host(auths.iter().map(|auth| (auth.server.clone(), auth)));
            hosts.into_iter().filter_map(|of| Some((of.host.auth_key(), of.used?))).collect()
        }
        Client::Containers => auths.iter().map(|auth| (auth.server.auth_key(), auth)).collect(),
    }
}

/// The manifest of a Secret of the type `kubernetes.io/dockerconfigjson`, with the data that
/// `kubectl create secret docker-registry` makes.
pub fn kubernetes_secret(
    auths: &[Auth<'_>],
    name: &Label,
    namespace: Option<&Label>,
) -> Zeroizing<Vec<u8>> {
    let config = collect(|out| {
        out(b"{\"auths\":{");
        for (at, auth) in auths.iter().enumerate() {
            out(if at == 0 { b"" } else { b"," });
            json_string(out, &auth.server.auth_key());
            out(b":{\"username\":");
            auth.write_username(out);
            out(b",\"password\":");
            auth.write_password(out);
            out(b",\"auth\":\"");
            auth.write_auth(out);
            out(b"\"}");
        }
        out(b"}}");
    });
    collect(|out| {
        // Quoted: to YAML a plain `no` or `1e3` is no string.
        out(b"apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"");
        out(name.0.as_bytes());
        if let Some(namespace) = namespace {
            out(b"\"\n  namespace: \"");
            out(namespace.0.as_bytes());
        }
        out(b"\"\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: \"");
        base64(out, &config);
        out(b"\"\n");
    })
}
