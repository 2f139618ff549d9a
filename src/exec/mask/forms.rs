//! The ways in which programs write a secret.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{HEAD, LEAST_MASKED};
use crate::model::SecretValue;

/// Above this, only what is likely is looked for: each form takes five times its length in memory.
const LARGE: usize = 64 << 10;

type Text = Zeroizing<Vec<u8>>;

/// Patterns, as they are collected.
#[derive(Default)]
pub(super) struct Forms(Vec<Text>);

impl Forms {
    /// Adds all forms of a value; whether it is long enough to have any.
    pub(super) fn add(&mut self, value: &SecretValue) -> bool {
        let bytes = value.expose();
        // Blanks and line ends at its ends are no part of a secret: programs take them off, and
        // the log needs its own. In its encodings they are.
        let text = bytes.trim_ascii();
        if text.len() < LEAST_MASKED {
            return false;
        }
        self.put(text);
        self.add_encoded(text);
        if text.len() < bytes.len() {
            self.add_encoded(bytes);
        }
        for line in bytes.split(|b| matches!(b, b'\n' | b'\r')).map(<[u8]>::trim_ascii) {
            // `-----BEGIN PRIVATE KEY-----` is no secret, and helps who reads the log.
            if !(line.starts_with(b"-----") && line.ends_with(b"-----")) {
                self.put(line);
            }
        }
        true
    }

    /// Each pattern once. Of a long one, none that another begins with: it is hidden on the way.
    pub(super) fn into_patterns(self) -> Vec<Text> {
        let mut all = self.0;
        all.sort_unstable_by(|a, b| a.as_slice().cmp(b));
        let mut kept: Vec<Text> = Vec::with_capacity(all.len());
        for pattern in all {
            let covered = |last: &mut Text| {
                **last == *pattern || last.len() > HEAD && pattern.starts_with(last)
            };
            kept.pop_if(covered);
            kept.push(pattern);
        }
        kept
    }

    fn add_encoded(&mut self, text: &[u8]) {
        self.put_base64(&STANDARD_NO_PAD, text);
        let in_words = std::str::from_utf8(text).ok();
        if let Some(words) = in_words {
            self.put_spelt(words, json::plain);
        }
        if text.len() > LARGE {
            self.put_wrapped_base64(text, 76, Lines::Together);
            return;
        }
        self.put_base64(&URL_SAFE_NO_PAD, text);
        self.put_wrapped_base64(text, 76, Lines::Apart);
        self.put_wrapped_base64(text, 64, Lines::Apart);
        for style in url::STYLES {
            self.put_bytes_spelt(text, style);
        }
        for style in shell::STYLES {
            self.put_bytes_spelt(text, style);
        }
        if let Some(words) = in_words {
            for style in json::STYLES {
                self.put_spelt(words, style);
            }
            self.put_json_in_json(words);
        }
    }

    fn put(&mut self, form: &[u8]) {
        if form.len() >= LEAST_MASKED {
            self.0.push(Zeroizing::new(form.to_vec()));
        }
    }

    /// The text as it stands in the base64 of a longer one, in which so many bytes come before it
    /// (modulo three), with and without the last character, which depends on what follows. It is
    /// the same for nothing and for a line end.
    fn put_base64(&mut self, engine: &impl Engine, text: &[u8]) {
        for before in 0..3 {
            let mut whole = Zeroizing::new(Vec::with_capacity(before + text.len()));
            whole.resize(before, 0);
            whole.extend_from_slice(text);
            // Six bits a character: the first that holds none of what comes before …
            let from = (before * 8).div_ceil(6);
            // … and the last that holds nothing of what comes after.
            let to = whole.len() * 8 / 6;
            let encoded = base64_of(engine, &whole);
            self.put(encoded.get(from..to).unwrap_or_default());
            self.put(encoded.get(from..).unwrap_or_default());
        }
    }

