//! The five ways a value gets into `vault set`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};

use vault::model::{KeyName, MAX_VALUE_BYTES, SecretValue};
use zeroize::Zeroizing;

use super::{Args, generate};
use crate::cli::report::{self, Failure};
use crate::cli::{Global, term};

/// Every key with its value; nothing is written before all of them are known to be good.
pub(super) fn values(
    global: &Global,
    args: &Args,
) -> Result<Vec<(KeyName, Option<SecretValue>)>, Failure> {
    let from_elsewhere = args.stdin || args.from_file.is_some() || args.generate.is_some();
    if args.trim && !args.stdin && args.from_file.is_none() {
        return Err(Failure::usage("--trim goes with --stdin or --from-file"));
    }
    let [only] = args.pairs.as_slice() else {
        if from_elsewhere {
            return Err(Failure::usage("--stdin, --from-file and --generate set one KEY"));
        }
        return pairs(&args.pairs);
    };
    match split(only) {
        Some(_) if from_elsewhere => Err(Failure::usage(
            "give KEY alone: its value comes from --stdin, --from-file or --generate",
        )),
        Some(_) => pairs(&args.pairs),
        None => {
            let key = key(only)?;
            let value = one_value(global, args, &key)?;
            Ok(vec![(key, Some(value))])
        }
    }
}

/// The KEY that stands alone, without any word about where its value comes from.
pub(super) fn lone_key(args: &Args) -> Option<KeyName> {
    let [only] = args.pairs.as_slice() else { return None };
    let unsaid = !(args.stdin || args.from_file.is_some() || args.generate.is_some() || args.trim);
    unsaid.then(|| only.to_str()?.parse().ok()).flatten()
}

fn one_value(global: &Global, args: &Args, key: &KeyName) -> Result<SecretValue, Failure> {
    let bytes = if args.stdin {
        let bytes = read_all(&mut io::stdin().lock(), "stdin")?;
        if bytes.is_empty() {
            // A command that failed before the pipe looks like this too.
            report::warn(global, "stdin was empty, so the value is empty");
        }
        trimmed(global, args, bytes)
    } else if let Some(path) = &args.from_file {
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(|why| Failure::failed(format!("{name}: {why}")))?;
        trimmed(global, args, read_all(&mut file, &name)?)
    } else if let Some(len) = args.generate {
        return generate::generate(len, args.alphabet.as_deref());
    } else if term::can_ask(global) {
        term::ask_hidden(&format!("value of {key} in {}: ", args.set))
            .map_err(|why| why.hint("--stdin and --from-file take any value"))?
    } else {
        // What stands in the key's place may be a value, so it is not repeated.
        return Err(Failure::usage("a value can only be asked for in a terminal")
            .hint("give it with --stdin, --from-file PATH, --generate or KEY=VALUE"));
    };
    into_value(key, bytes)
}

fn pairs(pairs: &[OsString]) -> Result<Vec<(KeyName, Option<SecretValue>)>, Failure> {
    let mut values: Vec<(KeyName, Option<SecretValue>)> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let (name, value) = split(pair).ok_or_else(|| {
            Failure::usage("give either one KEY, or KEY=VALUE for each")
                .hint("`vault set SET KEY` asks for one value at a time")
        })?;
        let key = key(&name)?;
        if values.iter().any(|(other, _)| *other == key) {
            return Err(Failure::usage(format!("{key} is given twice")));
        }
        let value = into_value(&key, value)?;
        values.push((key, Some(value)));
    }
    Ok(values)
}

/// A word that is no key may well be a value in the wrong place, so it is not repeated.
fn key(name: &OsStr) -> Result<KeyName, Failure> {
    let text = name.to_str().unwrap_or_default();
    text.parse().map_err(|why| Failure::usage(format!("{why}; what was given is none")))
}

fn into_value(key: &KeyName, mut bytes: Zeroizing<Vec<u8>>) -> Result<SecretValue, Failure> {
    SecretValue::new(std::mem::take(&mut *bytes))
        .map_err(|why| Failure::failed(format!("{key}: {why}")))
}

#[cfg(unix)]
fn split(pair: &OsStr) -> Option<(OsString, Zeroizing<Vec<u8>>)> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = pair.as_bytes();
    let at = bytes.iter().position(|b| *b == b'=')?;
    let (name, value) = bytes.split_at_checked(at)?;
    let value = value.get(1..).unwrap_or_default().to_vec();
    Some((OsString::from_vec(name.to_vec()), Zeroizing::new(value)))
}

#[cfg(not(unix))]
fn split(pair: &OsStr) -> Option<(OsString, Zeroizing<Vec<u8>>)> {
    let (name, value) = pair.to_str()?.split_once('=')?;
    Some((name.into(), Zeroizing::new(value.as_bytes().to_vec())))
}

/// Reads everything, into buffers that double by hand so that each outgrown one is wiped.
pub(crate) fn read_all(from: &mut impl Read, name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut buffer = Zeroizing::new(vec![0; 64 << 10]);
    let mut filled = 0;
    loop {
        let full = buffer.len();
        match from.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(0) if filled < full => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::failed(format!("{name}: {error}"))),
        }
        if filled > MAX_INPUT_BYTES {
            return Err(Failure::failed(format!(
                "{name}: more than {} MiB",
                MAX_INPUT_BYTES >> 20
            )));
        }
        if filled == full {
            let mut larger = Zeroizing::new(vec![0; full * 2]);
            for (to, from) in larger.iter_mut().zip(buffer.iter()) {
                *to = *from;
            }
            buffer = larger;
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

/// Most that is read of an input: sixteen values of the largest size.
const MAX_INPUT_BYTES: usize = 16 * MAX_VALUE_BYTES;

fn trimmed(global: &Global, args: &Args, mut bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let lines = bytes.iter().filter(|b| **b == b'\n').count();
    if bytes.last() != Some(&b'\n') {
        return bytes;
    }
    if args.trim {
        bytes.pop();
    } else if lines == 1 && bytes.len() > 1 {
        report::hint(global, "the value ends in a newline, which is kept; --trim drops it");
    }
    bytes
}
