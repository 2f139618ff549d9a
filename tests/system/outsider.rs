//! What someone makes of docs/format.md without having seen the code (`reader.py`): they read what
//! we write, refuse what we refuse, and we read what they write.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use vault::crypto::{Identities, NoPassphrase};
use vault::envelope::Sealed;
use vault::model::SecretSet;

use super::python::python;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/reader.py");

/// A value, its note and its expiry.
type Entry = (Vec<u8>, Option<&'static str>, Option<&'static str>);

fn frozen(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1").join(name)
}

fn json_file(name: &str) -> Value {
    serde_json::from_slice(&fs::read(frozen(name)).unwrap()).unwrap()
}

fn reader(command: &str, request: &Value) -> Vec<u8> {
    python(&[READER, command], &serde_json::to_vec(request).unwrap(), "pycryptodome")
}

/// The frozen private keys as stock tools take them: readable by nobody else, and unlocked, since
/// `age` asks for passphrases only on a terminal.
fn stock_keys() -> TempDir {
    let folder = TempDir::with_prefix("vault-test-").unwrap();
    for (name, key) in json_file("keys/keys.json").as_object().unwrap() {
        let (from, to) = (frozen("keys").join(name), folder.path().join(name));
        fs::copy(&from, &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        match key["passphrase"].as_str() {
            None => {}
            Some(passphrase) if name.starts_with("x25519") => unlock_age(&from, &to, passphrase),
            Some(passphrase) => {
                let mut keygen = Command::new("ssh-keygen");
                keygen.args(["-q", "-p", "-P", passphrase, "-N", "", "-f"]).arg(&to);
                assert!(keygen.output().unwrap().status.success(), "ssh-keygen -p {name}");
            }
        }
    }
    folder
}

fn unlock_age(from: &Path, to: &Path, passphrase: &str) {
    let file = fs::read(from).unwrap();
    let identity = age::scrypt::Identity::new(SecretString::from(passphrase));
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(&*file)).unwrap();
    let mut text = Vec::new();
    let mut plain = decryptor.decrypt(std::iter::once(&identity as _)).unwrap();
    plain.read_to_end(&mut text).unwrap();
    File::create(to).unwrap().write_all(&text).unwrap();
}

fn request(file: &Value, identity: &Path) -> Value {
    let path = frozen(file["file"].as_str().unwrap());
    json!({"file": path, "kind": file["kind"], "name": file["name"], "identity": identity})
}

#[test]
fn an_outsider_reads_every_good_file() {
    let keys = stock_keys();
    let good = json_file("good.json");
    let mut expected = Vec::new();
    let mut requests = Vec::new();
    for file in good.as_array().unwrap() {
        for identity in file["identities"].as_array().unwrap() {
            requests.push(request(file, &keys.path().join(identity.as_str().unwrap())));
            expected.push(file);
        }
    }
    let answers: Vec<Value> =
        serde_json::from_slice(&reader("read", &Value::Array(requests))).unwrap();
    assert_eq!(answers.len(), expected.len());
    for (file, answer) in expected.into_iter().zip(answers) {
        let (name, values) = (&file["file"], file["values"].as_object().unwrap());
        let read = answer["values"].as_object().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(read.keys().eq(values.keys()), "{name}");
        for (key, value) in values {
            for (field, expected) in value.as_object().unwrap() {
                assert_eq!(read[key][field], *expected, "{name}: {field} of {key}");
            }
        }
    }
}

#[test]
fn an_outsider_refuses_every_bad_file() {
    let keys = stock_keys();
    let identity = keys.path().join("x25519.txt");
    let bad = json_file("bad.json");
    let bad = bad.as_array().unwrap();
    let requests = bad.iter().map(|file| request(file, &identity)).collect();
    let answers: Vec<Value> =
        serde_json::from_slice(&reader("read", &Value::Array(requests))).unwrap();
    assert_eq!(answers.len(), bad.len());
    for (file, answer) in bad.iter().zip(answers) {
        assert!(answer["refused"].is_string(), "{} was read", file["file"]);
    }
}

#[test]
fn we_read_what_an_outsider_writes() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut values: BTreeMap<String, Entry> = BTreeMap::from([
        ("EMPTY".to_owned(), (Vec::new(), None, None)),
        ("BINARY".to_owned(), (every_byte.repeat(20), None, Some("2027-01-31"))),
        ("-".to_owned(), ("Grüße 🔑".into(), Some(r#"a "quoted" \ é"#), Some("0001-01-01"))),
        ("MEBIBYTE".to_owned(), (vec![0; 1 << 20], Some("zeros"), None)),
    ]);
    for length in 60..=66 {
        values.insert(format!("L{length}"), (vec![0x80; length], None, None));
    }
    let keys = json_file("keys/keys.json");
    let ours = ["x25519.txt", "ed25519", "rsa2048"];
    let recipients: BTreeMap<String, &Value> =
        ours.iter().map(|key| (format!("dev/{key}"), &keys[*key]["public"])).collect();
    let list: BTreeMap<&String, Value> = values
        .iter()
        .map(|(key, (value, note, expires))| {
            let value = STANDARD_NO_PAD.encode(value);
            (key, json!({"base64": value, "note": note, "expires": expires}))
        })
        .collect();
    let set = json!({"name": "outside", "recipients": recipients, "values": list});
    let text = reader("write", &set);

    let sealed = Sealed::<SecretSet>::parse(&text, &"outside".parse().unwrap()).unwrap();
    assert_eq!(sealed.render().as_bytes(), text, "the bytes are canonical");
    for key in ours {
        let mut identities = Identities::new(Box::new(NoPassphrase));
        identities.add(&fs::read(frozen("keys").join(key)).unwrap(), key).unwrap();
        let opened = sealed.clone().open(&identities).unwrap();
        assert_eq!(opened.entries().count(), values.len());
        for (key, entry) in opened.entries() {
            let (value, note, expires) = &values[key.as_str()];
            assert!(entry.value().expose() == value, "{key}");
            assert_eq!(entry.note().map(ToString::to_string).as_deref(), *note, "{key}");
            assert_eq!(entry.expires().map(|day| day.to_string()).as_deref(), *expires, "{key}");
        }
    }
}
