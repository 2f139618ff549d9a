//! `exec --file`: plaintext in memory, and nowhere else, even where there is no memory for it.

use std::path::Path;
use std::process::Command;

use super::house::{CANARY, House, VAULT, said};
use super::trace::trace;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// On a disk, as what is built is; the house of a test may be in memory.
const ON_DISK: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn a_value_is_written_to_memory_and_to_pipes_and_never_to_a_disk() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-a"]);
    let command =
        ["exec", "web", "--file", "A", "--mask", "--", "sh", "-c", "cat $A_FILE; echo $A_FILE"];
    let traced = trace(&house, &["-y", "-s", "4096"], &command);
    let text = String::from_utf8_lossy(&traced.output.stdout).into_owned();
    assert!(traced.output.status.success(), "{}", said(&traced.output));
    let file = Path::new(text.trim().strip_prefix("***").expect("the value is masked"));
    let (folder, place) = (file.parent().unwrap(), file.ancestors().nth(2).unwrap());
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(place).output().unwrap();
    assert_eq!(kind.stdout, b"tmpfs\n", "{}", place.display());
    let in_folder = |to: &str| to.starts_with(&format!("{}/", folder.display()));
    let mut written = 0;
    for call in traced.calls().iter().filter(|call| call.text.contains(CANARY)) {
        let to = call.text.split_once('<').map_or("", |(_, rest)| rest);
        written += usize::from(call.name == "write" && in_folder(to));
        assert!(in_folder(to) || to.starts_with("pipe:["), "{call:?}");
        assert!(["read", "write"].contains(&call.name.as_str()), "{call:?}");
    }
    assert_eq!(written, 1, "the trace would show a write");
    assert!(house.files().values().all(|bytes| !said_in(bytes)), "a file holds the value");
}

fn said_in(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

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
