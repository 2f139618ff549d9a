//! The worked example of docs/format.md: its file is the frozen one, and every number in it is
//! what the page's own formulas give.

use std::fmt::Write as _;

use vault::envelope::Sealed;
use vault::model::SecretSet;

use super::by_hand::{File, Value, hex, hmac};
use super::frozen;

const PAGE: &str = include_str!("../../docs/format.md");

/// Bytes of hex in a line.
const IN_A_LINE: usize = 48;

fn section() -> &'static str {
    let (_, section) = PAGE.split_once("<!-- example:begin -->\n").unwrap();
    section.split_once("<!-- example:end -->").unwrap().0
}

fn counting<const N: usize>(from: u8) -> [u8; N] {
    std::array::from_fn(|i| from + u8::try_from(i).unwrap())
}

/// The example's file, made again from what is random in it, and the file of the epoch before.
fn example() -> (File, File) {
    let name = "example".parse().unwrap();
    let sealed = Sealed::<SecretSet>::parse(&frozen::read("good/example.toml"), &name).unwrap();
    let mut old = File::set("example");
    old.id = counting(0);
    old.data_key = counting(0x20);
    let mut new = File { data_key: counting(0x40), epoch: 2, ..old.clone() };
    for (name, record) in sealed.recipients() {
        new.recipients.insert(name.to_string(), (record.to.to_string(), record.wrap.clone()));
    }
    for (name, departure) in sealed.departed() {
        new = new.left(name.as_str(), departure.to.as_str(), departure.until);
    }
    let mut value = Value::of(b"hunter2", 1).rev(2).note("ask \"ops\"").expires("2027-01-31");
    value.hedge = counting(0x60);
    new = new.value("TOKEN", value);
    new.prev = vec![new.link_from(&old)];
    (old, new)
}

/// A block of the page: names and their bytes in hex, long ones on several lines.
fn block(numbers: &[(&str, &[u8])]) -> String {
    let mut out = String::from("```text\n");
    for (name, bytes) in numbers {
        let lines: Vec<String> = bytes.chunks(IN_A_LINE).map(hex).collect();
        match lines.as_slice() {
            [one] if one.len() <= 64 => writeln!(out, "{name} = {one}").unwrap(),
            lines => writeln!(out, "{name} =\n  {}", lines.join("\n  ")).unwrap(),
        }
    }
    out + "```\n"
}

fn blocks() -> Vec<String> {
    let (old, new) = example();
    let (before, keys) = (old.keys(), new.keys());
    let (recipient, departure) = (new.recipient_message("alice"), new.departure_message("dave"));
    let (aad, enc, value) = (new.aad("TOKEN"), new.enc("TOKEN", &keys), &new.values["TOKEN"]);
    let length = u32::try_from(aad.len()).unwrap().to_le_bytes();
    vec![
        block(&[("id", &new.id), ("DK", &new.data_key)]),
        block(&[
            ("K_enc", &keys.enc),
            ("K_nonce", &keys.nonce),
            ("K_seal", &keys.seal),
            ("K_link", &keys.link),
            ("info of the commitment", &new.commitment_info()),
            ("commitment", &keys.commitment),
        ]),
        block(&[
            ("DK of epoch 1", &old.data_key),
            ("K_link of epoch 1", &before.link),
            ("commitment of epoch 1", &before.commitment),
            ("input of the link", &new.link_message()),
            ("link", &hmac(&before.link, &new.link_message())),
        ]),
        block(&[("input of alice's seal", &recipient), ("seal", &hmac(&keys.seal, &recipient))]),
        block(&[("input of dave's seal", &departure), ("seal", &hmac(&keys.seal, &departure))]),
        block(&[("AAD", &aad), ("p", &value.padded)]),
        block(&[
            ("32 random bytes", &value.hedge),
            ("u32(len(AAD))", &length),
            ("nonce", &enc[..24]),
            ("ciphertext", &enc[24..88]),
            ("tag", &enc[88..]),
        ]),
    ]
}

#[test]
fn the_page_shows_the_frozen_file() {
    let (_, rest) = section().split_once("```toml\n").unwrap();
    let (shown, _) = rest.split_once("```\n").unwrap();
    assert_eq!(shown.as_bytes(), frozen::read("good/example.toml"));
}

#[test]
fn the_formulas_of_the_page_make_the_frozen_file() {
    assert_eq!(example().1.text().as_bytes(), frozen::read("good/example.toml"));
}

#[test]
fn every_number_of_the_example_is_right() {
    let missing: Vec<String> =
        blocks().into_iter().filter(|block| !section().contains(block.as_str())).collect();
    assert!(missing.is_empty(), "docs/format.md lacks:\n{}", missing.join("\n"));
    assert_eq!(section().matches("```text\n").count(), blocks().len(), "a block that is not ours");
}
