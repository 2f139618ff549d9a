//! Good files with a past, which the library writes: rotated, renamed, copied, people gone and
//! back; and by hand what it cannot write yet.

use std::collections::BTreeMap;

use vault::crypto::{Identities, NewIdentity, NoPassphrase, Recipient};
use vault::envelope::{Change, Opened, Recipients, Sealed, Trust};
use vault::model::{SecretSet, SecretValue};

use super::Good;
use super::by_hand::{File, Value};
use super::keys::Keys;

const X: &str = "x25519.txt";

pub(crate) fn files(keys: &Keys) -> Vec<Good> {
    let mut files = written_by_the_library(keys);
    files.push(merged(keys));
    files
}

/// Two rotations of one epoch merged: two links, and departures with stepped-aside names.
fn merged(keys: &Keys) -> Good {
    let set = |epoch| File::set("merged").epoch(epoch);
    let mut file = set(5)
        .to("alice", keys, X)
        .to("dave", keys, "ed25519")
        .left("dave", keys.public("rsa2048"), 3)
        .left("dave/old-1", keys.public("rsa3072"), 1)
        .left("eve/phone", keys.public("x25519-other.txt"), 4)
        .left("eve/phone.old-1", keys.public("stranger.txt"), 2)
        .value("A", Value::of(b"a", 5))
        .value("B", Value::of(b"b", 2).rev(3));
    let sides = [set(4), set(4)].map(|mut side| {
        side.id = file.id;
        side
    });
    let mut links = sides.each_ref().map(|side| file.link_from(side));
    links.sort();
    file.prev = links.to_vec();
    Good::canonical("merged", file, &[X, "ed25519"])
}

struct Steps {
    alice: NewIdentity,
    identities: Identities,
}

impl Steps {
    fn written(opened: Opened<SecretSet>) -> Sealed<SecretSet> {
        opened.seal().unwrap()
    }

    fn again(&self, sealed: &Sealed<SecretSet>) -> Opened<SecretSet> {
        sealed.clone().open(&self.identities).unwrap()
    }
}

fn recipient(keys: &Keys, key: &str) -> Recipient {
    keys.public(key).parse().unwrap()
}

fn secret(bytes: &[u8]) -> SecretValue {
    SecretValue::new(bytes.to_vec()).unwrap()
}

fn written_by_the_library(keys: &Keys) -> Vec<Good> {
    let alice = NewIdentity::generate();
    let mut identities = Identities::new(Box::new(NoPassphrase));
    identities.add(&alice.to_file("2026-01-01T00:00:00Z"), "alice").unwrap();
    let steps = Steps { alice, identities };
    let first = first_epoch(keys, &steps);

    // Epoch 2: bob is removed; TOKEN was changed once before, NEW comes after.
    let mut opened = steps.again(&first);
    opened.remove_recipients(&["bob".parse().unwrap()]).unwrap();
    opened.set(&"NEW".parse().unwrap(), secret(b"new")).unwrap();
    let rotated = Steps::written(opened);
    let link =
        |from: &Sealed<SecretSet>| format!("{}:{}:", from.epoch(), from.commitment().key_id());
    let bob = keys.public("ed25519");
    let mut holds = expected("rotated", 2, keys, &steps).left("bob", bob, 1);
    holds.values.insert("NEW".to_owned(), Value::of(b"new", 2));
    holds.prev = vec![link(&first)];
    let mut files = vec![library_made("rotated", &rotated, holds.clone())];

    // Epoch 3: another name; bob comes back.
    let mut opened = steps.again(&rotated).renamed("renamed".parse().unwrap()).unwrap();
    opened
        .add_recipient("bob".parse().unwrap(), recipient(keys, "ed25519"), Trust::KnownKeys)
        .unwrap();
    let renamed = Steps::written(opened);
    let mut back = holds.clone().to("bob", keys, "ed25519").epoch(3);
    "renamed".clone_into(&mut back.name);
    back.prev = vec![link(&rotated)];
    files.push(library_made("renamed", &renamed, back));

    // A copy of epoch 2 that the keys' owner reads and alice does not.
    let readers = BTreeMap::from([("frank".parse().unwrap(), recipient(keys, X))]);
    let copy = steps
        .again(&rotated)
        .copied("copied".parse().unwrap(), Recipients::new(readers).unwrap(), &[])
        .unwrap();
    let mut holds = holds.epoch(3).left("alice", steps.alice.public(), 2);
    "copied".clone_into(&mut holds.name);
    holds.prev = Vec::new();
    holds.recipients.clear();
    files.push(library_made("copied", &Steps::written(copy), holds.to("frank", keys, X)));
    files
}

/// Epoch 1: three readers, and a value that was changed and annotated.
fn first_epoch(keys: &Keys, steps: &Steps) -> Sealed<SecretSet> {
    let readers = BTreeMap::from([
        ("alice".parse().unwrap(), steps.alice.public().parse().unwrap()),
        ("bob".parse().unwrap(), recipient(keys, "ed25519")),
        ("carol".parse().unwrap(), recipient(keys, X)),
    ]);
    let readers = Recipients::new(readers).unwrap();
    let mut opened = Opened::<SecretSet>::create("rotated".parse().unwrap(), SecretSet, readers);
    let token = "TOKEN".parse().unwrap();
    opened.set(&token, secret(b"first")).unwrap();
    let mut opened = steps.again(&Steps::written(opened));
    opened.set(&token, secret(b"second")).unwrap();
    let note = Change::To("why".parse().unwrap());
    opened.annotate(&token, note, Change::To("2027-01-31".parse().unwrap())).unwrap();
    opened.set(&"KEPT".parse().unwrap(), secret(b"kept")).unwrap();
    Steps::written(opened)
}

fn expected(name: &str, epoch: u32, keys: &Keys, steps: &Steps) -> File {
    let alice: age::x25519::Recipient = steps.alice.public().parse().unwrap();
    File::set(name)
        .epoch(epoch)
        .reader("alice", steps.alice.public(), &alice)
        .to("carol", keys, X)
        .value("TOKEN", Value::of(b"second", 1).rev(2).note("why").expires("2027-01-31"))
        .value("KEPT", Value::of(b"kept", 1))
}

fn library_made(file: &'static str, sealed: &Sealed<SecretSet>, holds: File) -> Good {
    Good { file, text: sealed.render(), holds, identities: vec![X], canonical: file }
}
