//! Service manifests beside `.secrets/`: which sets a service wants
//! (`vault.toml`, and Pipecat Cloud's `pcc-deploy.toml`).

use std::path::Path;

use serde::Deserialize;

use super::error::StoreError;
use super::layout::read_regular;
use super::team::line_of;
use crate::model::{KeyName, SetName};

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
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// `vault.toml` is ours, so a field we do not know is a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours {
    secret_set: Option<OneOrMany>,
    #[serde(default)]
    require: Vec<String>,
}

/// `pcc-deploy.toml` belongs to Pipecat Cloud; most of it is none of our business.
#[derive(Deserialize)]
struct Pipecat {
    secret_set: Option<OneOrMany>,
}

/// The manifests in `root` that name sets: `vault.toml` first. A file that does not parse is an
/// error, never "no file".
///
/// # Errors
/// [`StoreError::Manifest`], [`StoreError::Refused`].
pub fn selection(root: &Path) -> Result<Vec<Manifest>, StoreError> {
    let ours = read(root, "vault.toml", |raw: Ours| (raw.secret_set, raw.require))?;
    let pipecat = read(root, "pcc-deploy.toml", |raw: Pipecat| (raw.secret_set, Vec::new()))?;
    Ok(ours.into_iter().chain(pipecat).collect())
}

fn read<R: serde::de::DeserializeOwned>(
    root: &Path,
    file: &'static str,
    fields: impl FnOnce(R) -> (Option<OneOrMany>, Vec<String>),
) -> Result<Option<Manifest>, StoreError> {
    let path = root.join(file);
    let Some(bytes) = read_regular(&path, 1, MAX_MANIFEST_BYTES)? else { return Ok(None) };
    let failed = |line, why| StoreError::Manifest { path: path.clone(), line, why };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| failed(1, "the file is not UTF-8 text".to_owned()))?;
    let raw: R = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        failed(line_of(text, offset), error.message().escape_debug().to_string())
    })?;
    let (sets, require) = fields(raw);
    let sets = match sets {
        None => Vec::new(),
        Some(OneOrMany::One(one)) => vec![one],
        Some(OneOrMany::Many(many)) => many,
    };
    let line_with = |text_in: &str| text.find(text_in).map_or(1, |offset| line_of(text, offset));
    let sets = sets.iter().map(|name| {
        name.parse().map_err(|why| failed(line_with("secret_set"), format!("`secret_set`: {why}")))
    });
    let require = require.iter().map(|key| {
        key.parse().map_err(|why| failed(line_with("require"), format!("`require`: {why}")))
    });
    Ok(Some(Manifest {
        file,
        sets: sets.collect::<Result<_, _>>()?,
        require: require.collect::<Result<_, _>>()?,
    }))
}
