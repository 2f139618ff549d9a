//! Someone who can push puts another file into the place of one that this machine knows.

use std::fs;

use super::Story;
use crate::envelope::by_hand::{File, b64, random};
use crate::support::{Member, Sandbox};

const OTHER: &str = "another file than the one this machine knows";

#[test]
fn a_file_made_for_the_public_recipients_is_refused_until_it_is_trusted() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    story.push(&story.made("bad")).refuses(&[OTHER]);
    let shown = story.trusts("web").stderr;
    for words in [OTHER, "known      id b64:", "now        id b64:", "by alice <alice@example.org>"]
    {
        assert!(shown.contains(words), "{shown}");
    }
    story.reads("bad");
}

#[test]
fn the_same_id_with_another_key_is_refused() {
    let story = Story::new();
    let good = story.made("good");
    story.push(&good).reads("good");
    let forged = File { epoch: 1, ..story.unlinked(&good, "bad") };
    // Made again: the epoch is bound into everything.
    let forged = story.sealed(File { recipients: [].into(), values: [].into(), ..forged }, "bad");
    story.push(&forged).refuses(&["epoch 1 has another data key than this machine has seen"]);
}

#[test]
fn a_later_epoch_is_accepted_when_the_known_key_vouches_for_it() {
    let story = Story::new();
    let first = story.made("one");
    let second = story.rotated(&first, "two");
    story.push(&first).reads("one").push(&second).reads("two");
    // A link that only looks right; one of an outsider, of another epoch, or none at all.
    let lookalike = story.unlinked(&second, "bad");
    let prev = vec![format!("2:{}:{}", second.key_id(), b64(&random::<32>()))];
    story.push(&File { prev, ..lookalike }).refuses(&["vouches for epoch 3"]);
    let outsider = story.unlinked(&second, "bad");
    story.push(&outsider).refuses(&["epoch 2", "vouches for epoch 3"]);
    let other = story.sealed(File { id: second.id, ..File::set("web").epoch(2) }, "x");
    let forged = File { prev: vec![outsider.link_from(&other)], ..outsider };
    story.push(&forged).refuses(&["vouches for epoch 3"]);
    let copied = File { prev: second.prev.clone(), ..forged };
    story.push(&copied).refuses(&["vouches for epoch 3"]);
}

#[test]
fn of_two_links_one_is_enough() {
    let story = Story::new();
    let first = story.made("one");
    let (mine, theirs) = (story.rotated(&first, "mine"), story.rotated(&first, "theirs"));
    story.push(&first).reads("one").push(&mine).reads("mine");
    let merged = story.unlinked(&mine, "merged");
    let prev = vec![merged.link_from(&theirs), merged.link_from(&mine)];
    story.push(&File { prev, ..merged }).reads("merged");
}

#[test]
fn someone_removed_forges_nothing_that_follows_the_epoch_they_do_not_know() {
    let story = Story::new();
    let known_to_dave = story.made("one");
    let without_dave = story.rotated(&known_to_dave, "two");
    story.push(&known_to_dave).reads("one").push(&without_dave).reads("two");
    // Another second epoch, a third that follows the first, and the first again.
    let second = story.rotated(&known_to_dave, "bad");
    story.push(&second).refuses(&["epoch 2 has another data key"]);
    let third = story.unlinked(&without_dave, "bad");
    let third = File { prev: vec![third.link_from(&known_to_dave)], ..third };
    story.push(&third).refuses(&["vouches for epoch 3"]);
    let chained = File { prev: vec![third.link_from(&second)], ..third };
    story.push(&chained).refuses(&["vouches for epoch 3"]);
    story.push(&known_to_dave).refuses(&["epoch 1 has come back", "epoch 2"]);
}

#[test]
fn what_follows_is_proved_by_the_epochs_between_that_git_has() {
    let story = Story::new();
    let first = story.made("one");
    let second = story.rotated(&first, "two");
    let third = story.rotated(&second, "three");
    let fourth = story.rotated(&third, "four");
    story.push(&first).reads("one");
    // Files made up to look like a part of the chain are dead ends.
    let false_second = story.unlinked(&first, "bad");
    story.push(&File { prev: second.prev.clone(), ..false_second });
    story.push(&second).push(&third).push(&fourth).reads("four");
    // And what is not in history is not proved by it.
    let missing = story.rotated(&fourth, "five");
    story.push(&story.rotated(&missing, "six")).refuses(&["vouches for epoch 6"]);
}

#[test]
fn a_chain_begins_at_the_newest_that_is_known() {
    let story = Story::new();
    let first = story.made("one");
    let second = story.rotated(&first, "two");
    story.push(&first).reads("one").push(&second).reads("two");
    // Whoever was removed with the second epoch makes a chain beside it.
    let beside = story.rotated(&first, "bad");
    story.push(&beside).push(&story.rotated(&beside, "bad")).refuses(&["vouches for epoch 3"]);
}

