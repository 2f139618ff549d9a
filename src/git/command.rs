//! Running the git binary.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::model::IDENTITY_VARIABLES;
use crate::store::NoHistory;

/// Before every command. What it prints must not depend on the user's settings, and none of them
/// may make it run a program: no pager, no monitor, no hook; a path is a path and no pattern; and
/// an object is itself, not what a local ref says it be replaced with.
const HARDENED: &[&str] = &[
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "--no-replace-objects",
    "-c",
    "core.quotePath=false",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null/vault",
    "-c",
    "blame.ignoreRevsFile=",
];

/// Where git finds no hooks while vault runs it; nobody else calls a folder so.
pub(super) const NO_HOOKS: &str = "/dev/null/vault";

/// What git sets for the hooks it runs. The repository is the one the vault is in, whoever calls;
/// the rest (index, objects, configuration) is left as git would have it.
const PLACES: &[&str] = &["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"];

/// What else git sets for a hook, which belongs to the repository whose hook it is.
const OF_HOOK: &[&str] = &[
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// git, in one folder of a work tree.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
    places: Places,
    hooks: Hooks,
}

/// Whose the rest of what git says to hooks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hooks {
    /// This repository's, if anybody's.
    Own,
    /// Another one's: that of a repository around this one, or within it.
    Foreign,
}

/// Which repository is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    /// The one the folder is in.
    Found,
    /// The one git names to the hooks it runs, if it does.
    Given,
}

impl Git {
    /// In this folder. Paths are relative to it.
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), places: Places::Found, hooks: Hooks::Own }
    }

    /// Where this process runs: in a hook the repository whose hook it is, which need not have a
    /// work tree, and else the one the current folder is in.
    pub fn as_called() -> Self {
        Self { folder: PathBuf::from("."), places: Places::Given, hooks: Hooks::Own }
    }

    /// Whether git says to this process where the repository is, as it does to hooks.
    pub fn is_told() -> bool {
        std::env::var_os("GIT_DIR").is_some()
    }

    /// Whether the repository has no work tree.
    pub fn is_bare(&self) -> bool {
        let said = self.run(["rev-parse", "--is-bare-repository"]);
        said.is_ok_and(|said| said.trim_ascii() == b"true")
    }

    /// The same, but for what git says to the hook of another repository that this runs in. A
    /// `.secrets` that is a repository of its own has an index of its own.
    pub(super) fn apart_from_hooks_of_others(mut self) -> Self {
        if OF_HOOK.iter().all(|name| std::env::var_os(name).is_none()) {
            return self;
        }
        let folder = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        let called = Self::as_called().run(folder);
        if called.is_ok_and(|called| self.run(folder).is_ok_and(|own| own != called)) {
            self.hooks = Hooks::Foreign;
        }
        self
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether git could find a repository. Where it cannot, it need not be started.
    pub(super) fn is_below_repository(&self) -> bool {
        let folder = self.folder.canonicalize().unwrap_or_default();
        folder.ancestors().map(|above| above.join(".git")).any(|git| {
            // A work tree beside its repository has a file there.
            git.is_file() || git.join("HEAD").exists()
        })
    }

    /// What a command prints, if it ends well.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, NoHistory> {
        succeeded(&self.output(args)?)
    }

    /// How a command ends, and what it prints.
    pub(super) fn output<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Output, NoHistory> {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).output().map_err(|why| not_run(&why))
    }

    /// What a command prints that reads `input`.
    pub(super) fn feed<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<Vec<u8>, NoHistory> {
        let mut child = self.start(args)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // One that stops reading says why in how it ends.
                let _: Option<std::io::Result<()>> = stdin.map(|mut to| to.write_all(input));
            });
            child.wait_with_output()
        });
        succeeded(&output.map_err(|why| not_run(&why))?)
    }

    /// A command that answers questions, one after the other.
    pub(super) fn start<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Child, NoHistory> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).spawn().map_err(|why| not_run(&why))
    }

    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command.args(HARDENED).args(args).current_dir(&self.folder);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let places = if self.places == Places::Found { PLACES } else { &[] };
        let of_hook = if self.hooks == Hooks::Foreign { OF_HOOK } else { &[] };
        for name in IDENTITY_VARIABLES.iter().chain(places).chain(of_hook) {
            command.env_remove(name);
        }
        // What is missing of a partial clone is not fetched: no network, and no prompt.
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
        command.env("LC_ALL", "C");
        command
    }
}

fn succeeded(output: &Output) -> Result<Vec<u8>, NoHistory> {
    if output.status.success() { Ok(output.stdout.clone()) } else { Err(refused(&output.stderr)) }
}

/// What git said, in one line.
pub(super) fn refused(stderr: &[u8]) -> NoHistory {
    let text = String::from_utf8_lossy(stderr);
    if text.contains("not a git repository") {
        return NoHistory::NoRepository;
    }
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    NoHistory::Failed(line.escape_debug().to_string())
}

pub(super) fn not_run(why: &std::io::Error) -> NoHistory {
    match why.kind() {
        std::io::ErrorKind::NotFound => NoHistory::NoGit,
        _ => NoHistory::Failed(why.to_string()),
    }
}
