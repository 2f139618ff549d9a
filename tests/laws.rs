//! The laws of an opened file, held against a plain model over random sequences of operations.

mod model;

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use vault::envelope::{Change, Opened, Recipients, Sealed, Trust};
use vault::model::{KeyName, MemberName, SecretSet, SecretValue};

use crate::support::{Member, identities, recipients};
use model::Model;

/// What is done between two writes. Indices point into the keys and people below.
#[derive(Debug, Clone)]
enum Step {
    Set(usize, u8),
    Unset(usize),
    Note(usize, u8),
    Expire(usize, u8),
    RenameEntry(usize, usize),
    Add(usize, usize, Trust),
    Remove(Vec<usize>),
    Replace(usize, usize),
    Bring(Vec<(usize, usize)>, Vec<usize>),
    Rotate,
}

const KEYS: [&str; 5] = ["A", "B", "C", "my-key", "1X"];
const PEOPLE: usize = 5;
const NAMES: [&str; 5] = ["root", "alice", "bob", "carol", "alice/phone"];

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    let name = || 0..NAMES.len();
    // Few keys, so that they come back under the same name and under others.
    let person = || 0..PEOPLE;
    let trust = || prop_oneof![Just(Trust::KnownKeys), Just(Trust::Named)];
    prop_oneof![
        6 => (key(), 0..4_u8).prop_map(|(key, value)| Step::Set(key, value)),
        2 => key().prop_map(Step::Unset),
        2 => (key(), 0..3_u8).prop_map(|(key, note)| Step::Note(key, note)),
        1 => (key(), 0..3_u8).prop_map(|(key, day)| Step::Expire(key, day)),
        2 => (key(), key()).prop_map(|(key, new)| Step::RenameEntry(key, new)),
        4 => (name(), person(), trust()).prop_map(|(name, key, t)| Step::Add(name, key, t)),
        3 => vec(name(), 1..3).prop_map(Step::Remove),
        2 => (name(), person()).prop_map(|(name, key)| Step::Replace(name, key)),
        3 => (vec((name(), person()), 1..4), vec(name(), 0..3)).prop_map(|(w, n)| Step::Bring(w, n)),
        1 => Just(Step::Rotate),
    ]
}

fn key(index: usize) -> KeyName {
    KEYS[index].parse().unwrap()
}

fn name(index: usize) -> MemberName {
    NAMES[index].parse().unwrap()
}

fn value(number: u8) -> SecretValue {
    SecretValue::new(std::iter::repeat_n(number, usize::from(number) * 40).collect()).unwrap()
}

/// 0 takes it away.
fn change<V: std::str::FromStr>(number: u8, text: &str) -> Change<V> {
    match number {
        0 => Change::Clear,
        n => text.replace('N', &n.to_string()).parse().map_or(Change::Keep, Change::To),
    }
}

