//! What git knows. Only this module runs git: always the binary, and always so that nothing a
//! repository says makes it run anything else.

mod authors;
mod command;
mod history;

pub use authors::{Added, Commit};
pub use command::Git;
