//! What this machine remembers of a vault: asked at every opening, told of every writing.

use std::path::Path;
use std::sync::Once;

use vault::crypto::{FileId, Identities, Recipient};
use vault::envelope::{Opened, Sealed};
use vault::git::Git;
use vault::model::{Content, MemberName};
use vault::store::{NoHistory, Pins, StoreError, Suspicion, Team, Vault, Writer, Written};

use super::report::{self, Failure};
use super::{Global, places};

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

    /// Whether another file than this one is known under its name.
    pub(crate) fn is_other<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: &Sealed<T>,
    ) -> Result<bool, Failure> {
        let known = self.pins(vault)?.newest::<T>(sealed.name());
        Ok(known.is_some_and(|known| known.id != sealed.id()))
    }

    /// Whether this machine has not seen a file before.
    pub(crate) fn is_new<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: &Sealed<T>,
    ) -> Result<bool, Failure> {
        let pins = self.pins(vault)?;
        Ok(pins.newest::<T>(sealed.name()).or_else(|| pins.newest_of(sealed.id())).is_none())
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
            // What cannot be remembered would be doubted in the place of another, and a kill between
            // the two must not bring that about either.
            pins.created(&written);
            pins.save()?;
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
    pub(crate) fn warning<T: Content>(
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

    /// Tells a file which epoch is the newest that is known of it, which may be undone.
    pub(crate) fn note_epoch<T: Content>(
        &mut self,
        vault: &Vault,
        opened: &mut Opened<T>,
    ) -> Result<(), Failure> {
        if let Some(newest) = self.pins(vault)?.newest_of(opened.id()) {
            opened.note_seen_epoch(newest.epoch);
        }
        Ok(())
    }

    /// Remembers that this command ends that a member reads a file, and not that they are one.
    pub(crate) fn let_go(
        &mut self,
        vault: &Vault,
        team: &Team,
        leaving: &[(MemberName, Recipient)],
        (id, until): (FileId, u32),
    ) -> Result<(), Failure> {
        let pins = self.pins(vault)?;
        let stay = |key: &Recipient| team.members().values().any(|to| to == key);
        for (_, key) in leaving.iter().filter(|(_, key)| stay(key)) {
            pins.let_go(key.clone(), id, until);
        }
        Ok(())
    }

    fn warn(&self, warning: Option<String>) {
        if let Some(text) = warning {
            report::warn(&self.global, &text);
        }
    }

    /// Remembers a file that was written without this: one of many.
    pub(crate) fn wrote(
        &mut self,
        vault: &Vault,
        written: &Written,
        warning: Option<String>,
    ) -> Result<(), Failure> {
        self.pins(vault)?.rotated(written);
        self.warn(warning);
        Ok(())
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
    Ok(Pins::load(places::state_folder().as_deref(), root)?)
}

/// What is remembered of a vault, which must be the same vault. At the first contact its members are
/// taken as they are.
pub(crate) fn recall(global: &Global, vault: &Vault) -> Result<Pins, Failure> {
    let mut pins = load(vault.root())?;
    let team = match vault.team() {
        Ok(team) => team,
        // Where there is none, or it makes no sense, that is for the commands that need it to say.
        Err(StoreError::NoTeam(_) | StoreError::Team { .. } | StoreError::Refused { .. }) => {
            return Ok(pins);
        }
        Err(other) => return Err(other.into()),
    };
    match pins.vault_id() {
        Some(id) if id == team.id() => {}
        Some(_) => return Err(StoreError::OtherVault { path: vault.team_path() }.into()),
        None => meet(global, &mut pins, vault, &team)?,
    }
    if follow(&mut pins, vault, &team) {
        // At once, and not when the command is done: it may change the rules itself meanwhile.
        remember(global, &mut pins);
    }
    Ok(pins)
}

/// For what shows the team to somebody without opening anything: it must be the vault this machine
/// knows, and what is seen of its team is remembered.
pub(crate) fn look_at(global: &Global, vault: &Vault, team: &Team) -> Result<(), Failure> {
    let mut pins = load(vault.root())?;
    match pins.vault_id() {
        None => return Ok(()),
        Some(id) if id == team.id() => {
            follow(&mut pins, vault, team);
        }
        Some(_) => return Err(StoreError::OtherVault { path: vault.team_path() }.into()),
    }
    remember(global, &mut pins);
    Ok(())
}

/// Looks at who is in the team, and who no longer, and who may read what. Whether the rules are
/// others than before.
pub(crate) fn follow(pins: &mut Pins, vault: &Vault, team: &Team) -> bool {
    let git = history(vault);
    let path = Path::new("team.toml");
    pins.follow(team, &|key| git.came_on_another_branch(path, key.as_str()) == Ok(true));
    pins.follow_rules(team, &|| git.teams_of_branches(path).unwrap_or_default())
}

/// What is remembered of a vault, for somebody who is about to be given something: with all that the
/// commits have taken which nobody here has looked at. Who was taken out and put back between two
/// looks must be accepted again, too.
pub(crate) fn caught_up(global: &Global, vault: &Vault) -> Result<Pins, Failure> {
    let mut pins = recall(global, vault)?;
    catch_up(global, &mut pins, vault, &vault.team()?);
    remember(global, &mut pins);
    Ok(pins)
}

/// As [`caught_up`].
pub(crate) fn catch_up(global: &Global, pins: &mut Pins, vault: &Vault, team: &Team) {
    let git = history(vault);
    match replay(&git, pins, team) {
        // Nobody can have pushed.
        Ok(()) | Err(NoHistory::NoRepository | NoHistory::NoGit) => {}
        Err(why) => {
            let what =
                "who was taken out of groups and rules before is not known, so all are asked about";
            report::warn(global, &format!("{what}: {why}"));
            pins.doubt_rules();
        }
    }
    if let (true, Some(path)) = (pins.has_too_many_rules(), pins.path()) {
        let text = "more rules were seen here than are remembered, so each reader of a new file is asked about";
        let path = path.display();
        report::warn(global, &format!("{text}; without {path} this machine begins anew"));
    }
    let mut elsewhere = pins.rules_without(team);
    if !elsewhere.is_empty() {
        // What no commit here has ever had was no rule here that somebody could have taken away.
        match git.rules_ever(team.id()) {
            Ok(ever) => elsewhere.retain(|pattern| !ever.contains(pattern)),
            Err(_) => elsewhere.clear(),
        }
        pins.pass_over(elsewhere);
    }
}

fn replay(git: &Git, pins: &mut Pins, team: &Team) -> Result<(), NoHistory> {
    let Some(here) = git.commit_here()?.filter(|here| !pins.commits().contains(here)) else {
        return Ok(());
    };
    let steps = git.team_steps(team.id(), pins.commits())?;
    let ahead = git.not_behind(pins.commits(), &here)?;
    let behind = pins.commits().iter().filter(|commit| !ahead.contains(commit)).cloned();
    let behind = behind.collect();
    pins.replay(&steps, here, behind);
    Ok(())
}

/// Keeps what was learned. Where that cannot be, the command says so once and goes on, as ssh does.
/// Whether it is kept.
pub(crate) fn remember(global: &Global, pins: &mut Pins) -> bool {
    static SAID: Once = Once::new();
    let saved = pins.save();
    if let Err(why) = &saved {
        let text = format!("what was seen here cannot be remembered: {why}");
        SAID.call_once(|| report::note(global, &text));
    }
    saved.is_ok() && pins.path().is_some()
}

/// Takes a vault, its members and its rules as they are.
pub(crate) fn adopt(pins: &mut Pins, vault: &Vault, team: &Team) {
    pins.set_vault_id(team.id());
    for (name, key) in team.members() {
        pins.approve(name.clone(), key.clone(), []);
    }
    pins.adopt_rules(team, history(vault).commit_here().ok().flatten());
}

/// Remembers something of a change that is made already, so that it can only be said if it fails.
pub(crate) fn after_the_fact(global: &Global, vault: &Vault, learn: impl FnOnce(&mut Pins)) {
    match caught_up(global, vault) {
        Ok(mut pins) => {
            learn(&mut pins);
            remember(global, &mut pins);
        }
        Err(why) => report::warn(global, &why.in_short()),
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

/// Another vault that this machine knows in the same repository, at the first contact with one that
/// it knows nowhere. Whoever can push can put a vault of their own into a folder, where it is found
/// before the one above.
pub(crate) fn rival(pins: &Pins, vault: &Vault, team: &Team) -> Result<Option<String>, Failure> {
    let elsewhere = pins.elsewhere()?;
    if elsewhere.knows(team.id()) {
        return Ok(None);
    }
    let git = Git::within(vault.root());
    if let Some(known) = elsewhere.other_below(team.id(), &git.work_trees()) {
        return Ok(Some(known.to_owned()));
    }
    // In another clone the one that is known stands beside this one, too.
    let beside = git.vaults().into_iter().filter(|id| *id != team.id());
    Ok(elsewhere.place_of_any(&beside.collect::<Vec<_>>()).map(str::to_owned))
}

/// The first contact in this place.
fn meet(global: &Global, pins: &mut Pins, vault: &Vault, team: &Team) -> Result<(), Failure> {
    let elsewhere = pins.elsewhere()?;
    if let Some(known) = pins.take_over(team.id(), elsewhere) {
        if remember(global, pins) {
            let text = "first time in this work tree: what this machine knows of the vault holds";
            report::note(global, &format!("{text} here too, from {known}"));
        }
        return Ok(());
    }
    match rival(pins, vault, team)? {
        None => greet(global, pins, vault, team),
        Some(known) => {
            let what = "this vault is new here, and this machine knows another one of the same";
            let path = vault.team_path();
            let text = format!("{}: {what} repository, in {known}", path.display());
            let trust = "`vault trust` shows its members and who committed it, and asks";
            return Err(Failure::usage(text).hint(format!("if both are meant: {trust}")));
        }
    }
    Ok(())
}

fn greet(global: &Global, pins: &mut Pins, vault: &Vault, team: &Team) {
    adopt(pins, vault, team);
    if !remember(global, pins) {
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
