//! Which of many pull secrets is for what a client asks for.

use super::server::Server;

/// What is known for the server asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// Nothing.
    Miss,
    /// These, all for the same server: that with the longest path which covers what was asked for.
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
    if let Some(longest) = covering.iter().map(|(server, _)| server.path().len()).max() {
        let best = covering.into_iter().filter(|(server, _)| server.path().len() == longest);
        return Lookup::Found(best.map(|(_, kept)| kept).collect());
    }
    let parts = others.into_iter().filter(|(server, _)| asked.covers(server));
    let parts: Vec<_> = parts.filter(|_| asked.path().is_empty()).collect();
    let Some(first) = parts.first().map(|(server, _)| server.clone()) else { return Lookup::Miss };
    let same = parts.iter().all(|(server, _)| *server == first);
    let kept = parts.into_iter().map(|(_, kept)| kept).collect();
    if same { Lookup::Found(kept) } else { Lookup::Parts(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: &str, known: &[&'static str]) -> Lookup<&'static str> {
        let known = known.iter().map(|text| (text.parse().unwrap(), *text));
        look_up(&Server::asked(asked).unwrap(), known)
    }

    #[test]
    fn the_longest_path_wins() {
        let known = ["ghcr.io", "ghcr.io/team", "ghcr.io/team/app", "quay.io"];
        assert_eq!(of("ghcr.io", &known), Lookup::Found(vec!["ghcr.io"]));
        assert_eq!(of("ghcr.io/team/app/x", &known), Lookup::Found(vec!["ghcr.io/team/app"]));
        assert_eq!(of("ghcr.io/team/application", &known), Lookup::Found(vec!["ghcr.io/team"]));
        assert_eq!(of("ghcr.io/others", &known), Lookup::Found(vec!["ghcr.io"]));
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
}
