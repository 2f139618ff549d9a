//! From three versions to a file that is proven, written and added.

use std::path::Path;

use vault::envelope::{MergeError, Merged, Sealed, Side};
use vault::git::{Git, Unmerged, Versions, settle};
use vault::model::{Content, KeyName};
use vault::store::{FileRef, Vault, Writer, Written};

use super::{Settling, Shown};
use crate::cli::Global;
use crate::cli::open::Keyring;
use crate::cli::report::{self, Failure};
use crate::cli::versions::{Keys, TAKE_ONE};

/// The versions of a file that are to become one.
pub(crate) struct Merging<'a> {
    pub(crate) global: &'a Global,
    pub(crate) vault: &'a Vault,
    pub(crate) file: &'a FileRef,
    pub(crate) versions: Versions<'a>,
    /// What our side and theirs are.
    pub(crate) sides: &'a [String; 2],
    /// Which side a person has taken already.
    pub(crate) hint: &'a dyn Fn(&KeyName) -> Option<Side>,
}

/// A file that is ready to be written.
pub(crate) struct Finished<T> {
    sealed: Sealed<T>,
    /// What this machine will remember of it; `None` where its data key stands already.
    written: Option<Written>,
    warning: Option<String>,
}

/// Writes a file, of whatever kind it is.
pub(crate) type Write = Box<dyn FnOnce(&Writer<'_>, &mut Keyring, &Git) -> Result<(), Failure>>;

impl Merging<'_> {
    /// Merges them; `None` where something was left open, which `settling` then knows.
    pub(crate) fn merge<T: Content + 'static>(
        &self,
        keys: &mut Keys<'_>,
        settling: &mut Settling<'_>,
    ) -> Result<Option<Write>, Failure> {
        let path = self.vault.path_of(T::KIND, &self.file.name);
        let ours = Sealed::<T>::parse_past(self.versions.ours)
            .map_err(|why| unmerged(&path, &Unmerged::Malformed { which: "our version", why }))?;
        let shown = Shown { id: ours.id(), sides: self.sides.clone() };
        let mut person = settling.of_file(self.file, shown, self.hint);
        let merged = settle::<T>(self.versions, keys, &mut person).map_err(|why| match why {
            // Why a version did not open says more than that it must be.
            Unmerged::Merge(MergeError::NeedsKey) => {
                keys.refusal().unwrap_or_else(|| unmerged(&path, &why))
            }
            _ => unmerged(&path, &why),
        })?;
        if *merged.name() != self.file.name {
            let text = "its name and its path have changed differently";
            return Err(Failure::failed(format!("{}: {text}", path.display())).hint(TAKE_ONE));
        }
        self.say(&path, &merged);
        let Ok(sealed) = merged.into_clean() else { return Ok(None) };
        let theirs = Sealed::<T>::parse_past(self.versions.theirs).ok();
        self.prove(keys, [Some(ours), theirs], sealed).map(|finished| Some(finished.later()))
    }

    fn say<T: Content>(&self, path: &Path, merged: &Merged<T>) {
        for note in merged.notes() {
            report::warn(self.global, &format!("{}: {note}", path.display()));
        }
    }

    /// Opens what came out, as whoever reads it next will. And one side must be what this machine
    /// knows: that both go on from the same is all that the merge has proved.
    fn prove<T: Content>(
        &self,
        keys: &mut Keys<'_>,
        sides: [Option<Sealed<T>>; 2],
        sealed: Sealed<T>,
    ) -> Result<Finished<T>, Failure> {
        let vault = self.vault;
        let path = vault.path_of(T::KIND, &self.file.name);
        let again = Sealed::<T>::parse(sealed.render().as_bytes(), &self.file.name);
        if again.as_ref() != Ok(&sealed) {
            let text = "what came out of merging is not in form";
            return Err(Failure::failed(format!("{}: {text}", path.display())));
        }
        let keyring = keys.keyring()?;
        let opened = match keyring.unlock(vault, sealed.clone()) {
            Ok(opened) => opened,
            // Under one data key all of it was merged without opening anything.
            Err(why)
                if why.is_closed() && sides.iter().flatten().all(|s| s.has_key_of(&sealed)) =>
            {
                return Ok(Finished { sealed, written: None, warning: None });
            }
            Err(why) => return Err(why),
        };
        let mut doubt = None;
        for side in sides.into_iter().flatten() {
            match keyring.open_as_known(vault, side) {
                Ok(_) => {
                    let warning = keyring.memory().warning(vault, &opened)?;
                    return Ok(Finished { sealed, written: Some(Written::of(&opened)), warning });
                }
                Err(why) => doubt = doubt.or(Some(why)),
            }
        }
        let doubt = doubt.map_or_else(String::new, |doubt| doubt.message());
        Err(Failure::tampered(doubt).hint(format!(
            "undo the merge (`git merge --abort`), then `vault trust {}`, then merge again",
            self.file.name
        )))
    }
}

impl<T: Content + 'static> Finished<T> {
    fn later(self) -> Write {
        Box::new(move |writer, keyring, git| self.write(writer, keyring, git))
    }

    /// Writes the file, and adds it to git's index.
    fn write(self, writer: &Writer<'_>, keyring: &mut Keyring, git: &Git) -> Result<(), Failure> {
        let Self { sealed, written, warning } = self;
        writer.replace(&sealed)?;
        if let Some(written) = written {
            keyring.memory().wrote(writer.vault(), &written, warning)?;
        }
        let file = Path::new(T::KIND.folder()).join(format!("{}.toml", sealed.name()));
        git.add(&file).map_err(|why| {
            let path = writer.vault().path_of(T::KIND, sealed.name());
            Failure::failed(format!("{} is written, but not added: {why}", path.display()))
                .hint(format!("`git add {}`", path.display()))
        })
    }
}

fn unmerged(path: &Path, why: &Unmerged) -> Failure {
    let message = format!("{}: {why}", path.display());
    match why {
        Unmerged::Malformed { .. } => Failure::tampered(message).hint(TAKE_ONE),
        Unmerged::Merge(MergeError::Unproven(_)) => Failure::tampered(message).hint(format!(
            "{TAKE_ONE}; of a side that this machine does not know, `vault trust` shows who made it"
        )),
        Unmerged::Merge(_) => Failure::failed(message).hint(TAKE_ONE),
    }
}
