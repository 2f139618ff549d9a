//! Somebody's machine: a vault with a pull secret for the registry, and clients that find the helper.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::server::{PASSWORD, Registry, USER};
use crate::house::{House, VAULT, said};

/// What every registry says to who may not pull.
pub(super) const REFUSED: [&str; 3] =
    ["unauthorized", "authentication required", "no basic auth credentials"];

/// A registry, and alice's machine with the pull secret `ci` for it.
pub(super) struct Place {
    pub(super) house: House,
    pub(super) registry: Registry,
}

impl Place {
    pub(super) fn new() -> Self {
        let place = Self::of(Registry::start());
        place.keep(PASSWORD);
        place
    }

    /// The same without a pull secret.
    pub(super) fn of(registry: Registry) -> Self {
        Self { house: House::of_alice(), registry }
    }

    /// Makes `ci` with this password, as a script would.
    pub(super) fn keep(&self, password: &str) {
        self.keep_as("ci", &self.registry.server(), USER, password);
    }

    /// Makes a pull secret, as a script would.
    pub(super) fn keep_as(&self, name: &str, server: &str, user: &str, password: &str) {
        let create = ["pull-secret", "create", name, server, "--replace", "--username", user];
        let mut vault = self.client(VAULT);
        vault.args(create).arg("--password-stdin");
        with_input(&mut vault, format!("{password}\n").as_bytes());
    }

    /// A program in the repository that finds `docker-credential-vault`.
    pub(super) fn client(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.house.command("true");
        let own = Path::new(VAULT).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap();
        let all = std::iter::once(own).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(all).unwrap();
        let environment: Vec<_> =
            command.get_envs().map(|(n, v)| (n.to_owned(), v.unwrap().to_owned())).collect();
        command = Command::new(program);
        command.current_dir(self.house.repo()).stdin(Stdio::null()).env_clear().envs(environment);
        command.env("PATH", path);
        command
    }

    /// `vault`, which must succeed.
    pub(super) fn done(&self, args: &[&str]) -> Vec<u8> {
        let output = self.client(VAULT).args(args).output().unwrap();
        assert!(output.status.success(), "vault {args:?}: {}", said(&output));
        output.stdout
    }

    /// Takes the identity away, and puts it back when `during` is over.
    pub(super) fn without_identity(&self, during: impl FnOnce()) {
        let identity = fs::read(self.house.identity()).unwrap();
        fs::remove_file(self.house.identity()).unwrap();
        during();
        put(&self.house.identity(), &identity);
    }

    /// A file of the machine's.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.house.path().join(name)
    }
}

pub(super) fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().write_all(bytes).unwrap();
}

/// Runs a client that must succeed.
#[track_caller]
pub(super) fn succeeds(command: &mut Command) -> Output {
    let output = run(command);
    assert!(output.status.success(), "{}", said(&output));
    output
}

/// Runs a client that must not get in, and says so in its own words.
#[track_caller]
pub(super) fn is_refused(command: &mut Command) -> String {
    let output = run(command);
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    assert!(REFUSED.iter().any(|words| said.contains(words)), "{said}");
    said
}

pub(super) fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_owned();
    command.output().unwrap_or_else(|why| panic!("this test needs {}: {why}", program.display()))
}

/// What a program writes that gets this input, and must succeed.
#[track_caller]
pub(super) fn with_input(command: &mut Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().to_owned();
    let child = command.spawn();
    let mut child =
        child.unwrap_or_else(|why| panic!("this test needs {}: {why}", program.display()));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    output.stdout
}
