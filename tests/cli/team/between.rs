//! What was taken from somebody and given back while this machine did not look is asked about, however
//! the commits hide that.

use super::rules::in_group;
use super::taken::with_bob;
use crate::support::{Office, Person, Sandbox, put};

type Change = fn(&str) -> String;

/// What alice is asked about, who has not looked since bob was one of ops.
#[track_caller]
fn alice_is_asked(office: &Office, file: &str) {
    let alice = office.person("alice");
    alice.pull();
    alice.vault(["set", file, "A=1"]).fails(2, &["bob is to read more"]);
    assert!(!alice.repo().join(format!(".secrets/sets/{file}.toml")).exists());
}

const PROD: &str = "[rules.\"sets/prod*\"]\nread = [\n    \"alice\",\n    \"ops\",\n]\n";

#[test]
fn by_a_rule_that_came_and_went() {
    for pattern in ["sets/prod-db*", "sets/*"] {
        let office = with_bob();
        let rule = format!("\n[rules.\"{pattern}\"]\nread = [\"alice\", \"carol\"]\n");
        let (bob, carol) = (office.person("bob"), office.person("carol"));
        carol.pull();
        let team = carol.secret_file("team.toml");
        carol.put("team.toml", &format!("{team}{rule}"));
        carol.push("only some");
        bob.pull();
        bob.put("team.toml", &team);
        bob.push("tidy up");
        alice_is_asked(&office, if pattern == "sets/*" { "new" } else { "prod-db1" });
    }
}

#[test]
fn by_a_rule_that_was_made_anew() {
    let office = with_bob();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    carol.pushes_team("a change", |team| team.replace(PROD, ""));
    carol.pushes_team("a change", |team| {
        format!("{team}\n[rules.\"sets/prod*\"]\nread = [\"alice\", \"carol\"]\n")
    });
    bob.pushes_team("a change", |team| team.replace("\"carol\"]", "\"carol\", \"bob\"]"));
    alice_is_asked(&office, "prod2");
}

#[test]
fn by_a_rule_that_named_others_than_the_group() {
    let office = with_bob();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    carol.pushes_team("a change", |team| team.replace(PROD, &PROD.replace("\"ops\"", "\"carol\"")));
    bob.pushes_team("a change", |team| team.replace(&PROD.replace("\"ops\"", "\"carol\""), PROD));
    alice_is_asked(&office, "prod2");
}

#[test]
fn by_a_device_that_was_left_out() {
    let office = with_bob();
    let (alice, bob, carol) =
        (office.person("alice"), office.person("bob"), office.person("carol"));
    let phone = bob.vault(["keygen", "-o", "../phone"]).succeeds().text();
    alice.vault(["recipient", "add", "bob/phone", phone.trim()]).succeeds();
    let laptop = bob.vault(["keygen", "-o", "../laptop"]).succeeds().text();
    alice.vault(["recipient", "add", "bob/laptop", laptop.trim()]).succeeds();
    alice.push("devices");
    let ops = |who: &str| format!("[groups.ops]\nmembers = [\n    {who},\n    \"carol\",\n]\n");
    for (person, from, to) in
        [(&carol, "\"bob\"", "\"bob/laptop\""), (&bob, "\"bob/laptop\"", "\"bob\"")]
    {
        person.pull();
        let team = person.secret_file("team.toml");
        let changed = team.replace(&ops(from), &ops(to));
        assert_ne!(changed, team);
        person.put("team.toml", &changed);
        person.push("devices");
    }
    alice.pull();
    let asked = ["bob/phone is to read more", "bob is to read more"];
    alice.vault(["set", "prod2", "A=1"]).fails(2, &asked).never_says("bob/laptop is to");
}