/// Does a step to both; whether it may be done must be agreed on.
fn apply(set: &mut Opened<SecretSet>, model: &mut Model, people: &[Member], step: &Step) {
    let agreed = match step {
        Step::Set(k, v) => {
            let changed = set.set(&key(*k), value(*v)).unwrap();
            assert_eq!(changed, model.set(KEYS[*k], *v));
            true
        }
        Step::Unset(k) => set.unset(&key(*k)).is_ok() == model.unset(KEYS[*k]),
        Step::Note(k, n) => {
            let done = set.annotate(&key(*k), change(*n, "note N"), Change::Keep);
            done.ok() == model.annotate(KEYS[*k], Some(*n), None)
        }
        Step::Expire(k, n) => {
            let done = set.annotate(&key(*k), Change::Keep, change(*n, "203N-01-01"));
            done.ok() == model.annotate(KEYS[*k], None, Some(*n))
        }
        Step::RenameEntry(k, new) => {
            set.rename_entry(&key(*k), key(*new)).is_ok() == model.rename(KEYS[*k], KEYS[*new])
        }
        Step::Add(n, p, trust) => {
            let done = set.add_recipient(name(*n), people[*p].to.clone(), *trust);
            done.is_ok() == model.add(NAMES[*n], *p, *trust)
        }
        Step::Remove(names) => {
            let who: Vec<_> = names.iter().map(|n| name(*n)).collect();
            let done = set.remove_recipients(&who);
            done.is_ok() == model.remove(&names.iter().map(|n| NAMES[*n]).collect::<Vec<_>>())
        }
        Step::Replace(n, p) => {
            let done = set.replace_recipient(&name(*n), people[*p].to.clone());
            done.is_ok() == model.replace(NAMES[*n], *p)
        }
        Step::Bring(wanted, named) => {
            // A name or a key that comes twice is the caller's own mistake: the first counts.
            let mut brought = BTreeMap::new();
            for (n, p) in wanted {
                if !brought.values().any(|known| known == p) {
                    brought.entry(NAMES[*n]).or_insert(*p);
                }
            }
            let readers = brought.iter().map(|(n, p)| (n.parse().unwrap(), people[*p].to.clone()));
            let readers = Recipients::new(readers.collect()).unwrap();
            let vouched: Vec<_> = named.iter().map(|n| name(*n)).collect();
            let done = set.set_recipients(&readers, &vouched);
            let vouched: Vec<_> = named.iter().map(|n| NAMES[*n]).collect();
            done.is_ok() == model.bring(&brought, &vouched)
        }
        Step::Rotate => set.rotate().is_ok() == model.rotate(),
    };
    assert!(agreed, "{step:?}: {model:?}");
}

/// Writes the file, reads it again and opens it; nothing may get lost on the way.
fn written(set: Opened<SecretSet>) -> (Sealed<SecretSet>, String) {
    let sealed = set.seal().unwrap();
    let text = sealed.render();
    let read = Sealed::parse(text.as_bytes(), &"web".parse().unwrap()).unwrap();
    assert_eq!(read, sealed);
    assert_eq!(read.render(), text);
    (read, text)
}

/// Everybody who is listed opens the file and finds the same; nobody else does.
fn reopened(sealed: &Sealed<SecretSet>, model: &Model, people: &[Member]) -> Opened<SecretSet> {
    model.exposes(sealed, people);
    let mut last = None;
    for (index, person) in people.iter().enumerate() {
        match sealed.clone().open(&identities(person)) {
            Ok(opened) => {
                assert!(model.reads(index), "{} was not to open it", person.to);
                model.holds(&opened, people);
                last = Some(opened);
            }
            Err(error) => {
                assert!(!model.reads(index), "{error}");
                assert!(matches!(error, vault::envelope::OpenError::NoIdentity { .. }));
            }
        }
    }
    last.expect("someone reads it")
}

