//! Who reads a merged file: removal wins, nobody gets in by an older epoch's word, and who left
//! stays known.

use vault::crypto::Recipient;
use vault::envelope::{
    Admission, Conflict, Decide, MergeNote, Opened, Sealed, Side, Trust, merge_opened, merge_sealed,
};
use vault::model::{MemberName, SecretSet};

use super::{Step, after, conflicts, key, merged_by, merged_with, set_name, version};
use crate::support::{Member, identities, recipients};

type File = Sealed<SecretSet>;

/// A file of alice, bob and dave with one entry.
fn team() -> ([Member; 3], File) {
    let people = ["alice", "bob", "dave"].map(Member::new);
    let [alice, bob, dave] = &people;
    let empty = Opened::<SecretSet>::create(set_name(), SecretSet, recipients(&[alice, bob, dave]));
    let file = after(&empty.seal().unwrap(), alice, &[Step::Set(0, 1)]);
    (people, file)
}

/// Somebody who vouches for one name.
struct Trusting<'a>(&'a MemberName);

impl Decide for Trusting<'_> {
    fn reader(&mut self, name: &MemberName, keys: [Option<&Recipient>; 2]) -> Admission {
        assert_eq!((name, keys[0]), (self.0, None), "theirs alone has the name");
        Admission::With(Side::Theirs)
    }
}

fn without(file: &File, by: &Member, who: &[&Member]) -> File {
    let mut opened = file.clone().open(&identities(by)).unwrap();
    let names: Vec<_> = who.iter().map(|member| member.name.clone()).collect();
    opened.remove_recipients(&names).unwrap();
    opened.seal().unwrap()
}

fn with(file: &File, by: &Member, who: &Member) -> File {
    let mut opened = file.clone().open(&identities(by)).unwrap();
    opened.add_recipient(who.name.clone(), who.to.clone(), Trust::Named).unwrap();
    opened.seal().unwrap()
}

fn readers(file: &File) -> Vec<&str> {
    file.recipients().keys().map(MemberName::as_str).collect()
}

fn departed(file: &File) -> Vec<(&str, u32)> {
    file.departed().iter().map(|(name, d)| (name.as_str(), d.until)).collect()
}

#[test]
fn a_value_edited_while_someone_was_removed_is_kept_and_still_exposed() {
    let ([alice, bob, dave], base) = team();
    let ours = without(&base, &alice, &[&dave]);
    let theirs = after(&base, &bob, &[Step::Set(1, 7)]);
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let merged = merged_by(&alice, &base, ours, theirs);
        assert!(
            merged.notes().contains(&MergeNote::CouldBeWrittenBy(key(1), vec![dave.name.clone()])),
            "{:?}",
            merged.notes()
        );
        let file = merged.into_clean().unwrap();
        assert_eq!((readers(&file), file.epoch()), (vec!["alice", "bob"], 2));
        assert_eq!(departed(&file), [("dave", 1)]);
        assert!(file.entries()[&key(1)].since <= 1, "dave has seen it");
        assert!(file.clone().open(&identities(&dave)).is_err());
        assert!(file.open(&identities(&bob)).is_ok());
    }
}

#[test]
fn removals_of_both_sides_hold_and_neither_key_survives() {
    let ([alice, bob, dave], base) = team();
    let ours = without(&base, &alice, &[&dave]);
    let theirs = without(&base, &alice, &[&bob]);
    let file = merged_by(&alice, &base, &ours, &theirs).into_clean().unwrap();
    assert_eq!(readers(&file), ["alice"]);
    // Each could still read the epoch of the side that had not removed them.
    assert_eq!((departed(&file), file.epoch()), (vec![("bob", 2), ("dave", 2)], 3));
    for gone in [&bob, &dave] {
        assert!(file.clone().open(&identities(gone)).is_err());
    }
}

#[test]
fn whoever_only_an_older_epoch_vouches_for_is_a_question() {
    let ([alice, bob, dave], base) = team();
    let erin = Member::new("erin");
    let ours = without(&base, &alice, &[&dave]);
    let theirs = with(&base, &bob, &erin);
    let merged = merged_by(&alice, &base, &ours, &theirs);
    assert_eq!(merged.conflicts().collect::<Vec<_>>(), [Conflict::Reader(&erin.name)]);
    let text = merged.render(&super::markers());
    let refused = super::by_hand(&text, Side::Ours);
    let refused = File::parse(refused.as_bytes(), &set_name()).unwrap();
    assert_eq!(departed(&refused), [("dave", 1), ("erin", 1)], "known to have seen epoch 1");
    assert!(refused.open(&identities(&erin)).is_err());
    // The other block is of the old key, and so stale: nobody gets in by deleting markers.
    let taken = super::by_hand(&text, Side::Theirs);
    assert!(File::parse(taken.as_bytes(), &set_name()).is_err());
    let [b, o, t] = [&base, &ours, &theirs].map(|file| version(file, &alice));
    let trusted = merge_opened(Some(b), o, t, &[], &mut Trusting(&erin.name)).unwrap();
    let file = trusted.into_clean().unwrap();
    assert_eq!(
        (readers(&file), departed(&file)),
        (vec!["alice", "bob", "erin"], vec![("dave", 1)])
    );
    assert!(file.open(&identities(&erin)).is_ok());
}

