//! Why an environment cannot be built, and what is odd about one that can. Never a value.

use std::fmt::{self, Display};

use thiserror::Error;

use super::MAX_VARIABLE_BYTES;
use crate::model::{KeyName, Pattern, SetName};

/// Why a command is not started with these sets and options.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvError {
    /// A pattern selects nothing, so it is probably misspelt.
    #[error("{selection} `{pattern}` fits no key of the sets")]
    NoMatch {
        /// The option it was given to.
        selection: Selection,
        /// The pattern.
        pattern: Pattern,
    },
    /// Required keys are in no set, or were left out by the selection. At least one.
    #[error("required and not there: {}", listed(.0))]
    Missing(Vec<KeyName>),
    /// A key that is to be passed as a file is in no set, or was left out by the selection.
    #[error("--file {0}: no selected key has this name")]
    NoFile(KeyName),
    /// The variable that would hold the path of a file has another use.
    #[error("--file {key}: the variable {name} is needed for something else")]
    FileNameTaken {
        /// The key that is to be passed as a file.
        key: KeyName,
        /// The variable.
        name: String,
    },
    /// Names that make programs run code. At least one.
    #[error("not passed, because programs run code for such a name: {}", listed(.0))]
    Refused(Vec<Refused>),
    /// Names that no shell can hold, where only such as it can hold are wanted. At least one.
    #[error("no shell can hold a variable of this name: {}", listed(.0))]
    NotShellIdentifiers(Vec<String>),
    /// A value that ends early for every program that reads it.
    #[error("{key} of set {set} holds a NUL, which no variable can")]
    Nul {
        /// Where the value stands.
        set: SetName,
        /// Its key.
        key: KeyName,
    },
    /// A value that is not text, on a system whose variables are text.
    #[error("{key} of set {set} is not UTF-8, and variables of this system are text")]
    NotText {
        /// Where the value stands.
        set: SetName,
        /// Its key.
        key: KeyName,
    },
    /// A value too long for one variable.
    #[error(
        "{key} of set {set} makes a variable of {bytes} bytes, and {MAX_VARIABLE_BYTES} is the most there can be"
    )]
    TooLong {
        /// Where the value stands.
        set: SetName,
        /// Its key.
        key: KeyName,
        /// Bytes of name, `=` and value.
        bytes: usize,
    },
}

impl EnvError {
    /// What to type instead, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoMatch { .. } | Self::NoFile(_) => {
                Some("`vault list SET` shows the keys of a set".into())
            }
            Self::FileNameTaken { key, .. } => {
                Some(format!("`--file {key}=NAME` puts the path into the variable NAME"))
            }
            Self::Missing(_) => Some("`vault set SET KEY` adds a key".into()),
            Self::Refused(refused) => refused.first().map(|Refused { key, name, .. }| {
                format!(
                    "`--except {key}` leaves it out, `--allow-env {name}` passes it nonetheless"
                )
            }),
            Self::NotShellIdentifiers(_) => {
                Some("`vault rename SET KEY NEW` gives a key another name".into())
            }
            Self::Nul { key, .. } | Self::NotText { key, .. } | Self::TooLong { key, .. } => {
                Some(format!("`--file {key}` passes it as a file"))
            }
        }
    }
}

/// The option that a pattern was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// `--only`
    Only,
    /// `--except`
    Except,
}

impl Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Only => "--only",
            Self::Except => "--except",
        })
    }
}

/// A key that would become a variable which makes programs run code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where the key stands.
    pub set: SetName,
    /// The key.
    pub key: KeyName,
    /// The variable it would become: the key with the prefix.
    pub name: String,
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (set {})", self.name, self.set)
    }
}

/// Something the person should know, though the command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Two sets have different values for a key.
    Conflict {
        /// The key.
        key: KeyName,
        /// The set whose value is not passed.
        first: SetName,
        /// The set whose value was taken instead.
        second: SetName,
    },
    /// Names that are passed as they are, but that a shell on the way to the program drops.
    NotShellIdentifiers(Vec<String>),
}

impl Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { key, first, second } => {
                write!(f, "sets {first} and {second} differ in {key}; that of {second} is passed")
            }
            Self::NotShellIdentifiers(names) => {
                write!(f, "a shell on the way drops variables of this name: {}", listed(names))
            }
        }
    }
}

fn listed(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
