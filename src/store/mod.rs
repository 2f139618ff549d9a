//! The `.secrets/` folder: finding it, reading it, and the only code that writes to a disk
//! or to a file system in memory.

pub mod atomic;
mod error;
mod layout;
mod manifest;
mod ram;
mod team;
mod vault;

pub use error::{Refusal, StoreError};
pub use layout::{FOLDER, discover};
pub use manifest::{Manifest, selection};
pub use ram::{RamError, RamFolder, RamMode, RamObstacle, RamPurpose};
pub use team::{Group, Team, TeamError};
pub use vault::{Vault, Writer};
