//! age plugins as far as cryptography knows them: names, and someone who talks to them. Starting
//! programs is I/O, so that someone stands above; see [`crate::plugin`].

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use thiserror::Error;

/// Longest name of a plugin. A file name has at most 255 bytes.
const MAX_NAME: usize = 64;

/// The name of an age plugin: `yubikey` of `age-plugin-yubikey`. Never a path (GHSA-32gq-x56h-299c).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginName(Box<str>);

/// Why a text is not the name of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the name of an age plugin has 1 to {MAX_NAME} of a-z 0-9 + - . _")]
pub struct InvalidPluginName;

impl PluginName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The program that is the plugin.
    pub fn program(&self) -> String {
        format!("age-plugin-{self}")
    }
}

impl FromStr for PluginName {
    type Err = InvalidPluginName;

    fn from_str(text: &str) -> Result<Self, InvalidPluginName> {
        let plain = |b: u8| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'_')
        };
        let good = (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(plain);
        good.then(|| Self(text.into())).ok_or(InvalidPluginName)
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a plugin did not do what it was asked. Holds nothing but what the plugin itself said.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PluginError {
    /// Nobody here talks to plugins.
    #[error("only age-plugin-{0} can use this key, and plugins are not used here")]
    Unused(PluginName),
    /// The user's own configuration does not name it.
    #[error("only age-plugin-{name} can use this key, and {config} does not allow it")]
    NotAllowed {
        /// Which.
        name: PluginName,
        /// Where it would be allowed.
        config: String,
    },
    /// The user's own configuration cannot be read.
    #[error("{0}")]
    Config(String),
    /// There is no such program.
    #[error("age-plugin-{0} is not installed: no folder of PATH has it")]
    Missing(PluginName),
    /// The program does not start.
    #[error("age-plugin-{name} does not start: {why}")]
    CannotRun {
        /// Which.
        name: PluginName,
        /// The system's word.
        why: String,
    },
    /// It ended in the middle.
    #[error("age-plugin-{0} ended before it was done")]
    Ended(PluginName),
    /// It does not answer.
    #[error("age-plugin-{name} said nothing for {seconds} seconds and was ended")]
    Silent {
        /// Which.
        name: PluginName,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What it says is not the plugin protocol.
    #[error("what age-plugin-{name} says is not the age plugin protocol: {what}")]
    Protocol {
        /// Which.
        name: PluginName,
        /// What was expected.
        what: &'static str,
    },
    /// What it made of a data key is not what a file may hold.
    #[error(
        "age-plugin-{0} made what no file here may hold: it must be one stanza of a type of its own, of at most 16 KiB"
    )]
    Wrap(PluginName),
    /// It asks what nobody is there to answer.
    #[error("age-plugin-{0} asks a question, and nobody can be asked here")]
    NoTerminal(PluginName),
    /// It says itself what is wrong.
    #[error("age-plugin-{name}: {said}")]
    Said {
        /// Which.
        name: PluginName,
        /// Its words.
        said: String,
    },
}

/// Talks to plugins.
pub trait Plugins: Send + Sync {
    /// Whether the plugin may be run at all; asked before anything is promised about its keys.
    ///
    /// # Errors
    /// [`PluginError::NotAllowed`] and what else speaks against it.
    fn allow(&self, plugin: &PluginName) -> Result<(), PluginError>;

    /// What the plugin makes of a file key for one recipient.
    ///
    /// # Errors
    /// [`PluginError`].
    fn wrap_file_key(
        &self,
        plugin: &PluginName,
        recipient: &str,
        file_key: &FileKey,
    ) -> Result<Vec<Stanza>, PluginError>;

    /// The file key in one of these stanzas, if one of the identities has a part in it.
    ///
    /// # Errors
    /// [`PluginError`].
    fn unwrap_file_key(
        &self,
        plugin: &PluginName,
        identities: &[&str],
        stanzas: &[Stanza],
    ) -> Result<Option<FileKey>, PluginError>;
}

/// Talks to no plugin.
#[derive(Debug, Clone, Copy)]
pub struct NoPlugins;

impl Plugins for NoPlugins {
    fn allow(&self, plugin: &PluginName) -> Result<(), PluginError> {
        Err(PluginError::Unused(plugin.clone()))
    }

    fn wrap_file_key(
        &self,
        plugin: &PluginName,
        _: &str,
        _: &FileKey,
    ) -> Result<Vec<Stanza>, PluginError> {
        Err(PluginError::Unused(plugin.clone()))
    }

    fn unwrap_file_key(
        &self,
        plugin: &PluginName,
        _: &[&str],
        _: &[Stanza],
    ) -> Result<Option<FileKey>, PluginError> {
        Err(PluginError::Unused(plugin.clone()))
    }
}

/// A plugin's recipient as the age library takes it; what went wrong is kept, since the library's
/// errors have no room for it.
pub(super) struct PluginRecipient<'a> {
    pub(super) plugins: &'a dyn Plugins,
    pub(super) name: &'a PluginName,
    pub(super) recipient: &'a str,
    pub(super) failed: Mutex<Option<PluginError>>,
}

impl PluginRecipient<'_> {
    pub(super) fn failure(self) -> Option<PluginError> {
        self.failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl age::Recipient for PluginRecipient<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        match self.plugins.wrap_file_key(self.name, self.recipient, file_key) {
            Ok(stanzas) => Ok((stanzas, HashSet::new())),
            Err(why) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                Err(EncryptError::Io(std::io::ErrorKind::Other.into()))
            }
        }
    }
}

/// Takes down the stanza of a wrap that counts, and opens nothing.
#[derive(Default)]
pub(super) struct Look(pub(super) Mutex<Option<Stanza>>);

impl age::Identity for Look {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let copy = Stanza {
            tag: stanza.tag.clone(),
            args: stanza.args.clone(),
            body: stanza.body.clone(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        None
    }
}

/// A file key that is known already. The header's MAC says whether it is this file's.
pub(super) struct Known(pub(super) FileKey);

impl age::Identity for Known {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        Some(Ok(FileKey::new(Box::new(*self.0.expose_secret()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path_or_a_second_argument() {
        for good in ["yubikey", "fido2-hmac", "se", "a+b_c.d", "x"] {
            assert_eq!(good.parse::<PluginName>().unwrap().as_str(), good);
        }
        let long = "x".repeat(65);
        for bad in ["", "a/b", "../x", "a\\b", "a b", "a\0", "A", "ü", "a\n", &long] {
            assert_eq!(bad.parse::<PluginName>(), Err(InvalidPluginName), "{bad:?}");
        }
    }
}
