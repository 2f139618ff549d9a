//! Which editor, and with which arguments.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::known::{Known, known, opens_a_window};

/// Where an editor is named, the first that names one.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// Used where none is named, the first that is there.
const DEFAULTS: [&str; 2] = ["vi", "nano"];

/// An editor and the arguments that come before the file.
#[derive(Debug)]
pub struct Editor {
    name: String,
    program: PathBuf,
    words: Vec<OsString>,
    known: Option<&'static Known>,
    window: bool,
}

/// What to do with an editor that opens a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windows {
    /// It hands the file to a process nobody watches.
    Refused,
    /// The person knows; the editor may write wherever it likes.
    Allowed,
}

/// Why there is no editor. Holds names of variables and programs, and no other word of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditorError {
    /// None is named and none of the usual ones is there.
    #[error("no editor: neither $VISUAL nor $EDITOR is set, and there is no vi or nano")]
    None,
    /// The variable cannot be split into words.
    #[error("${0} has an unclosed quote, or is not UTF-8 text")]
    Words(&'static str),
    /// There is no such program.
    #[error("${variable}: there is no program {name}")]
    NotFound {
        /// Who names it.
        variable: &'static str,
        /// The name.
        name: String,
    },
    /// It hands the file to another process.
    #[error(
        "${variable}: {name} gives the text to a process whose backups and history vault cannot keep off the disk"
    )]
    Window {
        /// Who names it.
        variable: &'static str,
        /// The name.
        name: String,
    },
}

impl EditorError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::NotFound { .. } => Some("name one in EDITOR, say EDITOR=vim"),
            Self::Words(_) => None,
            Self::Window { .. } => {
                Some("name one that works in a terminal, say EDITOR=vim; or --allow-gui-editor")
            }
        }
    }
}

impl Editor {
    /// The editor that the environment names, or one that is usually there.
    ///
    /// # Errors
    /// [`EditorError`].
    pub fn choose(
        variable: impl Fn(&str) -> Option<OsString>,
        windows: Windows,
    ) -> Result<Self, EditorError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let path = variable("PATH").unwrap_or_default();
        let line = VARIABLES.into_iter().find_map(|name| Some((name, set(name)?)));
        let Some((variable, line)) = line else {
            let found = DEFAULTS.into_iter().find_map(|name| Some((name, locate(name, &path)?)));
            let (name, program) = found.ok_or(EditorError::None)?;
            return Ok(Self::new(program, vec![name.to_owned()], None));
        };
        let line = line.to_str().ok_or(EditorError::Words(variable))?;
        let words = shell_words::split(line).map_err(|_| EditorError::Words(variable))?;
        let first = words.first().ok_or(EditorError::Words(variable))?;
        let window = hands_on(&words, &path);
        if let (Some(name), Windows::Refused) = (&window, windows) {
            return Err(EditorError::Window { variable, name: name.clone() });
        }
        let not_found = || EditorError::NotFound { variable, name: name_of(Path::new(first)) };
        let program = locate(first, &path).ok_or_else(not_found)?;
        Ok(Self::new(program, words, window.as_ref()))
    }

    fn new(program: PathBuf, words: Vec<String>, window: Option<&String>) -> Self {
        let resolved = program.canonicalize().unwrap_or_else(|_| program.clone());
        let known = known(&name_of(&resolved)).or_else(|| known(&name_of(&program)));
        let options = known.map_or(&[][..], |known| known.options);
        let all = words.into_iter().chain(options.iter().map(ToString::to_string));
        let (name, words) = (name_of(&program), all.map(OsString::from).collect());
        Self { name, program, words, known, window: window.is_some() }
    }

    /// The name of its program.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is one that draws in a terminal, and is told by options to leave nothing behind.
    pub fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// Whether it gives the file to another process.
    pub fn opens_window(&self) -> bool {
        self.window
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Its arguments from the zeroth on, but the file.
    pub(super) fn words(&self) -> impl Iterator<Item = &OsStr> {
        self.words.iter().map(OsString::as_os_str)
    }
}