    /// As `base64` and `openssl base64` break it into lines.
    fn put_wrapped_base64(&mut self, text: &[u8], columns: usize, lines: Lines) {
        let encoded = base64_of(&STANDARD_NO_PAD, text);
        let pieces = encoded.chunks(columns);
        match lines {
            Lines::Apart if encoded.len() > columns => pieces.for_each(|line| self.put(line)),
            Lines::Apart => {}
            Lines::Together => {
                let mut whole = Zeroizing::new(Vec::with_capacity(encoded.len() + pieces.len()));
                pieces.for_each(|line| whole.extend(line.iter().chain(b"\n")));
                self.put(whole.trim_ascii_end());
            }
        }
    }

    fn put_spelt(&mut self, text: &str, style: fn(char) -> Piece) {
        self.put_unless_plain(spelt(text.chars().map(style)), text.as_bytes());
    }

    fn put_bytes_spelt(&mut self, text: &[u8], style: fn(u8) -> Piece) {
        self.put_unless_plain(spelt(text.iter().copied().map(style)), text);
    }

    fn put_unless_plain(&mut self, form: Text, text: &[u8]) {
        if *form != text {
            self.0.push(form);
        }
    }

    /// A log in JSON of something that is JSON already.
    fn put_json_in_json(&mut self, text: &str) {
        let once = spelt(text.chars().map(json::plain));
        if let Ok(once) = std::str::from_utf8(&once) {
            self.put_spelt(once, json::plain);
        }
    }
}

/// What becomes one pattern.
#[derive(Clone, Copy)]
enum Lines {
    /// Each line: something may be put before it.
    Apart,
    /// All lines: so many would make the automaton large.
    Together,
}

fn base64_of(engine: &impl Engine, bytes: &[u8]) -> Text {
    let mut encoded = Zeroizing::new(vec![0; bytes.len().div_ceil(3) * 4]);
    let length = engine.encode_slice(bytes, &mut encoded).unwrap_or(0);
    encoded.truncate(length);
    encoded
}

/// Counts first, so that the text never moves and leaves no copy.
fn spelt(pieces: impl Iterator<Item = Piece> + Clone) -> Text {
    let length = pieces.clone().map(|piece| piece.as_slice().len()).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    pieces.for_each(|piece| text.extend_from_slice(piece.as_slice()));
    text
}

/// What one character or byte is written as.
struct Piece {
    bytes: [u8; 12],
    length: usize,
}

impl Piece {
    fn of(parts: &[&[u8]]) -> Self {
        let mut piece = Self { bytes: [0; 12], length: 0 };
        for byte in parts.iter().copied().flatten() {
            if let Some(free) = piece.bytes.get_mut(piece.length) {
                *free = *byte;
                piece.length += 1;
            }
        }
        piece
    }

