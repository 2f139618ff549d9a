//! `vault resolve` and a person at a terminal: what they are shown, what they answer, and what of
//! that is written.

use super::house::{CANARY, House, said};
use super::pty::on_terminal;

/// alice's, with `web` changed on two branches, and the merge of them waiting.
fn in_conflict() -> House {
    let house = House::of_alice();
    git(&house, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&house, &["config", "user.name", "alice"]);
    git(&house, &["config", "user.email", "alice@example.org"]);
    house.done(&["set", "web", "A=first", "B=first", "C=first"]);
    commit(&house, "start");
    git(&house, &["checkout", "--quiet", "-b", "theirs"]);
    house.done(&["set", "web", "A=their\u{1b}[31m", "B=b"]);
    house.done(&["unset", "web", "C"]);
    commit(&house, "theirs");
    git(&house, &["checkout", "--quiet", "main"]);
    house.done(&["set", "web", &format!("A={CANARY}"), "B=a", "C=c"]);
    commit(&house, "ours");
    let merge = house.command("git").args(["merge", "theirs"]).output().unwrap();
    assert_eq!(merge.status.code(), Some(1), "{}", said(&merge));
    house
}

fn git(house: &House, args: &[&str]) {
    let output = house.command("git").args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", said(&output));
}

fn commit(house: &House, message: &str) {
    git(house, &["add", "--all"]);
    git(house, &["commit", "--quiet", "--message", message]);
}

fn value(house: &House, key: &str) -> Vec<u8> {
    house.done(&["get", "web", key])
}

#[test]
fn each_entry_is_asked_about_with_its_values_masked() {
    let house = in_conflict();
    let test = format!(
        r#"
asked = wait_for(b"(q)uit? ")
assert b"A: changed on both sides" in asked and b"the branch that is merged" in asked, asked
masks = [line for line in asked.split(b"\r\n") if "\u2022\u2022\u2022".encode() in line]
assert len(masks) == 2 and masks[0] != masks[1], asked
assert b"{CANARY}" not in asked and b"their" not in asked.replace(b"theirs", b""), asked
type_in(b"what\n")
wait_for(b"(q)uit? ")
type_in(b"o\n")
asked = wait_for(b"(q)uit? ")
assert b"B: changed on both sides" in asked, asked
type_in(b"new\n")
wait_for(b"value of B: ")
assert silent()
type_in(b"typed anew\n")
asked = wait_for(b"(q)uit? ")
assert b"C: changed on our side, removed on theirs" in asked and b"removed" in asked, asked
type_in(b"r\n")
assert change() == 0, shown
assert b"resolved, and added" in shown and b"typed" not in shown, shown
"#
    );
    on_terminal(&house, &["resolve"], &test);
    assert_eq!(value(&house, "A"), CANARY.as_bytes());
    assert_eq!(value(&house, "B"), b"typed anew");
    assert_eq!(house.done(&["list", "web"]), b"A\nB\n");
    git(&house, &["diff", "--quiet"]);
}

#[test]
fn values_are_revealed_to_who_asks_and_escaped() {
    let house = in_conflict();
    let test = format!(
        r#"
asked = wait_for(b"(q)uit? ")
assert b"{CANARY}" in asked and b"their\\u{{1b}}[31m" in asked, asked
assert b"\x1b[31m" not in asked, asked
type_in(b"t\n")
wait_for(b"(q)uit? ")
type_in(b"q\n")
assert change() == 1, shown
assert b"nothing was written" in shown, shown
"#
    );
    let before = std::fs::read(house.set_file("web")).unwrap();
    on_terminal(&house, &["resolve", "--reveal"], &test);
    assert_eq!(std::fs::read(house.set_file("web")).unwrap(), before);
    // The end of the input decides nothing either.
    let test = "wait_for(b'(q)uit? ')\ntype_in(b'\\x04')\nassert change() == 1, shown\n";
    on_terminal(&house, &["resolve"], test);
    assert_eq!(std::fs::read(house.set_file("web")).unwrap(), before);
}
