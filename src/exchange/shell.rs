//! `export KEY='…'` lines, for `eval` or `source` in any POSIX shell.

use zeroize::Zeroizing;

use super::ExportReason;
use crate::model::KeyName;
use crate::model::plaintext::{collect, escaped};

/// Whether a shell takes the key for a variable. Between single quotes every value is literal.
pub(super) fn check(key: &KeyName, _: &str) -> Result<(), ExportReason> {
    if key.is_shell_identifier() { Ok(()) } else { Err(ExportReason::NotIdentifier) }
}

/// One `export` for each entry.
pub(super) fn write(entries: &[(&KeyName, &str)]) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        for (key, value) in entries {
            out(b"export ");
            out(key.as_str().as_bytes());
            out(b"='");
            escaped(out, value, |byte| (byte == b'\'').then_some(br"'\''"));
            out(b"'\n");
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{export_one, refusal};
    use crate::exchange::{ExportFormat::Shell, ExportReason};

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_the_value() {
        let value = "''it's \\ $HOME `id` !x\r\n\"\\'\n ~*";
        let script = export_one(Shell, "K", value.as_bytes()) + "printf %s \"$K\"";
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(output.stdout, value.as_bytes());
        assert_eq!(export_one(Shell, "K", b""), "export K=''\n");
    }

    #[test]
    fn what_no_variable_holds_is_refused() {
        assert_eq!(refusal(Shell, "my-key", b""), ExportReason::NotIdentifier);
        assert_eq!(refusal(Shell, "1X", b""), ExportReason::NotIdentifier);
        assert_eq!(refusal(Shell, "K", b"a\0"), ExportReason::Nul);
        assert_eq!(refusal(Shell, "K", b"\xff"), ExportReason::NotUtf8);
    }
}
