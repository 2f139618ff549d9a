//! Each limit of docs/format.md: what reaches it is accepted, what is one above is refused by its
//! code. The files are made here because they are large.

use age_core::format::{FileKey, Stanza};
use vault::crypto::Identities;
use vault::envelope::Sealed;
use vault::model::SecretSet;

use super::by_hand::{COMMENT, File, Value, age_file, b64};
use super::codes::{Refused, malformed, tampered};
use super::frozen;
use super::odd_recipient::StanzasOf;

const MIB: usize = 1 << 20;

/// A limit: a file with that many of something, what is accepted, the least above it, the code.
struct Limit {
    code: &'static str,
    file: fn(usize) -> String,
    most: usize,
    above: usize,
    /// Whether the largest can be opened with alice's key, or only parsed.
    reach: Reach,
}

#[derive(PartialEq)]
enum Reach {
    Opens,
    Parses,
}

use Reach::{Opens, Parses};

const LIMITS: [Limit; 15] = [
    Limit {
        code: "file-too-large",
        file: long_file,
        most: 16 * MIB,
        above: 16 * MIB + 1,
        reach: Opens,
    },
    Limit {
        code: "line-too-long",
        file: long_line,
        most: 2 * MIB,
        above: 2 * MIB + 1,
        reach: Opens,
    },
    Limit {
        code: "too-many-lines",
        file: many_lines,
        most: 1_000_000,
        above: 1_000_001,
        reach: Opens,
    },
    Limit {
        code: "too-many-recipients",
        file: many_recipients,
        most: 1_000,
        above: 1_001,
        reach: Opens,
    },
    Limit {
        code: "too-many-departures",
        file: many_departed,
        most: 1_000,
        above: 1_001,
        reach: Opens,
    },
    Limit {
        code: "too-many-entries",
        file: many_entries,
        most: 50_000,
        above: 50_001,
        reach: Parses,
    },
    Limit {
        code: "wrap-too-long",
        file: long_wrap,
        most: 16 << 10,
        above: (16 << 10) + 1,
        reach: Opens,
    },
    Limit {
        code: "value-too-long",
        file: long_enc,
        most: 1_081_384,
        above: 1_081_385,
        reach: Parses,
    },
    Limit { code: "entry-padding", file: long_value, most: MIB, above: MIB + 1, reach: Opens },
    Limit { code: "bad-note", file: long_note, most: 500, above: 501, reach: Opens },
    Limit { code: "bad-recipient", file: long_key, most: 4096, above: 4100, reach: Parses },
    Limit { code: "table-name", file: long_key_name, most: 64, above: 65, reach: Opens },
    Limit { code: "table-name", file: long_member_name, most: 64, above: 65, reach: Opens },
    Limit {
        code: "bad-token",
        file: high_rev,
        most: 4_294_967_295,
        above: 4_294_967_296,
        reach: Parses,
    },
    Limit { code: "bad-prev", file: many_links, most: 2, above: 3, reach: Opens },
];

/// The codes that are tested here.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    LIMITS.iter().map(|limit| limit.code)
}

const NAME: &str = "limit";

fn key() -> String {
    frozen::keys().remove("x25519.txt").unwrap().public
}

fn file() -> File {
    let key = key();
    let recipient: age::x25519::Recipient = key.parse().unwrap();
    File::set(NAME).epoch(4).reader("alice", &key, &recipient)
}

/// Comments of at most a MiB a line, until the file has this many bytes.
fn long_file(bytes: usize) -> String {
    let mut text = file().text();
    while text.len() < bytes {
        let line = (bytes - text.len()).min(MIB);
        text.push_str(&"#".repeat(line - 1));
        text.push('\n');
    }
    text
}

fn long_line(bytes: usize) -> String {
    format!("{}\r\n{}", "#".repeat(bytes), file().text())
}

fn many_lines(lines: usize) -> String {
    let text = file().text();
    let more = lines - text.lines().count();
    text + &"\n".repeat(more)
}

fn many_recipients(count: usize) -> String {
    let keys = (1..count).map(|_| age::x25519::Identity::generate().to_public());
    let all = keys
        .enumerate()
        .fold(file(), |file, (i, key)| file.reader(&format!("r{i}"), &key.to_string(), &key));
    all.text()
}

fn many_departed(count: usize) -> String {
    let all = (0..count).fold(file(), |file, i| file.left(&format!("d{i}"), &key(), 3));
    all.text()
}

