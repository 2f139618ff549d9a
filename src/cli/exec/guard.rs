//! Starting a command that vault stays beside, and what guards its secrets meanwhile: files in
//! memory (`--file`) and stars in its output (`--mask`).

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;

use vault::exec::{
    ChildEnv, Filter, Foreground, LEAST_MASKED, Launch, Mask, Output, Running, SecretFiles,
    Supervisor,
};
use vault::model::KeyName;

use super::super::report::{self, Failure};
use super::super::{Global, output};
use super::{Args, Chosen, not_started};

/// Runs the command and waits for it.
pub(super) fn run(global: &Global, args: &Args, chosen: Chosen) -> Result<ExitCode, Failure> {
    // First of all: from here on no signal ends vault before it has cleaned up.
    let mut supervisor = Supervisor::new().map_err(|failed| not_started(&failed))?;
    let (running, guard) = start(&mut supervisor, global, args, &chosen)?;
    // While the command runs, vault holds no value, but for what it masks.
    drop(chosen);
    let code = running.wait_to_end();
    let Guard { files, filter } = guard;
    remove(global, files);
    // What it wrote may have to wait for a reader, and that wait can be ended.
    supervisor.step_aside();
    Ok(ExitCode::from(drain(global, filter, code)))
}

/// What a running command has of vault's. Its files are gone when this is.
pub(super) struct Guard {
    files: Option<SecretFiles>,
    filter: Option<Filter>,
}

/// Starts the command with these values.
pub(super) fn start<'s>(
    supervisor: &'s mut Supervisor,
    global: &Global,
    args: &Args,
    chosen: &Chosen,
) -> Result<(Running<'s>, Guard), Failure> {
    let mut env = chosen.env()?;
    chosen.warn(global, args, &env);
    let mask = if args.mask { Some(mask(&env)?) } else { None };
    if let Some(mask) = &mask {
        warn_of_short(global, mask);
    }
    let files = SecretFiles::write(&mut env)?;
    let (command, arguments) = args.command()?;
    let launch = Launch {
        env: &env,
        command,
        args: arguments,
        foreground: foreground(),
        output: if mask.is_some() { Output::Piped } else { Output::Inherited },
    };
    let mut running = supervisor.start(&launch).map_err(|failed| not_started(&failed))?;
    let pipes = mask.zip(running.take_output());
    let filter = pipes.map(|(mask, pipes)| Filter::start(&mask, pipes, own_output()?));
    let filter = filter.transpose().map_err(|why| {
        Failure::failed(format!("what the command writes cannot be masked: {why}"))
    })?;
    Ok((running, Guard { files, filter }))
}

impl Guard {
    /// Gives the running command these values, as far as they are in files.
    pub(super) fn renew(&self, chosen: &Chosen) -> Result<(), Failure> {
        let mut env = chosen.env()?;
        if let Some(filter) = &self.filter {
            filter.hide_too(&mask(&env)?);
        }
        if let Some(files) = &self.files {
            files.replace_all(&mut env)?;
        }
        Ok(())
    }

    /// The command has ended with this code: back when its files are gone and all that it wrote is
    /// written. The exit code for vault.
    pub(super) fn end(self, global: &Global, code: u8) -> u8 {
        remove(global, self.files);
        drain(global, self.filter, code)
    }
}

fn remove(global: &Global, files: Option<SecretFiles>) {
    if let Some(Err(why)) = files.map(SecretFiles::remove) {
        report::warn(global, &format!("{why}; there may be secrets in it"));
    }
}

fn drain(global: &Global, filter: Option<Filter>, code: u8) -> u8 {
    match filter.map(Filter::finish) {
        None | Some(Ok(())) => code,
        Some(Err(why)) => {
            let text = format!("what the command wrote cannot be written: {why}");
            report::warn(global, &text);
            code.max(1)
        }
    }
}

fn mask(env: &ChildEnv<'_>) -> Result<Arc<Mask>, Failure> {
    let mask = Mask::new(env).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Arc::new(mask))
}

fn warn_of_short(global: &Global, mask: &Mask) {
    if !mask.too_short().is_empty() {
        let keys: Vec<_> = mask.too_short().iter().map(KeyName::as_str).collect();
        let keys = keys.join(", ");
        let text = format!("not masked, being shorter than {LEAST_MASKED} bytes: {keys}");
        report::warn(global, &text);
    }
}

/// Not those of std: what a command writes is passed on as it comes, by lines or not.
fn own_output() -> io::Result<[File; 2]> {
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let stderr = io::stderr().as_fd().try_clone_to_owned()?;
    Ok([stdout.into(), stderr.into()])
}

/// When the command gets the terminal.
pub(crate) fn foreground() -> Foreground {
    let alone = io::stdin().is_terminal() && output::is_terminal();
    if alone { Foreground::AtOnce } else { Foreground::OnDemand }
}
