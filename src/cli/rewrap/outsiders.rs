//! Readers of a file whom the team does not have: whoever can read it can let others in there, and
//! leave team.toml as it was. No new data key is for them.

use std::collections::BTreeMap;

use vault::envelope::{Opened, Sealed};
use vault::model::{Content, MemberName};
use vault::store::{FileRef, Plan, Vault};

use super::super::Global;
use super::super::open::Keyring;
use super::super::report::{self, Failure, shortened};

/// Who was dropped though nobody asked for it, and of which files.
#[derive(Default)]
pub(crate) struct Outsiders(BTreeMap<MemberName, Vec<String>>);

impl Outsiders {
    pub(super) fn add(&mut self, name: MemberName, file: &FileRef) {
        self.0.entry(name).or_default().push(file.to_string());
    }

    /// Drops them from a file that is about to get a new data key.
    pub(crate) fn drop_from<T: Content>(
        vault: &Vault,
        keyring: &Keyring,
        sealed: &Sealed<T>,
        opened: &mut Opened<T>,
    ) -> Result<Self, Failure> {
        let (mut dropped, file) = (Self::default(), FileRef::of::<T>(sealed.name()));
        let outsiders = Plan::outsiders(sealed, &vault.team()?);
        let own = outsiders.iter().find(|name| {
            sealed.recipients().get(*name).is_some_and(|record| keyring.holds(&record.to))
        });
        if let Some(own) = own {
            let text = format!("you read {file} as {own}, with a key that team.toml does not have");
            let hint = "`vault recipient list` shows which it has; nothing was written";
            return Err(Failure::failed(text).hint(hint));
        }
        if !outsiders.is_empty() {
            opened.remove_recipients(&outsiders)?;
        }
        for name in outsiders {
            dropped.add(name, &file);
        }
        Ok(dropped)
    }

    /// Says so.
    pub(crate) fn tell(&self, global: &Global) {
        for (name, files) in &self.0 {
            let files = shortened(files);
            let text = format!("{name} is not in the team with that key: no longer reads {files}");
            report::warn(global, &text);
        }
    }
}
