//! Who reads what nobody has made yet: groups and rules are accepted as this machine has seen them or
//! has typed them, and whoever a push gives more is asked about.

use crate::support::{Office, Outcome, Person, put};

/// alice, bob and carol; what begins with `prod` is alice's and ops', in which carol is.
pub(super) fn scene() -> Office {
    let office = Office::of_alice();
    let (alice, bob, carol) =
        (office.person("alice"), office.clones("bob"), office.clones("carol"));
    alice.vault(["set", "web", "A=1"]).succeeds();
    for person in [&bob, &carol] {
        alice.vault(["recipient", "add", &person.name, &person.keygen()]).succeeds();
    }
    alice.vault(["group", "add", "ops", "carol"]).succeeds();
    for pattern in ["prod*", "pull/prod*"] {
        alice.vault(["access", "allow", pattern, "alice", "ops"]).succeeds();
    }
    alice.vault(["set", "prod", "P=1"]).fails(0, &["readable by alice, carol"]);
    alice.push("begin");
    for person in [&bob, &carol] {
        person.pull();
        person.vault(["get", "web", "A"]).succeeds();
    }
    office
}

/// bob changes team.toml by hand, and alice pulls that.
pub(super) fn pushed(office: &Office, change: impl FnOnce(&str) -> String) -> Person<'_> {
    office.person("bob").pushes_team("tidy up", change);
    let alice = office.person("alice");
    alice.pull();
    alice
}

pub(super) fn in_group(team: &str) -> String {
    team.replace("[groups.ops]\nmembers = [\n", "[groups.ops]\nmembers = [\n    \"bob\",\n")
}

pub(super) fn in_rules(team: &str) -> String {
    team.replace("    \"alice\",\n    \"ops\",\n", "    \"alice\",\n    \"bob\",\n    \"ops\",\n")
}

fn without_rules(team: &str) -> String {
    team.split("\n[rules").next().unwrap().to_owned()
}

fn of_his_own(team: &str) -> String {
    let rule = |file| format!("\n[rules.\"{file}\"]\nread = [\"alice\", \"bob\"]\n");
    [team, &rule("sets/prod2*"), &rule("pull/prod2*")].concat()
}

/// A new file, by every command that makes one.
fn makes(alice: &Person<'_>, more: &[&str]) -> Vec<(&'static str, Outcome)> {
    put(&alice.repo().join("values.env"), "A=1\n");
    let commands: [(&str, &[&str]); 5] = [
        ("sets/prod2", &["set", "prod2", "A=1"]),
        ("sets/prod22", &["import", "prod22", "values.env", "--format", "dotenv"]),
        ("sets/prod23", &["copy", "web", "prod23"]),
        ("pull/prod2", &["pull-secret", "create", "prod2", "ghcr.io", "alice:pw"]),
        ("sets/prod24", &["set", "prod24", "A", "--generate"]),
    ];
    let run = |words: &[&str]| alice.vault(words.iter().chain(more).copied());
    commands.into_iter().map(|(file, words)| (file, run(words))).collect()
}

#[test]
fn whoever_a_push_gives_what_is_not_made_yet_is_asked_about() {
    for change in [in_group, in_rules, without_rules, of_his_own] {
        let office = scene();
        let alice = pushed(&office, change);
        for (file, outcome) in makes(&alice, &[]) {
            let gains = format!("gains     {file}");
            let words = ["bob is to read more", &gains, "by rule   ", "(tidy up)", "--trust bob"];
            outcome.fails(2, &words);
            assert!(!alice.repo().join(format!(".secrets/{file}.toml")).exists());
        }
        // Somebody whom the rules gave it all along is no question.
        for (file, outcome) in makes(&alice, &["--trust", "bob"]) {
            outcome.fails(0, &["bob"]).never_says("carol is to read more");
            assert!(alice.secret_file(&format!("{file}.toml")).contains("[recipients.bob]"));
        }
        // Once is enough.
        alice.vault(["set", "prod25", "A=1"]).fails(0, &["bob"]);
        alice.vault(["trust"]).fails(0, &["nothing that this machine does not trust"]);
    }
}

