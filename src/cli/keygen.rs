//! `vault keygen`

use std::path::{Path, PathBuf, is_separator};
use std::time::SystemTime;

use age::secrecy::SecretString;
use clap::ValueHint;
use vault::crypto::NewIdentity;
use vault::model::Date;
use vault::store::{StoreError, atomic};

use super::report::{self, Failure};
use super::{Global, open, output, term};

/// Make a new identity and print its public key
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to write it; never overwrites [default: $XDG_CONFIG_HOME/vault/identity.txt]
    #[arg(short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Protect it with a passphrase
    #[arg(long)]
    passphrase: bool,
}

/// How an identity file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    Passphrase,
}

pub(crate) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    if let Some(path) = &args.output {
        names_a_file(path)?;
    }
    let path = args.output.map_or_else(open::default_identity, Ok)?;
    let protection = if args.passphrase { Protection::Passphrase } else { Protection::None };
    output::line(&make(global, &path, protection)?)
}

/// Writes a new identity to `path` and returns its public key.
pub(crate) fn make(
    global: &Global,
    path: &Path,
    protection: Protection,
) -> Result<String, Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(already_there(path));
    }
    let identity = NewIdentity::generate();
    let created = now();
    let text = match protection {
        Protection::None => identity.to_file(&created),
        Protection::Passphrase => {
            let passphrase = ask_twice(global)?;
            let file = identity.to_encrypted_file(&created, passphrase);
            file.map_err(|why| Failure::failed(format!("cannot encrypt the identity: {why}")))?
                .into()
        }
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        atomic::create_folder(folder, atomic::Access::Private)?;
    }
    let is_ours = open::default_identity().is_ok_and(|place| place == path);
    let _lock = folder.filter(|_| is_ours).map(atomic::claim).transpose()?;
    atomic::create(path, &text, atomic::Access::Private).map_err(|error| match error {
        StoreError::Io { why, .. } if why.kind() == std::io::ErrorKind::AlreadyExists => {
            already_there(path)
        }
        other => other.into(),
    })?;
    report::note(
        global,
        &format!(
            "wrote a new identity to {}; keep it to yourself, and a copy of it",
            path.display()
        ),
    );
    Ok(identity.public().to_owned())
}

/// Whether `-o` can be meant as the name of a file that is not there yet.
fn names_a_file(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        return Err(Failure::usage("-o names a file: an identity is not written to stdout")
            .hint("`-o ./-` is a file of that name"));
    }
    let ends_like_a_folder =
        path.as_os_str().as_encoded_bytes().last().is_some_and(|b| is_separator(char::from(*b)));
    if ends_like_a_folder || path.is_dir() {
        return Err(Failure::usage(format!("-o names a file, and {} is a folder", path.display()))
            .hint(format!("-o {}", path.join("identity.txt").display())));
    }
    Ok(())
}

fn already_there(path: &Path) -> Failure {
    Failure::failed(format!("{} is already there and is not overwritten", path.display()))
        .hint("`vault whoami` shows its public key; -o FILE writes another")
}

fn ask_twice(global: &Global) -> Result<SecretString, Failure> {
    if !term::can_ask(global) {
        return Err(Failure::usage("a passphrase can only be asked for in a terminal")
            .hint("leave out --passphrase, or run this in a terminal"));
    }
    let first = term::ask_hidden("passphrase for the new identity: ")?;
    if first.is_empty() {
        return Err(Failure::usage("an empty passphrase protects nothing"));
    }
    if *term::ask_hidden("the same again: ")? != *first {
        return Err(Failure::usage("the two passphrases differ; nothing was written"));
    }
    term::passphrase(first)
}

/// The time as `age-keygen` writes it (RFC 3339), in UTC.
fn now() -> String {
    let seconds =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let date = i64::try_from(seconds / 86_400).ok().and_then(Date::from_unix_days);
    let date = date.map(|date| date.to_string()).unwrap_or_default();
    let of_day = seconds % 86_400;
    format!("{date}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Today in UTC, for expiry dates.
pub(crate) fn today() -> Option<Date> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Date::from_unix_days(i64::try_from(since.as_secs() / 86_400).ok()?)
}
