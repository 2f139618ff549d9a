//! Every frozen file gives what is written beside it: the good ones their values, the bad ones the
//! one error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use sha2::{Digest as _, Sha256};
use vault::crypto::Identities;
use vault::envelope::{OpenError, Opened, Sealed};
use vault::model::{Content, PullSecret, SecretSet};

use super::by_hand::{b64, hex};
use super::codes::{self, Refused, malformed, tampered};
use super::frozen::{self, Bad, Good, Left, Value};
use super::limits;

/// The names of the values in an opened file, with what belongs to them.
fn values<T: Content>(opened: &Opened<T>, like: &Good) -> BTreeMap<String, Value> {
    let entries = opened.entries().map(|(key, entry)| {
        let plain = entry.value().expose();
        let by_sum = like.values.get(key.as_str()).is_some_and(|value| value.sha256.is_some());
        let value = Value {
            since: entry.since(),
            rev: entry.rev(),
            note: entry.note().map(ToString::to_string),
            expires: entry.expires().map(|day| day.to_string()),
            length: plain.len(),
            base64: (!by_sum).then(|| b64(plain)),
            sha256: by_sum.then(|| hex(&Sha256::digest(plain))),
        };
        (key.to_string(), value)
    });
    entries.collect()
}

/// Opens a good file with each of its identities and compares everything in it.
fn opens<T: Content>(good: &Good) {
    let file = &good.file;
    let sealed = Sealed::<T>::parse(&frozen::read(file), &good.name.parse().unwrap())
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let canonical = frozen::read(&good.canonical);
    assert_eq!(sealed.render().as_bytes(), canonical, "{file} rendered anew");
    let prev: Vec<String> =
        sealed.prev().iter().map(|link| format!("{}:{}", link.epoch, link.key_id)).collect();
    assert_eq!((sealed.epoch(), prev), (good.epoch, good.prev.clone()), "{file}");
    let pull = sealed.content().pull().map(|pull| {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (registry, server) = (pull.registry.as_str(), pull.server.as_str());
        BTreeMap::from([field("type", registry), field("server", server)])
    });
    assert_eq!(pull, good.pull, "{file}");
    for name in &good.identities {
        let opened = sealed.clone().open(&frozen::identity(name));
        let opened = opened.unwrap_or_else(|error| panic!("{file} with {name}: {error}"));
        let recipients: BTreeMap<String, String> =
            opened.recipients().map(|(name, to)| (name.to_string(), to.to_string())).collect();
        assert_eq!(recipients, good.recipients, "{file}");
        let left = |key: &str, until| Left { key: key.to_owned(), until };
        let departed: BTreeMap<String, Left> = opened
            .departed()
            .map(|(name, key, until)| (name.to_string(), left(key.as_str(), until)))
            .collect();
        assert_eq!(departed, good.departed, "{file}");
        assert_eq!(values(&opened, good), good.values, "{file} with {name}");
        let again = opened.seal().unwrap().render();
        assert_eq!(again.as_bytes(), canonical, "{file} sealed again without a change");
    }
    let Err(OpenError::NoIdentity { readers }) = sealed.open(&frozen::identity("stranger.txt"))
    else {
        panic!("{file} opened with a stranger's key, or said that it was tampered with");
    };
    assert!(readers.iter().map(ToString::to_string).eq(good.recipients.keys().cloned()), "{file}");
}

/// How a file is refused; `None` where it opens.
fn refusal<T: Content>(bytes: &[u8], name: &str, identities: &Identities) -> Option<Refused> {
    match Sealed::<T>::parse(bytes, &name.parse().unwrap()) {
        Err(error) => Some(malformed(error)),
        Ok(sealed) => sealed.open(identities).err().map(|error| tampered(&error)),
    }
}

#[test]
fn every_good_file_opens_to_its_values() {
    let list: Vec<Good> = frozen::json("good.json");
    assert!(list.len() >= 40, "{} good files", list.len());
    for good in &list {
        match good.kind.as_str() {
            "set" => opens::<SecretSet>(good),
            "pull" => opens::<PullSecret>(good),
            other => panic!("{}: kind {other}", good.file),
        }
    }
}

#[test]
fn every_bad_file_gives_its_one_error_and_its_place() {
    let list: Vec<Bad> = frozen::json("bad.json");
    assert!(list.len() >= 60, "{} bad files", list.len());
    let identities = frozen::identity("x25519.txt");
    let mut wrong = String::new();
    for bad in list {
        let bytes = frozen::read(&bad.file);
        let found = match bad.kind.as_str() {
            "set" => refusal::<SecretSet>(&bytes, &bad.name, &identities),
            "pull" => refusal::<PullSecret>(&bytes, &bad.name, &identities),
            other => panic!("{}: kind {other}", bad.file),
        };
        let expected = (bad.code, bad.line, bad.place);
        if found.as_ref() != Some(&expected) {
            writeln!(wrong, "{}: {found:?}, not {expected:?}", bad.file).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_code_has_a_frozen_file_or_a_limit() {
    let frozen: Vec<Bad> = frozen::json("bad.json");
    let frozen: BTreeSet<String> = frozen.into_iter().map(|bad| bad.code).collect();
    let limits: BTreeSet<String> = limits::codes().map(str::to_owned).collect();
    let covered: BTreeSet<String> = frozen.union(&limits).cloned().collect();
    assert_eq!(covered, codes::all());
}

#[test]
fn every_file_of_the_folder_is_listed_and_unchanged() {
    let list = String::from_utf8(frozen::read("SHA256SUMS")).unwrap();
    let listed: BTreeMap<&str, &str> =
        list.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, f)| (f, sum)).collect();
    let mut present = BTreeSet::new();
    for part in ["", "keys/", "good/", "bad/"] {
        for entry in fs::read_dir(frozen::folder().join(part)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                present.insert(format!("{part}{}", entry.file_name().to_str().unwrap()));
            }
        }
    }
    present.remove("SHA256SUMS");
    assert!(present.iter().map(String::as_str).eq(listed.keys().copied()), "files came or went");
    for (file, sum) in listed {
        assert_eq!(hex(&Sha256::digest(frozen::read(file))), sum, "{file} is frozen");
    }
    let named = |list: &str, files: Vec<String>| {
        let there = present.iter().filter(|file| file.starts_with(list)).cloned().collect();
        assert_eq!(files.into_iter().collect::<BTreeSet<_>>(), there);
    };
    let good: Vec<Good> = frozen::json("good.json");
    let bad: Vec<Bad> = frozen::json("bad.json");
    named("good/", good.into_iter().map(|good| good.file).collect());
    named("bad/", bad.into_iter().map(|bad| bad.file).collect());
}
