//! Public keys that files are encrypted to.

use std::fmt;
use std::str::FromStr;

use age::{plugin, ssh, tag, tagpq, x25519};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::PluginName;
use super::bech32::is_x25519;
use super::encoding::{base64_decode_padded, base64_encode};

/// Longest recipient, in bytes (FORMAT: `to` is at most 4 KiB).
const MAX_RECIPIENT: usize = 4096;

/// What kind of key a recipient is; decides which age stanza its wrap must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientKind {
    /// age's own key, `age1…`.
    X25519,
    /// `ssh-ed25519 …`.
    SshEd25519,
    /// `ssh-rsa …`, at least 2048 bits.
    SshRsa,
    /// A P-256 key on hardware, `age1tag1…`.
    P256Tag,
    /// A post-quantum hybrid key on hardware, `age1tagpq1…`.
    MlKemTag,
    /// A key only the age plugin of this name can encrypt to.
    Plugin(PluginName),
}

impl fmt::Display for RecipientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X25519 => f.write_str("age X25519"),
            Self::SshEd25519 => f.write_str("ssh-ed25519"),
            Self::SshRsa => f.write_str("ssh-rsa"),
            Self::P256Tag => f.write_str("age P-256, on hardware"),
            Self::MlKemTag => f.write_str("age post-quantum, on hardware"),
            Self::Plugin(name) => write!(f, "age plugin {name}"),
        }
    }
}

/// A public key in its canonical spelling: bech32 in lower case, or `type base64` of an ssh key
/// without its comment.
///
/// ```
/// use vault::crypto::Recipient;
/// let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
/// assert_eq!(key.parse::<Recipient>().unwrap().as_str(), key);
/// assert!("age1lvyvwawkr0mcnn".parse::<Recipient>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    text: Box<str>,
    kind: RecipientKind,
}

/// Why a text is not a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRecipient {
    /// Not a key at all.
    #[error("not an age or ssh public key (age1…, ssh-ed25519 … or ssh-rsa …)")]
    NotAKey,
    /// A private key where a public one belongs. The text is not repeated.
    #[error("this is a private key; only its public key belongs here")]
    Private,
    /// A damaged key, or one that is not in its canonical spelling.
    #[error("the {0} key is damaged or not in its canonical spelling")]
    Damaged(&'static str),
    /// An RSA key of unusual size.
    #[error("an ssh-rsa key must have 2048 to 4096 bits")]
    RsaSize,
    /// An ssh key type age cannot encrypt to.
    #[error("ssh keys of type {0} cannot be encrypted to; use ssh-ed25519, ssh-rsa or an age key")]
    SshType(String),
    /// A post-quantum age key the age library does not know yet.
    #[error("age1pq1 keys are not supported yet; use an age1… key beside it")]
    PostQuantum,
    /// Longer than the format allows.
    #[error("a public key is at most 4 KiB")]
    TooLong,
}

impl Recipient {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What kind of key this is.
    pub fn kind(&self) -> &RecipientKind {
        &self.kind
    }

    /// `SHA256:…` as `ssh-keygen -l` shows it for an ssh key; for every other key the same of its
    /// text.
    pub fn fingerprint(&self) -> String {
        let blob = self.text.split_once(' ').and_then(|(_, blob)| base64_decode_padded(blob));
        let digest = Sha256::digest(blob.as_deref().unwrap_or(self.text.as_bytes()));
        format!("SHA256:{}", base64_encode(&digest))
    }

    /// Reads a recipient as it stands in a file: spelling and checksum are verified, but not that
    /// the key is a point on its curve, which is done before anything is encrypted to it. (A file
    /// with 1,000 hardware keys would otherwise take a tenth of a second to look at.)
    ///
    /// # Errors
    /// [`InvalidRecipient`], also when the text is not canonical.
    pub fn from_canonical(text: &str) -> Result<Self, InvalidRecipient> {
        if text.len() > MAX_RECIPIENT {
            return Err(InvalidRecipient::TooLong);
        }
        let kind = if text.starts_with("age1") { age_kind(text)? } else { ssh_kind(text)? };
        Ok(Self { text: text.into(), kind })
    }

    /// The key in the form the age library encrypts to; `None` for plugins.
    pub(super) fn to_age(&self) -> Result<Option<Box<dyn age::Recipient>>, InvalidRecipient> {
        let text = self.as_str();
        Ok(Some(match &self.kind {
            RecipientKind::X25519 => Box::new(parse::<x25519::Recipient>(text, "age")?),
            RecipientKind::P256Tag => Box::new(parse::<tag::Recipient>(text, "age1tag")?),
            RecipientKind::MlKemTag => Box::new(parse::<tagpq::Recipient>(text, "age1tagpq")?),
            RecipientKind::SshEd25519 | RecipientKind::SshRsa => Box::new(parse_ssh(text)?),
            RecipientKind::Plugin(_) => return Ok(None),
        }))
    }
}

/// Reads a key as a person gives it: an ssh key may carry its comment, and the key is checked in
/// full.
impl FromStr for Recipient {
    type Err = InvalidRecipient;

