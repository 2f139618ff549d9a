//! `vault edit`

mod compose;
mod prompts;

use clap_complete::ArgValueCandidates;
use vault::edit::{Changes, Draft, Prefer};
use vault::envelope::Opened;
use vault::model::{KeyName, SecretSet, SetName};
use vault::store::Vault;

use super::approve::Trust;
use super::change::{Begun, Pending};
use super::open::{Keyring, find_vault};
use super::report::{self, Failure, Mode};
use super::set::{named, summary};
use super::{Global, complete, term};
use compose::{Composer, Start};

/// Change a set, or one of its values, in an editor; makes the set if it is not there
///
/// The editor is $VISUAL, else $EDITOR, else vi or nano. The text stands in memory, never on a disk,
/// and on Linux the editor can write nowhere else: swap files, backups and histories included.
/// With KEY the file is the value itself, byte for byte; a newline that the editor adds at its end
/// is dropped where there was none. While the editor is open, INT and QUIT are its business alone;
/// TERM and HUP end both, and nothing is changed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The set
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    set: SetName,
    /// The key whose value is to be edited alone
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(complete::keys))]
    key: Option<KeyName>,
    /// Allow an editor that gives the text to a process vault cannot watch
    #[arg(long)]
    allow_gui_editor: bool,
    /// Where no file system is in memory, let the text stand on a disk meanwhile
    #[arg(long)]
    insecure_tmp: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let composer = Composer::new(global, args)?;
    let vault = find_vault(global)?;
    let keyring = Keyring::load(global)?;
    Edit { global, args, vault: &vault, keyring, composer }.run()
}

struct Edit<'a> {
    global: &'a Global,
    args: &'a Args,
    vault: &'a Vault,
    keyring: Keyring,
    composer: Composer<'a>,
}

/// What a person's entries are a change of.
struct Base {
    draft: Draft,
    /// Whether there was a set.
    existed: bool,
}

/// What became of a person's entries.
enum Written {
    Done,
    /// The person gave them up.
    Dropped,
    /// Somebody else changed the same: begin again there.
    Again(Base, Start),
}

/// Whose changes a person chose to keep.
enum Whose {
    Mine,
    Theirs,
    EditAgain,
    Nobodys,
}

impl<'a> Edit<'a> {
    fn run(mut self) -> Result<(), Failure> {
        let mut pending = Some(self.open()?);
        let opened = pending.as_ref().and_then(Pending::opened);
        let mut base = Base::of(opened);
        let mut start = Start::of(&base.draft, self.args);
        self.composer.warn(&base.draft);
        loop {
            let mine = self.composer.compose(&base.draft, start)?;
            match self.write_or_retry(base, mine, pending.take())? {
                Written::Done => return Ok(()),
                Written::Dropped => return Err(self.dropped()),
                Written::Again(theirs, from) => (base, start) = (theirs, from),
            }
        }
    }