/// They share their ciphertext, so all but one would not open.
fn many_entries(count: usize) -> String {
    let text = file().value("K", Value::of(b"", 1)).text();
    let (head, entry) = text.split_once("\n[values.K]").unwrap();
    let entries = (0..count).map(|i| format!("\n[values.K{i}]{entry}"));
    head.to_owned() + &entries.collect::<String>()
}

/// Filled up with grease.
fn long_wrap(bytes: usize) -> String {
    let mut file = file();
    let key: age::x25519::Recipient = key().parse().unwrap();
    let wrap = |grease: usize| {
        let list = |file_key: &FileKey| -> Vec<Stanza> {
            let mut list = age::Recipient::wrap_file_key(&key, file_key).unwrap().0;
            list.push(Stanza {
                tag: "x-grease".to_owned(),
                args: vec!["A".repeat(grease)],
                body: Vec::new(),
            });
            list
        };
        age_file(&file.data_key, &StanzasOf(list))
    };
    // The library adds grease of random length; in the end it comes out right.
    let wrap = std::iter::repeat_with(|| wrap(bytes - 400)).find(|wrap| wrap.len() == bytes);
    let wrap = wrap.unwrap();
    file.recipients.get_mut("alice").unwrap().1 = wrap;
    file.text()
}

fn long_enc(bytes: usize) -> String {
    let text = file().value("K", Value::of(b"", 1)).text();
    let (before, _) = text.rsplit_once(':').unwrap();
    format!("{before}:{}\"\n", b64(&vec![0; bytes]))
}

fn long_value(bytes: usize) -> String {
    file().value("K", Value::of(&vec![0; bytes], 1)).text()
}

fn long_note(bytes: usize) -> String {
    file().value("K", Value::of(b"", 1).note(&"x".repeat(bytes))).text()
}

/// An ssh-rsa key of that many characters; that it is no real one shows only when it is used.
fn long_key(bytes: usize) -> String {
    let blob = (bytes - "ssh-rsa ".len()) / 4 * 3;
    let mut key = b"\0\0\0\x07ssh-rsa".to_vec();
    key.resize(blob, 0);
    let key = format!("ssh-rsa {}", b64(&key));
    assert_eq!(key.len(), bytes);
    file().left("dave", &key, 3).text()
}

fn long_key_name(bytes: usize) -> String {
    file().value(&"K".repeat(bytes), Value::of(b"", 1)).text()
}

fn long_member_name(bytes: usize) -> String {
    file().left(&"d".repeat(bytes), &key(), 3).text()
}

fn high_rev(rev: usize) -> String {
    let text = file().value("K", Value::of(b"", 1)).text();
    text.replace(":1.1:", &format!(":1.{rev}:"))
}

fn many_links(count: usize) -> String {
    let mut file = file();
    let links = (1..=count).map(|i| {
        let mut older = File::set(NAME).epoch(u32::try_from(4 - i).unwrap());
        older.id = file.id;
        file.link_from(&older)
    });
    file.prev = links.collect();
    file.text()
}

fn refusal(text: &str, identities: &Identities, reach: &Reach) -> Option<Refused> {
    match Sealed::<SecretSet>::parse(text.as_bytes(), &NAME.parse().unwrap()) {
        Err(error) => Some(malformed(error)),
        Ok(_) if *reach == Parses => None,
        Ok(sealed) => sealed.open(identities).err().map(|error| tampered(&error)),
    }
}

#[test]
fn what_reaches_a_limit_is_accepted_and_one_above_refused() {
    let identities = frozen::identity("x25519.txt");
    for Limit { code, file, most, above, reach } in &LIMITS {
        let accepted = refusal(&file(*most), &identities, reach);
        assert_eq!(accepted, None, "{code}: {most}");
        let refused = refusal(&file(*above), &identities, reach).map(|(code, ..)| code);
        assert_eq!(refused.as_deref(), Some(*code), "{above}");
    }
}

#[test]
fn a_file_above_the_limit_is_refused_before_its_bytes_are_looked_at() {
    let bytes = vec![0xff; 16 * MIB + 1];
    let error = Sealed::<SecretSet>::parse(&bytes, &NAME.parse().unwrap()).unwrap_err();
    assert_eq!(error.rule.code(), "file-too-large");
    assert!(file().text().starts_with(COMMENT));
}
