//! `vault kubelet-credential-provider`

use std::io;

use vault::registry::Server;
use vault::registry::kubelet::{Request, Scope};

use super::pull_lookup::Places;
use super::pull_secret::{auth, warn_if_expired};
use super::report::{self, Failure};
use super::set::read_all;
use super::{Global, output};

/// Answer the kubelet's question for credentials (its image credential provider plugin)
///
/// Reads a CredentialProviderRequest on stdin and writes a CredentialProviderResponse. The kubelet
/// calls this; examples/pull/kubelet.yaml shows how it is set up.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    // stdin is the kubelet's.
    let global = &global.without_questions();
    let input = read_all(&mut io::stdin().lock(), "stdin")?;
    let request = Request::parse(&input).map_err(|why| Failure::failed(why.to_string()))?;
    let places = Places::find(global)?;
    if places.is_empty() {
        return Err(Failure::failed("there is no vault here")
            .hint("name one with VAULT_DIR, with -C DIR, or in `vaults` of config.toml"));
    }
    let found = match Server::of_image(&request.image) {
        Some(image) => places.open(global, &image)?,
        None => None,
    };
    let Some(found) = found else {
        places.bad().iter().for_each(|text| report::warn(global, text));
        return output::bytes(&request.response(None, Scope::Image));
    };
    // One answer for a whole registry would keep the kubelet from asking about its parts.
    let scope = if found.has_parts { Scope::Image } else { Scope::Registry };
    let auth = auth(&found.name, found.server.clone(), &found.opened)?;
    warn_if_expired(global, &found.name, &found.opened);
    output::bytes(&request.response(Some(&auth), scope))
}
