//! argv, then meaning, then one match.

mod access;
mod annotation;
mod approve;
mod change;
mod checked;
mod complete;
mod completions;
mod config;
mod copy;
mod delete;
mod diff;
mod docker_credential;
mod doctor;
mod edit;
mod exec;
mod expiry;
mod export;
mod exposed;
mod fix;
mod get;
mod git;
mod group;
mod import;
mod init;
mod join;
mod keygen;
mod kubelet;
mod list;
mod log;
mod man;
mod open;
mod output;
mod pins;
mod places;
mod progress;
mod pull_lookup;
mod pull_secret;
mod recipient;
mod rekey;
mod rename;
mod report;
mod resolve;
mod review;
mod rewrap;
mod set;
mod settle;
mod term;
mod trust;
mod unset;
mod usage;
mod verify;
mod versions;
mod whoami;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind::MissingRequiredArgument;
use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};

use report::{Failure, Mode};

/// Keeps a team's secrets encrypted in git, and hands them to programs.
///
/// Secret sets stand in .secrets/ as age-encrypted files: names in clear, values encrypted.
#[derive(Debug, Parser)]
#[command(name = "vault", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// `vault exec` alone: building the arguments of every other command takes longer than opening a
/// set.
#[derive(Debug, Parser)]
#[command(name = "vault", disable_help_subcommand = true, max_term_width = 100)]
struct ExecCli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: ExecCommand,
}

#[derive(Debug, Subcommand)]
enum ExecCommand {
    Exec(exec::Args),
}

/// Options of every command, before or after it.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Global {
    /// Look for the vault from DIR instead of the current directory
    #[arg(short = 'C', value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
    /// Use this identity file, and no other place
    #[arg(short, long, value_name = "IDENTITY", global = true, action = ArgAction::Append, value_hint = ValueHint::FilePath)]
    identity: Vec<PathBuf>,
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Never ask; fail with 2 instead
    #[arg(long, global = true)]
    no_input: bool,
    /// When to colour
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: Color,
}

impl Global {
    /// The same, and nothing is ever asked: stdin is somebody else's.
    fn without_questions(&self) -> Self {
        Self { dir: self.dir.clone(), identity: self.identity.clone(), no_input: true, ..*self }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Keygen(keygen::Args),
    Whoami(whoami::Args),
    Set(set::Args),
    Get(get::Args),
    #[command(visible_alias = "ls")]
    List(list::Args),
    #[command(visible_alias = "rm")]
    Unset(unset::Args),
    #[command(visible_alias = "mv")]
    Rename(rename::Args),
    #[command(visible_alias = "cp")]
    Copy(copy::Args),
    Delete(delete::Args),
    Edit(edit::Args),
    Import(import::Args),
    Export(export::Args),
    Exec(exec::Args),
    Recipient(recipient::Args),
    Group(group::Args),
    Access(access::Args),
    Rekey(rekey::Args),
    Exposed(exposed::Args),
    Join(join::Args),
    Trust(trust::Args),
    PullSecret(pull_secret::Args),
    #[command(hide = true)]
    KubeletCredentialProvider(kubelet::Args),
    Resolve(resolve::Args),
    Fix(fix::Args),
    Git(git::Args),
    Diff(diff::Args),
    Log(log::Args),
    Review(review::Args),
    Verify(verify::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the command line; never returns where `exec` becomes another program.
pub(crate) fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().collect();
    if let Some(code) = exec::handed_over(&argv) {
        return code;
    }
    vault::exec::harden();
    if let Some(code) = docker_credential::answer(&argv) {
        return code;
    }
    if let Some(code) = git::answer(&argv) {
        return code;
    }
    if let Some(code) = complete::answer(&argv) {
        return code;
    }
    let mode = if exec::is_meant(&argv) { Mode::Exec } else { Mode::Command };
    let parsed = if mode == Mode::Exec {
        ExecCli::try_parse_from(&argv).map(
            |ExecCli { global, command: ExecCommand::Exec(args) }| Cli {
                global,
                command: Command::Exec(args),
            },
        )
    } else {
        Cli::try_parse_from(&argv)
    };
    match parsed {
        Ok(Cli { global, command }) => {
            // `-qi FILE exec`, say, is only understood by the full parser.
            let mode = match &command {
                Command::Exec(_) => Mode::Exec,
                Command::PullSecret(pull) if pull.runs_a_command() => Mode::Exec,
                _ => mode,
            };
            match run(&global, command) {
                Ok(code) => code,
                Err(failure) => report::print(&global, &failure, mode),
            }
        }
        // Whose exit codes count is known even of what was not understood.
        Err(error) if pull_secret::is_with(&argv) => report::usage(&error, Mode::Exec),
        Err(error) => match pull_secret::taken_for_a_set(&argv) {
            Some(failure) if error.kind() == MissingRequiredArgument => {
                report::print(&Global::default(), &failure, mode)
            }
            _ => report::usage(&error, mode),
        },
    }
}

fn run(global: &Global, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Exec(args) => return exec::run(global, &args),
        Command::PullSecret(args) => return pull_secret::run(global, args),
        Command::Exposed(args) => return exposed::run(global, &args),
        Command::Git(args) => return git::run(global, args),
        Command::Verify(args) => return verify::run(global, &args),
        Command::Resolve(args) => return resolve::run(global, &args),
        Command::Fix(args) => return fix::run(global, &args),
        Command::Doctor(args) => return doctor::run(global, &args),
        Command::Init(args) => init::run(global, args),
        Command::Keygen(args) => keygen::run(global, args),
        Command::Whoami(args) => whoami::run(global, &args),
        Command::Set(args) => set::run(global, &args),
        Command::Get(args) => get::run(global, &args),
        Command::List(args) => list::run(global, &args),
        Command::Unset(args) => unset::run(global, &args),
        Command::Rename(args) => rename::run(global, &args),
        Command::Copy(args) => copy::run(global, args),
        Command::Delete(args) => delete::run(global, &args),
        Command::Edit(args) => edit::run(global, &args),
        Command::Import(args) => import::run(global, &args),
        Command::Export(args) => export::run(global, &args),
        Command::Recipient(args) => recipient::run(global, args),
        Command::Group(args) => group::run(global, &args),
        Command::Access(args) => access::run(global, &args),
        Command::Rekey(args) => rekey::run(global, &args),
        Command::Join(args) => join::run(global, args),
        Command::Trust(args) => trust::run(global, &args),
        Command::Diff(args) => diff::run(global, &args),
        Command::Log(args) => log::run(global, &args),
        Command::KubeletCredentialProvider(_) => kubelet::run(global),
        Command::Review(args) => review::run(global, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The whole command line, for completions and manual pages.
fn command() -> clap::Command {
    Cli::command()
}
