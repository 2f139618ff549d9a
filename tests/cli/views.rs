//! What people see of changes: `vault diff`, `vault log`, and git's own views through the drivers
//! that `vault git install` configures.

mod blind;
mod compared;
mod fallback;
mod past;
mod places;
mod revealed;
mod through_git;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use vault::crypto::NewIdentity;

use crate::support::{CANARY, Member, Outcome, Run, Sandbox, put};

/// A repository with the set `web`, drivers, and alice, who has the key.
struct Desk {
    sandbox: Sandbox,
    dir: PathBuf,
}

/// With what someone looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Eyes {
    /// alice, with her identity.
    Alice,
    /// A clone on a machine without identity.
    Nobody,
}

impl Desk {
    fn new() -> Self {
        Self::in_place("work", &[])
    }

    fn in_place(folder: &str, init: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let dir = sandbox.root().join(folder);
        for new in [&dir, &sandbox.root().join("bin"), &sandbox.root().join("nobody")] {
            std::fs::create_dir_all(new).unwrap();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_vault"));
        std::os::unix::fs::symlink(program, sandbox.root().join("bin/vault")).unwrap();
        let desk = Self { sandbox, dir };
        if folder == "work" {
            std::fs::remove_dir(desk.dir.join(".git")).unwrap();
        }
        desk.git(["init", "--quiet", "--initial-branch=main", "."].iter().chain(init));
        desk.vault(["init", "--name", "alice"]).succeeds();
        let values = [format!("URL=one-{CANARY}"), format!("TOKEN=two-{CANARY}")];
        desk.vault(["set", "web", &values[0], &values[1], "PORT=80"]).succeeds();
        desk.vault(["git", "install"]).succeeds();
        desk.commit("start");
        desk
    }

    fn vault<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.vault_as(Eyes::Alice, args).run()
    }

    fn vault_as<S: AsRef<OsStr>>(&self, who: Eyes, args: impl IntoIterator<Item = S>) -> Run {
        self.by(who, self.sandbox.command(args).cwd(&self.dir))
    }

    /// What git prints, which never is a value.
    #[track_caller]
    fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.git_as(Eyes::Alice, args).run().never_says(CANARY).quietly_enough().text()
    }

    fn git_as<S: AsRef<OsStr>>(&self, who: Eyes, args: impl IntoIterator<Item = S>) -> Run {
        let run = self.sandbox.git_command(&self.dir, "alice", args);
        let path =
            format!("{}:/usr/local/bin:/usr/bin:/bin", self.sandbox.root().join("bin").display());
        self.by(who, run.env("PATH", path))
    }

    fn by(&self, who: Eyes, run: Run) -> Run {
        let root = self.sandbox.root();
        match who {
            Eyes::Alice => run.env("XDG_CONFIG_HOME", root.join("config")),
            Eyes::Nobody => {
                let nobody = root.join("nobody");
                run.env("XDG_CONFIG_HOME", &nobody).env("XDG_STATE_HOME", nobody.join("state"))
            }
        }
    }

    #[track_caller]
    fn commit(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
    }

    #[track_caller]
    fn set(&self, pair: &str) {
        self.vault(["set", "web", pair]).succeeds();
    }

    fn file(&self) -> PathBuf {
        self.dir.join(".secrets/sets/web.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    /// What `vault diff` prints, which is not a value.
    #[track_caller]
    fn diff<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.diff_as(Eyes::Alice, args).never_says(CANARY).quietly().text()
    }

    fn diff_as<S: AsRef<OsStr>>(&self, who: Eyes, args: impl IntoIterator<Item = S>) -> Outcome {
        let words = args.into_iter().map(|word| word.as_ref().to_owned());
        self.vault_as(who, std::iter::once("diff".into()).chain(words)).run()
    }

    /// Puts an identity behind a passphrase where alice's is.
    fn lock(&self) {
        let passphrase = SecretString::from("correct horse".to_owned());
        let locked = NewIdentity::generate().to_encrypted_file("2026-01-01T00:00:00Z", passphrase);
        put(&self.sandbox.identity(), locked.unwrap());
    }

    /// Lets somebody read everything.
    #[track_caller]
    fn add(&self, name: &str) -> Member {
        let member = Member::new(name);
        self.vault(["recipient", "add", name, member.to.as_str()]).succeeds();
        member
    }
}

impl Outcome {
    /// Succeeds; of what is on stderr, nothing is vault's.
    #[track_caller]
    fn quietly_enough(self) -> Self {
        assert!(!self.stderr.contains("vault:"), "{}", self.stderr);
        self.succeeds()
    }
}

/// The text with each masked value's digits replaced, so that it can be compared.
fn dots(text: &str) -> String {
    let mut parts = text.split("••• ");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| {
        let digits = part.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        format!("{text}•••{}", if digits.is_some() { &part[8..] } else { part })
    })
}

/// The digits of a value in a text.
#[track_caller]
fn digits(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.contains(&format!("{key} = "))).expect(text);
    line.rsplit_once("••• ").unwrap().1.get(..8).unwrap().to_owned()
}
