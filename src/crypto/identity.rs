//! Private keys: reading identity files and making new ones.

use std::fmt;
use std::io::Write;
use std::iter;
use std::sync::{Arc, OnceLock};

use age::armor::{ArmoredWriter, Format};
use age::secrecy::{ExposeSecret, SecretString};
use age::ssh::UnsupportedKey;
use age::{Encryptor, plugin, scrypt, ssh, x25519};
use thiserror::Error;
use zeroize::Zeroizing;

use super::unlock::AskPassphrase;
use super::{NoPlugins, PluginName, Plugins, Recipient, RecipientKind};

/// scrypt work factor of identity files written here: about a second, as age's own.
const SCRYPT_LOG_N: u8 = 18;

pub(super) type AgeIdentity = Box<dyn age::Identity + Send + Sync>;

/// A private key that is ready for use, with its public key in canonical spelling.
pub(super) struct OpenKey {
    pub(super) public: String,
    pub(super) age: AgeIdentity,
}

/// An identity of an age plugin. Its text may be all there is of a private key.
pub(super) struct PluginKey {
    pub(super) name: PluginName,
    pub(super) text: Zeroizing<String>,
    /// As a comment before it says; plugins write one.
    pub(super) public: Option<String>,
}

/// What stands in one identity file.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) open: Vec<OpenKey>,
    pub(super) plugin: Vec<PluginKey>,
}

/// One identity file, in one of the states it can be in.
pub(super) enum Source {
    Open(Keys),
    LockedSsh { public: String, key: Box<ssh::EncryptedKey>, opened: OnceLock<Keys> },
    LockedAge { file: Vec<u8>, opened: OnceLock<Keys> },
}

/// One identity, as far as it may be shown. Neither key nor plugin is known of an encrypted file.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// Where it came from.
    pub origin: &'a str,
    /// Its public key, if it shows.
    pub public: Option<&'a str>,
    /// The age plugin it belongs to, if any.
    pub plugin: Option<&'a PluginName>,
}

/// The private keys a person has at hand. Encrypted ones are asked for at most once, and only
/// when a file is for them.
pub struct Identities {
    pub(super) sources: Vec<(String, Source)>,
    pub(super) ask: Box<dyn AskPassphrase>,
    pub(super) plugins: Arc<dyn Plugins>,
}

/// How an identity is kept where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Whoever reads the file has the key.
    InClear,
    /// Behind a passphrase.
    Encrypted,
}

/// Why an identity file was not accepted. Never says what stood in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// There is no key in it.
    #[error("it holds no identity")]
    Empty,
    /// It is not text, and no age file either.
    #[error("it is no identity file: an age identity, an encrypted one, or an OpenSSH private key")]
    NotAnIdentity,
    /// A line is neither a key nor a comment.
    #[error("line {0} is no identity (AGE-SECRET-KEY-1…)")]
    Line(usize),
    /// A public key where the private one belongs.
    #[error("this is a public key; an identity is the private key that belongs to it")]
    Public,
    /// A public ssh key where the private one belongs.
    #[error(
        "this is a public key; an identity is the private key that belongs to it, and one that only an ssh agent holds cannot decrypt"
    )]
    PublicSsh,
    /// An age plugin's identity that is not whole.
    #[error("line {0} is a damaged identity of an age plugin (AGE-PLUGIN-NAME-1…)")]
    Plugin(usize),
    /// A post-quantum identity.
    #[error(
        "line {0} is a post-quantum identity (AGE-SECRET-KEY-PQ-1…), which this version cannot use"
    )]
    PostQuantum(usize),
    /// An ssh key that cannot decrypt, or is stored in an old format.
    #[error("{0}")]
    Ssh(&'static str),
    /// An age file that is encrypted to keys, not to a passphrase.
    #[error("it is encrypted to other keys, not with a passphrase")]
    NotPassphrase,
}

impl Identities {
    /// No identities yet; `ask` is called when one turns out to need its passphrase.
    pub fn new(ask: Box<dyn AskPassphrase>) -> Self {
        Self { sources: Vec::new(), ask, plugins: Arc::new(NoPlugins) }
    }

    /// The same, with someone who talks to age plugins.
    #[must_use]
    pub fn with_plugins(self, plugins: Arc<dyn Plugins>) -> Self {
        Self { plugins, ..self }
    }

    /// Who talks to age plugins.
    pub fn plugins(&self) -> &Arc<dyn Plugins> {
        &self.plugins
    }

