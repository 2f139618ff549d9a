//! Bad files that only the data key shows to be bad: records changed by someone without it, and
//! what a holder of it can write wrongly.

use super::Bad;
use super::bad::{keyed_text, swap, table, with_key};
use super::bad_text::{base, pull};
use super::by_hand::{File, Value, b64, pad};
use super::keys::Keys;

const X: &str = "x25519.txt";

pub(crate) fn files(keys: &Keys) -> Vec<Bad> {
    let mut files = commitments(keys);
    files.extend(seals(keys));
    files.extend(entries(keys));
    files.extend(payloads(keys));
    files
}

/// A wrap that opens, and a commitment that does not fit what it holds.
fn commitments(keys: &Keys) -> Vec<Bad> {
    let bad = |name: &str, kind, text| keyed_text("commitment-mismatch", name, "vault", kind, text);
    let (set, registry) = (base(keys), pull(keys));
    let (text, kid) = (set.text(), set.key_id());
    let other = File { data_key: [9; 32], ..set.clone() }.to("alice", keys, X);
    let mut other_wrap = set.clone();
    other_wrap.recipients.insert("alice".to_owned(), other.recipients["alice"].clone());
    let moved = File { name: "elsewhere".to_owned(), ..set.clone() }.text();
    let later = text.replace("\"3:", "\"9:");
    let mut as_set = registry.text();
    as_set = swap(&as_set, table(&registry.text(), "[pull]"), "");
    vec![
        with_key("commitment-mismatch", "wrap-of-another-key", "vault", &other_wrap),
        bad("id-changed", "set", swap(&text, &b64(&set.id), &b64(&[7; 16]))),
        bad("epoch-changed", "set", later),
        bad("renamed", "set", swap(&moved, "\"elsewhere\"", "\"base\"")),
        bad("retyped", "set", swap(&as_set, "kind = \"pull\"", "kind = \"set\"")),
        bad("key-id-changed", "set", text.replace(&kid, "00000000")),
        bad("commitment-changed", "set", {
            let line = text.lines().find(|line| line.starts_with("epoch")).unwrap();
            let digit = if line.ends_with("0\"") { "1\"" } else { "0\"" };
            swap(&text, line, &format!("{}{digit}", &line[..line.len() - 2]))
        }),
        bad("server-changed", "pull", swap(&registry.text(), "\"ghcr.io\"", "\"ghcr.io.example\"")),
        bad("type-changed", "pull", swap(&registry.text(), "\"ghcr\"", "\"generic\"")),
    ]
}

fn seals(keys: &Keys) -> Vec<Bad> {
    let file = base(keys);
    let text = file.text();
    let bad = |name: &str, place, text| keyed_text("bad-seal", name, place, "set", text);
    let alice = table(&text, "[recipients.alice]");
    let dave = table(&text, "[departed.dave]");
    // What an outsider can do: everything but the data key is known.
    let outsider = File { data_key: [9; 32], ..file.clone() }.to("mallory", keys, "stranger.txt");
    let outsider = outsider.text().replace(&outsider.key_id(), &file.key_id());
    let mallory = table(&outsider, "[recipients.mallory]");
    let again = file.clone().to("bob/laptop", keys, "ed25519");
    let seal_of = |table: &str| table.rsplit_once(':').unwrap().1.to_owned();
    let elsewhere = File { id: [7; 16], ..file.clone() };
    let elsewhere = elsewhere.text().replace(&elsewhere.key_id(), &file.key_id());
    let stranger = keys.public("stranger.txt");
    let carol =
        alice.replace("[recipients.alice]", "[recipients.carol]").replace(" alice\"", " carol\"");
    vec![
        bad(
            "added-by-outsider",
            "recipients.mallory",
            swap(&text, dave, &format!("{mallory}{dave}")),
        ),
        bad("to-changed", "recipients.bob/laptop", {
            swap(&text, keys.public("ed25519"), keys.public("ed25519-locked"))
        }),
        bad("wrap-changed", "recipients.bob/laptop", {
            let wrap = |file: &File| b64(&file.recipients["bob/laptop"].1);
            swap(&text, &wrap(&file), &wrap(&again))
        }),
        bad("renamed", "recipients.carol", swap(&text, alice, &carol)),
        bad("seal-of-another", "recipients.alice", {
            let bob = seal_of(table(&text, "[recipients.\"bob/laptop\"]"));
            swap(&text, &seal_of(alice), &bob)
        }),
        bad("departed-earlier", "departed.dave", swap(&text, "until = 2", "until = 1")),
        bad("departed-to-changed", "departed.dave", {
            swap(&text, keys.public("x25519-other.txt"), stranger)
        }),
        bad("departed-renamed", "departed.eve", {
            swap(&text, dave, &dave.replace(".dave]", ".eve]").replace(" dave\"", " eve\""))
        }),
        bad("departed-added", "departed.mallory", {
            let mallory = dave.replace(".dave]", ".mallory]").replace(" dave\"", " mallory\"");
            swap(&text, dave, &format!("{dave}{mallory}"))
        }),
        bad("departed-of-another-file", "departed.dave", {
            swap(&text, dave, table(&elsewhere, "[departed.dave]"))
        }),
        bad("departed-with-seal-of-recipient", "departed.dave", {
            swap(&text, &seal_of(dave), &seal_of(alice))
        }),
    ]
}

