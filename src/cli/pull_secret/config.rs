//! `vault pull-secret config`

use clap::ValueEnum;
use clap_complete::ArgValueCandidates;
use vault::model::SetName;
use vault::registry::{Client, Label, client_config, kubernetes_secret};

use super::chosen::{Chosen, Crowd};
use crate::cli::report::Failure;
use crate::cli::{Global, complete, output};

/// Print credentials, in clear, as docker, podman or Kubernetes read them
///
/// Without NAME, those that `pull_secret` in vault.toml or `image_credentials` in pcc-deploy.toml
/// names, else the only one there is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pull secrets
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    names: Vec<SetName>,
    /// What reads it: docker (config.json, DOCKER_AUTH_CONFIG), podman and its like (auth.json), or
    /// kubectl
    ///
    /// docker knows one login for a host: it gets that of ghcr.io/team for all of ghcr.io.
    #[arg(long, value_name = "FORMAT", default_value = "docker")]
    format: Format,
    /// What Kubernetes shall call the Secret [default: NAME in lower case, with `-` for `_`]
    #[arg(long, value_name = "NAME")]
    name: Option<Label>,
    /// The Secret's namespace
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<Label>,
    /// Print it even on a terminal
    #[arg(long)]
    show: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Docker,
    Containers,
    Kubernetes,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    if args.format != Format::Kubernetes && (args.name.is_some() || args.namespace.is_some()) {
        return Err(Failure::usage("--name and --namespace go with --format kubernetes"));
    }
    if output::is_terminal() && !args.show {
        return Err(Failure::usage("this prints passwords, and stdout is a terminal")
            .hint("send it to a program, say `| kubectl apply -f -`, or look at it with --show"));
    }
    let chosen = Chosen::open(global, &args.names)?;
    let auths = chosen.auths()?;
    let document = match args.format {
        Format::Docker => match chosen.crowded().first() {
            Some(crowd) => return Err(refused(crowd)),
            None => client_config(&auths, Client::Docker),
        },
        Format::Containers => client_config(&auths, Client::Containers),
        Format::Kubernetes => {
            let name = args.name.clone().map_or_else(|| default_name(&chosen), Ok)?;
            kubernetes_secret(&auths, &name, args.namespace.as_ref())
        }
    };
    output::document(&document)
}

fn refused(crowd: &Crowd<'_>) -> Failure {
    let Crowd { host, names, .. } = crowd;
    let what = format!("docker knows one login for {host}, and these are several: {names}");
    Failure::usage(what).hint("name one of them; --format containers, for podman, holds all")
}

/// A set's name is a label but for its case and underscores, as `export --format k8s` has it.
fn default_name(chosen: &Chosen) -> Result<Label, Failure> {
    let mut names = chosen.names();
    let (Some(only), None) = (names.next(), names.next()) else {
        return Err(Failure::usage("several pull secrets in one Secret need a name")
            .hint("give it with --name NAME"));
    };
    let name = only.as_str().to_ascii_lowercase().replace('_', "-");
    name.parse().map_err(|why| Failure::usage(format!("{why}")))
}
