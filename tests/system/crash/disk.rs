//! A disk that is really full, and a file that may not grow.

use std::fs;
use std::process::{Command, Output};

use super::super::house::{CANARY, House, VAULT, said};
use super::{bytes_now, value};

/// In a mount namespace of its own: a file system of 256 KiB with the house on it, filled to the
/// last byte. `set` must fail and leave the folder as it is; with room again it must succeed.
const FILL_AND_SET: &str = r#"
mount -t tmpfs -o size=256k none "$MOUNT"
cp -R repo home "$MOUNT"
cd "$MOUNT/repo"
export HOME=$MOUNT/home
cat /dev/zero 2>/dev/null >../fill && exit 99
find . -type f -exec cksum {} + >"$BEFORE"
code=0
"$VAULT" set web "B=$VALUE" || code=$?
find . -type f -exec cksum {} + >"$AFTER"
rm ../fill
"$VAULT" set web "B=$VALUE"
[ "$("$VAULT" get web B)" = "$VALUE" ]
ls -A .secrets/sets
exit $code
"#;

fn alices_set() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-old"]);
    house
}

fn long_value() -> String {
    CANARY.repeat(2000)
}

fn failed_for(output: &Output, reason: &str) {
    let words = said(output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("vault: error: ") && words.contains(reason), "{words}");
    assert!(!words.contains(CANARY), "{words}");
}

/// `unshare` with whatever right this process has to mount; `None` where it has none at all.
fn unshare() -> Option<Command> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let mounts = |way: &&&[&str]| {
        let mut probe = Command::new("unshare");
        probe.args(**way).args(["mount", "-t", "tmpfs", "none", "/mnt"]);
        probe.output().expect("this test needs unshare (Debian: util-linux)").status.success()
    };
    let way = ways.iter().find(mounts)?;
    let mut command = Command::new("unshare");
    command.args(*way);
    Some(command)
}

/// Where nothing can be mounted, the limit of the next test stands for the full disk.
#[test]
fn a_full_disk_fails_and_leaves_the_old_file() {
    let Some(mut command) = unshare() else { return a_limit_stands_for_the_disk() };
    let house = alices_set();
    let mount = house.path().join("mount");
    fs::create_dir(&mount).unwrap();
    let at = |name: &str| house.path().join(name);
    command.args(["sh", "-eu", "-c", FILL_AND_SET]).current_dir(house.path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("MOUNT", mount).env("VAULT", VAULT).env("VALUE", long_value());
    command.env("BEFORE", at("before")).env("AFTER", at("after"));
    let output = command.output().unwrap();
    failed_for(&output, "No space left on device");
    assert_eq!(fs::read(at("before")).unwrap(), fs::read(at("after")).unwrap());
    assert_eq!(output.stdout, b"web.toml\n");
}

#[test]
fn a_file_that_may_not_grow_fails_and_leaves_the_old_one() {
    a_limit_stands_for_the_disk();
}

fn a_limit_stands_for_the_disk() {
    let house = alices_set();
    let before = bytes_now(&house, "web");
    let pair = format!("B={}", long_value());
    // Blocks of 512 or 1,024 bytes. Ignored, the signal leaves it to `write` to fail.
    let limited = "trap '' XFSZ; ulimit -f 4; exec \"$0\" set web \"$1\"";
    let output = house.command("sh").args(["-c", limited, VAULT, &pair]).output().unwrap();
    failed_for(&output, "File too large");
    let killed = "ulimit -f 4; exec \"$0\" set web \"$1\"";
    let output = house.command("sh").args(["-c", killed, VAULT, &pair]).output().unwrap();
    assert!(!output.status.success());
    assert_eq!(bytes_now(&house, "web"), before);
    house.done(&["set", "web", &pair]);
    assert_eq!(value(&house, "web", "B"), long_value());
    assert_eq!(fs::read_dir(house.repo().join(".secrets/sets")).unwrap().count(), 1);
}
