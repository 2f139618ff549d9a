//! Sealed files merged by real git, through the driver that `vault git install` configures.

mod fallback;
mod fix;
mod hostile;
mod install;
mod leaks;
mod markers;
mod operations;
mod places;
mod random;
mod resolve;
mod rows;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use vault::crypto::{Identities, NoPassphrase};
use vault::envelope::{Opened, Sealed, Trust};
use vault::model::{SecretSet, SecretValue};

use crate::support::{Member, Outcome, Run, Sandbox, put};

/// What git finds when it wants to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// The driver, and an identity that opens the file.
    Key,
    /// The driver alone.
    NoKey,
    /// A configured driver whose program is not there.
    Missing,
    /// A configured driver, and another program called vault.
    Other,
    /// No configuration at all.
    Unconfigured,
}

/// One change of a file.
#[derive(Debug, Clone, Copy)]
enum Do {
    Set(&'static str, &'static str),
    Unset(&'static str),
    Add(&'static str),
    Remove(&'static str),
    Rotate,
}

type Values = BTreeMap<String, String>;

/// A repository with the set `web`, of ten keys, which alice, dave and zoe read.
struct Repo {
    sandbox: Sandbox,
    /// The folder that holds `.git`.
    dir: PathBuf,
    /// The set, from there.
    file: PathBuf,
    people: Vec<Member>,
}

impl Repo {
    fn new() -> Self {
        Self::in_place("work", "", &[])
    }

    /// A repository in `folder` of the sandbox, with its vault in `below` of that.
    fn in_place(folder: &str, below: &str, init: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let dir = sandbox.root().join(folder);
        let vault = dir.join(below);
        for new in [&vault, &sandbox.root().join("bin"), &sandbox.root().join("tmp")] {
            fs::create_dir_all(new).unwrap();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_vault"));
        std::os::unix::fs::symlink(program, sandbox.root().join("bin/vault")).unwrap();
        let people = ["bob", "carl", "dave", "yves", "zoe"].map(Member::new).into();
        let file = Path::new(below).join(".secrets/sets/web.toml");
        let repo = Self { sandbox, dir, file, people };
        if folder == "work" {
            fs::remove_dir(repo.dir.join(".git")).unwrap();
        }
        repo.git(["init", "--quiet", "--initial-branch=main", "."].iter().chain(init)).succeeds();
        repo.vault_in(&vault, ["init", "--name", "alice"]).succeeds();
        let pairs: Vec<String> = (0..10).map(|n| format!("K{n}=value-{n}")).collect();
        let words = ["set", "web"].map(str::to_owned).into_iter().chain(pairs);
        repo.vault_in(&vault, words).succeeds();
        repo.edit(&[Do::Add("dave"), Do::Add("zoe")]);
        repo.vault_in(&vault, ["git", "install"]).succeeds();
        repo.commit("start");
        repo.git(["tag", "start"]).succeeds();
        repo
    }

    /// The binary, in the folder of the vault.
    fn vault<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.vault_in(self.dir.join(&self.file).ancestors().nth(3).unwrap(), args)
    }

    fn vault_in<S: AsRef<OsStr>>(&self, dir: &Path, args: impl IntoIterator<Item = S>) -> Outcome {
        self.sandbox.command(args).cwd(dir).run()
    }

    /// git, with driver and key.
    fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.git_with(Tool::Key, args)
    }

    fn git_with<S: AsRef<OsStr>>(&self, tool: Tool, args: impl IntoIterator<Item = S>) -> Outcome {
        self.git_command(tool, args).run()
    }

    fn git_command<S: AsRef<OsStr>>(&self, tool: Tool, args: impl IntoIterator<Item = S>) -> Run {
        let root = self.sandbox.root();
        let folders = match tool {
            Tool::Missing => vec![],
            Tool::Other => vec![root.join("other"), root.join("bin")],
            Tool::Key | Tool::NoKey | Tool::Unconfigured => vec![root.join("bin")],
        };
        let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
        let path = std::env::join_paths(folders.into_iter().chain(system)).unwrap();
        let run = self.sandbox.git_command(&self.dir, "alice", args).env("PATH", path);
        let run = run.env("TMPDIR", root.join("tmp"));
        match tool {
            Tool::Key => run.env("XDG_CONFIG_HOME", root.join("config")),
            Tool::Unconfigured => run.env("GIT_CONFIG_GLOBAL", "/dev/null"),
            Tool::NoKey | Tool::Missing | Tool::Other => run,
        }
    }

    #[track_caller]
    fn commit(&self, message: &str) {
        self.git(["add", "--all"]).succeeds();
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]).succeeds();
    }

