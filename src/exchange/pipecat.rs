//! The file of Pipecat Cloud's `pcc secrets set --file`, exactly as that command reads it
//! (pipecatcloud, `cli/commands/secrets.py`).

use zeroize::Zeroizing;

use super::error::Fault;
use super::{Entries, ImportReason};

/// Adds the entries of a file.
pub(super) fn read(text: &str, entries: &mut Entries) -> Result<(), Fault> {
    for (line, pair) in (1..).zip(lines(text)) {
        let pair = strip(pair);
        if pair.is_empty() || pair.starts_with('#') {
            continue;
        }
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Fault::at(line, ImportReason::NoEquals))?;
        let key = entries.key(line, strip(name))?;
        let value = unquoted(strip(value));
        if value.is_empty() {
            return Err(Fault::at(line, ImportReason::Empty).naming(&key));
        }
        entries.push(line, key, Zeroizing::new(value.as_bytes().to_vec()))?;
    }
    Ok(())
}

/// Lines as Python's text files have them: `\r` alone ends one too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Python's `str.strip()`.
fn strip(text: &str) -> &str {
    text.trim_matches(super::dotenv::is_python_space)
}

/// One `"` at both ends goes, and a lone `"` is both: Python's `value[1:-1]`.
fn unquoted(value: &str) -> &str {
    match value.strip_prefix('"') {
        Some("") => "",
        Some(rest) => rest.strip_suffix('"').unwrap_or(value),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{fault, read};
    use crate::exchange::{ImportFormat::Pipecat, ImportReason};

    #[test]
    fn lines_are_read_as_pcc_reads_them() {
        let file = " # no\r\n\r\n A = b=c \rB=\" x \\n\"\nC='q'\nD=\"\"\"\nE=\"half\nF=a # b\n\x1fexport=1";
        let want = [
            ("A", "b=c"),
            ("B", " x \\n"),
            ("C", "'q'"),
            ("D", "\""),
            ("E", "\"half"),
            ("F", "a # b"),
            ("export", "1"),
        ];
        assert_eq!(read(Pipecat, file), want.map(|(k, v)| (k.into(), v.as_bytes().to_vec())));
    }

    #[test]
    fn a_line_that_is_no_pair_is_refused_by_number() {
        let cases = [
            ("A=1\n\nhunter2", 3, ImportReason::NoEquals),
            ("A=1\r\nB=\"\"", 2, ImportReason::Empty),
            ("A=1\rB=\"", 2, ImportReason::Empty),
            ("A=1\nB= ", 2, ImportReason::Empty),
            ("A=1\nA=2", 2, ImportReason::Duplicate),
        ];
        for (file, line, reason) in cases {
            let error = fault(Pipecat, file);
            assert_eq!((error.line, error.reason), (line, reason), "{file:?}");
        }
        assert!(matches!(fault(Pipecat, "=1").reason, ImportReason::Key(_)));
        assert!(matches!(fault(Pipecat, "export A=1").reason, ImportReason::Key(_)));
    }
}
