//! Reading a line from the terminal without showing it: byte for byte as typed, and the terminal
//! shows again what is typed however that ends.
//!
//! A signal that ends or stops vault would leave the echo off. So signals are held back while it
//! is off and waited for beside the line; when one comes, the echo is turned on and the signal
//! then does what it always does.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::Unread;

/// What ends vault or stops it; and what continues it, since whoever stopped it may have turned
/// the echo on.
const HELD: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
    Signal::SIGCONT,
];

/// The kernel drops without a word what is typed beyond this into one line, so that a line of this
/// length may have been longer.
const CUT_AT: usize = 4095;

/// Asks and reads one line, without its end.
pub(super) fn read(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let tty = File::open("/dev/tty")?;
    loop {
        // In this order: the echo is off only while signals are held.
        let held = Held::new()?;
        let silent = Silent::new(&tty)?;
        show(prompt)?;
        let end = read_line(&tty, &held);
        drop(silent);
        drop(held);
        match end? {
            End::Line(line) => return Ok(line),
            End::Signal(signal) => {
                show("\n")?;
                // Whoever is still here was stopped and continued, or ignores it: ask again.
                raise(signal).map_err(io::Error::from)?;
            }
        }
    }
}

fn show(text: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    err.write_all(text.as_bytes()).and_then(|()| err.flush())
}

enum End {
    Line(Zeroizing<Vec<u8>>),
    Signal(Signal),
}

fn read_line(mut tty: &File, held: &Held) -> Result<End, Unread> {
    // Never grows, so that no copy is left behind, and has room for one more whole line.
    let mut line = Zeroizing::new(vec![0; 2 * (CUT_AT + 1)]);
    let mut filled = 0;
    let mut too_long = false;
    loop {
        let mut waited =
            [&held.signals.as_fd(), &tty.as_fd()].map(|fd| PollFd::new(*fd, PollFlags::POLLIN));
        match poll(&mut waited, PollTimeout::NONE) {
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => continue,
            Err(errno) => return Err(io::Error::from(errno).into()),
        }
        if let Some(signal) = held.come()? {
            return Ok(End::Signal(signal));
        }
        if !waited.last().is_some_and(|tty| tty.any().unwrap_or(true)) {
            continue;
        }
        let read = tty.read(line.get_mut(filled..).unwrap_or_default())?;
        filled += read;
        let ended = line.get(..filled).is_some_and(|typed| typed.ends_with(b"\n"));
        if read == 0 && filled == 0 && !too_long {
            return Err(Unread::Nothing);
        }
        too_long |= filled - usize::from(ended) >= CUT_AT;
        if read == 0 || ended {
            line.truncate(filled - usize::from(ended));
            return if too_long { Err(Unread::TooLong) } else { Ok(End::Line(line)) };
        }
        if too_long {
            filled = 0;
        }
    }
}

/// Signals that are held back for as long as this lives.
struct Held {
    before: SigSet,
    signals: SignalFd,
}

impl Held {
    fn new() -> io::Result<Self> {
        let before = SigSet::thread_get_mask()?;
        // Those that were held back already are not ours to wait for.
        let ours: SigSet = HELD.into_iter().filter(|signal| !before.contains(*signal)).collect();
        let signals = SignalFd::with_flags(&ours, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        ours.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self { before, signals })
    }

    /// One that has come, if any has.
    fn come(&self) -> io::Result<Option<Signal>> {
        let info = self.signals.read_signal()?;
        let number = info.and_then(|info| i32::try_from(info.ssi_signo).ok());
        Ok(number.and_then(|number| Signal::try_from(number).ok()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _: nix::Result<()> = self.before.thread_set_mask();
    }
}

/// A terminal that shows nothing of what is typed but line ends, for as long as this lives.
struct Silent<'a> {
    tty: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(tty: &'a File) -> io::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON);
        tcsetattr(tty, OptionalActions::Now, &silent)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _: rustix::io::Result<()> = tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}