    /// Adds what stands in an identity file. `origin` names it in messages and prompts.
    ///
    /// # Errors
    /// [`IdentityError`] when there is anything in it that cannot be used.
    pub fn add(&mut self, text: &[u8], origin: &str) -> Result<Kept, IdentityError> {
        let source = if is_age_file(text) {
            locked_age(text)?
        } else {
            let text = std::str::from_utf8(text).map_err(|_| IdentityError::NotAnIdentity)?;
            if text.trim_start().starts_with("-----BEGIN ") {
                ssh_key(text)?
            } else {
                Source::Open(parse_lines(text)?)
            }
        };
        let kept = if matches!(source, Source::Open(_)) { Kept::InClear } else { Kept::Encrypted };
        self.sources.push((origin.to_owned(), source));
        Ok(kept)
    }

    /// Whether no identity was added.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Where each identity came from and its public key, which an encrypted age identity does not
    /// show before it is opened.
    pub fn public_keys(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.listed().map(|listed| (listed.origin, listed.public))
    }

    /// Every identity, as far as it may be shown.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        self.sources.iter().flat_map(|(origin, source)| {
            let one = |public, plugin| Listed { origin, public, plugin };
            match (source, source.keys()) {
                (Source::LockedSsh { public, .. }, _) => vec![one(Some(public), None)],
                (_, None) => vec![one(None, None)],
                (_, Some(keys)) => {
                    let open = keys.open.iter().map(|key| one(Some(&key.public), None));
                    let plugin =
                        keys.plugin.iter().map(|key| one(key.public.as_deref(), Some(&key.name)));
                    open.chain(plugin).collect()
                }
            }
        })
    }
}

impl Source {
    /// The keys in it, as far as it is open.
    pub(super) fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Open(keys) => Some(keys),
            Self::LockedSsh { opened, .. } | Self::LockedAge { opened, .. } => opened.get(),
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|(origin, _)| origin)).finish()
    }
}

/// A private key made here.
pub struct NewIdentity {
    secret: SecretString,
    public: String,
}

impl NewIdentity {
    /// A new X25519 identity.
    pub fn generate() -> Self {
        let identity = x25519::Identity::generate();
        Self { secret: identity.to_string(), public: identity.to_public().to_string() }
    }

    /// The public key, `age1…`.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The identity file as `age-keygen` writes it; `created` is the time it names.
    pub fn to_file(&self, created: &str) -> Zeroizing<Vec<u8>> {
        let secret = self.secret.expose_secret();
        let parts = ["# created: ", created, "\n# public key: ", &self.public, "\n", secret, "\n"];
        let mut out = Zeroizing::new(Vec::with_capacity(parts.iter().map(|p| p.len()).sum()));
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
        out
    }

    /// The identity file encrypted with a passphrase, armored; `age` opens it too.
    ///
    /// # Errors
    /// Those of the age library, which has none for memory.
    pub fn to_encrypted_file(
        &self,
        created: &str,
        passphrase: SecretString,
    ) -> std::io::Result<Vec<u8>> {
        let mut recipient = scrypt::Recipient::new(passphrase);
        recipient.set_work_factor(SCRYPT_LOG_N);
        let encryptor = Encryptor::with_recipients(iter::once(&recipient as _))
            .map_err(std::io::Error::other)?;
        let mut out = Vec::new();
        let armor = ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(&self.to_file(created))?;
        writer.finish()?.finish()?;
        Ok(out)
    }
}

/// The keys in the lines of an age identity file.
pub(super) fn parse_lines(text: &str) -> Result<Keys, IdentityError> {
    let mut keys = Keys::default();
    let mut public = None;
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if let Some(comment) = line.strip_prefix('#') {
            public = named_in(comment).or(public);
        } else if line.starts_with("AGE-PLUGIN-") {
            let key = plugin_key(line, public.take());
            keys.plugin.push(key.ok_or(IdentityError::Plugin(number))?);
        } else if !line.is_empty() {
            let identity: x25519::Identity = line.parse().map_err(|_| no_identity(line, number))?;
            let public = identity.to_public().to_string();
            keys.open.push(OpenKey { public, age: Box::new(identity) });
        }
    }
    let none = keys.open.is_empty() && keys.plugin.is_empty();
    if none { Err(IdentityError::Empty) } else { Ok(keys) }
}

