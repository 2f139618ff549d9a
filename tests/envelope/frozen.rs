//! The folder tests/vectors/v1, which is read and never written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use vault::crypto::{AskPassphrase, Identities};

/// A private key of `keys/`.
#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) public: String,
    passphrase: Option<String>,
}

/// An entry of good.json.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Good {
    pub(super) file: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) identities: Vec<String>,
    pub(super) canonical: String,
    pub(super) epoch: u32,
    pub(super) prev: Vec<String>,
    pub(super) pull: Option<BTreeMap<String, String>>,
    pub(super) recipients: BTreeMap<String, String>,
    pub(super) departed: BTreeMap<String, Left>,
    pub(super) values: BTreeMap<String, Value>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Left {
    pub(super) key: String,
    pub(super) until: u32,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Value {
    pub(super) since: u32,
    pub(super) rev: u32,
    pub(super) note: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) length: usize,
    pub(super) base64: Option<String>,
    pub(super) sha256: Option<String>,
}

/// An entry of bad.json.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bad {
    pub(super) file: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) line: usize,
    pub(super) place: String,
}

/// Answers every question with the one passphrase.
struct Knows(Option<String>);

impl AskPassphrase for Knows {
    fn ask(&self, _: &str) -> Option<SecretString> {
        self.0.clone().map(SecretString::from)
    }
}

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1")
}

pub(super) fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(super) fn json<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(super) fn keys() -> BTreeMap<String, Key> {
    json("keys/keys.json")
}

/// One private key, ready to be used.
pub(super) fn identity(name: &str) -> Identities {
    let passphrase = keys().remove(name).unwrap().passphrase;
    let mut identities = Identities::new(Box::new(Knows(passphrase)));
    identities.add(&read(&format!("keys/{name}")), name).unwrap();
    identities
}
