//! A private registry on the loopback interface, and its real clients with the pull secrets of a
//! vault. Nothing leaves the machine.

mod commands;
mod containers;
mod daemon;
mod docker;
mod examples;
mod gate;
mod image;
mod kubernetes;
mod place;
mod prompts;
mod python;
mod server;
