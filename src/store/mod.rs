//! The `.secrets/` folder: finding it, reading it, and the only code that writes to a disk
//! or to a file system in memory.

pub mod atomic;
mod error;
mod history;
mod layout;
mod manifest;
mod pins;
mod ram;
mod team;
mod vault;

pub use error::{Refusal, StoreError};
pub use history::{Depth, History, NoHistory};
pub use layout::{FOLDER, discover};
pub use manifest::{Manifest, selection};
pub use pins::{Doubt, MemberPin, Pins, Standing, Suspicion, Written};
pub use ram::{RamError, RamFolder, RamMode, RamObstacle, RamPurpose};
pub use team::{Group, Team, TeamError};
pub use vault::{Vault, Writer};
