//! Patterns that are too long for the automaton, followed from where their heads were found.

use zeroize::Zeroizing;

use super::HEAD;

/// A pattern longer than a head.
pub(super) struct Long {
    pattern: Zeroizing<Vec<u8>>,
    /// For each length but zero: how long the longest beginning is that so much of the pattern
    /// also ends with (Knuth, Morris and Pratt).
    borders: Vec<u32>,
}

impl Long {
    pub(super) fn new(pattern: Zeroizing<Vec<u8>>) -> Self {
        let mut long = Self { borders: Vec::with_capacity(pattern.len()), pattern };
        let mut border = 0;
        for at in 0..long.pattern.len() {
            // Of the first byte there is no shorter beginning.
            if let Some(byte) = long.pattern.get(at).filter(|_| at > 0) {
                border = long.longest(border, *byte);
            }
            long.borders.push(u32::try_from(border).unwrap_or(0));
        }
        long
    }

    /// How much of the pattern the text ends with, when it ended with `matched` of it and goes on
    /// with this byte.
    fn longest(&self, mut matched: usize, byte: u8) -> usize {
        while self.pattern.get(matched) != Some(&byte) {
            let Some(length) = matched.checked_sub(1) else { return 0 };
            matched = self.borders.get(length).map_or(0, |border| *border as usize);
        }
        matched + 1
    }
}

/// How far the text agrees with a long pattern.
pub(super) struct Progress {
    long: usize,
    matched: usize,
}

impl Progress {
    pub(super) fn at_head(long: usize) -> Self {
        Self { long, matched: HEAD }
    }

    pub(super) fn is_of(&self, long: usize) -> bool {
        self.long == long
    }

    /// Whether the text agrees with a head and more still. When not, the automaton finds the next.
    pub(super) fn goes_on(&mut self, longs: &[Long], byte: u8) -> bool {
        self.matched = longs.get(self.long).map_or(0, |long| long.longest(self.matched, byte));
        self.matched >= HEAD
    }
}
