//! A home with an identity, a repository with a vault, and `vault` run in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The program under test.
pub(super) const VAULT: &str = env!("CARGO_BIN_EXE_vault");

/// Stands in every value that a test sets, so that it can be looked for where it must not be.
pub(super) const CANARY: &str = "canary-5d1f";

/// One person's machine in one folder: `home/` and `repo/`. Gone when dropped.
pub(super) struct House {
    dir: TempDir,
    /// A place in memory that no other house has.
    memory: TempDir,
    variables: Vec<(String, String)>,
}

impl House {
    /// Neither identity nor vault.
    pub(super) fn empty() -> Self {
        let house = Self::in_new_folders(Vec::new());
        fs::create_dir(house.home()).unwrap();
        // Where `vault` stops looking for `.secrets`.
        fs::create_dir_all(house.repo().join(".git")).unwrap();
        house
    }

    fn in_new_folders(variables: Vec<(String, String)>) -> Self {
        let new = TempDir::with_prefix("vault-test-").unwrap();
        let memory = TempDir::with_prefix_in("vault-test-", "/dev/shm");
        Self { dir: new, memory: memory.expect("these tests need /dev/shm"), variables }
    }

    /// The same with a variable in the environment of every command, those of its copies too.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// alice's, with her identity and a vault of her own.
    pub(super) fn of_alice() -> Self {
        let house = Self::empty();
        house.done(&["init", "--name", "alice"]);
        house
    }

    /// The same again in another folder, whose name has the same length.
    pub(super) fn copied(&self) -> Self {
        let copy = Self::in_new_folders(self.variables.clone());
        copy_folder(self.path(), copy.path());
        self.carry_pins(&copy);
        copy
    }

    /// What was seen of the one repository was seen of the other.
    fn carry_pins(&self, copy: &Self) {
        let folder = copy.home().join(".local/state/vault/pins");
        let of = |house: &Self| {
            let digest = Sha256::digest(house.repo().as_os_str().as_encoded_bytes());
            folder.join(
                digest.iter().take(16).fold(String::new(), |name, b| format!("{name}{b:02x}")),
            )
        };
        let (old, new) = (of(self), of(copy));
        if old.exists() {
            let text = fs::read_to_string(&old).unwrap();
            let text = text.replace(self.path().to_str().unwrap(), copy.path().to_str().unwrap());
            fs::remove_file(old).unwrap();
            File::create(new).unwrap().write_all(text.as_bytes()).unwrap();
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where `vault` finds a file system in memory.
    pub(super) fn memory(&self) -> &Path {
        self.memory.path()
    }

    pub(super) fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub(super) fn repo(&self) -> PathBuf {
        self.path().join("repo")
    }

    pub(super) fn identity(&self) -> PathBuf {
        self.home().join(".config/vault/identity.txt")
    }

    pub(super) fn set_file(&self, set: &str) -> PathBuf {
        self.repo().join(format!(".secrets/sets/{set}.toml"))
    }

    /// `program` in the repository, with an environment of its own.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.repo()).stdin(Stdio::null()).env_clear();
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.env("XDG_RUNTIME_DIR", self.memory());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `vault` to its end.
    pub(super) fn vault(&self, args: &[&str]) -> Output {
        self.command(VAULT).args(args).output().unwrap()
    }

    /// The output of `vault`, which must succeed.
    pub(super) fn done(&self, args: &[&str]) -> Vec<u8> {
        let output = self.vault(args);
        assert!(output.status.success(), "vault {args:?}: {}", said(&output));
        output.stdout
    }

    /// Every file of the machine, by its path below it.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.path(), &mut found);
        found
    }
}

/// Everything a process said, and how it ended.
pub(super) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), found);
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
