//! What a command writes, on its way through a mask.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use zeroize::Zeroizing;

use super::mask::{Chain, Mask};

/// What is read in one go: as much as a pipe holds.
const PART: usize = 64 << 10;

/// Once the command has ended, others may still have its pipes: a filter that is about to write
/// its last line, or a service that stays. One that writes nothing for so long …
const QUIET: u16 = 1000; // ms
/// … or makes us wait for so long in all …
const WAITED: Duration = Duration::from_secs(3);
/// … or writes more than the largest pipe holds, is not read any further. So what the command
/// itself had written is always read.
const READ: usize = 1 << 20;

/// Two threads, each of which reads a stream, hides what is secret, and writes at once.
pub struct Filter {
    ended: PipeWriter,
    masks: [Sender<Arc<Mask>>; 2],
    threads: [JoinHandle<io::Result<()>>; 2],
}

impl Filter {
    /// Starts reading. `to` is where stdout and stderr of the command shall lead.
    ///
    /// # Errors
    /// The system has no more threads or descriptors.
    pub fn start(
        mask: &Arc<Mask>,
        (stdout, stderr): (ChildStdout, ChildStderr),
        to: [File; 2],
    ) -> io::Result<Self> {
        let (ending, ended) = pipe()?;
        let ending_too = ending.try_clone()?;
        let [to_stdout, to_stderr] = to;
        let (stdout, masks) = Stream::new(stdout, to_stdout, mask);
        let (stderr, masks_too) = Stream::new(stderr, to_stderr, mask);
        let named = |name: &str| Builder::new().name(name.to_owned());
        let stdout = named("stdout").spawn(move || stdout.copy(&ending))?;
        let stderr = named("stderr").spawn(move || stderr.copy(&ending_too))?;
        Ok(Self { ended, masks: [masks, masks_too], threads: [stdout, stderr] })
    }

    /// Hides by another mask too in all that is written from now on. To be called before the
    /// command can have those secrets.
    pub fn hide_too(&self, mask: &Arc<Mask>) {
        for masks in &self.masks {
            // A stream that has ended hides nothing more.
            let _: Result<(), _> = masks.send(Arc::clone(mask));
        }
    }

    /// To be called when the command has ended: back when all it wrote is where it belongs.
    ///
    /// # Errors
    /// Something could not be written, other than for want of a reader.
    pub fn finish(self) -> io::Result<()> {
        drop(self.ended);
        let results = self.threads.map(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread of vault failed")))
        });
        results.into_iter().collect()
    }
}

struct Stream<R> {
    from: R,
    to: File,
    chain: Chain,
    masks: Receiver<Arc<Mask>>,
    shown: Vec<u8>,
}

impl<R: Read + AsFd> Stream<R> {
    fn new(from: R, to: File, mask: &Arc<Mask>) -> (Self, Sender<Arc<Mask>>) {
        let (sender, masks) = channel();
        let shown = Vec::with_capacity(2 * PART);
        (Self { from, to, chain: Chain::new(mask), masks, shown }, sender)
    }

    /// A reader that went away ends this too, and then the command finds its pipe closed, as it
    /// would have found that reader's.
    fn copy(self, ending: &PipeReader) -> io::Result<()> {
        match self.copy_all(ending) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    fn copy_all(mut self, ending: &PipeReader) -> io::Result<()> {
        let mut part = Zeroizing::new(vec![0; PART]);
        let mut rest = None;
        while self.wait(ending, &mut rest)? == Wait::ForMore {
            let count = match self.from.read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            if count == 0 {
                break;
            }
            if let Some(rest) = &mut rest {
                rest.read += count;
            }
            // What was read may have been written with secrets of which we were told meanwhile.
            for mask in self.masks.try_iter() {
                self.chain.lengthen(&mask, &mut self.shown);
            }
            self.chain.push(part.get(..count).unwrap_or_default(), &mut self.shown);
            self.write_shown()?;
        }
        let Self { chain, mut to, mut shown, .. } = self;
        chain.finish(&mut shown);
        write_all(&mut to, &shown)
    }

    fn write_shown(&mut self) -> io::Result<()> {
        write_all(&mut self.to, &self.shown)?;
        self.shown.clear();
        Ok(())
    }

    /// Until there is something to read, or nothing is expected any more.
    fn wait(&self, ending: &PipeReader, rest: &mut Option<Rest>) -> io::Result<Wait> {
        loop {
            let from = PollFd::new(self.from.as_fd(), PollFlags::POLLIN);
            let Some(rest) = rest else {
                let mut both = [from, PollFd::new(ending.as_fd(), PollFlags::POLLIN)];
                interruptible(poll(&mut both, PollTimeout::NONE))?;
                let [from, ending] = both.map(|fd| fd.any() == Some(true));
                if ending {
                    *rest = Some(Rest::default());
                } else if from {
                    return Ok(Wait::ForMore);
                }
                continue;
            };
            if rest.waited >= WAITED || rest.read >= READ {
                return Ok(Wait::ForNothing);
            }
            let start = Instant::now();
            let mut from = [from];
            let ready = interruptible(poll(&mut from, QUIET))?;
            rest.waited += start.elapsed();
            match ready {
                Some(0) => return Ok(Wait::ForNothing),
                Some(_) => return Ok(Wait::ForMore),
                None => {}
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    ForMore,
    ForNothing,
}

/// What was read after the command had ended.
#[derive(Default)]
struct Rest {
    waited: Duration,
    read: usize,
}

fn interruptible(ready: nix::Result<i32>) -> io::Result<Option<i32>> {
    match ready {
        Err(nix::errno::Errno::EINTR) => Ok(None),
        ready => Ok(Some(ready?)),
    }
}

/// As the one of std, but a command that has made the terminal non-blocking, which is then so for
/// us as well, makes it wait.
fn write_all(to: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let mut to = [PollFd::new(to.as_fd(), PollFlags::POLLOUT)];
                interruptible(poll(&mut to, PollTimeout::NONE))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
