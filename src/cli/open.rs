//! The only place that puts vaults and identities together.

mod plugins;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vault::crypto::{
    Identities, LinkKey, NoPassphrase, PluginError, Recipient, RecipientKind,
    UnlockError::NoTerminal,
};
use vault::envelope::{Generation, OpenError, Opened, Sealed};
use vault::model::{Content, IDENTITY_COMMAND, IDENTITY_FILE, IDENTITY_TEXT, Kind};
use vault::store::{self, StoreError, Vault};
use zeroize::Zeroizing;

use super::pins::{self, Memory};
use super::report::{self, Failure};
use super::term::{TerminalPassphrase, Unanswered};
use super::{Global, places};
pub(crate) use sources::default_identity;

/// The vault the command line means.
pub(crate) fn find_vault(global: &Global) -> Result<Vault, Failure> {
    Ok(Vault::find(&start_dir(global))?)
}

/// Where looking for it begins: `-C`, else `VAULT_DIR`, else here.
pub(crate) fn start_dir(global: &Global) -> PathBuf {
    let variable = || std::env::var_os("VAULT_DIR").filter(|dir| !dir.is_empty());
    let named = global.dir.clone().or_else(|| variable().map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("."))
}

/// Whether somebody said where to look, so that finding nothing is an error.
pub(crate) fn is_named(global: &Global) -> bool {
    global.dir.is_some() || std::env::var_os("VAULT_DIR").is_some_and(|dir| !dir.is_empty())
}

/// The identities the user means, in the order the command line promises.
pub(crate) struct Keyring {
    identities: Identities,
    /// ssh keys of the default places are looked at only for a file with an ssh recipient.
    ssh_places: Vec<PathBuf>,
    /// Asked only when nothing else opens a file.
    command: Option<Zeroizing<String>>,
    /// Why a question for a passphrase got no answer.
    unanswered: Unanswered,
    /// What this machine has seen before.
    memory: Memory,
    /// The data keys that HEAD has of files which have changed since, read when one is rotated.
    committed: BTreeMap<Kind, Vec<(Generation, LinkKey)>>,
}

