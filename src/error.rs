//! The union of the layers' errors, with what a person can do about each.

use thiserror::Error;

use crate::crypto::{PluginError, UnlockError, WrapError};
use crate::envelope::{EntryError, MembershipError, OpenError, ReplaceError, SealError};
use crate::git::Unchecked;
use crate::model::{Kind, MemberName};
use crate::store::{NoHistory, RamError, StoreError, TeamError};

/// Anything that can go wrong in this crate.
#[derive(Debug, Error)]
pub enum Error {
    /// Files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Folders in memory.
    #[error(transparent)]
    Ram(#[from] RamError),
    /// Entries.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Readers.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// Pull secrets.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The team's rules.
    #[error(".secrets/team.toml: {0}")]
    Team(#[from] TeamError),
    /// What is checked against git.
    #[error(transparent)]
    Unchecked(#[from] Unchecked),
}

/// What an error means to whoever called; each has its exit code in the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It did not work.
    Failed,
    /// A question could not be asked.
    NeedsTerminal,
    /// No identity at hand opens the file.
    NoIdentity,
    /// A file is malformed, or was changed by someone who cannot read it.
    Tampered,
}

impl Error {
    /// What the error means.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(StoreError::Open { why, .. }) => match why {
                OpenError::Locked(UnlockError::NoTerminal(_))
                | OpenError::Plugin(PluginError::NoTerminal(_)) => ErrorKind::NeedsTerminal,
                OpenError::Plugin(_) => ErrorKind::Failed,
                OpenError::NoIdentity { .. } | OpenError::Locked(_) => ErrorKind::NoIdentity,
                OpenError::Tampered { .. } => ErrorKind::Tampered,
            },
            Self::Store(
                StoreError::Malformed { .. }
                | StoreError::Unmerged { .. }
                | StoreError::Refused { .. }
                | StoreError::Team { .. }
                | StoreError::Doubtful { .. }
                | StoreError::OtherVault { .. },
            ) => ErrorKind::Tampered,
            Self::Seal(SealError::Wrap {
                why: WrapError::Plugin(PluginError::NoTerminal(_)),
                ..
            }) => ErrorKind::NeedsTerminal,
            _ => ErrorKind::Failed,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => store_hint(error),
            Self::Ram(error) => error.hint(),
            Self::Unchecked(error) => unchecked_hint(error),
            Self::Team(TeamError::Nobody(_)) => {
                Some("`vault access allow` lets somebody else read it first".to_owned())
            }
            Self::Seal(SealError::Wrap { why: WrapError::Plugin(why), .. }) => {
                plugin_hint(why).or_else(|| Some("nothing was written".to_owned()))
            }
            Self::Seal(SealError::Wrap { .. }) => {
                Some("nothing was written; correct the key in .secrets/team.toml".to_owned())
            }
            _ => None,
        }
    }
}

fn unchecked_hint(error: &Unchecked) -> Option<String> {
    Some(match error {
        Unchecked::Store(error) => return store_hint(error),
        Unchecked::Git(NoHistory::NoRepository) => {
            "what belongs to the vault, and what was there before, only git can tell: `git init`"
                .to_owned()
        }
        Unchecked::Revision(rev) => {
            format!("`git fetch` brings what is not here; `git rev-parse {rev}` asks git itself")
        }
        Unchecked::Ambiguous { both: [one, other], .. } => {
            format!("whoever can push can make such a name; write {one} or {other} in full")
        }
        Unchecked::EmptyRevision => "is a variable empty that should hold it?".to_owned(),
        Unchecked::Shallow(_) => {
            "`git fetch --unshallow` brings the past; in a GitHub workflow give actions/checkout \
             `fetch-depth: 0`, in GitLab set GIT_DEPTH to 0"
                .to_owned()
        }
        _ => return None,
    })
}

fn store_hint(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::NoVault(_) => {
            "`vault init` makes one; -C DIR or VAULT_DIR names another folder".to_owned()
        }
        StoreError::VaultExists(_) => {
            "`vault join` asks to become a member of the one that is there".to_owned()
        }
        StoreError::NotFound { .. } | StoreError::OtherKind { .. } => return absence_hint(error),
        StoreError::Open { why: OpenError::NoIdentity { readers }, .. } => {
            format!(
                "its readers are {}; name an identity of one of them with -i FILE",
                some_of(readers)
            )
        }
        StoreError::Open { why: OpenError::Locked(UnlockError::NoTerminal(_)), .. } => {
            "run this in a terminal, or name an identity without passphrase with -i FILE".to_owned()
        }
        StoreError::Open { why: OpenError::Plugin(why), .. } => return plugin_hint(why),
        StoreError::Open { why: OpenError::Tampered { .. }, path } => format!(
            "do not trust this file; `git log -p -- {}` shows who changed it",
            path.display()
        ),
        StoreError::Unmerged { .. } => "`vault resolve` decides what is open".to_owned(),
        StoreError::Malformed { path, .. } => format!(
            "`git log -p -- {0}` shows who changed it, `git checkout COMMIT -- {0}` brings a good one back",
            path.display()
        ),
        StoreError::NoTeam(path) => format!(
            "`git checkout HEAD -- {0}` brings it back; where a commit took it away, `git log -1 -- {0}` says which, and its COMMIT^ has the file",
            path.display()
        ),
        StoreError::Team { path, .. } => {
            format!(
                "correct it by hand, or bring an earlier one back: `git log -p -- {}`",
                path.display()
            )
        }
        StoreError::Doubtful { path, .. } => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            format!("`vault trust {name}` shows who committed it, and asks")
        }
        StoreError::OtherVault { .. } => {
            "`vault trust` shows who committed that, and asks".to_owned()
        }
        StoreError::Pins { path, .. } => format!(
            "`rm {}` forgets what this machine has seen of this vault, and begins anew",
            path.display()
        ),
        StoreError::NotDurable { .. } => "check the disk, then run the command again".to_owned(),
        _ => return None,
    })
}

/// What there is instead.
fn absence_hint(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::NotFound { kind, name, known } if known.is_empty() => {
            let command = match kind {
                Kind::Set => format!("vault set {name} KEY=VALUE"),
                Kind::Pull => format!("vault pull-secret create {name} SERVER"),
            };
            format!("there are none yet; `{command}` makes the first")
        }
        StoreError::OtherKind { kind: Kind::Set, name } => format!(
            "`vault pull-secret show {name}` shows what is plain, `vault pull-secret with {name} -- COMMAND` uses it"
        ),
        StoreError::OtherKind { kind: Kind::Pull, name } => {
            format!("`vault list {name}` shows its keys, `vault exec {name} -- COMMAND` uses them")
        }
        StoreError::NotFound { known, .. } => {
            let names: Vec<_> = known.iter().take(20).map(ToString::to_string).collect();
            let more = if known.len() > 20 { ", …" } else { "" };
            format!("there are: {}{more}", names.join(", "))
        }
        _ => return None,
    })
}

fn plugin_hint(error: &PluginError) -> Option<String> {
    Some(match error {
        PluginError::NotAllowed { name, .. } => format!(
            "if {} may run on this machine, say so there: plugins = [\"{name}\"]",
            name.program()
        ),
        PluginError::Missing(name) => {
            format!("install {}; only it can use this key", name.program())
        }
        PluginError::NoTerminal(_) => "run this in a terminal, without --no-input".to_owned(),
        _ => return None,
    })
}

/// Names for a sentence; a file may have a thousand readers.
fn some_of(names: &[MemberName]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
