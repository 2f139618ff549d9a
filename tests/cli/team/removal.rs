//! Somebody who can read, and push, prepares for their removal.

use super::rules::pushed;
use crate::support::{Office, Person};

/// alice, bob and carol read `web` and the pull secret `ghcr`; ops, in which bob and carol are, and
/// alice read `prod`.
pub(super) fn scene() -> Office {
    let office = Office::of_alice();
    let (alice, bob, carol) =
        (office.person("alice"), office.clones("bob"), office.clones("carol"));
    for person in [&bob, &carol] {
        alice.vault(["recipient", "add", &person.name, &person.keygen()]).succeeds();
    }
    alice.vault(["group", "add", "ops", "bob", "carol"]).succeeds();
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.vault(["set", "prod", "P=1"]).succeeds();
    alice.vault(["access", "allow", "prod", "alice", "ops"]).succeeds();
    alice.vault(["pull-secret", "create", "ghcr", "ghcr.io", "alice:old"]).succeeds();
    alice.push("begin");
    for person in [&bob, &carol] {
        person.pull();
        person.vault(["get", "web", "A"]).succeeds();
    }
    office
}

/// bob's key under another name.
pub(super) fn renamed(name: &str) -> impl Fn(&str) -> String {
    move |team| {
        let header = if name.contains('/') { format!("\"{name}\"") } else { name.to_owned() };
        team.replace("[members.bob]", &format!("[members.{header}]"))
            .replace(" bob\"", &format!(" {name}\""))
            .replace("    \"bob\",\n", &format!("    \"{name}\",\n"))
    }
}

pub(super) fn another_key(bob: &Person<'_>, file: &str) -> String {
    bob.vault(["keygen", "-o", file]).succeeds().text().trim().to_owned()
}

/// bob lets a key of his into every file, and takes it out of team.toml again.
fn with_ghost() -> Office {
    let office = scene();
    let (alice, bob) = (office.person("alice"), office.person("bob"));
    let ghost = another_key(&bob, "../ghost");
    let team = bob.secret_file("team.toml");
    bob.vault(["recipient", "add", "ci2", &ghost, "--group", "ops"]).succeeds();
    bob.put("team.toml", &team);
    bob.push("set web");
    alice.pull();
    for file in ["sets/web", "sets/prod", "pull/ghcr"] {
        assert!(alice.secret_file(&format!("{file}.toml")).contains("[recipients.ci2]"));
    }
    office
}

#[test]
fn no_new_data_key_is_for_a_reader_whom_the_team_does_not_have() {
    let new = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    let rotations: [(&[&str], &str); 6] = [
        (&["recipient", "remove", "bob"], "sets/web"),
        (&["recipient", "replace", "bob", new], "sets/web"),
        (&["group", "remove", "ops", "bob"], "sets/prod"),
        (&["access", "deny", "prod", "bob"], "sets/prod"),
        (&["pull-secret", "create", "ghcr", "ghcr.io", "alice:new", "--replace"], "pull/ghcr"),
        (&["rename", "web", "site"], "sets/site"),
    ];
    for (command, file) in rotations {
        let office = with_ghost();
        let alice = office.person("alice");
        let said = match command {
            ["access", ..] => "sets/prod: removed bob, ci2",
            _ => "ci2 is not in the team with that key: no longer reads",
        };
        alice.vault(command).fails(0, &[said]);
        let text = alice.secret_file(&format!("{file}.toml"));
        assert!(!text.contains("[recipients.ci2]"), "{command:?}: {text}");
        assert!(text.contains("[departed.ci2]"), "{command:?}: {text}");
        let ghost = office.person("bob").repo().join("../ghost");
        let read = match file.split_once('/') {
            Some(("sets", "prod")) => ["get", "prod", "P"],
            Some(("sets", set)) => ["get", set, "A"],
            _ => ["pull-secret", "config", "ghcr"],
        };
        let identity = ["-i", ghost.to_str().unwrap()];
        alice.vault(identity.into_iter().chain(read)).ends(3);
    }
}

#[test]
fn someone_who_does_not_leave_writes_on_beside_a_reader_whom_the_team_does_not_have() {
    let office = with_ghost();
    office.person("alice").vault(["set", "web", "A=2"]).succeeds();
}

#[test]
fn a_key_that_a_push_gave_another_name_is_not_left_behind_by_a_removal() {
    for name in ["robert", "carol/x"] {
        let office = scene();
        let alice = pushed(&office, renamed(name));
        let drop = format!("`vault recipient remove bob --drop {name}` removes both");
        let stands = format!("stands in team.toml as {name} (added by bob <bob@example.org>");
        alice.vault(["recipient", "remove", "bob"]).fails(1, &[&stands, "(tidy up)", &drop]);
        alice.vault(["recipient", "remove", "bob", "--drop", name]).succeeds();
        for file in ["sets/web", "sets/prod", "pull/ghcr"] {
            let text = alice.secret_file(&format!("{file}.toml"));
            assert!(text.contains("[departed.bob]"), "{name} {file}: {text}");
        }
        let bob = office.person("bob").identity();
        alice.vault(["-i", bob.to_str().unwrap(), "get", "web", "A"]).ends(3);
    }
}