#[test]
fn what_was_typed_here_is_no_question() {
    let office = scene();
    // Seen by the very command that adds to it.
    let alice = pushed(&office, |team| {
        format!("{team}\n[rules.\"sets/w*\"]\nread = [\"alice\", \"bob\", \"carol\"]\n")
    });
    alice.vault(["group", "add", "ops", "bob"]).fails(0, &["sets/prod: added bob"]);
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    alice.vault(["group", "remove", "ops", "bob"]).succeeds();
    alice.vault(["set", "prod3", "A=1"]).fails(0, &["readable by alice, carol"]);
    alice.vault(["access", "allow", "prod-eu*", "bob"]).succeeds();
    alice.vault(["set", "prod-eu", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    let daves = office.clones("dave").keygen();
    alice.vault(["recipient", "add", "dave", &daves, "--group", "ops"]).succeeds();
    alice.vault(["set", "prod4", "A=1"]).fails(0, &["readable by alice, carol, dave"]);
    alice.vault(["recipient", "rename", "dave", "david"]).succeeds();
    alice.vault(["set", "prod5", "A=1"]).fails(0, &["readable by alice, carol, david"]);
    // Of the last one, it ends the rule.
    alice.vault(["access", "allow", "later*", "alice"]).succeeds();
    alice.vault(["access", "deny", "later*", "alice"]).fails(0, &["now for everyone"]);
    alice.vault(["set", "later", "A=1"]).fails(0, &["readable by alice, bob, carol, david"]);
}

#[test]
fn whoever_was_taken_out_again_is_asked_about_when_a_push_puts_them_back() {
    let office = scene();
    let (alice, carol) = (office.person("alice"), office.person("carol"));
    for command in [
        ["group", "add", "ops", "bob"],
        ["access", "allow", "prod*", "bob"],
        ["group", "remove", "ops", "bob"],
        ["access", "deny", "prod*", "bob"],
    ] {
        alice.vault(command).succeeds();
        alice.push(&command.join(" "));
        carol.pull();
        carol.vault(["get", "web", "A"]).succeeds();
        if command[1] == "allow" {
            // An honest change by somebody else is asked about once.
            carol.vault(["set", "prod2", "A=1"]).fails(2, &["bob is to read more"]);
            carol.vault(["set", "prod2", "A=1", "--trust", "bob"]).succeeds();
            carol.vault(["set", "prod3", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
            carol.git(["clean", "-qfd", ".secrets"]);
        }
    }
    for change in [in_group, in_rules] {
        pushed(&office, change);
        carol.pull();
        for person in [&alice, &carol] {
            person.vault(["set", "prod4", "A=1"]).fails(2, &["bob is to read more"]);
        }
    }
}

#[test]
fn what_a_push_gives_can_be_accepted_before_anything_is_made() {
    for change in [in_group, in_rules, without_rules, of_his_own] {
        let office = scene();
        let alice = pushed(&office, change);
        let words = ["bob is to read more", "of         sets/prod", "(tidy up)"];
        alice.vault(["trust"]).fails(2, &words);
        alice.vault(["trust", "bob", "--yes"]).fails(0, &words);
        for (_, outcome) in makes(&alice, &[]) {
            outcome.fails(0, &["bob"]);
        }
        alice.vault(["trust"]).fails(0, &["nothing that this machine does not trust"]);
    }
}

#[test]
fn an_older_branch_takes_nothing_away() {
    let office = scene();
    let alice = office.person("alice");
    alice.git(["tag", "old"]);
    alice.vault(["group", "add", "ops", "bob"]).succeeds();
    alice.vault(["access", "allow", "db*", "ops", "alice"]).succeeds();
    alice.push("more for bob");
    alice.git(["checkout", "--quiet", "old"]);
    alice.vault(["get", "web", "A"]).quietly();
    alice.git(["checkout", "--quiet", "main"]);
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
    alice.vault(["set", "db", "A=1"]).fails(0, &["readable by alice, bob, carol"]);
}

#[test]
fn what_the_rules_say_of_a_name_is_not_said_of_another_key() {
    let office = scene();
    let key_of = |team: &str, name: &str| {
        let table = team.split(&format!("[members.{name}]\nto = \"")).nth(1).unwrap().to_owned();
        table.split(' ').next().unwrap().to_owned()
    };
    // Each under the other's name: what the rules say of carol they now say of bob's key.
    let alice = pushed(&office, |team| {
        let (bobs, carols) = (key_of(team, "bob"), key_of(team, "carol"));
        team.replace(&bobs, "KEY").replace(&carols, &bobs).replace("KEY", &carols)
    });
    alice.vault(["set", "prod2", "A=1"]).fails(2, &["carol has another key than before"]);
    // Whose key it is a person decides; then what carol may read is what it may read.
    alice.vault(["trust", "carol", "--yes"]).succeeds();
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, carol"]);
    alice.vault(["group", "add", "ops", "bob"]).fails(2, &["bob has another key than before"]);
}

#[test]
fn a_colleague_under_another_name_is_asked_about_once() {
    let office = scene();
    let alice = pushed(&office, |team| {
        let team = team.replace("[members.carol]", "[members.caro]");
        team.replace(" carol\"", " caro\"").replace("    \"carol\"", "    \"caro\"")
    });
    alice.vault(["set", "new", "A=1"]).fails(2, &["caro is new here", "known as  carol"]);
    alice.vault(["trust", "caro", "--yes"]).succeeds();
    alice.vault(["set", "prod2", "A=1"]).fails(0, &["readable by alice, caro"]);
}

#[test]
fn a_rule_that_gives_less_is_no_question() {
    let office = scene();
    let alice = pushed(&office, |team| {
        format!("{team}\n[rules.\"sets/w*\"]\nread = [\"alice\", \"carol\"]\n")
    });
    alice.vault(["set", "work", "A=1"]).fails(0, &["readable by alice, carol"]);
    // From then on that is what is accepted.
    let alice = pushed(&office, |team| {
        team.replace("read = [\"alice\", \"carol\"]", "read = [\"alice\", \"bob\"]")
    });
    alice.vault(["set", "words", "A=1"]).fails(2, &["bob is to read more", "sets/w*"]);
}

#[test]
fn who_makes_what_is_not_for_them_is_told() {
    let office = scene();
    let alice = pushed(&office, |team| format!("{team}\n[rules.\"sets/w*\"]\nread = [\"bob\"]\n"));
    alice
        .vault(["set", "work", "A=1"])
        .fails(0, &["sets/work is not for you: team.toml does not let alice read it"]);
    alice.vault(["get", "work", "A"]).ends(3);
}

#[test]
fn another_work_tree_begins_with_what_is_accepted() {
    let office = scene();
    let alice = pushed(&office, in_group);
    alice.git(["worktree", "add", "--quiet", "../beside"]);
    let beside = alice.repo().join("../beside");
    let there = ["-C", beside.to_str().unwrap()];
    let set = there.into_iter().chain(["set", "prod2", "A=1"]);
    alice.vault(set).fails(2, &["bob is to read more"]);
}
