//! Becoming the command.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

use thiserror::Error;

use super::env::ChildEnv;
use super::error::EnvError;
#[cfg(unix)]
use super::find;
#[cfg(unix)]
use super::harden::release;
#[cfg(unix)]
use super::size::Load;
use super::size::TooMuch;

/// Becomes the command; returns only if that fails.
///
/// The command is looked up in the `PATH` that vault was started with, whatever the command's own
/// will be, and sees itself called as it was typed. The process stays the same one, so signals,
/// job control, terminal and exit status are the command's own. An executable text without `#!` is
/// run by `/bin/sh`, as `execvp`, `env` and every shell do.
#[cfg(unix)]
pub fn replace(env: &ChildEnv<'_>, command: &OsStr, args: &[OsString]) -> ExecError {
    use std::os::unix::process::CommandExt;

    let program = match find::in_own_path(command) {
        Ok(program) => program,
        Err(error) => return error,
    };
    let load = Load { env, program: &program, name: command, args };
    release();
    let mut error = direct(load).exec();
    // glibc and macOS have tried this by now; musl leaves it to the caller.
    if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) {
        error = by_shell(load).exec();
    }
    match error.kind() {
        io::ErrorKind::ArgumentListTooLong => load.too_much().into(),
        _ => find::explain(command, &program, &error),
    }
}

/// The command itself, with its environment and nothing of vault's.
///
/// std also empties the signal mask and gives SIGPIPE, which Rust ignores, its default action.
#[cfg(unix)]
pub(super) fn direct(load: Load<'_>) -> Command {
    use std::os::unix::process::CommandExt;

    let mut command = Command::new(load.program);
    command.arg0(load.name).args(load.args).env_clear().envs(load.env.pairs());
    command
}

/// The command as a text that the shell is to read.
#[cfg(unix)]
fn by_shell(load: Load<'_>) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg(load.program).args(load.args).env_clear().envs(load.env.pairs());
    command
}

/// Runs the command, waits, and exits with its code; returns only if it cannot be started.
///
/// A process cannot become another one here. The search is the system's: a set cannot change
/// `PATH`, and vault's own comes last in it.
#[cfg(not(unix))]
pub fn replace(env: &ChildEnv<'_>, command: &OsStr, args: &[OsString]) -> ExecError {
    let mut child = Command::new(command);
    match child.args(args).env_clear().envs(env.pairs()).status() {
        #[expect(clippy::exit, reason = "the nearest thing to becoming the command")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ExecError::NotFound { command: command.to_owned() }
        }
        Err(error) => {
            let obstacle = Obstacle::System(error.kind(), error.raw_os_error());
            ExecError::CannotRun { command: command.to_owned(), obstacle }
        }
    }
}

/// Why there is no running command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExecError {
    /// Its environment cannot be built.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// Its arguments and environment are more than the system takes.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// There is no such file, or none in any folder of `PATH`.
    #[error("{}: command not found", .command.display())]
    NotFound {
        /// The command as typed.
        command: OsString,
    },
    /// There is such a file, but it cannot be run.
    #[error("{}: {obstacle}", .command.display())]
    CannotRun {
        /// The command as typed.
        command: OsString,
        /// What stands in the way.
        obstacle: Obstacle,
    },
    /// Whoever started vault ignores the end of children, and that is inherited.
    #[error("vault was started with SIGCHLD ignored, so it could not see how a command ends")]
    ChildrenEndUnseen,
    /// The system does not let vault stay beside a command.
    #[error("cannot stay beside a command: {0}")]
    CannotSupervise(Obstacle),
    /// The vault that was to stay beside it is gone.
    #[error("{}: not started, because the vault that supervises it was killed", .command.display())]
    SupervisorDied {
        /// The command as typed.
        command: OsString,
    },
}

impl ExecError {
    /// The exit status that scripts know such a failure by: 127 when there is no command, 126 when
    /// it cannot be run, 125 when vault did not get as far as it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Env(_)
            | Self::TooMuch(_)
            | Self::ChildrenEndUnseen
            | Self::CannotSupervise(_)
            | Self::SupervisorDied { .. } => 125,
            Self::CannotRun { .. } => 126,
            Self::NotFound { .. } => 127,
        }
    }

    /// What to type instead, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Env(error) => error.hint(),
            Self::TooMuch(_) => {
                Some("`--except KEY` leaves a key out, `--file KEY` passes it as a file".into())
            }
            Self::ChildrenEndUnseen => {
                Some("`env --default-signal=CHLD vault exec …` turns that off".into())
            }
            Self::NotFound { .. }
            | Self::CannotRun { .. }
            | Self::CannotSupervise(_)
            | Self::SupervisorDied { .. } => None,
        }
    }
}

