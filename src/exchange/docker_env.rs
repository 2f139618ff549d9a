//! The file of `docker run --env-file`: lines of `KEY=VALUE`, no quotes, no escapes (docker/cli
//! `pkg/kvfile/kvfile.go`).
//!
//! Docker trims and skips by what a line begins with, and every line here begins with a key; after
//! `=` it takes all up to the line feed, but for one carriage return before it.

use zeroize::Zeroizing;

use super::ExportReason;
use crate::model::KeyName;
use crate::model::plaintext::collect;

/// Go's `bufio.MaxScanTokenSize`, less the line feed, which must fit too.
const LONGEST_LINE: usize = 64 * 1024 - 1;

/// Whether the entry is one line that docker reads.
pub(super) fn check(key: &KeyName, value: &str) -> Result<(), ExportReason> {
    let length = key.as_str().len() + 1 + value.len();
    if value.contains(['\r', '\n']) {
        Err(ExportReason::LineBreak)
    } else if length > LONGEST_LINE {
        Err(ExportReason::LongLine(length))
    } else {
        Ok(())
    }
}

/// One line for each entry.
pub(super) fn write(entries: &[(&KeyName, &str)]) -> Zeroizing<Vec<u8>> {
    collect(|out| {
        for (key, value) in entries {
            out(key.as_str().as_bytes());
            out(b"=");
            out(value.as_bytes());
            out(b"\n");
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{export_one, refusal};
    use crate::exchange::{ExportFormat::DockerEnv, ExportReason};

    #[test]
    fn a_value_stands_as_it_is() {
        assert_eq!(export_one(DockerEnv, "my-key", b" \"#' "), "my-key= \"#' \n");
        assert_eq!(export_one(DockerEnv, "1", b""), "1=\n");
    }

    #[test]
    fn what_does_not_fit_a_line_is_refused() {
        for value in ["a\nb", "a\r", "\r\n"] {
            assert_eq!(refusal(DockerEnv, "K", value.as_bytes()), ExportReason::LineBreak);
        }
        assert_eq!(refusal(DockerEnv, "K", b"\0"), ExportReason::Nul);
        assert_eq!(refusal(DockerEnv, "K", b"\xff"), ExportReason::NotUtf8);
        assert_eq!(export_one(DockerEnv, "K", &vec![b'x'; 65_533]).len(), 65_536);
        assert_eq!(refusal(DockerEnv, "K", &vec![b'x'; 65_534]), ExportReason::LongLine(65_536));
    }
}
