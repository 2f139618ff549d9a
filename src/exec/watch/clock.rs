//! When to look: after changes have come to rest, and now and then in case one went unseen.

use std::time::{Duration, Instant};

/// Changes have come to rest when there was none for this long.
const QUIET: Duration = Duration::from_millis(250);

/// And are looked at after this long though they go on.
const LONGEST: Duration = Duration::from_secs(2);

/// Until the next look when the last one came too early.
const SOON: Duration = Duration::from_millis(250);

/// What makes vault look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Something was seen to happen.
    Hint,
    /// Nothing was, for some time.
    Poll,
}

/// How much can be missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Little: changes are announced.
    Announced,
    /// All: nobody announces anything.
    Unannounced,
}

impl Pace {
    /// The time between two looks that nothing asks for.
    fn between(self) -> Duration {
        match self {
            Self::Announced => Duration::from_secs(30),
            Self::Unannounced => Duration::from_secs(2),
        }
    }
}

/// A calculation over points in time; it asks no clock itself.
#[derive(Debug)]
pub(super) struct Clock {
    pace: Pace,
    /// The first hint that was not followed up.
    first: Option<Instant>,
    /// When what happened is to be looked at.
    follow_up: Option<Instant>,
    poll: Instant,
}

impl Clock {
    /// Due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { pace: Pace::Announced, first: None, follow_up: Some(now), poll: now }
    }

    /// Something happened.
    pub(super) fn hint(&mut self, now: Instant) {
        let first = *self.first.get_or_insert(now);
        self.follow_up = Some((now + QUIET).min(first + LONGEST));
    }

    /// The last look came too early: someone was at work.
    pub(super) fn again_soon(&mut self, now: Instant) {
        self.follow_up = Some(now + SOON);
    }

    /// When a look is due next.
    pub(super) fn next(&self) -> Instant {
        self.follow_up.map_or(self.poll, |follow_up| follow_up.min(self.poll))
    }

    /// Whether a look is due now, and why. If so it is taken to be done.
    pub(super) fn due(&mut self, now: Instant) -> Option<Why> {
        if now < self.next() {
            return None;
        }
        self.poll = now + self.pace.between();
        self.first = None;
        let why = if self.follow_up.take().is_some() { Why::Hint } else { Why::Poll };
        Some(why)
    }

    /// What the last look found out about the file system.
    pub(super) fn set_pace(&mut self, pace: Pace, now: Instant) {
        self.pace = pace;
        self.poll = self.poll.min(now + pace.between());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn looked_at(now: Instant) -> Clock {
        let mut clock = Clock::new(now);
        assert_eq!(clock.due(now), Some(Why::Hint));
        clock
    }

    #[test]
    fn it_looks_once_after_changes_came_to_rest() {
        let start = Instant::now();
        let mut clock = looked_at(start);
        for ms in [0, 200, 400] {
            clock.hint(start + ms * MS);
            assert_eq!(clock.due(start + (ms + 249) * MS), None);
        }
        assert_eq!(clock.due(start + 650 * MS), Some(Why::Hint));
        assert_eq!(clock.due(start + 5000 * MS), None);
    }

    #[test]
    fn changes_without_end_are_looked_at_every_two_seconds() {
        let start = Instant::now();
        let mut clock = looked_at(start);
        let mut looks = Vec::new();
        for ms in (0..6000).step_by(100) {
            clock.hint(start + ms * MS);
            looks.extend(clock.due(start + ms * MS).map(|_| ms));
        }
        assert_eq!(looks, [2000, 4100]);
    }

    #[test]
    fn it_looks_now_and_then_and_more_often_where_nothing_is_announced() {
        let start = Instant::now();
        let mut clock = looked_at(start);
        assert_eq!(clock.due(start + 29_999 * MS), None);
        assert_eq!(clock.due(start + 30_000 * MS), Some(Why::Poll));
        clock.set_pace(Pace::Unannounced, start + 30_000 * MS);
        assert_eq!(clock.due(start + 31_999 * MS), None);
        assert_eq!(clock.due(start + 32_000 * MS), Some(Why::Poll));
    }

    #[test]
    fn where_it_looked_too_early_it_looks_again_soon() {
        let start = Instant::now();
        let mut clock = looked_at(start);
        clock.again_soon(start);
        assert_eq!(clock.due(start + 249 * MS), None);
        assert_eq!(clock.due(start + 250 * MS), Some(Why::Hint));
    }
}
