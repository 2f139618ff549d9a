//! `vault trust`: what it shows, what it takes, and what it does not.

use super::Story;
use crate::support::Member;

#[test]
fn it_says_when_there_is_nothing_to_trust() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    for words in [&["trust"][..], &["trust", "web", "--yes"], &["trust", "alice"]] {
        story.sandbox.vault(words).fails(0, &["nothing that this machine does not trust"]);
    }
    story.sandbox.vault(["trust", "nobody"]).fails(1, &["no set, pull secret or member"]);
    story.sandbox.vault(["trust", "AGE-SECRET-KEY-1X"]).fails(1, &[]).never_says("SECRET");
    story.sandbox.vault(["trust", "--yes"]).fails(2, &[]);
}

#[test]
fn without_a_terminal_it_shows_and_changes_nothing_unless_told() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good").push(&story.made("bad"));
    for words in [&["trust"][..], &["trust", "web"]] {
        let outcome = story.sandbox.vault(words);
        assert_eq!(outcome.text(), "", "a question is no result");
        outcome.fails(2, &["another file than", "must be confirmed", "--yes"]);
        story.refuses(&["another file"]);
    }
    story.trusts("web");
    story.reads("bad");
}

#[test]
fn it_shows_who_committed_what_and_who_can_read_it_now() {
    let story = Story::new();
    let (good, mallory) = (story.made("good"), Member::new("mallory"));
    story.push(&good).reads("good");
    let key: age::x25519::Recipient = mallory.to.as_str().parse().unwrap();
    let bad = story.made("bad").reader("mallory", mallory.to.as_str(), &key);
    story.put(&bad).sandbox.git(["add", "--all"]);
    let work = story.sandbox.work();
    story.sandbox.git_in(&work, "mallory", ["commit", "--quiet", "-m", "fix typo"]);
    let shown = story.sandbox.vault(["trust", "web"]).stderr;
    for words in [
        "by mallory <mallory@example.org> on 20",
        "(fix typo)",
        "readers    alice, mallory; new or with another key: mallory",
        "not approved on this machine: mallory",
        &format!("epoch 1, key {}", good.key_id()),
        &format!("epoch 1, key {}", bad.key_id()),
    ] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }
}

#[test]
fn a_name_of_several_things_is_asked_about() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good").push(&story.made("bad"));
    let web = Member::new("web");
    let team = std::fs::read_to_string(story.sandbox.work().join(".secrets/team.toml")).unwrap();
    let more = format!("{team}\n[members.web]\nto = \"{} web\"\n", web.to);
    story.sandbox.put(".secrets/team.toml", more);
    story.sandbox.vault(["trust", "web", "--yes"]).fails(2, &["several things", ".secrets/sets/"]);
    story.trusts(".secrets/sets/web.toml");
    story.reads("bad").sandbox.vault(["set", "new", "A=1"]).fails(2, &["--trust web"]);
    story.trusts("web");
    story.sandbox.vault(["set", "new", "A=1"]).succeeds();
}

#[test]
fn a_forged_file_cannot_be_trusted() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    let forged = story.sandbox.set_text("web").replace("epoch = \"1:", "epoch = \"2:");
    story.sandbox.put(".secrets/sets/web.toml", forged);
    story.sandbox.vault(["trust", "web", "--yes"]).fails(4, &["web.toml"]);
    story.sandbox.vault(["trust"]).fails(4, &["web.toml"]);
}
