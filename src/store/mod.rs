//! The `.secrets/` folder: finding it, reading it, and the only code that writes to a disk.

pub mod atomic;
mod error;
mod layout;
mod manifest;
mod team;
mod vault;

pub use error::{Refusal, StoreError};
pub use layout::{FOLDER, discover};
pub use manifest::{Manifest, selection};
pub use team::{Group, Team, TeamError};
pub use vault::{Vault, Writer};
