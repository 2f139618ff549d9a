//! What `vault exec` was asked for, as types.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::files::FileKey;
use crate::model::{KeyName, Pattern};

/// How a command's environment is put together. The default passes every key of the sets under
/// its own name, over what is inherited.
#[derive(Debug, Default)]
pub struct Options {
    /// Only keys that fit one of these; all keys when there are none.
    pub only: Vec<Pattern>,
    /// No key that fits one of these.
    pub except: Vec<Pattern>,
    /// What is put before each key's name.
    pub prefix: Prefix,
    /// Keys, as the sets spell them, without which the command must not start.
    pub required: Vec<KeyName>,
    /// Keys to pass as files.
    pub files: Vec<FileKey>,
    /// What the command gets of the environment vault was started with.
    pub inherit: Inherit,
    /// Who wins where a key and an inherited variable have one name.
    pub on_existing: OnExisting,
    /// Variables that win over all others; of two with one name, the later.
    pub overrides: Vec<Pair>,
    /// Names that may be passed although they make programs run code.
    pub allowed: Vec<String>,
    /// Which names may be passed at all.
    pub names: Names,
}

/// What is inherited. vault's identity variables never are.
#[derive(Debug, Default)]
pub enum Inherit {
    /// Everything.
    #[default]
    All,
    /// Nothing but what is named.
    Pristine {
        /// The names; one that is not set is not missed.
        pass: Vec<OsString>,
    },
}

/// Who wins where a key of the sets and an inherited variable have one name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// The key of the sets.
    #[default]
    Replace,
    /// What was inherited, be it empty.
    Keep,
}

/// What becomes of a name that no POSIX shell can hold, such as `my-key`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It is passed, with a warning.
    #[default]
    Any,
    /// It is an error.
    ShellOnly,
}

/// What is put before each key's name: `[A-Za-z0-9_-]*`, so the result can hold no `=`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Prefix(Box<str>);

/// The text holds a character that no key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a prefix is letters, digits, `_` and `-`")]
pub struct InvalidPrefix;

impl Prefix {
    /// The name of the variable that a key becomes.
    pub fn name<'a>(&self, key: &'a KeyName) -> Cow<'a, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(key.as_str());
        }
        Cow::Owned(format!("{}{key}", self.0))
    }
}

impl FromStr for Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(InvalidPrefix);
        }
        Ok(Self(text.into()))
    }
}

/// One `NAME=VALUE` of the command line. The name is not empty and neither part holds a NUL.
///
/// The names that sets may not use are open to it: who types `--env PATH=…` could as well type
/// `PATH=… command`, while a key in a set comes from whoever may push to the repository.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    name: OsString,
    value: OsString,
}

/// The text is not `NAME=VALUE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a variable is NAME=VALUE, with a name of one character at least and no NUL")]
pub struct InvalidPair;

impl Pair {
    /// The name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &OsStr {
        &self.value
    }
}

impl TryFrom<&OsStr> for Pair {
    type Error = InvalidPair;

    /// Splits at the first `=`.
    fn try_from(text: &OsStr) -> Result<Self, InvalidPair> {
        if text.as_encoded_bytes().contains(&0) {
            return Err(InvalidPair);
        }
        let (name, value) = split(text).filter(|(name, _)| !name.is_empty()).ok_or(InvalidPair)?;
        Ok(Self { name, value })
    }
}

#[cfg(unix)]
fn split(text: &OsStr) -> Option<(OsString, OsString)> {
    use std::os::unix::ffi::OsStrExt;

    let mut parts = text.as_bytes().splitn(2, |b| *b == b'=').map(OsStr::from_bytes);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

#[cfg(not(unix))]
fn split(text: &OsStr) -> Option<(OsString, OsString)> {
    text.to_str()?.split_once('=').map(|(name, value)| (name.into(), value.into()))
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(text: &str) -> Result<(String, String), InvalidPair> {
        let pair = Pair::try_from(OsStr::new(text))?;
        Ok((pair.name().to_str().unwrap().to_owned(), pair.value().to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_pair_is_split_at_the_first_equals_sign_and_the_value_kept_exactly() {
        let parts = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(pair("A=b=c "), parts("A", "b=c "));
        assert_eq!(pair("A="), parts("A", ""));
        assert_eq!(pair("my.name='x'"), parts("my.name", "'x'"));
        for bad in ["", "A", "=b", "A=\0", "\0=b"] {
            assert_eq!(pair(bad), Err(InvalidPair), "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pair_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;

        let pair = Pair::try_from(OsStr::from_bytes(b"A\xff=\xfe")).unwrap();
        assert_eq!(pair.name().as_bytes(), b"A\xff");
        assert_eq!(pair.value().as_bytes(), b"\xfe");
    }

    #[test]
    fn debug_shows_no_value() {
        let pair = Pair::try_from(OsStr::new("A=canary")).unwrap();
        assert!(!format!("{pair:?}").contains("canary"));
    }

    #[test]
    fn a_prefix_can_hold_nothing_that_a_key_cannot() {
        for good in ["", "APP_", "9-"] {
            assert!(good.parse::<Prefix>().is_ok(), "{good:?}");
        }
        for bad in ["A=", "A B", "é", "A\0", "A."] {
            assert_eq!(bad.parse::<Prefix>(), Err(InvalidPrefix), "{bad:?}");
        }
        let prefix: Prefix = "APP_".parse().unwrap();
        assert_eq!(prefix.name(&"KEY".parse().unwrap()), "APP_KEY");
    }
}
