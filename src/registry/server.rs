//! The address of a registry, in the one spelling that all of its clients' spellings mean.

use std::fmt;

use thiserror::Error;

use crate::model::{InvalidName, ServerName};

/// What Docker Hub is called here. podman, skopeo and Nomad say this too.
const HUB: &str = "docker.io";

/// What docker and most who copied it say for Docker Hub.
const HUB_INDEX: &str = "https://index.docker.io/v1/";

/// Other names of Docker Hub.
const HUB_ALIASES: [&str; 3] =
    ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// A registry, and maybe a part of it: `host[:port][/path]`.
///
/// ```
/// use vault::registry::Server;
/// let hub: Server = "https://index.docker.io/v1/".parse().unwrap();
/// assert_eq!(hub.to_string(), "docker.io");
/// let team: Server = "GHCR.io/team".parse().unwrap();
/// assert!(team.covers(&"ghcr.io/team/app".parse().unwrap()));
/// assert!(!team.covers(&"ghcr.io/teamwork".parse().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    host: Box<str>,
    path: Box<str>,
}

/// Why a text is no address of a registry. Says the rule, not the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidServer {
    /// Nothing where the host should be.
    #[error("there is no host in it")]
    NoHost,
    /// Not `http` or `https`.
    #[error("a registry speaks https, and nothing else may stand before ://")]
    Scheme,
    /// Not a host name or an IP address.
    #[error("its host is no host name: letters, digits, `-` and `.`, or an IP address")]
    Host,
    /// Not a port.
    #[error("its port is no number from 1 to 65535")]
    Port,
    /// Not a path of an image's name.
    #[error("its path is no beginning of an image's name: lower-case words between single `/`")]
    Path,
    /// A tag or digest.
    #[error("it names one image: leave out what follows the last `:` or `@`")]
    Image,
    /// Credentials in it.
    #[error("credentials do not belong into the address")]
    Credentials,
    /// What no image's name can begin with.
    #[error(
        "an image's name cannot begin so: a registry's host has a `.` or a port, or is localhost; Docker Hub's is docker.io"
    )]
    Bare,
    /// Longer than a file can hold.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl Server {
    /// The host, with its port if it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What follows the host, without the `/` between; empty for the whole registry.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole registry that this is a part of.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { host: self.host.clone(), path: "".into() }
    }

    /// The host without its port.
    pub fn domain(&self) -> &str {
        let port = self
            .host
            .rsplit_once(':')
            .filter(|(host, _)| !host.starts_with('[') || host.ends_with(']'));
        port.map_or(&self.host, |(host, _)| host)
    }

    /// Whether credentials for this are also for `asked`: the same host, and a path that begins
    /// with this one at a `/`.
    pub fn covers(&self, asked: &Self) -> bool {
        self.host == asked.host
            && asked.path.strip_prefix(&*self.path).is_some_and(|rest| {
                rest.is_empty() || self.path.is_empty() || rest.starts_with('/')
            })
    }

    /// The keys under which clients look for the program that knows the credentials of this host:
    /// the host alone, whatever the path, and docker and podman differ about Docker Hub's.
    pub fn helper_keys(&self) -> Vec<&str> {
        if self.is_hub() { vec![HUB_INDEX, HUB] } else { vec![&self.host] }
    }

    /// The key under which a list of credentials has those for this.
    pub fn auth_key(&self) -> String {
        if self.is_hub() && self.path.is_empty() { HUB_INDEX.to_owned() } else { self.to_string() }
    }

    /// Whether this is Docker Hub.
    pub fn is_hub(&self) -> bool {
        &*self.host == HUB
    }

    /// Reads what a client asks for. Clients ask for nothing but servers; what is none is nobody's.
    pub fn asked(text: &str) -> Option<Self> {
        let (host, path) = split(text).ok()?;
        (!host.is_empty()).then(|| Self::canonical(host, path))
    }

    /// Reads an image's name, with a tag or a digest.
    pub fn of_image(text: &str) -> Option<Self> {
        let name = text.split_once('@').map_or(text, |(name, _)| name);
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let colon = name.get(last..)?.find(':').filter(|_| last > 0).map(|at| last + at);
        let name = colon.and_then(|colon| name.get(..colon)).unwrap_or(name);
        match name.split_once('/') {
            Some((host, _)) if can_begin_an_image(host) => Self::asked(name),
            // Short for an image of Docker Hub.
            Some(_) => Self::asked(&format!("{HUB}/{name}")),
            None => {
                let name = name.split_once(':').map_or(name, |(name, _)| name);
                Self::asked(&format!("{HUB}/library/{name}"))
            }
        }
    }

    /// The name as it stands in a file.
    ///
    /// # Errors
    /// [`InvalidName`] if it is too long.
    pub fn to_name(&self) -> Result<ServerName, InvalidName> {
        self.to_string().parse()
    }

    fn canonical(host: &str, path: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(":443").unwrap_or(&host);
        let host = if HUB_ALIASES.contains(&host) { HUB } else { host };
        // The versions of registries' own interfaces, which some clients put behind the host.
        let path = if matches!(path, "v1" | "v2") { "" } else { path };
        Self { host: host.into(), path: path.into() }
    }
}

