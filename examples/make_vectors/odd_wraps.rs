//! Bad files whose wraps are not what docs/format.md says, or do not open.

use age_core::format::{FileKey, Stanza};

use super::Bad;
use super::bad::with_key;
use super::bad_text::base;
use super::by_hand::{File, age_file};
use super::keys::{Keys, stanza};
use super::odd_recipient::StanzasOf;

const X: &str = "x25519.txt";

/// Stands for `scrypt` while an age file is made.
const UNNAMED: &str = "unname";

/// The base with another wrap for alice.
fn alice(keys: &Keys, code: &'static str, name: &str, wrap: impl Fn(&File) -> Vec<u8>) -> Bad {
    let mut file = base(keys);
    let wrap = wrap(&file);
    file.recipients.get_mut("alice").unwrap().1 = wrap;
    with_key(code, name, "recipients.alice", &file)
}

/// An age file with scrypt stanzas anywhere. The age library does not write such, so they get
/// their type afterwards.
fn with_scrypt(file: &File, recipient: &dyn age::Recipient) -> Vec<u8> {
    let mut wrap = age_file(&file.data_key, recipient);
    let found: Vec<usize> =
        (0..wrap.len()).filter(|at| wrap[*at..].starts_with(UNNAMED.as_bytes())).collect();
    for at in found {
        wrap[at..at + UNNAMED.len()].copy_from_slice(b"scrypt");
    }
    wrap
}

/// As [`stanza`], of any type.
fn any_stanza(tag: &str) -> Stanza {
    stanza(if tag == "scrypt" { UNNAMED } else { tag })
}

