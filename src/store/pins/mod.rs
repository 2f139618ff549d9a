//! Local pins: what this machine has seen of a work tree, so that it notices when a file is put in
//! the place of another, when an older one comes back, and when a member's key is exchanged.

mod chain;
mod elsewhere;
mod grants;
mod judge;
mod rules;
mod state;
mod text;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::{self, Access};
use super::departures::Trace;
use super::error::StoreError;
use super::file::FilePattern;
use super::layout::{own, read_regular};
use super::team::Team;
use crate::crypto::{FileId, Recipient};
use crate::envelope::Opened;
use crate::model::{Content, MemberName};
use state::{Change, Held, Seen, State};

pub use elsewhere::Elsewhere;
pub use grants::Grant;
pub use judge::{Doubt, Standing, Suspicion};
pub use rules::Accepted;

/// Largest file of pins.
const MAX_PINS_BYTES: usize = 64 << 20;

/// What this machine remembers of one work tree. Nothing is written before [`save`](Self::save).
#[derive(Debug)]
pub struct Pins {
    root: PathBuf,
    /// `None` where there is no place for state; then nothing is known and nothing remembered.
    folder: Option<PathBuf>,
    state: State,
    /// Rules that decide nothing where we are.
    passed_over: BTreeSet<FilePattern>,
    /// Whether it cannot be told what was done to groups and rules.
    is_in_doubt: bool,
    learned: Vec<Change>,
}

/// What is remembered of a member's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberPin {
    /// It is the one that was approved.
    Approved,
    /// Nobody of this name was.
    New,
    /// It was, and then it was seen to be gone from the team.
    Former,
    /// Another key was.
    Changed {
        /// That one.
        approved: Recipient,
    },
}

/// What will be remembered of a file that is about to be written.
#[derive(Debug, Clone)]
pub struct Written(Seen);

impl Written {
    /// Of this one, before it is sealed.
    pub fn of<T: Content>(opened: &Opened<T>) -> Self {
        Self(seen(opened))
    }
}

impl Pins {
    /// Reads what is remembered of the vault in `root`, in the folder for state that is the user's
    /// own. `None` where there is none; then nothing is known.
    ///
    /// # Errors
    /// [`StoreError::Pins`] where they are broken, since without them a file exchanged would go
    /// unnoticed; [`StoreError::Io`], [`StoreError::Refused`].
    pub fn load(state: Option<&Path>, root: &Path) -> Result<Self, StoreError> {
        let mut pins = Self {
            root: root.to_owned(),
            folder: state.map(|state| state.join("pins")),
            state: State::default(),
            passed_over: BTreeSet::new(),
            is_in_doubt: false,
            learned: Vec::new(),
        };
        if let Some(path) = pins.path() {
            pins.state = read(&path, &pins.root)?;
        }
        Ok(pins)
    }

    /// The file they stand in, if there is a place for it.
    pub fn path(&self) -> Option<PathBuf> {
        let digest = Sha256::digest(self.root.as_os_str().as_encoded_bytes());
        let (start, _) = digest.split_first_chunk::<16>()?;
        let name = format!("{:032x}", u128::from_be_bytes(*start));
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    /// The vault's id as it was first seen; `None` before the first contact.
    pub fn vault_id(&self) -> Option<FileId> {
        self.state.vault
    }

    /// Remembers the vault's id.
    pub fn set_vault_id(&mut self, id: FileId) {
        self.learn(Change::Vault(id));
    }

    /// What is remembered of a member and this key.
    pub fn member(&self, name: &MemberName, key: &Recipient) -> MemberPin {
        match self.state.members.get(name) {
            Some((approved, Held::Approved)) if approved == key => MemberPin::Approved,
            Some((former, Held::Former)) if former == key => MemberPin::Former,
            Some((approved, _)) => MemberPin::Changed { approved: approved.clone() },
            None => MemberPin::New,
        }
    }

    /// The names under which a key was approved, if it has been gone since, too.
    pub fn names_of(&self, key: &Recipient) -> impl Iterator<Item = &MemberName> {
        let same = self.state.members.iter().filter(move |(_, (known, _))| known == key);
        same.map(|(name, _)| name)
    }

    /// Whether a key has left in a way that nobody here knew of when they approved it: by these
    /// traces, each up to an epoch.
    pub fn has_left<'t>(
        &self,
        key: &Recipient,
        traces: impl IntoIterator<Item = &'t (Trace, u32)>,
    ) -> bool {
        let known = |trace: &Trace| {
            self.state.answered.get(&(key.as_str().to_owned(), trace.clone())).copied()
        };
        traces.into_iter().any(|(trace, until)| known(trace).is_none_or(|known| known < *until))
    }

