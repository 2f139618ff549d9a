//! Several people, each with a machine of their own, and the repository they push to.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use super::{Outcome, Run, Sandbox};

/// A bare repository, and a clone for whoever works there.
pub(crate) struct Office {
    sandbox: Sandbox,
}

impl Office {
    /// Nobody works there yet.
    pub(crate) fn new() -> Self {
        let office = Self { sandbox: Sandbox::new() };
        let remote = office.remote();
        let init = ["init", "--quiet", "--bare", "--initial-branch=main", remote.to_str().unwrap()];
        office.sandbox.git_in(&office.sandbox.root(), "root", init);
        office
    }

    /// alice with a vault that she has pushed.
    pub(crate) fn of_alice() -> Self {
        let office = Self::new();
        let alice = office.clones("alice");
        alice.vault(["init", "--name", "alice"]).succeeds();
        alice.push("begin");
        office
    }

    /// Someone new, with a clone and without identity.
    pub(crate) fn clones(&self, name: &str) -> Person<'_> {
        let person = self.person(name);
        for folder in ["home", "config", "state"] {
            fs::create_dir_all(person.dir().join(folder)).unwrap();
        }
        let (remote, dir) = (self.remote(), person.dir());
        self.sandbox.git_in(&dir, name, ["clone", "--quiet", remote.to_str().unwrap(), "repo"]);
        person
    }

    /// Someone who is here already.
    pub(crate) fn person(&self, name: &str) -> Person<'_> {
        Person { office: self, name: name.to_owned() }
    }

    fn remote(&self) -> PathBuf {
        self.sandbox.root().join("remote.git")
    }
}

/// One of them, at their machine.
#[derive(Clone)]
pub(crate) struct Person<'o> {
    office: &'o Office,
    pub(crate) name: String,
}

impl Person<'_> {
    fn dir(&self) -> PathBuf {
        self.office.sandbox.root().join("people").join(&self.name)
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.dir().join("repo")
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.dir().join("config/vault/identity.txt")
    }

    /// The binary in their clone, not yet started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        let run = self.office.sandbox.command(args).cwd(self.repo());
        let run = run.env("HOME", self.dir().join("home")).env("USER", &self.name);
        run.env("XDG_CONFIG_HOME", self.dir().join("config"))
            .env("XDG_STATE_HOME", self.dir().join("state"))
    }

    pub(crate) fn vault<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.command(args).run()
    }

    #[track_caller]
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.office.sandbox.git_in(&self.repo(), &self.name, args)
    }

    /// Makes an identity; gives its public key.
    #[track_caller]
    pub(crate) fn keygen(&self) -> String {
        self.vault(["keygen"]).succeeds().text().trim().to_owned()
    }

    /// Commits everything and pushes it.
    #[track_caller]
    pub(crate) fn push(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
        self.git(["push", "--quiet", "origin", "HEAD:main"]);
    }

    #[track_caller]
    pub(crate) fn pull(&self) {
        self.git(["pull", "--quiet", "--ff-only", "origin", "main"]);
    }

    /// Pulls, changes team.toml as someone with an editor would, and pushes that.
    #[track_caller]
    pub(crate) fn pushes_team(&self, message: &str, change: impl FnOnce(&str) -> String) {
        self.pull();
        let team = self.secret_file("team.toml");
        let changed = change(&team);
        assert_ne!(changed, team);
        self.put("team.toml", &changed);
        self.push(message);
    }

    /// The text of a file below `.secrets`.
    #[track_caller]
    pub(crate) fn secret_file(&self, path: &str) -> String {
        fs::read_to_string(self.repo().join(".secrets").join(path)).unwrap()
    }

    /// Writes a file below `.secrets`, as someone with an editor would.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.repo().join(".secrets").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        super::put(&path, text);
    }
}
