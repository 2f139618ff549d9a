//! Changing a set: opened first, so that nobody is asked for a passphrase while others wait for
//! the lock; then locked; and opened again only if it changed in between.

use std::sync::Arc;

use vault::envelope::{Opened, Sealed};
use vault::model::{KeyName, Kind, MemberName, SecretSet, SetName};
use vault::store::{StoreError, Vault, Writer};

use super::Global;
use super::open::Keyring;
use super::report::{self, Failure};

/// A set that is about to change; `None` inside while there is no such set.
pub(crate) struct Pending<'v> {
    vault: &'v Vault,
    name: SetName,
    before: Option<Sealed<SecretSet>>,
    opened: Option<Opened<SecretSet>>,
}

impl<'v> Pending<'v> {
    /// Reads and opens the set, if it is there.
    pub(crate) fn open(
        vault: &'v Vault,
        keyring: &mut Keyring,
        name: &SetName,
    ) -> Result<Self, Failure> {
        let before = vault.try_read(name)?;
        let opened = before.clone().map(|sealed| keyring.open(vault, sealed)).transpose()?;
        Ok(Self { vault, name: name.clone(), before, opened })
    }

    /// Whether the set has this key.
    pub(crate) fn holds(&self, key: &KeyName) -> bool {
        self.opened.as_ref().is_some_and(|set| set.get(key).is_some())
    }

    /// Takes the lock and gives the set as it is then.
    pub(crate) fn lock(
        self,
        global: &Global,
        keyring: &mut Keyring,
    ) -> Result<(Writer<'v>, Option<Opened<SecretSet>>), Failure> {
        let writer = self.vault.lock(|| waiting(global))?;
        let now = self.vault.try_read(&self.name)?;
        if now == self.before {
            return Ok((writer, self.opened));
        }
        let opened = now.map(|sealed| keyring.open(self.vault, sealed)).transpose()?;
        Ok((writer, opened))
    }

    /// As [`lock`](Self::lock), for a set that must be there.
    pub(crate) fn lock_existing(
        self,
        global: &Global,
        keyring: &mut Keyring,
    ) -> Result<(Writer<'v>, Opened<SecretSet>), Failure> {
        let (vault, name) = (self.vault, self.name.clone());
        match self.lock(global, keyring)? {
            (writer, Some(opened)) => Ok((writer, opened)),
            (_, None) => {
                Err(StoreError::NotFound { kind: Kind::Set, name, known: vault.sets()? }.into())
            }
        }
    }
}

/// A set that may be changed: it is locked, and made if it was not there.
pub(crate) struct Begun<'v> {
    writer: Writer<'v>,
    pub(crate) opened: Opened<SecretSet>,
    is_new: bool,
}

impl<'v> Begun<'v> {
    /// Locks the set, or makes one for those the team's rules name.
    pub(crate) fn begin(
        pending: Pending<'v>,
        global: &Global,
        keyring: &mut Keyring,
    ) -> Result<Self, Failure> {
        let (vault, name) = (pending.vault, pending.name.clone());
        let (writer, before) = pending.lock(global, keyring)?;
        let is_new = before.is_none();
        let opened = before.map_or_else(|| new_set(vault, keyring, &name), Ok)?;
        Ok(Self { writer, opened, is_new })
    }

    /// Writes what was changed, if anything was, and says of a new set who can read it.
    pub(crate) fn finish(self, changes: usize) -> Result<String, Failure> {
        if self.is_new {
            let note = format!("; new, {}", readers_note(&self.opened));
            self.writer.create(&self.opened.seal()?)?;
            return Ok(note);
        }
        if changes > 0 {
            self.writer.replace(&self.opened.seal()?)?;
        }
        Ok(String::new())
    }
}

fn new_set(vault: &Vault, keyring: &Keyring, name: &SetName) -> Result<Opened<SecretSet>, Failure> {
    let readers = vault.team()?.readers_of(Kind::Set, name)?;
    let plugins = Arc::clone(keyring.identities().plugins());
    Ok(Opened::<SecretSet>::create(name.clone(), SecretSet, readers).with_plugins(plugins))
}

/// `readable by alice, bob`: whoever makes a file should see who can read it.
pub(crate) fn readers_note(opened: &Opened<SecretSet>) -> String {
    let names: Vec<_> = opened.recipients().map(|(name, _)| MemberName::as_str(name)).collect();
    match names.as_slice() {
        [first, .., last] if names.len() > 8 => {
            format!("readable by {} members ({first} … {last})", names.len())
        }
        _ => format!("readable by {}", names.join(", ")),
    }
}

/// Said while another process writes.
pub(crate) fn waiting(global: &Global) {
    report::note(global, "waiting for another vault that is writing here");
}
