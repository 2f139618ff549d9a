//! What every keyed token of a file is bound to.

use std::fmt;

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;

use super::encoding::{Fields, base64_decode, base64_encode};
use crate::model::{Content, Kind, SetName};

/// The 16 random bytes that name a file for its whole life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId([u8; 16]);

impl FileId {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads `b64:…`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base64_decode(text.strip_prefix("b64:")?).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl From<[u8; 16]> for FileId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b64:{}", base64_encode(&self.0))
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A file's id, kind, name and scope: nothing made for one file is valid in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    id: FileId,
    kind: Kind,
    name: SetName,
    scope: Vec<u8>,
}

impl Binding {
    /// The binding of the file `name` with this content.
    pub fn new<T: Content>(id: FileId, name: SetName, content: &T) -> Self {
        let mut scope = Vec::new();
        if let Some(pull) = content.pull() {
            scope.lp(pull.registry.as_str().as_bytes());
            scope.lp(pull.server.as_str().as_bytes());
        }
        Self { id, kind: T::KIND, name, scope }
    }

    /// The file's id.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The file's name.
    pub fn name(&self) -> &SetName {
        &self.name
    }

    /// `lp(kind) || lp(name) || lp(scope)`.
    pub(super) fn append_place(&self, out: &mut Vec<u8>) {
        out.lp(self.kind.as_str().as_bytes());
        out.lp(self.name.as_str().as_bytes());
        out.lp(&self.scope);
    }

    /// `lp(label) || id || lp(kind) || lp(name) || lp(scope)`: how the input of every keyed
    /// function of the file begins.
    pub(super) fn prefix(&self, label: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.lp(label.as_bytes());
        out.extend_from_slice(self.id.as_bytes());
        self.append_place(&mut out);
        out
    }
}