impl std::str::FromStr for Server {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, InvalidServer> {
        let (host, path) = split(text)?;
        if host.is_empty() {
            return Err(InvalidServer::NoHost);
        }
        if host.contains('@') {
            return Err(InvalidServer::Credentials);
        }
        let server = Self::canonical(host, path);
        check_host(&server.host)?;
        check_path(&server.path)?;
        if !can_begin_an_image(&server.host) {
            return Err(InvalidServer::Bare);
        }
        server.to_name()?;
        Ok(server)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, "/{}", self.path) }
    }
}

/// Host and path, without scheme and the slashes at the end.
fn split(text: &str) -> Result<(&str, &str), InvalidServer> {
    let text = match text.split_once("://") {
        Some((scheme, rest))
            if ["http", "https"].iter().any(|s| scheme.eq_ignore_ascii_case(s)) =>
        {
            rest
        }
        Some(_) => return Err(InvalidServer::Scheme),
        None => text,
    };
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    Ok((host, path.trim_end_matches('/')))
}

/// As docker tells `ghcr.io/app` from `team/app`.
fn can_begin_an_image(host: &str) -> bool {
    host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost")
}

fn check_host(host: &str) -> Result<(), InvalidServer> {
    let port = if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(InvalidServer::Host)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| InvalidServer::Host)?;
        port
    } else {
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        if !name.split('.').all(is_label) {
            return Err(InvalidServer::Host);
        }
        port
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if port.is_empty() || port.strip_prefix(':').is_some_and(is_port) {
        Ok(())
    } else {
        Err(InvalidServer::Port)
    }
}

/// A part of a host's name.
fn is_label(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().last()];
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && ends.iter().all(|b| b.is_some_and(|b| b != b'-'))
}