    fn open(&mut self) -> Result<Pending<'a>, Failure> {
        let Args { set, trust, .. } = self.args;
        Pending::open_or_new(self.global, self.vault, &mut self.keyring, set, trust)
    }

    fn write_or_retry(
        &mut self,
        mut base: Base,
        mut mine: Draft,
        mut pending: Option<Pending<'a>>,
    ) -> Result<Written, Failure> {
        loop {
            match self.write(&mut base, &mut mine, pending.take()) {
                Err(failure) if term::can_ask(self.global) => {
                    report::print(self.global, &failure, Mode::Command);
                    let answer = term::ask("try to write it again? [Y/n] ")?;
                    if !is_yes(answer.as_deref()) {
                        return Ok(Written::Dropped);
                    }
                }
                other => return other,
            }
        }
    }

    /// Writes `mine`, and what others wrote since `base` stays. Asks about what both changed.
    fn write(
        &mut self,
        base: &mut Base,
        mine: &mut Draft,
        mut pending: Option<Pending<'a>>,
    ) -> Result<Written, Failure> {
        loop {
            if mine.is_same_as(&base.draft) {
                self.say("nothing changed");
                return Ok(Written::Done);
            }
            if base.existed && self.vault.try_read::<SecretSet>(&self.args.set)?.is_none() {
                if !self.asked_to_make_again()? {
                    return Ok(Written::Dropped);
                }
                pending = None;
                *base = Base::of(None);
                continue;
            }
            let now = match pending.take() {
                Some(pending) => pending,
                None => self.open()?,
            };
            let mut begun = Begun::begin(now, self.global, &mut self.keyring)?;
            let theirs = Base::of(Some(&begun.opened));
            let merged = Draft::merge(&base.draft, mine, &theirs.draft, Prefer::Mine);
            if merged.conflicts.is_empty() {
                let changes = merged.draft.apply(&mut begun.opened)?;
                let made = begun.finish(&mut self.keyring, changes.len())?;
                if !theirs.draft.is_same_as(&base.draft) {
                    self.say("it was changed meanwhile; those changes stay");
                }
                self.say(&format!("{}{made}", words(&changes)));
                return Ok(Written::Done);
            }
            // Nobody else waits for the answer.
            drop(begun);
            match self.ask_whose(&merged.conflicts)? {
                Whose::Mine => *mine = merged.draft,
                Whose::Theirs => {
                    *mine = Draft::merge(&base.draft, mine, &theirs.draft, Prefer::Theirs).draft;
                }
                Whose::EditAgain => {
                    let start = Start::with_conflicts(&merged, &theirs.draft, self.args);
                    return Ok(Written::Again(theirs, start));
                }
                Whose::Nobodys => return Ok(Written::Dropped),
            }
            *base = theirs;
        }
    }

    fn ask_whose(&self, conflicts: &[KeyName]) -> Result<Whose, Failure> {
        let set = &self.args.set;
        let keys = named("changed by somebody else meanwhile, and by you:", conflicts.iter());
        let what = format!("{set}: {}", keys.unwrap_or_default());
        if !term::can_ask(self.global) {
            return Err(
                Failure::failed(what).hint("nothing was written; begin again from what is there")
            );
        }
        report::warn(self.global, &what);
        let may_edit = self.args.key.is_none() && !self.composer.prompts();
        let question = if may_edit {
            "keep [m]ine, take [t]heirs, [e]dit again, or [q]uit? "
        } else {
            "keep [m]ine, take [t]heirs, or [q]uit? "
        };
        loop {
            match term::ask(question)?.as_deref() {
                Some("m" | "mine") => return Ok(Whose::Mine),
                Some("t" | "theirs") => return Ok(Whose::Theirs),
                Some("e" | "edit") if may_edit => return Ok(Whose::EditAgain),
                Some("q" | "quit") | None => return Ok(Whose::Nobodys),
                Some(_) => {}
            }
        }
    }

    fn asked_to_make_again(&self) -> Result<bool, Failure> {
        let what = format!("{} was deleted meanwhile", self.args.set);
        if !term::can_ask(self.global) {
            return Err(Failure::failed(what).hint("nothing was written"));
        }
        report::warn(self.global, &what);
        term::confirm("make it again, with all that you have?")
    }

    fn say(&self, text: &str) {
        report::note(self.global, &format!("{}: {text}", self.args.set));
    }

    fn dropped(&self) -> Failure {
        Failure::failed(format!("{}: nothing was written", self.args.set))
    }
}

impl Base {
    fn of(opened: Option<&Opened<SecretSet>>) -> Self {
        Self { draft: opened.map_or_else(Draft::default, Draft::of), existed: opened.is_some() }
    }
}

/// Whether the answer is yes, which an empty line is too.
fn is_yes(answer: Option<&str>) -> bool {
    answer.is_some_and(|answer| !matches!(answer.to_ascii_lowercase().as_str(), "n" | "no"))
}

/// `added A; changed B; renamed C to D; removed E`
fn words(changes: &Changes) -> String {
    if changes.is_empty() {
        return "nothing changed".to_owned();
    }
    let mut parts = Vec::new();
    if !changes.outcomes.is_empty() {
        parts.push(summary(&changes.outcomes));
    }
    parts.extend(changes.renamed.iter().map(|(old, new)| format!("renamed {old} to {new}")));
    parts.extend(named("removed", changes.removed.iter()));
    parts.join("; ")
}
