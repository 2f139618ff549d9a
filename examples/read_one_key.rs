//! Opens a set with the library and reads one key.
//!
//! ```sh
//! cargo run --example read_one_key -- examples/demo-identity.txt demo GREETING
//! ```

use std::env;
use std::error::Error;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;

use vault::crypto::{Identities, NoPassphrase};
use vault::model::SecretSet;
use vault::store::Vault;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [identity, set, key] = args.as_slice() else {
        return Err("usage: read_one_key IDENTITY SET KEY".into());
    };
    let mut identities = Identities::new(Box::new(NoPassphrase));
    identities.add(&fs::read(identity)?, identity)?;

    // Reading needs no key; opening checks everything before it hands anything out.
    let vault = Vault::find(Path::new("."))?;
    let sealed = vault.read::<SecretSet>(&set.parse()?)?;
    let opened = vault.open(sealed, &identities)?;

    let entry = opened.get(&key.parse()?).ok_or("no such key")?;
    // `expose` is the one way out of a SecretValue; everything before it cannot print the value.
    stdout().write_all(entry.value().expose())?;
    Ok(())
}
