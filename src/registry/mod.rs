//! Image pull secrets as registries and their clients want them: addresses, kinds of credentials,
//! docker's credential helper protocol, client configurations, the kubelet's plugin protocol.
//!
//! Bytes in, bytes out: who is asked and which file is read is the caller's business.

mod client;
mod document;
mod input;
mod kind;
pub mod kubelet;
mod lookup;
pub mod protocol;
mod server;
mod splice;

pub use client::{ClientConfig, Installed, Unreadable};
pub use document::{
    Auth, Client, InvalidAuth, InvalidLabel, Label, client_config, kubernetes_secret,
};
pub use input::{BadPair, json_key, pair, pair_of_base64};
pub use kind::{Caution, Part, Unfit, check, check_server, kind_of};
pub use lookup::{Lookup, OfHost, by_host, look_up};
pub use server::{InvalidServer, Server};