fn no_identity(line: &str, number: usize) -> IdentityError {
    let begins = |marks: &[&str]| marks.iter().any(|mark| line.starts_with(mark));
    match line {
        _ if begins(&["AGE-SECRET-KEY-PQ-"]) => IdentityError::PostQuantum(number),
        _ if begins(&["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]) => IdentityError::PublicSsh,
        _ if begins(&["age1"]) => IdentityError::Public,
        _ => IdentityError::Line(number),
    }
}

/// The plugin's or hardware key that a comment names, as `age-plugin-yubikey` writes one before
/// each identity: `#    Recipient: age1yubikey1…`.
fn named_in(comment: &str) -> Option<String> {
    let key = Recipient::from_canonical(comment.split_whitespace().next_back()?).ok()?;
    let by_plugin = matches!(
        key.kind(),
        RecipientKind::Plugin(_) | RecipientKind::P256Tag | RecipientKind::MlKemTag
    );
    by_plugin.then(|| key.to_string())
}

fn plugin_key(line: &str, public: Option<String>) -> Option<PluginKey> {
    let identity: plugin::Identity = line.parse().ok()?;
    let name = identity.plugin().parse().ok()?;
    Some(PluginKey { name, text: Zeroizing::new(line.to_owned()), public })
}

fn is_age_file(text: &[u8]) -> bool {
    text.starts_with(b"age-encryption.org/v1")
        || text.trim_ascii_start().starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

fn locked_age(file: &[u8]) -> Result<Source, IdentityError> {
    let reader = age::armor::ArmoredReader::new(file);
    let decryptor =
        age::Decryptor::new_buffered(reader).map_err(|_| IdentityError::NotAnIdentity)?;
    if !decryptor.is_scrypt() {
        return Err(IdentityError::NotPassphrase);
    }
    Ok(Source::LockedAge { file: file.to_vec(), opened: OnceLock::new() })
}

fn ssh_key(text: &str) -> Result<Source, IdentityError> {
    refuse_foreign(text.trim_start().lines().next().unwrap_or_default())?;
    let identity = ssh::Identity::from_buffer(text.trim_start().as_bytes(), None)
        .map_err(|_| IdentityError::Ssh("it is a damaged or unsupported private key"))?;
    let public = ssh::Recipient::try_from(identity.clone()).map(|public| public.to_string());
    match (identity, public) {
        (ssh::Identity::Unsupported(kind), _) => Err(IdentityError::Ssh(unsupported(&kind))),
        (_, Err(_)) => {
            Err(IdentityError::Ssh("ssh keys of this type cannot decrypt; use ed25519 or rsa"))
        }
        (ssh::Identity::Encrypted(key), Ok(public)) => {
            Ok(Source::LockedSsh { public, key: Box::new(key), opened: OnceLock::new() })
        }
        (open @ ssh::Identity::Unencrypted(_), Ok(public)) => {
            let open = vec![OpenKey { public, age: Box::new(open) }];
            Ok(Source::Open(Keys { open, plugin: Vec::new() }))
        }
    }
}

/// What else begins as an ssh key does.
fn refuse_foreign(first: &str) -> Result<(), IdentityError> {
    Err(match first.trim_start_matches("-----BEGIN ").trim_end_matches('-') {
        "OPENSSH PRIVATE KEY" | "RSA PRIVATE KEY" => return Ok(()),
        kind if kind.starts_with("PGP ") => IdentityError::Ssh("PGP keys are not used here"),
        kind if kind.ends_with("PUBLIC KEY") || kind.ends_with("CERTIFICATE") => {
            IdentityError::Public
        }
        _ => IdentityError::Ssh(
            "it is a PEM key of a kind age does not read; `ssh-keygen -p -f FILE` writes an rsa or ed25519 key anew as OpenSSH's",
        ),
    })
}

fn unsupported(kind: &UnsupportedKey) -> &'static str {
    match kind {
        UnsupportedKey::EncryptedPem => {
            "it is an encrypted PEM key; convert it with `ssh-keygen -p -f FILE`"
        }
        UnsupportedKey::EncryptedSsh(_) => {
            "it is encrypted with a cipher age does not know; change it with `ssh-keygen -p -f FILE`"
        }
        UnsupportedKey::Hardware(_) => {
            "ssh keys on a security key (sk-…) can only sign, not decrypt; use an age plugin"
        }
        UnsupportedKey::Type(_) => "ssh keys of this type cannot decrypt; use ed25519 or rsa",
    }
}
