//! `exec --file` where there is no file system in memory.

use std::process::Command;

use super::house::{VAULT, said};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// On a disk, as what is built is.
const ON_DISK: &str = env!("CARGO_TARGET_TMPDIR");

/// Everything that may be in memory is hidden by something that is not.
#[test]
fn without_a_file_system_in_memory_nothing_is_written_and_what_was_tried_is_said() {
    let hide = "for at in /dev/shm /tmp /run/user/$(id -u); do \
                [ \"$(stat -fc %T $at 2>/dev/null)\" != tmpfs ] || mount --bind \"$0\" $at || exit 99; \
                done; exec \"$@\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c", hide, ON_DISK, VAULT]);
    unshare.current_dir(ROOT).env_remove("XDG_RUNTIME_DIR").env("TMPDIR", ON_DISK);
    unshare.args(["-i", "examples/demo-identity.txt", "exec", "demo", "--file", "GREETING"]);
    let output = unshare.args(["--", "echo", "started"]).output().unwrap();
    let said = said(&output);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(125), &b""[..]), "{said}");
    for words in [
        "there is no file system in memory to put it on: ".to_owned(),
        "/dev/shm is not in memory".to_owned(),
        format!("{ON_DISK} is not in memory"),
        "/tmp is not in memory".to_owned(),
        "hint: mount a tmpfs".to_owned(),
    ] {
        assert!(said.contains(&words), "{words:?} in {said}");
    }
    assert!(
        std::fs::read_dir(ON_DISK).unwrap().all(|entry| {
            !entry.unwrap().file_name().to_string_lossy().starts_with("vault-exec.")
        })
    );
}
