//! Three-way merges of files, held against a plain model over random histories of two branches.

mod decide;
pub(crate) mod model;
mod people;

use proptest::collection::vec;
use proptest::prelude::*;
use vault::envelope::{
    Change, Conflict, Markers, Merged, Opened, Sealed, Side, Undecided, Version, merge_opened,
    merge_sealed,
};
use vault::model::{KeyName, SecretSet, SecretValue, SetName};

use crate::support::{Member, identities, recipients};
use model::{Entries, Fields};

/// What a branch does to the file, each step a write of its own.
#[derive(Debug, Clone)]
enum Step {
    Set(usize, u8),
    Unset(usize),
    Note(usize, u8),
    Rotate,
}

const KEYS: [&str; 4] = ["A", "B", "C", "my-key"];

fn step(rotations: u32) -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    prop_oneof![
        6 => (key(), 0..4_u8).prop_map(|(key, value)| Step::Set(key, value)),
        3 => key().prop_map(Step::Unset),
        3 => (key(), 0..3_u8).prop_map(|(key, note)| Step::Note(key, note)),
        rotations => Just(Step::Rotate),
    ]
}

fn set_name() -> SetName {
    "web".parse().unwrap()
}

fn key(index: usize) -> KeyName {
    KEYS[index].parse().unwrap()
}

fn apply(set: &mut Opened<SecretSet>, step: &Step) {
    match step {
        Step::Set(k, v) => {
            set.set(&key(*k), SecretValue::new(vec![*v; 3]).unwrap()).unwrap();
        }
        // A key that is not there changes nothing, and that is as good a history.
        Step::Unset(k) => drop(set.unset(&key(*k))),
        Step::Note(k, 0) => drop(set.annotate(&key(*k), Change::Clear, Change::Keep)),
        Step::Note(k, n) => {
            drop(set.annotate(&key(*k), Change::To(format!("{n}").parse().unwrap()), Change::Keep));
        }
        Step::Rotate => set.rotate().unwrap(),
    }
}

/// The file after these steps, each written and read again.
fn after(start: &Sealed<SecretSet>, alice: &Member, steps: &[Step]) -> Sealed<SecretSet> {
    history(start, alice, steps).pop().unwrap()
}

/// The file as it was after each of the steps, and before the first.
fn history(start: &Sealed<SecretSet>, alice: &Member, steps: &[Step]) -> Vec<Sealed<SecretSet>> {
    let mut files = vec![start.clone()];
    for step in steps {
        let mut opened = files.last().unwrap().clone().open(&identities(alice)).unwrap();
        apply(&mut opened, step);
        files.push(opened.seal().unwrap());
    }
    files
}

fn version(file: &Sealed<SecretSet>, who: &Member) -> Version<SecretSet> {
    Version::new(file.clone(), file.clone().open(&identities(who)).unwrap())
}

fn merged_by(
    who: &Member,
    base: &Sealed<SecretSet>,
    ours: &Sealed<SecretSet>,
    theirs: &Sealed<SecretSet>,
) -> Merged<SecretSet> {
    merged_with(who, &[], base, ours, theirs)
}

/// With versions that lie between.
fn merged_with(
    who: &Member,
    past: &[Version<SecretSet>],
    base: &Sealed<SecretSet>,
    ours: &Sealed<SecretSet>,
    theirs: &Sealed<SecretSet>,
) -> Merged<SecretSet> {
    let [base, ours, theirs] = [base, ours, theirs].map(|file| version(file, who));
    merge_opened(Some(base), ours, theirs, past, &mut Undecided).unwrap()
}

fn conflicts(merged: &Merged<SecretSet>) -> Vec<String> {
    let name = |conflict| match conflict {
        Conflict::Entry(key) => format!("{key}"),
        Conflict::Reader(name) => format!("reader {name}"),
    };
    merged.conflicts().map(name).collect()
}

