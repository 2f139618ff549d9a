//! In files a key of somebody else's stands under a colleague's name, while team.toml has theirs.

use super::removal::{another_key, scene};
use crate::support::{Office, Person};

/// bob brings files to what a changed team says, takes the change back, and alice pulls that.
fn sealed_by_bob(office: &Office, team: impl FnOnce(&str) -> String) -> Person<'_> {
    let (alice, bob) = (office.person("alice"), office.person("bob"));
    let before = bob.secret_file("team.toml");
    bob.put("team.toml", &team(&before));
    bob.vault(["rekey", "--trust", "carol"]).succeeds();
    bob.put("team.toml", &before);
    bob.push("tidy up");
    alice.pull();
    alice
}

fn key_of(person: &Person<'_>) -> String {
    let keys = person.vault(["whoami"]).succeeds().text();
    keys.split_ascii_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned()
}

/// The files that are for a key.
fn files_for(person: &Person<'_>, key: &str) -> Vec<&'static str> {
    let is_for = |file: &&str| {
        let text = person.secret_file(&format!("{file}.toml"));
        text.split("\n[departed").next().unwrap().contains(key)
    };
    ["sets/web", "sets/prod", "pull/ghcr"].into_iter().filter(is_for).collect()
}

#[track_caller]
fn nothing_opens(alice: &Person<'_>, ghost: &std::path::Path) {
    for words in [&["get", "web", "A"][..], &["get", "prod", "P"]] {
        alice.vault(["-i", ghost.to_str().unwrap()].iter().chain(words)).ends(3);
    }
}

#[test]
fn a_key_under_a_colleagues_name_gives_way_to_theirs_once_that_is_said() {
    for removal in [&["recipient", "remove", "bob"][..], &["group", "remove", "ops", "bob"]] {
        let office = scene();
        let (bob, carol) = (office.person("bob"), office.person("carol"));
        let (ghost, carols) = (another_key(&bob, "../ghost"), key_of(&carol));
        let alice = sealed_by_bob(&office, |team| team.replace(&carols, &ghost));
        assert_eq!(files_for(&alice, &ghost).len(), 3);
        let words = [
            "carol reads with a key that team.toml does not have",
            &format!("{ghost}, as which carol reads now"),
            "nothing was written",
            "--trust carol",
        ];
        alice.vault(removal).fails(2, &words);
        assert_eq!(files_for(&alice, &carols).len(), 0);
        let words = ["replaced the key of carol", "carol is not in the team with that key"];
        alice.vault(removal.iter().chain(&["--trust", "carol"])).fails(0, &words);
        if removal.contains(&"recipient") {
            assert_eq!(files_for(&alice, &ghost), [""; 0]);
            nothing_opens(&alice, &bob.repo().join("../ghost"));
        }
        assert!(files_for(&alice, &carols).contains(&"sets/prod"));
        alice.push("bob is out");
        carol.pull();
        assert_eq!(carol.vault(["get", "prod", "P"]).succeeds().text(), "1");
    }
}

#[test]
fn a_key_under_the_name_of_one_who_may_not_read_goes_once_that_is_said() {
    let office = scene();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    let (ghost, carols) = (another_key(&bob, "../ghost"), key_of(&carol));
    let alice = office.person("alice");
    alice.vault(["access", "allow", "web", "alice", "bob", "--yes"]).succeeds();
    alice.push("web is not for carol");
    bob.pull();
    sealed_by_bob(&office, |team| {
        let rule = team.find("[rules.\"sets/web\"]").unwrap();
        let (before, rule) = team.split_at(rule);
        format!("{before}{}", rule.replace("\"alice\",\n", "\"alice\",\n    \"carol\",\n"))
            .replace(&carols, &ghost)
    });
    assert!(files_for(&alice, &ghost).contains(&"sets/web"));
    let remove = ["recipient", "remove", "bob"];
    alice.vault(remove).fails(2, &["nothing was written", "--trust carol"]);
    alice.vault(remove.iter().chain(&["--trust", "carol"])).succeeds();
    assert_eq!(files_for(&alice, &ghost), [""; 0]);
    assert!(!files_for(&alice, &carols).contains(&"sets/web"));
}

#[test]
fn one_who_may_not_read_and_has_another_key_in_team_toml_is_not_lost_unasked() {
    let office = scene();
    let (alice, bob) = (office.person("alice"), office.person("bob"));
    let (other, carols) = (another_key(&bob, "../other"), key_of(&office.person("carol")));
    let team =
        bob.secret_file("team.toml").replace(&carols, &other).replace("    \"carol\",\n", "");
    let rule = |file: &str| format!("\n[rules.\"{file}\"]\nread = [\"alice\", \"bob\"]\n");
    bob.put("team.toml", &format!("{team}{}{}", rule("sets/web"), rule("pull/ghcr")));
    bob.push("tidy up");
    alice.pull();
    let remove = ["recipient", "remove", "bob", "--drop", "carol"];
    let words = ["carol would no longer read sets/web", "(tidy up)", "--trust carol"];
    alice.vault(&remove[..3]).fails(2, &words);
    assert!(files_for(&alice, &carols).contains(&"sets/web"));
    alice.vault(remove).succeeds();
}

#[test]
fn a_colleague_who_reads_on_by_another_name_is_no_reason_to_ask() {
    let office = scene();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    let (ghost, carols) = (another_key(&bob, "../ghost"), key_of(&carol));
    let alice = sealed_by_bob(&office, |team| {
        let member = format!("\n[members.carlotta]\nto = \"{carols} carlotta\"\n");
        let team = team.replace("    \"carol\",\n", "    \"carlotta\",\n");
        format!("{}{member}", team.replace(&carols, &ghost))
    });
    assert!(files_for(&alice, &carols).contains(&"sets/web"));
    alice.vault(["recipient", "remove", "bob"]).succeeds().never_says("carol would");
    assert_eq!(files_for(&alice, &ghost), [""; 0]);
    assert_eq!(files_for(&alice, &carols).len(), 3);
}

#[test]
fn where_nobody_can_be_let_in_the_key_goes_and_rekey_lets_the_colleague_read() {
    let office = scene();
    let (bob, carol) = (office.person("bob"), office.person("carol"));
    let (ghost, carols) = (another_key(&bob, "../ghost"), key_of(&carol));
    let alice = sealed_by_bob(&office, |team| team.replace(&carols, &ghost));
    let gone = "carol is not in the team with that key: no longer reads sets/web";
    let rekey = "`vault rekey` lets carol read with the key of team.toml";
    alice.vault(["rename", "web", "site"]).fails(0, &[gone, rekey]);
    assert!(!alice.secret_file("sets/site.toml").contains("[recipients.carol]"));
    alice.vault(["rekey", "site"]).fails(2, &["--trust carol"]);
    alice.vault(["rekey", "site", "--trust", "carol"]).fails(0, &["sets/site: added carol"]);
    assert!(alice.secret_file("sets/site.toml").contains(&carols));
}
