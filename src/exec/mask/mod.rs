//! Stars in place of secrets in what a command writes: a seat belt, not a wall.
//!
//! Every byte that belongs to an occurrence of a pattern is hidden, however occurrences overlap,
//! and each run of hidden bytes becomes `***`, whatever its length. What was already read is held
//! back only as far as it may be the beginning of a pattern, so a prompt is seen when it is
//! written, and no pattern passes in two halves.
//!
//! A pattern of more than [`HEAD`] bytes is hidden as soon as so many of them have come, and for
//! as long as the text agrees with it. So the automaton stays small, whatever the size of a
//! secret, and no more than a head is ever held back.

mod chain;
mod forms;
mod long;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use thiserror::Error;
use zeroize::Zeroizing;

use super::env::ChildEnv;
use crate::model::KeyName;
pub(super) use chain::Chain;
use forms::Forms;
use long::{Long, Progress};

/// Fewest bytes that are hidden: the word `true` is in too many texts.
pub const LEAST_MASKED: usize = 6;

/// How much of a pattern is looked for; the rest is compared where this was found.
const HEAD: usize = 64;

/// What stands for a secret. It does not tell how long that is.
const STARS: &[u8] = b"***";

/// How much is looked at in one go.
const PART: usize = 64 << 10;

/// What is to be hidden: the values of a command's secrets, and the ways programs write them.
pub struct Mask {
    heads: NFA,
    start: StateID,
    /// Of each head, what follows it, if anything does.
    follow: Vec<Option<usize>>,
    longs: Vec<Long>,
    /// How many bytes of a head each state but the first stands for, sorted.
    depths: Vec<(StateID, u8)>,
    too_short: Vec<KeyName>,
}

/// The secrets have more bytes than can be looked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the secrets are too large to be masked")]
pub struct TooLargeToMask;

impl Mask {
    /// Everything that the command gets from the sets, be it as variable or as file.
    ///
    /// # Errors
    /// [`TooLargeToMask`]: beyond any set that a vault can hold.
    pub fn new(env: &ChildEnv<'_>) -> Result<Self, TooLargeToMask> {
        let mut forms = Forms::default();
        let mut too_short = Vec::new();
        for (key, value) in env.secrets() {
            if !forms.add(value) && !value.is_empty() {
                too_short.push(key.clone());
            }
        }
        Ok(Self { too_short, ..Self::of(forms.into_patterns())? })
    }

    fn of(patterns: Vec<Zeroizing<Vec<u8>>>) -> Result<Self, TooLargeToMask> {
        // Not the DFA: two to four times as fast, and twenty times as large.
        let heads = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(patterns.iter().map(|pattern| head(pattern)))
            .map_err(|_| TooLargeToMask)?;
        let start = heads.start_state(Anchored::No).map_err(|_| TooLargeToMask)?;
        let mut depths = Vec::new();
        for pattern in &patterns {
            let mut state = start;
            for (byte, depth) in head(pattern).iter().zip(1..) {
                state = heads.next_state(Anchored::No, state, *byte);
                depths.push((state, depth));
            }
        }
        depths.sort_unstable();
        depths.dedup();
        let mut longs = Vec::new();
        let follow = patterns.into_iter().map(|pattern| {
            (pattern.len() > HEAD).then(|| {
                longs.push(Long::new(pattern));
                longs.len() - 1
            })
        });
        let follow = follow.collect();
        Ok(Self { heads, start, follow, longs, depths, too_short: Vec::new() })
    }

    /// The keys whose values are not hidden, because they are shorter than [`LEAST_MASKED`].
    pub fn too_short(&self) -> &[KeyName] {
        &self.too_short
    }

    /// Hides in one stream.
    pub fn redactor(self: &Arc<Self>) -> Redactor {
        Redactor {
            mask: Arc::clone(self),
            state: self.start,
            read: Zeroizing::new(Vec::with_capacity(HEAD + PART)),
            hidden: Vec::new(),
            longs: Vec::new(),
            last: Last::Shown,
        }
    }

