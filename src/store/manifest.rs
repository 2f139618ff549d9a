//! Service manifests beside `.secrets/`: which sets a service wants, and with which pull secrets its
//! image is pulled (`vault.toml`, and Pipecat Cloud's `pcc-deploy.toml`).

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use super::error::StoreError;
use super::layout::read_regular;
use super::team::line_of;
use crate::model::{InvalidName, KeyName, SetName};

/// Largest manifest.
const MAX_MANIFEST_BYTES: usize = 256 << 10;

/// What a manifest says about secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its file name.
    pub file: &'static str,
    /// The sets, in the order given: later ones win.
    pub sets: Vec<SetName>,
    /// Keys without which the service must not start.
    pub require: Vec<KeyName>,
    /// The pull secrets its image needs. They are for whoever pulls, and never for the service.
    pub pull_secrets: Vec<SetName>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a name, or a list of names")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// One form alone: what is no list shall be told in these words, too.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a list of keys")]
enum Keys {
    Listed(Vec<String>),
}

/// `vault.toml` is ours, so a field we do not know is a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours {
    secret_set: Option<OneOrMany>,
    require: Option<Keys>,
    pull_secret: Option<OneOrMany>,
}

/// `pcc-deploy.toml` belongs to Pipecat Cloud; most of it is none of our business.
#[derive(Deserialize)]
struct Pipecat {
    secret_set: Option<OneOrMany>,
    image_credentials: Option<OneOrMany>,
}

/// What a manifest says, as it says it.
struct Raw {
    sets: Option<OneOrMany>,
    require: Vec<String>,
    /// The field, too: the two manifests call it differently.
    pull_secrets: (&'static str, Option<OneOrMany>),
}

/// The manifests in `root` that name sets: `vault.toml` first. A file that does not parse is an
/// error, never "no file".
///
/// # Errors
/// [`StoreError::Manifest`], [`StoreError::Refused`].
pub fn selection(root: &Path) -> Result<Vec<Manifest>, StoreError> {
    let ours = read(root, "vault.toml", |raw: Ours| Raw {
        sets: raw.secret_set,
        require: raw.require.map_or_else(Vec::new, |Keys::Listed(keys)| keys),
        pull_secrets: ("pull_secret", raw.pull_secret),
    })?;
    let pipecat = read(root, "pcc-deploy.toml", |raw: Pipecat| Raw {
        sets: raw.secret_set,
        require: Vec::new(),
        pull_secrets: ("image_credentials", raw.image_credentials),
    })?;
    Ok(ours.into_iter().chain(pipecat).collect())
}

fn read<R: serde::de::DeserializeOwned>(
    root: &Path,
    file: &'static str,
    fields: impl FnOnce(R) -> Raw,
) -> Result<Option<Manifest>, StoreError> {
    let path = root.join(file);
    let Some(bytes) = read_regular(&path, 1, MAX_MANIFEST_BYTES)? else { return Ok(None) };
    let failed = |line, why| StoreError::Manifest { path: path.clone(), line, why };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| failed(1, "the file is not UTF-8 text".to_owned()))?;
    let raw: R = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        failed(line_of(text, offset), error.message().replace('\n', " "))
    })?;
    let Raw { sets, require, pull_secrets: (pull_field, pull_secrets) } = fields(raw);
    let line_with = |field: &str| text.find(field).map_or(1, |offset| line_of(text, offset));
    let bad = |field: &str, why: InvalidName| failed(line_with(field), format!("`{field}`: {why}"));
    Ok(Some(Manifest {
        file,
        sets: parsed(&OneOrMany::list(sets)).map_err(|why| bad("secret_set", why))?,
        require: parsed(&require).map_err(|why| bad("require", why))?,
        pull_secrets: parsed(&OneOrMany::list(pull_secrets)).map_err(|why| bad(pull_field, why))?,
    }))
}

fn parsed<N: FromStr<Err = InvalidName>>(names: &[String]) -> Result<Vec<N>, InvalidName> {
    names.iter().map(|name| name.parse()).collect()
}

impl OneOrMany {
    fn list(given: Option<Self>) -> Vec<String> {
        match given {
            None => Vec::new(),
            Some(Self::One(one)) => vec![one],
            Some(Self::Many(many)) => many,
        }
    }
}
