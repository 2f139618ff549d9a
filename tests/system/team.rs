//! A team, seen with other tools: stock `age` on the wraps, and a person at the terminal who is
//! asked.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::house::{House, said};
use super::pty::on_terminal;
use crate::support::{Office, Person};

/// Whether `age -d` opens any wrap of any file that stands in someone's clone.
fn opens_any(identity: &Path, clone: &Person<'_>) -> bool {
    let mut opened = false;
    for file in fs::read_dir(clone.repo().join(".secrets/sets")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let wraps = text.lines().filter_map(|line| line.strip_prefix("wrap = \""));
        for wrap in wraps {
            let base64 = wrap.trim_end_matches('"').rsplit(':').next().unwrap();
            let output = age_decrypts(identity, &STANDARD_NO_PAD.decode(base64).unwrap());
            assert!(!output.status.success() || output.stdout.len() == 32);
            opened |= output.status.success();
        }
    }
    opened
}

fn age_decrypts(identity: &Path, wrap: &[u8]) -> Output {
    use std::io::Write as _;
    let mut command = std::process::Command::new("age");
    command.arg("-d").arg("-i").arg(identity).stdin(Stdio::piped());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("this test needs age (Debian: age)");
    // age ends before it has read all where no identity fits.
    let _ = child.stdin.take().unwrap().write_all(wrap);
    child.wait_with_output().unwrap()
}

#[test]
fn who_was_removed_opens_nothing_that_stands_in_the_repository_with_age_either() {
    let office = Office::of_alice();
    let (alice, bob) = (office.person("alice"), office.clones("bob"));
    for set in ["web", "db", "mail"] {
        alice.vault(["set", set, "A=1"]).succeeds();
    }
    let key = bob.keygen();
    alice.vault(["recipient", "add", "bob", &key]).succeeds();
    alice.push("bob joins");
    bob.pull();
    assert!(opens_any(&bob.identity(), &bob));
    alice.vault(["access", "deny", "mail", "bob"]).succeeds();
    alice.vault(["recipient", "remove", "bob"]).succeeds();
    alice.push("bob leaves");
    bob.pull();
    assert!(!opens_any(&bob.identity(), &bob));
    assert!(opens_any(&alice.identity(), &bob), "age works, and alice reads");
    for set in ["web", "db", "mail"] {
        bob.vault(["get", set, "A"]).ends(3);
    }
}

/// alice's house, where carol, whose identity is `repo/carol`, has asked to join.
fn asked() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-a"]);
    for name in ["carol", "mallory"] {
        house.done(&["keygen", "-o", name]);
    }
    house.done(&["-i", "mallory", "join", "carol"]);
    let request = house.repo().join(".secrets/requests/carol.toml");
    fs::copy(&request, house.repo().join("swapped.toml")).unwrap();
    fs::remove_file(&request).unwrap();
    house.done(&["-i", "carol", "join", "carol"]);
    house
}

fn opens(house: &House, identity: &str) -> bool {
    let got = house.vault(&["-i", identity, "get", "web", "A"]);
    assert!(matches!(got.status.code(), Some(0 | 3)), "{}", said(&got));
    got.status.success()
}

#[test]
fn the_key_that_was_shown_is_the_one_that_is_let_in() {
    let house = asked();
    // While alice looks at carol's key, somebody pushes another into its place.
    on_terminal(
        &house,
        &["recipient", "add", "carol"],
        r#"
shown_before = wait_for(b"[y/N] ")
assert b"carol is new here" in shown_before and b"SHA256:" in shown_before, shown_before
os.replace("swapped.toml", ".secrets/requests/carol.toml")
type_in(b"y\n")
assert change() == 0, shown
"#,
    );
    assert!(opens(&house, "carol") && !opens(&house, "mallory"));
    let request = house.repo().join(".secrets/requests/carol.toml");
    assert!(request.exists(), "what nobody has seen is not answered");
}

