//! Lines and tokens of files of every age and of other files, mixed at random by someone without a
//! key: what opens holds nothing that a reader did not write there.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use vault::envelope::{Opened, Sealed};
use vault::model::{SecretSet, SecretValue, SetName};

use crate::support::{Member, identities, recipients};

fn name() -> SetName {
    "web".parse().unwrap()
}

fn set(opened: &mut Opened<SecretSet>, key: &str, value: &str) {
    let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
    opened.set(&key.parse().unwrap(), value).unwrap();
}

/// The current file, and what an attacker finds in history and beside it.
fn files(team: &[Member; 4]) -> (Sealed<SecretSet>, Vec<String>) {
    let [alice, bob, carol, dave] = team;
    let made = |value: &str| {
        let readers = recipients(&[alice, bob, carol, dave]);
        let mut opened = Opened::<SecretSet>::create(name(), SecretSet, readers);
        for key in ["A", "B", "C"] {
            set(&mut opened, key, &format!("{key} {value}"));
        }
        opened.seal().unwrap()
    };
    let (foreign, first) = (made("foreign"), made("first"));
    let mut opened = first.clone().open(&identities(alice)).unwrap();
    opened.remove_recipients(std::slice::from_ref(&dave.name)).unwrap();
    set(&mut opened, "B", "B second");
    let second = opened.seal().unwrap();
    let mut opened = second.clone().open(&identities(alice)).unwrap();
    set(&mut opened, "C", "C third");
    let third = opened.seal().unwrap();
    let old = [&foreign, &first, &second].map(Sealed::render).to_vec();
    (third, old)
}

/// The right-hand side of a line, with the file's own epoch and key id put before a token.
fn grafted(line: &str, token: &str) -> String {
    let Some((field, value)) = line.split_once(" = \"") else { return line.to_owned() };
    let rest = value.splitn(3, ':').nth(2);
    match rest.filter(|_| matches!(field, "wrap" | "seal" | "enc")) {
        Some(rest) => format!("{field} = \"{token}:{rest}"),
        None => line.to_owned(),
    }
}

/// Every record that opened is one that stood in the file, or (of this epoch) in its history.
fn holds_nothing_new(
    text: &str,
    good: &Sealed<SecretSet>,
    reader: &Member,
    older: &[String],
) -> bool {
    let Ok(sealed) = Sealed::<SecretSet>::parse(text.as_bytes(), &name()) else { return false };
    let Ok(opened) = sealed.clone().open(&identities(reader)) else { return false };
    assert_eq!((sealed.id(), sealed.epoch()), (good.id(), good.epoch()));
    for (key, entry) in sealed.entries() {
        let stood = older.iter().any(|text| {
            Sealed::<SecretSet>::parse(text.as_bytes(), &name()).is_ok_and(|old| {
                old.epoch() == good.epoch() && old.entries().get(key) == Some(entry)
            })
        });
        assert!(stood || good.entries().get(key) == Some(entry), "{key}\n{text}");
        let value = opened.get(key).unwrap().value().expose();
        assert!(value.starts_with(key.as_str().as_bytes()), "{key}\n{text}");
    }
    for (name, record) in sealed.recipients() {
        assert_eq!(good.recipients().get(name), Some(record), "{text}");
    }
    for (name, record) in sealed.departed() {
        assert_eq!(good.departed().get(name), Some(record), "{text}");
    }
    true
}

#[test]
fn what_opens_is_what_was_written() {
    let team = ["alice", "bob", "carol", "dave"].map(Member::new);
    let (good, older) = files(&team);
    let text = good.render();
    let token = format!("{}:{}", good.epoch(), good.commitment().key_id());
    let config = ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() };
    let graft = (any::<Index>(), any::<Index>(), 0..4_usize, 0..6_u8);
    let block = (any::<Index>(), 0..4_usize);
    let names = select(&["A", "B", "C", "NEW", "alice", "bob", "carol", "dave", "eve"]);
    let cases = (vec(graft, 0..4), vec((block, names), 0..2));
    let opened = Cell::new(0);
    let ran = proptest::test_runner::TestRunner::new(config).run(&cases, |(grafts, blocks)| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (to, from, file, how) in grafts {
            let source: Vec<&str> = older.get(file).unwrap_or(&text).lines().collect();
            // The same line of the other file more often than any other line.
            let at = to.index(lines.len());
            let from = if how < 3 { at.min(source.len() - 1) } else { from.index(source.len()) };
            lines[at] = grafted(source[from], &token);
        }
        let mut text = lines.join("\n") + "\n";
        for ((from, file), name) in blocks {
            let source: Vec<&str> = older.get(file).unwrap_or(&text).split("\n\n").collect();
            let block = source[from.index(source.len())].trim_end();
            let block: Vec<String> = block.lines().map(|line| grafted(line, &token)).collect();
            // Two line ends in a row may have been grafted in.
            let Some((header, fields)) = block.split_first() else { continue };
            let table = header.split('.').next().unwrap();
            text = format!("{text}\n{table}.{name}]\n{}\n", fields.join("\n"));
        }
        opened.set(opened.get() + u32::from(holds_nothing_new(&text, &good, &team[1], &older)));
        Ok(())
    });
    ran.unwrap();
    assert!((50..3900).contains(&opened.get()), "{} of 4000 opened", opened.get());
}
