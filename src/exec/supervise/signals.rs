//! Signals as events: blocked in every thread, and waited for in one that does nothing else.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

/// Signals that are the command's business and not ours: all that a person or another program may
/// send and that can be waited for. Those of real time nobody waits for; they end vault, and the
/// command is told.
pub(super) const FORWARDED: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
    Signal::SIGTSTP,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGIO,
    Signal::SIGURG,
    // What some containers are told to end with.
    #[cfg(target_os = "linux")]
    Signal::SIGPWR,
];

/// The mask the process was started with, where it is another one now.
static BEFORE: OnceLock<SigSet> = OnceLock::new();

/// The mask for a program that is to be started with none of its signals blocked by us; `None` if
/// this thread blocks none.
pub(in crate::exec) fn mask_before() -> Option<&'static SigSet> {
    BEFORE.get()
}

/// Something to attend to.
pub(super) enum Event {
    /// A signal came. The next one is not waited for before this is dropped.
    Signal(Signal, Attended),
    /// Another thread has something to say.
    Wake,
}

/// Sent back, by being dropped, to the thread that waits for signals.
pub(super) struct Attended(#[expect(dead_code, reason = "dropped to be noticed")] Sender<()>);

/// Wakes the thread that waits beside a command, from any other.
#[derive(Debug, Clone)]
pub struct Waker(Sender<Event>);

impl Waker {
    /// Makes the wait end, now or, if there is none, as soon as it begins.
    pub fn wake(&self) {
        // Nobody waits any more only when the process is about to end.
        let _: Result<(), _> = self.0.send(Event::Wake);
    }
}

/// All that can happen beside a command.
pub(super) struct Events {
    receiver: Receiver<Event>,
    sender: Sender<Event>,
    pub(super) before: &'static SigSet,
}

impl Events {
    /// Blocks the signals in this thread and in all it starts from now on, and waits for them in
    /// one of those. They stay blocked, so that what is done after the command ended is done whole.
    pub(super) fn listen() -> io::Result<Self> {
        let signals = waited_for();
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let before = BEFORE.get_or_init(|| before);
        let (sender, receiver) = channel();
        let events = sender.clone();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || pass_on(signals, &events))?;
        Ok(Self { receiver, sender, before })
    }

    pub(super) fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// The next event; `None` when the time has come.
    pub(super) fn next(&self, until: Option<Instant>) -> Option<Event> {
        match until {
            None => self.receiver.recv().ok(),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                self.receiver.recv_timeout(left).ok()
            }
        }
    }
}

fn waited_for() -> SigSet {
    // TTOU and TTIN: taking the terminal back, or writing to it, would stop us in the background.
    let ours = [Signal::SIGCHLD, Signal::SIGCONT, Signal::SIGTTOU, Signal::SIGTTIN];
    FORWARDED.iter().copied().chain(ours).collect()
}

/// One signal at a time: while one is attended to, whoever does that may unblock another and have
/// it act on the process.
fn pass_on(signals: SigSet, events: &Sender<Event>) {
    loop {
        let Ok(signal) = signals.wait() else { continue };
        let (attended, until_attended) = channel();
        if events.send(Event::Signal(signal, Attended(attended))).is_err() {
            return;
        }
        // An error by design: the other end is dropped.
        let _: Result<(), _> = until_attended.recv();
    }
}

/// Whether the system forgets how our children end, because whoever started us ignores SIGCHLD.
/// That is inherited, and only unsafe code could change it.
pub(super) fn children_end_unseen() -> bool {
    in_status("SigIgn:", Signal::SIGCHLD) == Some(true)
}

/// Whether SIGCONT came and was not waited for yet; `None` if the system does not tell.
pub(super) fn was_continued() -> Option<bool> {
    in_status("ShdPnd:", Signal::SIGCONT)
}

/// What Linux says of a signal, in one of its masks for this process.
fn in_status(mask: &str, signal: Signal) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix(mask))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal as i32 - 1) & 1 == 1)
}
