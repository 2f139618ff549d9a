//! The bar for what takes longer than a second: on a terminal, and nowhere else.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Global;

const PATIENCE: Duration = Duration::from_secs(1);

/// How far a command is. Gone from the terminal when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    waiting: bool,
}

impl Progress {
    /// Of so many files.
    pub(crate) fn new(global: &Global, files: usize) -> Self {
        let total = u64::try_from(files).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        // Without colours, and the template is ours: it has no mistake.
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos} of {len} files, {eta} to go")
        {
            bar.set_style(style);
        }
        let waiting = !global.quiet && std::io::stderr().is_terminal();
        Self { bar, started: Instant::now(), waiting }
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        if self.waiting && self.started.elapsed() > PATIENCE {
            self.waiting = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }

    /// Says something while the bar is out of the way.
    pub(crate) fn aside(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
