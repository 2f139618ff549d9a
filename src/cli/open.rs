//! The only place that puts vaults and identities together.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vault::crypto::{Identities, RecipientKind, UnlockError::NoTerminal};
use vault::envelope::{OpenError, Opened, Sealed};
use vault::model::{Content, IDENTITY_VARIABLES, MemberName};
use vault::store::{StoreError, Vault};
use zeroize::Zeroizing;

use super::Global;
use super::report::{self, Failure};
use super::term::{TerminalPassphrase, Unanswered};

/// The three variables that hold or lead to an identity. No command inherits them.
const TEXT: &str = "VAULT_IDENTITY";
const FILE: &str = "VAULT_IDENTITY_FILE";
const COMMAND: &str = "VAULT_IDENTITY_COMMAND";

/// Longest identity file.
const MAX_IDENTITY_BYTES: usize = 64 << 10;

/// The vault the command line means.
pub(crate) fn find_vault(global: &Global) -> Result<Vault, Failure> {
    Ok(Vault::find(&start_dir(global))?)
}

/// Where looking for it begins: `-C`, else `VAULT_DIR`, else here.
pub(crate) fn start_dir(global: &Global) -> PathBuf {
    let variable = || std::env::var_os("VAULT_DIR").filter(|dir| !dir.is_empty());
    let named = global.dir.clone().or_else(|| variable().map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from("."))
}

/// The identities the user means, in the order the command line promises.
pub(crate) struct Keyring {
    identities: Identities,
    /// ssh keys of the default places are looked at only for a file with an ssh recipient.
    ssh_places: Vec<PathBuf>,
    /// Asked only when nothing else opens a file.
    command: Option<Zeroizing<String>>,
    /// Why a question for a passphrase got no answer.
    unanswered: Unanswered,
}

impl Keyring {
    /// Reads what `-i` names; else what the variables name; else the default places.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let unanswered = Unanswered::default();
        let ask = TerminalPassphrase::new(global, unanswered.clone());
        let mut identities = Identities::new(Box::new(ask));
        let mut ssh_places = Vec::new();
        let mut command = None;
        if global.identity.is_empty() {
            let text = variable(TEXT)?;
            let file = std::env::var_os(FILE).filter(|file| !file.is_empty());
            command = variable(COMMAND)?;
            if let Some(text) = &text {
                add(&mut identities, text.as_bytes(), &format!("${TEXT}"))?;
            }
            if let Some(file) = &file {
                add_file(&mut identities, Path::new(file), &format!("${FILE}"))?;
            }
            if text.is_none() && file.is_none() && command.is_none() {
                for place in default_places() {
                    add_file_if_there(&mut identities, &place)?;
                }
                ssh_places = home().map_or(Vec::new(), |home| {
                    ["id_ed25519", "id_rsa"].map(|name| home.join(".ssh").join(name)).to_vec()
                });
            }
        } else {
            for file in &global.identity {
                add_file(&mut identities, file, "-i")?;
            }
        }
        Ok(Self { identities, ssh_places, command, unanswered })
    }

    /// The same, and runs the command if nothing else gave an identity.
    pub(crate) fn load_with_command(global: &Global) -> Result<Self, Failure> {
        let mut keyring = Self::load(global)?;
        if keyring.identities.is_empty() {
            keyring.run_command()?;
        }
        Ok(keyring)
    }

    /// Opens a file.
    pub(crate) fn open<T: Content>(
        &mut self,
        vault: &Vault,
        sealed: Sealed<T>,
    ) -> Result<Opened<T>, Failure> {
        let is_ssh = |kind: &RecipientKind| {
            matches!(kind, RecipientKind::SshEd25519 | RecipientKind::SshRsa)
        };
        if !self.ssh_places.is_empty() && sealed.recipients().values().any(|r| is_ssh(r.to.kind()))
        {
            self.add_ssh_places();
        }
        let readers: Vec<_> = sealed.recipients().keys().cloned().collect();
        let again = self.command.is_some().then(|| sealed.clone());
        let mut result = vault.open(sealed, &self.identities);
        if let (Err(StoreError::Open { why, .. }), Some(sealed)) = (&result, again)
            && is_no_key_yet(why)
        {
            self.run_unless_unanswered()?;
            result = vault.open(sealed, &self.identities);
        }
        result.map_err(|error| self.explain(error, &readers))
    }

    /// The command, unless a person was asked for a passphrase and gave none.
    fn run_unless_unanswered(&mut self) -> Result<(), Failure> {
        self.unanswered.take().map_or_else(|| self.run_command(), Err)
    }

    fn explain(&self, error: StoreError, readers: &[MemberName]) -> Failure {
        if !matches!(error, StoreError::Open { why: OpenError::Locked(NoTerminal(_)), .. }) {
            return error.into();
        }
        self.unanswered.take().unwrap_or_else(|| {
            Failure::from(error).hint(format!(
                "run this in a terminal, or name an identity without passphrase with -i FILE; its readers are {}",
                report::some_of(readers)
            ))
        })
    }

    /// The identities that are there without asking or running anything.
    pub(crate) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Adds the ssh keys of the default places; a broken one there is not this command's business.
    pub(crate) fn add_ssh_places(&mut self) {
        for place in std::mem::take(&mut self.ssh_places) {
            let _: Result<(), Failure> = add_file_if_there(&mut self.identities, &place);
        }
    }

    fn run_command(&mut self) -> Result<(), Failure> {
        let Some(line) = self.command.take() else { return Ok(()) };
        if line.split_whitespace().any(|word| holds_key(word.trim_start_matches(['"', '\'']))) {
            return Err(misplaced(&format!("${COMMAND}")));
        }
        let words = shell_words::split(&line)
            .map_err(|_| Failure::failed(format!("${COMMAND} has an unclosed quote")))?;
        let Some((program, args)) = words.split_first() else {
            return Err(Failure::failed(format!("${COMMAND} is empty")));
        };
        let text = output_of(program, args)?;
        add(&mut self.identities, &text, &format!("${COMMAND}"))
    }
}

