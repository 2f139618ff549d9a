//! What the formats' tests share, and what holds for all of them.

use super::*;

/// The entries of a document that must be readable.
pub(super) fn read(format: ImportFormat, text: &str) -> Vec<(String, Vec<u8>)> {
    let entries = import(format, text.as_bytes()).unwrap();
    entries.into_iter().map(|(key, value)| (key.to_string(), value.expose().to_vec())).collect()
}

/// Why a document is refused.
pub(super) fn fault(format: ImportFormat, text: &str) -> ImportError {
    import(format, text.as_bytes()).unwrap_err()
}

/// A document of the entries `K0`, `K1`, …
pub(super) fn export_all(format: ExportFormat, values: &[&[u8]]) -> Result<String, ExportError> {
    let entries: Vec<_> =
        values.iter().enumerate().map(|(i, value)| entry(&format!("K{i}"), value)).collect();
    let set: SetName = "set".parse().unwrap();
    let made = export(format, &set, entries.iter().map(|(key, value)| (key, value)))?;
    Ok(String::from_utf8(made.text.to_vec()).unwrap())
}

/// The document of one entry.
pub(super) fn export_one(format: ExportFormat, key: &str, value: &[u8]) -> String {
    String::from_utf8(try_one(format, key, value).unwrap().text.to_vec()).unwrap()
}

/// Why one entry is refused; the error always names it.
pub(super) fn refusal(format: ExportFormat, key: &str, value: &[u8]) -> ExportReason {
    let error = try_one(format, key, value).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{key} cannot be exported as {format}: ")));
    error.reason
}

fn try_one(format: ExportFormat, key: &str, value: &[u8]) -> Result<Exported, ExportError> {
    let (key, value) = entry(key, value);
    export(format, &"set".parse().unwrap(), [(&key, &value)])
}

fn entry(key: &str, value: &[u8]) -> (KeyName, SecretValue) {
    (key.parse().unwrap(), SecretValue::new(value.to_vec()).unwrap())
}

#[test]
fn text_formats_refuse_bytes_that_are_no_text() {
    use ExportFormat::{DockerEnv, Dotenv, Github, Shell};
    for format in [Dotenv, Shell, DockerEnv, Github] {
        assert_eq!(refusal(format, "K", b"\xc3("), ExportReason::NotUtf8);
        assert_eq!(refusal(format, "K", b"\0"), ExportReason::Nul);
    }
}

#[test]
fn bytes_that_are_no_utf8_are_refused_by_line() {
    for format in ImportFormat::ALL {
        let error = import(format, b"\xEF\xBB\xBFA=1\nB=\xff").unwrap_err();
        assert_eq!((error.line, error.reason), (2, ImportReason::NotUtf8));
        assert_eq!(error.to_string(), format!("{format} input, line 2: the text is not UTF-8"));
    }
}

#[test]
fn a_value_over_the_limit_is_refused_by_key() {
    let long = "x".repeat(crate::model::MAX_VALUE_BYTES + 1);
    for (format, text) in [
        (ImportFormat::Dotenv, format!("A=1\nK={long}")),
        (ImportFormat::Json, format!("{{\"A\": \"\",\n\"K\": \"{long}\"}}")),
        (ImportFormat::Toml, format!("A = ''\nK = '{long}'")),
        (ImportFormat::Pipecat, format!("A=1\nK={long}")),
    ] {
        let error = fault(format, &text);
        assert_eq!(
            error.to_string(),
            format!(
                "{format} input, line 2, K: a value is at most 1 MiB (this one has 1048577 bytes)"
            )
        );
    }
}

#[test]
fn debug_shows_no_value() {
    let made = try_one(ExportFormat::Json, "K", b"hunter2").unwrap();
    assert_eq!(format!("{made:?}"), "Exported { caveats: [], .. }");
}

#[test]
fn the_document_is_in_a_buffer_that_never_grew() {
    let (key, value) = entry("K", &[b'\''; 5000]);
    for format in ExportFormat::ALL {
        let made = export(format, &"set".parse().unwrap(), [(&key, &value)]).unwrap();
        assert_eq!(made.text.capacity(), made.text.len(), "{format}");
    }
}
