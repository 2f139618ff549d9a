//! What a locked identity file may hold.

use std::io::Write as _;
use std::iter;

use age::secrecy::SecretString;
use age::{Encryptor, scrypt};
use vault::crypto::{AskPassphrase, Identities, NewIdentity, UnlockError, UnwrapError};

const PASSPHRASE: &str = "correct horse";

/// Knows the passphrase of everything.
struct Known;

impl AskPassphrase for Known {
    fn ask(&self, _: &str) -> Option<SecretString> {
        Some(SecretString::from(PASSPHRASE.to_owned()))
    }
}

fn locked(text: &[u8]) -> Vec<u8> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(PASSPHRASE.to_owned()));
    recipient.set_work_factor(2);
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as _)).unwrap();
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).unwrap();
    writer.write_all(text).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn a_decrypted_file_that_is_too_long_is_not_cut() {
    let identity = NewIdentity::generate();
    let to = identity.public().parse().unwrap();
    let key = identity.to_file("2026-01-01T00:00:00Z");
    for (padding, fits) in [(0, true), (64 << 10, false)] {
        // The key stands first, so that a cut file would still hold it.
        let mut text = key.to_vec();
        text.resize((64 << 10).min(padding + text.len()), b'#');
        text.extend(iter::repeat_n(b'#', padding.min(1)));
        let mut identities = Identities::new(Box::new(Known));
        identities.add(&locked(&text), "it").unwrap();
        let found = identities.data_key(&[(&to, b"no wrap")]);
        let expected = if fits {
            UnwrapError::Tampered(0)
        } else {
            UnwrapError::Locked(UnlockError::NotAnIdentity("it".to_owned()))
        };
        assert_eq!(found.map(|_| ()).unwrap_err(), expected, "{padding}");
    }
}
