//! What became of the files of a vault, commit by commit.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::batch::Batch;
use super::diff::{Became, Evidence, FileDiff};
use super::history::is_regular;
use super::view::View;
use super::{Commit, Git};
use crate::crypto::FileId;
use crate::envelope::{KeyChange, ReaderChange};
use crate::model::KeyName;
use crate::store::{AnySealed, Depth, FileRef, NoHistory};

/// How many versions are kept in case they come again.
const KEPT: usize = 100;

/// Something that a commit did to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// The file, as it was called then.
    pub file: FileRef,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The file is new.
    Created,
    /// The file is gone.
    Deleted,
    /// It was called so before.
    Renamed(FileRef),
    /// Its data key is another.
    DataKey(KeyChange),
    /// A reader.
    Reader(ReaderChange),
    /// An entry.
    Entry(KeyName, Became, Evidence),
    /// An entry has the value and the counters of one that is gone, which was called so.
    EntryRenamed(KeyName, KeyName),
    /// It makes no sense any more; this says why.
    Broken(String),
    /// It stands at the path of this file, where its name is another and it is refused.
    Misplaced(FileRef),
    /// It makes sense again, or stands where it belongs.
    Mended,
    /// It is in the oldest commit that a shallow clone has. Who made it, or anything in it, is not
    /// known here.
    Present,
}

/// What can look into versions, and which of them matter.
pub trait Reader {
    /// Looks into a version, without asking anybody; `None` of one that does not matter.
    fn look(&mut self, sealed: AnySealed) -> Option<View>;
}

/// A commit and what it changed, against each of its parents that it differs from.
struct Step {
    commit: Commit,
    parents: usize,
    changes: Vec<Vec<Touched>>,
}

/// The objects at the path of a file before and after.
struct Touched {
    file: FileRef,
    old: Option<String>,
    new: Option<String>,
}

type Seen = Result<Option<Rc<View>>, String>;

struct Story<'r, R> {
    reader: &'r mut R,
    objects: Batch,
    seen: BTreeMap<String, Seen>,
}

impl Git {
    /// Tells what each commit that is reachable from the one checked out did to sealed files, the
    /// newest first. Of a merge, only what none of its parents had.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn story<R: Reader>(
        &self,
        reader: &mut R,
        mut tell: impl FnMut(&Commit, Vec<Happening>),
    ) -> Result<Depth, NoHistory> {
        if self.head()?.is_none() {
            return Ok(Depth::Whole);
        }
        let (steps, depth) = (self.steps()?, self.depth()?);
        let mut story = Story { reader, objects: self.batch()?, seen: BTreeMap::new() };
        for step in steps {
            let mut happened = story.of(&step)?;
            if depth == Depth::Shallow && step.parents == 0 {
                let is_state = |what: &What| matches!(what, What::Created | What::Misplaced(_));
                happened.retain(|happening| is_state(&happening.what));
                let came = happened.iter_mut().filter(|one| one.what == What::Created);
                came.for_each(|happening| happening.what = What::Present);
            }
            if !happened.is_empty() {
                tell(&step.commit, happened);
            }
        }
        Ok(depth)
    }

    fn steps(&self) -> Result<Vec<Step>, NoHistory> {
        let format = "--format=%H%x00%P%x00%an <%ae>%x00%as%x00%s";
        let list = ["rev-list", "--encoding=UTF-8", format, "HEAD", "--", "sets", "pull"];
        let listed = self.run(list)?;
        let listed = String::from_utf8_lossy(&listed);
        let mut steps = Vec::new();
        // Before each stands `commit ID`.
        for line in listed.lines().filter(|line| line.contains('\0')) {
            let parts: Vec<&str> = line.split('\0').collect();
            let [id, parents, author, date, subject] = parts.as_slice() else { continue };
            let [id, author, date, subject] =
                [id, author, date, subject].map(|part| (*part).to_owned());
            let parents = parents.split_ascii_whitespace().count();
            let commit = Commit { id, author, date, subject };
            steps.push(Step { commit, parents, changes: Vec::new() });
        }
        let ids: String = steps.iter().flat_map(|step| [step.commit.id.as_str(), "\n"]).collect();
        let words = "diff-tree --stdin --root -m -r -z --raw --no-renames --no-abbrev --no-ext-diff \
                     --no-textconv --relative -- sets pull";
        let changes = self.feed(words.split_ascii_whitespace(), ids.as_bytes())?;
        sort_in(&mut steps, &String::from_utf8_lossy(&changes));
        Ok(steps)
    }
}

