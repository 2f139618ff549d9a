//! The only printer of errors, warnings and notes, and the only place that picks an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand as HelpOnMissing;
use vault::model::{KeyName, Kind, MemberName, SetName};
use vault::store::StoreError;
use vault::{Error, ErrorKind};

use super::{Global, term, usage};

/// Exit code of `exec` for whatever went wrong before the command started.
const EXEC_FAILED: u8 = 125;

/// Whose exit codes apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Those of a command that runs another one.
    Exec,
    /// Those of every other command.
    Command,
}

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library says why.
    Vault(Error),
    /// The command line itself says why.
    Said { code: u8, message: String, hint: Option<String> },
    /// Whoever reads our output has gone.
    BrokenPipe,
}

impl Failure {
    /// It did not work: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Said { code: 1, message: message.into(), hint: None }
    }

    /// A file is not what it must be: exit code 4.
    pub(crate) fn tampered(message: impl Into<String>) -> Self {
        Self::Said { code: 4, message: message.into(), hint: None }
    }

    /// It was asked for in a wrong way, or a question could not be asked: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Said { code: 2, message: message.into(), hint: None }
    }

    /// Another program, which was to help, did not: exit code 5.
    pub(crate) fn service(message: impl Into<String>) -> Self {
        Self::Said { code: 5, message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    pub(crate) fn hint(self, text: impl Into<String>) -> Self {
        match self {
            Self::Said { code, message, .. } => {
                Self::Said { code, message, hint: Some(text.into()) }
            }
            Self::Vault(error) => {
                let failure = Self::Vault(error);
                let (code, message) = (failure.code(), failure.message());
                Self::Said { code, message, hint: Some(text.into()) }
            }
            Self::BrokenPipe => Self::BrokenPipe,
        }
    }

    /// Whether it says that no identity at hand opens a file; another one may.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.code(), 2 | 3)
    }

    /// All of it in one line, for where something else failed too.
    pub(crate) fn in_short(&self) -> String {
        match self.hint_of() {
            Some(hint) => format!("{}; {hint}", self.message()),
            None => self.message(),
        }
    }

    /// What went wrong, without what to do about it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Vault(error) => error.to_string(),
            Self::Said { message, .. } => message.clone(),
            Self::BrokenPipe => String::new(),
        }
    }

    pub(crate) fn hint_of(&self) -> Option<String> {
        match self {
            Self::Vault(error) => error.hint(),
            Self::Said { hint, .. } => hint.clone(),
            Self::BrokenPipe => None,
        }
    }

    /// For a missing key: which set, and which keys it has.
    pub(crate) fn in_set<'a>(
        self,
        set: &SetName,
        keys: impl Iterator<Item = &'a KeyName> + Clone,
    ) -> Self {
        const SHOWN: usize = 20;
        let Self::Vault(error) = self else { return self };
        let shown: Vec<_> = keys.clone().take(SHOWN).map(KeyName::as_str).collect();
        let more = if keys.count() > SHOWN { ", …" } else { "" };
        let failure = Self::failed(format!("{set}: {error}"));
        match shown.as_slice() {
            [] => failure.hint(format!("the set is empty; `vault set {set} KEY` adds a key")),
            _ => failure.hint(format!("there are: {}{more}", shown.join(", "))),
        }
    }

    /// For a file that is not there while one of the other kind has its name: what is typed for that
    /// one, which is written as the command line has it, `web` or `pull/NAME`.
    pub(crate) fn or_other_kind(self, typed: impl FnOnce(&str) -> String) -> Self {
        let other = match &self {
            Self::Vault(Error::Store(StoreError::OtherKind { kind: Kind::Set, name })) => {
                format!("pull/{name}")
            }
            Self::Vault(Error::Store(StoreError::OtherKind { kind: Kind::Pull, name })) => {
                name.to_string()
            }
            _ => return self,
        };
        self.hint(typed(&other))
    }

    /// For a file that is not there and was not asked for by whoever types: the manifest that names
    /// it.
    pub(crate) fn named_in(self, manifest: Option<&'static str>) -> Self {
        let is_absence = matches!(
            &self,
            Self::Vault(Error::Store(StoreError::NotFound { .. } | StoreError::OtherKind { .. }))
        );
        match (manifest, self.hint_of()) {
            (Some(manifest), Some(hint)) if is_absence => {
                self.hint(format!("{manifest} names it; {hint}"))
            }
            _ => self,
        }
    }

    /// The exit code it has.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Vault(error) => match error.kind() {
                ErrorKind::Failed => 1,
                ErrorKind::NeedsTerminal => 2,
                ErrorKind::NoIdentity => 3,
                ErrorKind::Tampered => 4,
            },
            Self::Said { code, .. } => *code,
            Self::BrokenPipe => 1,
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Vault(error.into())
    }
}

