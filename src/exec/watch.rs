//! Noticing that a vault may have changed, while a command runs.
//!
//! Looking is done in a thread of its own, so that a slow disk or a program that fetches the
//! identity never keeps a signal from the command. What to look at and what to make of it is the
//! caller's; here is when, and what must not be missed: folders replaced by a checkout, links that
//! swap, events the kernel dropped, file systems that announce nothing.

mod announced;
mod clock;
mod places;
mod silent;

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::supervise::{Happened, Orphans, Running, Waker};
use announced::{Announcer, Hints};
use clock::{Clock, Pace};

pub use clock::Why;
pub use places::Place;

/// A git that takes longer was killed and left its lock behind.
const GIT_AT_MOST: Duration = Duration::from_secs(10);

/// Looks at a vault again and again.
pub struct Watch<S> {
    orders: Sender<Why>,
    reports: Receiver<Report<S>>,
    hints: Hints,
    clock: Clock,
    looking: bool,
}

/// What is next beside the command.
#[derive(Debug)]
pub enum Next<S> {
    /// It ended: its exit status, or 128 and the signal it died of.
    Ended(u8),
    /// What was seen in a look.
    Seen(S),
}

struct Report<S> {
    /// `None` if it is to be looked again soon.
    seen: Option<S>,
    pace: Pace,
}

impl<S: Send + 'static> Watch<S> {
    /// Starts to look at what stands in `place`, at once and whenever it may have changed. `look`
    /// is called in another thread with the folder that holds the vault; where it says nothing, it
    /// is called again soon.
    ///
    /// # Errors
    /// The system's, when it has no thread to spare.
    pub fn start(
        waker: Waker,
        mut place: Place,
        mut look: impl FnMut(&Path, Why) -> Option<S> + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, ordered) = channel();
        let (report, reports) = channel();
        let hints = Hints::default();
        let mut announcer = Announcer::new(hints.clone(), waker.clone());
        thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let mut git = Git::default();
            for why in ordered {
                let speed = match why {
                    Why::Hint => announcer.rearm(&mut place),
                    Why::Poll => announcer.rearm_if_replaced(&mut place),
                };
                let root = place.root();
                let seen = if git.is_at_work(root) { None } else { look(root, why) };
                if report.send(Report { seen, pace: speed }).is_err() {
                    return;
                }
                waker.wake();
            }
        })?;
        Ok(Self { orders, reports, hints, clock: Clock::new(Instant::now()), looking: false })
    }

    /// Waits for something to attend to; forwards signals all the while.
    pub fn next(&mut self, running: &mut Running<'_>) -> Next<S> {
        loop {
            if let Some(seen) = self.reported(running) {
                return Next::Seen(seen);
            }
            let now = Instant::now();
            if self.hints.take() {
                self.clock.hint(now);
            }
            if !self.looking
                && let Some(why) = self.clock.due(now)
            {
                // What the look starts must be left for it to wait for.
                running.set_orphans(Orphans::Leave);
                self.looking = self.orders.send(why).is_ok();
            }
            let until = (!self.looking).then(|| self.clock.next());
            if let Happened::Ended(code) = running.wait(until) {
                return Next::Ended(code);
            }
        }
    }

    fn reported(&mut self, running: &mut Running<'_>) -> Option<S> {
        let report = self.reports.try_recv().ok()?;
        running.set_orphans(Orphans::Reap);
        self.looking = false;
        let now = Instant::now();
        self.clock.set_pace(report.pace, now);
        if report.seen.is_none() {
            self.clock.again_soon(now);
        }
        report.seen
    }
}

/// Whether git is changing the work tree, as far as its lock tells.
#[derive(Default)]
struct Git {
    since: Option<Instant>,
}

impl Git {
    fn is_at_work(&mut self, root: &Path) -> bool {
        if !lock_of_git(root) {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        since.elapsed() < GIT_AT_MOST
    }
}

fn lock_of_git(root: &Path) -> bool {
    let Some(git) = root.ancestors().map(|dir| dir.join(".git")).find(|git| git.exists()) else {
        return false;
    };
    if git.is_dir() {
        return git.join("index.lock").exists();
    }
    // A linked work tree: `gitdir: PATH`, seen from where the file stands.
    let text = std::fs::metadata(&git)
        .ok()
        .filter(|meta| meta.is_file() && meta.len() < 1 << 14)
        .and_then(|_| std::fs::read_to_string(&git).ok())
        .unwrap_or_default();
    let folder = text.strip_prefix("gitdir:").map(str::trim);
    folder.is_some_and(|folder| git.with_file_name(folder).join("index.lock").exists())
}
