//! Which of many pull secrets is for what a client asks for.

use super::server::Server;

/// What is known for the server asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// Nothing.
    Miss,
    /// These: the longest path first, and those of one length in the order given.
    Found(Vec<T>),
    /// The client named the host alone, and these are for different parts of it.
    Parts(Vec<T>),
}

/// Looks up `asked` among servers and what is kept for them, in the order given.
///
/// Most clients name the host alone, whatever they pull. So where nothing is for a whole host, what
/// is for its one known part is found.
pub fn look_up<T>(asked: &Server, known: impl IntoIterator<Item = (Server, T)>) -> Lookup<T> {
    let (covering, others): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(server, _)| server.covers(asked));
    if !covering.is_empty() {
        let mut found = covering;
        found.sort_by_key(|(server, _)| std::cmp::Reverse(server.path().len()));
        return Lookup::Found(found.into_iter().map(|(_, kept)| kept).collect());
    }
    let parts = others.into_iter().filter(|(server, _)| asked.covers(server));
    let parts: Vec<_> = parts.filter(|_| asked.path().is_empty()).collect();
    let Some(first) = parts.first().map(|(server, _)| server.clone()) else { return Lookup::Miss };
    let same = parts.iter().all(|(server, _)| *server == first);
    let kept = parts.into_iter().map(|(_, kept)| kept).collect();
    if same { Lookup::Found(kept) } else { Lookup::Parts(kept) }
}

/// What is kept for a host, for a client that knows no parts of one.
#[derive(Debug, PartialEq, Eq)]
pub struct OfHost<T> {
    /// The host alone.
    pub host: Server,
    /// What such a client uses: what is for the whole host, else what is for its one part.
    pub used: Option<T>,
    /// What it cannot use.
    pub unused: Vec<T>,
}

/// Sorts what is kept for servers by their hosts, in the order given.
pub fn by_host<T>(known: impl IntoIterator<Item = (Server, T)>) -> Vec<OfHost<T>> {
    let mut hosts: Vec<(Server, Vec<(Server, T)>)> = Vec::new();
    for (server, kept) in known {
        let host = server.whole();
        match hosts.iter_mut().find(|(other, _)| *other == host) {
            Some((_, all)) => all.push((server, kept)),
            None => hosts.push((host, vec![(server, kept)])),
        }
    }
    let used = |(host, mut all): (Server, Vec<(Server, T)>)| {
        let is_only = all.len() == 1;
        let place = all.iter().position(|(server, _)| is_only || *server == host);
        let used = place.map(|place| all.remove(place).1);
        OfHost { host, used, unused: all.into_iter().map(|(_, kept)| kept).collect() }
    };
    hosts.into_iter().map(used).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: &str, known: &[&'static str]) -> Lookup<&'static str> {
        let known = known.iter().map(|text| (text.parse().unwrap(), *text));
        look_up(&Server::asked(asked).unwrap(), known)
    }

    #[test]
    fn the_longest_path_comes_first() {
        let known = ["ghcr.io", "ghcr.io/team", "ghcr.io/team/app", "quay.io"];
        let found = |asked: &str, servers: &[&'static str]| {
            assert_eq!(of(asked, &known), Lookup::Found(servers.to_vec()));
        };
        found("ghcr.io", &["ghcr.io"]);
        found("ghcr.io/team/app/x", &["ghcr.io/team/app", "ghcr.io/team", "ghcr.io"]);
        found("ghcr.io/team/application", &["ghcr.io/team", "ghcr.io"]);
        found("ghcr.io/others", &["ghcr.io"]);
        assert_eq!(of("docker.io", &known), Lookup::Miss);
    }

    #[test]
    fn several_for_one_server_come_in_order() {
        assert_eq!(of("ghcr.io", &["ghcr.io", "ghcr.io"]), Lookup::Found(vec!["ghcr.io"; 2]));
    }

    #[test]
    fn a_host_alone_finds_its_one_part_and_never_one_of_many() {
        assert_eq!(
            of("ghcr.io", &["ghcr.io/team", "quay.io"]),
            Lookup::Found(vec!["ghcr.io/team"])
        );
        assert_eq!(
            of("ghcr.io", &["ghcr.io/a", "ghcr.io/b"]),
            Lookup::Parts(vec!["ghcr.io/a", "ghcr.io/b"])
        );
        assert_eq!(of("ghcr.io/others", &["ghcr.io/team"]), Lookup::Miss);
        assert_eq!(of("ghcr.io:5000", &["ghcr.io/team"]), Lookup::Miss);
    }

    #[test]
    fn of_a_host_the_whole_or_the_one_part_is_used_and_never_one_of_many_parts() {
        let known = ["quay.io/x", "ghcr.io/a", "docker.io/team", "ghcr.io/b", "docker.io"];
        let known = known.map(|text| (text.parse::<Server>().unwrap(), text));
        let used: Vec<_> = by_host(known)
            .into_iter()
            .map(|of| (of.host.to_string(), of.used, of.unused))
            .collect();
        let expected = [
            ("quay.io".to_owned(), Some("quay.io/x"), vec![]),
            ("ghcr.io".to_owned(), None, vec!["ghcr.io/a", "ghcr.io/b"]),
            ("docker.io".to_owned(), Some("docker.io"), vec!["docker.io/team"]),
        ];
        assert_eq!(used, expected);
    }
}
