//! Writing plaintext so that no copy of it stays behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Where a format puts the pieces of its document.
pub(super) type Out<'a> = dyn FnMut(&[u8]) + 'a;

/// Bytes of input to each round of base64: a multiple of three, so that only the last is padded.
const BASE64_ROUND: usize = 768;

/// The document that `write` puts out, in a buffer that never grew.
///
/// `write` runs twice, first to be measured: a `Vec` that grows leaves its old, unwiped halves in
/// freed memory.
pub(super) fn collect(write: impl Fn(&mut Out<'_>)) -> Zeroizing<Vec<u8>> {
    let mut length = 0;
    write(&mut |piece| length += piece.len());
    let mut document = Zeroizing::new(Vec::with_capacity(length));
    write(&mut |piece| document.extend_from_slice(piece));
    debug_assert_eq!(document.len(), length);
    document
}

/// `text` with each byte that `escape` knows replaced. Only ASCII may be known.
pub(super) fn escaped(out: &mut Out<'_>, text: &str, escape: impl Fn(u8) -> Option<&'static [u8]>) {
    for piece in text.as_bytes().split_inclusive(|byte| escape(*byte).is_some()) {
        let special = piece.split_last().and_then(|(last, plain)| Some((plain, escape(*last)?)));
        let (plain, replacement) = special.unwrap_or((piece, b""));
        out(plain);
        out(replacement);
    }
}

/// `bytes` in padded standard base64.
pub(super) fn base64(out: &mut Out<'_>, bytes: &[u8]) {
    let mut buffer = Zeroizing::new([0; BASE64_ROUND / 3 * 4]);
    for round in bytes.chunks(BASE64_ROUND) {
        // The buffer is as large as a full round needs, so encoding cannot fail.
        let length = STANDARD.encode_slice(round, &mut *buffer).unwrap_or_default();
        out(buffer.get(..length).unwrap_or_default());
    }
}
