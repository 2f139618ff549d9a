//! Stanzas as they go over the pipes: `-> TAG ARGUMENT…`, and a body in lines of Base64.

use age_core::format::Stanza;
use zeroize::Zeroizing;

use crate::crypto::{base64_decode, base64_encode};

/// Base64 digits in a full line of a body; a shorter one, which may be empty, ends it.
const LINE: usize = 64;

/// The bytes of a stanza, in a buffer that does not grow: a body may be a file key.
pub(super) fn encode(tag: &str, args: &[&str], body: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = Zeroizing::new(base64_encode(body));
    let head = 4 + tag.len() + args.iter().map(|arg| arg.len() + 1).sum::<usize>();
    let mut out = Zeroizing::new(Vec::with_capacity(head + digits.len() + digits.len() / LINE + 1));
    out.extend_from_slice(b"-> ");
    out.extend_from_slice(tag.as_bytes());
    for arg in args {
        out.push(b' ');
        out.extend_from_slice(arg.as_bytes());
    }
    out.push(b'\n');
    let lines = digits.as_bytes().chunks_exact(LINE);
    let last = lines.remainder();
    for line in lines {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(last);
    out.push(b'\n');
    out
}

/// The first line of a stanza.
pub(super) fn head(line: &[u8]) -> Option<Stanza> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix("-> ")?;
    let mut words = text.split(' ');
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    let all = text.split(' ').all(plain);
    let tag = words.next().filter(|_| all)?.to_owned();
    Some(Stanza { tag, args: words.map(str::to_owned).collect(), body: Vec::new() })
}

/// Adds a line to a body. `Some(true)` when it was the last, `None` when it is no such line.
pub(super) fn body(stanza: &mut Stanza, line: &[u8]) -> Option<bool> {
    if line.len() > LINE {
        return None;
    }
    let bytes = Zeroizing::new(base64_decode(std::str::from_utf8(line).ok()?).ok()?);
    stanza.body.extend_from_slice(&bytes);
    Some(line.len() < LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, 16, 47, 48, 49, 96, 200] {
            let sent: Vec<u8> = (0..length).collect();
            let text = encode("tag", &["a", "b!"], &sent);
            let mut lines = text.strip_suffix(b"\n").unwrap().split(|b| *b == b'\n');
            let mut stanza = head(lines.next().unwrap()).unwrap();
            let ends: Vec<bool> = lines.map(|line| body(&mut stanza, line).unwrap()).collect();
            assert_eq!(
                (stanza.tag.as_str(), stanza.args.as_slice()),
                ("tag", &["a".to_owned(), "b!".to_owned()][..])
            );
            assert_eq!(stanza.body, sent);
            assert_eq!(ends.iter().filter(|end| **end).count(), 1, "{length}");
            assert_eq!(text.len(), text.capacity(), "it did not grow, and nothing is left over");
        }
    }

    #[test]
    fn what_is_no_stanza_is_refused() {
        for line in
            [&b"hello"[..], b"->", b"-> ", b"->  x", b"-> x ", b"-> \xff", b"-> \t", b" -> x"]
        {
            assert_eq!(head(line), None, "{line:?}");
        }
        let long = [b'A'; 65];
        for line in [&b"A"[..], b"AA==", b"A A", b"AB", &long] {
            assert_eq!(body(&mut head(b"-> x").unwrap(), line), None, "{line:?}");
        }
    }
}