/// `ID NUL`, then `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL` for each change; all that once for
/// each parent.
fn sort_in(steps: &mut [Step], changes: &str) {
    let mut at = steps.iter_mut();
    let mut step = None;
    let mut parts = changes.split('\0');
    while let Some(part) = parts.next() {
        let Some(change) = part.strip_prefix(':') else {
            if part.is_empty() {
                continue;
            }
            let is_same = |step: &&mut Step| step.commit.id == part;
            if !step.as_ref().is_some_and(is_same) {
                step = at.find(is_same);
            }
            if let Some(step) = &mut step {
                step.changes.push(Vec::new());
            }
            continue;
        };
        let file = parts.next().and_then(file_at);
        let fields: Vec<&str> = change.split(' ').collect();
        if let ([old_mode, new_mode, old, new, _], Some(file), Some(step)) =
            (fields.as_slice(), file, &mut step)
            && let Some(changes) = step.changes.last_mut()
        {
            let object = |mode: &str, object: &str| is_regular(mode).then(|| object.to_owned());
            let (old, new) = (object(old_mode, old), object(new_mode, new));
            changes.push(Touched { file, old, new });
        }
    }
}

/// `sets/web` of `sets/web.toml`. What is deeper is no file of this vault.
fn file_at(path: &str) -> Option<FileRef> {
    let file: FileRef = path.strip_suffix(".toml")?.parse().ok()?;
    (format!("{file}.toml") == path).then_some(file)
}

impl<R: Reader> Story<'_, R> {
    fn of(&mut self, step: &Step) -> Result<Vec<Happening>, NoHistory> {
        if step.changes.len() < step.parents.max(1) {
            return Ok(Vec::new());
        }
        let mut all: Option<Vec<Happening>> = None;
        for changes in &step.changes {
            let now = self.against(changes)?;
            all = Some(match all {
                None => now,
                Some(before) => before.into_iter().filter(|one| now.contains(one)).collect(),
            });
        }
        Ok(all.unwrap_or_default())
    }

    /// What differs from one parent. A file that is at another path keeps its id.
    fn against(&mut self, changes: &[Touched]) -> Result<Vec<Happening>, NoHistory> {
        let mut happened = Vec::new();
        let (mut gone, mut came): (Vec<Placed>, Vec<Placed>) = (Vec::new(), Vec::new());
        for Touched { file, old, new } in changes {
            let mut version = |object: &Option<String>| match object {
                Some(object) => self.version(object),
                None => Ok(Ok(None)),
            };
            let placed = |view| Placed { view, at: file.clone() };
            let (old, new) = (version(old)?, version(new)?);
            match (old.map(|old| old.map(placed)), new.map(|new| new.map(placed))) {
                (_, Err(why)) => {
                    happened.push(Happening { file: file.clone(), what: What::Broken(why) });
                }
                (Err(_), Ok(_)) => {
                    happened.push(Happening { file: file.clone(), what: What::Mended });
                }
                (Ok(Some(old)), Ok(Some(new))) if old.id() == new.id() => {
                    told_of(&mut happened, Some(&old), Some(&new));
                }
                (Ok(old), Ok(new)) => {
                    gone.extend(old);
                    came.extend(new);
                }
            }
        }
        // What was moved is that which stands where it belongs, and the others are copies.
        came.sort_by_key(|new| !new.is_right());
        for new in came {
            let same = gone.iter().position(|old| old.id() == new.id());
            let old = same.map(|at| gone.swap_remove(at));
            told_of(&mut happened, old.as_ref(), Some(&new));
        }
        for old in gone {
            told_of(&mut happened, Some(&old), None);
        }
        Ok(happened)
    }

    fn version(&mut self, object: &str) -> Result<Seen, NoHistory> {
        if let Some(seen) = self.seen.get(object) {
            return Ok(seen.clone());
        }
        let bytes = self.objects.get(object)?;
        let sealed = bytes.as_deref().map(AnySealed::parse_past).transpose();
        let seen = match sealed {
            Ok(sealed) => Ok(sealed.and_then(|sealed| self.reader.look(sealed)).map(Rc::new)),
            Err(why) => Err(why.to_string()),
        };
        if self.seen.len() >= KEPT {
            self.seen.clear();
        }
        self.seen.insert(object.to_owned(), seen.clone());
        Ok(seen)
    }
}

