//! Ending a command and all it started, in good time.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rustix::io::Errno;
use rustix::process::{Signal as Sent, test_kill_process_group};

use super::Running;
use super::signals::Event;

/// How often it is looked whether a group has gone: its members are not our children, so nothing
/// tells us.
const GROUP_POLL: Duration = Duration::from_millis(20);

/// How long what was killed may take to go.
const KILLED: Duration = Duration::from_secs(1);

/// How a command that was told to stop did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It is gone, and so is its group.
    Gone,
    /// Besides, a person or another program wanted an end meanwhile. The status is the command's.
    ForGood(u8),
}

/// Signals with which a person or another program ends vault and all.
const ENDING: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// What became of a command that is being stopped.
#[derive(Default)]
struct End {
    code: Option<u8>,
    /// One of [`ENDING`] came.
    wanted: bool,
    /// A [`Waker`](super::Waker) called, which is for the wait that comes after.
    woken: bool,
}

impl End {
    fn verdict(self) -> Stopped {
        // Typed at the terminal, ^C and its like go past us.
        let typed = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT].map(|s| 128 + s as i32);
        match self.code {
            Some(code) if self.wanted || typed.contains(&i32::from(code)) => Stopped::ForGood(code),
            _ => Stopped::Gone,
        }
    }
}

impl Running<'_> {
    /// Ends the command and its group: TERM, KILL for what is left after `grace`, and back only
    /// when it is gone, so that whatever it held is free.
    pub fn stop(mut self, grace: Duration) -> Stopped {
        let deadline = Instant::now() + grace;
        self.send(Sent::TERM);
        // Whatever is stopped sleeps through the other.
        self.send(Sent::CONT);
        let mut end = End::default();
        self.wait_for_group(deadline, &mut end);
        if !self.is_gone(&end) {
            self.send(Sent::KILL);
            while end.code.is_none() {
                self.step(None, &mut end);
            }
            self.wait_for_group(Instant::now() + KILLED, &mut end);
        }
        // A shell does this for a job that ends; here another one follows.
        self.by.terminal.reset();
        if end.woken {
            self.by.waker().wake();
        }
        end.verdict()
    }

    fn is_gone(&self, end: &End) -> bool {
        end.code.is_some() && test_kill_process_group(self.group) == Err(Errno::SRCH)
    }

    fn wait_for_group(&mut self, deadline: Instant, end: &mut End) {
        while !self.is_gone(end) && Instant::now() < deadline {
            let until = match end.code {
                None => deadline,
                Some(_) => deadline.min(Instant::now() + GROUP_POLL),
            };
            self.step(Some(until), end);
        }
    }

    /// One event, or none in time, while the command is being stopped.
    fn step(&mut self, until: Option<Instant>, end: &mut End) {
        match self.by.events.next(until) {
            None => {}
            Some(Event::Wake) => end.woken = true,
            Some(Event::Signal(signal, _attended)) => {
                end.wanted |= ENDING.contains(&signal);
                end.code = end.code.or(self.attend_to(signal));
            }
        }
    }
}
