//! The configuration of docker (`config.json`) and of podman, skopeo and buildah (`auth.json`):
//! which program knows the credentials of a registry, or the credentials themselves.

mod overlay;

use thiserror::Error;

use super::protocol::NAME;
use super::splice::Json;

const HELPERS: &str = "credHelpers";
const AUTHS: &str = "auths";
const STORE: &str = "credsStore";

/// A client's configuration. What is not changed keeps its bytes.
#[derive(Clone)]
pub struct ClientConfig(Json);

/// Why a configuration is left alone. It may hold credentials, so nothing of it is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Not a JSON object.
    #[error("line {0}: this is not the JSON of a client's configuration")]
    Syntax(usize),
    /// A member that is not what clients have there.
    #[error("`{0}` in it is no object")]
    Member(&'static str),
}

/// What installing did for each key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Keys that lead to vault now and did not before.
    pub added: Vec<String>,
    /// Keys that lead to another program, and still do.
    pub others: Vec<(String, String)>,
}

impl ClientConfig {
    /// Reads a configuration; blank is an empty one.
    ///
    /// # Errors
    /// [`Unreadable::Syntax`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        Json::parse(bytes).map(Self).map_err(|error| Unreadable::Syntax(error.line))
    }

    /// The file.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Names vault for these keys, except where another program is named.
    ///
    /// # Errors
    /// [`Unreadable::Member`].
    pub fn install<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<Installed, Unreadable> {
        let mut done = Installed::default();
        for key in keys {
            match self.program(key)? {
                Some(program) if program == NAME => {}
                Some(program) => done.others.push((key.to_owned(), program)),
                None => {
                    self.make_object(HELPERS)?;
                    self.0.put(&[HELPERS], key, &json(NAME));
                    done.added.push(key.to_owned());
                }
            }
        }
        Ok(done)
    }

    /// Takes vault out for every key, and gives the keys.
    ///
    /// # Errors
    /// [`Unreadable::Member`].
    pub fn uninstall(&mut self) -> Result<Vec<String>, Unreadable> {
        let is_ours =
            |key: &String| self.program(key).is_ok_and(|program| program.as_deref() == Some(NAME));
        let ours: Vec<String> = self.names(HELPERS)?.into_iter().filter(is_ours).collect();
        for key in &ours {
            self.0.remove(&[HELPERS], key);
        }
        if !ours.is_empty() && self.names(HELPERS)?.is_empty() {
            self.0.remove(&[], HELPERS);
        }
        Ok(ours)
    }

    /// The program named for a key.
    fn program(&self, key: &str) -> Result<Option<String>, Unreadable> {
        self.names(HELPERS)?;
        let members = self.0.members(&[HELPERS]).unwrap_or_default();
        let member = members.iter().rfind(|member| member.name == key);
        Ok(member.map(|member| self.0.string(member).unwrap_or_default()))
    }

    /// The names in an object, which need not be there.
    fn names(&self, object: &'static str) -> Result<Vec<String>, Unreadable> {
        if let Some(members) = self.0.members(&[object]) {
            return Ok(members.into_iter().map(|member| member.name).collect());
        }
        let all = self.0.members(&[]).unwrap_or_default();
        match all.iter().rfind(|member| member.name == object) {
            Some(member) if self.0.raw(member) != "null" => Err(Unreadable::Member(object)),
            _ => Ok(Vec::new()),
        }
    }

    fn make_object(&mut self, object: &'static str) -> Result<(), Unreadable> {
        self.names(object)?;
        if self.0.members(&[object]).is_none() {
            self.0.put(&[], object, "{}");
        }
        Ok(())
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKER: &str = "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t},\n\t\"psFormat\": \"{{.ID}}\\t}\"\n}";

    fn config(text: &str) -> ClientConfig {
        ClientConfig::parse(text.as_bytes()).unwrap()
    }

    fn text(config: &ClientConfig) -> &str {
        std::str::from_utf8(config.as_bytes()).unwrap()
    }

    #[test]
    fn installing_adds_what_is_missing_and_uninstalling_takes_it_out_again() {
        for before in [
            DOCKER,
            "{}",
            "{\"a\":1}",
            "{\n  \"credHelpers\": {\n    \"gcr.io\": \"gcloud\"\n  }\n}\n",
        ] {
            let mut changed = config(before);
            let done = changed.install(["ghcr.io", "quay.io"]).unwrap();
            assert_eq!(done.added, ["ghcr.io", "quay.io"]);
            let after = text(&changed).to_owned();
            let meaning: serde_json::Value = serde_json::from_str(&after).unwrap();
            assert_eq!(meaning["credHelpers"]["quay.io"], "vault", "{after}");
            assert_eq!(changed.install(["ghcr.io"]).unwrap(), Installed::default());
            assert_eq!(text(&changed), after);
            assert_eq!(changed.uninstall().unwrap(), ["ghcr.io", "quay.io"]);
            assert_eq!(text(&changed), before);
        }
        let mut changed = config(DOCKER);
        changed.install(["ghcr.io"]).unwrap();
        let added = ",\n\t\"credHelpers\": {\n\t\t\"ghcr.io\": \"vault\"\n\t}\n}";
        assert!(text(&changed).ends_with(added), "{}", text(&changed));
    }

    #[test]
    fn another_program_keeps_its_registry() {
        let before = "{\"credHelpers\":{\"ghcr.io\":\"gh\"}}";
        let mut changed = config(before);
        let done = changed.install(["ghcr.io"]).unwrap();
        assert_eq!(done.others, [("ghcr.io".to_owned(), "gh".to_owned())]);
        assert_eq!(changed.uninstall().unwrap(), [""; 0]);
        assert_eq!(text(&changed), before);
    }

    #[test]
    fn what_is_no_configuration_is_left_alone() {
        assert_eq!(
            ClientConfig::parse(b"{\n\"auths\": hunter2}").err(),
            Some(Unreadable::Syntax(2))
        );
        let mut odd = config("{\"credHelpers\": [\"hunter2\"]}");
        assert_eq!(odd.install(["ghcr.io"]), Err(Unreadable::Member("credHelpers")));
        assert!(config("{\"credHelpers\": null}").install(["ghcr.io"]).is_ok());
    }
}