    /// How many of the last bytes may be the beginning of a head.
    fn depth(&self, state: StateID) -> usize {
        let found = self.depths.binary_search_by_key(&state, |(other, _)| *other);
        found.ok().and_then(|at| self.depths.get(at)).map_or(0, |(_, depth)| usize::from(*depth))
    }
}

fn head(pattern: &[u8]) -> &[u8] {
    pattern.get(..HEAD).unwrap_or(pattern)
}

/// One stream on its way through a [`Mask`].
pub struct Redactor {
    mask: Arc<Mask>,
    state: StateID,
    /// Read and not passed on; what stays from one part to the next is no longer than a head.
    read: Zeroizing<Vec<u8>>,
    /// What of it is to be hidden: sorted, and with something between any two.
    hidden: Vec<Range<usize>>,
    longs: Vec<Progress>,
    last: Last,
}

/// What became of the last byte passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Shown,
    Hidden,
}

impl Redactor {
    /// Appends what can be shown by now.
    pub fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for part in text.chunks(PART) {
            let known = self.read.len();
            self.read.extend_from_slice(part);
            self.look_at(known);
            let settled = self.read.len().saturating_sub(self.mask.depth(self.state));
            // What is hidden already need not wait for what comes.
            let run = self.hidden.iter().find(|run| run.contains(&settled));
            self.pass_on(run.map_or(settled, |run| run.end), out);
        }
    }

    /// Appends what was held back: the stream has ended.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.pass_on(self.read.len(), out);
        (self.state, self.last) = (self.mask.start, Last::Shown);
        self.longs.clear();
    }

    /// How many bytes wait for what comes.
    pub fn held_back(&self) -> usize {
        self.read.len()
    }

    fn look_at(&mut self, known: usize) {
        let mask = &*self.mask;
        for (byte, end) in self.read.iter().skip(known).zip(known + 1..) {
            if !self.longs.is_empty() {
                self.longs.retain_mut(|progress| progress.goes_on(&mask.longs, *byte));
                if !self.longs.is_empty() {
                    hide(&mut self.hidden, end - 1..end);
                }
            }
            self.state = mask.heads.next_state(Anchored::No, self.state, *byte);
            // Nothing but a match is special to an automaton built like ours.
            if mask.heads.is_special(self.state) && mask.heads.is_match(self.state) {
                let length = mask.depth_of_longest(self.state, &mut self.longs);
                hide(&mut self.hidden, end.saturating_sub(length)..end);
            }
        }
    }

    fn pass_on(&mut self, settled: usize, out: &mut Vec<u8>) {
        let later = self.hidden.partition_point(|run| run.start < settled);
        let mut at = 0;
        for run in self.hidden.drain(..later) {
            show(&self.read, at..run.start, &mut self.last, out);
            if self.last == Last::Shown {
                out.extend_from_slice(STARS);
                self.last = Last::Hidden;
            }
            at = run.end;
        }
        show(&self.read, at..settled, &mut self.last, out);
        self.read.drain(..settled);
        for run in &mut self.hidden {
            *run = run.start - settled..run.end - settled;
        }
    }
}

impl Mask {
    /// How long the longest head is that ends in this state. The long patterns whose heads do are
    /// followed from here on.
    fn depth_of_longest(&self, state: StateID, followed: &mut Vec<Progress>) -> usize {
        let mut longest = 0;
        for index in 0..self.heads.match_len(state) {
            let head = self.heads.match_pattern(state, index);
            longest = longest.max(self.heads.pattern_len(head));
            if let Some(Some(long)) = self.follow.get(head.as_usize())
                && !followed.iter().any(|progress| progress.is_of(*long))
            {
                followed.push(Progress::at_head(*long));
            }
        }
        longest
    }
}

/// Adds a run, none of which ends before the others do.
fn hide(hidden: &mut Vec<Range<usize>>, mut run: Range<usize>) {
    while let Some(last) = hidden.pop_if(|last| last.end >= run.start) {
        run.start = run.start.min(last.start);
    }
    hidden.push(run);
}

fn show(read: &[u8], range: Range<usize>, last: &mut Last, out: &mut Vec<u8>) {
    let shown = read.get(range).unwrap_or_default();
    if !shown.is_empty() {
        out.extend_from_slice(shown);
        *last = Last::Shown;
    }
}
