//! age plugins: programs of other people that hold keys, on hardware mostly, and are spoken to over
//! two pipes (age plugin protocol, version 1).
//!
//! A file may name any plugin it likes, so only those run that the person at the keyboard has
//! allowed. A plugin gets one file key at a time, no identity but its own, and no variable that
//! leads to another.

mod conversation;
mod process;
mod wire;

use std::ffi::OsString;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use age::secrecy::SecretString;
use age_core::format::{FileKey, Stanza};

use crate::crypto::{PluginError, PluginName, Plugins};
use conversation::Conversation;
use process::{Process, find};

/// How long a plugin may say nothing. A person who looks for a key and touches it is quicker; a
/// plugin that waits for an answer is not counted as silent.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The person a plugin may run for, and what it may say to them. A question that gets no answer
/// is `None`.
pub trait Person: Send + Sync {
    /// Whether this plugin may be run.
    ///
    /// # Errors
    /// [`PluginError::NotAllowed`], and what else speaks against it.
    fn allow(&self, plugin: &PluginName) -> Result<(), PluginError>;

    /// Shows what the plugin says: `touch your key`.
    fn show(&self, plugin: &PluginName, text: &str);

    /// Says that nothing happens because the plugin takes its time.
    fn waits_for(&self, plugin: &PluginName);

    /// Asks which of two answers it shall be; `true` is the first. There may be no second.
    fn choose(&self, plugin: &PluginName, text: &str, yes: &str, no: Option<&str>) -> Option<bool>;

    /// Asks for a text that may be seen.
    fn ask(&self, plugin: &PluginName, text: &str) -> Option<String>;

    /// Asks for one that may not: a PIN.
    fn ask_hidden(&self, plugin: &PluginName, text: &str) -> Option<SecretString>;
}

/// The plugins that are installed on this machine.
#[derive(Debug)]
pub struct LocalPlugins<P> {
    person: P,
    path: OsString,
    patience: Duration,
    /// One question at a time.
    speaking: Mutex<()>,
}

impl<P: Person> LocalPlugins<P> {
    /// The plugins `person` allows, looked up in the folders of `path` (as `PATH` has them); each is
    /// ended when it says nothing for as long as `patience`.
    pub fn new(person: P, path: OsString, patience: Duration) -> Self {
        Self { person, path, patience, speaking: Mutex::new(()) }
    }

    fn begin<'a>(
        &'a self,
        plugin: &'a PluginName,
        machine: &str,
    ) -> Result<(MutexGuard<'a, ()>, Conversation<'a>), PluginError> {
        self.person.allow(plugin)?;
        let speaking = self.speaking.lock().unwrap_or_else(PoisonError::into_inner);
        let program = find(plugin, &self.path)?;
        let process = Process::start(plugin, &program, machine, &self.person, self.patience)?;
        Ok((speaking, Conversation::new(plugin, &self.person, process)))
    }
}

impl<P: Person> Plugins for LocalPlugins<P> {
    fn allow(&self, plugin: &PluginName) -> Result<(), PluginError> {
        self.person.allow(plugin)
    }

    fn wrap_file_key(
        &self,
        plugin: &PluginName,
        recipient: &str,
        file_key: &FileKey,
    ) -> Result<Vec<Stanza>, PluginError> {
        let (_speaking, conversation) = self.begin(plugin, "recipient-v1")?;
        conversation.wrap_file_key(recipient, file_key)
    }

    fn unwrap_file_key(
        &self,
        plugin: &PluginName,
        identities: &[&str],
        stanzas: &[Stanza],
    ) -> Result<Option<FileKey>, PluginError> {
        let (_speaking, conversation) = self.begin(plugin, "identity-v1")?;
        conversation.unwrap_file_key(identities, stanzas)
    }
}
