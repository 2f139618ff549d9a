//! The spellings that a value is pasted in.

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

pub(super) type Text = Zeroizing<Vec<u8>>;

/// Shortest line of a longer value that is searched for by itself.
const SHORTEST_LINE: usize = 32;

/// Shows each spelling with what to call it, and of how many lines it is one.
pub(super) fn each(value: &[u8], put: &mut dyn FnMut(Text, &'static str, Option<usize>)) {
    put(Zeroizing::new(value.to_vec()), "", None);
    for escaped in [Escape::Url, Escape::LowerUrl, Escape::Path, Escape::Component] {
        put(escape(value, escaped), ", URL-encoded", None);
    }
    put(escape(value, Escape::Json), ", as in JSON", None);
    for offset in 0..3 {
        put(aligned(value, offset, &STANDARD_NO_PAD), ", in base64", None);
        put(aligned(value, offset, &URL_SAFE_NO_PAD), ", in base64", None);
    }
    for digits in [LOWER, UPPER] {
        put(hex(value, digits), ", in hexadecimal", None);
    }
    if value.contains(&b'\n') {
        put(windows(value), "", None);
    }
    let lines = value.split(|byte| *byte == b'\n').count();
    if let Some(line) = telling_line(value) {
        put(Zeroizing::new(line.to_vec()), ", at least one of its lines", Some(lines));
    }
}

/// A line that says which value it is of: of a key, one from the middle. What keys of a kind begin
/// with is the same in all of them, and prose stands in other files too.
fn telling_line(value: &[u8]) -> Option<&[u8]> {
    let lines: Vec<&[u8]> = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let is_telling = |line: &&[u8]| {
        line.len() >= SHORTEST_LINE && !line.starts_with(b"--") && !line.contains(&b' ')
    };
    let telling: Vec<&[u8]> = lines.iter().copied().filter(is_telling).collect();
    if lines.len() < 2 { None } else { telling.get(telling.len() / 2).copied() }
}

/// With line ends as on Windows.
fn windows(value: &[u8]) -> Text {
    let mut out = Zeroizing::new(Vec::with_capacity(2 * value.len()));
    let mut last = 0;
    for &byte in value {
        if byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        last = byte;
    }
    out
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn hex(value: &[u8], digits: &[u8; 16]) -> Text {
    let mut out = Zeroizing::new(Vec::with_capacity(2 * value.len()));
    for &byte in value {
        out.extend(digits_of(byte, digits));
    }
    out
}

fn digits_of(byte: u8, digits: &[u8; 16]) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|at| digits.get(usize::from(at)).copied().unwrap_or_default())
}

#[derive(Clone, Copy)]
enum Escape {
    /// RFC 3986: everything but its unreserved characters.
    Url,
    /// The same with hex digits in lower case.
    LowerUrl,
    /// As Python's `quote` does, which keeps `/`.
    Path,
    /// As JavaScript's `encodeURIComponent` does.
    Component,
    /// As it stands between the quotes of a JSON string.
    Json,
}

/// Into a buffer that is large enough from the start, so that no copy is left behind.
fn escape(value: &[u8], how: Escape) -> Text {
    let mut out = Zeroizing::new(Vec::with_capacity(6 * value.len()));
    for &byte in value {
        match how {
            Escape::Json => escape_json(byte, &mut out),
            Escape::Url | Escape::LowerUrl | Escape::Path | Escape::Component => {
                if is_kept(byte, how) {
                    out.push(byte);
                } else {
                    let digits = if matches!(how, Escape::LowerUrl) { LOWER } else { UPPER };
                    out.push(b'%');
                    out.extend(digits_of(byte, digits));
                }
            }
        }
    }
    out
}

fn is_kept(byte: u8, how: Escape) -> bool {
    let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    match how {
        Escape::Path => unreserved || byte == b'/',
        Escape::Component => unreserved || matches!(byte, b'!' | b'\'' | b'(' | b')' | b'*'),
        Escape::Url | Escape::LowerUrl | Escape::Json => unreserved,
    }
}

fn escape_json(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => out.extend([b'\\', byte]),
        b'\n' => out.extend(b"\\n"),
        b'\r' => out.extend(b"\\r"),
        b'\t' => out.extend(b"\\t"),
        other => out.push(other),
    }
}

/// The digits of its base64 that are the same whatever stands around it, when this many bytes of a
/// group of three stand before it.
fn aligned(value: &[u8], offset: usize, engine: &GeneralPurpose) -> Text {
    let mut bytes = Zeroizing::new(Vec::with_capacity(offset + value.len()));
    bytes.resize(offset, 0);
    bytes.extend_from_slice(value);
    let mut out = Zeroizing::new(vec![0; bytes.len().div_ceil(3) * 4]);
    // The buffer is never too small.
    let _: Result<usize, base64::EncodeSliceError> = engine.encode_slice(&bytes, &mut out);
    out.truncate(bytes.len() * 8 / 6);
    out.drain(..(offset * 8).div_ceil(6));
    out
}
