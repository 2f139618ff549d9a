//! `vault pull-secret list`

use serde_json::{Value, json};
use vault::envelope::{Sealed, SealedEntry};
use vault::model::{Date, MemberName, Note, PASSWORD, PullSecret};
use vault::store::Vault;

use crate::cli::report::Failure;
use crate::cli::{Global, open, output};

/// List the pull secrets; needs no identity
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    if !args.json && !output::is_terminal() {
        return vault.pull_secrets()?.iter().try_for_each(|name| output::line(name.as_str()));
    }
    let all = sealed(&vault)?;
    if args.json {
        let all: Vec<Value> = all.iter().map(about).collect();
        return output::json(&json!({"pull_secrets": all}));
    }
    let row = |pull: &Sealed<PullSecret>| {
        let content = pull.content();
        [
            pull.name().to_string(),
            content.registry.to_string(),
            content.server.to_string(),
            expires(pull).map(|day| day.to_string()).unwrap_or_default(),
            readers(pull).join(", "),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    output::table(["NAME", "KIND", "SERVER", "EXPIRES", "READERS"], &rows)
}

/// Every pull secret of a vault, unopened.
pub(super) fn sealed(vault: &Vault) -> Result<Vec<Sealed<PullSecret>>, Failure> {
    let names = vault.pull_secrets()?;
    Ok(names.iter().map(|name| vault.read(name)).collect::<Result<_, _>>()?)
}

/// What is plain about one.
pub(super) fn about(pull: &Sealed<PullSecret>) -> Value {
    let content = pull.content();
    json!({
        "name": pull.name().as_str(),
        "kind": content.registry.as_str(),
        "server": content.server.as_str(),
        "note": note(pull).map(Note::as_str),
        "expires": expires(pull).map(|day| day.to_string()),
        "epoch": pull.epoch(),
        "recipients": readers(pull),
    })
}

pub(super) fn note(pull: &Sealed<PullSecret>) -> Option<&Note> {
    password(pull)?.note.as_ref()
}

pub(super) fn expires(pull: &Sealed<PullSecret>) -> Option<Date> {
    password(pull)?.expires
}

pub(super) fn readers(pull: &Sealed<PullSecret>) -> Vec<&str> {
    pull.recipients().keys().map(MemberName::as_str).collect()
}

/// Note and expiry stand with the password.
fn password(pull: &Sealed<PullSecret>) -> Option<&SealedEntry> {
    pull.entries().get(PASSWORD)
}
