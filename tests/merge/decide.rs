//! What a person decides, written as docs/format.md "Merging" 2 and 1 want it.

use vault::crypto::Recipient;
use vault::envelope::{
    Admission, Choice, Decide, Entry, Merged, Opened, Sealed, Side, Trust, merge_opened,
};
use vault::model::{KeyName, MemberName, SecretSet, SecretValue};

use super::{KEYS, Step, after, meaning, set_name, version};
use crate::support::{Member, identities, recipients};

type File = Sealed<SecretSet>;

/// Decides every entry alike, and every reader.
struct Always<C: Fn() -> Choice>(C, Admission);

impl<C: Fn() -> Choice> Decide for Always<C> {
    fn reader(&mut self, _: &MemberName, _: [Option<&Recipient>; 2]) -> Admission {
        self.1
    }

    fn entry(&mut self, _: &KeyName, _: [Option<&Entry>; 2]) -> Choice {
        (self.0)()
    }
}

fn decided(
    who: &Member,
    [base, ours, theirs]: [&File; 3],
    mut decide: impl Decide,
) -> Merged<SecretSet> {
    let [base, ours, theirs] = [base, ours, theirs].map(|file| version(file, who));
    merge_opened(Some(base), ours, theirs, &[], &mut decide).unwrap()
}

fn start(readers: &[&Member]) -> File {
    let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(readers));
    after(&empty.seal().unwrap(), readers[0], &[Step::Set(0, 1), Step::Set(1, 1)])
}

#[test]
fn a_side_that_is_taken_keeps_its_since_and_counts_above_both() {
    let alice = Member::new("alice");
    let base = start(&[&alice]);
    let ours = after(&base, &alice, &[Step::Set(0, 2)]);
    let theirs = after(&base, &alice, &[Step::Rotate, Step::Set(0, 3), Step::Set(0, 4)]);
    for (side, since, value) in [(Side::Ours, 1, 2), (Side::Theirs, 2, 4)] {
        let choose = Always(|| Choice::Take(side), Admission::Open);
        let file = decided(&alice, [&base, &ours, &theirs], choose).into_clean().unwrap();
        let entry = &meaning(&file, &alice)[KEYS[0]];
        assert_eq!((&*entry.value, entry.since, entry.rev), (&[value; 3][..], since, 4));
        assert_eq!(file.epoch(), 2);
    }
}

#[test]
fn a_value_typed_anew_is_of_the_surviving_epoch_and_one_a_side_has_is_that_sides() {
    let alice = Member::new("alice");
    let base = start(&[&alice]);
    let ours = after(&base, &alice, &[Step::Rotate, Step::Set(0, 2)]);
    let theirs = after(&base, &alice, &[Step::Note(0, 2), Step::Set(0, 3), Step::Rotate]);
    for (typed, since) in [(9, 3), (3, 1), (2, 2)] {
        let value = || Choice::Value(SecretValue::new(vec![typed; 3]).unwrap());
        let choose = Always(value, Admission::Open);
        let file = decided(&alice, [&base, &ours, &theirs], choose).into_clean().unwrap();
        let entry = &meaning(&file, &alice)[KEYS[0]];
        assert_eq!((&*entry.value, entry.since, entry.rev), (&[typed; 3][..], since, 4));
        assert_eq!(file.epoch(), 3, "both rotated");
    }
}

#[test]
fn an_entry_that_is_removed_is_gone_and_one_that_is_left_open_stays_a_conflict() {
    let alice = Member::new("alice");
    let base = start(&[&alice]);
    let ours = after(&base, &alice, &[Step::Set(0, 2)]);
    let theirs = after(&base, &alice, &[Step::Unset(0)]);
    for choice in [|| Choice::Remove, || Choice::Take(Side::Theirs)] {
        let choose = Always(choice, Admission::Open);
        let file = decided(&alice, [&base, &ours, &theirs], choose).into_clean().unwrap();
        assert!(!meaning(&file, &alice).contains_key(KEYS[0]));
    }
    let open = decided(&alice, [&base, &ours, &theirs], Always(|| Choice::Open, Admission::Open));
    assert_eq!(super::conflicts(&open), ["A"]);
}

