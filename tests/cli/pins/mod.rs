//! What this machine has seen before: files exchanged and put back, branches, keys of members, and
//! the file it stands in.

mod branches;
mod command;
mod files;
mod members;
mod state;
mod values;

use std::fs;
use std::path::PathBuf;

use crate::envelope::by_hand::{File, Value, random};
use crate::support::{Outcome, Run, Sandbox};

/// alice's machine: a work tree in git, whose files are made by hand, so that their data keys are
/// at hand too.
struct Story {
    sandbox: Sandbox,
    alice: String,
}

impl Story {
    fn new() -> Self {
        let sandbox = Sandbox::with_vault().with_git();
        let identity = fs::read_to_string(sandbox.identity()).unwrap();
        let alice = identity.lines().find_map(|line| line.strip_prefix("# public key: "));
        let alice = alice.unwrap().to_owned();
        sandbox.commit("vault");
        Self { sandbox, alice }
    }

    /// The first epoch of a set `web`, in which A has this value, as anyone could make it who knows
    /// alice's public key.
    fn made(&self, value: &str) -> File {
        self.sealed(File::set("web"), value)
    }

    /// The next epoch of a set, which the older vouches for.
    fn rotated(&self, older: &File, value: &str) -> File {
        let mut file = self.unlinked(older, value);
        file.prev = vec![file.link_from(older)];
        file
    }

    /// The same with nobody to vouch for it: the id and all names are public.
    fn unlinked(&self, older: &File, value: &str) -> File {
        let same = File { id: older.id, name: older.name.clone(), ..File::set("") };
        self.sealed(same.epoch(older.epoch + 1), value)
    }

    fn sealed(&self, file: File, value: &str) -> File {
        let since = file.epoch;
        let to: age::x25519::Recipient = self.alice.parse().unwrap();
        let file = File { data_key: random(), ..file };
        file.reader("alice", &self.alice, &to).value("A", Value::of(value.as_bytes(), since))
    }

    /// Puts a file where it belongs.
    fn put(&self, file: &File) -> &Self {
        self.sandbox.put(&format!(".secrets/sets/{}.toml", file.name), file.text());
        self
    }

    /// The same, and commits it.
    fn push(&self, file: &File) -> &Self {
        self.put(file).sandbox.commit(&format!("{} epoch {}", file.name, file.epoch));
        self
    }

    /// A command of a colleague with alice's key on another machine, in the same work tree: what
    /// that machine has seen is kept elsewhere.
    fn colleague(&self, args: &[&str]) -> Run {
        let state = self.sandbox.root().join("colleague");
        self.sandbox.command(args).env("XDG_STATE_HOME", state)
    }

    #[track_caller]
    fn reads(&self, value: &str) -> &Self {
        assert_eq!(self.sandbox.vault(["get", "web", "A"]).quietly().text(), value);
        self.sandbox.vault(["exec", "web", "--", "true"]).quietly();
        self
    }

    /// No command hands out anything of the set `web` or writes over it, and each says why.
    #[track_caller]
    fn refuses(&self, words: &[&str]) -> &Self {
        let text = self.sandbox.set_text("web");
        for (command, code) in [
            (&["get", "web", "A"][..], 4),
            (&["export", "web", "--format", "json"], 4),
            (&["exec", "web", "--", "env"], 125),
            (&["set", "web", "A=x"], 4),
            (&["unset", "web", "A"], 4),
            (&["rename", "web", "A", "B"], 4),
            (&["rename", "web", "other"], 4),
            (&["copy", "web", "other"], 4),
        ] {
            let outcome = self.sandbox.vault(command);
            assert_eq!(outcome.text(), "", "{command:?}");
            outcome.fails(code, words).fails(code, &["sets/web.toml", "`vault trust web`"]);
        }
        assert_eq!(self.sandbox.set_text("web"), text, "written over");
        self
    }

    #[track_caller]
    fn trusts(&self, name: &str) -> Outcome {
        self.sandbox.vault(["trust", name, "--yes"]).succeeds()
    }

    /// Where the pins of the work tree stand.
    fn pins(&self) -> PathBuf {
        let folder = self.sandbox.home().join(".local/state/vault/pins");
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = files.next().unwrap();
        assert!(files.next().is_none(), "more than one");
        file
    }

    fn remembered(&self) -> String {
        fs::read_to_string(self.pins()).unwrap()
    }
}
