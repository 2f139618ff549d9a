//! What this machine remembers of a vault: asked at every opening, told of every writing.

use std::path::Path;

use vault::crypto::Identities;
use vault::envelope::{Generation, Opened};
use vault::git::Git;
use vault::model::{Content, MemberName};
use vault::store::{Pins, StoreError, Suspicion, Team, Vault, Writer, Written};

use super::report::{self, Failure};
use super::{Global, open};

/// The pins of the vault a command works on, read when they are first needed, and written when the
/// command is done with it.
pub(crate) struct Memory {
    global: Global,
    pins: Option<Pins>,
}

impl Memory {
    pub(crate) fn new(global: &Global) -> Self {
        Self { global: global.clone(), pins: None }
    }

    /// Whether an opened file is the one this machine knows. The outer error is that nothing could
    /// be said.
    pub(crate) fn check<T: Content>(
        &mut self,
        vault: &Vault,
        opened: &Opened<T>,
        identities: &Identities,
    ) -> Result<Result<(), StoreError>, Failure> {
        let checked = self.pins(vault)?.check(opened, identities, &history(vault));
        Ok(checked.map(|_| ()).map_err(|suspicion| doubtful(vault, opened, suspicion)))
    }

    /// Reads again what is remembered.
    pub(crate) fn renew(&mut self) {
        self.save();
        self.pins = None;
    }

    /// Whether this data key of a file was seen here.
    pub(crate) fn knows(&mut self, vault: &Vault, generation: Generation) -> Result<bool, Failure> {
        Ok(self.pins(vault)?.knows(generation))
    }

    /// Writes a file that was not there, and remembers it.
    pub(crate) fn create<T: Content>(
        &mut self,
        writer: &Writer<'_>,
        opened: Opened<T>,
    ) -> Result<(), Failure> {
        let written = Written::of(&opened);
        let warning = self.warning(writer.vault(), &opened)?;
        let pins = self.pins(writer.vault())?;
        if pins.newest::<T>(opened.name()).is_some() {
            // A kill between the two must not make us doubt what we made in the place of another.
            pins.created(&written);
            self.save();
        }
        writer.create(&opened.seal()?)?;
        self.pins(writer.vault())?.created(&written);
        self.warn(warning);
        Ok(())
    }

    /// Writes a file that is there, and remembers its data key.
    pub(crate) fn replace<T: Content>(
        &mut self,
        writer: &Writer<'_>,
        opened: Opened<T>,
    ) -> Result<(), Failure> {
        let written = Written::of(&opened);
        let warning = self.warning(writer.vault(), &opened)?;
        writer.replace(&opened.seal()?)?;
        self.pins(writer.vault())?.rotated(&written);
        self.warn(warning);
        Ok(())
    }

    /// What to say of a file that is written under a data key which is not the newest.
    fn warning<T: Content>(
        &mut self,
        vault: &Vault,
        opened: &Opened<T>,
    ) -> Result<Option<String>, Failure> {
        let superseded = self.pins(vault)?.is_superseded(opened.generation());
        Ok(superseded.then(|| {
            let name = opened.name();
            format!("{name} has a newer data key on another branch: whoever was removed there can read what is written here")
        }))
    }

    fn warn(&self, warning: Option<String>) {
        if let Some(text) = warning {
            report::warn(&self.global, &text);
        }
    }

    fn pins(&mut self, vault: &Vault) -> Result<&mut Pins, Failure> {
        let pins = match self.pins.take() {
            Some(pins) => pins,
            None => recall(&self.global, vault)?,
        };
        Ok(self.pins.insert(pins))
    }

    fn save(&mut self) {
        if let Some(pins) = &mut self.pins {
            remember(&self.global, pins);
        }
    }
}

/// Whatever becomes of the command, what it has seen it has seen.
impl Drop for Memory {
    fn drop(&mut self) {
        self.save();
    }
}

/// What is remembered of the vault in a folder, without a look at it.
pub(crate) fn load(root: &Path) -> Result<Pins, Failure> {
    Ok(Pins::load(open::state_folder().as_deref(), root)?)
}

/// What is remembered of a vault, which must be the same vault. At the first contact its members are
/// taken as they are.
pub(crate) fn recall(global: &Global, vault: &Vault) -> Result<Pins, Failure> {
    let mut pins = load(vault.root())?;
    // A team file that cannot be read is the business of the commands that need it.
    let Ok(team) = vault.team() else { return Ok(pins) };
    match pins.vault_id() {
        Some(id) if id == team.id() => {}
        Some(_) => return Err(StoreError::OtherVault { path: vault.team_path() }.into()),
        None => greet(global, &mut pins, &team),
    }
    Ok(pins)
}

/// Keeps what was learned. Where that cannot be, the command goes on, as ssh does.
pub(crate) fn remember(global: &Global, pins: &mut Pins) {
    if let Err(why) = pins.save() {
        report::note(global, &format!("what was seen here cannot be remembered: {why}"));
    }
}

/// Takes a vault and its members as they are.
pub(crate) fn adopt(pins: &mut Pins, team: &Team) {
    pins.set_vault_id(team.id());
    for (name, key) in team.members() {
        pins.approve(name.clone(), key.clone());
    }
}

/// Who knows the past of a vault's files.
pub(crate) fn history(vault: &Vault) -> Git {
    Git::within(&vault.folder())
}

pub(crate) fn doubtful<T: Content>(
    vault: &Vault,
    opened: &Opened<T>,
    suspicion: Suspicion,
) -> StoreError {
    StoreError::Doubtful { path: vault.path_of(T::KIND, opened.name()), suspicion }
}

fn greet(global: &Global, pins: &mut Pins, team: &Team) {
    adopt(pins, team);
    if pins.path().is_none() {
        return;
    }
    if let Err(why) = pins.save() {
        report::note(global, &format!("what was seen here cannot be remembered: {why}"));
        return;
    }
    let names: Vec<MemberName> = team.members().keys().cloned().collect();
    report::note(
        global,
        &format!(
            "first time in this work tree: from now on these are its members' keys: {}",
            report::some_of(&names)
        ),
    );
}
