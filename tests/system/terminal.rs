//! What is typed at a hidden prompt, what a signal does there, and what a person is shown.

use std::fs::File;
use std::io::Write as _;

use super::house::House;
use super::pty::on_terminal;

#[test]
fn a_value_is_taken_byte_for_byte_as_it_was_typed() {
    let house = House::of_alice();
    on_terminal(
        &house,
        &["set", "web", "A"],
        r#"
wait_for(b"value of A in web: ")
assert silent()
type_in(b"a\tb\x01 \xff\xc3\xa9\x80 z\n")
assert change() == 0, shown
assert not silent() and b"z" not in shown, shown
"#,
    );
    assert_eq!(house.done(&["get", "web", "A"]), b"a\tb\x01 \xff\xc3\xa9\x80 z");
    let test = r#"
wait_for(b": ")
type_in(b"x" * 4094 + b"\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["set", "web", "A"], test);
    assert_eq!(house.done(&["get", "web", "A"]), vec![b'x'; 4094]);
}

#[test]
fn a_line_longer_than_the_terminal_passes_on_is_refused() {
    let house = House::of_alice();
    for typed in [r#"b"x" * 4095"#, r#"b"x" * 5000"#, r#"b"x" * 3000 + b"\x04" + b"y" * 3000"#] {
        let test = format!(
            r#"
wait_for(b": ")
for part in [{typed}]:
    head, eof, tail = part.partition(b"\x04")
    type_in(head + eof)
    time.sleep(0.2)
    type_in(tail + b"\n")
assert change() == 1, shown
assert b"4094 bytes" in shown and b"--stdin" in shown and not silent(), shown
"#
        );
        on_terminal(&house, &["set", "web", "A"], &test);
    }
    assert!(!house.set_file("web").exists());
}

#[test]
fn the_end_of_the_input_is_no_value() {
    let house = House::of_alice();
    let test = r#"
wait_for(b": ")
type_in(b"\x04")
assert change() == 1, shown
assert b"nothing was typed" in shown and not silent(), shown
"#;
    on_terminal(&house, &["set", "web", "A"], test);
    assert!(!house.set_file("web").exists());
    on_terminal(&house, &["keygen", "--passphrase", "-o", "new"], test);
    let twice = r#"
for _ in range(2):
    wait_for(b": ")
    type_in(b"horse\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["keygen", "--passphrase", "-o", "new"], twice);
    house.done(&["set", "web", "A=1"]);
    on_terminal(&house, &["-i", "new", "get", "web", "A"], test);
    let no_text = &test.replace(r"\x04", r"\xff\n").replace("nothing was typed", "UTF-8");
    on_terminal(&house, &["-i", "new", "get", "web", "A"], no_text);
}

#[test]
fn a_signal_at_the_prompt_ends_vault_and_leaves_the_echo_on() {
    let house = House::of_alice();
    for (act, signal) in [
        (r#"type_in(b"half\x03")"#, "SIGINT"),
        (r#"type_in(b"half\x1c")"#, "SIGQUIT"),
        ("os.kill(pid, signal.SIGTERM)", "SIGTERM"),
        ("os.kill(pid, signal.SIGHUP)", "SIGHUP"),
    ] {
        let test = format!(
            r#"
wait_for(b": ")
assert silent()
{act}
assert change() == -signal.{signal}, shown
assert not silent()
"#
        );
        on_terminal(&house, &["set", "web", "A"], &test);
    }
}

#[test]
fn a_stop_at_the_prompt_turns_the_echo_on_until_vault_is_continued() {
    let house = House::of_alice();
    on_terminal(
        &house,
        &["set", "web", "A"],
        r#"
for _ in range(2):
    wait_for(b"value of A in web: ")
    assert silent()
    type_in(b"half\x1a")
    assert change() == "stopped"
    assert not silent()
    os.kill(pid, signal.SIGCONT)
wait_for(b"value of A in web: ")
assert silent()
type_in(b"whole\n")
assert change() == 0, shown
assert not silent()
"#,
    );
    assert_eq!(house.done(&["get", "web", "A"]), b"whole");
}

#[test]
fn what_could_act_on_the_terminal_is_escaped() {
    let house = House::of_alice();
    for (key, bytes) in [("RAW", &b"a\x1b[31m\xff\n\x9b"[..]), ("TEXT", b"b\x1b[31m\xc2\x9b\nc")] {
        let path = house.repo().join(key);
        File::create(&path).unwrap().write_all(bytes).unwrap();
        house.done(&["set", "web", key, "--from-file", key]);
    }
    let shows = |text: &str| {
        format!(
            "assert change() == 0, shown\nshown = shown.replace(b'\\r\\n', b'\\n')\n\
             assert b'{text}' in shown, shown\n\
             assert not any(c < 32 and c != 10 or c > 126 for c in shown), shown"
        )
    };
    on_terminal(&house, &["get", "web", "RAW"], &shows(r"a\\x1b[31m\\xff\\n\\x9b\n"));
    on_terminal(&house, &["get", "web", "TEXT"], &shows(r"b\\u{1b}[31m\\u{9b}\nc\n"));
    let json = &shows(r#""b\\u001b[31m\\u009b\\nc""#);
    on_terminal(&house, &["get", "web", "TEXT", "--json"], json);
    on_terminal(&house, &["export", "web", "--format", "json"], &shows(r"[31m\\u{9b}\\nc"));
    house.done(&["unset", "web", "RAW"]);
    let shell = &shows(r"b\\u{1b}[31m\\u{9b}\nc");
    on_terminal(&house, &["export", "web", "--format", "shell"], shell);
}

/// A member of whom alice's machine has never heard, with the key of an age example.
fn stranger(house: &House) {
    let team = house.repo().join(".secrets/team.toml");
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    let mut file = File::options().append(true).open(team).unwrap();
    writeln!(file, "\n[members.mallory]\nto = \"{key} mallory\"").unwrap();
}

#[test]
fn a_member_who_is_new_is_asked_about_before_anything_is_typed_or_written() {
    let house = House::of_alice();
    stranger(&house);
    let answer = |answer: &str, then: &str| {
        format!(
            r#"
before = wait_for(b"may mallory read that? [y/N] ")
for words in (b"mallory is new here", b"SHA256:", b"sets/web"):
    assert words in before, before
type_in(b"{answer}\n")
{then}
"#
        )
    };
    for no in ["", "n", "maybe"] {
        let test = answer(no, "assert change() == 1 and b'not let in' in shown, shown");
        on_terminal(&house, &["set", "web", "A"], &test);
        assert!(!house.set_file("web").exists());
    }
    let then = r#"
wait_for(b"value of A in web: ")
type_in(b"x\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["set", "web", "A"], &answer("y", then));
    // Once is enough.
    on_terminal(
        &house,
        &["set", "new", "A=1"],
        "assert change() == 0 and b'[y/N]' not in shown, shown",
    );
}

#[test]
fn trust_asks_about_each_thing_and_no_is_no() {
    let house = House::of_alice();
    stranger(&house);
    let test = |answer: &str, code: u8| {
        format!(
            "wait_for(b'do you trust it? [y/N] ')\ntype_in(b'{answer}\\n')\nassert change() == {code}, shown"
        )
    };
    on_terminal(&house, &["trust"], &test("n", 1));
    on_terminal(&house, &["trust", "mallory"], &test("yes", 0));
    on_terminal(&house, &["trust"], "assert change() == 0 and b'nothing that' in shown, shown");
}
