//! What is seen of a change without a key.

use vault::envelope::{
    Change, Changes, DepartureChange as Departure, EntryChange as Entry, Fall, IdentityChange,
    KeyChange, Opened, ReaderChange as Reader, Sealed, Trust,
};
use vault::model::{KeyName, MemberName, SecretSet, SecretValue};

use crate::support::{Member, SealedText, identities, recipients};

type File = Sealed<SecretSet>;

fn name(text: &str) -> MemberName {
    text.parse().unwrap()
}

fn key(text: &str) -> KeyName {
    text.parse().unwrap()
}

fn set(file: &mut Opened<SecretSet>, entry: &str, value: &str) {
    let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
    file.set(&key(entry), value).unwrap();
}

/// A file of alice and dave with two entries, the second with a note.
fn start() -> ([Member; 3], File) {
    let people = ["alice", "bob", "dave"].map(Member::new);
    let readers = recipients(&[&people[0], &people[2]]);
    let mut file = Opened::<SecretSet>::create("web".parse().unwrap(), SecretSet, readers);
    set(&mut file, "A", "one");
    set(&mut file, "B", "two");
    note(&mut file, "B", "first");
    (people, file.seal().unwrap())
}

fn note(file: &mut Opened<SecretSet>, entry: &str, note: &str) {
    let note = Change::To(note.parse().unwrap());
    file.annotate(&key(entry), note, Change::Keep).unwrap();
}

fn changed(file: &File, by: &Member, change: impl FnOnce(&mut Opened<SecretSet>)) -> File {
    let mut opened = file.clone().open(&identities(by)).unwrap();
    change(&mut opened);
    opened.seal().unwrap()
}

fn edited(file: &File, change: impl FnOnce(SealedText) -> SealedText) -> File {
    let text = change(SealedText(file.render()));
    Sealed::parse(text.0.as_bytes(), &"web".parse().unwrap()).unwrap()
}

fn entries(changes: &Changes) -> Vec<(&str, Entry)> {
    changes.entries.iter().map(|(key, change)| (key.as_str(), *change)).collect()
}

#[test]
fn nothing_is_listed_where_nothing_changed() {
    let ([alice, ..], file) = start();
    assert!(file.changes_since(&file).is_empty());
    let again = changed(&file, &alice, |file| set(file, "A", "one"));
    assert!(again.changes_since(&file).is_empty());
}

#[test]
fn entries_come_change_and_go() {
    let ([alice, ..], file) = start();
    let new = changed(&file, &alice, |file| {
        set(file, "A", "other");
        set(file, "C", "new");
        file.unset(&key("B")).unwrap();
    });
    let changes = new.changes_since(&file);
    let expected = [("A", Entry::Value), ("B", Entry::Removed), ("C", Entry::Added)];
    assert_eq!(entries(&changes), expected);
    assert_eq!((changes.data_key, changes.fallen), (KeyChange::Kept, vec![]));
}

#[test]
fn a_rotation_is_no_change_of_a_value_and_a_note_is_none_either() {
    let ([alice, ..], file) = start();
    let rotated = changed(&file, &alice, |file| file.rotate().unwrap());
    let changes = rotated.changes_since(&file);
    assert_eq!(changes.data_key, KeyChange::Rotated { from: 1, to: 2 });
    assert_eq!(entries(&changes), [("A", Entry::Reencrypted), ("B", Entry::Reencrypted)]);

    let noted = changed(&rotated, &alice, |file| note(file, "B", "second"));
    assert_eq!(entries(&noted.changes_since(&rotated)), [("B", Entry::Remarks)]);
    // In the epoch of the value itself nobody without the key can tell.
    let noted = changed(&file, &alice, |file| note(file, "B", "second"));
    assert_eq!(entries(&noted.changes_since(&file)), [("B", Entry::Unclear)]);

    let both = changed(&file, &alice, |file| {
        file.rotate().unwrap();
        set(file, "A", "other");
    });
    let both = both.changes_since(&file);
    assert_eq!(entries(&both), [("A", Entry::Value), ("B", Entry::Reencrypted)]);
}

#[test]
fn what_falls_is_named() {
    let ([alice, ..], file) = start();
    let newer = changed(&file, &alice, |file| {
        file.rotate().unwrap();
        set(file, "A", "other");
    });
    let changes = file.changes_since(&newer);
    assert_eq!(changes.data_key, KeyChange::Fallen { from: 2, to: 1 });
    let falls =
        [(key("A"), Fall::Since { from: 2, to: 1 }), (key("A"), Fall::Rev { from: 2, to: 1 })];
    assert_eq!(changes.fallen, falls);
}

