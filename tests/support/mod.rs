//! What the tests share: a place of its own for each of them, and the text of sealed files.

mod file;
mod living;
mod office;
mod sandbox;
mod team;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

pub(crate) use file::SealedText;
pub(crate) use living::Living;
pub(crate) use office::{Office, Person};
pub(crate) use sandbox::{Outcome, Run, Sandbox};
pub(crate) use team::{Member, identities, recipients};

/// A value that can be found wherever it turns up.
pub(crate) const CANARY: &str = "c4n4ryZq7xJw9";

/// Writes a file as it is, for its owner alone; tests need no durability.
pub(crate) fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    let mut options = File::options();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.unwrap().write_all(bytes.as_ref()).unwrap();
}

/// Gives a folder another place.
#[track_caller]
pub(crate) fn move_folder(from: &Path, to: &Path) {
    assert!(Command::new("mv").args([from, to]).status().unwrap().success());
}

/// The values of a JSON or environment dump are bytes; messages show them as text.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