fn meaning(file: &Sealed<SecretSet>, who: &Member) -> Entries {
    let opened = file.clone().open(&identities(who)).unwrap();
    let fields = |entry: &vault::envelope::Entry| Fields {
        value: entry.value().expose().to_vec(),
        note: entry.note().map(ToString::to_string),
        since: entry.since(),
        rev: entry.rev(),
    };
    opened.entries().map(|(key, entry)| (key.to_string(), fields(entry))).collect()
}

fn markers() -> Markers {
    Markers { size: 7, ours: "ours".into(), theirs: "theirs".into() }
}

/// The text with every conflict decided by deleting the markers and one side.
pub(crate) fn by_hand(text: &str, keep: Side) -> String {
    let mut out = String::new();
    let mut inside = None;
    for line in text.lines() {
        match line {
            line if line.starts_with("<<<<<<< ") => inside = Some(Side::Ours),
            "=======" => inside = Some(Side::Theirs),
            line if line.starts_with(">>>>>>> ") => inside = None,
            line if inside.is_none_or(|side| side == keep) => out.extend([line, "\n"]),
            _ => {}
        }
    }
    out
}

/// What either way of merging made must be what the model says.
fn check(
    merged: Merged<SecretSet>,
    [base, ours, theirs]: [&Entries; 3],
    who: &Member,
) -> Result<(), TestCaseError> {
    let expected = model::merge(base, ours, theirs);
    prop_assert_eq!(conflicts(&merged), expected.conflicts.clone());
    let text = merged.render(&markers());
    for side in [Side::Ours, Side::Theirs] {
        let text = by_hand(&text, side);
        let file = Sealed::parse(text.as_bytes(), &set_name()).unwrap();
        let mut hand = expected.clean.clone();
        for key in &expected.conflicts {
            let kept = if side == Side::Ours { ours } else { theirs }.get(key);
            hand.extend(kept.map(|fields| (key.clone(), fields.clone())));
        }
        let strip = |entries: &Entries| -> Vec<_> {
            entries.iter().map(|(k, f)| (k.clone(), f.value.clone(), f.note.clone())).collect()
        };
        prop_assert_eq!(strip(&meaning(&file, who)), strip(&hand));
    }
    if expected.conflicts.is_empty() {
        let file = merged.into_clean().unwrap();
        prop_assert_eq!(file.render(), text);
        prop_assert_eq!(meaning(&file, who), expected.clean);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_silently_lost(
        start in vec(step(1), 1..5),
        ours in vec(step(1), 0..4),
        theirs in vec(step(1), 0..4),
    ) {
        let alice = Member::new("alice");
        let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[&alice]));
        let base = after(&empty.seal().unwrap(), &alice, &start);
        let [mut ours, mut theirs] = [&ours, &theirs].map(|steps| history(&base, &alice, steps));
        let past = ours.iter().chain(&theirs).map(|file| version(file, &alice)).collect::<Vec<_>>();
        let [ours, theirs] = [ours.pop().unwrap(), theirs.pop().unwrap()];
        let meanings = [&base, &ours, &theirs].map(|file| meaning(file, &alice));
        let [b, o, t] = &meanings;
        check(merged_with(&alice, &past, &base, &ours, &theirs), [b, o, t], &alice)?;
        let keyless = merge_sealed(Some(&base), &ours, &theirs);
        let rotated = !base.has_key_of(&ours) || !base.has_key_of(&theirs);
        prop_assert_eq!(keyless.is_err(), rotated);
        if let Ok(merged) = keyless
            && !merged.wants_key()
        {
            // Without a key it is decided less often, but never otherwise.
            check(merged, [b, o, t], &alice)?;
        }
    }
}

