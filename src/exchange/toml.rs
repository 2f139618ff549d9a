//! TOML: one flat table of strings, and `{ base64 = "…" }` for bytes that are not UTF-8.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::error::Fault;
use super::{Entries, ImportReason};
use crate::model::plaintext::from_base64;

/// Adds the entries of a document.
pub(super) fn read(text: &str, entries: &mut Entries) -> Result<(), Fault> {
    let document = DeTable::parse(text).map_err(|error| {
        // The error quotes the document, so only where it stands is taken.
        let at = error.span().map_or(text.len(), |span| span.start);
        Fault::at(1 + line_feeds(text, 0..at), ImportReason::Syntax)
    })?;
    let mut pairs: Vec<_> = document.get_ref().iter().collect();
    pairs.sort_by_key(|(name, _)| name.span().start);
    let (mut line, mut counted) = (1, 0);
    for (name, value) in pairs {
        line += line_feeds(text, counted..name.span().start);
        counted = name.span().start;
        let key = entries.key(line, name.get_ref())?;
        let value = bytes(value).map_err(|reason| Fault::at(line, reason).naming(&key))?;
        entries.push(line, key, value)?;
    }
    Ok(())
}

fn line_feeds(text: &str, range: Range<usize>) -> usize {
    text.get(range).map_or(0, |part| part.matches('\n').count())
}

fn bytes(value: &Spanned<DeValue<'_>>) -> Result<Zeroizing<Vec<u8>>, ImportReason> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Err(ImportReason::NotQuoted)
        }
        DeValue::Array(_) => Err(ImportReason::Nested),
        DeValue::Table(table) => {
            let text = table.get("base64").filter(|_| table.len() == 1);
            let text = text.and_then(|text| text.get_ref().as_str()).ok_or(ImportReason::Nested)?;
            from_base64(text).ok_or(ImportReason::Base64)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{fault, read};
    use crate::exchange::{ImportFormat::Toml, ImportReason};

    #[test]
    fn a_flat_table_is_read_in_its_order() {
        let text = "# edited\nZ = \"a\\tb\"\nA = '''\none\ntwo'''\n\"1-x\" = ''\nB = { base64 = \"/wA=\" }\n";
        let want: [(&str, &[u8]); 4] =
            [("Z", b"a\tb"), ("A", b"one\ntwo"), ("1-x", b""), ("B", b"\xff\x00")];
        assert_eq!(read(Toml, text), want.map(|(key, value)| (key.into(), value.to_vec())));
    }

    #[test]
    fn what_is_no_string_is_refused_by_key_and_line() {
        let cases = [
            ("17", ImportReason::NotQuoted),
            ("1.5", ImportReason::NotQuoted),
            ("true", ImportReason::NotQuoted),
            ("2026-01-02", ImportReason::NotQuoted),
            ("[\"hunter2\"]", ImportReason::Nested),
            ("{}", ImportReason::Nested),
            ("{ hunter2 = \"\" }", ImportReason::Nested),
            ("{ base64 = 1 }", ImportReason::Nested),
            ("{ base64 = \"\", x = \"\" }", ImportReason::Nested),
            ("{ base64 = \"hunter2\" }", ImportReason::Base64),
        ];
        for (value, reason) in cases {
            let error = fault(Toml, &format!("A = ''\nKEY = {value}\n"));
            assert_eq!((error.line, error.reason), (2, reason), "{value}");
            assert_eq!(error.key.as_ref().unwrap().as_str(), "KEY");
            assert!(!error.to_string().contains("hunter2"));
        }
        assert_eq!(fault(Toml, "A.b = ''").reason, ImportReason::Nested);
        assert!(matches!(fault(Toml, "\"a b\" = ''").reason, ImportReason::Key(_)));
    }

    #[test]
    fn a_document_that_does_not_parse_says_only_where() {
        for text in ["A = ''\nB = hunter2", "A = ''\nA = 'hunter2'", "A = ''\n'hunter2'"] {
            let error = fault(Toml, text);
            assert_eq!((error.line, error.reason), (2, ImportReason::Syntax), "{text}");
            assert_eq!(error.to_string(), "toml input, line 2: the syntax is wrong here");
        }
        for opening in ["[", "{a="] {
            assert_eq!(
                fault(Toml, &format!("A = {}", opening.repeat(100_000))).reason,
                ImportReason::Syntax
            );
        }
    }
}
