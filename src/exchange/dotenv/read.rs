//! Reading a `.env` file, by python-dotenv's rules where the file keeps to them.
//!
//! Beyond python-dotenv: a line that is no `KEY=VALUE` is an error, not skipped, and a quote ends
//! where its escapes say (python-dotenv takes `'a\\'` for unclosed when another quote follows).

use zeroize::Zeroizing;

use super::super::error::Fault;
use super::super::{Entries, ImportReason};
use super::{inline_comment, is_python_space};

/// Adds the entries of a file.
pub(in super::super) fn read(text: &str, entries: &mut Entries) -> Result<(), Fault> {
    let mut reader = Reader { rest: text, line: 1 };
    loop {
        reader.take_while(is_python_space);
        if reader.rest.is_empty() {
            return Ok(());
        }
        if reader.rest.starts_with('#') {
            reader.take_line();
        } else {
            reader.pair(entries)?;
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn pair(&mut self, entries: &mut Entries) -> Result<(), Fault> {
        let line = self.line;
        let mut words = *self;
        if words.take_word("export") && !words.take_while(is_inline_space).is_empty() {
            *self = words;
        }
        let name = self.take_while(|c| !matches!(c, '=' | '\r' | '\n'));
        if !self.take_word("=") {
            return Err(Fault::at(line, ImportReason::NoEquals));
        }
        let key = entries.key(line, name.trim_end_matches(is_python_space))?;
        self.take_while(is_inline_space);
        let value = match self.rest.as_bytes().first() {
            Some(quote @ (b'\'' | b'"')) => self.quoted(*quote),
            _ => Ok(bare(self.take_line())),
        };
        let value = value.map_err(|reason| Fault::at(line, reason).naming(&key))?;
        entries.push(line, key, value)
    }

    /// The value whose opening quote stands next, up to the end of its last line.
    fn quoted(&mut self, quote: u8) -> Result<Zeroizing<Vec<u8>>, ImportReason> {
        let mut is_escaped = false;
        let inside = self.rest.get(1..).unwrap_or_default();
        let end = inside.bytes().position(|byte| {
            let ends = byte == quote && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        let (body, after) = end
            .and_then(|end| Some((inside.get(..end)?, inside.get(end + 1..)?)))
            .ok_or(ImportReason::Unclosed)?;
        self.line += line_breaks(body);
        self.rest = after;
        let trailing = self.take_line().trim_start_matches(is_inline_space);
        if trailing.is_empty() || trailing.starts_with('#') {
            Ok(unescaped(body, quote))
        } else {
            Err(ImportReason::AfterQuote)
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn take_while(&mut self, matches: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !matches(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.line += line_breaks(taken);
        self.rest = rest;
        taken
    }

    /// What is left of this line; its line break stays.
    fn take_line(&mut self) -> &'a str {
        self.take_while(|c| !matches!(c, '\r' | '\n'))
    }
}

fn is_inline_space(c: char) -> bool {
    is_python_space(c) && !matches!(c, '\r' | '\n')
}

/// `\n`, `\r\n` and `\r` each count once, as Python opens a file.
fn line_breaks(text: &str) -> usize {
    let feeds = text.matches('\n').count();
    feeds + text.matches('\r').count() - text.matches("\r\n").count()
}

fn bare(text: &str) -> Zeroizing<Vec<u8>> {
    let value = inline_comment(text).and_then(|at| text.get(..at)).unwrap_or(text);
    Zeroizing::new(value.trim_end_matches(is_python_space).as_bytes().to_vec())
}

fn unescaped(body: &str, quote: u8) -> Zeroizing<Vec<u8>> {
    // No escape is shorter than what it stands for, so this never grows.
    let mut value = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut bytes = body.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let replaced = match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                Some(b'\n')
            }
            b'\\' => {
                let known = bytes.peek().and_then(|next| escape(quote, *next));
                if known.is_some() {
                    bytes.next();
                }
                known
            }
            _ => None,
        };
        value.push(replaced.unwrap_or(byte));
    }
    value
}

/// What a backslash before `next` stands for; `None` where the backslash stands for itself.
fn escape(quote: u8, next: u8) -> Option<u8> {
    match (quote, next) {
        (_, b'\\' | b'\'') | (b'"', b'"') => Some(next),
        (b'"', b'a') => Some(0x07),
        (b'"', b'b') => Some(0x08),
        (b'"', b'f') => Some(0x0c),
        (b'"', b'n') => Some(b'\n'),
        (b'"', b'r') => Some(b'\r'),
        (b'"', b't') => Some(b'\t'),
        (b'"', b'v') => Some(0x0b),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{fault, read};
    use crate::exchange::{ImportFormat::Dotenv, ImportReason};

    #[test]
    fn what_people_have_in_their_files_is_read() {
        let file = "\u{feff}# made by hand\r\n\r\nA=1\r\nexport B = two words # remark\r\n\
                    C='it\\'s' # remark\r\n\tD=\"a\\tb\\\\\" #\nE=\nF=a#b\nG='#'#\n export=x\n\
                    H=\"one\r\ntwo\"\nI=\"${X} $Y\"\nJ=${X}\nK=a=b'c\"\n1-x=y\nL='x\\ny'\nM=last";
        let want = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "it's"),
            ("D", "a\tb\\"),
            ("E", ""),
            ("F", "a#b"),
            ("G", "#"),
            ("export", "x"),
            ("H", "one\ntwo"),
            ("I", "${X} $Y"),
            ("J", "${X}"),
            ("K", "a=b'c\""),
            ("1-x", "y"),
            ("L", "x\\ny"),
            ("M", "last"),
        ];
        assert_eq!(read(Dotenv, file), want.map(|(k, v)| (k.into(), v.as_bytes().to_vec())));
    }

    #[test]
    fn every_escape_of_python_dotenv_is_known_and_no_other() {
        let file = "D=\"\\\\\\'\\\"\\a\\b\\f\\n\\r\\t\\v\\$\\x41\\0\"\nS='\\\\\\'\\n\\\"'";
        let want = [("D", "\\'\"\x07\x08\x0c\n\r\t\x0b\\$\\x41\\0"), ("S", "\\'\\n\\\"")];
        assert_eq!(read(Dotenv, file), want.map(|(k, v)| (k.into(), v.as_bytes().to_vec())));
    }

    #[test]
    fn a_hash_right_after_the_equals_sign_belongs_to_the_value() {
        // Both python-dotenv and compose read it so, and a program gets these bytes today.
        assert_eq!(read(Dotenv, "A= # b"), [("A".into(), b"# b".to_vec())]);
    }

    #[test]
    fn a_file_that_does_not_parse_names_the_line_and_never_the_text() {
        let cases = [
            ("A=1\r\n\r\nhunter2\n", 3, None, ImportReason::NoEquals),
            ("export A\nB=1", 1, None, ImportReason::NoEquals),
            ("A='x\ny'\nB='hunter2", 3, Some("B"), ImportReason::Unclosed),
            ("A=\"x\r\ny\"hunter2", 1, Some("A"), ImportReason::AfterQuote),
            ("A='x\\'", 1, Some("A"), ImportReason::Unclosed),
            ("A=1\n\rA=2", 3, Some("A"), ImportReason::Duplicate),
        ];
        for (file, line, key, reason) in cases {
            let error = fault(Dotenv, file);
            assert_eq!((error.line, error.reason), (line, reason), "{file:?}");
            assert_eq!(error.key.as_ref().map(crate::model::KeyName::as_str), key, "{file:?}");
            assert!(!error.to_string().contains("hunter2"));
        }
        for name in ["a.b", "a b", "", "é", "A # B", "'A'"] {
            let error = fault(Dotenv, &format!("\n{name}=1"));
            assert!(matches!(error.reason, ImportReason::Key(_)), "{name:?}");
            assert_eq!((error.line, error.key), (2, None));
        }
    }
}
