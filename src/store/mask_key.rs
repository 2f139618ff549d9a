//! The key of masked values: one for each person and machine, made on first use.

use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use super::atomic::{self, Access};
use super::error::StoreError;
use super::layout::{own, read_regular};
use crate::crypto::MaskKey;

const FILE: &str = "diff.key";

/// Longest file.
const MAX_BYTES: usize = 256;

/// The key in the folder for state that is the user's own; made where there is none. `None` where
/// there is no such folder, it cannot be written, or what stands there is no key: what is shown then
/// must do without.
pub fn mask_key(state: Option<&Path>) -> Option<MaskKey> {
    let folder = state?;
    let path = folder.join(FILE);
    match read_regular(&path, 1, MAX_BYTES) {
        Ok(Some(text)) => parse(text),
        Ok(None) => make(folder, &path),
        Err(_) => None,
    }
}

fn parse(text: Vec<u8>) -> Option<MaskKey> {
    let text = Zeroizing::new(text);
    MaskKey::parse(std::str::from_utf8(&text).ok()?.trim_end())
}

fn make(folder: &Path, path: &Path) -> Option<MaskKey> {
    own(folder).ok()?;
    atomic::create_folder(folder, Access::Private).ok()?;
    let key = MaskKey::random();
    let text = key.to_text();
    match atomic::create(path, text.as_bytes(), Access::Private) {
        // After a power failure another key is no harm.
        Ok(()) | Err(StoreError::NotDurable { .. }) => Some(key),
        // git runs several of us at once: whoever was first has made it.
        Err(StoreError::Io { why, .. }) if why.kind() == ErrorKind::AlreadyExists => {
            read_regular(path, 1, MAX_BYTES).ok()?.and_then(parse)
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state/vault");
        let text = |key: Option<MaskKey>| key.unwrap().to_text().to_string();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| mask_key(Some(&state)))).collect();
            threads.into_iter().map(|made| text(made.join().unwrap())).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "several keys were made");
        assert_eq!(text(mask_key(Some(&state))), keys[0]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&state.join(FILE))), (0o700, 0o600));
    }

    #[test]
    fn without_a_place_for_it_there_is_none() {
        let home = tempfile::tempdir().unwrap();
        assert!(mask_key(None).is_none());
        assert!(mask_key(Some(Path::new("/dev/null/vault"))).is_none());
        fs::create_dir(home.path().join(FILE)).unwrap();
        assert!(mask_key(Some(home.path())).is_none());
    }
}
