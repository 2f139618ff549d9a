//! `vault completions`

use clap_complete::env::Shells;

use super::output;
use super::report::Failure;

/// Print the completion script of a shell
///
/// bash: add `source <(vault completions bash)` to ~/.bashrc.
/// zsh: `source <(vault completions zsh)` in ~/.zshrc.
/// fish: `vault completions fish > ~/.config/fish/completions/vault.fish`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell).ok_or_else(|| Failure::usage("unknown shell"))?;
    let mut script = Vec::new();
    shell
        .write_registration("COMPLETE", "vault", "vault", "vault", &mut script)
        .map_err(|why| Failure::failed(format!("cannot write the completion script: {why}")))?;
    output::bytes(&script)
}
