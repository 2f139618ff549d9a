//! Readers of a file whom the team does not have: whoever can read it can let others in there, and
//! leave team.toml as it was. No new data key is for them.

use std::collections::BTreeMap;

use vault::envelope::{Opened, Recipients, Sealed};
use vault::model::{Content, MemberName};
use vault::store::{FileRef, Team, Vault};

use super::super::Global;
use super::super::open::Keyring;
use super::super::report::{self, Failure, shortened};

/// Which keys were dropped though nobody asked for it, by their names, and of which files.
#[derive(Default)]
pub(crate) struct Outsiders(BTreeMap<(MemberName, Instead), Vec<String>>);

/// Who reads a file in the place of a key that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Instead {
    /// Nobody.
    Nobody,
    /// The member of that name, with the key of the team.
    Member,
    /// As that, once it is asked for.
    MemberLater,
    /// Nobody: it is the member's key, and the rules do not let them read it.
    NotLet,
}

impl Outsiders {
    pub(super) fn add(&mut self, name: MemberName, instead: Instead, file: &FileRef) {
        self.0.entry((name, instead)).or_default().push(file.to_string());
    }

    /// Drops them from a file that is about to get a new data key: `whom` says which.
    pub(crate) fn drop_from<T: Content>(
        (vault, keyring): (&Vault, &Keyring),
        sealed: &Sealed<T>,
        opened: &mut Opened<T>,
        whom: fn(&Sealed<T>, &Team) -> Vec<MemberName>,
    ) -> Result<Self, Failure> {
        let (mut dropped, file) = (Self::default(), FileRef::of::<T>(sealed.name()));
        let team = vault.team()?;
        let outsiders = whom(sealed, &team);
        let is_key = |name: &MemberName| {
            let record = sealed.recipients().get(name);
            record.is_some_and(|record| team.members().get(name) == Some(&record.to))
        };
        let own = outsiders.iter().find(|name| {
            sealed.recipients().get(*name).is_some_and(|record| keyring.holds(&record.to))
        });
        if let Some(own) = own {
            let (text, hint) = if is_key(own) {
                let text = format!("team.toml does not let you, {own}, read {file}");
                (text, "`vault access` shows who reads what; nothing was written")
            } else {
                let what = "with a key that team.toml does not have";
                let hint = "`vault recipient list` shows which it has; nothing was written";
                (format!("you read {file} as {own}, {what}"), hint)
            };
            return Err(Failure::failed(text).hint(hint));
        }
        if !outsiders.is_empty() {
            opened.remove_recipients(&outsiders)?;
        }
        let readers = team.readers_of(T::KIND, sealed.name()).ok();
        for name in outsiders {
            let is_reader = readers.iter().flat_map(Recipients::iter).any(|(who, _)| *who == name);
            let instead = match () {
                () if is_key(&name) => Instead::NotLet,
                () if is_reader => Instead::MemberLater,
                () => Instead::Nobody,
            };
            dropped.add(name, instead, &file);
        }
        Ok(dropped)
    }

    /// Says so.
    pub(crate) fn tell(&self, global: &Global) {
        for ((name, instead), files) in &self.0 {
            let files = shortened(files);
            let text = format!("{name} is not in the team with that key: no longer reads {files}");
            match instead {
                Instead::Nobody => report::warn(global, &text),
                Instead::NotLet => {
                    let text =
                        format!("team.toml does not let {name} read {files}: they no longer do");
                    report::warn(global, &text);
                }
                Instead::Member => {
                    report::warn(global, &format!("{text}; their key of team.toml does"));
                }
                Instead::MemberLater => {
                    report::warn(global, &text);
                    report::hint(
                        global,
                        &format!("`vault rekey` lets {name} read with the key of team.toml"),
                    );
                }
            }
        }
    }
}
