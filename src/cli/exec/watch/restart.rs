//! What is done about a change, and what is said about it.

use std::io;
use std::path::absolute;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use vault::envelope::Sealed;
use vault::exec::{Change, Fingerprint, Fingerprints, Next, Place, Stopped, Supervisor, Watch};
use vault::model::SecretSet;
use vault::store::Vault;

use super::super::super::Global;
use super::super::super::open::{self, Keyring};
use super::super::super::report::{self, Failure};
use super::super::guard::start;
use super::super::{Args, Chosen, Wanted, not_started};
use super::look::{Looker, New, Seen};
use super::{Flags, Reload};

/// How long a command may take to end when nothing else was said.
const GRACE: Duration = Duration::from_secs(10);

/// vault beside a command whose values are watched.
pub(super) struct Beside<'a> {
    global: &'a Global,
    args: &'a Args,
    on_change: OnChange,
    place: Place,
    looker: Looker,
    first: Chosen,
    /// Of what the command got.
    values: Fingerprint,
    /// Why the files are not used, if they are not and that was said.
    said: Option<String>,
}

/// What to do with the command.
#[derive(Clone, Copy)]
enum OnChange {
    Restart { grace: Duration },
    Send { signal: Signal, name: &'static str },
}

impl<'a> Beside<'a> {
    pub(super) fn new(
        global: &'a Global,
        args: &'a Args,
        vault: &Vault,
        (wanted, sealed): (Wanted, Vec<Sealed<SecretSet>>),
        mut keyring: Keyring,
    ) -> Result<Self, Failure> {
        let start = open::start_dir(global);
        let start = absolute(&start)
            .map_err(|why| Failure::failed(format!("{}: {why}", start.display())))?;
        let fingerprints = Arc::new(Fingerprints::new());
        let by = Arc::clone(&fingerprints);
        let mut looker = Looker::new(global, args, by, (&wanted, &sealed, vault.root()));
        let first = wanted.open(args, vault, sealed, &mut keyring)?;
        looker.keep(keyring.kept_if_needed(global));
        let values = fingerprints.of_env(&first.env()?);
        Ok(Self {
            global,
            args,
            on_change: OnChange::from(&args.watch),
            place: Place::new(start, vault.root()),
            looker,
            first,
            values,
            said: None,
        })
    }

    /// Runs the command until it ends by itself.
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Self { global, args, on_change, place, mut looker, first, mut values, said } = self;
        let mut told = Told { global, said };
        let mut supervisor = Supervisor::new().map_err(|failed| not_started(&failed))?;
        let waker = supervisor.waker();
        let (mut running, mut guard) = start(&mut supervisor, global, args, &first)?;
        // From here on vault holds no value between two changes.
        drop(first);
        let watch = Watch::start(waker, place, move |root, why| looker.look(root, why));
        let mut watch = watch.map_err(|why: io::Error| Failure::failed(why.to_string()))?;
        loop {
            let new = match watch.next(&mut running) {
                Next::Ended(code) => return Ok(ExitCode::from(guard.end(global, code))),
                Next::Seen(Seen::Same) => continue,
                Next::Seen(Seen::Failed(failure)) => {
                    told.failure(&failure);
                    continue;
                }
                Next::Seen(Seen::Opened(new)) => new,
            };
            let changes = values.changes_to(&new.values);
            if changes.is_empty() {
                told.opens_again();
                continue;
            }
            told.change(&new.source, &changes, on_change);
            let New { chosen, values: now, .. } = new;
            values = now;
            match on_change {
                OnChange::Send { signal, .. } => match guard.renew(&chosen) {
                    Ok(()) => running.signal(signal),
                    Err(failure) => told.failure(&failure),
                },
                OnChange::Restart { grace } => {
                    let ended = match running.stop(grace) {
                        Stopped::Gone => None,
                        Stopped::ForGood(code) => Some(code),
                    };
                    let code = guard.end(global, ended.unwrap_or(0));
                    if ended.is_some() {
                        return Ok(ExitCode::from(code));
                    }
                    (running, guard) = start(&mut supervisor, global, args, &chosen)?;
                }
            }
        }
    }
}

impl From<&Flags> for OnChange {
    fn from(flags: &Flags) -> Self {
        let (signal, name) = match flags.signal {
            None => return Self::Restart { grace: flags.grace.map_or(GRACE, Duration::from_secs) },
            Some(Reload::Hup) => (Signal::SIGHUP, "HUP"),
            Some(Reload::Int) => (Signal::SIGINT, "INT"),
            Some(Reload::Quit) => (Signal::SIGQUIT, "QUIT"),
            Some(Reload::Usr1) => (Signal::SIGUSR1, "USR1"),
            Some(Reload::Usr2) => (Signal::SIGUSR2, "USR2"),
            Some(Reload::Alrm) => (Signal::SIGALRM, "ALRM"),
            Some(Reload::Term) => (Signal::SIGTERM, "TERM"),
            Some(Reload::Cont) => (Signal::SIGCONT, "CONT"),
            Some(Reload::Winch) => (Signal::SIGWINCH, "WINCH"),
        };
        Self::Send { signal, name }
    }
}

/// What the person was told.
struct Told<'a> {
    global: &'a Global,
    said: Option<String>,
}

impl Told<'_> {
    /// Each distinct state once.
    fn failure(&mut self, failure: &Failure) {
        let why = failure.message();
        if self.said.as_ref() == Some(&why) {
            return;
        }
        report::warn(self.global, &format!("the command goes on with the values it has: {why}"));
        if let Some(hint) = failure.hint_of() {
            report::hint(self.global, &hint);
        }
        self.said = Some(why);
    }

    fn opens_again(&mut self) {
        if self.said.take().is_some() {
            report::note(self.global, "all opens again, with the same values");
        }
    }

    fn change(&mut self, source: &str, changes: &[Change], on_change: OnChange) {
        const SHOWN: usize = 10;
        self.said = None;
        let mut names: Vec<_> = changes.iter().take(SHOWN).map(ToString::to_string).collect();
        if changes.len() > SHOWN {
            names.push(format!("and {} more", changes.len() - SHOWN));
        }
        let names = names.join(", ");
        let what = match on_change {
            OnChange::Restart { .. } => "restarting".to_owned(),
            OnChange::Send { name, .. } => format!("sending {name}"),
        };
        report::note(self.global, &format!("{source} changed ({names}); {what}"));
    }
}