/// A version, and whose path it stands at.
struct Placed {
    view: Rc<View>,
    at: FileRef,
}

impl Placed {
    fn id(&self) -> FileId {
        self.view.sealed().generation().id
    }

    /// Whether it is at the path that it says.
    fn is_right(&self) -> bool {
        self.view.sealed().file() == self.at
    }
}

/// What differs, and where it stands. A copy at a wrong path is no new file, and none goes with it.
fn told_of(happened: &mut Vec<Happening>, old: Option<&Placed>, new: Option<&Placed>) {
    let one = new.or(old);
    let Some(file) = one.map(|placed| placed.view.sealed().file()) else { return };
    let mut tell = |what| happened.push(Happening { file: file.clone(), what });
    let wrong = |placed: Option<&Placed>| {
        placed.filter(|placed| !placed.is_right()).map(|placed| placed.at.clone())
    };
    match (wrong(old), wrong(new)) {
        (before, Some(at)) if before.as_ref() != Some(&at) => tell(What::Misplaced(at)),
        (Some(_), None) if new.is_some() => tell(What::Mended),
        _ => {}
    }
    if old.is_some() && new.is_some() || one.is_some_and(Placed::is_right) {
        compare(happened, old.map(|old| &*old.view), new.map(|new| &*new.view));
    }
}

fn compare(happened: &mut Vec<Happening>, old: Option<&View>, new: Option<&View>) {
    let Some(file) = new.or(old).map(|view| view.sealed().file()) else { return };
    let diff = FileDiff::between(old, new);
    let mut tell = |what: What| happened.push(Happening { file: file.clone(), what });
    match (old, new) {
        (None, _) => tell(What::Created),
        (_, None) => return tell(What::Deleted),
        (Some(old), Some(_)) => {
            let before = old.sealed().file();
            if before != file {
                tell(What::Renamed(before));
            }
        }
    }
    if diff.plain.data_key != KeyChange::Kept {
        tell(What::DataKey(diff.plain.data_key));
    }
    diff.plain.readers.iter().cloned().for_each(|change| tell(What::Reader(change)));
    let renamed = renamed(&diff);
    for (key, entry) in &diff.entries {
        if let Some((old, _)) = renamed.iter().find(|(_, new)| new == key) {
            tell(What::EntryRenamed((*old).clone(), (*key).clone()));
        } else if !renamed.iter().any(|(old, _)| old == key) {
            tell(What::Entry((*key).clone(), entry.became, entry.by));
        }
    }
}

/// Entries that went, and came under another key with the same value and counters: only values can
/// tell that.
fn renamed<'v>(diff: &FileDiff<'v>) -> Vec<(&'v KeyName, &'v KeyName)> {
    let of = |became: Became| diff.entries.iter().filter(move |(_, entry)| entry.became == became);
    let mut pairs = Vec::new();
    let (Some(old), Some(new)) = (diff.old, diff.new) else { return pairs };
    for (went, before) in of(Became::Removed) {
        let mut same = of(Became::Added).filter(|(came, after)| {
            let counters = before.old.map(|entry| (entry.since, entry.rev))
                == after.new.map(|entry| (entry.since, entry.rev));
            let values = (old.value(went), new.value(came));
            counters && matches!(values, (Some(a), Some(b)) if !a.is_empty() && a.same_as(b))
        });
        if let (Some((came, _)), None) = (same.next(), same.next()) {
            pairs.push((*went, *came));
        }
    }
    pairs
}
