//! Who has been in the team all the time is no stranger: not where an older branch was looked at, nor
//! where one file is no longer theirs, nor under another name.

use super::returns::{Scene, cut_tombstone};

#[test]
fn a_look_at_an_older_branch_ends_nobodys_approval() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    alice.git(["tag", "old"]);
    let daves = scene.office.clones("dave").keygen();
    scene.alice_does(&["recipient", "add", "dave", &daves]);
    for revision in ["old", "-b side old"] {
        let words = ["checkout", "--quiet"].into_iter().chain(revision.split(' '));
        alice.git(words);
        alice.vault(["get", "web", "A"]).quietly();
        alice.git(["checkout", "--quiet", "main"]);
    }
    alice.vault(["set", "new", "A=1"]).fails(0, &["readable by alice, bob, carol, dave"]);
    alice.vault(["trust"]).fails(0, &["nothing that this machine does not trust"]);
}

#[test]
fn a_look_at_a_commit_from_before_a_return_ends_no_approval() {
    let scene = Scene::new();
    let alice = scene.person("alice");
    scene.alice_does(&["recipient", "remove", "bob"]);
    alice.git(["tag", "without"]);
    scene.alice_does(&["recipient", "add", "bob", &scene.bobs]);
    alice.git(["checkout", "--quiet", "without"]);
    alice.vault(["get", "web", "A"]).quietly();
    alice.git(["checkout", "--quiet", "main"]);
    alice.vault(["set", "new", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn a_removal_ends_an_approval_although_an_older_branch_is_still_there() {
    let scene = Scene::new();
    scene.person("carol").git(["branch", "old"]);
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.sees("carol");
    scene.bob_puts_back("bob", cut_tombstone);
    let carol = scene.person("carol");
    carol.pull();
    carol.vault(["set", "new", "A=1"]).fails(2, &["bob was here before", "--trust bob"]);
}

#[test]
fn who_may_no_longer_read_one_file_has_not_left() {
    let scene = Scene::new();
    scene.alice_does(&["access", "allow", "web*", "alice", "carol"]);
    let carol = scene.person("carol");
    carol.pull();
    carol.vault(["set", "new", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    let dave = scene.office.clones("dave");
    dave.vault(["set", "newer", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    // Without its past git cannot tell, and that is what is said.
    let erin = scene.office.clones("erin");
    erin.git(["fetch", "--quiet", "--depth=1", "origin", "main"]);
    erin.vault(["set", "new", "A=1"])
        .fails(2, &["bob could read more before", "shallow clone", "left      sets/web"])
        .never_says("has left before");
}

#[test]
fn a_rename_does_not_hide_that_a_key_has_left() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "remove", "bob"]);
    scene.bob_puts_back("bob", |_| ());
    // A new machine takes the members by their names.
    let dave = scene.office.clones("dave");
    let left = ["left      sets/web by alice", "removed   by alice", "--trust"];
    dave.vault(["set", "new", "A=1"]).fails(2, &left);
    let identity = scene.person("carol").identity();
    let rename = ["-i", identity.to_str().unwrap(), "recipient", "rename", "bob", "rob"];
    dave.vault(rename).fails(2, &["rob has left before"]).fails(2, &left);
}

#[test]
fn of_a_colleague_with_a_new_name_it_is_said_that_the_key_is_known() {
    let scene = Scene::new();
    scene.alice_does(&["recipient", "rename", "bob", "rob"]);
    let carol = scene.person("carol");
    carol.pull();
    carol
        .vault(["set", "new", "A=1"])
        .fails(2, &["rob is new here", "known as  bob: this very key"]);
}