#[test]
fn a_key_that_a_push_put_before_ones_own_does_not_hide_it() {
    let office = scene();
    let bob = office.person("bob");
    let other = another_key(&bob, "../other");
    let new = another_key(&bob, "../new");
    let alice = pushed(&office, |team| {
        format!("{}\n[members.bob]\nto = \"{other} bob\"\n", renamed("robert")(team))
    });
    for command in [
        &["recipient", "remove", "bob"][..],
        &["recipient", "replace", "bob", &new],
        &["access", "deny", "prod", "bob"],
    ] {
        alice
            .vault(command)
            .fails(1, &["stands in team.toml as robert", "`vault recipient remove"]);
    }
    alice.vault(["recipient", "remove", "bob", "--drop", "robert"]).succeeds();
    for identity in [bob.identity(), bob.repo().join("../other")] {
        alice.vault(["-i", identity.to_str().unwrap(), "get", "web", "A"]).ends(3);
    }
}

#[test]
fn exposed_fails_while_someone_who_is_not_in_the_team_still_reads_a_file() {
    let office = with_ghost();
    let alice = office.person("alice");
    let words = ["ci2 is not in the team with that key, and still reads", "sets/web"];
    alice.vault(["exposed"]).fails(1, &words);
    alice.vault(["exposed", "ci2"]).fails(1, &words);
    alice.vault(["exposed", "carol"]).succeeds();
    alice.vault(["rekey"]).succeeds();
    alice.vault(["exposed", "carol"]).succeeds();
    let after = alice.vault(["exposed"]);
    assert!(!after.stderr.contains("still reads"), "{}", after.stderr);
}

#[test]
fn a_command_that_names_oneself_for_something_else_does_not_mean_that_one_reads_less() {
    let office = scene();
    let alice = pushed(&office, |team| format!("{team}\n[rules.\"sets/web\"]\nread = [\"bob\"]\n"));
    let words = ["you would no longer read sets/web", "(tidy up)", "nothing was written"];
    let new = another_key(&alice, ".git/new");
    for command in [
        &["group", "add", "admins", "alice"][..],
        &["recipient", "rename", "alice", "al"],
        &["recipient", "replace", "alice", &new],
    ] {
        alice.vault(command).fails(2, &words);
    }
    assert_eq!(alice.vault(["get", "web", "A"]).succeeds().text(), "1");
}

#[test]
fn whoever_a_push_put_into_a_group_or_rule_is_asked_about_when_that_is_named() {
    let grouped = |team: &str| {
        let group = "\n[groups.dba]\nmembers = [\n    \"bob\",\n]\n\n[rules.";
        team.replacen("\n[rules.", group, 1)
    };
    let ruled = |team: &str| {
        format!("{team}\n[rules.\"sets/vault\"]\nread = [\"alice\", \"dba\"]\n").replacen(
            "\n[rules.",
            "\n[groups.dba]\nmembers = [\"alice\"]\n\n[rules.",
            1,
        )
    };
    let office = scene();
    let alice = office.person("alice");
    alice.vault(["access", "allow", "vault", "alice"]).succeeds();
    alice.vault(["set", "vault", "V=1"]).succeeds();
    alice.push("vault");
    office.person("bob").pull();
    let before = alice.secret_file("team.toml");
    pushed(&office, grouped);
    let words = ["bob is to read more", "gains     sets/vault", "(tidy up)", "--trust bob"];
    alice.vault(["access", "allow", "vault", "dba"]).fails(2, &words);
    // By name, with what they are to read, it is said already.
    alice.vault(["access", "allow", "vault", "bob"]).fails(0, &["sets/vault: added bob"]);
    alice.git(["checkout", "--quiet", "HEAD", "--", ".secrets"]);
    pushed(&office, |_| {
        let rule = before.find("\n[rules.\"sets/vault\"]").unwrap();
        ruled(before.get(..rule).unwrap())
    });
    alice.vault(["group", "add", "dba", "bob"]).fails(2, &words);
    assert!(!alice.secret_file("sets/vault.toml").contains("[recipients.bob]"));
}

#[test]
fn a_rule_that_blocks_a_removal_is_not_carried_out_on_the_way_around_it() {
    let office = scene();
    let alice = pushed(&office, |team| format!("{team}\n[rules.\"sets/web\"]\nread = [\"bob\"]\n"));
    alice.vault(["recipient", "remove", "bob"]).fails(1, &["nobody could read", "access allow"]);
    let words = ["carol would no longer read sets/web", "(tidy up)", "add --yes"];
    alice.vault(["access", "allow", "web", "alice"]).fails(2, &words);
    assert!(alice.secret_file("sets/web.toml").contains("[recipients.carol]"));
    alice.vault(["access", "allow", "web", "alice", "carol"]).succeeds();
    alice.vault(["recipient", "remove", "bob"]).fails(0, &["sets/web: removed bob"]);
    assert!(alice.secret_file("sets/web.toml").contains("[recipients.carol]"));
}
