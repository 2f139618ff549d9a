//! Who put a key back that had been removed: they are named, and not who added it long before.

use super::returns::Scene;

/// Who a question about bob says has added him.
fn added(scene: &Scene, who: &str) -> String {
    let asked = scene.person(who).vault(["set", "new", "A=1"]).ends(2).stderr;
    asked.lines().find(|line| line.contains("  added  ")).expect(&asked).to_owned()
}

/// bob merges what has been pushed, and keeps team.toml as he had it.
fn bob_merges_with_his_team(scene: &Scene, message: &str) {
    let bob = scene.person("bob");
    let team = bob.secret_file("team.toml");
    bob.put("note", message);
    bob.git(["add", "--all"]);
    bob.git(["commit", "--quiet", "--message", "a note"]);
    bob.git(["fetch", "--quiet", "origin"]);
    bob.git(["merge", "--quiet", "--no-commit", "--no-ff", "origin/main"]);
    bob.put("team.toml", &team);
    bob.push(message);
}

#[test]
fn a_key_that_was_put_back_is_said_to_come_from_who_did_that() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    scene.bob_puts_back("bob", |_| ());
    scene.person("carol").pull();
    let line = added(&scene, "carol");
    assert!(line.contains("by bob <bob@example.org>") && line.contains("(tidy up)"), "{line}");
}

#[test]
fn a_merge_that_takes_a_removal_back_is_who_has_added_the_key() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    bob_merges_with_his_team(&scene, "merge main");
    // Nothing that comes later hides it.
    scene.person("alice").pull();
    scene.person("alice").vault(["group", "add", "ops", "carol"]).succeeds();
    scene.person("alice").push("ops");
    scene.person("carol").pull();
    let line = added(&scene, "carol");
    assert!(line.contains("by bob <bob@example.org>") && line.contains("(merge main)"), "{line}");
}

#[test]
fn a_merge_that_only_brings_a_branch_has_not_added_what_the_branch_did() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    let alice = scene.person("alice");
    alice.git(["checkout", "--quiet", "-b", "returns"]);
    alice.vault(["recipient", "add", "bob", &scene.bobs]).succeeds();
    alice.git(["commit", "--quiet", "--all", "--message", "bob is back"]);
    alice.git(["checkout", "--quiet", "main"]);
    alice.vault(["group", "add", "ops", "carol"]).succeeds();
    alice.git(["commit", "--quiet", "--all", "--message", "ops"]);
    let merge = ["merge", "--quiet", "--no-ff", "--message", "bring it together", "returns"];
    alice.git(merge);
    alice.git(["push", "--quiet", "origin", "HEAD:main"]);
    scene.person("carol").pull();
    let line = added(&scene, "carol");
    assert!(line.contains("(bob is back)"), "{line}");
}

#[test]
fn a_key_taken_out_and_brought_back_again_and_again_comes_from_the_last_one() {
    let scene = Scene::new();
    for message in ["once", "twice"] {
        scene.alice_does(&["recipient", "remove", "bob"]);
        scene.sees("carol");
        bob_merges_with_his_team(&scene, message);
        scene.person("alice").pull();
    }
    scene.person("carol").pull();
    let line = added(&scene, "carol");
    assert!(line.contains("(twice)"), "{line}");
}
