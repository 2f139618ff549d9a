//! The file that pins stand in: one fact a line, and nothing else; sorted, but for
//! commits, which stand as they came.
//!
//! It is not TOML: every command reads it, and it may be long.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::grants::Grants;
use super::state::{Ages, Held, Newest, State};
use crate::crypto::{Commitment, FileId, LinkKey, Recipient};
use crate::model::{Kind, MemberName};
use crate::store::departures::Trace;

/// Says to whoever finds it what it is.
const HEADER: &str =
    "# What vault has seen in one work tree, so that it notices when a file or a key is exchanged.";

const KINDS: [Kind; 2] = [Kind::Set, Kind::Pull];

/// Reads the pins of the work tree `root`. The error is the line, from 1.
pub(super) fn parse(bytes: &[u8], root: &Path) -> Result<State, usize> {
    const PATH_LINE: usize = 3;
    let (path, state) = parse_any(bytes)?;
    if path == spelled(root) { Ok(state) } else { Err(PATH_LINE) }
}

/// Reads the pins of any work tree, and says of which: as [`spelled`] writes it.
pub(super) fn parse_any(bytes: &[u8]) -> Result<(&str, State), usize> {
    let text = std::str::from_utf8(bytes).map_err(|_| 1_usize)?;
    // Without its end the last line may be half a line.
    let text = text.strip_suffix('\n').ok_or_else(|| text.lines().count().max(1))?;
    let mut lines = text.split('\n').zip(1_usize..);
    let mut head = |start: &str| match lines.next() {
        Some((line, number)) => line.strip_prefix(start).ok_or(number),
        None => Err(1),
    };
    if !head(HEADER)?.is_empty() || !head("format 1")?.is_empty() {
        return Err(1);
    }
    let path = head("path ")?;
    let mut state = State::default();
    for (line, number) in lines {
        read_line(line, &mut state).ok_or(number)?;
    }
    // A place without its file's data keys would be refused for ever.
    let whole = state.places.values().all(|id| state.files.contains_key(id));
    if whole { Ok((path, state)) } else { Err(text.split('\n').count()) }
}

/// The text of the pins of `root`.
pub(super) fn render(state: &State, root: &Path) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(1 << 12));
    let _: std::fmt::Result = write_to(&mut out, state, root);
    out
}

fn write_to(out: &mut String, state: &State, root: &Path) -> std::fmt::Result {
    writeln!(out, "{HEADER}\nformat 1\npath {}", spelled(root))?;
    if let Some(id) = state.vault {
        writeln!(out, "vault {id}")?;
    }
    for (name, (key, held)) in &state.members {
        let what = if *held == Held::Approved { "member" } else { "former" };
        writeln!(out, "{what} {name} {key}")?;
    }
    for ((key, trace), until) in &state.answered {
        writeln!(out, "left {trace} {until} {key}")?;
    }
    if let Some(Grants { groups, rules }) = &state.grants {
        writeln!(out, "rules known")?;
        for (group, who) in groups {
            write_line(out, format_args!("group {group}"), who)?;
        }
        for (pattern, who) in rules {
            write_line(out, format_args!("rule {pattern}"), who)?;
        }
    }
    for commit in &state.commits {
        writeln!(out, "commit {commit}")?;
    }
    for ((kind, name), id) in &state.places {
        writeln!(out, "file {}/{name} {id}", kind.folder())?;
    }
    for (id, ages) in &state.files {
        let Newest { epoch, commitment, key } = &ages.newest;
        writeln!(out, "newest {id} {epoch} {commitment} {}", *key.to_text())?;
        for (epoch, commitment) in &ages.known {
            if (*epoch, *commitment) != (ages.newest.epoch, ages.newest.commitment) {
                writeln!(out, "known {id} {epoch} {commitment}")?;
            }
        }
    }
    Ok(())
}

/// A path on one line, whatever bytes it is made of.
pub(super) fn spelled(root: &Path) -> String {
    root.as_os_str().as_encoded_bytes().escape_ascii().to_string()
}

/// `None` where the line is none of ours, or says what another one said.
fn read_line(line: &str, state: &mut State) -> Option<()> {
    let (what, rest) = line.split_once(' ')?;
    match what {
        "vault" => state.vault.replace(FileId::parse(rest)?).is_none().then_some(()),
        "member" | "former" => {
            let held = if what == "member" { Held::Approved } else { Held::Former };
            let (name, key) = rest.split_once(' ')?;
            let key = Recipient::from_canonical(key).ok()?;
            state.members.insert(name.parse().ok()?, (key, held)).is_none().then_some(())
        }
        "left" => {
            let (trace, rest) = rest.split_once(' ')?;
            let (until, key) = rest.split_once(' ')?;
            let key = Recipient::from_canonical(key).ok()?.as_str().to_owned();
            let place = (key, Trace::parse(trace)?);
            state.answered.insert(place, number(until)?).is_none().then_some(())
        }
        "rules" => {
            let first = state.grants.replace(Grants::default()).is_none();
            (first && rest == "known").then_some(())
        }
        "group" => {
            let (group, who) = names(rest)?;
            state.grants.as_mut()?.groups.insert(group.parse().ok()?, who).is_none().then_some(())
        }
        "rule" => {
            let (pattern, who) = names(rest)?;
            state.grants.as_mut()?.rules.insert(pattern.parse().ok()?, who).is_none().then_some(())
        }
        "commit" => {
            let is_first = !state.commits.iter().any(|known| known == rest);
            state.commits.push((is_first && is_commit(rest)).then(|| rest.to_owned())?);
            Some(())
        }
        "file" => {
            let (place, id) = rest.split_once(' ')?;
            let (folder, name) = place.split_once('/')?;
            let kind = KINDS.into_iter().find(|kind| kind.folder() == folder)?;
            let place = (kind, name.parse().ok()?);
            state.places.insert(place, FileId::parse(id)?).is_none().then_some(())
        }
        "newest" => {
            let [id, epoch, commitment, key] = words(rest)?;
            let (epoch, commitment) = pair(epoch, commitment)?;
            let newest = Newest { epoch, commitment, key: LinkKey::parse(key)? };
            let ages = Ages { newest, known: vec![(epoch, commitment)] };
            state.files.insert(FileId::parse(id)?, ages).is_none().then_some(())
        }
        "known" => {
            let [id, epoch, commitment] = words(rest)?;
            let (epoch, commitment) = pair(epoch, commitment)?;
            let ages = state.files.get_mut(&FileId::parse(id)?)?;
            ages.remember(epoch, commitment).then_some(())
        }
        _ => None,
    }
}

fn write_line(
    out: &mut String,
    what: std::fmt::Arguments<'_>,
    names: &BTreeSet<MemberName>,
) -> std::fmt::Result {
    write!(out, "{what}")?;
    names.iter().try_for_each(|name| write!(out, " {name}"))?;
    writeln!(out)
}

/// What the line is about, and for whom.
fn names(text: &str) -> Option<(&str, BTreeSet<MemberName>)> {
    let mut words = text.split(' ');
    let first = words.next()?;
    let names = words.map(|name| name.parse().ok()).collect::<Option<_>>()?;
    Some((first, names))
}

fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn words<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut words = text.split(' ');
    let found = [(); N].map(|()| words.next().unwrap_or_default());
    words.next().is_none().then_some(found)
}

fn pair(epoch: &str, commitment: &str) -> Option<(u32, Commitment)> {
    Some((number(epoch)?, Commitment::parse(commitment)?))
}

/// An epoch. One spelling only: no sign and no leading zero.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| !text.starts_with(['0', '+']))
}
