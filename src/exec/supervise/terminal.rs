//! The controlling terminal, lent to the group of a command and taken back.

use std::fs::File;

use rustix::process::{Pid, getpgrp, test_kill_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

/// The controlling terminal, if there is one.
pub(super) struct Terminal {
    tty: Option<File>,
    /// How it was set when we came.
    modes: Option<Termios>,
}

impl Terminal {
    pub(super) fn open() -> Self {
        let tty = File::open("/dev/tty").ok();
        let modes = tty.as_ref().and_then(|tty| tcgetattr(tty).ok());
        Self { tty, modes }
    }

    pub(super) fn is_there(&self) -> bool {
        self.tty.is_some()
    }

    /// Puts `group` into the foreground if we are there; whether it is there now. It may have been
    /// before: a command that is quick to read is stopped for it while it is being lent.
    pub(super) fn lend_to(&self, group: Pid) -> bool {
        let Some(tty) = &self.tty else { return false };
        let Ok(now) = tcgetpgrp(tty) else { return false };
        now == group || (now == getpgrp() && tcsetpgrp(tty, group).is_ok())
    }

    /// Puts us into the foreground again if `group` has it, or one that is no more: a shell that
    /// has put another job there keeps it.
    pub(super) fn take_back_from(&self, group: Pid) {
        let Some(tty) = &self.tty else { return };
        let is_free = |now| now == group || test_kill_process_group(now).is_err();
        if tcgetpgrp(tty).is_ok_and(is_free) {
            // From the background this would stop us (TTOU), were that not blocked.
            let _: rustix::io::Result<()> = tcsetpgrp(tty, getpgrp());
        }
    }

    /// Sets it as it was when we came, if we are in the foreground: what was killed had no time to.
    pub(super) fn reset(&self) {
        if let (Some(tty), Some(modes)) = (&self.tty, &self.modes)
            && tcgetpgrp(tty) == Ok(getpgrp())
        {
            let _: rustix::io::Result<()> = tcsetattr(tty, OptionalActions::Drain, modes);
        }
    }
}