/// Without a new key every record that did not change keeps its bytes.
fn keeps_bytes(before: &Sealed<SecretSet>, after: &Sealed<SecretSet>, touched: &[String]) {
    if before.epoch() != after.epoch() {
        assert!(after.epoch() == before.epoch() + 1, "one epoch a write");
        assert_ne!(after.commitment(), before.commitment());
        assert_eq!(after.prev()[0].key_id, before.commitment().key_id());
        for (name, record) in after.recipients() {
            let old = before.recipients().get(name);
            assert!(old.is_none_or(|old| old.wrap != record.wrap), "a wrap was copied");
        }
        return;
    }
    assert_eq!(after.commitment(), before.commitment());
    assert_eq!((after.prev(), after.departed()), (before.prev(), before.departed()));
    for (name, record) in before.recipients() {
        let mut kept = after.recipients().iter().filter(|(_, kept)| kept.to == record.to);
        let (now, kept) = kept.next().expect("nobody leaves without a new data key");
        assert_eq!(kept.wrap, record.wrap, "{name}, now {now}");
        assert!(now != name || kept == record, "{name}");
    }
    for (key, entry) in before.entries() {
        if !touched.iter().any(|name| name == key.as_str()) {
            assert_eq!(after.entries().get(key), Some(entry), "{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_file_is_what_its_history_says(writes in vec(vec(step(), 0..5), 1..9)) {
        let people: Vec<Member> = (0..PEOPLE).map(|n| Member::new(&format!("p{n}"))).collect();
        let mut first = Member::new("root");
        first.to = people[0].to.clone();
        let name = "web".parse().unwrap();
        let mut set = Opened::<SecretSet>::create(name, SecretSet, recipients(&[&first]));
        let mut model = Model::new("root", 0);
        let mut before: Option<Sealed<SecretSet>> = None;
        for steps in writes {
            for step in &steps {
                apply(&mut set, &mut model, &people, step);
            }
            let (sealed, _) = written(set);
            let touched = model.write();
            if let Some(before) = &before {
                prop_assert_eq!(before.id(), sealed.id());
                keeps_bytes(before, &sealed, &touched);
            }
            set = reopened(&sealed, &model, &people);
            before = Some(sealed);
        }
    }
}

/// What a file says of those who left: name, key by number, last epoch.
fn departures(set: &Opened<SecretSet>, people: &[Member]) -> Vec<(String, usize, u32)> {
    let number = |to| people.iter().position(|person| person.to == to).unwrap();
    set.departed().map(|(name, to, until)| (name.to_string(), number(to.clone()), until)).collect()
}

#[test]
fn departures_follow_keys_and_never_fall_back() {
    let people: Vec<Member> = (0..5).map(|n| Member::new(&format!("p{n}"))).collect();
    let [root, bob, phone] = ["root", "bob", "bob/phone"].map(|name| name.parse().unwrap());
    let readers = Recipients::one(root, people[0].to.clone());
    let mut set = Opened::<SecretSet>::create("web".parse().unwrap(), SecretSet, readers);
    let rewritten = |set| written(set).0.open(&identities(&people[0])).unwrap();
    // Who, with which key; each comes, the file is written, and leaves again.
    let stays: [(&MemberName, usize); 6] =
        [(&bob, 1), (&bob, 1), (&bob, 2), (&bob, 3), (&phone, 4), (&bob, 1)];
    let mut seen = Vec::new();
    for (name, person) in stays {
        set.add_recipient(name.clone(), people[person].to.clone(), Trust::Named).unwrap();
        set = rewritten(set);
        set.remove_recipients(std::slice::from_ref(name)).unwrap();
        set = rewritten(set);
        seen.push(departures(&set, &people));
    }
    let row = |name: &str, key, until| (name.to_owned(), key, until);
    assert_eq!(seen[0], [row("bob", 1, 1)]);
    assert_eq!(seen[1], [row("bob", 1, 2)], "the same key left again, later");
    assert_eq!(seen[2], [row("bob", 2, 3), row("bob/old-1", 1, 2)]);
    let third = [row("bob", 3, 4), row("bob/old-1", 1, 2), row("bob/old-2", 2, 3)];
    assert_eq!(seen[3], third);
    assert_eq!(seen[4][3], row("bob/phone", 4, 5));
    // An old key that comes back under its name and leaves keeps the name its tombstone has.
    assert_eq!(seen[5][1], row("bob/old-1", 1, 6));
    let other = Member::new("other").to;
    set.add_recipient(phone.clone(), other, Trust::Named).unwrap();
    set = rewritten(set);
    set.remove_recipients(&[phone]).unwrap();
    let names: Vec<String> = set.departed().map(|(name, ..)| name.to_string()).collect();
    assert_eq!(names, ["bob", "bob/old-1", "bob/old-2", "bob/phone", "bob/phone.old-1"]);
}

#[test]
fn another_key_under_a_departed_name_must_be_named() {
    let people = ["root", "bob", "else"].map(Member::new);
    let [root, bob, other] = &people;
    let mut set =
        Opened::<SecretSet>::create("web".parse().unwrap(), SecretSet, recipients(&[root, bob]));
    set = written(set).0.open(&identities(root)).unwrap();
    set.remove_recipients(std::slice::from_ref(&bob.name)).unwrap();
    set = written(set).0.open(&identities(root)).unwrap();
    let mut add = |to: &Member, trust| set.add_recipient(bob.name.clone(), to.to.clone(), trust);
    let refused = add(other, Trust::KnownKeys).unwrap_err();
    assert!(refused.to_string().contains("bob left with another key"), "{refused}");
    add(bob, Trust::KnownKeys).unwrap();
    assert!(add(other, Trust::Named).is_err(), "the name is taken now");
}
