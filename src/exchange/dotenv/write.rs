//! Writing a `.env` file: which spelling of a value every reader takes alike.
//!
//! Between quotes the readers differ in two ways that no escape repairs, and a third is Python's:
//!
//! - single quotes: python-dotenv reads `\\` as one backslash, compose as two;
//! - double quotes, or none: compose expands `$`, and python-dotenv knows neither `\$` nor `$$`;
//! - python-dotenv looks for a closing quote without a backslash before it, even an escaped one,
//!   through all the rest of the file; and it opens files so that a bare CR becomes a line feed.
//!
//! So a value with a `$` that compose expands, and also a CR, two backslashes in a row or a
//! backslash before `'`, is exact in python-dotenv and here, and compose expands it: a
//! [`Caveat::Compose`]. A value that ends in a backslash goes without quotes, and where it cannot
//! it is refused.

use zeroize::Zeroizing;

use super::super::error::{Caveat, ExportReason};
use super::{inline_comment, is_python_space};
use crate::model::KeyName;
use crate::model::plaintext::{Out, collect, escaped};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spelling {
    /// `'…'` with `\'` as its only escape.
    Single,
    /// `"…"` with `\\`, `\"`, `\n` and `\r`.
    Double,
    /// As it is, to the end of the line.
    Bare,
}

/// Whether the value can be written at all.
pub(in super::super) fn check(_: &KeyName, value: &str) -> Result<(), ExportReason> {
    spelling(value).map(|_| ()).ok_or(ExportReason::QuotedBackslash)
}

/// The values that a reader expands, whatever their spelling.
pub(in super::super) fn caveats(entries: &[(&KeyName, &str)]) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    for (key, value) in entries {
        if spelling(value) != Some(Spelling::Single) && compose_expands(value) {
            caveats.push(Caveat::Compose((*key).clone()));
        }
        if value.split_once("${").is_some_and(|(_, after)| after.contains('}')) {
            caveats.push(Caveat::Python((*key).clone()));
        }
    }
    caveats
}

/// One line for each entry, or more where a value has several.
pub(in super::super) fn write(entries: &[(&KeyName, &str)]) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        for (key, value) in entries {
            out(key.as_str().as_bytes());
            out(b"=");
            match spelling(value) {
                Some(Spelling::Single) => quoted(out, b'\'', value),
                Some(Spelling::Double) => quoted(out, b'"', value),
                Some(Spelling::Bare) | None => out(value.as_bytes()),
            }
            out(b"\n");
        }
    })
}