/// A wrap with these stanzas; `None` stands for alice's real one.
fn stanzas(keys: &Keys, file: &File, types: &[Option<&'static str>]) -> Vec<u8> {
    let real = keys.get(X);
    let list = |file_key: &FileKey| -> Vec<Stanza> {
        let one = |tag| match tag {
            Some(tag) => any_stanza(tag),
            None => real.age.wrap_file_key(file_key).unwrap().0.remove(0),
        };
        types.iter().copied().map(one).collect()
    };
    with_scrypt(file, &StanzasOf(list))
}

/// A good wrap, with the first occurrence of some bytes replaced.
fn replaced(file: &File, from: &[u8], to: &[u8]) -> Vec<u8> {
    let wrap = &file.recipients["alice"].1;
    let at = wrap.windows(from.len()).position(|window| window == from).unwrap();
    [&wrap[..at], to, &wrap[at + from.len()..]].concat()
}

fn header_end(wrap: &[u8]) -> usize {
    wrap.windows(5).position(|window| window == b"\n--- ").unwrap() + 1
}

pub(crate) fn files(keys: &Keys) -> Vec<Bad> {
    let mut files = shapes(keys);
    files.extend(types(keys));
    files.extend(unopened(keys));
    files
}

fn shapes(keys: &Keys) -> Vec<Bad> {
    let bad = |name: &str, wrap: fn(&File, &Keys) -> Vec<u8>| {
        alice(keys, "wrap-not-age", name, |file| wrap(file, keys))
    };
    let mut files = vec![
        bad("empty", |_, _| Vec::new()),
        bad("text", |_, _| b"hello\n".to_vec()),
        bad("version-2", |file, _| replaced(file, b"encryption.org/v1", b"encryption.org/v2")),
        bad("crlf", |file, _| replaced(file, b"/v1\n", b"/v1\r\n")),
        bad("armored", |_, _| b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec()),
        bad("no-mac", |file, _| {
            let wrap = &file.recipients["alice"].1;
            wrap[..header_end(wrap)].to_vec()
        }),
        bad("short-mac", |file, _| {
            let wrap = &file.recipients["alice"].1;
            let at = header_end(wrap) + 4;
            [&wrap[..at], &wrap[at + 4..]].concat()
        }),
        bad("stanza-cut-off", |file, _| file.recipients["alice"].1[..60].to_vec()),
        bad("stanza-not-base64", |file, _| {
            let wrap = &file.recipients["alice"].1;
            let at = header_end(wrap) - 10;
            [&wrap[..at], b"-_", &wrap[at + 2..]].concat()
        }),
        bad("no-payload", |file, _| {
            let wrap = &file.recipients["alice"].1;
            wrap[..wrap.len() - 64].to_vec()
        }),
        bad("payload-cut-off", |file, _| {
            let wrap = &file.recipients["alice"].1;
            wrap[..wrap.len() - 1].to_vec()
        }),
        bad("payload-longer", |file, _| [&file.recipients["alice"].1[..], b"x"].concat()),
        bad("key-of-31", |file, keys| age_file(&file.data_key[..31], keys.get(X).age.as_ref())),
        bad("key-of-33", |_, keys| age_file(&[7; 33], keys.get(X).age.as_ref())),
        bad("no-key", |_, keys| age_file(b"", keys.get(X).age.as_ref())),
    ];
    // A colleague's wrap is looked at as well as one's own.
    let mut file = base(keys);
    file.recipients.get_mut("bob/laptop").unwrap().1.push(0);
    files.push(with_key("wrap-not-age", "colleague", "recipients.bob/laptop", &file));
    files
}

fn types(keys: &Keys) -> Vec<Bad> {
    let count = |name: &str, types: &[Option<&'static str>]| {
        alice(keys, "wrap-stanza-count", name, |file| stanzas(keys, file, types))
    };
    let sort = |name: &str, tag: &'static str| {
        alice(keys, "wrap-stanza-type", name, |file| stanzas(keys, file, &[Some(tag)]))
    };
    let mut files = vec![
        count("only-grease", &[Some("a-grease"), Some("-grease")]),
        count("two-x25519", &[None, Some("X25519")]),
        count("second-reader", &[None, Some("ssh-ed25519")]),
        count("and-scrypt", &[None, Some("scrypt")]),
        count("and-plugin", &[Some("piv-p256"), None]),
        sort("scrypt", "scrypt"),
        sort("lower-case", "x25519"),
        sort("plugin", "piv-p256"),
        sort("grease-like", "greased"),
        alice(keys, "wrap-stanza-type", "ssh-for-x25519", |file| {
            age_file(&file.data_key, keys.get("ed25519").age.as_ref())
        }),
    ];
    // No stanza at all: the age library does not write such files.
    files.push(alice(keys, "wrap-stanza-count", "none", |file| {
        let wrap = &file.recipients["alice"].1;
        [b"age-encryption.org/v1\n", &wrap[header_end(wrap)..]].concat()
    }));
    for (name, tag) in [("x25519-for-ssh", "X25519"), ("rsa-for-ed25519", "ssh-rsa")] {
        let bob = StanzasOf(|_: &FileKey| vec![stanza(tag)]);
        let file = base(keys).reader("bob/laptop", keys.public("ed25519"), &bob);
        files.push(with_key("wrap-stanza-type", name, "recipients.bob/laptop", &file));
    }
    for tag in ["scrypt", "X25519", "ssh-rsa", "p256tag", "mlkem768p256tag", "ssh-ed25519"] {
        let token = StanzasOf(|_: &FileKey| vec![any_stanza(tag)]);
        let mut file = base(keys).to("token", keys, "yubikey");
        let wrap = with_scrypt(&file, &token);
        file.recipients.get_mut("token").unwrap().1 = wrap;
        let name = format!("{tag}-for-plugin");
        files.push(with_key("wrap-stanza-type", &name, "recipients.token", &file));
    }
    files
}

fn unopened(keys: &Keys) -> Vec<Bad> {
    let bad =
        |name: &str, wrap: &dyn Fn(&File) -> Vec<u8>| alice(keys, "wrap-does-not-open", name, wrap);
    let flipped = |from_end: usize| {
        move |file: &File| {
            let mut wrap = file.recipients["alice"].1.clone();
            let at = wrap.len() - from_end;
            wrap[at] ^= 1;
            wrap
        }
    };
    vec![
        bad("for-someone-else", &|file| {
            age_file(&file.data_key, keys.get("stranger.txt").age.as_ref())
        }),
        bad("payload-nonce-flipped", &flipped(64)),
        bad("payload-flipped", &flipped(48)),
        bad("payload-tag-flipped", &flipped(1)),
        bad("header-mac", &|file| {
            let mut wrap = file.recipients["alice"].1.clone();
            let at = header_end(&wrap) + 4;
            wrap[at] = if wrap[at] == b'A' { b'B' } else { b'A' };
            wrap
        }),
        bad("grease-added-later", &|file| replaced(file, b"\n-> ", b"\n-> x-grease\n\n-> ")),
    ]
}
