//! Every test that needs other programs than Rust and git. Nothing here is skipped: what is
//! missing fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy.toml frees test functions of these, but not the functions they share"
)]

mod crash;
mod dotenv_readers;
mod edit;
mod exec_trace;
mod house;
mod jobs;
mod leaks;
mod mask;
mod outsider;
mod pid1;
mod plugin;
mod pty;
mod python;
mod ram;
mod registry;
mod resolve;
mod review_examples;
mod scanners;
mod signals;
mod ssh;
mod stock_age;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests of the other target use the rest")]
mod support;
mod team;
mod terminal;
mod trace;
mod views;
mod watch;