#[test]
fn a_no_changes_nothing() {
    let house = asked();
    let team = fs::read(house.repo().join(".secrets/team.toml")).unwrap();
    for answer in ["n", "", "yep"] {
        let test = format!(
            r#"
wait_for(b"[y/N] ")
type_in(b"{answer}\n")
assert change() == 1, shown
assert b"nothing was written" in shown, shown
"#
        );
        on_terminal(&house, &["recipient", "add", "carol"], &test);
        assert!(!opens(&house, "carol"));
        assert_eq!(fs::read(house.repo().join(".secrets/team.toml")).unwrap(), team);
    }
}

#[test]
fn whoever_slips_into_the_team_while_a_question_waits_is_not_let_in() {
    let house = asked();
    let mallory = house.vault(&["-i", "mallory", "whoami", "--json"]);
    let mallory: serde_json::Value = serde_json::from_slice(&mallory.stdout).unwrap();
    let key = mallory["identities"][0]["public"].as_str().unwrap();
    let test = format!(
        r#"
wait_for(b"[y/N] ")
with open(".secrets/team.toml", "a") as team:
    team.write('\n[members.mallory]\nto = "{key} mallory"\n')
type_in(b"y\n")
change()
"#
    );
    on_terminal(&house, &["recipient", "add", "carol"], &test);
    assert!(!opens(&house, "mallory"));
    // Of a rekey of everything, which would let both in, nothing is done.
    let house = asked();
    let carol = fs::read_to_string(house.repo().join(".secrets/requests/carol.toml")).unwrap();
    let to = carol.lines().last().unwrap();
    let path = house.repo().join(".secrets/team.toml");
    let team = fs::read_to_string(&path).unwrap();
    crate::support::put(&path, format!("{team}\n[members.carol]\n{to}\n"));
    let test =
        test.replace("change()", "assert change() == 1 and b'nobody was let in' in shown, shown");
    on_terminal(&house, &["rekey"], &test);
    assert!(!opens(&house, "mallory") && !opens(&house, "carol"));
}

#[test]
fn what_comes_while_a_question_waits_is_not_given_with_it() {
    let house = asked();
    house.done(&["recipient", "add", "carol", "--trust", "carol"]);
    for set in ["one", "two"] {
        house.done(&["access", "allow", set, "alice"]);
        house.done(&["set", set, "A=1"]);
    }
    let team = house.repo().join(".secrets/team.toml");
    let rules = fs::read_to_string(&team).unwrap();
    let with_carol = |text: &str, set: &str| {
        let rule = format!("[rules.\"sets/{set}\"]\nread = [\n");
        text.replace(&rule, &format!("{rule}    \"carol\",\n"))
    };
    let one = with_carol(&rules, "one");
    crate::support::put(&team, &one);
    crate::support::put(&house.repo().join("both.toml"), with_carol(&one, "two"));
    let test = r#"
wait_for(b"[y/N] ")
os.replace("both.toml", ".secrets/team.toml")
type_in(b"y\n")
assert change() == 1 and b"nobody was let in" in shown, shown
"#;
    on_terminal(&house, &["rekey"], test);
    for set in ["one", "two"] {
        let file = fs::read_to_string(house.set_file(set)).unwrap();
        assert!(!file.contains("[recipients.carol]"), "{set}");
    }
}

#[test]
fn nobody_who_is_removed_while_a_value_is_typed_reads_the_new_set() {
    let house = asked();
    let team = house.repo().join(".secrets/team.toml");
    fs::copy(&team, house.repo().join("without.toml")).unwrap();
    house.done(&["recipient", "add", "carol", "--trust", "carol"]);
    let test = r#"
until(silent)
os.replace("without.toml", ".secrets/team.toml")
type_in(b"canary-5d1f-n\n")
assert change() == 1 and b"someone changed who may read while this waited" in shown, shown
"#;
    on_terminal(&house, &["set", "new", "KEY"], test);
    assert!(!house.set_file("new").exists());
}
