//! Who was let read by a group or rule, and was taken out of it, is asked about when they are back: in
//! every way in which the one or the other can come about.

use super::rules::{in_group, pushed, scene};
use crate::support::{Office, Person};

const BOB: [&str; 4] = ["group", "add", "ops", "bob"];
const NO_BOB: [&str; 4] = ["group", "remove", "ops", "bob"];

/// As [`scene`], with bob in ops by alice, which carol has accepted.
pub(super) fn with_bob() -> Office {
    let office = scene();
    let (alice, carol) = (office.person("alice"), office.person("carol"));
    alice.vault(BOB).succeeds();
    alice.push("bob is one of ops");
    carol.pull();
    carol.vault(["trust", "bob", "--yes"]).succeeds();
    office
}

fn alice_takes_bob_out(office: &Office) {
    let alice = office.person("alice");
    alice.vault(NO_BOB).succeeds();
    alice.push("without bob");
}

#[track_caller]
fn asks(person: &Person<'_>) {
    person.vault(["set", "prod2", "A=1"]).fails(2, &["bob is to read more", "sets/prod2"]);
}

#[test]
fn put_back_between_two_looks() {
    let office = with_bob();
    let carol = office.person("carol");
    carol.vault(["set", "prod0", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    carol.git(["clean", "-qfd", ".secrets"]);
    alice_takes_bob_out(&office);
    pushed(&office, in_group);
    carol.pull();
    asks(&carol);
    carol.vault(["set", "prod2", "A=1", "--trust", "bob"]).succeeds();
    carol.vault(["set", "prod3", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn put_back_where_the_vault_was_moved() {
    for has_looked in [true, false] {
        let office = with_bob();
        let alice = office.person("alice");
        let (carol, bob) = (office.person("carol"), office.person("bob"));
        alice.vault(["set", "prod1", "A=1"]).succeeds();
        alice.push("prod1");
        carol.pull();
        carol.vault(NO_BOB).succeeds();
        carol.push("without bob");
        bob.pull();
        std::fs::create_dir(bob.repo().join("app")).unwrap();
        bob.git(["mv", ".secrets", "app/.secrets"]);
        bob.push("a better place");
        let app = alice.repo().join("app");
        let there = ["-C", app.to_str().unwrap()];
        if has_looked {
            alice.pull();
            alice.vault(there.into_iter().chain(["get", "web", "A"])).succeeds();
        }
        let team = bob.repo().join("app/.secrets/team.toml");
        let back = in_group(&std::fs::read_to_string(&team).unwrap());
        crate::support::put(&team, back);
        bob.push("tidy up");
        alice.pull();
        let set = there.into_iter().chain(["set", "prod2", "A=1"]);
        alice.vault(set).fails(2, &["bob is to read more"]);
    }
}

#[test]
fn put_back_where_another_place_has_not_seen_that_they_were_taken_out() {
    let office = with_bob();
    let alice = office.person("alice");
    let remote = alice.git(["config", "remote.origin.url"]);
    alice.git(["clone", "--quiet", remote.trim(), "../older"]);
    let older = ["-C", "../older"];
    alice.vault(older.into_iter().chain(["get", "web", "A"])).succeeds();
    alice_takes_bob_out(&office);
    pushed(&office, in_group);
    // What was written last is not what counts.
    alice.vault(older.into_iter().chain(["set", "web", "A=2"])).succeeds();
    alice.git(["worktree", "add", "--quiet", "../newer"]);
    let set = ["-C", "../newer", "set", "prod2", "A=1"];
    alice.vault(set).fails(2, &["bob is to read more"]);
    asks(&alice);
}

#[test]
fn what_was_typed_and_undone_was_never_accepted() {
    let undone: [&dyn Fn(&Person<'_>); 3] = [
        &|alice| drop(alice.git(["checkout", "--quiet", "--", ".secrets"])),
        &|alice| {
            alice.git(["commit", "--quiet", "--all", "--message", "bob too"]);
            alice.git(["reset", "--quiet", "--hard", "origin/main"]);
        },
        &|alice| {
            alice.git(["checkout", "--quiet", "-b", "try"]);
            alice.git(["commit", "--quiet", "--all", "--message", "bob too"]);
            alice.git(["checkout", "--quiet", "main"]);
            alice.git(["branch", "--quiet", "-D", "try"]);
        },
    ];
    for undo in undone {
        let office = scene();
        let alice = office.person("alice");
        alice.git(["fetch", "--quiet"]);
        alice.vault(BOB).succeeds();
        undo(&alice);
        alice.vault(["get", "web", "A"]).succeeds();
        pushed(&office, in_group);
        asks(&alice);
    }
}

#[test]
fn what_was_typed_is_no_question_where_it_changes_nothing_and_when_it_is_typed_again() {
    let office = scene();
    let alice = pushed(&office, in_group);
    asks(&alice);
    alice.vault(["trust", "bob", "--yes"]).succeeds();
    alice.vault(NO_BOB).succeeds();
    alice.vault(BOB).fails(0, &["ops is now bob, carol"]).never_says("is to read more");
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    // Somebody else has done all of it already.
    let office = scene();
    let (alice, carol) = (office.person("alice"), office.person("carol"));
    carol.vault(BOB).succeeds();
    carol.push("bob is one of ops");
    alice.pull();
    asks(&alice);
    alice.vault(BOB).fails(0, &["ops stays as it is"]);
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn what_team_toml_gave_before_is_asked_about_whatever_is_typed() {
    let office = scene();
    let alice = pushed(&office, in_group);
    alice.vault(BOB).fails(2, &["bob is to read more", "gains     sets/prod"]);
    alice.vault(["access", "allow", "prod*", "ops"]).fails(2, &["bob is to read more"]);
}

#[test]
fn a_rule_of_another_branch_decides_nothing_here() {
    let office = scene();
    let alice = office.person("alice");
    alice.git(["checkout", "--quiet", "-b", "feature"]);
    alice.vault(["access", "allow", "data*", "alice"]).succeeds();
    alice.git(["commit", "--quiet", "--all", "--message", "data"]);
    alice.git(["checkout", "--quiet", "main"]);
    alice.vault(["set", "data1", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    alice.git(["clean", "-qfd", ".secrets"]);
    // Once it is this one's, it can only be taken away.
    alice.git(["merge", "--quiet", "feature"]);
    alice.git(["push", "--quiet", "origin", "main"]);
    let alice = pushed(&office, |team| {
        let (before, rule) = team.split_once("\n[rules.\"sets/data*\"]").unwrap();
        let after = rule.split_once("\n[").map_or("", |(_, after)| after);
        format!("{before}\n[{after}")
    });
    alice.vault(["set", "data1", "A=1"]).fails(2, &["bob is to read more", "by rule   none"]);
}

#[test]
fn older_commits_of_ones_branch_take_nothing_away() {
    let office = with_bob();
    let alice = office.person("alice");
    alice.vault(NO_BOB).succeeds();
    alice.push("without bob");
    alice.git(["tag", "without"]);
    alice.vault(BOB).succeeds();
    alice.push("with bob");
    alice.git(["checkout", "--quiet", "without"]);
    alice.vault(["get", "web", "A"]).quietly();
    alice.git(["checkout", "--quiet", "main"]);
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn the_question_says_who_brought_it_whatever_was_changed_since() {
    let spelled = |team: &str| team.replace("[rules.\"sets/prod*\"]", "[rules.'sets/prod*']");
    let office = scene();
    pushed(&office, |team| spelled(&in_group(team)));
    let (alice, carol) = (office.person("alice"), office.person("carol"));
    carol.pull();
    carol.vault(["group", "add", "others", "carol"]).succeeds();
    carol.push("innocent");
    alice.pull();
    let words = ["sets/prod*, whatever it matches: alice, ops", "(begin)", "in ops", "(tidy up)"];
    alice.vault(["set", "prod2", "A=1"]).fails(2, &words).never_says("innocent");
}

#[test]
fn the_name_of_a_group_is_no_persons() {
    let office = scene();
    let alice = pushed(&office, |team| {
        let group = "[groups.dev]\nmembers = [\"alice\", \"carol\"]\n";
        let rule = "[rules.\"sets/dev*\"]\nread = [\"alice\", \"dev\"]\n";
        team.replacen("[groups.ops]", &format!("{group}\n[groups.ops]"), 1) + "\n" + rule
    });
    alice.vault(["get", "web", "A"]).succeeds();
    let alice = pushed(&office, |team| {
        let group = team.split("[groups.").find(|part| part.starts_with("dev]")).unwrap();
        let team = team.replace(&format!("[groups.{group}"), "");
        team.replace("[members.bob]", "[members.dev]").replace(" bob\"", " dev\"")
    });
    alice.vault(["set", "dev1", "A=1"]).fails(2, &["dev is new here", "sets/dev*"]);
    alice.vault(["set", "new", "A=1", "--trust", "dev"]).succeeds();
    alice.vault(["set", "dev1", "A=1"]).fails(2, &["dev is to read more", "sets/dev*"]);
}

#[test]
fn a_new_password_is_for_nobody_whom_the_rules_do_not_let() {
    let office = scene();
    let alice = office.person("alice");
    alice.vault(["pull-secret", "create", "ci", "ghcr.io", "alice:old"]).succeeds();
    alice.push("ci");
    let alice =
        pushed(&office, |team| format!("{team}\n[rules.\"pull/ci\"]\nread = [\"alice\"]\n"));
    let words = ["pull-secret", "create", "ci", "ghcr.io", "alice:new", "--replace"];
    alice.vault(words).fails(0, &["team.toml does not let bob read pull/ci", "readable by alice"]);
    alice.push("a new password");
    let bob = office.person("bob");
    bob.pull();
    bob.vault(["pull-secret", "config", "ci"]).ends(3);
}

#[test]
fn who_writes_first_into_a_file_that_somebody_else_made_is_told_who_reads_it_by_no_rule() {
    let office = scene();
    let bob = office.person("bob");
    let team = bob.secret_file("team.toml");
    bob.put("team.toml", team.split("\n[rules").next().unwrap());
    bob.vault(["set", "prod8", "B=1", "--trust", "bob"]).succeeds();
    bob.put("team.toml", &team);
    let alice = pushed(&office, |team| {
        format!("{team}\n[rules.\"sets/prod8\"]\nread = [\"alice\", \"bob\", \"ops\"]\n")
    });
    let words = ["sets/prod8 is new here, and bob can read it by no rule that is accepted here"];
    alice.vault(["set", "prod8", "A=1"]).fails(0, &words);
    alice.vault(["set", "prod8", "A=2"]).succeeds().never_says("is new here");
}

#[test]
fn a_member_with_the_name_of_a_group_is_asked_about_once() {
    let office = scene();
    let alice = pushed(&office, |team| {
        let group = team.split("[groups.").find(|part| part.starts_with("ops]")).unwrap();
        let (group, _) = group.split_once("\n[").unwrap();
        let team = team.replace(&format!("[groups.{group}\n"), "");
        team.replace("[members.bob]", "[members.ops]").replace(" bob\"", " ops\"")
    });
    alice.vault(["set", "prod2", "A=1"]).fails(2, &["ops is new here"]);
    alice.vault(["trust", "ops", "--yes"]).succeeds();
    alice.vault(["trust"]).fails(0, &["nothing that this machine does not trust"]);
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, ops"]);
}
