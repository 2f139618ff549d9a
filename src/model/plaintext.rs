//! Writing documents that hold plaintext, so that no copy of it stays behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Where a format puts the pieces of its document.
pub(crate) type Out<'a> = dyn FnMut(&[u8]) + 'a;

/// Bytes of input to each round of base64: a multiple of three, so that only the last is padded.
const BASE64_ROUND: usize = 768;

/// The document that `write` puts out, in a buffer that never grew.
///
/// `write` runs twice, first to be measured: a `Vec` that grows leaves its old, unwiped halves in
/// freed memory.
pub(crate) fn collect(write: impl Fn(&mut Out<'_>)) -> Zeroizing<Vec<u8>> {
    let mut length = 0;
    write(&mut |piece| length += piece.len());
    let mut document = Zeroizing::new(Vec::with_capacity(length));
    write(&mut |piece| document.extend_from_slice(piece));
    debug_assert_eq!(document.len(), length);
    document
}

/// `text` with each byte that `escape` knows replaced. Only ASCII may be known.
pub(crate) fn escaped(out: &mut Out<'_>, text: &str, escape: impl Fn(u8) -> Option<&'static [u8]>) {
    for piece in text.as_bytes().split_inclusive(|byte| escape(*byte).is_some()) {
        let special = piece.split_last().and_then(|(last, plain)| Some((plain, escape(*last)?)));
        let (plain, replacement) = special.unwrap_or((piece, b""));
        out(plain);
        out(replacement);
    }
}

/// `bytes` in padded standard base64.
pub(crate) fn base64(out: &mut Out<'_>, bytes: &[u8]) {
    let mut buffer = Zeroizing::new([0; BASE64_ROUND / 3 * 4]);
    for round in bytes.chunks(BASE64_ROUND) {
        // The buffer is as large as a full round needs, so encoding cannot fail.
        let length = STANDARD.encode_slice(round, &mut *buffer).unwrap_or_default();
        out(buffer.get(..length).unwrap_or_default());
    }
}

/// `text` as a JSON string, quotes and all.
pub(crate) fn json_string(out: &mut Out<'_>, text: &str) {
    out(b"\"");
    escaped(out, text, |byte| match byte {
        b'"' => Some(br#"\""#),
        b'\\' => Some(br"\\"),
        _ => CONTROL.get(usize::from(byte)).copied(),
    });
    out(b"\"");
}

/// JSON's escapes for the control characters, by code.
const CONTROL: [&[u8]; 32] = [
    b"\\u0000", b"\\u0001", b"\\u0002", b"\\u0003", b"\\u0004", b"\\u0005", b"\\u0006", b"\\u0007",
    b"\\b", b"\\t", b"\\n", b"\\u000b", b"\\f", b"\\r", b"\\u000e", b"\\u000f", b"\\u0010",
    b"\\u0011", b"\\u0012", b"\\u0013", b"\\u0014", b"\\u0015", b"\\u0016", b"\\u0017", b"\\u0018",
    b"\\u0019", b"\\u001a", b"\\u001b", b"\\u001c", b"\\u001d", b"\\u001e", b"\\u001f",
];

/// The bytes that padded standard base64 stands for.
pub(crate) fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // The engine makes its buffer once, as large as the text allows.
    STANDARD.decode(text).ok().map(Zeroizing::new)
}
