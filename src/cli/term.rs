//! The terminal: whether there is one, what may be shown on it, and asking.

#[cfg(target_os = "linux")]
mod hidden;

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::SecretString;
use vault::crypto::AskPassphrase;
use zeroize::Zeroizing;

use super::report::Failure;
use super::{Color, Global};

/// The text with everything escaped that could move the cursor, recolour, or reorder what a
/// reader sees: control characters and invisible format characters such as bidi overrides.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| {
        // What Debug escapes in a string is what does not print; quotes and backslashes do.
        let plain = c == ' ' || matches!(c, '"' | '\'' | '\\') || c.escape_debug().count() == 1;
        (plain, c)
    };
    let mut out = String::with_capacity(text.len());
    for (plain, c) in text.chars().map(shown) {
        if plain { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

/// Whether a question may be asked.
pub(crate) fn can_ask(global: &Global) -> bool {
    !global.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether messages may be coloured.
pub(crate) fn stderr_colors(global: &Global) -> bool {
    colors(global, || io::stderr().is_terminal())
}

/// Whether results may be coloured.
pub(crate) fn stdout_colors(global: &Global) -> bool {
    colors(global, || io::stdout().is_terminal())
}

fn colors(global: &Global, is_terminal: impl FnOnce() -> bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && is_terminal(),
    }
}

/// Why nothing came of a hidden question.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("cannot read from the terminal: {0}")]
    Io(#[from] io::Error),
    #[error("nothing was typed")]
    Nothing,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "found out on Linux only"))]
    #[error("a terminal passes on at most 4094 bytes of one line, and more were typed")]
    TooLong,
}

/// Asks for something that must not be seen, and gives the bytes that were typed. Only where
/// [`can_ask`] says so.
pub(crate) fn ask_hidden(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_hidden(&printable(prompt)).map_err(|why| Failure::failed(why.to_string()))
}

#[cfg(target_os = "linux")]
fn read_hidden(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Unread> {
    hidden::read(prompt)
}

#[cfg(not(target_os = "linux"))]
fn read_hidden(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Unread> {
    match rpassword::prompt_password(prompt) {
        Ok(typed) => Ok(Zeroizing::new(typed.into_bytes())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Unread::Nothing),
        Err(error) => Err(error.into()),
    }
}

/// What was typed as a passphrase.
pub(crate) fn passphrase(mut typed: Zeroizing<Vec<u8>>) -> Result<SecretString, Failure> {
    String::from_utf8(std::mem::take(&mut *typed)).map(SecretString::from).map_err(|_| {
        Failure::failed("what was typed is not UTF-8 text, which a passphrase must be")
    })
}

/// Asks for yes or no; only `y` and `yes` are yes.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    let answer = ask(&format!("{question} [y/N] "))?.unwrap_or_default();
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line that may be seen, and gives it without its end; nothing at the end of the input.
/// Only where [`can_ask`] says so.
pub(crate) fn ask(prompt: &str) -> Result<Option<String>, Failure> {
    let failed = |error| Failure::failed(format!("cannot read from the terminal: {error}"));
    let mut err = io::stderr().lock();
    write!(err, "{}", printable(prompt)).and_then(|()| err.flush()).map_err(failed)?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    answer.truncate(answer.trim_end_matches(['\n', '\r']).len());
    Ok((read > 0).then_some(answer))
}

/// Asks for the passphrases of identities on the terminal, where there is one.
pub(crate) struct TerminalPassphrase {
    allowed: bool,
    unanswered: Unanswered,
}

/// Why the last question for a passphrase got no answer, if one was asked.
#[derive(Debug, Default, Clone)]
pub(crate) struct Unanswered(Arc<Mutex<Option<Failure>>>);

impl Unanswered {
    pub(crate) fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn put(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }
}

impl TerminalPassphrase {
    pub(crate) fn new(global: &Global, unanswered: Unanswered) -> Self {
        Self { allowed: can_ask(global), unanswered }
    }
}

impl AskPassphrase for TerminalPassphrase {
    fn ask(&self, what: &str) -> Option<SecretString> {
        if !self.allowed {
            return None;
        }
        let answer = ask_hidden(&format!("passphrase of {what}: ")).and_then(passphrase);
        answer.map_err(|failure| self.unanswered.put(failure)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_or_reorders_reaches_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(printable("a\r\n\u{85}"), "a\\r\\n\\u{85}");
        assert_eq!(printable("schön \"x\" \\ 日本"), "schön \"x\" \\ 日本");
    }
}
