//! An offline-first secret vault for teams that keep code in git.
//!
//! Secret sets stand in a repository as age-encrypted files: names in clear, values encrypted, one
//! small block each. This library is everything the `vault` command does, without its words.
//!
//! From the bottom up, each layer using only those before it:
//!
//! - [`model`]: names, secret values, dates, kinds
//! - [`crypto`]: data keys, entries, seals, wraps, recipients, identities
//! - [`envelope`]: one file, [`Sealed`](envelope::Sealed) on disk and
//!   [`Opened`](envelope::Opened) in memory
//! - [`store`]: the `.secrets/` folder, the team, and the only code that writes to a disk
//! - [`exec`], [`edit`] and [`exchange`]: what can be done with an opened set; [`registry`]: with an
//!   opened pull secret; [`plugin`]: programs that hold keys
//! - [`git`]: what the repository knows of a vault's past
//!
//! ```
//! use vault::{crypto::*, envelope::*, model::*, store::*};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! // A vault with alice in its team.
//! let alice = NewIdentity::generate();
//! let team = Team::of_one("alice".parse()?, alice.public().parse()?);
//! let vault = Vault::init(dir.path(), &team)?;
//!
//! // A set with one secret, written under the vault's lock.
//! let name: SetName = "web".parse()?;
//! let mut set = Opened::<SecretSet>::create(name.clone(), SecretSet, team.readers_of(Kind::Set, &name)?);
//! set.set(&"TOKEN".parse()?, SecretValue::new(b"hunter2".to_vec())?)?;
//! vault.lock(|| ())?.create(&set.seal()?)?;
//!
//! // Alice reads it.
//! let mut identities = Identities::new(Box::new(NoPassphrase));
//! identities.add(&alice.to_file("2026-01-01T00:00:00Z"), "alice's identity")?;
//! let set = vault.open(vault.read::<SecretSet>(&name)?, &identities)?;
//! assert_eq!(set.get(&"TOKEN".parse()?).unwrap().value().expose(), b"hunter2");
//! # Ok(()) }
//! ```

pub mod crypto;
pub mod edit;
pub mod envelope;
pub mod exchange;
pub mod exec;
pub mod git;
pub mod model;
pub mod plugin;
pub mod registry;
pub mod store;

mod error;

pub use error::{Error, ErrorKind};