#[test]
fn the_same_rotation_made_twice_is_two_keys() {
    let ([alice, ..], file) = start();
    let rotate = |file: &mut Opened<SecretSet>| file.rotate().unwrap();
    let (one, other) = (changed(&file, &alice, rotate), changed(&file, &alice, rotate));
    assert_eq!(one.changes_since(&other).data_key, KeyChange::Exchanged);

    let set = |file: &mut Opened<SecretSet>| set(file, "A", "other");
    let (one, other) = (changed(&file, &alice, set), changed(&file, &alice, set));
    assert_eq!(entries(&one.changes_since(&other)), [("A", Entry::Exchanged)]);
}

#[test]
fn readers_are_told_apart_by_their_keys() {
    let ([alice, bob, dave], file) = start();
    let added = changed(&file, &alice, |file| {
        file.add_recipient(name("bob"), bob.to.clone(), Trust::Named).unwrap();
    });
    let gained = Reader::Gained { name: name("bob"), to: bob.to.clone() };
    assert_eq!(added.changes_since(&file).readers, [gained]);

    let renamed = changed(&file, &alice, |file| {
        file.rename_recipient(&name("dave"), name("david"), Trust::Named).unwrap();
    });
    let same = Reader::Renamed { from: name("dave"), to: name("david") };
    assert_eq!(renamed.changes_since(&file).readers, [same]);

    let replaced = changed(&file, &alice, |file| {
        file.replace_recipient(&name("dave"), bob.to.clone()).unwrap();
    });
    let changes = replaced.changes_since(&file);
    let other = Reader::Rekeyed { name: name("dave"), old: dave.to.clone(), new: bob.to };
    assert_eq!(changes.readers, [other]);
    assert_eq!(changes.departures, [Departure::Noted { name: name("dave"), until: 1 }]);

    let removed = changed(&file, &alice, |file| file.remove_recipients(&[name("dave")]).unwrap());
    let changes = removed.changes_since(&file);
    assert_eq!(changes.readers, [Reader::Lost { name: name("dave"), to: dave.to.clone() }]);
    assert_eq!(changes.departures, [Departure::Noted { name: name("dave"), until: 1 }]);
}

#[test]
fn a_record_that_was_exchanged_or_dropped_is_named() {
    let ([alice, bob, dave], file) = start();
    let foreign = Opened::<SecretSet>::create(
        "web".parse().unwrap(),
        SecretSet,
        recipients(&[&alice, &bob, &dave]),
    );
    let foreign = SealedText(foreign.seal().unwrap().render());
    let wrap = foreign.field("[recipients.dave]", "wrap").replacen(&foreign.token(), "", 1);
    let swapped = edited(&file, |text| {
        let wrap = wrap.replacen('"', &format!("\"{}", text.token()), 1);
        text.with("[recipients.dave]", "wrap", &wrap)
    });
    let changes = swapped.changes_since(&file);
    assert_eq!(changes.readers, [Reader::Exchanged { name: name("dave") }]);

    let left = changed(&file, &alice, |file| file.remove_recipients(&[name("dave")]).unwrap());
    let dropped = edited(&left, |text| text.replaced(&text.block("[departed.dave]"), ""));
    let changes = dropped.changes_since(&left);
    assert_eq!(changes.departures, [Departure::Dropped { name: name("dave") }]);

    let later = changed(&left, &alice, |file| file.rotate().unwrap());
    let later = changed(&later, &alice, |file| {
        file.add_recipient(name("dave"), dave.to.clone(), Trust::Named).unwrap();
    });
    let gone = changed(&later, &alice, |file| file.remove_recipients(&[name("dave")]).unwrap());
    let changes = gone.changes_since(&left);
    assert_eq!(changes.departures, [Departure::Extended { name: name("dave"), until: 3 }]);
    let lower = edited(&gone, |text| text.with("[departed.dave]", "until", "1"));
    let changes = lower.changes_since(&gone);
    let fallen = Departure::Fallen { name: name("dave"), from: 3, to: 1 };
    assert_eq!(changes.departures, [fallen]);
}

#[test]
fn another_file_under_the_name_is_known_by_its_id() {
    let ([alice, ..], file) = start();
    let opened = file.clone().open(&identities(&alice)).unwrap();
    let copy = opened.copied("web".parse().unwrap(), recipients(&[&alice]), &[]).unwrap();
    let changes = copy.seal().unwrap().changes_since(&file);
    assert!(changes.is_another_file());
    assert_eq!(changes.identity, [IdentityChange::Id]);

    let opened = file.clone().open(&identities(&alice)).unwrap();
    let renamed = opened.renamed("api".parse().unwrap()).unwrap().seal().unwrap();
    assert_eq!(renamed.changes_since(&file).identity, [IdentityChange::Name]);

    let rotated = changed(&file, &alice, |file| file.rotate().unwrap());
    let unlinked = edited(&rotated, |text| text.without_field("[vault]", "prev"));
    assert_eq!(unlinked.changes_since(&rotated).identity, [IdentityChange::Links]);
}
