//! The words of the trade: names, secret values, dates, kinds. No cryptography and no I/O.
//!
//! A name can only be made by parsing, so whoever holds a [`SetName`] holds something that is
//! neither a path nor a flag.

mod date;
mod kind;
mod name;
mod note;
mod secret;

pub use date::{Date, InvalidDate};
pub use kind::{Content, Kind, PullSecret, RegistryKind, SecretSet, UnknownRegistryKind};
pub use name::{InvalidName, KeyName, MemberName, ServerName, SetName};
pub use note::{InvalidNote, Note};
pub use secret::{MAX_VALUE_BYTES, SecretValue, ValueTooLong};
