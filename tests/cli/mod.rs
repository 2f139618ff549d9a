//! The built binary, as a person or a script calls it.

mod bytes;
mod canary;
mod doctor;
mod edit;
mod environment;
mod exec;
mod files;
mod identities;
mod identity_kinds;
mod lineage;
mod mask;
mod merge;
mod parallel;
mod pins;
mod pull;
mod roundtrip;
mod selection;
mod shapes;
mod sources;
mod tampering;
mod team;
mod transcripts;
mod usage;
mod views;
mod words;
