//! What age plugins may do here: run if the person's own configuration names them, and ask on a
//! terminal.

use std::sync::OnceLock;

use age::secrecy::SecretString;
use vault::crypto::{PluginError, PluginName};
use vault::plugin::{LocalPlugins, PATIENCE, Person};

use crate::cli::config::{self, Config};
use crate::cli::report::Failure;
use crate::cli::term::{self, Unanswered};
use crate::cli::{Global, report};

/// The plugins of this machine, for the person at this terminal.
pub(super) fn local(global: &Global, unanswered: Unanswered) -> LocalPlugins<AtTerminal> {
    let person = AtTerminal { allowed: term::can_ask(global), config: OnceLock::new(), unanswered };
    LocalPlugins::new(person, std::env::var_os("PATH").unwrap_or_default(), PATIENCE)
}

/// The person at the terminal, if there is one.
pub(super) struct AtTerminal {
    allowed: bool,
    /// Read when a plugin is wanted for the first time.
    config: OnceLock<Result<Config, String>>,
    unanswered: Unanswered,
}

impl AtTerminal {
    fn answer<T>(&self, ask: impl FnOnce() -> Result<T, Failure>) -> Option<T> {
        if !self.allowed {
            return None;
        }
        ask().map_err(|failure| self.unanswered.put(failure)).ok()
    }
}

impl Person for AtTerminal {
    fn allow(&self, plugin: &PluginName) -> Result<(), PluginError> {
        let path = config::path();
        let read = || path.as_deref().map_or_else(|| Ok(Config::default()), Config::read);
        match self.config.get_or_init(read) {
            Ok(config) if config.allows(plugin) => Ok(()),
            Ok(_) => Err(PluginError::NotAllowed {
                name: plugin.clone(),
                config: path.map_or("config.toml".to_owned(), |path| path.display().to_string()),
            }),
            Err(why) => Err(PluginError::Config(why.clone())),
        }
    }

    fn show(&self, plugin: &PluginName, text: &str) {
        report::said(&plugin.program(), text);
    }

    fn waits_for(&self, plugin: &PluginName) {
        report::said(&plugin.program(), "vault is waiting for it");
    }

    fn choose(&self, plugin: &PluginName, text: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let no = no.map_or(String::new(), |no| format!(", n = {no}"));
        let question = format!("{}: {text} (y = {yes}{no})", plugin.program());
        self.answer(|| term::confirm(&question))
    }

    fn ask(&self, plugin: &PluginName, text: &str) -> Option<String> {
        self.answer(|| {
            term::ask(&format!("{}: {text}: ", plugin.program())).map(Option::unwrap_or_default)
        })
    }

    fn ask_hidden(&self, plugin: &PluginName, text: &str) -> Option<SecretString> {
        self.answer(|| {
            term::ask_hidden(&format!("{}: {text}: ", plugin.program())).and_then(term::passphrase)
        })
    }
}