#[test]
fn a_file_renamed_by_a_colleague_is_known_under_its_new_name() {
    let story = Story::new();
    let web = story.made("good");
    story.push(&web).reads("good");
    story.colleague(&["rename", "web", "site"]).run().succeeds();
    story.sandbox.commit("renamed");
    assert_eq!(story.sandbox.vault(["get", "site", "A"]).quietly().text(), "good");
    // Under another name with nobody to vouch for it.
    let forged = File { name: "other".to_owned(), ..File::set("other") };
    let forged = story.sealed(File { id: web.id, ..forged.epoch(3) }, "bad");
    story.push(&forged);
    story
        .sandbox
        .vault(["get", "other", "A"])
        .fails(4, &["sets/other.toml", "vouches for epoch 3"]);
}

#[test]
fn another_known_file_does_not_take_the_place_of_one() {
    let story = Story::new();
    let mut test = story.made("test");
    story.push(&story.made("good")).reads("good");
    test = story.sealed(File { name: "test".to_owned(), ..test.epoch(1) }, "test");
    story.push(&test);
    assert_eq!(story.sandbox.vault(["get", "test", "A"]).text(), "test");
    // Someone who reads only `test` renames it over `web`.
    fs::remove_file(story.sandbox.set_path("web")).unwrap();
    story.colleague(&["rename", "test", "web"]).run().succeeds();
    story.sandbox.commit("renamed");
    story.refuses(&[OTHER]);
}

#[test]
fn a_set_deleted_and_made_again_by_a_colleague_must_be_trusted_once() {
    let story = Story::new();
    story.push(&story.made("old")).reads("old");
    story.colleague(&["delete", "web", "-y"]).run().succeeds();
    story.colleague(&["set", "web", "A=new"]).run().succeeds();
    story.sandbox.commit("made again");
    story.refuses(&[OTHER]).trusts("web");
    story.reads("new").sandbox.vault(["set", "web", "A=newer"]).succeeds();
    story.reads("newer");
}

#[test]
fn what_this_machine_does_itself_it_never_doubts() {
    let story = Story::new();
    story.push(&story.made("one")).reads("one");
    for repository in ["with", "without"] {
        if repository == "without" {
            fs::remove_dir_all(story.sandbox.work().join(".git")).unwrap();
        }
        for words in [
            &["delete", "web", "-y"][..],
            &["set", "web", "A=one"],
            &["rename", "web", "site"],
            &["rename", "site", "web"],
            &["copy", "web", "site"],
            &["delete", "site", "-y"],
            &["copy", "web", "site"],
            &["delete", "site", "-y"],
            &["rename", "web", "A", "B"],
            &["rename", "web", "B", "A"],
        ] {
            story.sandbox.vault(words).succeeds();
            if story.sandbox.set_path("web").exists() && words[1] != "web" {
                story.reads("one");
            }
        }
        story.reads("one");
    }
}

#[test]
fn a_file_that_was_never_seen_is_remembered_without_a_word() {
    let story = Story::new();
    let web = story.made("good");
    story.push(&web).reads("good");
    assert!(story.remembered().contains("file sets/web b64:"), "{}", story.remembered());
    let before = story.remembered();
    story.reads("good");
    assert_eq!(story.remembered(), before);
}

#[test]
fn two_halves_of_a_rename_that_never_was_are_refused() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    let bad = story.made("bad");
    let next = File { name: "site".to_owned(), id: bad.id, ..File::set("site").epoch(2) };
    let next = story.sealed(next, "bad");
    story.push(&File { prev: vec![next.link_from(&bad)], ..next }).push(&bad);
    story.sandbox.vault(["rename", "web", "site"]).fails(4, &["sets/web.toml", OTHER]);
    assert!(story.sandbox.set_path("web").exists());
}

/// An epoch that is made after others were undone is later than those, or it would be taken for one
/// that came back.
#[test]
fn what_is_written_after_an_undo_is_never_taken_for_something_that_came_back() {
    let sandbox = Sandbox::with_set("web", &["A=1"]).with_git();
    let bob = Member::new("bob");
    sandbox.vault(["recipient", "add", "bob", bob.to.as_str()]).succeeds();
    sandbox.commit("bob is here");
    for _ in 0..2 {
        sandbox.vault(["rekey", "--rotate"]).succeeds();
    }
    sandbox.git(["checkout", "--quiet", "."]);
    sandbox.vault(["recipient", "remove", "bob"]).succeeds();
    assert!(sandbox.set_text("web").contains("epoch = \"4:"), "{}", sandbox.set_text("web"));
    sandbox.vault(["get", "web", "A"]).quietly();
    sandbox.vault(["set", "web", "A=2"]).succeeds().never_says("another branch");
    sandbox.commit("bob leaves");
    sandbox.vault(["get", "web", "A"]).quietly();
}
