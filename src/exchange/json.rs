//! JSON: one flat object of strings, and `{"base64": "…"}` for bytes that are not UTF-8.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use zeroize::Zeroizing;

use super::error::Fault;
use super::{Entries, ImportReason};
use crate::model::KeyName;
use crate::model::plaintext::{Out, base64, collect, from_base64, json_string};

/// One entry a line, in the order given.
pub(super) fn write(entries: &[(&KeyName, &[u8])]) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        out(b"{");
        let mut before: &[u8] = b"\n";
        for (key, value) in entries {
            out(before);
            before = b",\n";
            out(b"  \"");
            out(key.as_str().as_bytes());
            out(b"\": ");
            write_value(out, value);
        }
        out(if entries.is_empty() { b"}\n" } else { b"\n}\n" });
    })
}

fn write_value(out: &mut Out<'_>, value: &[u8]) {
    if let Ok(text) = std::str::from_utf8(value) {
        json_string(out, text);
    } else {
        out(b"{\"base64\": \"");
        base64(out, value);
        out(b"\"}");
    }
}

/// Adds the entries of a document.
pub(super) fn read(text: &str, entries: &mut Entries) -> Result<(), Fault> {
    let mut fault = None;
    let mut document = Deserializer::from_str(text);
    let read = document.deserialize_map(Object { entries, fault: &mut fault });
    // serde_json's own messages quote the document, so of its error only the line is taken.
    read.and_then(|()| document.end()).map_err(|error| {
        let mut fault = fault.unwrap_or_else(|| Fault::at(0, ImportReason::Syntax));
        if !error.is_data() {
            fault.reason = ImportReason::Syntax;
        }
        Fault { line: error.line(), ..fault }
    })
}

/// Puts `fault` where [`read`] finds it. What serde gets is a stand-in.
fn refuse<E: Error>(slot: &mut Option<Fault>, fault: Fault) -> E {
    slot.get_or_insert(fault);
    E::custom("refused")
}

struct Object<'a> {
    entries: &'a mut Entries,
    fault: &'a mut Option<Fault>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let key = self.entries.key(0, &name).map_err(|fault| refuse(self.fault, fault))?;
            // What serde says of its own of a value that is neither text, list nor object.
            let mut reason = ImportReason::NotQuoted;
            let seed = Value { reason: &mut reason };
            let value = map.next_value_seed(seed).inspect_err(|_| {
                self.fault.get_or_insert(Fault::at(0, reason).naming(&key));
            })?;
            self.entries.push(0, key, value).map_err(|fault| refuse(self.fault, fault))?;
        }
        Ok(())
    }
}

/// A value, or why it is none.
struct Value<'a> {
    reason: &'a mut ImportReason,
}

