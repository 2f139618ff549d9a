//! `vault exec`

#[cfg(unix)]
mod guard;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap_complete::ArgValueCandidates;
use vault::envelope::{Opened, Sealed};
#[cfg(unix)]
use vault::exec::must_supervise;
use vault::exec::{
    ChildEnv, ExecError, FileKey, Inherit, Names, OnExisting, Options, Pair, Prefix, replace,
};
use vault::model::{KeyName, Pattern, SecretSet, SetName, refused_env_names};
use vault::store::{Vault, selection};

#[cfg(unix)]
pub(crate) use guard::foreground;

use super::report::{self, Failure, Mode};
use super::{Global, complete, expiry, open, output};

/// Run a command with a set's secrets in its environment
///
/// vault becomes the command: signals, exit status and terminal are the command's own, and nothing
/// decrypted touches a disk. Without SET, the sets are those vault.toml or pcc-deploy.toml beside
/// .secrets names, else the only set there is. Later sets win.
///
/// With --watch, --file or --mask, and as process 1, vault stays beside the command instead. Every
/// signal goes on to it once, job control works, and the exit status is 128+n if it died of signal n.
///
/// Exit status: the command's own; 125 if anything went wrong before it started, 126 if it cannot
/// be run, 127 if it is not found.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The sets
    #[arg(value_name = "SET", add = ArgValueCandidates::new(complete::sets))]
    sets: Vec<SetName>,
    /// Pass only these keys; `*` stands for anything
    #[arg(long, value_name = "KEY")]
    only: Vec<Pattern>,
    /// Pass all but these keys; `*` stands for anything
    #[arg(long, value_name = "KEY")]
    except: Vec<Pattern>,
    /// Put this before each name
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    /// Do not start without this key
    #[arg(long, value_name = "KEY")]
    require: Vec<KeyName>,
    /// Inherit nothing but what --pass names
    #[arg(long)]
    pristine: bool,
    /// Inherit this variable although --pristine
    #[arg(long, value_name = "NAME", requires = "pristine")]
    pass: Vec<OsString>,
    /// Let inherited variables win over the sets
    #[arg(long)]
    keep_existing: bool,
    /// Set this variable too; wins over everything
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<OsString>,
    /// Pass a name that makes programs run code
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
    /// Refuse names that no shell can hold, instead of warning
    #[arg(long)]
    strict_names: bool,
    /// Pass this key as a file in memory, its path in KEY_FILE or NAME
    ///
    /// The key itself is not set. This user alone can read the file; it is gone when the command has
    /// ended. Where no file system is in memory, the command is not started.
    #[arg(long, value_name = "KEY[=NAME]")]
    file: Vec<FileKey>,
    /// Put *** for the values in what the command writes: a seat belt, not a wall
    ///
    /// Also for their base64, URL, JSON and shell forms, and for each of their lines. Values of fewer
    /// than 6 bytes are not masked. The command writes to a pipe, so it may leave out colours.
    #[arg(long)]
    mask: bool,
    #[command(flatten)]
    watch: watch::Flags,
    /// Print the names that are refused unless --allow-env names them
    #[arg(long)]
    help_env: bool,
    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "help_env", value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

/// Whether the first word that is no global option is `exec`, as the parser of every command
/// would find. Help and version that stand before are that parser's business.
pub(crate) fn is_meant(argv: &[OsString]) -> bool {
    let mut words = argv.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match &*word {
            "exec" => return true,
            "--identity" | "--color" => {
                words.next();
            }
            "--" | "-" | "--help" | "--version" => return false,
            long if long.starts_with("--") => {}
            short => match short.strip_prefix('-').map(value_of_cluster) {
                Some(Cluster::Wants) => {
                    words.next();
                }
                Some(Cluster::Complete) => {}
                Some(Cluster::Answers) | None => return false,
            },
        }
    }
    false
}

/// What a word of short global options is.
enum Cluster {
    /// Its last option takes the next word.
    Wants,
    /// It takes nothing more.
    Complete,
    /// It asks for help or the version, and nothing else happens.
    Answers,
}

fn value_of_cluster(options: &str) -> Cluster {
    let mut options = options.chars();
    while let Some(option) = options.next() {
        match option {
            // What follows in the word is the value.
            'C' | 'i' if options.as_str().is_empty() => return Cluster::Wants,
            'C' | 'i' => return Cluster::Complete,
            'h' | 'V' => return Cluster::Answers,
            _ => {}
        }
    }
    Cluster::Complete
}

/// The exit code of a process that was to become a supervised command and could not.
#[cfg(unix)]
pub(crate) fn handed_over(argv: &[OsString]) -> Option<ExitCode> {
    let failed = vault::exec::Handover::from_argv(argv)?.run();
    Some(report::print(&Global::default(), &not_started(&failed), Mode::Exec))
}

