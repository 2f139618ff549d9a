//! Emergency recovery: without vault, `age` alone opens every wrap; and passphrases on a terminal.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use vault::crypto::{Identities, NoPassphrase, Recipient};
use vault::envelope::Trust;
use vault::model::{MemberName, SecretSet};
use vault::store::Vault;

use super::house::{House, VAULT, said};

pub(super) mod passphrase;

/// Runs a tool to a good end and returns its output.
pub(super) fn tool(house: &House, program: &str, args: &[&str]) -> Vec<u8> {
    let output = house.command(program).args(args).output();
    let output = output.unwrap_or_else(|why| panic!("this test needs {program}: {why}"));
    assert!(output.status.success(), "{program} {args:?}: {}", said(&output));
    output.stdout
}

/// A new OpenSSH key in `repo/NAME`, and its public half.
pub(super) fn ssh_key(house: &House, name: &str, kind: &[&str], passphrase: &str) -> Recipient {
    let args = ["-q", "-N", passphrase, "-C", "someone@somewhere", "-f", name, "-t"];
    tool(house, "ssh-keygen", &[&args, kind].concat());
    let public = fs::read_to_string(house.repo().join(format!("{name}.pub"))).unwrap();
    public.parse().unwrap()
}

/// The wraps of a set file as anyone can cut them out of it: `wrap = "EPOCH:KEYID:BASE64"`.
pub(super) fn wraps(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let text = fs::read_to_string(file).unwrap();
    let mut wraps = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("[recipients.") {
            name = header.trim_end_matches(']');
        } else if let Some(token) = line.strip_prefix("wrap = \"") {
            let base64 = token.trim_end_matches('"').rsplit(':').next().unwrap();
            wraps.insert(name.to_owned(), STANDARD_NO_PAD.decode(base64).unwrap());
        }
    }
    wraps
}

/// `age -d` of one wrap.
pub(super) fn age_opens(house: &House, identity: &Path, wrap: &[u8]) -> Output {
    let mut command = house.command("age");
    command.arg("-d").arg("-i").arg(identity).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // age ends before it has read all where no identity fits.
    let _ = child.stdin.take().unwrap().write_all(wrap);
    child.wait_with_output().unwrap()
}

/// Opens `web` with alice's identity, lets `change` work on it, and writes it.
pub(super) fn change(house: &House, change: impl FnOnce(&mut vault::envelope::Opened<SecretSet>)) {
    let mut identities = Identities::new(Box::new(NoPassphrase));
    identities.add(&fs::read(house.identity()).unwrap(), "alice's").unwrap();
    let vault = Vault::find(&house.repo()).unwrap();
    let writer = vault.lock(|| ()).unwrap();
    let sealed = vault.read::<SecretSet>(&"web".parse().unwrap()).unwrap();
    let mut opened = vault.open(sealed, &identities).unwrap();
    change(&mut opened);
    writer.replace(&opened.seal().unwrap()).unwrap();
}

fn add(house: &House, name: &str, to: Recipient) {
    let name: MemberName = name.parse().unwrap();
    change(house, |set| set.add_recipient(name, to, Trust::KnownKeys).unwrap());
}

/// alice's house with a set that is also for these.
fn shared(others: &[(&str, &[&str])]) -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-a"]);
    for (name, kind) in others {
        add(&house, name, ssh_key(&house, name, kind, ""));
    }
    house
}

#[test]
fn stock_age_opens_every_wrap_to_the_data_key() {
    let house = shared(&[("bob", &["ed25519"]), ("carol", &["rsa", "-b", "2048"])]);
    let wraps = wraps(&house.set_file("web"));
    assert_eq!(wraps.keys().collect::<Vec<_>>(), ["alice", "bob", "carol"]);
    let identity = |name: &str| -> PathBuf {
        if name == "alice" { house.identity() } else { house.repo().join(name) }
    };
    let mut keys = Vec::new();
    for (owner, wrap) in &wraps {
        for name in wraps.keys() {
            let output = age_opens(&house, &identity(name), wrap);
            assert_eq!(output.status.success(), name == owner, "{name}, {owner}'s wrap");
            if name == owner {
                assert_eq!(output.stdout.len(), 32, "{owner}");
                keys.push(output.stdout);
            }
        }
    }
    assert!(keys.iter().all(|key| *key == keys[0]), "all readers have one data key");
}

#[test]
fn who_is_removed_opens_no_wrap_of_the_new_file() {
    let house = shared(&[("bob", &["ed25519"]), ("carol", &["ed25519"])]);
    let before = wraps(&house.set_file("web"));
    let old_key = age_opens(&house, &house.repo().join("bob"), &before["bob"]).stdout;
    change(&house, |set| set.remove_recipients(&["bob".parse().unwrap()]).unwrap());
    let after = wraps(&house.set_file("web"));
    assert_eq!(after.keys().collect::<Vec<_>>(), ["alice", "carol"]);
    for wrap in after.values() {
        assert!(!age_opens(&house, &house.repo().join("bob"), wrap).status.success());
    }
    let new_key = age_opens(&house, &house.repo().join("carol"), &after["carol"]).stdout;
    assert_eq!(new_key.len(), 32);
    assert_ne!(new_key, old_key);
    let get = |identity: &str| house.vault(&["-i", identity, "get", "web", "A"]);
    assert_eq!(get("bob").status.code(), Some(3));
    assert_eq!(get("carol").stdout, b"canary-5d1f-a");
}
