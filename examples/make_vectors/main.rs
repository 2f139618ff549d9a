//! Makes the frozen files of tests/vectors/v1 once: `cargo run --example make_vectors FOLDER`, where
//! FOLDER must not exist. The files in the repository were made by it and are only read since.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "it runs once, under the eyes of whoever runs it, and stops at the first surprise"
)]

#[path = "../../tests/envelope/by_hand.rs"]
mod by_hand;
#[path = "../../tests/envelope/odd_recipient.rs"]
mod odd_recipient;

mod bad;
mod bad_key;
mod bad_text;
mod good;
mod keys;
mod lineage;
mod odd_wraps;
mod rows;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use by_hand::{File, hex};

/// A good file and what it holds.
struct Good {
    /// Below `good/`, without `.toml`.
    file: &'static str,
    text: String,
    holds: File,
    /// Each of them opens it.
    identities: Vec<&'static str>,
    /// The file below `good/` that holds the canonical bytes.
    canonical: &'static str,
}

/// A bad file and the one error it must give.
struct Bad {
    /// Below `bad/`, without `.toml`.
    file: String,
    bytes: Vec<u8>,
    /// What its path would say.
    kind: &'static str,
    name: &'static str,
    /// From 1; 0 for the file as a whole, and for what shows only with a key.
    line: usize,
    /// The table it must name, as in its header but without quotes.
    place: String,
    code: &'static str,
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder to make");
    let folder = Path::new(&folder);
    fs::create_dir(folder).expect("a folder that does not exist yet");
    for part in ["keys", "good", "bad"] {
        fs::create_dir(folder.join(part)).unwrap();
    }
    let keys = keys::make(&folder.join("keys"));
    let mut good = good::files(&keys);
    good.extend(lineage::files(&keys));
    good.push(good::worked_example(&keys));
    let mut bad = bad_text::files(&keys);
    bad.extend(bad::files(&keys));
    bad.extend(bad_key::files(&keys));
    bad.extend(odd_wraps::files(&keys));

    for file in &good {
        fs::write(folder.join(format!("good/{}.toml", file.file)), &file.text).unwrap();
    }
    for file in &bad {
        let path = folder.join(format!("bad/{}.toml", file.file));
        assert!(!path.exists(), "two bad files of this name: {}", file.file);
        fs::write(path, &file.bytes).unwrap();
    }
    write_json(&folder.join("good.json"), good.iter().map(expectation).collect());
    write_json(&folder.join("bad.json"), bad.iter().map(refusal).collect());
    fs::write(folder.join("README.md"), include_str!("README.md")).unwrap();
    write_sums(folder);
}

fn write_json(path: &Path, list: Vec<Value>) {
    let text = serde_json::to_string_pretty(&Value::Array(list)).unwrap();
    fs::write(path, text + "\n").unwrap();
}

fn expectation(good: &Good) -> Value {
    let holds = &good.holds;
    let prev: Vec<String> =
        holds.prev.iter().map(|link| link.rsplit_once(':').unwrap().0.to_owned()).collect();
    let recipients: Value =
        holds.recipients.iter().map(|(name, (key, _))| (name.clone(), json!(key))).collect();
    let departed: Value = holds
        .departed
        .iter()
        .map(|(name, (key, until))| (name.clone(), json!({"key": key, "until": until})))
        .collect();
    let values: Value =
        holds.values.iter().map(|(key, value)| (key.clone(), expected_value(value))).collect();
    json!({
        "file": format!("good/{}.toml", good.file),
        "kind": holds.kind,
        "name": holds.name,
        "identities": good.identities,
        "canonical": format!("good/{}.toml", good.canonical),
        "epoch": holds.epoch,
        "prev": prev,
        "pull": holds.pull.as_ref().map(|(sort, server)| json!({"type": sort, "server": server})),
        "recipients": recipients,
        "departed": departed,
        "values": values,
    })
}

fn expected_value(value: &by_hand::Value) -> Value {
    let plain = value.plain();
    let mut out = json!({
        "since": value.since,
        "rev": value.rev,
        "note": value.note,
        "expires": value.expires,
        "length": plain.len(),
    });
    if plain.len() > 4096 {
        out["sha256"] = json!(hex(&Sha256::digest(plain)));
    } else {
        out["base64"] = json!(by_hand::b64(plain));
    }
    out
}

fn refusal(bad: &Bad) -> Value {
    json!({
        "file": format!("bad/{}.toml", bad.file),
        "kind": bad.kind,
        "name": bad.name,
        "code": bad.code,
        "line": bad.line,
        "place": bad.place,
    })
}

/// The list `sha256sum -c SHA256SUMS` reads.
fn write_sums(folder: &Path) {
    let mut paths = Vec::new();
    for part in ["", "keys", "good", "bad"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let mut sums = String::new();
    for path in paths {
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        let sum = hex(&Sha256::digest(fs::read(&path).unwrap()));
        writeln!(sums, "{sum}  {name}").unwrap();
    }
    fs::write(folder.join("SHA256SUMS"), sums).unwrap();
}