#[cfg(not(unix))]
pub(crate) fn handed_over(_: &[OsString]) -> Option<ExitCode> {
    None
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    if args.help_env {
        refused_env_names().try_for_each(output::line)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (command, arguments) = args.command()?;
    let vault = open::find_vault(global)?;
    let wanted = Wanted::of(&vault, args)?;
    let mut keyring = open::Keyring::load(global)?;
    let sealed = wanted.read(&vault)?;
    if args.watch.is_on() {
        return watch::run(global, args, &vault, (wanted, sealed), keyring);
    }
    let chosen = wanted.open(args, &vault, sealed, &mut keyring)?;
    // Nothing runs after it has become the command: what was seen is kept now; and a vault that
    // stays beside it holds no identity.
    drop(keyring);
    let is_guarded = args.mask || !args.file.is_empty();
    #[cfg(unix)]
    if is_guarded || must_supervise() {
        return guard::run(global, args, chosen);
    }
    if is_guarded {
        return Err(Failure::usage("--file and --mask do not work on this system"));
    }
    let env = chosen.env()?;
    chosen.warn(global, args, &env);
    Err(not_started(&replace(&env, command, arguments)))
}

impl Args {
    fn command(&self) -> Result<(&OsString, &[OsString]), Failure> {
        self.command.split_first().ok_or_else(|| Failure::usage("give a command after --"))
    }
}

/// The sets to use, and the keys without which the command must not start.
struct Wanted {
    names: Vec<SetName>,
    required: Vec<KeyName>,
    /// The manifest that names the sets, where the command line does not.
    named_in: Option<&'static str>,
}

impl Wanted {
    /// What the command line says, and where it says nothing, a manifest.
    fn of(vault: &Vault, args: &Args) -> Result<Self, Failure> {
        let mut wanted = selected(vault, &args.sets)?;
        wanted.required.extend_from_slice(&args.require);
        Ok(wanted)
    }

    fn read(&self, vault: &Vault) -> Result<Vec<Sealed<SecretSet>>, Failure> {
        let said = |why| Failure::from(why).named_in(self.named_in);
        self.names.iter().map(|name| vault.read(name).map_err(said)).collect()
    }

    fn open(
        self,
        args: &Args,
        vault: &Vault,
        sealed: Vec<Sealed<SecretSet>>,
        keyring: &mut open::Keyring,
    ) -> Result<Chosen, Failure> {
        let sets = sealed.into_iter().map(|sealed| keyring.open(vault, sealed));
        let sets = sets.collect::<Result<_, _>>()?;
        Ok(Chosen { names: self.names, sets, options: options(args, self.required)? })
    }
}

/// The sets to use, opened.
struct Chosen {
    names: Vec<SetName>,
    sets: Vec<Opened<SecretSet>>,
    options: Options,
}

impl Chosen {
    /// What the command gets.
    fn env(&self) -> Result<ChildEnv<'_>, Failure> {
        let layers = self
            .names
            .iter()
            .zip(&self.sets)
            .map(|(name, set)| (name, set.entries().map(|(key, entry)| (key, entry.value()))));
        ChildEnv::build(layers, std::env::vars_os(), &self.options)
            .map_err(|why| with_hint(Failure::failed(why.to_string()), why.hint()))
    }

    /// Of what is odd about it.
    fn warn(&self, global: &Global, args: &Args, env: &ChildEnv<'_>) {
        for warning in env.warnings() {
            report::warn(global, &warning.to_string());
        }
        warn_of_expired(global, args, &self.names, &self.sets);
    }
}

/// Of the keys that are selected, each as the last set has it that has it.
fn warn_of_expired(global: &Global, args: &Args, names: &[SetName], sets: &[Opened<SecretSet>]) {
    let any = |patterns: &[Pattern], key: &KeyName| patterns.iter().any(|p| p.matches(key));
    let selected =
        |key: &KeyName| (args.only.is_empty() || any(&args.only, key)) && !any(&args.except, key);
    let passed = names.iter().zip(sets).zip(1..).flat_map(|((name, set), next)| {
        let later = sets.get(next..).unwrap_or_default();
        let wins = move |key: &KeyName| later.iter().all(|set| set.get(key).is_none());
        // Few entries have a day, so that is asked first.
        let dated = set.entries().filter(|(_, entry)| entry.expires().is_some());
        dated.filter(move |(key, _)| selected(key) && wins(key)).map(move |(k, e)| (name, k, e))
    });
    expiry::warn(global, passed);
}

pub(crate) fn not_started(failed: &ExecError) -> Failure {
    let failure =
        Failure::Said { code: failed.exit_code(), message: failed.to_string(), hint: None };
    with_hint(failure, failed.hint())
}

/// The sets to use, and the keys their manifest requires.
fn selected(vault: &Vault, named: &[SetName]) -> Result<Wanted, Failure> {
    let manifests = selection(vault.root())?;
    let required = manifests.iter().flat_map(|m| m.require.clone()).collect();
    if !named.is_empty() {
        return Ok(Wanted { names: named.to_vec(), required, named_in: None });
    }
    if let Some(manifest) = manifests.into_iter().find(|m| !m.sets.is_empty()) {
        return Ok(Wanted { names: manifest.sets, required, named_in: Some(manifest.file) });
    }
    let all = vault.sets()?;
    match all.as_slice() {
        [_] => Ok(Wanted { names: all, required, named_in: None }),
        [] => {
            Err(Failure::usage("there are no sets yet").hint("`vault set SET KEY` makes the first"))
        }
        several => {
            let known: Vec<_> = several.iter().map(SetName::as_str).collect();
            Err(Failure::usage("which set? there are several and nothing names one").hint(format!(
                "`vault exec SET -- …` or `secret_set = \"…\"` in vault.toml; there are: {}",
                known.join(", ")
            )))
        }
    }
}

fn options(args: &Args, required: Vec<KeyName>) -> Result<Options, Failure> {
    let overrides = args.env.iter().map(|text| Pair::try_from(text.as_os_str()));
    let overrides = overrides
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| Failure::usage(format!("--env: {why}")))?;
    Ok(Options {
        only: args.only.clone(),
        except: args.except.clone(),
        prefix: args.prefix.clone().unwrap_or_default(),
        required,
        files: args.file.clone(),
        inherit: if args.pristine {
            Inherit::Pristine { pass: args.pass.clone() }
        } else {
            Inherit::All
        },
        on_existing: if args.keep_existing { OnExisting::Keep } else { OnExisting::Replace },
        overrides,
        allowed: args.allow_env.clone(),
        names: if args.strict_names { Names::ShellOnly } else { Names::Any },
    })
}

fn with_hint(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
