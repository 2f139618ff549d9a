//! A file as it stands on disk.

use std::collections::BTreeMap;

use super::build::build;
use super::rule::Malformed;
use crate::crypto::{Binding, Commitment, FileId, KeyId, Recipient, Seal};
use crate::model::{Content, Date, KeyName, MemberName, Note, SetName};

/// A file of format v1, parsed and in form, but not yet proven by its key. All of it is public: it
/// may be cloned, compared and printed.
///
/// ```
/// # use vault::{crypto::*, envelope::*, model::*};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let alice = NewIdentity::generate();
/// let mut identities = Identities::new(Box::new(NoPassphrase));
/// identities.add(&alice.to_file("2026-01-01T00:00:00Z"), "alice's identity")?;
///
/// // Make a set for alice, and write it down.
/// let readers = Recipients::one("alice".parse()?, alice.public().parse()?);
/// let mut opened = Opened::<SecretSet>::create("web".parse()?, SecretSet, readers);
/// opened.set(&"TOKEN".parse()?, SecretValue::new(b"hunter2".to_vec())?)?;
/// let text = opened.seal()?.render();
///
/// // Anyone can see what is in it, alice can see the values.
/// let sealed = Sealed::<SecretSet>::parse(text.as_bytes(), &"web".parse()?)?;
/// assert!(sealed.entries().keys().any(|key| key.as_str() == "TOKEN"));
/// let opened = sealed.open(&identities)?;
/// assert_eq!(opened.get(&"TOKEN".parse()?).unwrap().value().expose(), b"hunter2");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed<T> {
    pub(super) content: T,
    pub(super) name: SetName,
    pub(super) id: FileId,
    pub(super) epoch: u32,
    pub(super) commitment: Commitment,
    pub(super) prev: Vec<Link>,
    pub(super) recipients: BTreeMap<MemberName, RecipientRecord>,
    pub(super) departed: BTreeMap<MemberName, Departure>,
    pub(super) entries: BTreeMap<KeyName, SealedEntry>,
}

/// A reader: their key, and the data key wrapped for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRecord {
    /// The public key.
    pub to: Recipient,
    /// A binary age file that holds the data key.
    pub wrap: Vec<u8>,
    /// Proof that a holder of the data key made this record.
    pub seal: Seal,
}

/// Someone who could read the file and no longer can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The public key they had.
    pub to: Recipient,
    /// The last epoch they could read.
    pub until: u32,
    /// Proof that a holder of the data key made this record.
    pub seal: Seal,
}

/// One entry: what is plain about it, and its ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// The epoch in which the value last changed.
    pub since: u32,
    /// Counts changes of value, note or expiry, from 1.
    pub rev: u32,
    /// `nonce || ciphertext`.
    pub enc: Vec<u8>,
    /// The plain remark.
    pub note: Option<Note>,
    /// The plain expiry date.
    pub expires: Option<Date>,
}

/// The key of an earlier epoch vouches for this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The earlier epoch.
    pub epoch: u32,
    /// The earlier key.
    pub key_id: KeyId,
    /// Its proof.
    pub proof: Seal,
}

/// Who shall be able to read a file; never nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients(BTreeMap<MemberName, Recipient>);

impl Recipients {
    /// A single reader.
    pub fn one(name: MemberName, to: Recipient) -> Self {
        Self(BTreeMap::from([(name, to)]))
    }

    /// These readers, or `None` when there are none or two share a key.
    pub fn new(readers: BTreeMap<MemberName, Recipient>) -> Option<Self> {
        let mut keys: Vec<&str> = readers.values().map(Recipient::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        (!readers.is_empty() && keys.len() == readers.len()).then_some(Self(readers))
    }

    /// Names and keys, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&MemberName, &Recipient)> {
        self.0.iter()
    }

    pub(super) fn into_map(self) -> BTreeMap<MemberName, Recipient> {
        self.0
    }
}

impl<T: Content> Sealed<T> {
    /// Reads a file; `name` is what its path says.
    ///
    /// # Errors
    /// [`Malformed`] with the line and the first rule the file breaks.
    pub fn parse(bytes: &[u8], name: &SetName) -> Result<Self, Malformed> {
        build(bytes, Some(name))
    }

    /// Reads a version of a file from history, wherever it stood: its name is what it says itself.
    /// The commitment binds that, too.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_past(bytes: &[u8]) -> Result<Self, Malformed> {
        build(bytes, None)
    }

    /// The file's name.
    pub fn name(&self) -> &SetName {
        &self.name
    }

    /// What is plain about the content.
    pub fn content(&self) -> &T {
        &self.content
    }

    /// The 16 bytes the file keeps for life.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The data-key generation, from 1.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The fingerprint of the data key.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// The links to earlier epochs: none in a file's first, two after a merge of two rotations.
    pub fn prev(&self) -> &[Link] {
        &self.prev
    }

    /// Who can read the file. Never empty.
    pub fn recipients(&self) -> &BTreeMap<MemberName, RecipientRecord> {
        &self.recipients
    }

    /// Who could and no longer can.
    pub fn departed(&self) -> &BTreeMap<MemberName, Departure> {
        &self.departed
    }

    /// The entries, sorted by key.
    pub fn entries(&self) -> &BTreeMap<KeyName, SealedEntry> {
        &self.entries
    }

    /// Whether both have the same data key.
    pub fn has_key_of(&self, other: &Self) -> bool {
        (self.epoch, self.commitment) == (other.epoch, other.commitment)
    }

    /// `EPOCH:KEYID`, with which every token of the file begins.
    pub(super) fn token(&self) -> String {
        format!("{}:{}", self.epoch, self.commitment.key_id())
    }

    pub(super) fn binding(&self) -> Binding {
        Binding::new(self.id, self.name.clone(), &self.content)
    }
}

/// A recipient with the key of another, which comes first.
pub(super) fn same_key(
    recipients: &BTreeMap<MemberName, RecipientRecord>,
) -> Option<(&MemberName, &MemberName)> {
    // Keys differ in their ends, which are compared as numbers before anything else is looked at.
    let end = |key: &str| key.as_bytes().last_chunk::<8>().map(|end| u64::from_ne_bytes(*end));
    let names = recipients.iter();
    let mut keys: Vec<_> =
        names.map(|(name, r)| (end(r.to.as_str()), r.to.as_str(), name)).collect();
    keys.sort_unstable();
    let mut pairs = keys.iter().zip(keys.iter().skip(1));
    pairs.find(|(one, next)| one.1 == next.1).map(|(one, next)| (next.2, one.2))
}