fn check_path(path: &str) -> Result<(), InvalidServer> {
    if path.contains([':', '@']) {
        return Err(InvalidServer::Image);
    }
    let word = |word: &str| {
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ends = [word.bytes().next(), word.bytes().last()];
        word.bytes().all(|b| lower(b) || matches!(b, b'.' | b'_' | b'-'))
            && ends.iter().all(|b| b.is_some_and(lower))
    };
    if path.is_empty() || path.split('/').all(word) { Ok(()) } else { Err(InvalidServer::Path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> String {
        Server::asked(text).unwrap().to_string()
    }

    #[test]
    fn every_spelling_of_docker_hub_is_one() {
        for text in [
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1",
            "http://INDEX.docker.io/",
            "registry-1.docker.io",
            "https://registry-1.docker.io/v2/",
            "registry.hub.docker.com",
            "docker.io:443",
            "HTTPS://docker.io",
        ] {
            assert_eq!(asked(text), "docker.io", "{text}");
        }
        let hub: Server = "docker.io".parse().unwrap();
        assert_eq!(hub.helper_keys(), ["https://index.docker.io/v1/", "docker.io"]);
        assert_eq!(hub.auth_key(), "https://index.docker.io/v1/");
    }

    #[test]
    fn spellings_of_one_registry_are_one_and_ports_are_not() {
        for text in ["GHCR.IO", "https://ghcr.io", "http://ghcr.io/", "ghcr.io:443", "ghcr.io/v2/"]
        {
            assert_eq!(asked(text), "ghcr.io", "{text}");
        }
        assert_eq!(asked("ghcr.io:5000"), "ghcr.io:5000");
        assert_eq!(asked("ghcr.io:80"), "ghcr.io:80");
        assert_eq!(asked("ghcr.io/Team/App/"), "ghcr.io/Team/App");
        assert_eq!(asked("[::1]:443"), "[::1]");
        for none in ["", "/", "https://", "ftp://ghcr.io"] {
            assert_eq!(Server::asked(none), None, "{none}");
        }
    }

    #[test]
    fn a_path_covers_what_lies_below_it() {
        let covers = |own: &str, other: &str| {
            own.parse::<Server>().unwrap().covers(&Server::asked(other).unwrap())
        };
        assert!(covers("ghcr.io", "ghcr.io") && covers("ghcr.io", "ghcr.io/team/app"));
        assert!(
            covers("ghcr.io/team", "ghcr.io/team") && covers("ghcr.io/team", "ghcr.io/team/app")
        );
        assert!(!covers("ghcr.io/team", "ghcr.io") && !covers("ghcr.io/team", "ghcr.io/teams"));
        assert!(!covers("ghcr.io", "ghcr.io:5000") && !covers("ghcr.io", "xghcr.io"));
        assert!(!covers("ghcr.io", "ghcr.io.evil.example") && !covers("ghcr.io", "a.ghcr.io"));
    }

    #[test]
    fn an_address_is_checked_where_it_is_made() {
        for good in [
            "ghcr.io",
            "localhost",
            "localhost:5000",
            "127.0.0.1:5000",
            "[::1]:5000",
            "r.example/team/app",
            "europe-west4-docker.pkg.dev/project/repo",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(good.parse::<Server>().unwrap().to_string(), good);
        }
        for (bad, why) in [
            ("", InvalidServer::NoHost),
            ("https://", InvalidServer::NoHost),
            ("ftp://r.example", InvalidServer::Scheme),
            ("user:pass@r.example", InvalidServer::Credentials),
            ("r_x.example", InvalidServer::Host),
            ("-r.example", InvalidServer::Host),
            ("r..example", InvalidServer::Host),
            ("ré.example", InvalidServer::Host),
            ("[::g]", InvalidServer::Host),
            ("r.example:0", InvalidServer::Port),
            ("r.example:65536", InvalidServer::Port),
            ("r.example:+5", InvalidServer::Port),
            ("r.example:", InvalidServer::Port),
            ("[::1]5000", InvalidServer::Port),
            ("r.example/team//app", InvalidServer::Path),
            ("r.example/Team", InvalidServer::Path),
            ("r.example/*", InvalidServer::Path),
            ("r.example/app:1", InvalidServer::Image),
            ("r.example/app@sha256", InvalidServer::Image),
            ("registry", InvalidServer::Bare),
            ("team/app", InvalidServer::Bare),
        ] {
            assert_eq!(bad.parse::<Server>(), Err(why), "{bad}");
        }
        let long = format!("r.example/{}", "x".repeat(512));
        assert_eq!(long.parse::<Server>(), Err(InvalidServer::Name(InvalidName::Server)));
    }

    #[test]
    fn an_image_lies_on_its_server() {
        for (image, server) in [
            ("ghcr.io/team/app:1.2", "ghcr.io/team/app"),
            ("ghcr.io/team/app", "ghcr.io/team/app"),
            ("localhost:5000/app:1@sha256:0123", "localhost:5000/app"),
            ("nginx", "docker.io/library/nginx"),
            ("nginx:1.25", "docker.io/library/nginx"),
            ("team/app:1", "docker.io/team/app"),
            ("index.docker.io/team/app", "docker.io/team/app"),
        ] {
            assert_eq!(Server::of_image(image).unwrap().to_string(), server);
        }
    }

    #[test]
    fn the_domain_is_the_host_without_its_port() {
        for (text, domain) in [
            ("r.example:5", "r.example"),
            ("r.example", "r.example"),
            ("[::1]:5", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(Server::asked(text).unwrap().domain(), domain);
        }
    }
}