/// Names for a sentence; a file may have a thousand readers.
pub(crate) fn some_of<'a>(
    names: impl IntoIterator<Item = &'a MemberName, IntoIter: ExactSizeIterator>,
) -> String {
    const SHOWN: usize = 10;
    let names = names.into_iter();
    let all = names.len();
    let shown: Vec<_> = names.take(SHOWN).map(MemberName::as_str).collect();
    match all.saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A list for a sentence; there may be thousands.
pub(crate) fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Prints a failure and says how the process ends. [`Mode::Exec`] keeps 126 and 127 apart from
/// everything that happened before the command started.
pub(crate) fn print(global: &Global, failure: &Failure, mode: Mode) -> ExitCode {
    if !matches!(failure, Failure::BrokenPipe) {
        line(global, "error", "31", &failure.message());
    }
    if let Some(hint) = failure.hint_of() {
        line(global, "hint", "36", &hint);
    }
    let code = failure.code();
    ExitCode::from(if mode == Mode::Exec && code < EXEC_FAILED { EXEC_FAILED } else { code })
}

/// Prints what is wrong with the arguments (or the help that was asked for).
pub(crate) fn usage(error: &clap::Error, mode: Mode) -> ExitCode {
    let global = Global::default();
    if error.exit_code() == 0 || error.kind() == HelpOnMissing {
        // Nothing is left to tell the reader of a closed pipe.
        let _: std::io::Result<()> = error.print();
    } else {
        let (message, mut hint) = usage::explain(error);
        if mode == Mode::Exec && lacks_separator(error) {
            let words: Vec<_> = std::env::args_os().collect();
            let usage = if super::pull_secret::is_with(&words) {
                "vault pull-secret with [NAME]... -- COMMAND"
            } else {
                "vault exec [SET]... -- COMMAND"
            };
            hint = Some(format!("put `--` before the command: {usage}"));
        }
        line(&global, "error", "31", &message);
        if let Some(hint) = hint {
            line(&global, "hint", "36", &hint);
        }
    }
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if mode == Mode::Exec => ExitCode::from(EXEC_FAILED),
        _ => ExitCode::from(2),
    }
}

/// Whether the words after `exec` may hold a command that nothing separates from the sets.
fn lacks_separator(error: &clap::Error) -> bool {
    use clap::error::{ContextKind, ErrorKind};
    let is_command = match error.kind() {
        ErrorKind::MissingRequiredArgument => true,
        // `--onyl`, say, is better explained by what was meant.
        ErrorKind::UnknownArgument => error.get(ContextKind::SuggestedArg).is_none(),
        // A set is no option.
        ErrorKind::ValueValidation => error
            .get(ContextKind::InvalidArg)
            .is_some_and(|argument| !argument.to_string().starts_with('-')),
        _ => false,
    };
    is_command && !std::env::args_os().any(|word| word == "--")
}

/// Something the user should know although the command goes on.
pub(crate) fn warn(global: &Global, text: &str) {
    line(global, "warning", "33", text);
}

/// What to type next, where nothing failed.
pub(crate) fn hint(global: &Global, text: &str) {
    if !global.quiet {
        line(global, "hint", "36", text);
    }
}

/// What a question is about: said however quiet vault is to be.
pub(crate) fn show(text: &str) {
    write_line(&format!("vault: {}", term::printable(text)));
}

/// What was done.
pub(crate) fn note(global: &Global, text: &str) {
    if !global.quiet {
        show(text);
    }
}

/// What another program says to the person, which is shown even to who wants it quiet: it may be
/// waiting for them.
pub(crate) fn said(program: &str, text: &str) {
    write_line(&format!("vault: {program}: {}", term::printable(text.trim_end())));
}

fn line(global: &Global, label: &str, color: &str, text: &str) {
    let text = term::printable(text);
    if term::stderr_colors(global) {
        write_line(&format!("vault: \u{1b}[1;{color}m{label}:\u{1b}[0m {text}"));
    } else {
        write_line(&format!("vault: {label}: {text}"));
    }
}

fn write_line(text: &str) {
    // A closed stderr must not change what the command does.
    let _: std::io::Result<()> = writeln!(std::io::stderr().lock(), "{text}");
}
