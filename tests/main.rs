//! Every test that needs only Rust and git.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml frees test functions of these, but not the functions they share"
)]

mod cli;
mod envelope;
mod examples;
mod forgery;
mod grammar;
mod harden;
mod laws;
mod merge;
mod plugin;
mod readme;
mod store;
mod support;
mod tidy;
mod unlock;
mod verify;
