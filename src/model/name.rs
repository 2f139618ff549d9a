//! Validated names. Each type is made by parsing and by nothing else.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest name of a set, a key or a member, in bytes.
const MAX_NAME: usize = 64;

/// Longest registry address, in bytes (a DNS name is at most 253; the rest is for port and path).
const MAX_SERVER: usize = 512;

/// Names Windows gives to devices, whatever the extension: a file of that name cannot exist there.
const WINDOWS_DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Why a text is not a name of the kind asked for. Says the rule, not the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Not a set or pull secret name.
    #[error(
        "the name of a set or pull secret is 1 to 64 letters, digits, `_` or `-`, with a letter or digit at both ends"
    )]
    Set,
    /// A set name Windows reserves for a device.
    #[error("this name is reserved for a device on Windows")]
    Device,
    /// Not an entry key.
    #[error("a key is 1 to 64 letters, digits, `_` or `-`")]
    Key,
    /// Not a recipient, member or group name.
    #[error(
        "a member name is 1 to 64 lower-case letters, digits, `.`, `_` or `-`, beginning with a letter or digit, with at most one `/` before a device"
    )]
    Member,
    /// Not a registry address.
    #[error(
        "a server is 1 to 512 printable ASCII characters without spaces, quotes or backslashes"
    )]
    Server,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text_type! {
    /// The name of a secret set or a pull secret: `[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?`, at
    /// most 64 bytes, no Windows device name.
    ///
    /// ```
    /// use vault::model::SetName;
    /// assert!("weather-api".parse::<SetName>().is_ok());
    /// assert!("../weather".parse::<SetName>().is_err());
    /// assert!("NUL".parse::<SetName>().is_err());
    /// ```
    SetName
}

text_type! {
    /// The name of an entry in a set: `[A-Za-z0-9_-]{1,64}`. Case matters.
    KeyName
}

text_type! {
    /// A person (`alice`) or one of their devices (`alice/yubikey`); group names share the syntax.
    MemberName
}

text_type! {
    /// The address of an image registry, as its clients spell it.
    ServerName
}

impl FromStr for SetName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let bytes = text.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        if bytes.len() > MAX_NAME
            || !ends.iter().all(|b| b.is_some_and(u8::is_ascii_alphanumeric))
            || !bytes.iter().copied().all(is_key_byte)
        {
            return Err(InvalidName::Set);
        }
        if WINDOWS_DEVICES.iter().any(|device| device.eq_ignore_ascii_case(text)) {
            return Err(InvalidName::Device);
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for KeyName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(is_key_byte) {
            return Err(InvalidName::Key);
        }
        Ok(Self(text.into()))
    }
}

impl KeyName {
    /// Whether a POSIX shell can hold a variable of this name (`[A-Za-z_][A-Za-z0-9_]*`).
    pub fn is_shell_identifier(&self) -> bool {
        !self.0.contains('-') && !self.0.starts_with(|c: char| c.is_ascii_digit())
    }
}

impl FromStr for MemberName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let (person, device) = text.split_once('/').unwrap_or((text, "0"));
        if text.len() > MAX_NAME || !is_member_part(person) || !is_member_part(device) {
            return Err(InvalidName::Member);
        }
        Ok(Self(text.into()))
    }
}

impl MemberName {
    /// The person: all of the name, or what stands before the `/` of a device.
    pub fn person(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(person, _)| person)
    }

    /// Whether `who` is this name, or the person whose device it is.
    pub fn is_of(&self, who: &Self) -> bool {
        self == who || self.person() == who.as_str()
    }

    /// The name of the person alone.
    #[must_use]
    pub fn to_person(&self) -> Self {
        Self(self.person().into())
    }

    /// The device, where this names one: what stands after the `/`.
    pub fn device(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, device)| device)
    }

    /// Whether this names one device of a person.
    pub fn is_device(&self) -> bool {
        self.device().is_some()
    }

    /// Whether TOML needs quotes around this name in a table header.
    pub fn needs_quotes(&self) -> bool {
        self.0.contains(['.', '/'])
    }

    /// The name as it stands in a TOML table header.
    pub fn in_header(&self) -> String {
        if self.needs_quotes() { format!("\"{self}\"") } else { self.to_string() }
    }
}

impl FromStr for ServerName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        if text.is_empty() || text.len() > MAX_SERVER || !text.bytes().all(plain) {
            return Err(InvalidName::Server);
        }
        Ok(Self(text.into()))
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_member_part(part: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    part.bytes().next().is_some_and(lower)
        && part.bytes().all(|b| lower(b) || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_name_cannot_be_a_path_a_flag_or_a_device() {
        for bad in ["", "-x", "x-", "_x", "a/b", "a.b", "..", "nul", "Com1", "é", "a b", "a\n"] {
            assert!(bad.parse::<SetName>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(64).parse::<SetName>().is_ok());
        assert!("x".repeat(65).parse::<SetName>().is_err());
        assert_eq!("AUX".parse::<SetName>(), Err(InvalidName::Device));
    }

    #[test]
    fn a_member_is_a_person_or_one_device_of_a_person() {
        for good in ["a", "alice", "alice/yubikey", "a.b-c_d/e.f", "0"] {
            assert!(good.parse::<MemberName>().is_ok(), "{good:?}");
        }
        for bad in ["", "Alice", ".a", "a/", "/a", "a/b/c", "a b", "a/.b", "-a"] {
            assert!(bad.parse::<MemberName>().is_err(), "{bad:?}");
        }
        let device: MemberName = "alice/yubikey".parse().unwrap();
        assert_eq!(device.person(), "alice");
        assert!(device.is_device() && device.needs_quotes());
    }

    #[test]
    fn shell_identifiers_have_no_dash_and_no_leading_digit() {
        let shell = |name: &str| name.parse::<KeyName>().unwrap().is_shell_identifier();
        assert!(shell("A_1") && shell("_"));
        assert!(!shell("my-key") && !shell("1X"));
    }
}
