//! An exported `.env` file, read by python-dotenv itself and by compose-go's rules.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use vault::exchange::{Caveat, ExportFormat, ExportReason, ImportFormat, export, import};
use vault::model::{KeyName, SecretValue};

mod compose;

/// What one reader makes of one file. `None` for a value it expanded.
type Read = BTreeMap<String, Option<String>>;

/// Reads a JSON list of `.env` files on stdin; writes what python-dotenv makes of each, first
/// literally, then with its default of expanding `${…}`. The files are real ones because
/// python-dotenv opens them with universal newlines.
const PYTHON: &str = r#"
import json, os, sys, tempfile
try:
    from dotenv import dotenv_values
except ImportError:
    sys.exit(42)
os.environ.clear()
read = []
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, ".env")
    for text in json.load(sys.stdin):
        with open(path, "wb") as file:
            file.write(text.encode())
        read.append([dict(dotenv_values(path, interpolate=flag)) for flag in (False, True)])
json.dump(read, sys.stdout)
"#;

/// Values on which the readers' rules turn.
const TRICKY: [&str; 44] = [
    "",
    " ",
    "'",
    "\"",
    "\\",
    "\\\\",
    "$",
    "$$",
    "${X}",
    "$X",
    "#",
    " #",
    "a #b",
    "\n",
    "\r",
    "\r\n",
    "a\r",
    "\\'",
    "\\\"",
    "\\n",
    "\\$X",
    "'\\",
    "a\\",
    "$X\\",
    "=",
    "a=b",
    "export A=b",
    "\u{feff}",
    "\u{85}",
    "\u{a0}x\u{a0}",
    "\u{2028}",
    "\x1f#x",
    "\x01\x7f",
    "\\\r",
    "$\\",
    "'$X",
    "'$X\r",
    "\"$X\\\\\"",
    "$\u{212a}\r",
    "'$\u{17f}",
    "\\'$X",
    "\\\\$X",
    "\\x41\\012\\c",
    "it's \"$5\" \\ #1\n",
];

fn python(files: &[String]) -> Vec<[Read; 2]> {
    let input = serde_json::to_vec(files).unwrap();
    let output = super::python::python(&["-c", PYTHON], &input, "python-dotenv");
    serde_json::from_slice(&output).unwrap()
}

fn generated(pattern: &'static str, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::string::string_regex(pattern).unwrap();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// A file of the values that can be exported, and what each reader must make of it.
struct Expected {
    file: String,
    literal: Read,
    expands_in_compose: Vec<KeyName>,
    expands_in_python: Vec<KeyName>,
}

fn exported(values: &[&str]) -> Expected {
    let set = "web".parse().unwrap();
    let mut entries: Vec<(KeyName, SecretValue)> = Vec::new();
    let mut literal = Read::new();
    for (i, text) in values.iter().enumerate() {
        // A dash or a digit in front is no variable to a shell, but all three readers take it.
        let key: KeyName = format!("{}{i}", ["K", "k-", "", "_"][i % 4]).parse().unwrap();
        let value = SecretValue::new(text.as_bytes().to_vec()).unwrap();
        match export(ExportFormat::Dotenv, &set, [(&key, &value)]) {
            Ok(_) => {
                literal.insert(key.to_string(), Some((*text).to_owned()));
                entries.push((key, value));
            }
            Err(error) => {
                assert_eq!(error.reason, ExportReason::QuotedBackslash);
                assert!(text.ends_with('\\'));
            }
        }
    }
    let pairs = entries.iter().map(|(key, value)| (key, value));
    let made = export(ExportFormat::Dotenv, &set, pairs).unwrap();
    let (mut expands_in_compose, mut expands_in_python) = (Vec::new(), Vec::new());
    for caveat in made.caveats {
        match caveat {
            Caveat::Compose(key) => expands_in_compose.push(key),
            Caveat::Python(key) => expands_in_python.push(key),
        }
    }
    let file = String::from_utf8(made.text.to_vec()).unwrap();
    Expected { file, literal, expands_in_compose, expands_in_python }
}

/// `read` without the entries of `keys`.
fn without(read: &Read, keys: &[KeyName]) -> Read {
    let named = |key: &String| keys.iter().any(|known| known.as_str() == key);
    read.iter().filter(|(key, _)| !named(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

#[test]
fn every_reader_of_an_exported_file_finds_the_same_values() {
    let mut values = generated(r#"([\\'"$#{} \r\n=]|[A-Za-z0-9_ -~]){0,10}"#, 1200);
    values.extend(generated(r#"([\\'"$#{}]|\\\\|\$\{|[\x01-\u{a0}]|\PC|\s){0,16}"#, 600));
    // Every tricky value is followed by every other, so that one left open would swallow the next.
    for first in TRICKY {
        values.extend(TRICKY.iter().flat_map(|second| [first.to_owned(), (*second).to_owned()]));
    }
    let all: Vec<&str> = values.iter().map(String::as_str).collect();
    let mut cases = vec![exported(&all)];
    cases.extend(all.chunks(3).map(exported));
    let files: Vec<String> = cases.iter().map(|case| case.file.clone()).collect();

    for (case, [literal, expanding]) in cases.iter().zip(python(&files)) {
        assert_eq!(literal, case.literal, "python-dotenv: {}", case.file);
        let keys = &case.expands_in_python;
        assert_eq!(without(&expanding, keys), without(&case.literal, keys), "{}", case.file);

        let composed = compose::read(&case.file).expect(&case.file);
        let keys = &case.expands_in_compose;
        assert_eq!(without(&composed, keys), without(&case.literal, keys), "{}", case.file);
        for key in keys {
            assert_ne!(composed[key.as_str()], case.literal[key.as_str()], "needless caveat");
        }
    }
    assert!(cases[0].literal.len() > 4000, "most values can be exported");
}

#[test]
fn import_reads_what_python_dotenv_reads() {
    let mut files = generated(
        r#"((export )?[A-C]{1,4} ?= ?('([a\\\n #"]|\\')*'|"([a\\\r\n #'$]|\\[a-z"])*"|[a-c'"$ #\\]*)( #[ -~]*)?(\n|\r\n|\r|\n\n#[ -~]*\n)){1,3}"#,
        2000,
    );
    // python-dotenv takes `'a\\'` for unclosed; import does not.
    files.retain(|file| !file.contains(r"\\'") && !file.contains(r#"\\""#));
    let mut compared = 0;
    for (file, [literal, _]) in files.iter().zip(python(&files)) {
        let Ok(entries) = import(ImportFormat::Dotenv, file.as_bytes()) else { continue };
        let text = |value: &SecretValue| String::from_utf8(value.expose().to_vec()).unwrap();
        let ours: Read =
            entries.iter().map(|(key, value)| (key.to_string(), Some(text(value)))).collect();
        assert_eq!(ours, literal, "{file:?}");
        compared += 1;
    }
    assert!(compared > 500, "{compared} files only");
}
