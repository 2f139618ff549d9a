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
    "core.hooksPath=/dev/null",
    "-c",
    "blame.ignoreRevsFile=",
];

/// What git sets for the hooks it runs. The repository is the one the vault is in, whoever calls;
/// the rest (index, objects, configuration) is left as git would have it.
const PLACES: &[&str] = &["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"];

/// git, in one folder of a work tree.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
    places: Places,
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
        Self { folder: folder.to_owned(), places: Places::Found }
    }

    /// Where this process runs: in a hook the repository whose hook it is, which need not have a
    /// work tree, and else the one the current folder is in.
    pub fn as_called() -> Self {
        Self { folder: PathBuf::from("."), places: Places::Given }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
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
        for name in IDENTITY_VARIABLES.iter().chain(places) {
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