fn entries(keys: &Keys) -> Vec<Bad> {
    let file = base(keys);
    let text = file.text();
    let bad = |name: &str, place, text| keyed_text("entry-not-authentic", name, place, "set", text);
    let [db, token] = ["DB_URL", "TOKEN"].map(|key| b64(&file.enc(key, &file.keys())));
    let flipped = |at: usize| {
        let mut enc = file.enc("TOKEN", &file.keys());
        enc[at] ^= 1;
        swap(&text, &token, &b64(&enc))
    };
    let sealed_with = |change: fn(&mut File)| {
        let mut other = file.clone();
        change(&mut other);
        swap(&text, &token, &b64(&other.enc("TOKEN", &other.keys())))
    };
    let table = table(&text, "[values.TOKEN]");
    vec![
        bad("note-changed", "values.DB_URL", swap(&text, "the database", "the old database")),
        bad("note-added", "values.TOKEN", format!("{text}note = \"x\"\n")),
        bad("note-removed", "values.DB_URL", swap(&text, "note = \"the database\"\n", "")),
        bad("expiry-changed", "values.DB_URL", swap(&text, "2027-01-31", "2099-01-31")),
        bad("expiry-removed", "values.DB_URL", swap(&text, "expires = 2027-01-31\n", "")),
        bad("since-changed", "values.TOKEN", swap(&text, ":3.4:", ":2.4:")),
        bad("rev-changed", "values.TOKEN", swap(&text, ":3.4:", ":3.5:")),
        bad("renamed", "values.TOKEN2", swap(&text, "[values.TOKEN]", "[values.TOKEN2]")),
        bad("copied", "values.COPY", format!("{text}\n{}", table.replace("TOKEN", "COPY"))),
        bad("exchanged", "values.DB_URL", {
            let text = swap(&text, &token, "HERE");
            swap(&swap(&text, &db, &token), "HERE", &db)
        }),
        bad("nonce-flipped", "values.TOKEN", flipped(0)),
        bad("text-flipped", "values.TOKEN", flipped(24)),
        bad("tag-flipped", "values.TOKEN", flipped(103)),
        bad(
            "cut-off",
            "values.TOKEN",
            swap(&text, &token, &b64(&file.enc("TOKEN", &file.keys())[..103])),
        ),
        bad("shorter-than-a-tag", "values.TOKEN", swap(&text, &token, &b64(&[0; 39]))),
        bad("empty", "values.TOKEN", swap(&text, &token, "")),
        bad("of-another-key", "values.TOKEN", sealed_with(|other| other.data_key = [9; 32])),
        bad("of-another-file", "values.TOKEN", sealed_with(|other| other.id = [9; 16])),
        bad("of-another-epoch", "values.TOKEN", sealed_with(|other| other.epoch = 4)),
        bad("of-another-name", "values.TOKEN", sealed_with(|other| other.name = "other".into())),
    ]
}

/// What only a holder of the data key can write.
fn payloads(keys: &Keys) -> Vec<Bad> {
    let bad = |code, name: &str, padded: Vec<u8>| {
        let value = Value { padded, ..Value::of(b"", 3).rev(4) };
        with_key(code, name, "values.TOKEN", &base(keys).value("TOKEN", value))
    };
    let sized = |length: usize| {
        let mut padded = b"\0hunter2\x80".to_vec();
        padded.resize(length, 0);
        padded
    };
    let mut no_mark = sized(64);
    no_mark[8] = 0x81;
    vec![
        bad("entry-padding", "no-mark", no_mark),
        bad("entry-padding", "all-zero", vec![0; 64]),
        bad("entry-padding", "none", b"\0hunter2".to_vec()),
        bad("entry-padding", "nothing", Vec::new()),
        bad("entry-padding", "next-bucket", sized(72)),
        bad("entry-padding", "not-a-bucket", sized(65)),
        bad("entry-padding", "below-the-least", sized(32)),
        bad("entry-padding", "one-too-few", [&[0; 64][..], &[0x80]].concat()),
        bad("unknown-payload", "signed", pad(b"\x01hunter2")),
        bad("unknown-payload", "greatest", pad(b"\xffhunter2")),
        bad("unknown-payload", "padded-otherwise", b"\x01hunter2".to_vec()),
    ]
}
