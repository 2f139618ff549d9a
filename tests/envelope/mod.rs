//! Format v1: the frozen files, the limits, and docs/format.md held against the code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml frees test functions of these, but not the functions they share"
)]

#[allow(dead_code, reason = "examples/make_vectors uses the rest")]
pub(crate) mod by_hand;
mod codes;
mod compare;
mod example;
mod frozen;
mod limits;
mod odd_recipient;
mod spec;
mod vectors;