    /// Remembers that data keys may be wrapped for this key under this name, although it has left
    /// these traces.
    pub fn approve(
        &mut self,
        name: MemberName,
        key: Recipient,
        traces: impl IntoIterator<Item = (Trace, u32)>,
    ) {
        for (trace, until) in traces {
            self.learn(Change::Answered(key.clone(), trace, until));
        }
        self.learn(Change::Approve(name, key));
    }

    /// Remembers that a member who stays in the team has left a file here: that is no reason to
    /// doubt them later.
    pub fn let_go(&mut self, key: Recipient, id: FileId, until: u32) {
        self.learn(Change::Answered(key, Trace::File(id), until));
    }

    /// Looks at the team: whose key is not in it, under the name it was approved for, is approved no
    /// longer. Otherwise one that was removed could be put back. `is_to_come` says whether a key has
    /// only not come to the branch that is checked out: then nobody has left.
    pub fn follow(&mut self, team: &Team, is_to_come: &dyn Fn(&Recipient) -> bool) {
        let gone = |(name, (key, held)): (&MemberName, &(Recipient, Held))| {
            let is_missing = *held == Held::Approved && team.members().get(name) != Some(key);
            (is_missing && !is_to_come(key)).then(|| Change::Lapse(name.clone(), key.clone()))
        };
        let gone: Vec<Change> = self.state.members.iter().filter_map(gone).collect();
        for change in gone {
            self.learn(change);
        }
    }

    /// Remembers a file that was made here, where none was.
    pub fn created(&mut self, written: &Written) {
        self.learn(Change::Created(written.0.clone()));
    }

    /// Remembers the data key of a file that was written here.
    pub fn rotated(&mut self, written: &Written) {
        self.learn(Change::Added(written.0.clone()));
    }

    /// Remembers what was learned, beside what others have learned meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::NotDurable`]; [`StoreError::Refused`] where the folder is
    /// another user's, as when root works in someone's home; [`StoreError::Pins`].
    pub fn save(&mut self) -> Result<(), StoreError> {
        let learned = std::mem::take(&mut self.learned);
        let (Some(path), Some(folder), false) = (self.path(), &self.folder, learned.is_empty())
        else {
            return Ok(());
        };
        own(folder)?;
        atomic::create_folder(folder, Access::Private)?;
        let _lock = atomic::claim(folder)?;
        let mut state = read(&path, &self.root)?;
        let mut changed = false;
        for change in &learned {
            changed |= state.apply(change);
        }
        if changed {
            let text = text::render(&state, &self.root);
            atomic::write(&path, text.as_bytes(), Access::Private)?;
        }
        self.state = state;
        Ok(())
    }

    /// Says whether it was new.
    fn learn(&mut self, change: Change) -> bool {
        let is_new = self.state.apply(&change);
        if is_new {
            self.learned.push(change);
        }
        is_new
    }
}

fn seen<T: Content>(opened: &Opened<T>) -> Seen {
    Seen {
        place: (T::KIND, opened.name().clone()),
        generation: opened.generation(),
        key: opened.link_key(),
    }
}

fn read(path: &Path, root: &Path) -> Result<State, StoreError> {
    let bytes = match read_regular(path, 1, MAX_PINS_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(State::default()),
        // A home such as /dev/null holds nothing, too.
        Err(why) => match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(State::default()),
            _ => return Err(why),
        },
    };
    text::parse(&bytes, root).map_err(|line| StoreError::Pins { path: path.to_owned(), line })
}
