//! Bad files that differ from a good one by one piece of text.

use super::Bad;
use super::by_hand::{File, Value};
use super::keys::Keys;
use super::rows::{self, At, Row};

/// The good file: `base`, epoch 3, read by alice and bob/laptop, left by dave.
pub(crate) fn base(keys: &Keys) -> File {
    let older = File::set("base").epoch(2);
    let mut file = File::set("base")
        .epoch(3)
        .to("alice", keys, "x25519.txt")
        .to("bob/laptop", keys, "ed25519")
        .left("dave", keys.public("x25519-other.txt"), 2)
        .value("DB_URL", Value::of(b"postgres://db", 2).note("the database").expires("2027-01-31"))
        .value("TOKEN", Value::of(b"hunter2", 3).rev(4));
    file.prev = vec![file.link_from(&File { id: file.id, ..older })];
    file
}

/// The good pull secret.
pub(crate) fn pull(keys: &Keys) -> File {
    let mut file = File::set("base")
        .value("username", Value::of(b"octocat", 1))
        .value("password", Value::of(b"ghp_0", 1));
    file.kind = "pull";
    file.pull = Some(("ghcr", "ghcr.io".to_owned()));
    file.to("alice", keys, "x25519.txt")
}

pub(crate) fn files(keys: &Keys) -> Vec<Bad> {
    let (set, pull) = (base(keys), pull(keys));
    let groups: [(&str, &[Row]); 23] = [
        ("byte-order-mark", rows::BYTE_ORDER_MARK),
        ("control-character", rows::CONTROL_CHARACTER),
        ("not-a-line", rows::NOT_A_LINE),
        ("unknown-table", rows::UNKNOWN_TABLE),
        ("table-name", rows::TABLE_NAME),
        ("table-quotes", rows::TABLE_QUOTES),
        ("duplicate-table", rows::DUPLICATE_TABLE),
        ("field-outside-table", rows::FIELD_OUTSIDE_TABLE),
        ("unknown-field", rows::UNKNOWN_FIELD),
        ("duplicate-field", rows::DUPLICATE_FIELD),
        ("bad-value", rows::BAD_VALUE),
        ("bad-escape", rows::BAD_ESCAPE),
        ("bad-integer", rows::BAD_INTEGER),
        ("bad-date", rows::BAD_DATE),
        ("wrong-type", rows::WRONG_TYPE),
        ("newer-format", rows::NEWER_FORMAT),
        ("unknown-kind", rows::UNKNOWN_KIND),
        ("bad-name", rows::BAD_NAME),
        ("name-mismatch", rows::NAME_MISMATCH),
        ("bad-id", rows::BAD_ID),
        ("bad-epoch", rows::BAD_EPOCH),
        ("bad-recipient", rows::BAD_RECIPIENT),
        ("recipient-name", rows::RECIPIENT_NAME),
    ];
    let tokens: [(&str, &[Row]); 6] = [
        ("bad-note", rows::BAD_NOTE),
        ("bad-token", rows::BAD_TOKEN),
        ("other-epoch", rows::OTHER_EPOCH),
        ("other-key", rows::OTHER_KEY),
        ("since-after-epoch", rows::SINCE_AFTER_EPOCH),
        ("until-not-before", rows::UNTIL_NOT_BEFORE),
    ];
    let pulls: [(&str, &[Row]); 3] = [
        ("unknown-registry-type", rows::REGISTRY),
        ("bad-server", rows::BAD_SERVER),
        ("pull-entries", rows::PULL_ENTRIES),
    ];
    let mut files = Vec::new();
    for (code, rows) in groups.into_iter().chain(tokens) {
        files.extend(rows.iter().map(|row| changed(&set, code, row, keys)));
    }
    for (code, rows) in pulls {
        files.extend(rows.iter().map(|row| changed(&pull, code, row, keys)));
    }
    files
}

fn changed(good: &File, code: &'static str, row: &Row, keys: &Keys) -> Bad {
    let (name, place, at, from, to) = *row;
    let fill = |text: &str| {
        text.replace("KID", &good.key_id())
            .replace("ALICE", keys.public("x25519.txt"))
            .replace("BOB", keys.public("ed25519"))
            .replace("X64", &"x".repeat(64))
    };
    let (text, from) = (good.text(), fill(from));
    let start = text.find(&from).unwrap_or_else(|| panic!("{code} {name}: {from:?} is not there"));
    let text = text.replacen(&from, &fill(to), 1);
    let line = text[..start].matches('\n').count() + 1;
    let headers = |line: &(usize, &str)| line.1.starts_with('[').then_some(line.0);
    let line = match at {
        At::Line(after) => line + after,
        At::Header => {
            (1..).zip(text.lines()).take(line).filter_map(|l| headers(&l)).last().unwrap()
        }
    };
    Bad {
        file: format!("{code}--{name}"),
        bytes: text.into_bytes(),
        kind: good.kind,
        name: "base",
        line,
        place: place.to_owned(),
        code,
    }
}
