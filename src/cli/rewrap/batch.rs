//! Writing the files of a change, and saying of each what became of it.

use std::collections::BTreeMap;

use vault::Error;
use vault::crypto::{FileId, Recipient};
use vault::envelope::{Generation, Opened, SealError, Sealed};
use vault::model::{Content, MemberName, SetName};
use vault::store::{FileRef, Plan, Rewriting, Rotation, Vault, Writer, Written};

use super::super::Global;
use super::super::open::Keyring;
use super::super::progress::Progress;
use super::super::report::{self, Failure, shortened};
use super::outsiders::Instead;
use super::{Gains, Outsiders, Planned, changed_meanwhile, is_in};

/// What happened.
#[derive(Default)]
pub(crate) struct Done {
    written: usize,
    failed: Vec<FileRef>,
    pub(super) outsiders: Outsiders,
    code: u8,
}

/// The files that are being written.
pub(super) struct Batch<'a> {
    pub(super) global: &'a Global,
    pub(super) vault: &'a Vault,
    pub(super) keyring: &'a mut Keyring,
    pub(super) planned: &'a Planned,
    pub(super) rotation: Rotation,
    pub(super) trusted: &'a [MemberName],
    pub(super) approved: &'a Gains,
    /// The files that are on their way to the disk.
    pub(super) writing: BTreeMap<SetName, Begun>,
    pub(super) progress: Progress,
    pub(super) done: Done,
}

/// A file that was handed over to be written.
pub(super) struct Begun {
    plan: Plan,
    /// The file, and the last epoch that whoever leaves could read.
    left: (FileId, u32),
    written: Written,
    warning: Option<String>,
}

impl Batch<'_> {
    pub(super) fn write<T: Content + Send>(&mut self, writer: &Writer<'_>) -> Result<(), Failure> {
        let of_kind = self.planned.plans.keys().filter(|file| file.kind == T::KIND);
        let names: Vec<SetName> = of_kind.map(|file| file.name.clone()).collect();
        if names.is_empty() { Ok(()) } else { Ok(writer.rewrite::<T, Self>(&names, self)?) }
    }
}

impl<T: Content> Rewriting<T> for Batch<'_> {
    type Error = Failure;

    fn change(&mut self, sealed: Sealed<T>) -> Result<Option<Opened<T>>, Failure> {
        let Planned { team, asked, .. } = self.planned;
        // The file may have changed since it was asked about.
        let Some(plan) = Plan::of(&sealed, team, &asked.concerning, self.rotation)? else {
            return Ok(None);
        };
        let file = FileRef::of::<T>(sealed.name());
        let is_approved = |(name, to): (&MemberName, &Recipient)| {
            is_in(self.approved, (name, &(to.clone(), vec![file.clone()])))
        };
        if !plan.gains().all(is_approved) {
            return Err(changed_meanwhile());
        }
        let Generation { id, epoch, .. } = sealed.generation();
        let mut opened = self.keyring.open(self.vault, sealed)?;
        let warning = self.keyring.memory().warning(self.vault, &opened)?;
        if plan.rotates {
            self.keyring.link_to_commit(self.vault, &mut opened);
            opened.rotate()?;
        }
        opened.set_recipients(&plan.readers, self.trusted)?;
        let begun = Begun { plan, left: (id, epoch), written: Written::of(&opened), warning };
        self.writing.insert(opened.name().clone(), begun);
        Ok(Some(opened))
    }

    fn done(&mut self, name: &SetName, result: Result<(), Failure>) {
        let file = FileRef::of::<T>(name);
        let written = self.writing.remove(name);
        self.progress.step();
        match (result, written) {
            (Ok(()), Some(Begun { plan, left, written, warning })) => {
                let memory = self.keyring.memory();
                let wrote = memory.wrote(self.vault, &written, warning);
                if let Err(why) = wrote.and_then(|()| {
                    memory.let_go(self.vault, &self.planned.team, &plan.leaving, left)
                }) {
                    report::warn(self.global, &why.in_short());
                }
                let done = format!("{file}: {}", in_words(&plan));
                self.progress.aside(|| report::note(self.global, &done));
                for outsider in plan.outsiders {
                    let stays = plan.replaced.contains_key(&outsider);
                    let instead = if stays { Instead::Member } else { Instead::Nobody };
                    self.done.outsiders.add(outsider, instead, &file);
                }
                self.done.written += 1;
            }
            // Somebody else has done it meanwhile.
            (Ok(()), None) => {}
            (Err(why), _) => {
                let (done, global) = (&mut self.done, self.global);
                self.progress.aside(|| done.failed(global, &file, &why));
            }
        }
    }
}

impl Done {
    pub(super) fn failed(&mut self, global: &Global, file: &FileRef, why: &Failure) {
        let text = match why {
            Failure::Vault(Error::Seal(SealError::Wrap { name, .. })) => format!(
                "{file}: {}; `vault recipient remove {name}` goes without them, and --drop {name} beside another removal",
                why.message()
            ),
            Failure::Vault(Error::Store(_)) | Failure::Said { .. } => why.in_short(),
            _ => format!("{file}: {}", why.in_short()),
        };
        report::warn(global, &text);
        self.code = self.code.max(if why.code() == 4 { 4 } else { 1 });
        self.failed.push(file.clone());
    }

    /// Ends the command: as done, or with the files that are not.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let files: Vec<_> = self.failed.iter().map(ToString::to_string).collect();
        let count = files.len() + self.written;
        Err(Failure::Said {
            code: self.code,
            message: format!(
                "{} of {count} files are not done: {}",
                files.len(),
                shortened(&files)
            ),
            hint: Some("`vault rekey`, run by someone who can open them, finishes it".to_owned()),
        })
    }
}

/// `added bob; removed carol; new data key`
pub(crate) fn in_words(plan: &Plan) -> String {
    let mut parts = Vec::new();
    let mut part = |word: &str, names: Vec<String>| {
        if !names.is_empty() {
            parts.push(format!("{word} {}", shortened(&names)));
        }
    };
    let names = |names: &BTreeMap<MemberName, Recipient>| {
        names.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    part("added", names(&plan.added));
    part("removed", plan.removed.iter().map(ToString::to_string).collect());
    part("replaced the key of", names(&plan.replaced));
    part("renamed", plan.renamed.iter().map(|(old, new)| format!("{old} to {new}")).collect());
    if plan.rotates {
        parts.push("new data key".to_owned());
    }
    parts.join("; ")
}
