//! What someone makes who can push and knows no key: data keys of their own, and records that only
//! a holder of the data key can make.

use vault::crypto::{FileId, base64_encode};
use vault::envelope::Sealed;
use vault::model::SecretSet;

use super::{Repo, set};
use crate::envelope::by_hand::{File, Value};
use crate::support::SealedText;

fn sealed(repo: &Repo) -> Sealed<SecretSet> {
    Sealed::parse(repo.text().0.as_bytes(), &"web".parse().unwrap()).unwrap()
}

/// The set with other values under a data key of someone who knows none: a later epoch of the file
/// that is there, for its readers, whose `prev` names the real key and proves nothing.
fn forge(repo: &Repo, epochs: u32, prev: &str) {
    let real = sealed(repo);
    let mut file = File::set("web").epoch(real.epoch() + epochs);
    file.id = *FileId::as_bytes(&real.id());
    for (name, record) in real.recipients() {
        let key = record.to.as_str();
        let to: age::x25519::Recipient = key.parse().unwrap();
        file = file.reader(name.as_str(), key, &to);
    }
    for (key, entry) in real.entries() {
        file = file.value(key.as_str(), Value::of(b"evil, by mallory", entry.since).rev(entry.rev));
    }
    file.prev = vec![format!("{prev}:{}", base64_encode(&[7; 32]))];
    repo.edit(|_| SealedText(file.text()));
}

#[test]
fn the_next_epoch_by_someone_without_a_key_is_an_error_where_a_key_can_tell() {
    let repo = Repo::new();
    forge(&repo, 1, &repo.text().token());
    // It opens: nothing else is wrong with it.
    assert_eq!(repo.vault(&["verify"]), "");
    for state in [&["--base", "HEAD"][..], &["--base", "HEAD", "--staged"]] {
        repo.sandbox.git(["add", "--all"]);
        let found = repo.proven(state);
        assert_eq!(found, ["error unlinked .secrets/sets/web.toml:2"], "{state:?}");
        // Without one it looks like any new data key, and that is said.
        assert_eq!(repo.findings(state), ["warning unproven .secrets/sets/web.toml:2"]);
    }
    repo.sandbox.commit("forged");
    assert_eq!(repo.proven(&["--rev", "HEAD", "--base", "HEAD^"]).len(), 1);
    let denied = ["--base", "HEAD^", "--deny", "unproven"];
    assert_eq!(repo.findings(&denied), ["error unproven .secrets/sets/web.toml:2"]);
    let review = repo.keyless(&["review", "--base", "HEAD^"]).run().succeeds().text();
    assert!(review.contains("cannot be told without a key [unproven]"), "{review}");
}

#[test]
fn a_later_epoch_by_way_of_keys_that_never_were_is_one_too() {
    let repo = Repo::new();
    forge(&repo, 2, "2:0badcafe");
    assert_eq!(repo.proven(&["--base", "HEAD"]), ["error unlinked .secrets/sets/web.toml:2"]);
    assert_eq!(repo.broken(&["--base", "HEAD"]), set(&["unproven"]));
    // Nor by way of a forged one that stands in history.
    let repo = Repo::new();
    repo.sandbox.git(["checkout", "--quiet", "-b", "evil"]);
    forge(&repo, 1, &repo.text().token());
    repo.sandbox.commit("forged");
    forge(&repo, 1, &repo.text().token());
    repo.sandbox.commit("forged again");
    assert_eq!(repo.proven(&["--base", "main"]), ["error unlinked .secrets/sets/web.toml:2"]);
}

#[test]
fn honest_rotations_are_proven_however_many_and_wherever_they_were_made() {
    let repo = Repo::new();
    let begin = repo.sandbox.git(["rev-parse", "HEAD"]);
    repo.sandbox.git(["checkout", "--quiet", "-b", "side"]);
    for step in ["one", "two", "three"] {
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.sandbox.commit(step);
    }
    assert_eq!(repo.proven(&["--base", "main"]), [""; 0]);
    assert_eq!(repo.broken(&["--base", "main"]), set(&["unproven"]));
    assert_eq!(repo.proven(&["--rev", "side", "--base", begin.trim()]), [""; 0]);
    // Without a work tree, too.
    let bare = repo.sandbox.root().join("bare.git");
    repo.sandbox.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let verify = ["verify", "--rev", "side", "--base", "main"];
    let run = repo.sandbox.command(verify).cwd(&bare).run().succeeds();
    assert_eq!(run.text(), "");
    // Squashed, the links between are gone; where the branch is still here, it has them.
    repo.sandbox.git(["checkout", "--quiet", "main"]);
    repo.sandbox.git(["merge", "--quiet", "--squash", "side"]);
    repo.sandbox.commit("squashed");
    assert_eq!(repo.proven(&["--base", "HEAD^"]), [""; 0]);
    repo.sandbox.git(["branch", "--quiet", "-D", "side"]);
    assert_eq!(repo.proven(&["--base", "HEAD^"]), ["error unlinked .secrets/sets/web.toml:2"]);
}

/// What a change under the same data key breaks, without any key, after bob left.
fn broken(change: impl Fn(SealedText) -> SealedText) -> std::collections::BTreeSet<String> {
    let repo = Repo::new();
    repo.vault(&["recipient", "remove", "bob"]);
    repo.sandbox.commit("bob leaves");
    repo.edit(change);
    repo.broken(&["--base", "HEAD"])
}

/// A seal that nobody made.
fn seal(text: &SealedText) -> String {
    format!("\"{}:{}\"", text.token(), base64_encode(&[7; 32]))
}

#[test]
fn departures_do_not_change_without_a_new_data_key() {
    let renamed = broken(|text| {
        let block = text.block("[departed.bob]");
        text.replaced(
            &block,
            &block.replace("departed.bob", "departed.carl").replace(" bob\"", " carl\""),
        )
    });
    assert_eq!(renamed, set(&["forged"]));
    let sealed = broken(|text| text.with("[departed.bob]", "seal", &seal(&text)));
    assert_eq!(sealed, set(&["forged"]));
    // Someone who still reads.
    let added = broken(|text| {
        let to = text.field("[recipients.alice]", "to");
        let block = format!("[departed.alice]\nto = {to}\nuntil = 1\nseal = {}\n\n", seal(&text));
        let bob = text.block("[departed.bob]");
        text.replaced(&bob, &format!("{block}{bob}"))
    });
    assert_eq!(added, set(&["forged"]));
}

#[test]
fn a_readers_seal_does_not_change_while_the_wrap_stays() {
    let found = broken(|text| text.with("[recipients.alice]", "seal", &seal(&text)));
    assert_eq!(found, set(&["forged"]));
}
