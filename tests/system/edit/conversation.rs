//! What a person is asked when a text is not understood, or somebody else changed the same.

use super::super::house::House;
use super::super::pty::on_terminal;
use super::{left_in_memory, with_script};

/// An editor that does another thing each time: what the file `repo/N` says, N being the number of
/// the visit.
fn visits(scripts: &[&str]) -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=one", "B=two"]);
    for (n, script) in (1..).zip(scripts) {
        super::super::support::put(&house.repo().join(format!("visit-{n}")), script);
    }
    // The editor may write into the folder alone, so the number of its visit is the test's to say.
    with_script(house, "printf 'number? ' >/dev/tty\nread -r n </dev/tty\n. \"./visit-$n\"")
}

const VISIT: &str = r#"
def visit(n):
    wait_for(b"number? ")
    type_in(b"%d\n" % n)
"#;

#[track_caller]
fn on(house: &House, args: &[&str], test: &str) {
    on_terminal(house, args, &format!("{VISIT}{test}"));
    assert!(left_in_memory(house).is_empty());
}

#[test]
fn a_text_that_is_not_understood_is_given_back_as_it_was() {
    let house = visits(&[
        "echo 'C = three' >>\"$1\"",
        "sed -n -e 1p -e '$p' \"$1\" >/dev/tty; sed -i 's/= three/= \"three\"/' \"$1\"",
    ]);
    on(
        &house,
        &["edit", "web"],
        r##"
visit(1)
wait_for(b" web: line 10: the value is not in quotes\r\nedit again? [Y/n] ")
type_in(b"\n")
visit(2)
wait_for(b"#! line 11: the value is not in quotes\r\nC = three\r\n")
assert change() == 0, shown
assert b"web: added C" in shown, shown
"##,
    );
    assert_eq!(house.done(&["get", "web", "C"]), b"three");
}

#[test]
fn whoever_does_not_want_to_edit_again_loses_what_was_typed_and_nothing_else() {
    for answer in [r#"b"n\n""#, r#"b"No\n""#, r#"b"\x04""#] {
        let house = visits(&["echo 'C = three' >>\"$1\""]);
        let before = house.files();
        let test = format!(
            "visit(1)\nwait_for(b'edit again? [Y/n] ')\ntype_in({answer})\n\
             assert change() == 1, shown\nassert b'nothing was written' in shown, shown"
        );
        on(&house, &["edit", "web"], &test);
        assert_eq!(house.files(), before);
    }
    // Nobody is asked who said so.
    let house = visits(&["echo 'C = three' >>\"$1\""]);
    let test = "visit(1)\nassert change() == 1, shown\nassert b'again?' not in shown, shown";
    on(&house, &["edit", "web", "--no-input"], test);
}

/// While the editor is open, somebody else sets A.
const MEANWHILE: &str = r#"
import subprocess
wait_for(b"number? ")
subprocess.run([sys.argv[3], "set", "web", "A=theirs"], check=True, capture_output=True)
type_in(b"1\n")
wait_for(b"web: changed by somebody else meanwhile, and by you: A\r\n")
wait_for(b"or [q]uit? ")
"#;

fn conflicting(scripts: &[&str]) -> House {
    let mut all = vec!["sed -i -e 's/one/mine/' -e 's/two/TWO/' \"$1\""];
    all.extend(scripts);
    visits(&all)
}

#[test]
fn a_person_chooses_whose_value_stays() {
    for (answer, value) in [("m", "mine"), ("theirs", "theirs")] {
        let house = conflicting(&[]);
        let rest = format!(
            "type_in(b'what\\n')\nwait_for(b'[q]uit? ')\ntype_in(b'{answer}\\n')\nassert change() == 0, shown"
        );
        on(&house, &["edit", "web"], &format!("{MEANWHILE}{rest}"));
        assert_eq!(house.done(&["get", "web", "A"]), value.as_bytes());
        assert_eq!(house.done(&["get", "web", "B"]), b"TWO", "of which nobody disagreed");
    }
    let house = conflicting(&[]);
    on(
        &house,
        &["edit", "web"],
        &format!("{MEANWHILE}type_in(b'q\\n')\nassert change() == 1, shown"),
    );
    assert_eq!(house.done(&["get", "web", "A"]), b"theirs");
    assert_eq!(house.done(&["get", "web", "B"]), b"two");
}

#[test]
fn a_person_who_edits_again_sees_both_values() {
    let house = conflicting(&["grep -A2 '^#~' \"$1\" >/dev/tty; sed -i 's/mine/both/' \"$1\""]);
    let rest = r##"
type_in(b"e\n")
visit(2)
wait_for(b"#~ A was changed meanwhile:\r\n#~ A = \"theirs\"\r\nA = \"mine\"\r\n")
assert change() == 0, shown
assert b"web: changed A, B" in shown, shown
"##;
    on(&house, &["edit", "web"], &format!("{MEANWHILE}{rest}"));
    assert_eq!(house.done(&["get", "web", "A"]), b"both");
}

#[test]
fn a_set_that_was_deleted_meanwhile_is_made_again_only_on_request() {
    for (answer, code, exists) in [("y", 0, true), ("", 1, false)] {
        let house = conflicting(&[]);
        let test = format!(
            r#"
import subprocess
wait_for(b"number? ")
subprocess.run([sys.argv[3], "delete", "web", "-y"], check=True, capture_output=True)
type_in(b"1\n")
wait_for(b"web was deleted meanwhile")
wait_for(b"[y/N] ")
type_in(b"{answer}\n")
assert change() == {code}, shown
"#
        );
        on(&house, &["edit", "web"], &test);
        assert_eq!(house.set_file("web").exists(), exists);
        if exists {
            assert_eq!(house.done(&["list", "web"]), b"A\nB\n");
        }
    }
}

#[test]
fn a_set_that_cannot_be_written_can_be_written_again() {
    let house = visits(&["sed -i 's/one/ONE/' \"$1\""]);
    let sets = house.repo().join(".secrets/sets");
    let test = format!(
        r#"
wait_for(b"number? ")
os.rename("{0}/web.toml", "{0}/away")
os.mkdir("{0}/web.toml")
type_in(b"1\n")
wait_for(b"try to write it again? [Y/n] ")
os.rmdir("{0}/web.toml")
os.rename("{0}/away", "{0}/web.toml")
type_in(b"\n")
assert change() == 0, shown
"#,
        sets.display()
    );
    on(&house, &["edit", "web"], &test);
    assert_eq!(house.done(&["get", "web", "A"]), b"ONE");
}