    fn char(char: char) -> Self {
        Self::of(&[char.encode_utf8(&mut [0; 4]).as_bytes()])
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// The last `N` hexadecimal digits.
fn hex<const N: usize>(number: u16, digits: &[u8; 16]) -> [u8; N] {
    std::array::from_fn(|at| {
        let digit = number >> (4 * (N - 1 - at)) & 0xf;
        digits.get(usize::from(digit)).copied().unwrap_or_default()
    })
}

mod json {
    //! Strings of JSON, without their quotation marks.

    use super::{LOWER, Piece, UPPER, hex};

    pub(super) const STYLES: [fn(char) -> Piece; 4] = [ascii, html, slashes, upper];

    /// As serde_json and JavaScript write it.
    pub(super) fn plain(char: char) -> Piece {
        match char {
            '"' => Piece::of(&[b"\\\""]),
            '\\' => Piece::of(&[b"\\\\"]),
            '\n' => Piece::of(&[b"\\n"]),
            '\r' => Piece::of(&[b"\\r"]),
            '\t' => Piece::of(&[b"\\t"]),
            '\x08' => Piece::of(&[b"\\b"]),
            '\x0c' => Piece::of(&[b"\\f"]),
            '\0'..' ' => escape(char, LOWER),
            _ => Piece::char(char),
        }
    }

    /// As Python writes it.
    fn ascii(char: char) -> Piece {
        if char > '~' { escape(char, LOWER) } else { plain(char) }
    }

    /// As Go writes it.
    fn html(char: char) -> Piece {
        match char {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escape(char, LOWER),
            _ => plain(char),
        }
    }

    /// As PHP writes it.
    fn slashes(char: char) -> Piece {
        if char == '/' { Piece::of(&[b"\\/"]) } else { ascii(char) }
    }

    /// As .NET writes it.
    fn upper(char: char) -> Piece {
        match char {
            '"' | '&' | '\'' | '+' | '<' | '>' | '`' => escape(char, UPPER),
            '\0'..' ' | '\x7f'.. if !"\n\r\t\x08\x0c".contains(char) => escape(char, UPPER),
            _ => plain(char),
        }
    }

    fn escape(char: char, digits: &[u8; 16]) -> Piece {
        let mut units = [0; 2];
        match *char.encode_utf16(&mut units) {
            [high, low] => {
                Piece::of(&[b"\\u", &hex::<4>(high, digits), b"\\u", &hex::<4>(low, digits)])
            }
            [unit, ..] => Piece::of(&[b"\\u", &hex::<4>(unit, digits)]),
            [] => Piece::char(char),
        }
    }
}

mod url {
    //! Percent-encoding.

    use super::{LOWER, Piece, UPPER, hex};

    pub(super) const STYLES: [fn(u8) -> Piece; 6] = [upper, lower, plus, script, path, form];

    /// As RFC 3986 and curl have it.
    fn upper(byte: u8) -> Piece {
        keep(byte, b"-._~", UPPER)
    }

    fn lower(byte: u8) -> Piece {
        keep(byte, b"-._~", LOWER)
    }

    /// As Go and Python write a query.
    fn plus(byte: u8) -> Piece {
        if byte == b' ' { Piece::of(&[b"+"]) } else { upper(byte) }
    }

    /// As JavaScript's `encodeURIComponent`.
    fn script(byte: u8) -> Piece {
        keep(byte, b"-._~!*'()", UPPER)
    }

    /// As Python's `quote`.
    fn path(byte: u8) -> Piece {
        keep(byte, b"-._~/", UPPER)
    }

    /// As browsers and Java send a form.
    fn form(byte: u8) -> Piece {
        if byte == b' ' { Piece::of(&[b"+"]) } else { keep(byte, b"-._*", UPPER) }
    }

    fn keep(byte: u8, kept: &[u8], digits: &[u8; 16]) -> Piece {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            Piece::of(&[&[byte]])
        } else {
            Piece::of(&[b"%", &hex::<2>(byte.into(), digits)])
        }
    }
}

mod shell {
    //! Words of a shell, without the marks around them: `set -x` prints them so.

    use super::Piece;

    pub(super) const STYLES: [fn(u8) -> Piece; 5] = [single, mixed, double, ansi, backslashes];

    /// bash within `'…'`.
    fn single(byte: u8) -> Piece {
        if byte == b'\'' { Piece::of(&[b"'\\''"]) } else { Piece::of(&[&[byte]]) }
    }

    /// dash and Python's `shlex` within `'…'`.
    fn mixed(byte: u8) -> Piece {
        if byte == b'\'' { Piece::of(&[b"'\"'\"'"]) } else { Piece::of(&[&[byte]]) }
    }

    /// Within `"…"`.
    fn double(byte: u8) -> Piece {
        if b"\"$`\\".contains(&byte) { Piece::of(&[b"\\", &[byte]]) } else { Piece::of(&[&[byte]]) }
    }

    /// bash within `$'…'`.
    fn ansi(byte: u8) -> Piece {
        match byte {
            b'\n' => Piece::of(&[b"\\n"]),
            b'\r' => Piece::of(&[b"\\r"]),
            b'\t' => Piece::of(&[b"\\t"]),
            0x1b => Piece::of(&[b"\\E"]),
            b'\'' | b'\\' => Piece::of(&[b"\\", &[byte]]),
            ..b' ' | 0x7f => {
                let digit = |shift: u8| b'0' + (byte >> shift & 7);
                Piece::of(&[b"\\", &[digit(6), digit(3), digit(0)]])
            }
            _ => Piece::of(&[&[byte]]),
        }
    }

    /// bash's `printf %q`.
    fn backslashes(byte: u8) -> Piece {
        let plain = byte.is_ascii_alphanumeric() || b"#%+-./:=@_~".contains(&byte) || byte >= 0x80;
        if plain { Piece::of(&[&[byte]]) } else { Piece::of(&[b"\\", &[byte]]) }
    }
}