    fn from_str(text: &str) -> Result<Self, InvalidRecipient> {
        let text = text.trim();
        let upper = text.get(..15).unwrap_or_default().to_ascii_uppercase();
        if upper.starts_with("AGE-SECRET-KEY-")
            || upper.starts_with("AGE-PLUGIN-")
            || upper.starts_with("-----BEGIN")
        {
            return Err(InvalidRecipient::Private);
        }
        let canonical = match text.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            [kind, blob, ..] => format!("{kind} {blob}"),
            _ => text.to_owned(),
        };
        let recipient = Self::from_canonical(&canonical)?;
        if matches!(&recipient.kind, RecipientKind::Plugin(name) if name.as_str() == "pq") {
            return Err(InvalidRecipient::PostQuantum);
        }
        recipient.to_age()?;
        Ok(recipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

fn age_kind(text: &str) -> Result<RecipientKind, InvalidRecipient> {
    if is_x25519(text) {
        return Ok(RecipientKind::X25519);
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(InvalidRecipient::Damaged("age"));
    }
    if text.parse::<x25519::Recipient>().is_ok() {
        return Ok(RecipientKind::X25519);
    }
    // The plugin parser verifies the checksum of every `age1NAME1…`.
    let other = parse::<plugin::Recipient>(text, "age")?;
    Ok(match other.plugin() {
        "tag" => RecipientKind::P256Tag,
        "tagpq" => RecipientKind::MlKemTag,
        name => RecipientKind::Plugin(name.parse().map_err(|_| InvalidRecipient::Damaged("age"))?),
    })
}

fn ssh_kind(text: &str) -> Result<RecipientKind, InvalidRecipient> {
    let (kind, name) = match text.split_once(' ') {
        Some(("ssh-ed25519", _)) => (RecipientKind::SshEd25519, "ssh-ed25519"),
        Some(("ssh-rsa", _)) => (RecipientKind::SshRsa, "ssh-rsa"),
        Some((other, _)) if is_ssh_type(other) => {
            return Err(InvalidRecipient::SshType(other.to_owned()));
        }
        _ => return Err(InvalidRecipient::NotAKey),
    };
    let blob = text.get(name.len() + 1..).and_then(base64_decode_padded);
    let blob = blob.ok_or(InvalidRecipient::Damaged(name))?;
    // RFC 4253, section 6.6: the key begins with its own type as a string.
    let mut start = u32::try_from(name.len()).unwrap_or_default().to_be_bytes().to_vec();
    start.extend_from_slice(name.as_bytes());
    if !blob.starts_with(&start) {
        return Err(InvalidRecipient::Damaged(name));
    }
    Ok(kind)
}

fn is_ssh_type(word: &str) -> bool {
    word.len() <= 64
        && ["sk-", "ecdsa-", "ssh-"].iter().any(|prefix| word.starts_with(prefix))
        && word.bytes().all(|b| b.is_ascii_graphic())
}

fn parse<T: FromStr>(text: &str, name: &'static str) -> Result<T, InvalidRecipient> {
    text.parse().map_err(|_| InvalidRecipient::Damaged(name))
}

fn parse_ssh(text: &str) -> Result<ssh::Recipient, InvalidRecipient> {
    use ssh::ParseRecipientKeyError as E;
    let recipient: ssh::Recipient = text.parse().map_err(|error| match error {
        E::RsaModulusTooLarge | E::RsaModulusTooSmall => InvalidRecipient::RsaSize,
        _ => InvalidRecipient::Damaged("ssh"),
    })?;
    if recipient.to_string() != text {
        return Err(InvalidRecipient::Damaged("ssh"));
    }
    Ok(recipient)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK";

    #[test]
    fn an_ssh_key_loses_its_comment_and_keeps_its_bytes() {
        let with_comment = format!("  {ED25519} alice@laptop two words\n");
        assert_eq!(with_comment.parse::<Recipient>().unwrap().as_str(), ED25519);
        assert!(Recipient::from_canonical(&with_comment).is_err());
    }

    /// `ssh-keygen -lf` shows this of the key.
    #[test]
    fn an_ssh_key_has_the_fingerprint_that_ssh_keygen_shows() {
        let key: Recipient = ED25519.parse().unwrap();
        assert_eq!(key.fingerprint(), "SHA256:omRaUSZah5JYhHa3iyOeOS6YKM1KdLC++CgWsCAe4ZA");
        let age = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
        let age: Recipient = age.parse().unwrap();
        assert!(age.fingerprint().starts_with("SHA256:"));
        assert_ne!(age.fingerprint(), key.fingerprint());
    }

    #[test]
    fn what_cannot_be_encrypted_to_says_why() {
        let parse = |text: &str| text.parse::<Recipient>().unwrap_err();
        assert_eq!(parse("AGE-SECRET-KEY-1QQQ"), InvalidRecipient::Private);
        assert_eq!(parse("-----BEGIN OPENSSH PRIVATE KEY-----"), InvalidRecipient::Private);
        assert_eq!(parse("hello"), InvalidRecipient::NotAKey);
        let sk = "sk-ssh-ed25519@openssh.com AAAA";
        assert!(matches!(parse(sk), InvalidRecipient::SshType(_)));
        assert_eq!(
            parse(&ED25519.replace("AAAAC3", "AAAAB3")),
            InvalidRecipient::Damaged("ssh-ed25519")
        );
        let flipped = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2y";
        assert_eq!(parse(flipped), InvalidRecipient::Damaged("age"));
    }
}
