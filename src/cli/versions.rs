//! Identities and history for whoever merges versions of a file.

use std::path::Path;

use vault::envelope::{Opened, Sealed};
use vault::git::Help;
use vault::model::Content;
use vault::store::{Depth, NoHistory, Vault};

use super::open::Keyring;
use super::report::Failure;
use super::{Global, pins};

/// What is left where versions cannot be merged.
pub(crate) const TAKE_ONE: &str = "`git checkout --ours` or `--theirs` takes one side whole; then set again what the other changed, and `git add` the file";

/// Opens versions, with identities that are looked for when the first is to be opened.
pub(crate) struct Keys<'a> {
    global: &'a Global,
    vault: Option<&'a Vault>,
    keyring: Option<Keyring>,
    refusal: Option<Failure>,
}

impl<'a> Keys<'a> {
    /// Of the vault, if there is one: a repository without a work tree has none.
    pub(crate) fn new(global: &'a Global, vault: Option<&'a Vault>) -> Self {
        Self { global, vault, keyring: None, refusal: None }
    }

    /// The identities.
    pub(crate) fn keyring(&mut self) -> Result<&mut Keyring, Failure> {
        let keyring = match self.keyring.take() {
            Some(keyring) => keyring,
            None => Keyring::load(self.global)?,
        };
        Ok(self.keyring.insert(keyring))
    }

    /// Why the last version that did not open did not.
    pub(crate) fn refusal(&mut self) -> Option<Failure> {
        self.refusal.take()
    }

    fn unlock<T: Content>(&mut self, version: &Sealed<T>) -> Result<Option<Opened<T>>, Failure> {
        let Some(vault) = self.vault else { return Ok(None) };
        let keyring = self.keyring()?;
        let mut opened = keyring.unlock(vault, version.clone())?;
        keyring.memory().note_epoch(vault, &mut opened)?;
        Ok(Some(opened))
    }
}

impl<T: Content> Help<T> for Keys<'_> {
    fn open(&mut self, version: &Sealed<T>) -> Option<Opened<T>> {
        match self.unlock(version) {
            Ok(opened) => opened,
            Err(why) => {
                self.refusal = Some(why);
                None
            }
        }
    }

    fn past(&mut self, of: &Sealed<T>) -> Vec<Sealed<T>> {
        let mut versions = Vec::new();
        let Some(vault) = self.vault else { return versions };
        // Without history nothing is proven, and the file is left to a person.
        let _: Result<Depth, NoHistory> =
            pins::history(vault).all_versions(Path::new(T::KIND.folder()), &mut |bytes| {
                let version = Sealed::<T>::parse_past(bytes);
                versions.extend(version.ok().filter(|version| version.id() == of.id()));
            });
        versions
    }
}
