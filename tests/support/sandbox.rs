//! A temporary home, a work tree in it, and the built binary run there with an empty environment.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::{lossy, put};

/// Nothing of it is shared with another test, nor with whoever runs the tests.
pub(crate) struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// A home without identity and an empty work tree.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["home", "config", "work/.git"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        Self { dir }
    }

    /// The same with a vault whose one member is alice.
    pub(crate) fn with_vault() -> Self {
        let sandbox = Self::new();
        sandbox.vault(["init", "--name", "alice"]).succeeds();
        sandbox
    }

    /// The same with a set.
    pub(crate) fn with_set(name: &str, pairs: &[&str]) -> Self {
        let sandbox = Self::with_vault();
        sandbox.vault(["set", name].iter().chain(pairs)).succeeds();
        sandbox
    }

    pub(crate) fn root(&self) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root().join("work")
    }

    /// Where `vault init` puts an identity.
    pub(crate) fn identity(&self) -> PathBuf {
        self.root().join("config/vault/identity.txt")
    }

    pub(crate) fn set_path(&self, name: &str) -> PathBuf {
        self.work().join(format!(".secrets/sets/{name}.toml"))
    }

    pub(crate) fn pull_path(&self, name: &str) -> PathBuf {
        self.work().join(format!(".secrets/pull/{name}.toml"))
    }

    pub(crate) fn pull_text(&self, name: &str) -> String {
        fs::read_to_string(self.pull_path(name)).unwrap()
    }

    pub(crate) fn set_text(&self, name: &str) -> String {
        fs::read_to_string(self.set_path(name)).unwrap()
    }

    /// Writes a file into the work tree and returns where it is.
    pub(crate) fn put(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, bytes);
        path
    }

    /// Runs git in the work tree, as a person who is called alice; gives what it prints.
    #[track_caller]
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.git_in(&self.work(), "alice", args)
    }

    /// Runs git anywhere below the sandbox, as anyone.
    #[track_caller]
    pub(crate) fn git_in<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        who: &str,
        args: impl IntoIterator<Item = S>,
    ) -> String {
        self.git_command(dir, who, args).run().succeeds().text()
    }

    /// git with these arguments, not yet started.
    pub(crate) fn git_command<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        who: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Run {
        let mut command = Command::new("git");
        command.args(args).current_dir(dir).env_clear();
        command.env("HOME", self.home()).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), who);
            command.env(format!("GIT_{role}_EMAIL"), format!("{who}@example.org"));
        }
        Run { command, stdin: Vec::new() }
    }

    /// Makes the work tree a git repository.
    pub(crate) fn with_git(self) -> Self {
        self.git(["init", "--quiet", "--initial-branch=main", "."]);
        self
    }

    /// Commits everything in the work tree.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
    }

    /// The binary with these arguments, not yet started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.program(env!("CARGO_BIN_EXE_vault"), args)
    }

    /// `docker-credential-vault` with this verb, not yet started.
    pub(crate) fn credential(&self, verb: &str) -> Run {
        self.program(env!("CARGO_BIN_EXE_docker-credential-vault"), [verb])
    }

    /// Any program, as [`command`](Self::command).
    pub(crate) fn program<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = S>,
    ) -> Run {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.work()).env_clear();
        command.env("HOME", self.home()).env("XDG_CONFIG_HOME", self.root().join("config"));
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        Run { command, stdin: Vec::new() }
    }

    /// Runs the binary in the work tree.
    pub(crate) fn vault<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.command(args).run()
    }
}

/// A command about to run.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

impl Run {
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn cwd(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// The command itself, for a test that connects it otherwise.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    pub(crate) fn run(mut self) -> Outcome {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // What does not read its stdin closes it.
        let _: std::io::Result<()> = stdin.write_all(&self.stdin);
        drop(stdin);
        Outcome::from(child.wait_with_output().unwrap())
    }
}

/// How a command ended and what it wrote.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: output.stdout,
            stderr: lossy(&output.stderr),
        }
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.ends(0)
    }

    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.text(), self.stderr);
        self
    }

    /// Ends with the code, and stderr holds each of the words.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in:\n{}", self.stderr);
        }
        self.ends(code)
    }

    /// Succeeds, and stderr says nothing at all.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.stderr, "");
        self.succeeds()
    }

    pub(crate) fn text(&self) -> String {
        lossy(&self.stdout)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// Neither stream holds the text.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        let all = format!("{}{}", self.text(), self.stderr);
        assert!(!all.contains(text), "{:?}: {all}", self.code);
        self
    }
}
