//! From opened sets to a running command: its environment, and becoming it.
//!
//! Everything up to the last step is a calculation over what the caller hands in: the environment
//! vault was started with is an argument, warnings are returned and nothing is printed. The last
//! step is [`replace`], or, where vault stays beside the command, a [`Supervisor`]; then there can be
//! files in memory ([`SecretFiles`]), stars in what it writes ([`Filter`]), and a look at the vault
//! now and then ([`Watch`]).
//!
//! ```no_run
//! use vault::exec::{ChildEnv, Options, replace};
//! use vault::model::{KeyName, SecretValue, SetName};
//!
//! let set: SetName = "web".parse()?;
//! let (key, value): (KeyName, _) = ("TOKEN".parse()?, SecretValue::new(b"s3cret".to_vec())?);
//! let options = Options::default();
//! let env = ChildEnv::build([(&set, [(&key, &value)])], std::env::vars_os(), &options)?;
//! let error = replace(&env, "env".as_ref(), &[]);
//! eprintln!("{error}, exit {}", error.exit_code());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod env;
mod error;
mod files;
#[cfg(unix)]
mod filter;
#[cfg(unix)]
mod find;
mod fingerprint;
#[cfg(test)]
mod fixture;
#[cfg(unix)]
mod handover;
mod harden;
mod mask;
mod merge;
mod options;
mod replace;
mod size;
#[cfg(unix)]
mod supervise;
#[cfg(unix)]
mod watch;

pub use env::ChildEnv;
pub use error::{EnvError, Refused, Selection, Warning};
pub use files::{FileKey, InvalidFileKey, SecretFiles};
#[cfg(unix)]
pub use filter::Filter;
pub use fingerprint::{Change, Fingerprint, Fingerprints};
#[cfg(unix)]
pub use handover::{Handover, program};
pub use harden::harden;
pub use mask::{LEAST_MASKED, Mask, Redactor, TooLargeToMask};
pub use options::{Inherit, InvalidPair, InvalidPrefix, Names, OnExisting, Options, Pair, Prefix};
pub use replace::{ExecError, Obstacle, replace};
pub use size::TooMuch;
#[cfg(unix)]
pub use supervise::{
    Foreground, Happened, Launch, Orphans, Output, Running, Stopped, Supervisor, Waker,
    must_supervise,
};

#[cfg(unix)]
pub use watch::{Next, Place, Watch, Why};

/// Longest `NAME=VALUE`, in bytes: Linux takes 128 KiB for one variable, its final NUL included.
/// The limit holds everywhere, so that a set which works on one machine works on all.
pub const MAX_VARIABLE_BYTES: usize = 131_071;
