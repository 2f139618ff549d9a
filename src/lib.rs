//! An offline-first secret vault for teams that keep code in git.

pub mod crypto;
pub mod envelope;
pub mod exchange;
pub mod model;
pub mod store;