#[test]
fn entries_that_did_not_change_keep_their_bytes_where_the_key_survives() {
    let alice = Member::new("alice");
    let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[&alice]));
    let start = [Step::Set(0, 1), Step::Set(1, 1), Step::Set(2, 1)];
    let base = after(&empty.seal().unwrap(), &alice, &start);
    let ours = after(&base, &alice, &[Step::Rotate]);
    let theirs = after(&base, &alice, &[Step::Set(1, 2)]);
    let merged = merged_by(&alice, &base, &ours, &theirs).into_clean().unwrap();
    assert!(merged.has_key_of(&ours), "the side that rotated keeps its key");
    for unchanged in [0, 2] {
        assert_eq!(merged.entries()[&key(unchanged)], ours.entries()[&key(unchanged)]);
    }
    assert_eq!(merged.recipients(), ours.recipients());
    let both = after(&base, &alice, &[Step::Rotate]);
    let merged = merged_by(&alice, &base, &ours, &both).into_clean().unwrap();
    assert_eq!(merged.epoch(), 3, "two rotations: a third key");
    let links: Vec<_> = merged.prev().iter().map(|link| link.key_id).collect();
    assert_eq!(links, [&ours, &both].map(|side| side.commitment().key_id()));
}

#[test]
fn counts_never_fall_whoever_wins() {
    let alice = Member::new("alice");
    let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[&alice]));
    let base = after(&empty.seal().unwrap(), &alice, &[Step::Set(0, 1), Step::Set(1, 1)]);
    // The same value in both, set later and more often on one side.
    let ours = after(&base, &alice, &[Step::Set(0, 2), Step::Set(1, 5)]);
    let theirs = [Step::Rotate, Step::Set(0, 3), Step::Set(0, 2), Step::Set(1, 6)];
    let theirs = after(&base, &alice, &theirs);
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let merged = merged_by(&alice, &base, ours, theirs);
        assert_eq!(conflicts(&merged), ["B"]);
        let text = merged.render(&markers());
        for side in [Side::Ours, Side::Theirs] {
            let file = Sealed::parse(by_hand(&text, side).as_bytes(), &set_name()).unwrap();
            let counts = |k| meaning(&file, &alice).get(KEYS[k]).map(|f| (f.since, f.rev)).unwrap();
            assert_eq!(counts(0), (1, 3), "the smaller since, the larger rev");
            let from = if side == Side::Ours { ours } else { theirs };
            assert_eq!(counts(1), (from.entries()[&key(1)].since, 3), "one more than either");
        }
    }
}

#[test]
fn a_data_key_that_nobody_vouches_for_is_not_merged() {
    let alice = Member::new("alice");
    let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[&alice]));
    let base = after(&empty.seal().unwrap(), &alice, &[Step::Set(0, 1)]);
    let ours = after(&base, &alice, &[Step::Set(1, 1)]);
    let way = history(&base, &alice, &[Step::Rotate, Step::Rotate]);
    let [b, o, t] = [&base, &ours, &way[2]].map(|file| version(file, &alice));
    let error = merge_opened(Some(b), o, t, &[], &mut Undecided).unwrap_err();
    assert!(error.to_string().contains("vouches"), "{error}");
    // What lies between proves it.
    let past = [version(&way[1], &alice)];
    let merged = merged_with(&alice, &past, &base, &ours, &way[2]);
    assert_eq!(merged.into_clean().unwrap().epoch(), 3);
    // A link that only names the key it comes from proves nothing.
    let [first, second] = [1, 2].map(|n| way[n].prev()[0].proof.to_string());
    let text = way[1].render().replace(&first, &second);
    let made = Sealed::parse(text.as_bytes(), &set_name()).unwrap();
    let [b, o, t] = [&base, &ours, &made].map(|file| version(file, &alice));
    let error = merge_opened(Some(b), o, t, &[], &mut Undecided).unwrap_err();
    assert!(error.to_string().contains("vouches"), "{error}");
}

#[test]
fn two_files_of_one_name_are_not_merged() {
    let alice = Member::new("alice");
    let made = || Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[&alice]));
    let [one, other] = [made(), made()].map(|set| set.seal().unwrap());
    assert!(merge_sealed(None, &one, &other).is_err());
    let [one, other] = [&one, &other].map(|file| version(file, &alice));
    let error = merge_opened(None, one, other, &[], &mut Undecided).unwrap_err();
    assert!(error.to_string().contains("different ids"), "{error}");
}