/// bob pushes something, carol mends it and takes bob out of ops in one commit, and bob makes
/// team.toml what it was.
#[track_caller]
fn alice_is_asked_after(
    begin: impl FnOnce(&Person<'_>, &str),
    mend: impl FnOnce(&Person<'_>),
    end: impl FnOnce(&Person<'_>),
) {
    let office = with_bob();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    bob.pull();
    let with_bob = bob.secret_file("team.toml");
    begin(&bob, &with_bob);
    bob.push("oops");
    carol.pull();
    mend(&carol);
    carol.put("team.toml", &without_bob(&with_bob));
    carol.push("mended, without bob");
    bob.pull();
    end(&bob);
    bob.put("team.toml", &with_bob);
    bob.push("tidy up");
    alice_is_asked(&office, "prod2");
}

fn without_bob(team: &str) -> String {
    team.replacen("    \"bob\",\n", "", 1)
}

/// A team file of the same vault in another folder.
fn plant(bob: &Person<'_>, folder: &str, team: &str) {
    let folder = bob.repo().join(folder).join(".secrets");
    std::fs::create_dir_all(&folder).unwrap();
    put(&folder.join("team.toml"), team);
}

#[test]
fn by_a_team_that_made_no_sense_meanwhile() {
    let others: [Change; 2] = [
        |team| format!("{team}<<<<<<< HEAD\n"),
        |team| {
            let (before, id) = team.split_once("id = \"b64:").unwrap();
            format!("{before}id = \"b64:AAAAAAA{}", id.get(7..).unwrap())
        },
    ];
    for broken in others {
        alice_is_asked_after(|bob, team| bob.put("team.toml", &broken(team)), |_| {}, |_| {});
    }
}

#[test]
fn by_a_copy_that_was_planted() {
    let begin = |bob: &Person<'_>, team: &str| plant(bob, "+a", &without_bob(team));
    alice_is_asked_after(begin, |carol| drop(carol.git(["rm", "-rq", "+a"])), |_| {});
}

#[test]
fn by_a_team_that_was_broken_and_mended_beside() {
    let begin = |bob: &Person<'_>, team: &str| {
        bob.put("team.toml", &format!("{team}<<<<<<< HEAD\n"));
        plant(bob, "x", team);
    };
    alice_is_asked_after(begin, |_| {}, |bob| drop(bob.git(["rm", "-rq", "x"])));
}

#[test]
fn from_the_very_first_commit_on() {
    let sandbox = Sandbox::new();
    sandbox.git(["init", "--quiet", "--initial-branch=main"]);
    sandbox.vault(["keygen"]).succeeds();
    sandbox.vault(["init", "--name", "alice"]).succeeds();
    let bob = sandbox.vault(["keygen", "-o", "bob"]).succeeds().text();
    sandbox.vault(["recipient", "add", "bob", bob.trim()]).succeeds();
    sandbox.vault(["access", "allow", "prod*", "alice", "bob"]).succeeds();
    let path = sandbox.work().join(".secrets/team.toml");
    let with_bob = std::fs::read_to_string(&path).unwrap();
    let without = with_bob.replace("    \"bob\",\n", "");
    assert_ne!(without, with_bob);
    for team in [&with_bob, &without, &with_bob] {
        put(&path, team);
        sandbox.git(["add", ".secrets"]);
        sandbox.git(["commit", "--quiet", "--message", "a change"]);
    }
    sandbox.vault(["set", "prod2", "A=1"]).fails(2, &["bob is to read more"]);
}

#[test]
fn by_what_is_no_file_where_a_team_could_be() {
    let office = with_bob();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    bob.pull();
    let link = "160000,1111111111111111111111111111111111111111,x/.secrets/team.toml";
    bob.git(["update-index", "--add", "--cacheinfo", link]);
    bob.git(["commit", "--quiet", "--message", "a link"]);
    bob.git(["rm", "--quiet", "--cached", "x/.secrets/team.toml"]);
    bob.git(["commit", "--quiet", "--message", "no link"]);
    bob.git(["push", "--quiet", "origin", "HEAD:main"]);
    carol.pushes_team("a change", without_bob);
    bob.pushes_team("a change", in_group);
    alice_is_asked(&office, "prod2");
}

#[test]
fn a_shallow_clone_that_cannot_tell_says_so_and_asks() {
    let office = with_bob();
    let alice = office.person("alice");
    let remote = format!("file://{}", alice.git(["config", "remote.origin.url"]).trim());
    alice.git(["clone", "--quiet", "--depth=1", &remote, "../shallow"]);
    let there =
        |words: &[&str]| alice.vault(["-C", "../shallow"].into_iter().chain(words.iter().copied()));
    there(&["get", "web", "A"]).succeeds();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    carol.pushes_team("a change", without_bob);
    bob.pushes_team("a change", in_group);
    alice.git(["-C", "../shallow", "fetch", "--quiet", "--depth=1", "origin", "main"]);
    alice.git(["-C", "../shallow", "reset", "--quiet", "--hard", "origin/main"]);
    let words = ["so all are asked about: this is a shallow clone", "bob is to read more"];
    there(&["set", "prod2", "A=1"]).fails(2, &words);
    alice.git(["-C", "../shallow", "fetch", "--quiet", "--unshallow"]);
    there(&["set", "prod2", "A=1"]).fails(2, &["bob is to read more"]).never_says("carol is to");
}

#[test]
fn who_makes_a_file_where_a_rule_has_not_come_yet_is_told() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    let git = |words: &[&str]| sandbox.git(words);
    let bob = sandbox.vault(["keygen", "-o", "bob"]).succeeds().text();
    sandbox.vault(["recipient", "add", "bob", bob.trim()]).succeeds();
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", ".secrets"]);
    git(&["commit", "--quiet", "--message", "begin"]);
    git(&["branch", "older"]);
    sandbox.vault(["access", "allow", "db*", "alice"]).succeeds();
    git(&["commit", "--quiet", "--all", "--message", "db"]);
    git(&["checkout", "--quiet", "older"]);
    let words = ["by the rule for sets/db*, which this branch does not have", "not be for bob"];
    sandbox.vault(["set", "db1", "A=1"]).fails(0, &words);
}

#[test]
fn by_another_name_meanwhile() {
    let office = with_bob();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    bob.pull();
    bob.vault(["recipient", "rename", "bob", "bobby"]).succeeds();
    bob.push("bobby");
    carol.pull();
    carol.vault(["group", "remove", "ops", "bobby", "--trust", "bobby", "--yes"]).succeeds();
    carol.push("without bobby");
    bob.pull();
    bob.vault(["recipient", "rename", "bobby", "bob"]).succeeds();
    bob.push("bob");
    bob.pushes_team("tidy up", in_group);
    alice_is_asked(&office, "prod2");
}
