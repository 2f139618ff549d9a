//! What git knows. Only this module runs git: always the binary, and always so that nothing a
//! repository says makes it run anything else.

mod authors;
mod command;
mod history;
mod install;
mod merge;

pub use authors::{Added, Commit};
pub use command::Git;
pub use install::{PROBE, Scope};
pub use merge::{Help, Unmerged, Versions, merge};
