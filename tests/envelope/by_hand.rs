//! Format v1 by hand: a writer made from docs/format.md and from nothing in src/, which is held
//! against it. It can write what the library cannot, wrong things among them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::rand_core::RngCore as _;
use chacha20poly1305::aead::{Aead as _, OsRng, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// First line of a canonical file.
pub(crate) const COMMENT: &str =
    "# vault v1: encrypted values. Change it with `vault set` or `vault edit`, not by hand.\n";

/// A file, with everything its tables say. Names are in order because maps are.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) id: [u8; 16],
    pub(crate) epoch: u32,
    pub(crate) data_key: [u8; 32],
    /// As they stand in `prev`.
    pub(crate) prev: Vec<String>,
    pub(crate) pull: Option<(&'static str, String)>,
    /// Name to key and wrap.
    pub(crate) recipients: BTreeMap<String, (String, Vec<u8>)>,
    /// Name to key and `until`.
    pub(crate) departed: BTreeMap<String, (String, u32)>,
    pub(crate) values: BTreeMap<String, Value>,
}

/// An entry. `padded` is what is encrypted, so that it may be padded wrongly.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) since: u32,
    pub(crate) rev: u32,
    pub(crate) padded: Vec<u8>,
    pub(crate) note: Option<String>,
    pub(crate) expires: Option<String>,
    /// The random bytes the nonce is made from.
    pub(crate) hedge: [u8; 32],
}

/// What is derived from a data key.
pub(crate) struct Keys {
    pub(crate) enc: [u8; 32],
    pub(crate) nonce: [u8; 32],
    pub(crate) seal: [u8; 32],
    pub(crate) link: [u8; 32],
    pub(crate) commitment: [u8; 32],
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn u32le(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap().to_le_bytes()
}

fn lp(bytes: &[u8]) -> Vec<u8> {
    [&u32le(bytes.len())[..], bytes].concat()
}

pub(crate) fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// `p` for a payload: what follows the payload is `0x80` and zero bytes.
pub(crate) fn pad(payload: &[u8]) -> Vec<u8> {
    let mut padded = payload.to_vec();
    padded.push(0x80);
    padded.resize(padme(padded.len().max(64)), 0);
    padded
}

fn padme(length: usize) -> usize {
    let e = length.ilog2();
    let s = e.ilog2() + 1;
    length.next_multiple_of(1 << (e - s))
}

/// An age file around `content`, for one recipient.
pub(crate) fn age_file(content: &[u8], recipient: &dyn age::Recipient) -> Vec<u8> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).unwrap();
    let mut out = Vec::new();
    let mut writer = encryptor.wrap_output(&mut out).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap();
    out
}

impl Value {
    /// An ordinary value of epoch `since`.
    pub(crate) fn of(value: &[u8], since: u32) -> Self {
        let padded = pad(&[b"\0", value].concat());
        Self { since, rev: 1, padded, note: None, expires: None, hedge: random() }
    }

    pub(crate) fn rev(self, rev: u32) -> Self {
        Self { rev, ..self }
    }

    pub(crate) fn note(self, note: &str) -> Self {
        Self { note: Some(note.to_owned()), ..self }
    }

    pub(crate) fn expires(self, day: &str) -> Self {
        Self { expires: Some(day.to_owned()), ..self }
    }

    /// The value, where `padded` is well formed.
    pub(crate) fn plain(&self) -> &[u8] {
        let end = self.padded.iter().rposition(|byte| *byte != 0).unwrap();
        &self.padded[1..end]
    }
}

