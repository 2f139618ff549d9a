//! Good files: every kind of recipient, of value and of spelling.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use age_core::format::FileKey;

use super::Good;
use super::by_hand::{COMMENT, File, Value, age_file};
use super::keys::{Keys, stanza};
use super::odd_recipient::StanzasOf;

const X: &str = "x25519.txt";

impl Good {
    /// A canonical file that each of `identities` opens.
    pub(crate) fn canonical(file: &'static str, holds: File, identities: &[&'static str]) -> Self {
        let text = holds.text();
        Self { file, text, holds, identities: identities.to_vec(), canonical: file }
    }
}

impl File {
    /// Adds a recipient of one of the keys.
    pub(crate) fn to(self, name: &str, keys: &Keys, key: &str) -> Self {
        let key = keys.get(key);
        self.reader(name, &key.public, key.age.as_ref())
    }
}

pub(crate) fn files(keys: &Keys) -> Vec<Good> {
    let mut files = recipients(keys);
    files.extend(values(keys));
    files.extend(names(keys));
    files.extend(pulls(keys));
    files.extend(spellings(keys));
    files
}

fn recipients(keys: &Keys) -> Vec<Good> {
    let set = |name: &str| File::set(name).value("TOKEN", Value::of(b"hunter2", 1));
    let mut files = Vec::new();
    for (file, key) in [
        ("x25519", X),
        ("x25519-locked", "x25519-locked.txt"),
        ("ed25519", "ed25519"),
        ("ed25519-locked", "ed25519-locked"),
        ("rsa2048", "rsa2048"),
        ("rsa3072", "rsa3072"),
    ] {
        files.push(Good::canonical(file, set(file).to("alice", keys, key), &[key]));
    }
    let beside = |name: &str, key| set(name).to("alice", keys, X).to("token", keys, key);
    files.push(Good::canonical("p256tag", beside("p256tag", "p256tag"), &[X]));
    let mlkem = beside("mlkem768p256tag", "mlkem768p256tag");
    files.push(Good::canonical("mlkem768p256tag", mlkem, &[X]));
    files.push(Good::canonical("plugin", beside("plugin", "yubikey"), &[X]));
    let everyone = set("everyone")
        .to("alice", keys, X)
        .to("alice/laptop", keys, "x25519-other.txt")
        .to("alice/yubikey", keys, "yubikey")
        .to("bob.smith", keys, "ed25519")
        .to("ci/runner-1.2", keys, "rsa2048")
        .to("0", keys, "rsa3072")
        .to("carol_d/tag", keys, "p256tag")
        .to("carol_d/pq", keys, "mlkem768p256tag");
    let all = [X, "x25519-other.txt", "ed25519", "rsa2048", "rsa3072"];
    files.push(Good::canonical("everyone", everyone, &all));

    let mut grease = set("grease").to("alice", keys, X);
    let key = keys.get(X);
    let greased = StanzasOf(|file_key: &FileKey| {
        let real = key.age.wrap_file_key(file_key).unwrap().0;
        let mut stanzas = vec![stanza("a-grease")];
        stanzas.extend(real);
        stanzas.push(stanza("-grease"));
        stanzas
    });
    let wrap = age_file(&grease.data_key, &greased);
    grease.recipients.get_mut("alice").unwrap().1 = wrap;
    files.push(Good::canonical("grease", grease, &[X]));
    files
}

