//! One look at the vault: have the files changed, do they still open, and what do they hold now?

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, absolute};
use std::sync::Arc;

use vault::envelope::Sealed;
use vault::exec::{Fingerprint, Fingerprints, Why};
use vault::model::SecretSet;
use vault::store::{FOLDER, StoreError, Vault};

use super::super::super::Global;
use super::super::super::open::Keyring;
use super::super::super::report::Failure;
use super::super::{Args, Chosen, Wanted};

/// Most polls that are let go by before what failed is tried again: a program that fetches the
/// identity may ask a person.
const MAX_PATIENCE: u32 = 16;

/// What a look saw.
pub(super) enum Seen {
    /// Nothing new.
    Same,
    /// The command could not be started with this.
    Failed(Failure),
    /// Files that are not the same.
    Opened(New),
}

/// Values to compare with those the command has.
pub(super) struct New {
    pub(super) chosen: Chosen,
    pub(super) values: Fingerprint,
    /// What to call the change.
    pub(super) source: String,
}

/// Looks, in a thread of its own. Between looks it holds no value, and no identity but one that a
/// person gave the passphrase of.
pub(super) struct Looker {
    global: Global,
    args: Args,
    keyring: Option<Keyring>,
    fingerprints: Arc<Fingerprints>,
    /// What was opened last.
    known: Files,
    failing: Option<Failing>,
    /// What could not be read at the last look. It may be half written.
    unread: Option<String>,
}

/// Fingerprints of the files.
#[derive(PartialEq, Eq)]
struct Files {
    selection: Fingerprint,
    sets: Fingerprint,
}

struct Failing {
    /// Polls to let go by, and how many have.
    patience: u32,
    polls: u32,
    /// Of what could be read.
    files: Option<Files>,
}

/// The files, sealed as they are.
type Read = (Vault, Wanted, Vec<Sealed<SecretSet>>);

impl Looker {
    /// `known` is what the command was started with. `keyring` opened it.
    pub(super) fn new(
        global: &Global,
        args: &Args,
        fingerprints: Arc<Fingerprints>,
        (wanted, sealed, root): (&Wanted, &[Sealed<SecretSet>], &Path),
    ) -> Self {
        let mut global = global.clone();
        // The terminal is the command's.
        global.no_input = true;
        for file in &mut global.identity {
            if let Ok(path) = absolute(&*file) {
                *file = path;
            }
        }
        let known = Files::of(&fingerprints, wanted, sealed, root);
        Self {
            global,
            args: args.clone(),
            keyring: None,
            fingerprints,
            known,
            failing: None,
            unread: None,
        }
    }

    /// Keeps what cannot be had again.
    pub(super) fn keep(&mut self, keyring: Option<Keyring>) {
        self.keyring = keyring;
    }

    /// `None` if it has to be looked again before anything can be said.
    pub(super) fn look(&mut self, root: &Path, why: Why) -> Option<Seen> {
        match self.read(root) {
            Ok(read) => {
                self.unread = None;
                Some(self.look_at(root, why, read))
            }
            Err(failure) => {
                let message = Some(failure.message());
                let again = self.unread == message;
                self.unread = message;
                again.then(|| self.failed(None, failure))
            }
        }
    }

    fn look_at(&mut self, root: &Path, why: Why, (vault, wanted, sealed): Read) -> Seen {
        let files = Files::of(&self.fingerprints, &wanted, &sealed, root);
        let nothing_to_do = match &mut self.failing {
            None => files == self.known,
            Some(failing) => why == Why::Poll && failing.lets_go_by(&files),
        };
        if nothing_to_do {
            return Seen::Same;
        }
        match self.open(&vault, wanted, sealed) {
            Ok((chosen, values)) => {
                let source = self.known.changed(&files);
                self.known = files;
                self.failing = None;
                Seen::Opened(New { chosen, values, source })
            }
            Err(failure) => self.failed(Some(files), failure),
        }
    }

    fn read(&self, root: &Path) -> Result<Read, Failure> {
        let is_here = |vault: &Vault| vault.root() == root;
        let vault = match Vault::find(root) {
            Err(StoreError::NoVault(_)) => None,
            found => Some(found?).filter(is_here),
        };
        let vault = vault.ok_or_else(|| {
            Failure::failed(format!("{} is not there", root.join(FOLDER).display()))
        })?;
        let wanted = Wanted::of(&vault, &self.args)?;
        let sealed = wanted.read(&vault)?;
        Ok((vault, wanted, sealed))
    }

    fn open(
        &mut self,
        vault: &Vault,
        wanted: Wanted,
        sealed: Vec<Sealed<SecretSet>>,
    ) -> Result<(Chosen, Fingerprint), Failure> {
        let mut read;
        let keyring = if let Some(kept) = &mut self.keyring {
            kept
        } else {
            read = Keyring::load(&self.global)?;
            &mut read
        };
        let chosen = wanted.open(&self.args, vault, sealed, keyring)?;
        let values = self.fingerprints.of_env(&chosen.env()?);
        Ok((chosen, values))
    }

    fn failed(&mut self, files: Option<Files>, failure: Failure) -> Seen {
        let before = self.failing.take().filter(|before| before.files == files);
        let patience = before.map_or(1, |before| (before.patience * 2).min(MAX_PATIENCE));
        self.failing = Some(Failing { patience, polls: 0, files });
        Seen::Failed(failure)
    }
}

impl Failing {
    /// Whether it is too early to try the same again.
    fn lets_go_by(&mut self, files: &Files) -> bool {
        self.polls += 1;
        self.files.as_ref() == Some(files) && self.polls < self.patience
    }
}

impl Files {
    fn of(by: &Fingerprints, wanted: &Wanted, sealed: &[Sealed<SecretSet>], root: &Path) -> Self {
        let Wanted { names, required, .. } = wanted;
        let selection = format!("{names:?}{required:?}");
        let selection = [
            (OsStr::new("sets"), selection.as_bytes()),
            (OsStr::new("root"), root.as_os_str().as_encoded_bytes()),
        ];
        let texts: Vec<String> = sealed.iter().map(Sealed::render).collect();
        let sets = names.iter().zip(&texts);
        let sets = sets.map(|(name, text)| (OsStr::new(name.as_str()), text.as_bytes()));
        Self { selection: by.of(selection), sets: by.of(sets) }
    }

    /// The sets that changed, or else that others are meant.
    fn changed(&self, later: &Self) -> String {
        let changes = self.sets.changes_to(&later.sets);
        let names: BTreeSet<_> = changes.iter().map(|c| c.name().to_string_lossy()).collect();
        if names.is_empty() {
            return "the selection".to_owned();
        }
        names.into_iter().collect::<Vec<_>>().join(", ")
    }
}