impl File {
    /// A set of epoch 1 without recipients and values.
    pub(crate) fn set(name: &str) -> Self {
        Self {
            kind: "set",
            name: name.to_owned(),
            id: random(),
            epoch: 1,
            data_key: random(),
            prev: Vec::new(),
            pull: None,
            recipients: BTreeMap::new(),
            departed: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    pub(crate) fn epoch(self, epoch: u32) -> Self {
        Self { epoch, ..self }
    }

    /// Adds a recipient with the wrap `recipient` makes.
    pub(crate) fn reader(mut self, name: &str, key: &str, recipient: &dyn age::Recipient) -> Self {
        let wrap = age_file(&self.data_key, recipient);
        self.recipients.insert(name.to_owned(), (key.to_owned(), wrap));
        self
    }

    pub(crate) fn left(mut self, name: &str, key: &str, until: u32) -> Self {
        self.departed.insert(name.to_owned(), (key.to_owned(), until));
        self
    }

    pub(crate) fn value(mut self, key: &str, value: Value) -> Self {
        self.values.insert(key.to_owned(), value);
        self
    }

    /// `lp(kind) || lp(name) || lp(scope)`.
    fn place(&self) -> Vec<u8> {
        let scope = match &self.pull {
            Some((sort, server)) => [lp(sort.as_bytes()), lp(server.as_bytes())].concat(),
            None => Vec::new(),
        };
        [lp(self.kind.as_bytes()), lp(self.name.as_bytes()), lp(&scope)].concat()
    }

    /// The info from which the commitment is derived.
    pub(crate) fn commitment_info(&self) -> Vec<u8> {
        [b"vault/v1/commit", &*self.place(), &self.epoch.to_le_bytes()].concat()
    }

    pub(crate) fn keys(&self) -> Keys {
        let hkdf = Hkdf::<Sha256>::new(Some(&self.id), &self.data_key);
        let expand = |info: &[u8]| {
            let mut key = [0; 32];
            hkdf.expand(info, &mut key).unwrap();
            key
        };
        Keys {
            enc: expand(b"vault/v1/enc"),
            nonce: expand(b"vault/v1/nonce"),
            seal: expand(b"vault/v1/seal"),
            link: expand(b"vault/v1/link"),
            commitment: expand(&self.commitment_info()),
        }
    }

    pub(crate) fn key_id(&self) -> String {
        hex(&self.keys().commitment[..4])
    }

    /// What `link` authenticates.
    pub(crate) fn link_message(&self) -> Vec<u8> {
        let commitment = hex(&self.keys().commitment);
        let epoch = self.epoch.to_le_bytes();
        [&*lp(b"vault/v1/prev"), &self.id, &epoch, &lp(commitment.as_bytes())].concat()
    }

    /// The link by which `older` vouches for this file.
    pub(crate) fn link_from(&self, older: &Self) -> String {
        let proof = hmac(&older.keys().link, &self.link_message());
        format!("{}:{}:{}", older.epoch, older.key_id(), b64(&proof))
    }

    fn bound(&self, label: &str) -> Vec<u8> {
        [&*lp(label.as_bytes()), &self.id, &self.place()].concat()
    }

    /// What the seal of a recipient authenticates.
    pub(crate) fn recipient_message(&self, name: &str) -> Vec<u8> {
        let (key, wrap) = &self.recipients[name];
        let to = format!("{key} {name}");
        let record = [lp(name.as_bytes()), lp(to.as_bytes()), lp(wrap)].concat();
        [&*self.bound("vault/v1/recipient"), &record, &self.epoch.to_le_bytes()].concat()
    }

    /// What the seal of a departure authenticates.
    pub(crate) fn departure_message(&self, name: &str) -> Vec<u8> {
        let (key, until) = &self.departed[name];
        let to = format!("{key} {name}");
        let record = [lp(name.as_bytes()), lp(to.as_bytes())].concat();
        let epochs = [until.to_le_bytes(), self.epoch.to_le_bytes()].concat();
        [&*self.bound("vault/v1/departed"), &record, &epochs].concat()
    }

    /// What is authenticated with a value.
    pub(crate) fn aad(&self, key: &str) -> Vec<u8> {
        let value = &self.values[key];
        let counts = [self.epoch, value.since, value.rev].map(u32::to_le_bytes).concat();
        let note = lp(value.note.as_deref().unwrap_or_default().as_bytes());
        let expires = lp(value.expires.as_deref().unwrap_or_default().as_bytes());
        let bound = self.bound("vault/v1/value");
        [&*bound, &lp(key.as_bytes()), &counts, &note, &expires].concat()
    }

    /// `nonce || ciphertext` of a value.
    pub(crate) fn enc(&self, key: &str, keys: &Keys) -> Vec<u8> {
        let Value { hedge, padded, .. } = &self.values[key];
        let aad = self.aad(key);
        let message = [&hedge[..], &u32le(aad.len()), &aad, padded].concat();
        let nonce: [u8; 24] = hmac(&keys.nonce, &message)[..24].try_into().unwrap();
        let cipher = XChaCha20Poly1305::new((&keys.enc).into());
        let payload = Payload { msg: padded, aad: &aad };
        [&nonce[..], &cipher.encrypt((&nonce).into(), payload).unwrap()].concat()
    }

    /// The canonical bytes.
    pub(crate) fn text(&self) -> String {
        let keys = self.keys();
        let token = format!("{}:{}", self.epoch, self.key_id());
        let seal = |message: &[u8]| format!("{token}:{}", b64(&hmac(&keys.seal, message)));
        let quoted = |name: &str| {
            if name.contains(['.', '/']) { format!("\"{name}\"") } else { name.to_owned() }
        };
        let mut tables = vec![self.head(&keys)];
        if let Some((sort, server)) = &self.pull {
            tables.push(format!("[pull]\ntype = \"{sort}\"\nserver = \"{server}\"\n"));
        }
        for (name, (key, wrap)) in &self.recipients {
            tables.push(format!(
                "[recipients.{}]\nto = \"{key} {name}\"\nwrap = \"{token}:{}\"\nseal = \"{}\"\n",
                quoted(name),
                b64(wrap),
                seal(&self.recipient_message(name))
            ));
        }
        for (name, (key, until)) in &self.departed {
            tables.push(format!(
                "[departed.{}]\nto = \"{key} {name}\"\nuntil = {until}\nseal = \"{}\"\n",
                quoted(name),
                seal(&self.departure_message(name))
            ));
        }
        for (key, value) in &self.values {
            let (since, rev, enc) = (value.since, value.rev, b64(&self.enc(key, &keys)));
            let mut table = format!("[values.{key}]\nenc = \"{token}:{since}.{rev}:{enc}\"\n");
            if let Some(note) = &value.note {
                let note = note.replace('\\', "\\\\").replace('"', "\\\"");
                writeln!(table, "note = \"{note}\"").unwrap();
            }
            if let Some(expires) = &value.expires {
                writeln!(table, "expires = {expires}").unwrap();
            }
            tables.push(table);
        }
        format!("{COMMENT}{}", tables.join("\n"))
    }

    fn head(&self, keys: &Keys) -> String {
        let Self { kind, name, epoch, .. } = self;
        let (id, commitment) = (b64(&self.id), hex(&keys.commitment));
        let mut table = format!(
            "[vault]\nformat = 1\nkind = \"{kind}\"\nname = \"{name}\"\nid = \"b64:{id}\"\nepoch = \"{epoch}:{commitment}\"\n"
        );
        if !self.prev.is_empty() {
            writeln!(table, "prev = \"{}\"", self.prev.join(" ")).unwrap();
        }
        table
    }
}
