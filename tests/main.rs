//! Every test that needs only Rust and git.
