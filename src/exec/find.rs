//! Which file a command is, and why it could not be run.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::{env, fs, io};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::replace::{ExecError, Obstacle};

/// Where commands are when there is no `PATH`: what `execvp` falls back on.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The file to run, looked up in the `PATH` that vault was started with.
pub(super) fn in_own_path(typed: &OsStr) -> Result<Cow<'_, Path>, ExecError> {
    let path = env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    find(typed, &path)
}

/// The file to run: what was typed if that holds a `/`, else the first that can be run in a folder
/// of `path`. It always holds a `/`, so the system looks it up nowhere else.
fn find<'t>(typed: &'t OsStr, path: &OsStr) -> Result<Cow<'t, Path>, ExecError> {
    if typed.as_encoded_bytes().contains(&b'/') {
        return Ok(Cow::Borrowed(Path::new(typed)));
    }
    let command = || -> OsString { typed.to_owned() };
    if typed.is_empty() {
        return Err(ExecError::NotFound { command: command() });
    }
    let mut blocked = None;
    for folder in env::split_paths(path) {
        // An empty entry is the current folder.
        let file = Path::new(".").join(folder).join(typed);
        match look(&file) {
            Look::Runnable => return Ok(Cow::Owned(file)),
            // The search goes on, and what stood in the way is told if nothing better turns up.
            Look::Blocked(obstacle) => blocked = blocked.or(Some(obstacle)),
            Look::Nothing => {}
        }
    }
    Err(match blocked {
        Some(obstacle) => ExecError::CannotRun { command: command(), obstacle },
        None => ExecError::NotFound { command: command() },
    })
}

/// What a failure to become `program` means to a person.
pub(super) fn explain(typed: &OsStr, program: &Path, error: &io::Error) -> ExecError {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};

    let obstacle = match (error.kind(), look(program)) {
        (NotFound | NotADirectory, Look::Nothing) => {
            return ExecError::NotFound { command: typed.to_owned() };
        }
        (NotFound | NotADirectory, _) => Obstacle::Interpreter,
        (PermissionDenied, Look::Blocked(obstacle)) => obstacle,
        (PermissionDenied, _) => Obstacle::Permission,
        (kind, _) => Obstacle::System(kind, error.raw_os_error()),
    };
    ExecError::CannotRun { command: typed.to_owned(), obstacle }
}

enum Look {
    Runnable,
    Blocked(Obstacle),
    Nothing,
}

/// A folder that may not be searched holds nothing, as for a shell: with `/root/bin` in its `PATH`
/// another user's slip of the pen is still "not found".
fn look(file: &Path) -> Look {
    match fs::metadata(file) {
        Err(_) => Look::Nothing,
        Ok(found) if found.is_dir() => Look::Blocked(Obstacle::Directory),
        Ok(found) if found.is_file() && may_run(file) => Look::Runnable,
        Ok(_) => Look::Blocked(Obstacle::Permission),
    }
}

/// By the effective user, as `execve` asks, and mount options included.
fn may_run(file: &Path) -> bool {
    accessat(CWD, file, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn file(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::File::create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn search(typed: &str, folders: &[&Path]) -> Result<PathBuf, ExecError> {
        let path = env::join_paths(folders).unwrap();
        find(OsStr::new(typed), &path).map(Cow::into_owned)
    }

    fn obstacle(found: Result<PathBuf, ExecError>) -> Obstacle {
        match found {
            Err(ExecError::CannotRun { obstacle, .. }) => obstacle,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_holds_a_slash_is_taken_as_it_is() {
        for typed in ["/bin/sh", "./x", "a/b", "/no/such"] {
            assert_eq!(search(typed, &[]).unwrap(), Path::new(typed));
        }
    }

    #[test]
    fn the_first_file_that_can_be_run_wins() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        file(a.path(), "tool", 0o644);
        let second = file(b.path(), "tool", 0o755);
        assert_eq!(search("tool", &[a.path(), b.path()]).unwrap(), second);
        assert_eq!(obstacle(search("tool", &[a.path()])), Obstacle::Permission);
        let first = file(a.path(), "tool", 0o755);
        assert_eq!(search("tool", &[a.path(), b.path()]).unwrap(), first);
    }

    #[test]
    fn a_directory_and_a_dangling_link_are_not_commands() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dir")).unwrap();
        symlink("/no/such", folder.path().join("link")).unwrap();
        assert_eq!(obstacle(search("dir", &[folder.path()])), Obstacle::Directory);
        for absent in ["link", "none", ""] {
            let found = search(absent, &[folder.path()]);
            assert_eq!(found, Err(ExecError::NotFound { command: absent.into() }));
        }
    }

    #[test]
    fn a_found_file_has_a_slash_so_that_it_is_not_looked_up_again() {
        // Tests run in the package's root, where there is no such thing as a runnable file.
        let found = find(OsStr::new("Cargo.toml"), OsStr::new(""));
        assert!(matches!(found, Err(ExecError::CannotRun { .. })), "{found:?}");
        let up = "../".repeat(64) + "bin";
        let found = search("sh", &[Path::new(&up)]).unwrap();
        assert_eq!(found, Path::new(".").join(&up).join("sh"));
    }
}
