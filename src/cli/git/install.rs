//! `vault git install`, `vault git uninstall`

use vault::git::{Git, NotInstalled, Scope};

use super::{PROGRAM_CURE, program_of_git};
use crate::cli::report::{self, Failure};
use crate::cli::{Global, open};

/// Which of git's configurations. It names the command `vault`; which files it is for is said by a
/// repository's .gitattributes, which `vault init` writes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// In your own configuration, for all repositories (the default)
    #[arg(long)]
    global: bool,
    /// In the configuration of this repository alone
    #[arg(long, conflicts_with = "global")]
    local: bool,
}

pub(crate) fn install(global: &Global, args: &Args) -> Result<(), Failure> {
    let (scope, place) = args.place();
    let git = git(global);
    let changed = git.install_drivers(scope).map_err(|why| match why {
        NotInstalled::Taken { name, scope } => unset(&why).hint(format!(
            "`git config {scope} --unset-all {name}` lets it go; then run this again"
        )),
        NotInstalled::Git(_) => unset(&why),
    })?;
    report::note(
        global,
        &if changed {
            format!("git shows and merges sealed files entry by entry: {place}")
        } else {
            format!("nothing to do, it is there already: {place}")
        },
    );
    if let Err(why) = program_of_git() {
        report::warn(global, &format!("git will not use this vault: {why}; {PROGRAM_CURE}"));
    }
    // Another file may say otherwise, and be read later.
    for (name, instead) in git.not_installed().map_err(|why| unset(&why))? {
        if let Some(instead) = instead {
            let text = format!("not in force: {name} is set otherwise in {}", instead.place);
            report::warn(global, &text);
        }
    }
    Ok(())
}

pub(crate) fn uninstall(global: &Global, args: &Args) -> Result<(), Failure> {
    let (scope, place) = args.place();
    let (changed, kept) = git(global).uninstall_drivers(scope).map_err(|why| unset(&why))?;
    if !kept.is_empty() {
        let kept = kept.join(", ");
        report::note(global, &format!("left as it is, for vault has not set it so: {kept}"));
    }
    report::note(
        global,
        &if changed {
            format!("git shows and merges sealed files as text again: {place}")
        } else {
            format!("nothing to do, it was not there: {place}")
        },
    );
    Ok(())
}

impl Args {
    fn place(&self) -> (Scope, &'static str) {
        if self.local {
            (Scope::Local, "this repository's configuration")
        } else {
            (Scope::Global, "your git configuration")
        }
    }
}

fn git(global: &Global) -> Git {
    Git::within(&open::start_dir(global))
}

fn unset(why: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("git's configuration was not changed: {why}"))
}
