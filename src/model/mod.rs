//! The words of the trade: names, secret values, dates, kinds. No cryptography and no I/O.
//!
//! A name can only be made by parsing, so whoever holds a [`SetName`] holds something that is
//! neither a path nor a flag.

mod date;
mod glob;
mod kind;
mod name;
mod note;
pub(crate) mod plaintext;
mod refused;
mod secret;

pub use date::{Date, InvalidDate};
pub(crate) use glob::{Case, glob};
pub use glob::{InvalidPattern, Pattern};
pub use kind::{
    Content, Kind, PASSWORD, PullSecret, RegistryKind, SecretSet, USERNAME, UnknownRegistryKind,
};
pub use name::{InvalidName, KeyName, MemberName, ServerName, SetName};
pub use note::{InvalidNote, Note};
pub use refused::{
    IDENTITY_COMMAND, IDENTITY_FILE, IDENTITY_TEXT, IDENTITY_VARIABLES, is_refused_env,
    refused_env_names,
};
pub use secret::{MAX_VALUE_BYTES, SecretValue, ValueTooLong};
