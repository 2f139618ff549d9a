//! Changing a set: opened first, so that nobody is asked for a passphrase while others wait for
//! the lock; then locked; and opened again only if it changed in between.

use std::sync::Arc;

use vault::envelope::{Opened, Sealed};
use vault::model::{Content, KeyName, Kind, MemberName, SecretSet, SetName};
use vault::store::{FileRef, Vault, Writer};

use super::approve::{Approved, Making, Trust, readers_of_new};
use super::open::Keyring;
use super::report::{self, Failure};
use super::{Global, pins};

/// A set that is about to change; `None` inside while there is no such set.
pub(crate) struct Pending<'v> {
    vault: &'v Vault,
    name: SetName,
    before: Option<Sealed<SecretSet>>,
    opened: Option<Opened<SecretSet>>,
    /// Whether this machine sees it for the first time.
    is_new_here: bool,
    /// Whom a new set is for, all of them approved; `None` if it must be there.
    readers: Option<Approved>,
}

impl<'v> Pending<'v> {
    /// Reads and opens the set, if it is there.
    pub(crate) fn open(
        vault: &'v Vault,
        keyring: &mut Keyring,
        name: &SetName,
    ) -> Result<Self, Failure> {
        let before = vault.try_read(name)?;
        let is_new_here = match &before {
            Some(sealed) => keyring.memory().is_new(vault, sealed)?,
            None => false,
        };
        let opened = before.clone().map(|sealed| keyring.open(vault, sealed)).transpose()?;
        Ok(Self { vault, name: name.clone(), before, opened, is_new_here, readers: None })
    }

    /// The same, of a set that will be made if it is not there. Who would read it is asked about
    /// now: before anyone types a value, and while nobody waits for the lock.
    pub(crate) fn open_or_new(
        global: &Global,
        vault: &'v Vault,
        keyring: &mut Keyring,
        name: &SetName,
        trust: &Trust,
    ) -> Result<Self, Failure> {
        let mut pending = Self::open(vault, keyring, name)?;
        if let Some(opened) = &pending.opened {
            if !trust.names().is_empty() {
                let team = vault.team()?;
                trust.refuse_unknown([&team, &team])?;
            }
            if pending.is_new_here {
                warn_of_readers(global, vault, opened)?;
            }
        } else {
            if vault.path_of(Kind::Pull, name).is_file() {
                report::hint(
                    global,
                    &format!(
                        "there is a pull secret {name} too; \
                    `vault pull-secret create {name} SERVER --replace` changes that one"
                    ),
                );
            }
            let place = (global, vault, &*keyring);
            let readers =
                readers_of_new(place, &FileRef::of::<SecretSet>(name), Making::New, trust)?;
            pending.readers = Some(readers);
        }
        Ok(pending)
    }

    /// Whether the set has this key.
    pub(crate) fn holds(&self, key: &KeyName) -> bool {
        self.opened.as_ref().is_some_and(|set| set.get(key).is_some())
    }

    /// The set as it was read, if it was there.
    pub(crate) fn opened(&self) -> Option<&Opened<SecretSet>> {
        self.opened.as_ref()
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
            (_, None) => Err(vault.missing(Kind::Set, &name).into()),
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
    /// Locks the set, or makes one for those the team's rules named.
    pub(crate) fn begin(
        mut pending: Pending<'v>,
        global: &Global,
        keyring: &mut Keyring,
    ) -> Result<Self, Failure> {
        let (vault, name, readers) = (pending.vault, pending.name.clone(), pending.readers.take());
        match (pending.lock(global, keyring)?, readers) {
            ((writer, Some(opened)), _) => Ok(Self { writer, opened, is_new: false }),
            ((writer, None), Some(readers)) => {
                let plugins = Arc::clone(keyring.identities().plugins());
                let readers = readers.claim(&writer)?;
                let opened = Opened::<SecretSet>::create(name, SecretSet, readers);
                let opened = opened.with_plugins(plugins);
                Ok(Self { writer, opened, is_new: true })
            }
            // It was there when it was looked for.
            ((_, None), None) => Err(vault.missing(Kind::Set, &name).into()),
        }
    }

    /// Writes what was changed, if anything was, and says of a new set who can read it.
    pub(crate) fn finish(self, keyring: &mut Keyring, changes: usize) -> Result<String, Failure> {
        if self.is_new {
            let note = format!("; new, {}", readers_note(&self.opened));
            keyring.memory().create(&self.writer, self.opened)?;
            return Ok(note);
        }
        if changes > 0 {
            keyring.memory().replace(&self.writer, self.opened)?;
        }
        Ok(String::new())
    }
}

/// Somebody else has made this file, and says who reads it. Whoever writes into it first should know
/// of those whom the team does not let, as far as that is accepted here.
fn warn_of_readers<T: Content>(
    global: &Global,
    vault: &Vault,
    opened: &Opened<T>,
) -> Result<(), Failure> {
    // Who reads a file that is there stands in it; no team is needed for that.
    let Ok(team) = vault.team() else { return Ok(()) };
    let accepted = pins::caught_up(global, vault)?.accepted(&[]);
    let file = FileRef::of::<T>(opened.name());
    let is_let =
        |name: &MemberName, to| team.members().get(name) == Some(to) && accepted.lets(name, &file);
    let strangers = opened.recipients().filter(|(name, to)| !is_let(name, to));
    let strangers: Vec<_> = strangers.map(|(name, _)| name.clone()).collect();
    if !strangers.is_empty() {
        let names = report::some_of(&strangers);
        let text =
            format!("{file} is new here, and {names} can read it by no rule that is accepted here");
        report::warn(global, &text);
        report::hint(
            global,
            "`vault access` shows who reads what, `vault trust` who may by which rule",
        );
    }
    Ok(())
}

/// `readable by alice, bob`: whoever makes a file should see who can read it.
pub(crate) fn readers_note<T: Content>(opened: &Opened<T>) -> String {
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