    /// A branch with these changes, on top of `from`.
    #[track_caller]
    fn branch(&self, name: &str, from: &str, changes: &[Do]) {
        self.git(["checkout", "--quiet", "--force", "-B", name, from]).succeeds();
        for change in changes {
            self.edit(&[*change]);
            self.commit(name);
        }
    }

    /// Both branches, with ours checked out, on a machine that has seen no others.
    #[track_caller]
    fn branches(&self, ours: &[Do], theirs: &[Do]) {
        self.forget();
        self.branch("theirs", "start", theirs);
        self.branch("ours", "start", ours);
    }

    /// This machine has never seen the vault.
    fn forget(&self) {
        let pins = self.sandbox.home().join(".local/state/vault/pins");
        if pins.exists() {
            fs::remove_dir_all(pins).unwrap();
        }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.dir.join(&self.file)).unwrap()
    }

    fn edit(&self, changes: &[Do]) {
        let mut set = self.open(&self.text()).unwrap();
        for change in changes {
            self.apply(&mut set, *change);
        }
        put(&self.dir.join(&self.file), set.seal().unwrap().render());
    }

    /// The file, if alice can open it.
    fn open(&self, text: &str) -> Option<Opened<SecretSet>> {
        let mut identities = Identities::new(Box::new(NoPassphrase));
        identities.add(&fs::read(self.sandbox.identity()).unwrap(), "alice").unwrap();
        Sealed::parse(text.as_bytes(), &"web".parse().unwrap()).ok()?.open(&identities).ok()
    }

    fn apply(&self, set: &mut Opened<SecretSet>, change: Do) {
        let person = |name| self.people.iter().find(|m| m.name.as_str() == name).unwrap();
        match change {
            Do::Set(key, value) => {
                let value = SecretValue::new(value.into()).unwrap();
                set.set(&key.parse().unwrap(), value).unwrap();
            }
            Do::Unset(key) => set.unset(&key.parse().unwrap()).unwrap(),
            Do::Add(name) => {
                let person = person(name);
                let (name, to) = (person.name.clone(), person.to.clone());
                set.add_recipient(name, to, Trust::Named).unwrap();
            }
            Do::Remove(name) => set.remove_recipients(&[name.parse().unwrap()]).unwrap(),
            Do::Rotate => set.rotate().unwrap(),
        }
    }

    /// What alice finds in the file, and who reads it.
    #[track_caller]
    fn content(&self, text: &str) -> (Values, Vec<String>) {
        let set = self.open(text).unwrap_or_else(|| panic!("cannot be opened:\n{text}"));
        let value = |value: &SecretValue| String::from_utf8(value.expose().to_vec()).unwrap();
        let values = set.entries().map(|(key, entry)| (key.to_string(), value(entry.value())));
        (values.collect(), set.recipients().map(|(name, _)| name.to_string()).collect())
    }

    /// What the file must come to: the start, and all of these changes.
    fn expected(changes: &[Do]) -> (Values, Vec<String>) {
        let mut values: Values = (0..10).map(|n| (format!("K{n}"), format!("value-{n}"))).collect();
        let mut people = vec!["alice".to_owned(), "dave".into(), "zoe".into()];
        for change in changes {
            match *change {
                Do::Set(key, value) => drop(values.insert(key.into(), value.into())),
                Do::Unset(key) => drop(values.remove(key)),
                Do::Add(name) => people.push(name.into()),
                Do::Remove(name) => people.retain(|person| person != name),
                Do::Rotate => {}
            }
        }
        people.sort();
        (values, people)
    }

    /// The three versions of a file that git left for a person.
    #[track_caller]
    fn assert_conflict(&self, outcome: &Outcome) {
        assert_eq!(outcome.code, Some(1), "{}\n{}", outcome.text(), outcome.stderr);
        let stages = self.git(["ls-files", "--unmerged"]).text();
        assert_eq!(stages.lines().count(), 3, "{stages}");
        let text = self.text();
        for marker in ["\n<<<<<<< ", "\n=======\n", "\n>>>>>>> "] {
            assert!(text.contains(marker), "{text}");
        }
    }
}