/// Why a file that is there cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// It is no file.
    #[error("is a directory")]
    Directory,
    /// Its mode, its folder's, or its file system's mount options say no.
    #[error("permission to run it is denied")]
    Permission,
    /// The file itself is there; what its `#!` line or its header names is not.
    #[error("the interpreter or loader that it names is not there")]
    Interpreter,
    /// Anything else, in the system's words.
    #[error("{_0}{}", .1.map(|code| format!(" (os error {code})")).unwrap_or_default())]
    System(
        /// The kind of failure.
        io::ErrorKind,
        /// The system's number for it.
        Option<i32>,
    ),
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::fixture::Sets;
    use crate::exec::{Inherit, Options};
    use proptest::prelude::*;
    use rustix::io::Errno;
    use std::collections::BTreeMap;
    use std::env;
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::ExitStatusExt;
    use std::path::{Path, PathBuf};
    use std::process::{Output, Stdio};

    /// The command of the process that is to become it: program and arguments, one a line.
    const COMMAND: &str = "VAULT_TEST_COMMAND";
    /// How many large keys the set holds beside `TOKEN`.
    const LARGE: &str = "VAULT_TEST_LARGE_KEYS";

    /// Not a test of its own: `become_in_a_process` runs it in a process that may be replaced.
    #[test]
    #[expect(clippy::exit, reason = "the exit code is what is tested")]
    fn becomes_the_command_when_asked_to() {
        let Some(command) = env::var_os(COMMAND) else { return };
        let large = env::var(LARGE).map_or(0, |count| count.parse().unwrap());
        let large: Vec<_> =
            (0..large).map(|n| (format!("LARGE_{n}"), vec![b'v'; 120_000])).collect();
        let mut entries: Vec<(&str, &[u8])> = vec![("TOKEN", b"s3 cret\xff\n")];
        entries.extend(large.iter().map(|(key, value)| (key.as_str(), value.as_slice())));
        let sets = Sets::of(&[("web", &entries)]);
        let options = Options { inherit: Inherit::Pristine { pass: vec![] }, ..Options::default() };
        let env = ChildEnv::build(sets.layers(), env::vars_os(), &options).unwrap();
        let words: Vec<_> = command
            .as_bytes()
            .split(|b| *b == b'\n')
            .map(|w| OsStr::from_bytes(w).into())
            .collect();
        let words: &[OsString] = &words;
        let error = replace(&env, &words[0], &words[1..]);
        eprint!("{error}");
        std::process::exit(error.exit_code().into());
    }

    fn become_in_a_process(path: &str, words: &[&str]) -> (u32, Output) {
        let child = process(path, words).spawn().unwrap();
        (child.id(), child.wait_with_output().unwrap())
    }

    fn process(path: &str, words: &[&str]) -> Command {
        let this = "exec::replace::tests::becomes_the_command_when_asked_to";
        let mut test = Command::new(env::current_exe().unwrap());
        test.args([this, "--exact", "--nocapture"]);
        test.env(COMMAND, words.join("\n")).env("PATH", path);
        test.stdout(Stdio::piped()).stderr(Stdio::piped());
        test
    }

    fn stderr_of(path: &str, words: &[&str]) -> String {
        String::from_utf8(become_in_a_process(path, words).1.stderr).unwrap()
    }

    fn failure_of(path: &str, words: &[&str]) -> (Option<i32>, String) {
        let (_, output) = become_in_a_process(path, words);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Written by another process: while this one has a file open for writing, a child forked by
    /// another test has it open too, and nobody can run it.
    fn executable(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        let write = "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"";
        let mut shell = Command::new("/bin/sh");
        let status = shell.args(["-c", write, "sh", text]).arg(&path).status();
        assert!(status.unwrap().success());
        path
    }

    #[test]
    fn the_command_takes_the_place_of_the_process() {
        let (id, output) = become_in_a_process("/usr/bin:/bin", &["sh", "-c", "echo $$ >&2"]);
        assert_eq!(String::from_utf8(output.stderr).unwrap().trim(), id.to_string());
        let (_, output) = become_in_a_process("/usr/bin:/bin", &["sh", "-c", "exit 42"]);
        assert_eq!(output.status.code(), Some(42));
        let (_, output) = become_in_a_process("/usr/bin:/bin", &["sh", "-c", "kill -TERM $$"]);
        assert_eq!(output.status.signal(), Some(15));
    }

    #[test]
    fn the_command_sees_its_name_as_typed_and_only_its_own_environment() {
        assert_eq!(stderr_of("/usr/bin:/bin", &["sh", "-c", "echo \"$0\" >&2"]), "sh\n");
        let (_, output) = become_in_a_process("/usr/bin:/bin", &["env", "-0"]);
        // What comes before is the test runner's own greeting.
        assert!(output.stdout.ends_with(b"\nTOKEN=s3 cret\xff\n\0"), "{:?}", output.stdout);
    }

    #[test]
    fn the_command_is_looked_up_in_vaults_own_path_even_when_it_gets_none() {
        let folder = tempfile::tempdir().unwrap();
        executable(
            folder.path(),
            "hello",
            "#!/bin/sh\necho \"${PATH-none}\" >/dev/null; echo hi >&2",
        );
        assert_eq!(stderr_of(folder.path().to_str().unwrap(), &["hello"]), "hi\n");
        assert_eq!(failure_of("/usr/bin:/bin", &["hello"]).0, Some(127));
    }

    #[test]
    fn a_text_without_interpreter_line_is_run_by_the_shell() {
        let folder = tempfile::tempdir().unwrap();
        let path = executable(folder.path(), "bare", "echo \"$TOKEN $1\" | od -An -c >&2");
        let seen = stderr_of("/", &[path.to_str().unwrap(), "x"]);
        assert!(seen.contains("s   3       c   r   e   t 377"), "{seen}");

        let sets = Sets::of(&[("web", &[("TOKEN", "x")])]);
        let options = Options::default();
        let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
        let path = executable(folder.path(), "args", "echo \"$@\" $TOKEN");
        let args = ["a b".into(), "c".into()];
        let load = Load { env: &env, program: &path, name: OsStr::new("args"), args: &args };
        assert_eq!(by_shell(load).output().unwrap().stdout, b"a b c x\n");
    }

    #[test]
    fn no_such_command_is_127_and_one_that_cannot_run_is_126() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        executable(folder.path(), "script", "#!/no/such/interpreter\n");
        let locked = executable(folder.path(), "locked", "#!/bin/sh\n");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o644)).unwrap();
        let too_long = format!("invalid filename (os error {})", Errno::NAMETOOLONG.raw_os_error());
        for (command, code, words) in [
            (at("none"), 127, "command not found"),
            (at("none/x"), 127, "command not found"),
            (at("script/x"), 127, "command not found"),
            ("none-such".into(), 127, "command not found"),
            (String::new(), 127, "command not found"),
            (at("script"), 126, "the interpreter or loader that it names is not there"),
            (at("locked"), 126, "permission to run it is denied"),
            (at(""), 126, "is a directory"),
            ("/".repeat(5000), 126, &too_long),
        ] {
            let expected = (Some(code), format!("{command}: {words}"));
            assert_eq!(failure_of("/usr/bin:/bin", &[&command]), expected);
        }
    }

    #[test]
    fn more_than_any_system_takes_is_125_and_says_what_is_large() {
        let mut process = process("/usr/bin:/bin", &["true"]);
        let output = process.env(LARGE, "60").output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(125), "{words}");
        assert!(words.contains("the largest are LARGE_10 (120009 bytes), "), "{words}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_command_sees_exactly_the_bytes_of_each_value(
            wanted in proptest::collection::btree_map(
                "[A-Za-z0-9_-]{8,64}",
                proptest::collection::vec(1_u8.., 0..300),
                0..20,
            ),
        ) {
            let entries: Vec<_> = wanted.iter().map(|(k, v)| (k.as_str(), v.as_slice())).collect();
            let sets = Sets::of(&[("web", &entries)]);
            let options = Options::default();
            let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
            let args = ["-0".into()];
            let program = Path::new("/usr/bin/env");
            let load = Load { env: &env, program, name: program.as_os_str(), args: &args };
            let output = direct(load).output().unwrap();
            prop_assert!(output.status.success());
            let seen: BTreeMap<String, Vec<u8>> = output
                .stdout
                .split_inclusive(|b| *b == 0)
                .map(|line| {
                    let (name, value) = line.split_at(line.iter().position(|b| *b == b'=').unwrap());
                    (String::from_utf8(name.to_vec()).unwrap(), value[1..value.len() - 1].to_vec())
                })
                .collect();
            prop_assert_eq!(seen, wanted);
        }
    }
}
