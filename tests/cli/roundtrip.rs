//! Every byte string that goes in comes out again, by each way in and each way out.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Outcome, Sandbox};

/// Values by key.
type Values = BTreeMap<String, Vec<u8>>;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any bytes, and texts made of what shells, TOML, JSON and dotenv have rules about.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => vec(any::<u8>(), 0..90),
        3 => "[ '\"\\\\$=#`!%&;{}\\[\\]\r\n\tax\u{0}]{0,14}".prop_map(String::into_bytes),
        2 => "(\\PC|[\r\n\t\u{1}\u{7f}\u{85}\u{feff}\u{2028}]){0,20}".prop_map(String::into_bytes),
        1 => (any::<u8>(), 60..70_usize).prop_map(|(byte, count)| std::vec::from_elem(byte, count)),
        1 => (any::<u8>(), 4000..9000_usize).prop_map(|(byte, count)| std::vec::from_elem(byte, count)),
    ]
}

fn no_nul() -> impl Strategy<Value = Vec<u8>> {
    any_bytes().prop_map(|mut bytes| {
        bytes.retain(|byte| *byte != 0);
        bytes
    })
}

/// What a `.env` file can hold: text without NUL. One that ends in a backslash may need quotes, in
/// which python-dotenv takes the backslash for an escape; those are refused by name.
fn dotenv_text() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "[ '\"\\\\$=#`{}\r\n\tax]{0,14}",
        "(\\PC|[\r\n\t\u{1}\u{7f}\u{85}\u{feff}\u{2028}]){0,20}"
    ];
    text.prop_map(|text| text.trim_end_matches('\\').to_owned().into_bytes())
}

fn batch(value: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Values> {
    vec(value, 40).prop_map(|values| (0..).map(|n: u32| format!("K{n}")).zip(values).collect())
}

fn pairs(values: &Values) -> Vec<OsString> {
    let pair = |(key, value): (&String, &Vec<u8>)| {
        OsString::from_vec([key.as_bytes(), b"=", value].concat())
    };
    values.iter().map(pair).collect()
}

fn set(sandbox: &Sandbox, name: &str, values: &Values) -> Outcome {
    let words = ["set", name].map(OsString::from).into_iter().chain(pairs(values));
    sandbox.vault(words).succeeds()
}

fn exported(sandbox: &Sandbox, name: &str) -> Values {
    let out = sandbox.vault(["export", name, "--format", "json"]).succeeds();
    let object = out.json();
    let value = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(value["base64"].as_str().unwrap()).unwrap(),
    };
    object.as_object().unwrap().iter().map(|(key, v)| (key.clone(), value(v))).collect()
}

fn environment(dump: &[u8]) -> Values {
    let pairs = dump.split(|byte| *byte == 0).filter(|pair| !pair.is_empty());
    let split = |pair: &[u8]| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap();
        (String::from_utf8(pair[..at].to_vec()).unwrap(), pair[at + 1..].to_vec())
    };
    pairs.map(split).collect()
}

proptest! {
    #![proptest_config(cases(10))]

    #[test]
    fn by_argument_then_get_and_json_and_back(values in batch(no_nul())) {
        let sandbox = Sandbox::with_vault();
        set(&sandbox, "web", &values);
        for (key, value) in values.iter().take(6) {
            prop_assert_eq!(&sandbox.vault(["get", "web", key]).succeeds().stdout, value);
        }
        prop_assert_eq!(&exported(&sandbox, "web"), &values);
        let json = sandbox.vault(["export", "web", "--format", "json"]).succeeds().stdout;
        sandbox.command(["import", "again", "--format", "json"]).stdin(json).run().succeeds();
        prop_assert_eq!(&exported(&sandbox, "again"), &values);
    }

    #[test]
    fn by_stdin_and_by_file_with_nul_and_all(values in vec(any_bytes(), 8)) {
        let sandbox = Sandbox::with_vault();
        for value in values {
            sandbox.command(["set", "web", "IN", "--stdin"]).stdin(&*value).run().succeeds();
            let file = sandbox.put("value", &value);
            let words = [OsStr::new("set"), "web".as_ref(), "FILE".as_ref(), "--from-file".as_ref()];
            sandbox.vault(words.into_iter().chain([file.as_os_str()])).succeeds();
            prop_assert_eq!(&sandbox.vault(["get", "web", "IN"]).succeeds().stdout, &value);
            prop_assert_eq!(&exported(&sandbox, "web")["FILE"], &value);
        }
    }

    #[test]
    fn through_a_dotenv_file(values in batch(dotenv_text())) {
        let sandbox = Sandbox::with_vault();
        set(&sandbox, "web", &values);
        let text = sandbox.vault(["export", "web", "--format", "dotenv"]).succeeds().stdout;
        sandbox.put("some.env", text);
        sandbox.vault(["import", "again", "some.env", "--format", "dotenv"]).succeeds();
        prop_assert_eq!(&exported(&sandbox, "again"), &values);
    }

    #[test]
    fn into_the_environment_of_a_command(values in batch(no_nul())) {
        let sandbox = Sandbox::with_vault();
        set(&sandbox, "web", &values);
        let out = sandbox.vault(["exec", "web", "--pristine", "--", "env", "-0"]).quietly();
        prop_assert_eq!(environment(&out.stdout), values);
    }
}