/// Who of a command line gives the file to another process. A program stands first, or after `env`,
/// `nice` and the like; a file of such a name would be an odd argument. `editor` is a link.
fn hands_on(words: &[String], path: &OsStr) -> Option<String> {
    let resolved = |word: &String| locate(word, path)?.canonicalize().ok();
    words.iter().find_map(|word| {
        let named = name_of(Path::new(word));
        let resolved = resolved(word).map(|program| name_of(&program));
        let options = resolved.as_deref().and_then(known).or_else(|| known(&named));
        let opens = [Some(&named), resolved.as_ref()]
            .into_iter()
            .flatten()
            .find(|name| opens_a_window(name));
        let told = options.is_some_and(|known| words.iter().any(|word| known.hands_on(word)));
        opens.cloned().or_else(|| told.then_some(named))
    })
}

/// The last part of a path, as a name to show.
fn name_of(program: &Path) -> String {
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    name.strip_suffix(".exe").unwrap_or(&name).to_owned()
}

/// The file of a program, looked up in `path` unless it says where it is.
fn locate(program: &str, path: &OsStr) -> Option<PathBuf> {
    if program.contains(std::path::is_separator) {
        return Some(PathBuf::from(program)).filter(|file| is_program(file));
    }
    let suffixes: &[&str] = if cfg!(windows) { &["", ".exe", ".cmd", ".bat"] } else { &[""] };
    std::env::split_paths(path)
        .flat_map(|folder| suffixes.iter().map(move |end| folder.join(format!("{program}{end}"))))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        file.is_file() && access(file, Access::EXEC_OK).is_ok()
    }
    #[cfg(not(unix))]
    file.is_file()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// Programs of these names, one of them a link to the next.
    fn programs(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let file = folder.path().join(name);
            std::fs::File::create(&file).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    fn choose(folder: &Path, editor: &str) -> Result<Editor, EditorError> {
        let variable = |name: &str| match name {
            "PATH" => Some(folder.into()),
            "EDITOR" => Some(editor.into()),
            _ => None,
        };
        Editor::choose(variable, Windows::Refused)
    }

    #[test]
    fn an_editor_is_known_by_the_program_that_is_run_in_the_end() {
        let folder = programs(&["vim.basic", "nvim", "emacs-29.1", "busybox", "micro"]);
        for (link, to) in [("vi", "vim.basic"), ("view", "busybox"), ("editor", "nvim")] {
            symlink(folder.path().join(to), folder.path().join(link)).unwrap();
        }
        let is_known = |editor| choose(folder.path(), editor).unwrap().is_known();
        for known in ["vi", "vi -R", "editor", "nvim", "emacs-29.1", "vim.basic"] {
            assert!(is_known(known), "{known}");
        }
        for unknown in ["view", "micro", "busybox vi"] {
            assert!(!is_known(unknown), "{unknown}");
        }
        let words: Vec<_> =
            choose(folder.path(), "vi -R").unwrap().words().map(OsStr::to_owned).collect();
        assert_eq!(words[..3], ["vi", "-R", "-n"], "ours come last, and so win");
    }

    #[test]
    fn a_program_that_hands_the_file_on_is_refused_wherever_it_stands() {
        let folder = programs(&["env", "code", "vim", "nvim"]);
        symlink(folder.path().join("code"), folder.path().join("editor")).unwrap();
        for editor in [
            "code",
            "/usr/bin/code -w",
            "env A=1 code",
            "CODE.exe",
            "snap run code",
            "editor",
            "vim -g",
            "vim --remote-wait",
            "nvim --server s --remote",
        ] {
            let refused = choose(folder.path(), editor);
            assert!(matches!(refused, Err(EditorError::Window { .. })), "{editor}");
        }
        assert!(!choose(folder.path(), "vim").unwrap().opens_window());
    }

    #[test]
    fn without_a_variable_the_usual_editors_are_looked_for() {
        let folder = programs(&["nano"]);
        assert_eq!(choose(folder.path(), "").unwrap().name(), "nano");
        assert!(matches!(choose(Path::new("/nowhere"), ""), Err(EditorError::None)));
        let plain = folder.path().join("vi");
        std::fs::File::create(plain).unwrap();
        assert_eq!(choose(folder.path(), "").unwrap().name(), "nano", "what cannot be run is none");
    }
}
