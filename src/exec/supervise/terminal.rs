//! The controlling terminal, lent to the group of a command and taken back.

use std::fs::File;

use rustix::process::{Pid, getpgrp, test_kill_process_group};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// The controlling terminal, if there is one.
pub(super) struct Terminal(Option<File>);

impl Terminal {
    pub(super) fn open() -> Self {
        Self(File::open("/dev/tty").ok())
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Puts `group` into the foreground if we are there; whether we were.
    pub(super) fn lend_to(&self, group: Pid) -> bool {
        let Some(tty) = &self.0 else { return false };
        tcgetpgrp(tty).is_ok_and(|now| now == getpgrp()) && tcsetpgrp(tty, group).is_ok()
    }

    /// Puts us into the foreground again if `group` has it, or one that is no more: a shell that
    /// has put another job there keeps it.
    pub(super) fn take_back_from(&self, group: Pid) {
        let Some(tty) = &self.0 else { return };
        let is_free = |now| now == group || test_kill_process_group(now).is_err();
        if tcgetpgrp(tty).is_ok_and(is_free) {
            // From the background this would stop us (TTOU), were that not blocked.
            let _: rustix::io::Result<()> = tcsetpgrp(tty, getpgrp());
        }
    }
}
