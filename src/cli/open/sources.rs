//! Where identities are looked for: named files, variables, a command, the default places.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vault::crypto::{Identities, Kept};
use vault::model::{IDENTITY_COMMAND, IDENTITY_FILE, IDENTITY_TEXT, IDENTITY_VARIABLES};
use zeroize::Zeroizing;

use crate::cli::report::{self, Failure};
use crate::cli::{Global, places};

/// Longest identity file.
const MAX_IDENTITY_BYTES: usize = 64 << 10;

/// What the command in `$VAULT_IDENTITY_COMMAND` writes; it is split as a shell would, and no shell
/// runs it.
pub(super) fn command_output(line: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if line.split_whitespace().any(|word| holds_key(word.trim_start_matches(['"', '\'']))) {
        return Err(misplaced(&format!("${IDENTITY_COMMAND}")));
    }
    let words = shell_words::split(line)
        .map_err(|_| Failure::failed(format!("${IDENTITY_COMMAND} has an unclosed quote")))?;
    let Some((program, args)) = words.split_first() else {
        return Err(Failure::failed(format!("${IDENTITY_COMMAND} is empty")));
    };
    output_of(program, args)
}

/// What a command writes. It gets none of the variables that lead to an identity: a `vault` in it
/// would run it again, and so on; and stdin stays with the command the user typed.
fn output_of(program: &str, args: &[String]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |why: Error| Failure::failed(format!("${IDENTITY_COMMAND}: {why}"));
    let mut command = program_of(program, args);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    for name in IDENTITY_VARIABLES {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|why| match () {
        () if looks_like_identity(program) => misplaced(&format!("${IDENTITY_COMMAND}")),
        () => Failure::failed(format!("${IDENTITY_COMMAND}: cannot run {program}: {why}")),
    })?;
    let text = match child.stdout.take() {
        Some(out) => read_limited(out).map_err(failed),
        None => Ok(Zeroizing::new(Vec::new())),
    };
    let status = child.wait().map_err(failed)?;
    // Who writes too much is told that, and not that nobody read on.
    let text = text?;
    if !status.success() {
        return Err(Failure::service(format!("${IDENTITY_COMMAND}: {program} failed ({status})"))
            .hint(
                "it must write an identity, and nothing else, to its stdout; -i FILE names another",
            ));
    }
    Ok(text)
}

#[cfg(unix)]
fn program_of(name: &str, args: &[String]) -> Command {
    let args: Vec<_> = args.iter().map(Into::into).collect();
    vault::exec::program(name.as_ref(), &args)
}

#[cfg(not(unix))]
fn program_of(name: &str, args: &[String]) -> Command {
    let mut command = Command::new(name);
    command.args(args);
    command
}

/// `$XDG_CONFIG_HOME/vault/identity.txt`, where `vault keygen` puts a new identity.
pub(crate) fn default_identity() -> Result<PathBuf, Failure> {
    let folder = places::config_folder().ok_or_else(|| {
        Failure::failed("no place for an identity: neither XDG_CONFIG_HOME nor HOME is set")
    })?;
    Ok(folder.join("identity.txt"))
}

/// What a service manager hands over, and the file `vault keygen` writes.
pub(super) fn add_default_places(
    warn: Option<&Global>,
    identities: &mut Identities,
) -> Result<(), Failure> {
    if let Some(folder) = places::absolute_variable("CREDENTIALS_DIRECTORY") {
        // systemd decides who may read it, and nobody could change that.
        add_file_if_there(None, identities, &folder.join("vault-identity"))?;
    }
    default_identity().map_or(Ok(()), |place| add_file_if_there(warn, identities, &place))
}

pub(super) fn variable(name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
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
pub(super) fn add_file(
    warn: Option<&Global>,
    identities: &mut Identities,
    path: &Path,
    option: &str,
) -> Result<(), Failure> {
    let file = File::open(path);
    if file.is_err() && looks_like_identity(&path.to_string_lossy()) {
        return Err(misplaced(option));
    }
    add_opened(warn, identities, path, file)
}

/// A default place may be empty; one that cannot be read is not. `warn` is for those whose permissions
/// are the person's own and no other program's concern.
pub(super) fn add_file_if_there(
    warn: Option<&Global>,
    identities: &mut Identities,
    path: &Path,
) -> Result<(), Failure> {
    match open_regular(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        file => add_opened(warn, identities, path, file),
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
    warn: Option<&Global>,
    identities: &mut Identities,
    path: &Path,
    file: std::io::Result<File>,
) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let failed = |why| Failure::failed(format!("identity {shown}: {why}"));
    let file = file.map_err(failed)?;
    let text = read_limited(&file).map_err(failed)?;
    let kept = add(identities, &text, &shown)?;
    if let Some(global) = warn.filter(|_| kept == Kept::InClear && is_exposed(&file)) {
        let others = "others on this machine may read the identity";
        report::warn(global, &format!("{others} {shown}; `chmod 600 {shown}`"));
    }
    Ok(())
}

/// Whether the file is the caller's own and open to others, and the caller could change that.
#[cfg(unix)]
fn is_exposed(file: &File) -> bool {
    use rustix::fs::{StatVfsMountFlags, fstatvfs};
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    let mine = |data: &std::fs::Metadata| data.is_file() && data.uid() == me;
    let open = |data: &std::fs::Metadata| data.mode() & 0o066 != 0;
    file.metadata().is_ok_and(|data| mine(&data) && open(&data))
        && fstatvfs(file).is_ok_and(|system| !system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

#[cfg(not(unix))]
fn is_exposed(_: &File) -> bool {
    false
}

pub(super) fn add(identities: &mut Identities, text: &[u8], origin: &str) -> Result<Kept, Failure> {
    // Editors of Windows put a byte order mark before everything.
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    identities.add(text, origin).map_err(|why| {
        let failure = Failure::failed(format!("identity {origin}: {why}"));
        if origin == format!("${IDENTITY_TEXT}") {
            return failure.hint(format!(
                "{IDENTITY_TEXT} holds an identity itself; {IDENTITY_FILE} names a file with one"
            ));
        }
        failure.hint("`vault keygen` makes an identity; `vault whoami` shows which are found")
    })
}

/// An identity where its file or command belongs. What stands there must not be repeated.
fn misplaced(source: &str) -> Failure {
    Failure::failed(format!("{source} is an identity itself, and not where to find one"))
        .hint(format!("that belongs in {IDENTITY_TEXT}"))
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