#[test]
fn a_mebibyte_comes_back_and_one_byte_more_is_refused() {
    let sandbox = Sandbox::with_vault();
    let value: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    sandbox.command(["set", "web", "BIG", "--stdin"]).stdin(&*value).run().succeeds();
    assert_eq!(sandbox.vault(["get", "web", "BIG"]).succeeds().stdout, value);
    let before = sandbox.set_text("web");
    let longer = [&*value, b"x"].concat();
    let out = sandbox.command(["set", "web", "BIG", "--stdin"]).stdin(longer).run();
    out.fails(1, &["BIG: a value is at most 1 MiB"]);
    assert_eq!(sandbox.set_text("web"), before);
}

#[test]
fn what_a_format_cannot_hold_is_refused_by_name() {
    let sandbox = Sandbox::with_vault();
    for (value, format) in [
        (&b"\xff"[..], "dotenv"),
        (b"\xff", "shell"),
        (b"\xff", "docker-env"),
        (b"\xff", "github"),
        (b"a\0b", "dotenv"),
        (b"two\nlines", "docker-env"),
        (b" ends in \\", "dotenv"),
    ] {
        sandbox.command(["set", "web", "ODD_ONE", "--stdin"]).stdin(value).run().succeeds();
        let out = sandbox.vault(["export", "web", "--format", format]);
        assert_eq!(out.text(), "");
        out.fails(1, &["ODD_ONE", format]);
    }
}

#[test]
fn a_value_keeps_its_spaces_quotes_equals_signs_and_line_ends() {
    let sandbox = Sandbox::with_vault();
    let pairs = ["A==", "B= \" ' ", "C=", "D=a\nb\n", "E=\\n", "F=x=y=z", "my-key=1", "1X=2"];
    sandbox.vault(["set", "web"].iter().chain(&pairs)).succeeds();
    for pair in pairs {
        let (key, value) = pair.split_once('=').unwrap();
        assert_eq!(sandbox.vault(["get", "web", key]).quietly().text(), value);
    }
    let value = OsStr::from_bytes(b"RAW=\xff\xfe");
    sandbox.vault([OsStr::new("set"), "web".as_ref(), value]).succeeds();
    assert_eq!(sandbox.vault(["get", "web", "RAW"]).quietly().stdout, b"\xff\xfe");
}

#[test]
fn a_line_end_is_kept_with_a_hint_and_dropped_with_trim() {
    let sandbox = Sandbox::with_vault();
    let out = sandbox.command(["set", "web", "K", "--stdin"]).stdin("line\n").run();
    out.fails(0, &["vault: hint: ", "--trim"]);
    assert_eq!(sandbox.vault(["get", "web", "K"]).text(), "line\n");
    let trimmed = sandbox.command(["set", "web", "K", "--stdin", "--trim"]).stdin("line\n\n").run();
    assert!(!trimmed.succeeds().stderr.contains("hint"));
    assert_eq!(sandbox.vault(["get", "web", "K"]).text(), "line\n");
}

#[test]
fn a_generated_value_is_never_shown_and_has_the_length_and_alphabet_asked_for() {
    let sandbox = Sandbox::with_vault();
    let out = sandbox.vault(["set", "web", "K", "--generate"]).succeeds();
    let value = sandbox.vault(["get", "web", "K"]).text();
    assert_eq!(value.len(), 32);
    assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()), "{value}");
    out.never_says(&value);
    sandbox.vault(["set", "web", "K", "--generate=7", "--alphabet", "01"]).succeeds();
    let value = sandbox.vault(["get", "web", "K"]).text();
    assert!(value.len() == 7 && value.bytes().all(|b| matches!(b, b'0' | b'1')), "{value}");
}