/// Whether another identity may still open the file.
fn is_no_key_yet(why: &OpenError) -> bool {
    matches!(why, OpenError::NoIdentity { .. } | OpenError::Locked(NoTerminal(_)))
}

/// What a command writes. It gets none of the variables that lead to an identity: a `vault` in it
/// would run it again, and so on; and stdin stays with the command the user typed.
fn output_of(program: &str, args: &[String]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |why: Error| Failure::failed(format!("${COMMAND}: {why}"));
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
    for name in IDENTITY_VARIABLES {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|why| match () {
        () if looks_like_identity(program) => misplaced(&format!("${COMMAND}")),
        () => Failure::failed(format!("${COMMAND}: cannot run {program}: {why}")),
    })?;
    let text = match child.stdout.take() {
        Some(out) => read_limited(out).map_err(failed),
        None => Ok(Zeroizing::new(Vec::new())),
    };
    let status = child.wait().map_err(failed)?;
    // Who writes too much is told that, and not that nobody read on.
    let text = text?;
    if !status.success() {
        return Err(Failure::failed(format!("${COMMAND}: {program} failed ({status})")));
    }
    Ok(text)
}

/// `$XDG_CONFIG_HOME/vault/identity.txt`, where `vault keygen` puts a new identity.
pub(crate) fn default_identity() -> Result<PathBuf, Failure> {
    let config =
        absolute_variable("XDG_CONFIG_HOME").or_else(|| home().map(|home| home.join(".config")));
    let config = config.ok_or_else(|| {
        Failure::failed("no place for an identity: neither XDG_CONFIG_HOME nor HOME is set")
    })?;
    Ok(config.join("vault").join("identity.txt"))
}

fn default_places() -> Vec<PathBuf> {
    let systemd = absolute_variable("CREDENTIALS_DIRECTORY").map(|dir| dir.join("vault-identity"));
    systemd.into_iter().chain(default_identity().ok()).collect()
}

fn home() -> Option<PathBuf> {
    absolute_variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// A relative path in such a variable must be ignored (XDG Base Directory Specification).
fn absolute_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn variable(name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::failed(format!("${name} is not UTF-8 text")))
        }
    }
}

/// A file that `option` names; a pipe is as good, say `-i <(…)`.
fn add_file(identities: &mut Identities, path: &Path, option: &str) -> Result<(), Failure> {
    let file = File::open(path);
    if file.is_err() && looks_like_identity(&path.to_string_lossy()) {
        return Err(misplaced(option));
    }
    add_opened(identities, path, file)
}

/// A default place may be empty; one that cannot be read is not.
fn add_file_if_there(identities: &mut Identities, path: &Path) -> Result<(), Failure> {
    match open_regular(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        file => add_opened(identities, path, file),
    }
}

/// Nobody named the file, so nobody waits for what a pipe or a device there may bring.
fn open_regular(path: &Path) -> std::io::Result<File> {
    #[cfg(unix)]
    let file = {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        File::from(rustix::fs::open(path, flags, Mode::empty())?)
    };
    #[cfg(not(unix))]
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(Error::other("it is not a file")) }
}

fn add_opened(
    identities: &mut Identities,
    path: &Path,
    file: std::io::Result<File>,
) -> Result<(), Failure> {
    let text = file.and_then(read_limited);
    let text =
        text.map_err(|why| Failure::failed(format!("identity {}: {why}", path.display())))?;
    add(identities, &text, &path.display().to_string())
}

fn add(identities: &mut Identities, text: &[u8], origin: &str) -> Result<(), Failure> {
    // Editors of Windows put a byte order mark before everything.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    identities.add(text, origin).map_err(|why| {
        Failure::failed(format!("identity {origin}: {why}"))
            .hint("`vault keygen` makes an identity; `vault whoami` shows which are found")
    })
}

/// An identity where its file or command belongs. What stands there must not be repeated.
fn misplaced(source: &str) -> Failure {
    Failure::failed(format!("{source} is an identity itself, and not where to find one"))
        .hint(format!("that belongs in {TEXT}"))
}

/// Whether a text begins as a private key does.
fn holds_key(text: &str) -> bool {
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins("AGE-SECRET-KEY-") || begins("-----BEGIN")
}

/// Whether a private key, or a plugin's, may stand anywhere in what is no name of a file. There
/// are programs and files that are called like plugins, so those are asked for first.
fn looks_like_identity(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "-----BEGIN"].iter().any(|mark| text.contains(mark))
}

/// Reads into a buffer that never grows, so that no copy is left behind.
fn read_limited(mut from: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; MAX_IDENTITY_BYTES]);
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..) {
        if room.is_empty() {
            return Err(Error::other("it is larger than an identity file can be"));
        }
        match from.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}
