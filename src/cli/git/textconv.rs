//! `vault git textconv`: one version of a sealed file as text, for `git log -p`, `git show` and
//! `git blame`. Values are masked: git may keep what it is given.
//!
//! git ends what it was doing when this fails, so it never does; and it runs this for every version,
//! so it asks for nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use vault::envelope::MAX_FILE_BYTES;
use vault::git::Closed;
use vault::model::PullSecret;
use vault::store::AnySealed;

use super::Eyes;
use crate::cli::diff::{Page, Paint, Sign, one, remarks};
use crate::cli::report::Failure;
use crate::cli::{Global, output};

/// Prints the file, and whatever happens something.
pub(super) fn run(global: &Global, path: &Path) {
    let printed = match read(path) {
        // The configured line then shows the file itself.
        Ok(None) => Ok(()),
        Ok(Some(bytes)) => match AnySealed::parse_past(&bytes) {
            Ok(sealed) => print(global, sealed, &bytes),
            Err(why) => as_it_is(&format!("{why}; as it is"), &bytes),
        },
        Err(why) => as_it_is(&why.to_string(), b""),
    };
    // A reader that has gone has seen enough.
    let _: Result<(), Failure> = printed;
}

/// The bytes of a file; `None` where it is longer than any of a vault, as anyone may commit.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let most = MAX_FILE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= MAX_FILE_BYTES).then_some(bytes))
}

fn as_it_is(why: &str, bytes: &[u8]) -> Result<(), Failure> {
    let mut page = Page::new(Paint::Plain);
    page.line(Sign::Bare, &format!("# vault: {why}"));
    page.print()?;
    output::bytes(bytes)
}

fn print(global: &Global, sealed: AnySealed, bytes: &[u8]) -> Result<(), Failure> {
    let eyes = Eyes::new(global);
    let view = eyes.look(sealed);
    let sealed = view.sealed();
    let mut page = Page::new(Paint::Plain);
    let mut line = |text: &str| page.line(Sign::Bare, text);
    // Who cannot open a file cannot know that a change means nothing: none is hidden from them.
    let digest = Sha256::digest(bytes)
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    match (view.obstacle(), &eyes.mask) {
        (Some(Closed::Forged(why)), _) => {
            line(&format!("# vault: it does not open: {why}; its bytes: {digest}"));
        }
        (Some(Closed::NoIdentity), _) => {
            line(&format!("# vault: values as since and rev tell; its bytes: {digest}"));
        }
        (None, None) => line("# vault: values as since and rev tell"),
        (None, Some(_)) => line("# vault: values masked"),
    }
    line(&format!("{}, data key of epoch {}", sealed.file(), sealed.generation().epoch));
    line(&format!("id {}", sealed.generation().id));
    if let AnySealed::Pull(pull) = sealed {
        let PullSecret { registry, server } = pull.content();
        line(&format!("registry {server} ({registry})"));
    }
    for (name, record) in sealed.recipients() {
        line(&format!("reader {name}  {}", record.to));
    }
    for (name, departure) in sealed.departed() {
        line(&format!("departed {name}, who could read until epoch {}", departure.until));
    }
    for (key, entry) in sealed.entries() {
        let value = one(key, &view, entry, eyes.mask.as_ref());
        line(&format!("{key} = {value}{}", remarks(entry)));
    }
    page.print()
}
