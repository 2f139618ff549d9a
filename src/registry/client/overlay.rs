//! Configurations laid over each other: what a person named over what the clients know already, and
//! that as the clients themselves would have found it.

use super::super::document::{Auth, Client};
use super::super::lookup::by_host;
use super::super::server::Server;
use super::{AUTHS, ClientConfig, HELPERS, STORE, Unreadable};
use crate::model::plaintext::collect;

/// In the place of a program's name: docker asks none.
const NO_PROGRAM: &str = "\"\"";

impl ClientConfig {
    /// Puts credentials themselves into it, so that they win over every program and every other
    /// login that it names for the same.
    ///
    /// # Errors
    /// [`Unreadable::Member`].
    pub fn put_auths(&mut self, auths: &[Auth<'_>], client: Client) -> Result<(), Unreadable> {
        self.make_object(AUTHS)?;
        match client {
            Client::Docker => self.put_by_host(auths),
            Client::Containers => self.put_by_part(auths),
        }
    }

    /// Takes over what `other` says of what this one says nothing of. Clients go from file to file
    /// and stop at the first that knows a registry, so nothing of `other` may come before what
    /// stands here.
    pub fn adopt(&mut self, other: &Self) {
        let before = self.clone();
        for member in other.0.members(&[]).unwrap_or_default() {
            let path = [member.name.as_str()];
            let inner = other.0.members(&path);
            let own = self.0.members(&[]).unwrap_or_default();
            if !own.iter().any(|own| own.name == member.name) {
                let is_list = inner.is_some() && [AUTHS, HELPERS].contains(&path[0]);
                self.0.put(&[], &member.name, if is_list { "{}" } else { other.0.raw(&member) });
            }
            for inner in inner.unwrap_or_default() {
                if !before.answers(&member.name, &inner.name) {
                    self.0.put(&path, &inner.name, other.0.raw(&inner));
                }
            }
        }
        if other.has_store() && !before.has_store() {
            for server in before.logins() {
                self.ask_no_program(&server);
            }
        }
    }

    /// docker knows hosts and no parts of them: what is put for a host is all there is for it.
    fn put_by_host(&mut self, auths: &[Auth<'_>]) -> Result<(), Unreadable> {
        for of in by_host(auths.iter().map(|auth| (auth.server().clone(), auth))) {
            self.forget(AUTHS, |server| server.host() == of.host.host())?;
            self.forget(HELPERS, |server| server.host() == of.host.host())?;
            if let Some(auth) = of.used {
                self.put_auth(&of.host.auth_key(), auth);
            }
            if self.has_store() {
                // docker reads the file, and not the store that is for all others.
                self.make_object(HELPERS)?;
                self.ask_no_program(&of.host);
            }
        }
        Ok(())
    }

    /// podman and its like take the longest path; but where a program is named for the host, they
    /// ask that first.
    fn put_by_part(&mut self, auths: &[Auth<'_>]) -> Result<(), Unreadable> {
        for auth in auths {
            self.forget(AUTHS, |server| auth.server().covers(server))?;
            self.forget(HELPERS, |server| auth.server().host() == server.host())?;
        }
        for auth in auths {
            self.put_auth(&auth.server().auth_key(), auth);
        }
        // They would run the program of no name, and fail.
        for key in self.names(HELPERS)? {
            if self.program(&key)?.is_some_and(|program| program.is_empty()) {
                self.0.remove(&[HELPERS], &key);
            }
        }
        Ok(())
    }

    fn put_auth(&mut self, key: &str, auth: &Auth<'_>) {
        let value = collect(|out| {
            out(b"{\"auth\":\"");
            auth.write_auth(out);
            out(b"\"}");
        });
        self.0.put(&[AUTHS], key, std::str::from_utf8(&value).unwrap_or("{}"));
    }

    /// Takes out what is for such servers, however they are spelt.
    fn forget(
        &mut self,
        object: &'static str,
        is_meant: impl Fn(&Server) -> bool,
    ) -> Result<(), Unreadable> {
        for name in self.names(object)? {
            if Server::asked(&name).is_some_and(|server| is_meant(&server)) {
                self.0.remove(&[object], &name);
            }
        }
        Ok(())
    }

    /// Whether a client that reads this never asks the next file for `name`, a member of `object`.
    fn answers(&self, object: &str, name: &str) -> bool {
        let own = self.0.members(&[object]).unwrap_or_default();
        if own.iter().any(|own| own.name == name) {
            return true;
        }
        let Some(server) = Server::asked(name) else { return false };
        match object {
            AUTHS => {
                let mut programs = self.servers(HELPERS).into_iter();
                programs.any(|own| own.host() == server.host())
                    || self.logins().iter().any(|own| own.covers(&server))
            }
            HELPERS => self.logins().iter().any(|own| own.host() == server.host()),
            _ => false,
        }
    }

    /// The servers that there are credentials for. docker leaves `{}` where a program has them.
    fn logins(&self) -> Vec<Server> {
        let members = self.0.members(&[AUTHS]).unwrap_or_default();
        let is_empty = |name: &str| self.0.members(&[AUTHS, name]).is_some_and(|m| m.is_empty());
        let names = members.iter().map(|member| &*member.name).filter(|name| !is_empty(name));
        names.filter_map(Server::asked).collect()
    }

    fn servers(&self, object: &str) -> Vec<Server> {
        let members = self.0.members(&[object]).unwrap_or_default();
        members.iter().filter_map(|member| Server::asked(&member.name)).collect()
    }

    fn has_store(&self) -> bool {
        self.0.members(&[]).is_some_and(|all| all.iter().any(|member| member.name == STORE))
    }

    fn ask_no_program(&mut self, server: &Server) {
        for key in server.helper_keys() {
            self.0.put(&[HELPERS], key, NO_PROGRAM);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::SecretValue;

    fn config(meaning: &Value) -> ClientConfig {
        ClientConfig::parse(meaning.to_string().as_bytes()).unwrap()
    }

    fn meaning(config: &ClientConfig) -> Value {
        serde_json::from_slice(config.as_bytes()).unwrap()
    }

    /// What becomes of a configuration when logins as `u` are put into it.
    fn put(config: &mut ClientConfig, servers: &[&str], client: Client) -> Value {
        let value = |text: &str| SecretValue::new(text.into()).unwrap();
        let (user, password) = (value("u"), value("p:\"q"));
        let auth = |server: &&str| Auth::new(server.parse().unwrap(), &user, &password).unwrap();
        config.put_auths(&servers.iter().map(auth).collect::<Vec<_>>(), client).unwrap();
        meaning(config)
    }

    /// `u:p:"q`.
    fn ours() -> Value {
        json!({"auth": "dTpwOiJx"})
    }

    #[test]
    fn docker_finds_them_before_programs_other_spellings_and_its_store() {
        let mut hub = config(&json!({
            "auths": {"docker.io": {}, "https://index.docker.io/v1/": {}, "x.example": {"auth": "eA"}},
            "credHelpers": {"docker.io": "a", "y.example": "b"},
            "credsStore": "desktop",
        }));
        let expected = json!({
            "auths": {
                "x.example": {"auth": "eA"},
                "https://index.docker.io/v1/": ours(),
                "ghcr.io": ours(),
            },
            "credHelpers": {"y.example": "b", "https://index.docker.io/v1/": "", "docker.io": "", "ghcr.io": ""},
            "credsStore": "desktop",
        });
        assert_eq!(put(&mut hub, &["docker.io", "ghcr.io"], Client::Docker), expected);
        let mut plain = config(&json!({}));
        put(&mut plain, &["ghcr.io"], Client::Docker);
        let text = "{\n\t\"auths\": {\n\t\t\"ghcr.io\": {\"auth\":\"dTpwOiJx\"}\n\t}\n}";
        assert_eq!(plain.as_bytes(), text.as_bytes());
    }

    #[test]
    fn docker_gets_a_host_for_its_one_part_and_nothing_of_many_parts() {
        let own = json!({
            "auths": {"ghcr.io": {"auth": "eA"}, "https://ghcr.io/x": {"auth": "eA"}, "other.example": {"auth": "eA"}},
            "credHelpers": {"ghcr.io": "vault", "ghcr.io/y": "b"},
        });
        let of = |servers: &[&str]| put(&mut config(&own), servers, Client::Docker);
        let one = json!({"auths": {"ghcr.io": ours(), "other.example": {"auth": "eA"}}, "credHelpers": {}});
        assert_eq!(of(&["ghcr.io/team"]), one);
        assert_eq!(of(&["ghcr.io/team", "ghcr.io"]), one);
        let none = json!({"auths": {"other.example": {"auth": "eA"}}, "credHelpers": {}});
        assert_eq!(of(&["ghcr.io/team", "ghcr.io/tools"]), none);
        let hub = put(&mut config(&json!({})), &["docker.io/team"], Client::Docker);
        assert_eq!(hub, json!({"auths": {"https://index.docker.io/v1/": ours()}}));
    }

    #[test]
    fn podman_gets_each_part_and_asks_no_program_for_the_host() {
        let own = json!({
            "auths": {"ghcr.io/team/app": {"auth": "eA"}, "ghcr.io/other": {"auth": "eA"}},
            "credHelpers": {"ghcr.io": "vault", "y.example": "b", "empty.example": ""},
            "credsStore": "desktop",
        });
        let servers = ["ghcr.io/team/web", "ghcr.io/team", "docker.io/team", "docker.io"];
        let expected = json!({
            "auths": {
                "ghcr.io/other": {"auth": "eA"},
                "ghcr.io/team/web": ours(),
                "ghcr.io/team": ours(),
                "docker.io/team": ours(),
                "https://index.docker.io/v1/": ours(),
            },
            "credHelpers": {"y.example": "b"},
            "credsStore": "desktop",
        });
        assert_eq!(put(&mut config(&own), &servers, Client::Containers), expected);
    }

    #[test]
    fn of_several_files_the_first_that_knows_a_registry_counts() {
        let mut first = config(&json!({
            "auths": {"login.example": {"auth": "MQ"}, "part.example/a": {"auth": "MQ"}, "empty.example": {}},
            "credHelpers": {"helper.example": "first"},
        }));
        first.adopt(&config(&json!({
            "auths": {
                "login.example": {"auth": "Mg"}, "login.example/team": {"auth": "Mg"},
                "part.example": {"auth": "Mg"}, "helper.example/team": {"auth": "Mg"},
                "both.example": {"auth": "Mg"},
            },
            "credHelpers": {
                "login.example": "second", "helper.example": "second", "both.example": "second",
                "empty.example": "second",
            },
            "credsStore": "desktop",
            "psFormat": "x",
        })));
        let expected = json!({
            "auths": {
                "login.example": {"auth": "MQ"}, "part.example/a": {"auth": "MQ"}, "empty.example": {},
                "part.example": {"auth": "Mg"}, "both.example": {"auth": "Mg"},
            },
            "credHelpers": {
                "helper.example": "first", "both.example": "second", "empty.example": "second",
                // The store is for what the first file knows nothing of.
                "login.example": "", "part.example": "",
            },
            "credsStore": "desktop",
            "psFormat": "x",
        });
        assert_eq!(meaning(&first), expected);
    }
}