impl Keyring {
    /// Reads what `-i` names; else what the variables name; else the default places.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let unanswered = Unanswered::default();
        let ask = TerminalPassphrase::new(global, unanswered.clone());
        let plugins = Arc::new(plugins::local(global, unanswered.clone()));
        let identities = Identities::new(Box::new(ask)).with_plugins(plugins);
        Self::gather(global, identities, unanswered, Some(global))
    }

    /// The same, for what must never wait for a person, nor tell them anything: what needs a
    /// passphrase or a plugin stays closed.
    pub(crate) fn load_unasked(global: &Global) -> Result<Self, Failure> {
        let identities = Identities::new(Box::new(NoPassphrase));
        let mut keyring = Self::gather(global, identities, Unanswered::default(), None)?;
        keyring.add_ssh_places();
        Ok(keyring)
    }

    /// `warn` is who is told of an identity that others may read.
    fn gather(
        global: &Global,
        mut identities: Identities,
        unanswered: Unanswered,
        warn: Option<&Global>,
    ) -> Result<Self, Failure> {
        let mut ssh_places = Vec::new();
        let mut command = None;
        if global.identity.is_empty() {
            let text = sources::variable(IDENTITY_TEXT)?;
            let file = std::env::var_os(IDENTITY_FILE).filter(|file| !file.is_empty());
            command = sources::variable(IDENTITY_COMMAND)?;
            if let Some(text) = &text {
                sources::add(&mut identities, text.as_bytes(), &format!("${IDENTITY_TEXT}"))?;
            }
            if let Some(file) = &file {
                let variable = format!("${IDENTITY_FILE}");
                sources::add_file(warn, &mut identities, Path::new(file), &variable)?;
            }
            if text.is_none() && file.is_none() && command.is_none() {
                sources::add_default_places(warn, &mut identities)?;
                ssh_places = places::home().map_or(Vec::new(), |home| {
                    ["id_ed25519", "id_rsa"].map(|name| home.join(".ssh").join(name)).to_vec()
                });
            }
        } else {
            for file in &global.identity {
                sources::add_file(warn, &mut identities, file, "-i")?;
            }
        }
        let memory = Memory::new(global);
        Ok(Self { identities, ssh_places, command, unanswered, memory, committed: BTreeMap::new() })
    }

    /// The same, and runs the command if nothing else gave an identity.
    pub(crate) fn load_with_command(global: &Global) -> Result<Self, Failure> {
        let mut keyring = Self::load(global)?;
        if keyring.identities.is_empty() {
            keyring.run_command()?;
        }
        Ok(keyring)
    }

    /// Opens a file that is the one this machine knows.
    pub(crate) fn open<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: Sealed<T>,
    ) -> Result<Opened<T>, Failure> {
        let name = sealed.name().clone();
        let mut opened = self.unlock(vault, sealed)?;
        if self.memory.check(vault, &opened, &self.identities)?.is_err() {
            // Another process may have written after the file was read, and before the pins were.
            self.memory.renew();
            let now = vault.read(&name)?;
            if now.generation() != opened.generation() {
                opened = self.unlock(vault, now)?;
            }
            self.memory.check(vault, &opened, &self.identities)??;
        }
        self.memory.note_epoch(vault, &mut opened)?;
        Ok(opened)
    }

    /// Opens a version of a file that is not the one in the work tree, if this machine knows it.
    pub(crate) fn open_as_known<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: Sealed<T>,
    ) -> Result<Opened<T>, Failure> {
        let opened = self.unlock(vault, sealed)?;
        self.memory.check(vault, &opened, &self.identities)??;
        Ok(opened)
    }

    /// To be called before a file that this opened gets a new data key: if what is on disk is not
    /// committed, the committed data key vouches for the new one too. Otherwise two new keys in one
    /// commit would look to others as if somebody had made them up.
    pub(crate) fn link_to_commit<T: Content>(&mut self, vault: &Vault, opened: &mut Opened<T>) {
        let identities = &self.identities;
        let read = || store::committed::<T>(identities, &pins::history(vault));
        let keys = self.committed.entry(T::KIND).or_insert_with(read);
        let id = opened.id();
        if let Some((earlier, key)) = keys.iter().find(|(earlier, _)| earlier.id == id) {
            opened.note_committed(*earlier, key.clone());
        }
    }

    /// What this machine remembers, to be told what was written.
    pub(crate) fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// Opens a file whether this machine knows it or not. Nothing it holds may be used for more
    /// than to look at it.
    pub(crate) fn unlock<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: Sealed<T>,
    ) -> Result<Opened<T>, Failure> {
        let is_ssh = |kind: &RecipientKind| {
            matches!(kind, RecipientKind::SshEd25519 | RecipientKind::SshRsa)
        };
        if !self.ssh_places.is_empty() && sealed.recipients().values().any(|r| is_ssh(r.to.kind()))
        {
            self.add_ssh_places();
        }
        let readers = report::some_of(sealed.recipients().keys());
        let by_plugin = by_plugin(&sealed);
        let again = self.command.is_some().then(|| sealed.clone());
        let mut result = vault.open(sealed, &self.identities);
        if let (Err(StoreError::Open { why, .. }), Some(sealed)) = (&result, again)
            && is_no_key_yet(why)
        {
            self.run_unless_unanswered()?;
            result = vault.open(sealed, &self.identities);
        }
        result.map_err(|error| self.explain(error, &readers, by_plugin))
    }

    /// The command, unless a person was asked for a passphrase and gave none.
    fn run_unless_unanswered(&mut self) -> Result<(), Failure> {
        self.unanswered.take().map_or_else(|| self.run_command(), Err)
    }

    fn explain(&self, error: StoreError, readers: &str, by_plugin: Option<String>) -> Failure {
        if let (StoreError::Open { why: OpenError::NoIdentity { .. }, .. }, Some(which)) =
            (&error, by_plugin)
        {
            let error = vault::Error::from(error);
            let hint = error.hint().unwrap_or_default();
            return Failure::Vault(error).hint(format!("{hint}; {which}"));
        }
        let in_vain = matches!(
            error,
            StoreError::Open { why: OpenError::Plugin(PluginError::NoTerminal(_)), .. }
        );
        if in_vain {
            return self.unanswered.take().unwrap_or_else(|| error.into());
        }
        if !matches!(error, StoreError::Open { why: OpenError::Locked(NoTerminal(_)), .. }) {
            return error.into();
        }
        self.unanswered.take().unwrap_or_else(|| {
            Failure::from(error).hint(format!(
                "run this in a terminal, or name an identity without passphrase with -i FILE; its readers are {readers}"
            ))
        })
    }

    /// For the time when nobody can be asked: itself, if a passphrase was needed or an identity came
    /// through a pipe, and otherwise nothing, since all of it can be read again.
    pub(crate) fn kept_if_needed(mut self, global: &Global) -> Option<Self> {
        self.identities.ask_nobody();
        let variable = std::env::var_os(IDENTITY_FILE).map(PathBuf::from);
        let variable = variable.filter(|_| global.identity.is_empty());
        let mut named = global.identity.iter().chain(&variable);
        let is_gone = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|meta| !meta.is_file());
        (self.identities.was_unlocked() || named.any(is_gone)).then_some(self)
    }

    /// The identities that are there without asking or running anything.
    pub(crate) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Whether this is the key of an identity at hand, as far as that shows without a passphrase.
    pub(crate) fn holds(&self, key: &Recipient) -> bool {
        self.identities.public_keys().any(|(_, own)| own == Some(key.as_str()))
    }

    /// From now on nobody is asked for a passphrase.
    pub(crate) fn ask_nobody(&mut self) {
        self.identities.ask_nobody();
    }

    /// Adds the ssh keys of the default places; a broken one there is not this command's business.
    pub(crate) fn add_ssh_places(&mut self) {
        for place in std::mem::take(&mut self.ssh_places) {
            // ssh itself looks at the permissions of its keys.
            let _: Result<(), Failure> =
                sources::add_file_if_there(None, &mut self.identities, &place);
        }
    }

    fn run_command(&mut self) -> Result<(), Failure> {
        let Some(line) = self.command.take() else { return Ok(()) };
        let text = sources::command_output(&line)?;
        sources::add(&mut self.identities, &text, &format!("${IDENTITY_COMMAND}"))?;
        Ok(())
    }
}

/// Which readers' keys no file holds: `bob's is one of age-plugin-yubikey`.
fn by_plugin<T: Content>(sealed: &Sealed<T>) -> Option<String> {
    const SHOWN: usize = 3;
    let by = |kind: &RecipientKind| match kind {
        RecipientKind::Plugin(name) => Some(name.program()),
        RecipientKind::P256Tag | RecipientKind::MlKemTag => {
            Some("the age plugin for its hardware".to_owned())
        }
        RecipientKind::X25519 | RecipientKind::SshEd25519 | RecipientKind::SshRsa => None,
    };
    let readers = sealed.recipients().iter();
    let found = readers.filter_map(|(name, record)| Some((name, by(record.to.kind())?)));
    let found: Vec<_> =
        found.take(SHOWN).map(|(name, by)| format!("{name}'s is one of {by}")).collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// Whether another identity may still open the file.
fn is_no_key_yet(why: &OpenError) -> bool {
    matches!(
        why,
        OpenError::NoIdentity { .. } | OpenError::Locked(NoTerminal(_)) | OpenError::Plugin(_)
    )
}