fn quoted(out: &mut Out<'_>, quote: u8, value: &str) {
    out(&[quote]);
    escaped(out, value, |byte| match (quote, byte) {
        (b'\'', b'\'') => Some(br"\'"),
        (b'"', b'"') => Some(br#"\""#),
        (b'"', b'\\') => Some(br"\\"),
        (b'"', b'\n') => Some(br"\n"),
        (b'"', b'\r') => Some(br"\r"),
        _ => None,
    });
    out(&[quote]);
}

fn spelling(value: &str) -> Option<Spelling> {
    let ends_in_backslash = value.ends_with('\\');
    let fits_single = !ends_in_backslash
        && !value.contains('\r')
        && !value.contains(r"\\")
        && !value.contains(r"\'");
    if fits_single && !value.contains('\'') {
        // Not one escape: what every reader there is takes literally.
        Some(Spelling::Single)
    } else if !ends_in_backslash && (!fits_single || !compose_expands(value)) {
        Some(Spelling::Double)
    } else if fits_single {
        Some(Spelling::Single)
    } else {
        fits_bare(value).then_some(Spelling::Bare)
    }
}

/// Whether a value that ends in a backslash is read whole without quotes.
fn fits_bare(value: &str) -> bool {
    !value.starts_with(|c| is_python_space(c) || matches!(c, '\'' | '"'))
        && !value.contains(['\r', '\n'])
        && inline_comment(value).is_none()
}

/// Whether compose-go's template pattern, `\$(?i:\$|[_a-z]…|\{…)`, matches anywhere. Go folds case
/// beyond ASCII: the long s and the Kelvin sign are letters to it.
fn compose_expands(value: &str) -> bool {
    let begins_name =
        |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '\u{17f}' | '\u{212a}');
    value.split('$').skip(1).any(|after| after.starts_with(begins_name)) || value.contains("$$")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::exchange::tests::{export_one, read, refusal};
    use crate::exchange::{Caveat, ExportFormat, ExportReason, ImportFormat};

    fn dotenv(value: &str) -> String {
        export_one(ExportFormat::Dotenv, "K", value.as_bytes())
    }

    #[test]
    fn each_value_has_the_plainest_spelling_that_all_readers_share() {
        let cases = [
            ("", "K=''"),
            ("plain", "K='plain'"),
            (" a\tb \n#c ", "K=' a\tb \n#c '"),
            ("pa$$word ${X} \"q\"", "K='pa$$word ${X} \"q\"'"),
            (r"C:\new", r"K='C:\new'"),
            ("it's", r#"K="it's""#),
            ("it's $5", r#"K="it's $5""#),
            ("it's $HOME", r"K='it\'s $HOME'"),
            ("a\r\nb", r#"K="a\r\nb""#),
            (r#"'"\'"#, r#"K="'\"\\'""#),
            (r"C:\", r"K=C:\"),
            (r"$HOME\", r"K=$HOME\"),
        ];
        for (value, want) in cases {
            assert_eq!(dotenv(value), format!("{want}\n"));
        }
    }

    #[test]
    fn a_value_that_needs_quotes_and_ends_in_a_backslash_is_refused() {
        for value in ["a\nb\\", "a\r\\", " \\", "'\\", "\"\\", "a #\\", "\x1f#\\", "\u{a0}\\"] {
            let reason = refusal(ExportFormat::Dotenv, "K", value.as_bytes());
            assert_eq!(reason, ExportReason::QuotedBackslash, "{value:?}");
        }
        assert_eq!(dotenv("#a#\\"), "K=#a#\\\n");
    }

    #[test]
    fn values_a_reader_expands_are_named() {
        let key = || "K".parse().unwrap();
        let caveats = |value: &str| {
            let value = crate::model::SecretValue::new(value.into()).unwrap();
            let set = "s".parse().unwrap();
            let entries = [(&key(), &value)];
            crate::exchange::export(ExportFormat::Dotenv, &set, entries).unwrap().caveats
        };
        assert_eq!(caveats("a$b\r"), [Caveat::Compose(key())]);
        assert_eq!(caveats(r"$$\\"), [Caveat::Compose(key())]);
        assert_eq!(caveats("\u{212a}$\u{212a}\r"), [Caveat::Compose(key())]);
        assert_eq!(caveats("${A}"), [Caveat::Python(key())]);
        for exact in ["$b", "$1\r", "$ \r", "a$\r", "}${"] {
            assert_eq!(caveats(exact), [], "{exact:?}");
        }
    }

    proptest! {
        #[test]
        fn import_reads_what_export_wrote(
            before in r#"([ -~]|[\\'"$#\r\n\t \{\}]|\PC){0,12}"#,
            value in r#"([ -~]|[\\'"$#\r\n\t \{\}]|\PC|[\x01-\x1f\x7f-\xa0]){0,24}"#,
        ) {
            let values = [before.as_bytes(), value.as_bytes(), b"last"];
            let made = crate::exchange::tests::export_all(ExportFormat::Dotenv, &values);
            match made {
                Ok(text) => {
                    let read: Vec<_> =
                        read(ImportFormat::Dotenv, &text).into_iter().map(|(_, v)| v).collect();
                    prop_assert_eq!(read, values);
                }
                Err(error) => prop_assert_eq!(error.reason, ExportReason::QuotedBackslash),
            }
        }
    }
}