fn values(keys: &Keys) -> Vec<Good> {
    let set = |name: &str| File::set(name).to("alice", keys, X);
    let mut lengths = set("lengths");
    // Around every step of the padding up to 130 bytes, and further out.
    for length in [0, 1, 61, 62, 63, 64, 70, 71, 98, 126, 127, 128, 998, 999, 1022, 1023, 4096] {
        let bytes: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
        lengths = lengths.value(&format!("L{length:04}"), Value::of(&bytes, 1));
    }
    let binary: Vec<u8> = (0..=255).collect();
    let bytes = set("bytes")
        .value("EMPTY", Value::of(b"", 1))
        .value("BINARY", Value::of(&binary, 1))
        .value("ZEROS", Value::of(&[0; 40], 1))
        .value("PAD_MARKS", Value::of(&[0x80; 40], 1))
        .value("PAD_LIKE", Value::of(b"x\x80\0\0\0", 1))
        .value("ONE_LF", Value::of(b"\n", 1))
        .value("CRLF", Value::of(b"a\r\nb\r\n", 1))
        .value("QUOTES", Value::of(br#""'\`$HOME"#, 1))
        .value("NOT_UTF8", Value::of(b"\xff\xfe\xc3\x28", 1))
        .value("UNICODE", Value::of("Grüße, 世界 🔑 e\u{301} \u{202e}x".as_bytes(), 1));
    let mebibyte: Vec<u8> =
        (0_u32..1 << 20).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let notes = set("notes")
        .epoch(7)
        .value("ESCAPES", Value::of(b"1", 7).note(r#"a "quoted" \ back\\slash "#))
        .value("UNICODE", Value::of(b"2", 1).note("Grüße, 世界 🔑 e\u{301} \u{202e}x\u{a0}"))
        .value("LONGEST", Value::of(b"3", 2).note(&"é".repeat(250)))
        .value("TOML_LIKE", Value::of(b"4", 2).note("[values.X] # no = 'comment'"))
        .value("EARLIEST", Value::of(b"5", 3).expires("0001-01-01"))
        .value("LATEST", Value::of(b"6", 3).expires("9999-12-31"))
        .value("LEAP", Value::of(b"7", 6).rev(9).note("both").expires("2028-02-29"));
    vec![
        Good::canonical("empty-set", set("empty-set"), &[X]),
        Good::canonical("lengths", lengths, &[X]),
        Good::canonical("bytes", bytes, &[X]),
        Good::canonical("mebibyte", set("mebibyte").value("BIG", Value::of(&mebibyte, 1)), &[X]),
        Good::canonical("notes", notes, &[X]),
    ]
}

fn names(keys: &Keys) -> Vec<Good> {
    let long = "Long-name_of-64-bytes_0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
    let mut longest = File::set(long).to(&format!("a/{}", "b".repeat(62)), keys, X);
    for key in
        ["K".repeat(64).as_str(), "-", "_", "0", "a", "A", "a-b", "a_b", "true", "2027-01-31"]
    {
        longest = longest.value(key, Value::of(key.as_bytes(), 1));
    }
    let greatest = File::set("greatest")
        .epoch(u32::MAX)
        .to("alice", keys, X)
        .left("dave", keys.public("ed25519"), u32::MAX - 1)
        .value("A", Value::of(b"a", u32::MAX).rev(u32::MAX))
        .value("B", Value::of(b"b", 1));
    vec![
        Good::canonical("longest-names", longest, &[X]),
        Good::canonical("greatest-numbers", greatest, &[X]),
    ]
}

fn pulls(keys: &Keys) -> Vec<Good> {
    let pull = |name: &'static str, sort, server: &str, username: &[u8], password: &[u8]| {
        let mut file = File::set(name)
            .value("username", Value::of(username, 1))
            .value("password", Value::of(password, 1).expires("2027-06-30"));
        file.kind = "pull";
        file.pull = Some((sort, server.to_owned()));
        (name, file.to("alice", keys, X).to("ci", keys, "ed25519"))
    };
    let account = br#"{"type": "service_account", "private_key": "-----BEGIN\n"}"#;
    let gar = "https://europe-docker.pkg.dev/p?a=[b]#c";
    let long = "x".repeat(512);
    [
        pull("pull-docker", "docker", "https://index.docker.io/v1/", b"alice", b"dckr_pat_0"),
        pull("pull-acr", "acr", "example.azurecr.io", b"00000000-0000", b"0"),
        pull("pull-gar", "gar", gar, b"_json_key", account),
        pull("pull-ecr", "ecr", "1.dkr.ecr.eu-north-1.amazonaws.com", b"AWS", &[b'e'; 2000]),
        pull("pull-ghcr", "ghcr", "ghcr.io", b"octocat", b"ghp_0"),
        pull("pull-quay", "quay", "quay.io:443", b"org+robot", b"0"),
        pull("pull-generic", "generic", &long, b"", b""),
    ]
    .map(|(name, file)| Good::canonical(name, file, &[X, "ed25519"]))
    .into()
}

/// The same file in other words, all of which mean the same.
fn spellings(keys: &Keys) -> Vec<Good> {
    let plain = File::set("spelling")
        .epoch(2)
        .to("alice", keys, X)
        .to("bob/laptop", keys, "ed25519")
        .left("dave", keys.public("rsa2048"), 1)
        .value("A", Value::of(b"first", 1).note("a \"note\"").expires("2027-01-31"))
        .value("B", Value::of(b"second", 2));
    let text = plain.text();
    let tables: Vec<&str> = text.strip_prefix(COMMENT).unwrap().trim_end().split("\n\n").collect();
    let reversed = |table: &&str| {
        let (header, fields) = table.split_once('\n').unwrap();
        let fields: Vec<&str> = fields.lines().rev().collect();
        format!("{header}\n{}\n", fields.join("\n"))
    };
    let mut comments = String::from("#\n#!shebang\n");
    for line in text.lines() {
        writeln!(comments, "# [vault] before {}: é \" ' \\\n{line}", line.len()).unwrap();
    }
    comments.push_str("# no line end");
    let spaces: String = text
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some((field, value)) if !line.starts_with('#') => format!("{field}   =  {value}  \n"),
            _ => format!("{line} \n"),
        })
        .collect();
    let one = |file, text: String| Good {
        file,
        text,
        holds: plain.clone(),
        identities: vec![X, "ed25519"],
        canonical: "spelling",
    };
    vec![
        one("spelling", text.clone()),
        one("spelling-crlf", text.replace('\n', "\r\n")),
        one("spelling-some-crlf", text.replace("\"\n", "\"\r\n")),
        one("spelling-comments", comments),
        one("spelling-no-comment", text.strip_prefix(COMMENT).unwrap().to_owned()),
        one("spelling-tables", tables.iter().rev().fold(String::new(), |all, t| all + t + "\n")),
        one("spelling-fields", tables.iter().map(reversed).collect()),
        one("spelling-blank-lines", format!("\n  \n{}\n\n   ", text.replace('\n', "\n\n"))),
        one("spelling-spaces", spaces),
        one("spelling-no-spaces", text.replacen(" = ", "=", 20)),
        one("spelling-no-last-line-end", text.trim_end().to_owned()),
    ]
}

/// The file of docs/format.md "Worked example". Everything random in it counts up from some byte,
/// but for what the age library chose.
pub(crate) fn worked_example(keys: &Keys) -> Good {
    let (old, new) = example_epochs();
    let mut file = new.to("alice", keys, X).left("dave", keys.public("ed25519"), 1);
    file.recipients.get_mut("alice").unwrap().1 = by_age(keys.public(X), &file.data_key);
    file.prev = vec![file.link_from(&old)];
    Good::canonical("example", file, &[X])
}

/// An age file made by the command: unlike the library, it adds no grease.
fn by_age(key: &str, content: &[u8]) -> Vec<u8> {
    let mut age = Command::new("age")
        .args(["-r", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    age.stdin.take().unwrap().write_all(content).unwrap();
    let made = age.wait_with_output().unwrap();
    assert!(made.status.success());
    made.stdout
}

/// The example without its people, before and after dave left.
fn example_epochs() -> (File, File) {
    let counting = |from: u8| std::array::from_fn(|i| from + u8::try_from(i).unwrap());
    let mut value = Value::of(b"hunter2", 1).rev(2).note("ask \"ops\"").expires("2027-01-31");
    value.hedge = counting(0x60);
    let mut old = File::set("example");
    old.id = std::array::from_fn(|i| u8::try_from(i).unwrap());
    old.data_key = counting(0x20);
    let mut new = old.clone().epoch(2).value("TOKEN", value);
    new.data_key = counting(0x40);
    (old, new)
}
