//! The key pairs of the frozen files: some made here, the ssh ones by ssh-keygen.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use age::armor::{ArmoredWriter, Format};
use age::secrecy::{ExposeSecret as _, SecretString};
use age_core::format::{FileKey, Stanza};
use serde_json::json;

use super::odd_recipient::StanzasOf;

/// Of the encrypted keys. It stands in the folder's README.
const PASSPHRASE: &str = "correct horse battery staple";

/// scrypt with 2^10 rounds: the key is public anyway.
const LIGHT_SCRYPT: u8 = 10;

/// The key of a hardware token, from the age crate's tests; nobody has its private part.
const P256TAG: &str = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";
const MLKEM768P256TAG: &str = include_str!("mlkem768p256tag.txt");

/// A key that only a plugin can encrypt to, from the README of age-plugin-yubikey.
pub(crate) const YUBIKEY: &str =
    "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt";

/// A public key, and how to encrypt to it.
pub(crate) struct Key {
    pub(crate) public: String,
    pub(crate) age: Box<dyn age::Recipient>,
}

/// By the name of the file that holds the private part.
pub(crate) struct Keys(BTreeMap<&'static str, Key>);

impl Keys {
    pub(crate) fn get(&self, name: &str) -> &Key {
        &self.0[name]
    }

    pub(crate) fn public(&self, name: &str) -> &str {
        &self.0[name].public
    }
}

/// A stanza of this type that nothing can open.
pub(crate) fn stanza(tag: &str) -> Stanza {
    Stanza { tag: tag.to_owned(), args: vec!["ZnJvemVu".to_owned()], body: vec![7; 32] }
}

/// Writes the private keys into `folder`, and `keys.json` with what belongs to each.
pub(crate) fn make(folder: &Path) -> Keys {
    let mut keys = BTreeMap::new();
    let mut list = serde_json::Map::new();
    for name in ["x25519.txt", "x25519-other.txt", "x25519-locked.txt", "stranger.txt"] {
        let identity = age::x25519::Identity::generate();
        let public = identity.to_public();
        let locked = name.contains("locked");
        let text = format!("# public key: {public}\n{}\n", identity.to_string().expose_secret());
        let text = if locked { lock(&text) } else { text };
        fs::write(folder.join(name), text).unwrap();
        list.insert(name.to_owned(), entry(&public.to_string(), locked.then_some(PASSPHRASE)));
        keys.insert(name, Key { public: public.to_string(), age: Box::new(public) });
    }
    for (name, sort, bits) in [
        ("ed25519", "ed25519", ""),
        ("ed25519-locked", "ed25519", ""),
        ("rsa2048", "rsa", "2048"),
        ("rsa3072", "rsa", "3072"),
    ] {
        let passphrase = name.contains("locked").then_some(PASSPHRASE);
        let public = ssh_keygen(&folder.join(name), sort, bits, passphrase.unwrap_or_default());
        let age: age::ssh::Recipient = public.parse().unwrap();
        list.insert(name.to_owned(), entry(&public, passphrase));
        keys.insert(name, Key { public, age: Box::new(age) });
    }
    fs::write(folder.join("keys.json"), serde_json::to_string_pretty(&list).unwrap() + "\n")
        .unwrap();

    let age: age::tag::Recipient = P256TAG.parse().unwrap();
    keys.insert("p256tag", Key { public: P256TAG.to_owned(), age: Box::new(age) });
    let public = MLKEM768P256TAG.trim().to_owned();
    let age: age::tagpq::Recipient = public.parse().unwrap();
    keys.insert("mlkem768p256tag", Key { public, age: Box::new(age) });
    let age = Box::new(StanzasOf(|_: &FileKey| vec![stanza("piv-p256")]));
    keys.insert("yubikey", Key { public: YUBIKEY.to_owned(), age });
    Keys(keys)
}

fn entry(public: &str, passphrase: Option<&str>) -> serde_json::Value {
    json!({"public": public, "passphrase": passphrase})
}

fn lock(text: &str) -> String {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(PASSPHRASE));
    recipient.set_work_factor(LIGHT_SCRYPT);
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as _)).unwrap();
    let mut out = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor).unwrap();
    let mut writer = encryptor.wrap_output(armor).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().finish().unwrap();
    String::from_utf8(out).unwrap()
}

/// Makes a key pair without comment and returns the public key as it stands in `to`.
fn ssh_keygen(path: &Path, sort: &str, bits: &str, passphrase: &str) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", sort, "-a", "4", "-C", "", "-N", passphrase, "-f"]).arg(path);
    if !bits.is_empty() {
        command.args(["-b", bits]);
    }
    assert!(command.status().unwrap().success());
    let public = path.with_extension("pub");
    let text = fs::read_to_string(&public).unwrap();
    fs::remove_file(public).unwrap();
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
