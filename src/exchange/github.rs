//! Lines for the file `$GITHUB_ENV` names (actions/runner
//! `src/Runner.Worker/FileCommandManager.cs`). Masking is not part of that file.

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore as _;
use zeroize::Zeroizing;

use super::ExportReason;
use crate::model::KeyName;
use crate::model::plaintext::collect;

/// Names the runner sets anew for every step, from its `github` and `runner` contexts, and the one
/// it ignores. Other `GITHUB_…` names, like `GITHUB_TOKEN`, are free.
const RUNNER_NAMES: [&str; 47] = [
    "NODE_OPTIONS",
    "GITHUB_ACTION",
    "GITHUB_ACTION_PATH",
    "GITHUB_ACTION_REF",
    "GITHUB_ACTION_REPOSITORY",
    "GITHUB_ACTOR",
    "GITHUB_ACTOR_ID",
    "GITHUB_API_URL",
    "GITHUB_ARTIFACTS",
    "GITHUB_ARTIFACTS_LIST",
    "GITHUB_BASE_REF",
    "GITHUB_ENV",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_GRAPHQL_URL",
    "GITHUB_HEAD_REF",
    "GITHUB_JOB",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_REF",
    "GITHUB_REF_NAME",
    "GITHUB_REF_PROTECTED",
    "GITHUB_REF_TYPE",
    "GITHUB_REPOSITORY",
    "GITHUB_REPOSITORY_ID",
    "GITHUB_REPOSITORY_OWNER",
    "GITHUB_REPOSITORY_OWNER_ID",
    "GITHUB_RETENTION_DAYS",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_NUMBER",
    "GITHUB_SERVER_URL",
    "GITHUB_SHA",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_TRIGGERING_ACTOR",
    "GITHUB_WORKFLOW",
    "GITHUB_WORKFLOW_REF",
    "GITHUB_WORKFLOW_SHA",
    "GITHUB_WORKSPACE",
    "RUNNER_ARCH",
    "RUNNER_DEBUG",
    "RUNNER_ENVIRONMENT",
    "RUNNER_NAME",
    "RUNNER_OS",
    "RUNNER_TEMP",
    "RUNNER_TOOL_CACHE",
];

/// Whether the runner keeps the name and every byte of the value.
///
/// Line breaks within a value stay as they are. The last carriage return is the exception: on
/// Windows the runner counts it to the line end before the delimiter.
pub(super) fn check(key: &KeyName, value: &str) -> Result<(), ExportReason> {
    // Windows has no case in variable names.
    if RUNNER_NAMES.iter().any(|name| name.eq_ignore_ascii_case(key.as_str())) {
        Err(ExportReason::RunnerName)
    } else if value.ends_with('\r') {
        Err(ExportReason::FinalReturn)
    } else {
        Ok(())
    }
}

/// Each entry between two delimiters that no value contains.
pub(super) fn write(entries: &[(&KeyName, &str)]) -> Zeroizing<Vec<u8>> {
    let delimiter = loop {
        let delimiter = random_delimiter();
        if !entries.iter().any(|(_, value)| value.contains(&delimiter)) {
            break delimiter;
        }
    };
    collect(|out| {
        for (key, value) in entries {
            for piece in [key.as_str(), "<<", &delimiter, "\n", value, "\n", &delimiter, "\n"] {
                out(piece.as_bytes());
            }
        }
    })
}

/// Whoever can guess the delimiter can put variables of their own into a value.
fn random_delimiter() -> String {
    let mut random = [0; 16];
    OsRng.fill_bytes(&mut random);
    format!("vault_{:032x}", u128::from_be_bytes(random))
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::{export_all, export_one, refusal};
    use crate::exchange::{ExportFormat::Github, ExportReason};

    #[test]
    fn a_value_stands_between_delimiters_nobody_can_guess() {
        let made = export_all(Github, &[b"a\r\nb=c<<d\n", b""]).unwrap();
        let (_, delimiter) = made.lines().next().unwrap().split_once("<<").unwrap();
        assert_eq!(delimiter.len(), 6 + 32);
        let d = delimiter;
        assert_eq!(made, format!("K0<<{d}\na\r\nb=c<<d\n\n{d}\nK1<<{d}\n\n{d}\n"));
        assert!(!export_one(Github, "K", b"").contains(d));
    }

    #[test]
    fn what_the_runner_changes_is_refused() {
        assert_eq!(refusal(Github, "K", b"a\r"), ExportReason::FinalReturn);
        assert_eq!(refusal(Github, "K", b"a\0"), ExportReason::Nul);
        assert_eq!(refusal(Github, "K", b"\xff"), ExportReason::NotUtf8);
        for name in ["GITHUB_SHA", "github_env", "RUNNER_TEMP", "NODE_OPTIONS"] {
            assert_eq!(refusal(Github, name, b""), ExportReason::RunnerName);
        }
        export_one(Github, "GITHUB_TOKEN", b"x");
        export_one(Github, "my-key", b"x");
    }
}
