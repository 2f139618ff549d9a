//! `vault pull-secret create`

mod source;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::ArgValueCandidates;
use vault::envelope::{Change, Credentials, Opened, Outcome};
use vault::model::{Date, Kind, Note, PullSecret, RegistryKind, SetName};
use vault::registry::{Server, Unfit, check, check_server, kind_of};
use vault::store::{FileRef, Plan, StoreError, Vault, Writer};

use crate::cli::approve::{Making, Trust, readers_of_new};
use crate::cli::change::{readers_note, waiting};
use crate::cli::open::{Keyring, find_vault};
use crate::cli::report::{self, Failure};
use crate::cli::rewrap::Outsiders;
use crate::cli::set::parse_change;
use crate::cli::{Global, complete};

/// Keep credentials for a registry
///
/// USER:PASS on the command line is visible in the shell's history and in the process list while
/// vault runs. Without credentials vault asks for them, without showing the password;
/// --password-stdin and --json-key-file are for scripts.
///
/// A pull secret does not change: --replace deletes the old one and makes the new one in a single
/// step, and keeps the record of who has seen what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to call it
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::pull_secrets))]
    name: SetName,
    /// The registry's address, say ghcr.io, or a part of it, say ghcr.io/team
    #[arg(value_name = "SERVER")]
    server: Server,
    /// User name and password, split at the first `:`
    #[arg(value_name = "USER:PASS", conflicts_with_all = ["username", "password_stdin", "json_key_file"])]
    credentials: Option<OsString>,
    /// The kind of registry, whose rules for credentials are checked [default: told by SERVER]
    #[arg(long, value_parser = kind_parser())]
    kind: Option<RegistryKind>,
    /// The user name
    #[arg(long, value_name = "USER")]
    username: Option<String>,
    /// Take the password from stdin; one newline at its end is dropped
    #[arg(long)]
    password_stdin: bool,
    /// Take a Google service account's key file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["username", "password_stdin", "base64encode"])]
    json_key_file: Option<PathBuf>,
    /// The credentials are given as the base64 of USER:PASS
    #[arg(long, conflicts_with = "username")]
    base64encode: bool,
    /// Put this in the place of the one that is there
    #[arg(long)]
    replace: bool,
    /// A remark that stands in the file in clear; empty removes it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The day after which the password is no good, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    expires: Option<Date>,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let note: Change<Note> = parse_change(args.note.as_deref(), "", "--note")?;
    let registry = kind(args);
    check_server(registry, &args.server).map_err(|why| unfit(&args.name, why))?;
    let vault = find_vault(global)?;
    let before = vault.try_read::<PullSecret>(&args.name)?;
    if before.is_some() && !args.replace {
        return Err(already_there(&args.name));
    }
    let others = others(&vault, args)?;
    // Whatever can fail without the credentials does so before anybody types them.
    let mut keyring = Keyring::load(global)?;
    let old = before.clone().map(|sealed| keyring.open(&vault, sealed)).transpose()?;
    let readers = if old.is_some() {
        None
    } else {
        let place = (global, &vault, &keyring);
        let file = FileRef::of::<PullSecret>(&args.name);
        Some(readers_of_new(place, &file, Making::New, &args.trust)?)
    };
    let (username, password) = source::credentials(global, args)?;
    let cautions = check(registry, &args.server, &username, &password)
        .map_err(|why| unfit(&args.name, why))?;
    let server = args.server.to_name().map_err(|why| Failure::usage(why.to_string()))?;
    let content = PullSecret { registry, server };
    let expires = args.expires.map_or(Change::Clear, Change::To);
    let credentials = Credentials { username, password, note, expires };
    let writer = vault.lock(|| waiting(global))?;
    if vault.try_read::<PullSecret>(&args.name)? != before {
        return Err(Failure::failed(format!("{} has changed meanwhile", args.name))
            .hint("look at it with `vault pull-secret show`, and run this again"));
    }
    let done = if let Some(opened) = old {
        replaced((global, &vault), &mut keyring, &writer, opened, (content, credentials))?
    } else {
        let readers = readers.ok_or_else(|| already_there(&args.name))?.claim(&writer)?;
        let made = Opened::<PullSecret>::create(args.name.clone(), content, credentials, readers)?;
        let made = made.with_plugins(Arc::clone(keyring.identities().plugins()));
        let readable = readers_note(&made);
        keyring.memory().create(&writer, made)?;
        Some(format!("new, {readable}"))
    };
    let done = match done {
        Some(done) => format!("{}: for {} ({registry}); {done}", args.name, args.server),
        None => format!("{}: unchanged", args.name),
    };
    report::note(global, &done);
    for caution in cautions {
        report::warn(global, &format!("{}: {caution}", args.name));
    }
    if !others.is_empty() {
        let text = format!(
            "for {} there is {} too; `pull_secret` in vault.toml says which is used, else the first that opens",
            args.server,
            others.join(", ")
        );
        report::hint(global, &text);
    }
    Ok(())
}

/// What was done, if anything had to be.
fn replaced(
    (global, vault): (&Global, &Vault),
    keyring: &mut Keyring,
    writer: &Writer<'_>,
    mut opened: Opened<PullSecret>,
    (content, credentials): (PullSecret, Credentials),
) -> Result<Option<String>, Failure> {
    let sealed = vault.read(opened.name())?;
    if opened.replace(content, credentials)? == Outcome::Unchanged {
        return Ok(None);
    }
    let dropped = Outsiders::drop_from((vault, keyring), &sealed, &mut opened, Plan::excluded)?;
    let readable = readers_note(&opened);
    keyring.memory().replace(writer, opened)?;
    dropped.tell(global);
    Ok(Some(format!("replaced, {readable}")))
}

/// As asked for; else as the file of credentials or the address tells.
fn kind(args: &Args) -> RegistryKind {
    let told = || match args.json_key_file {
        Some(_) => RegistryKind::Gar,
        None => kind_of(&args.server),
    };
    args.kind.unwrap_or_else(told)
}

fn unfit(name: &SetName, why: Unfit) -> Failure {
    let failure = Failure::usage(format!("{name}: {why}"));
    match why.hint() {
        Some(hint) => failure.hint(hint),
        None => failure.hint("nothing was written"),
    }
}

fn already_there(name: &SetName) -> Failure {
    Failure::from(StoreError::Exists { kind: Kind::Pull, name: name.clone() })
        .hint("a pull secret does not change; --replace puts another in its place")
}

/// The pull secrets for the same server: who makes a second one should know which will be used.
/// One that cannot be read is not this command's business.
fn others(vault: &Vault, args: &Args) -> Result<Vec<String>, Failure> {
    let is_same = |name: &SetName| {
        let sealed = vault.read::<PullSecret>(name).ok()?;
        let server = Server::asked(sealed.content().server.as_str())?;
        (*name != args.name && server == args.server).then(|| name.to_string())
    };
    Ok(vault.pull_secrets()?.iter().filter_map(is_same).collect())
}

fn kind_parser() -> impl TypedValueParser<Value = RegistryKind> {
    PossibleValuesParser::new(RegistryKind::ALL.map(RegistryKind::as_str))
        .try_map(|text| text.parse::<RegistryKind>())
}