fn with(file: &File, by: &Member, who: &Member) -> File {
    let mut opened = file.clone().open(&identities(by)).unwrap();
    opened.add_recipient(who.name.clone(), who.to.clone(), Trust::Named).unwrap();
    opened.seal().unwrap()
}

#[test]
fn of_two_keys_under_one_name_one_is_taken_and_the_other_can_read_nothing_new() {
    let alice = Member::new("alice");
    let carols = ["carol", "carol"].map(Member::new);
    let base = start(&[&alice]);
    let ours = with(&base, &alice, &carols[0]);
    let theirs = with(&base, &alice, &carols[1]);
    for (side, [stays, goes]) in
        [(Side::Ours, [&carols[0], &carols[1]]), (Side::Theirs, [&carols[1], &carols[0]])]
    {
        let choose = Always(|| Choice::Open, Admission::With(side));
        let file = decided(&alice, [&base, &ours, &theirs], choose).into_clean().unwrap();
        assert_eq!(file.epoch(), 2, "whoever goes had the data key");
        assert!(file.clone().open(&identities(stays)).is_ok());
        assert!(file.clone().open(&identities(goes)).is_err());
        let left: Vec<_> = file.departed().values().map(|d| (&d.to, d.until)).collect();
        assert_eq!(left, [(&goes.to, 1)]);
        assert_eq!(file.prev().len(), 1, "one data key vouches for the new one, and once");
        assert_eq!(meaning(&file, &alice)[KEYS[1]].value, [1; 3]);
    }
    let out = Always(|| Choice::Open, Admission::Out);
    let file = decided(&alice, [&base, &ours, &theirs], out).into_clean().unwrap();
    assert_eq!((file.recipients().len(), file.departed().len()), (1, 2));
    assert!(carols.iter().all(|carol| file.clone().open(&identities(carol)).is_err()));
}

#[test]
fn whoever_is_kept_out_although_an_older_key_vouches_has_left() {
    let [alice, dave, erin] = ["alice", "dave", "erin"].map(Member::new);
    let base = start(&[&alice, &dave]);
    let mut opened = base.clone().open(&identities(&alice)).unwrap();
    opened.remove_recipients(std::slice::from_ref(&dave.name)).unwrap();
    let ours = opened.seal().unwrap();
    let theirs = with(&base, &alice, &erin);
    let out = Always(|| Choice::Open, Admission::Out);
    let file = decided(&alice, [&base, &ours, &theirs], out).into_clean().unwrap();
    assert_eq!(file.epoch(), 2, "erin never had this one");
    let left: Vec<_> = file.departed().iter().map(|(n, d)| (n.as_str(), d.until)).collect();
    assert_eq!(left, [("dave", 1), ("erin", 1)]);
    // Of one name with a key on our side, and another that only the older data key knows.
    let [carol, other] = ["carol", "carol"].map(Member::new);
    let (ours, theirs) = (with(&ours, &alice, &carol), with(&base, &dave, &other));
    let open = Always(|| Choice::Open, Admission::Open);
    let merged = decided(&alice, [&base, &ours, &theirs], open);
    assert_eq!(super::conflicts(&merged), ["reader carol"]);
    let text = super::by_hand(&merged.render(&super::markers()), Side::Ours);
    let kept = File::parse(text.as_bytes(), &set_name()).unwrap();
    assert!(kept.open(&identities(&carol)).is_ok(), "our carol is not lost by deleting theirs");
    let choose = Always(|| Choice::Open, Admission::With(Side::Ours));
    let file = decided(&alice, [&base, &ours, &theirs], choose).into_clean().unwrap();
    assert!(file.has_key_of(&ours) && file.clone().open(&identities(&carol)).is_ok());
    assert!(file.open(&identities(&other)).is_err());
}
