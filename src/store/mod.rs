//! The `.secrets/` folder: finding it, reading it, and the only code that writes to a disk
//! or to a file system in memory.

pub mod atomic;
mod committed;
mod departures;
mod error;
mod file;
mod history;
mod layout;
mod manifest;
mod mask_key;
mod pins;
mod ram;
mod rekey;
mod requests;
mod rewrite;
mod scratch;
mod sealed;
mod team;
mod vault;

pub use committed::committed;
pub use departures::{Departed, Departures, Trace};
pub use error::{Refusal, StoreError};
pub use file::{AnySealed, FilePattern, FileRef, InvalidPattern};
pub use history::{Depth, History, NoHistory};
pub use layout::{FOLDER, discover};
pub use manifest::{Manifest, selection};
pub use mask_key::mask_key;
pub use pins::{Accepted, Doubt, Elsewhere, Grant, MemberPin, Pins, Standing, Suspicion, Written};
pub use ram::{RamError, RamFolder, RamMode, RamObstacle, RamPurpose};
pub use rekey::{Concerning, Plan, Rotation};
pub use requests::Requests;
pub use rewrite::Rewriting;
pub use scratch::DiskFolder;
pub use sealed::conflict_marker;
pub use team::{MAX_TEAM_BYTES, Team, TeamError, TeamStep};
pub use vault::{Vault, Writer};