#[test]
fn a_removed_member_gets_nobody_in_by_an_epoch_of_their_own() {
    let ([alice, bob, dave], base) = team();
    let mallory = Member::new("mallory");
    let ours = without(&base, &alice, &[&dave]);
    // dave still has the first key: he adds a friend, rotates twice, and leaves the team himself.
    let forged = with(&base, &dave, &mallory);
    let middle = without(&forged, &dave, &[&dave]);
    let forged = after(&middle, &mallory, &[Step::Rotate]);
    let past = [version(&middle, &bob)];
    assert!(forged.epoch() > ours.epoch());
    for (ours, theirs, real) in [(&ours, &forged, Side::Ours), (&forged, &ours, Side::Theirs)] {
        let merged = merged_with(&bob, &past, &base, ours, theirs);
        assert_eq!(conflicts(&merged), ["reader mallory"]);
        let text = super::by_hand(&merged.render(&super::markers()), real);
        let file = File::parse(text.as_bytes(), &set_name()).unwrap();
        for outside in [&mallory, &dave] {
            assert!(file.clone().open(&identities(outside)).is_err(), "{}", outside.name);
        }
        assert!(!file.has_key_of(&forged), "a key that dave knows");
    }
}

#[test]
fn people_added_on_both_sides_both_read_it() {
    let ([alice, bob, _], base) = team();
    let [carol, erin] = ["carol", "erin"].map(Member::new);
    let ours = with(&base, &alice, &carol);
    let theirs = with(&base, &bob, &erin);
    for merged in [
        merge_sealed(Some(&base), &ours, &theirs).unwrap(),
        merged_by(&alice, &base, &ours, &theirs),
    ] {
        let file = merged.into_clean().unwrap();
        assert_eq!(readers(&file), ["alice", "bob", "carol", "dave", "erin"]);
        for new in [&carol, &erin] {
            assert!(file.clone().open(&identities(new)).is_ok());
        }
    }
}

#[test]
fn one_name_with_two_keys_is_a_question() {
    let ([alice, bob, _], base) = team();
    let carols = ["carol", "carol"].map(Member::new);
    let ours = with(&base, &alice, &carols[0]);
    let theirs = with(&base, &bob, &carols[1]);
    let merged = merge_sealed(Some(&base), &ours, &theirs).unwrap();
    assert_eq!(conflicts(&merged), ["reader carol"]);
    let text = merged.render(&super::markers());
    for (kept, side) in [(&carols[0], Side::Ours), (&carols[1], Side::Theirs)] {
        let file = File::parse(super::by_hand(&text, side).as_bytes(), &set_name()).unwrap();
        assert!(file.open(&identities(kept)).is_ok());
    }
}

#[test]
fn a_table_that_was_only_deleted_is_put_back() {
    let ([alice, bob, dave], base) = team();
    let text = base.render();
    let start = text.find("[recipients.dave]").unwrap();
    let end = start + text[start..].find("\n\n").unwrap() + 2;
    let cut = format!("{}{}", &text[..start], &text[end..]);
    let ours = File::parse(cut.as_bytes(), &set_name()).unwrap();
    let theirs = after(&base, &bob, &[Step::Set(1, 7)]);
    let merged = merge_sealed(Some(&base), &ours, &theirs).unwrap();
    assert_eq!(merged.notes(), [MergeNote::PutBack(dave.name.clone())]);
    assert!(merged.into_clean().unwrap().open(&identities(&dave)).is_ok());
    let rotated = after(&base, &alice, &[Step::Rotate]);
    let merged = merged_by(&alice, &base, &ours, &rotated);
    assert_eq!(merged.notes(), [MergeNote::PutBack(dave.name.clone())]);
}

#[test]
fn a_renamed_person_is_the_same_person() {
    let ([alice, bob, dave], base) = team();
    let mut opened = base.clone().open(&identities(&alice)).unwrap();
    opened.rename_recipient(&bob.name, "robert".parse().unwrap(), Trust::KnownKeys).unwrap();
    let ours = opened.seal().unwrap();
    let theirs = without(&base, &alice, &[&dave]);
    let file = merged_by(&alice, &base, &ours, &theirs).into_clean().unwrap();
    assert_eq!(readers(&file), ["alice", "robert"]);
    assert!(file.open(&identities(&bob)).is_ok());
    let edited = after(&base, &bob, &[Step::Set(2, 3)]);
    let file = merge_sealed(Some(&base), &ours, &edited).unwrap().into_clean().unwrap();
    assert_eq!(readers(&file), ["alice", "dave", "robert"]);
}

#[test]
fn who_came_back_reads_and_stays_known() {
    let ([alice, bob, dave], base) = team();
    let gone = without(&base, &alice, &[&dave]);
    let back = with(&gone, &alice, &dave);
    let theirs = after(&base, &bob, &[Step::Set(1, 7)]);
    let file = merged_by(&alice, &base, &back, &theirs).into_clean().unwrap();
    assert_eq!(
        (readers(&file), departed(&file)),
        (vec!["alice", "bob", "dave"], vec![("dave", 1)])
    );
}

#[test]
fn a_replaced_key_stays_replaced() {
    let ([alice, bob, _], base) = team();
    let new = Member::new("bob");
    let mut opened = base.clone().open(&identities(&alice)).unwrap();
    opened.replace_recipient(&bob.name, new.to.clone()).unwrap();
    let ours = opened.seal().unwrap();
    let theirs = after(&base, &bob, &[Step::Set(1, 7)]);
    let file = merged_by(&alice, &base, &ours, &theirs).into_clean().unwrap();
    assert!(file.clone().open(&identities(&bob)).is_err());
    assert!(file.clone().open(&identities(&new)).is_ok());
    assert_eq!(departed(&file), [("bob", 1)]);
}