impl Value<'_> {
    fn refuse<T, E: Error>(self, reason: ImportReason) -> Result<T, E> {
        *self.reason = reason;
        Err(E::custom("refused"))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Zeroizing<Vec<u8>>;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Zeroizing<Vec<u8>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        self.refuse(ImportReason::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        *self.reason = ImportReason::Nested;
        if map.next_key::<String>()?.as_deref() != Some("base64") {
            return self.refuse(ImportReason::Nested);
        }
        let text = Zeroizing::new(map.next_value::<String>()?);
        if map.next_key::<String>()?.is_some() {
            return self.refuse(ImportReason::Nested);
        }
        match from_base64(&text) {
            Some(value) => Ok(value),
            None => self.refuse(ImportReason::Base64),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::exchange::tests::{export_all, export_one, fault, read};
    use crate::exchange::{ExportFormat, ImportFormat::Json, ImportReason};

    #[test]
    fn export_is_one_entry_a_line() {
        let text = export_all(ExportFormat::Json, &[b"a \"\n\0\x1f\x7f", b"\xff\x00"]).unwrap();
        let want =
            "{\n  \"K0\": \"a \\\"\\n\\u0000\\u001f\x7f\",\n  \"K1\": {\"base64\": \"/wA=\"}\n}\n";
        assert_eq!(text, want);
        assert_eq!(export_all(ExportFormat::Json, &[]).unwrap(), "{}\n");
        assert_eq!(read(Json, "{}"), []);
    }

    #[test]
    fn a_document_keeps_its_order_and_its_bytes() {
        let text = r#"{"b": "\u00e9\ud83d\ude00", "a": "", "c": {"base64": "QQ=="}}"#;
        let want = [("b", "é😀"), ("a", ""), ("c", "A")];
        assert_eq!(read(Json, text), want.map(|(k, v)| (k.into(), v.as_bytes().to_vec())));
    }

    #[test]
    fn what_is_no_string_is_refused_by_key_and_line() {
        let cases = [
            ("17", ImportReason::NotQuoted),
            ("-1", ImportReason::NotQuoted),
            ("1.5", ImportReason::NotQuoted),
            ("true", ImportReason::NotQuoted),
            ("null", ImportReason::NotQuoted),
            ("1e999", ImportReason::Syntax),
            ("\"\\ud800\"", ImportReason::Syntax),
            ("hunter2", ImportReason::Syntax),
            ("[\"hunter2\"]", ImportReason::Nested),
            ("{}", ImportReason::Nested),
            ("{\"hunter2\": \"\"}", ImportReason::Nested),
            ("{\"base64\": \"\", \"base64\": \"\"}", ImportReason::Nested),
            ("{\"base64\": {\"base64\": \"\"}}", ImportReason::Nested),
            ("{\"base64\": 1}", ImportReason::Nested),
            ("{\"base64\": \"QQ\"}", ImportReason::Base64),
            ("{\"base64\": \"QR==\"}", ImportReason::Base64),
            ("{\"base64\": \"__8=\"}", ImportReason::Base64),
        ];
        for (value, reason) in cases {
            let error = fault(Json, &format!("{{\n\"A\": \"\",\n\"KEY\": {value}\n}}"));
            assert_eq!((error.line, error.reason), (3, reason), "{value}");
            assert_eq!(error.key.as_ref().unwrap().as_str(), "KEY");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_document_of_another_shape_is_refused() {
        for text in ["", "hunter2", "\"hunter2\"", "[]", "{} {}", "{\"A\": \"\",}", "{\"A\" 1}"] {
            assert_eq!(fault(Json, text).reason, ImportReason::Syntax, "{text}");
        }
        let twice = fault(Json, "{\"A\": \"\",\n\"A\": \"\"}");
        assert_eq!((twice.line, twice.reason), (2, ImportReason::Duplicate));
        assert!(matches!(fault(Json, "{\"a b\": \"\"}").reason, ImportReason::Key(_)));
    }

    #[test]
    fn nesting_of_any_depth_is_refused() {
        for opening in ["[", "{\"a\":", "{\"base64\":"] {
            fault(Json, &opening.repeat(200_000));
            let inside = fault(Json, &format!("{{\"A\": {}", opening.repeat(200_000)));
            assert_eq!(inside.reason, ImportReason::Nested);
        }
    }

    proptest! {
        #[test]
        fn import_reads_what_export_wrote(values: Vec<Vec<u8>>, text in r"(?s:.){0,40}") {
            let mut values = values;
            values.push(text.into_bytes());
            let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let made = export_all(ExportFormat::Json, &slices).unwrap();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&made).is_ok());
            let back: Vec<_> = read(Json, &made).into_iter().map(|(_, value)| value).collect();
            prop_assert_eq!(back, values);
        }

        #[test]
        fn other_readers_of_json_agree(text in r"(?s:.){0,40}") {
            let made = export_one(ExportFormat::Json, "K", text.as_bytes());
            let read: serde_json::Value = serde_json::from_str(&made).unwrap();
            prop_assert_eq!(&read["K"], &serde_json::Value::String(text));
        }
    }
}
