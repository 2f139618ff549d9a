//! What a person types and sees at a terminal.

use crate::house::House;
use crate::pty::on_terminal;

#[test]
fn without_credentials_both_are_asked_for_and_the_password_is_not_shown() {
    let house = House::of_alice();
    on_terminal(
        &house,
        &["pull-secret", "create", "ci", "r.example"],
        r#"
wait_for(b"user name for r.example: ")
assert not silent()
type_in(b"bot\n")
wait_for(b"password for r.example: ")
assert silent()
type_in(b"canary-5d1f:\xc3\xbc z\n")
assert change() == 0, shown
assert not silent() and b"canary" not in shown, shown
"#,
    );
    let config = String::from_utf8(house.done(&["pull-secret", "config", "ci"])).unwrap();
    assert!(config.contains("Ym90OmNhbmFyeS01ZDFmOsO8IHo="), "{config}");
    let known = r#"
wait_for(b"password for r.example: ")
type_in(b"other\n")
assert change() == 0, shown
"#;
    let again = ["pull-secret", "create", "ci", "r.example", "--replace", "--username", "bot"];
    on_terminal(&house, &again, known);
    let refused = r#"
assert change() == 2, shown
assert b"--password-stdin" in shown, shown
"#;
    on_terminal(&house, &["--no-input", "pull-secret", "create", "x", "r.example"], refused);
    let taken = r#"
assert change() == 1, shown
assert b"already a pull secret ci" in shown, shown
"#;
    on_terminal(&house, &["pull-secret", "create", "ci", "r.example"], taken);
}

#[test]
fn credentials_are_not_printed_on_a_terminal_by_accident() {
    let house = House::of_alice();
    let create = ["pull-secret", "create", "ci", "r.example", "bot:canary-5d1f"];
    house.done(&create);
    for format in ["docker", "kubernetes"] {
        let config = ["pull-secret", "config", "--format", format];
        let refused = r#"
assert change() == 2, shown
assert b"--show" in shown and b"Ym90" not in shown and b"canary" not in shown, shown
"#;
        on_terminal(&house, &config, refused);
        let shown = "assert change() == 0, shown\nassert b'auth' in shown or b'dockerconfigjson' in shown, shown\n";
        on_terminal(&house, &[&config[..], &["--show"]].concat(), shown);
    }
}

#[test]
fn what_there_is_stands_in_a_table() {
    let house = House::of_alice();
    let create = ["pull-secret", "create", "ci", "ghcr.io", "bot:canary-5d1f"];
    house.done(&[&create[..], &["--expires", "2031-01-31"]].concat());
    let table = r#"
assert change() == 0, shown
lines = shown.split(b"\r\n")
assert lines[0].split() == [b"NAME", b"KIND", b"SERVER", b"EXPIRES", b"READERS"], shown
assert lines[1].split() == [b"ci", b"ghcr", b"ghcr.io", b"2031-01-31", b"alice"], shown
"#;
    on_terminal(&house, &["pull-secret", "list"], table);
    let confirmed = r#"
wait_for(b"delete ci with its credentials? [y/N] ")
type_in(b"y\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["pull-secret", "delete", "ci"], confirmed);
    assert_eq!(house.done(&["pull-secret", "list"]), b"");
}
