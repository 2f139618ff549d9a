//! Public keys as people give them: on the command line, or in a file with one a line, such as
//! GitHub's and GitLab's `https://HOST/USER.keys`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use vault::crypto::{InvalidRecipient, Recipient};

use super::super::report::Failure;

/// Longest file of keys.
const MAX_KEYS_BYTES: u64 = 256 << 10;

/// The key that the words of a command line are. An ssh key without quotes is several.
pub(super) fn from_words(words: &[String]) -> Result<Recipient, Failure> {
    words.join(" ").parse().map_err(|why: InvalidRecipient| Failure::usage(format!("KEY: {why}")))
}

/// The one key of a file that can be encrypted to.
pub(super) fn from_file(path: &Path) -> Result<Recipient, Failure> {
    let failed = |why: std::io::Error| Failure::failed(format!("{}: {why}", path.display()));
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_KEYS_BYTES).read_to_string(&mut text).map_err(failed)?;
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut keys, mut others) = (Vec::<Recipient>::new(), Vec::new());
    for line in lines {
        match line.parse() {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(InvalidRecipient::SshType(kind)) => others.push(kind),
            // What else stands there may be anything, so it is not repeated.
            Err(why) => return Err(Failure::failed(format!("{}: {why}", path.display()))),
        }
    }
    let place = path.display();
    match keys.as_slice() {
        [] if others.is_empty() => Err(Failure::failed(format!("{place}: there is no key in it"))),
        [] => Err(Failure::failed(format!(
            "{place}: none of its keys can be encrypted to: {}",
            others.join(", ")
        ))
        .hint("an ssh-ed25519, ssh-rsa or age key is needed; `vault keygen` makes one")),
        [_] => Ok(keys.remove(0)),
        several => Err(Failure::usage(format!("{place}: there are {} keys in it", several.len()))
            .hint(format!("give the one that is meant as KEY: {}", listed(several)))),
    }
}

/// `'ssh-ed25519 AAAA…' (SHA256:…)`, each as it can be typed.
fn listed(keys: &[Recipient]) -> String {
    let shown = keys.iter().map(|key| format!("'{key}' ({})", key.fingerprint()));
    shown.collect::<Vec<_>>().join(" or ")
}
