//! Secret sets as other tools write them: importing and exporting.
//!
//! Bytes in, bytes out. Import interpolates nothing and export says `K=V` the way the reader at the
//! other end takes it, or refuses the key by name: a value is never changed on the way. No error
//! holds text of the input, since a line that does not parse may be the secret itself.

mod docker_env;
mod dotenv;
mod error;
mod github;
mod json;
mod k8s;
mod pipecat;
mod shell;
mod toml;

use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroizing;

use crate::model::{KeyName, SecretValue, SetName};

use error::Fault;
pub use error::{Caveat, ExportError, ExportReason, ImportError, ImportReason};

/// A format [`import`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// A `.env` file, by the rules of python-dotenv without interpolation.
    Dotenv,
    /// One JSON object of strings, or of `{"base64": "…"}` for bytes that are not text.
    Json,
    /// A flat TOML table of strings, or of `{ base64 = "…" }`.
    Toml,
    /// What Pipecat Cloud's `pcc secrets set --file` reads.
    Pipecat,
}

/// A format [`export`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// A `.env` file that import, python-dotenv and docker compose read alike.
    Dotenv,
    /// One JSON object of strings, or of `{"base64": "…"}` for bytes that are not text.
    Json,
    /// `export KEY='…'` lines for a POSIX shell.
    Shell,
    /// The file of `docker run --env-file`.
    DockerEnv,
    /// A Kubernetes `v1` Secret manifest.
    K8s,
    /// Lines for the file `$GITHUB_ENV` names.
    Github,
}

impl ImportFormat {
    /// Every format, in the order help lists them.
    pub const ALL: [Self; 4] = [Self::Dotenv, Self::Json, Self::Toml, Self::Pipecat];

    /// The name after `--format`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Pipecat => "pipecat",
        }
    }
}

impl ExportFormat {
    /// Every format, in the order help lists them.
    pub const ALL: [Self; 6] =
        [Self::Dotenv, Self::Json, Self::Shell, Self::DockerEnv, Self::K8s, Self::Github];

    /// The name after `--format`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::Json => "json",
            Self::Shell => "shell",
            Self::DockerEnv => "docker-env",
            Self::K8s => "k8s",
            Self::Github => "github",
        }
    }
}

impl fmt::Display for ImportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What [`export`] made.
pub struct Exported {
    /// The document, in clear.
    pub text: Zeroizing<Vec<u8>>,
    /// Values that one of the format's readers takes otherwise, in the order of the entries.
    pub caveats: Vec<Caveat>,
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("caveats", &self.caveats).finish_non_exhaustive()
    }
}

/// Reads the entries of a document, in its order.
///
/// ```
/// use vault::exchange::{ImportFormat, import};
/// let read = import(ImportFormat::Dotenv, b"export TOKEN='a $b' # from the console\n").unwrap();
/// assert_eq!(read[0].0.as_str(), "TOKEN");
/// assert_eq!(read[0].1.expose(), b"a $b");
/// ```
///
/// # Errors
/// [`ImportError`]: the first line that does not follow the format, a name that is no key, a key
/// given twice, a value over 1 MiB. It never quotes the input.
pub fn import(
    format: ImportFormat,
    text: &[u8],
) -> Result<Vec<(KeyName, SecretValue)>, ImportError> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut entries = Entries::default();
    let read = match (std::str::from_utf8(text), format) {
        (Err(error), _) => {
            let good = text.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.split(|byte| *byte == b'\n').count();
            Err(Fault::at(line, ImportReason::NotUtf8))
        }
        (Ok(text), ImportFormat::Dotenv) => dotenv::read(text, &mut entries),
        (Ok(text), ImportFormat::Json) => json::read(text, &mut entries),
        (Ok(text), ImportFormat::Toml) => toml::read(text, &mut entries),
        (Ok(text), ImportFormat::Pipecat) => pipecat::read(text, &mut entries),
    };
    match read {
        Ok(()) => Ok(entries.list),
        Err(fault) => Err(fault.of(format)),
    }
}

/// Writes the entries as a document, in the order given.
///
/// ```
/// use vault::exchange::{ExportFormat, export};
/// use vault::model::{KeyName, SecretValue, SetName};
/// let (set, key): (SetName, KeyName) = ("web".parse().unwrap(), "TOKEN".parse().unwrap());
/// let value = SecretValue::new(b"it's".to_vec()).unwrap();
/// let made = export(ExportFormat::Shell, &set, [(&key, &value)]).unwrap();
/// assert_eq!(*made.text, b"export TOKEN='it'\\''s'\n");
/// ```
///
/// # Errors
/// [`ExportError`]: the first entry whose key or value the format cannot hold unchanged.
pub fn export<'a>(
    format: ExportFormat,
    set: &SetName,
    entries: impl IntoIterator<Item = (&'a KeyName, &'a SecretValue)>,
) -> Result<Exported, ExportError> {
    let entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, value.expose())).collect();
    let mut caveats = Vec::new();
    let text = match format {
        ExportFormat::Json => json::write(&entries),
        ExportFormat::K8s => k8s::write(set, &entries),
        ExportFormat::Dotenv => {
            let entries = texts(format, &entries, dotenv::check)?;
            caveats = dotenv::caveats(&entries);
            dotenv::write(&entries)
        }
        ExportFormat::Shell => shell::write(&texts(format, &entries, shell::check)?),
        ExportFormat::DockerEnv => docker_env::write(&texts(format, &entries, docker_env::check)?),
        ExportFormat::Github => github::write(&texts(format, &entries, github::check)?),
    };
    Ok(Exported { text, caveats })
}

/// The entries as text without NUL, each passed by the format's own `check`.
fn texts<'a>(
    format: ExportFormat,
    entries: &[(&'a KeyName, &'a [u8])],
    check: impl Fn(&KeyName, &str) -> Result<(), ExportReason>,
) -> Result<Vec<(&'a KeyName, &'a str)>, ExportError> {
    let text = |key: &KeyName, value: &'a [u8]| {
        let text = std::str::from_utf8(value).map_err(|_| ExportReason::NotUtf8)?;
        if text.contains('\0') {
            return Err(ExportReason::Nul);
        }
        check(key, text)?;
        Ok(text)
    };
    entries
        .iter()
        .map(|(key, value)| match text(key, value) {
            Ok(text) => Ok((*key, text)),
            Err(reason) => Err(ExportError { format, key: (*key).clone(), reason }),
        })
        .collect()
}

/// What an import has read so far.
#[derive(Default)]
struct Entries {
    seen: BTreeSet<KeyName>,
    list: Vec<(KeyName, SecretValue)>,
}

impl Entries {
    /// The key a document names at `line`, which must be new.
    fn key(&mut self, line: usize, name: &str) -> Result<KeyName, Fault> {
        let key: KeyName =
            name.parse().map_err(|error| Fault::at(line, ImportReason::Key(error)))?;
        if self.seen.insert(key.clone()) {
            Ok(key)
        } else {
            Err(Fault::at(line, ImportReason::Duplicate).naming(&key))
        }
    }

    fn push(
        &mut self,
        line: usize,
        key: KeyName,
        mut value: Zeroizing<Vec<u8>>,
    ) -> Result<(), Fault> {
        match SecretValue::new(std::mem::take(&mut *value)) {
            Ok(value) => {
                self.list.push((key, value));
                Ok(())
            }
            Err(error) => Err(Fault::at(line, ImportReason::TooLong(error)).naming(&key)),
        }
    }
}

#[cfg(test)]
mod tests;
