//! What `exec` and the commands that only read do to the system, as strace sees it.

use std::fs;

use super::house::{CANARY, House, VAULT, said};
use super::trace::{Call, trace};

/// alice's machine with two sets of two values, and a manifest.
fn furnished() -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-a", "B=canary-5d1f-b"]);
    house.done(&["set", "api", "A=canary-5d1f-a", "C=canary-5d1f-c"]);
    let manifest = house.repo().join("vault.toml");
    let write = ["-c", "printf 'secret_set = \"web\"\\n' >\"$0\""];
    assert!(house.command("sh").args(write).arg(manifest).status().unwrap().success());
    house
}

/// The system calls of `vault` itself: up to the one by which it becomes another program.
fn own_calls(calls: &[Call]) -> &[Call] {
    let becomes = calls.iter().skip(1).position(|call| call.name == "execve");
    &calls[..becomes.map_or(calls.len(), |at| at + 2)]
}

/// Whether the call changes, makes, locks or removes a file, or could.
fn may_write(call: &Call) -> bool {
    const FLAGS: [&str; 6] = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"];
    const CHANGES: [&str; 14] = [
        "creat",
        "rename",
        "link",
        "symlink",
        "unlink",
        "mkdir",
        "rmdir",
        "mknod",
        "chmod",
        "chown",
        "truncate",
        "utime",
        "xattr",
        "fallocate",
    ];
    let opens = call.name.starts_with("open") && FLAGS.iter().any(|f| call.text.contains(f));
    let writes = call.name.contains("write") && !["1", "2"].contains(&descriptor(call));
    let changes = CHANGES.iter().any(|change| call.name.contains(change))
        && !matches!(call.name.as_str(), "readlink" | "readlinkat" | "getxattr");
    let sends = ["sendfile", "splice", "copy_file_range", "flock"].contains(&call.name.as_str());
    opens || writes || changes || sends
}

fn descriptor(call: &Call) -> &str {
    call.text.split_once(',').map_or("", |(first, _)| first)
}

/// What `call` opens, if it opens something below the house.
fn opened<'c>(call: &'c Call, house: &House) -> Option<&'c str> {
    let quoted = call.name.starts_with("open").then(|| call.text.split('"').nth(1)).flatten()?;
    let inside = quoted.strip_prefix(house.path().to_str().unwrap());
    // Relative paths are those of `openat` below a folder of ours.
    inside.or_else(|| (!quoted.starts_with('/')).then_some(quoted))
}

#[test]
fn exec_opens_what_it_needs_writes_nothing_and_becomes_the_command() {
    let house = furnished();
    let traced = trace(&house, &["-s", "4096"], &["exec", "web", "--", "true"]);
    assert!(traced.output.status.success(), "{}", said(&traced.output));
    let calls = traced.calls();
    let own = own_calls(&calls);
    println!("system calls of vault before execve: {}", own.len() - 1);
    assert!(own.len() < 160, "start-up grew: {} system calls", own.len());

    let files: Vec<&str> = own.iter().filter_map(|call| opened(call, &house)).collect();
    let pins = fs::read_dir(house.home().join(".local/state/vault/pins")).unwrap().next();
    let pins = pins.unwrap().unwrap().file_name().into_string().unwrap();
    let expected = [
        "/repo",
        "vault.toml",
        "/repo",
        "pcc-deploy.toml",
        "/home/.config/vault/identity.txt",
        "/repo",
        ".secrets",
        "sets",
        "web.toml",
        "/home/.local/state/vault/pins",
        &pins,
        "/repo",
        ".secrets",
        "team.toml",
    ];
    assert_eq!(files, expected, "in this order and nothing else");
    let written: Vec<_> = own.iter().filter(|call| may_write(call)).collect();
    assert!(written.is_empty(), "{written:?}");
    let walked = own.iter().filter(|call| call.name.starts_with("getdents"));
    assert_eq!(walked.count(), 0, "a folder was listed");

    let last = own.last().unwrap();
    assert!(last.name == "execve" && last.text.contains("/true\""), "{last:?}");
    assert!(calls.iter().all(|call| call.pid == last.pid), "a second process");
    assert!(!traced.log.contains(CANARY), "a value in a system call that strace prints");
}

#[test]
fn a_command_sees_the_process_that_vault_was() {
    let house = furnished();
    let script = "[ $$ = \"$WAS\" ] && [ $PPID = \"$PARENT\" ] && printf %s \"$A$B\"";
    let start = "PARENT=$PPID WAS=$$ exec \"$0\" exec web -- sh -c \"$1\"";
    let output = house.command("sh").args(["-c", start, VAULT, script]).output().unwrap();
    assert_eq!(output.stdout, b"canary-5d1f-acanary-5d1f-b", "{}", said(&output));
}

#[test]
fn commands_that_only_read_change_nothing() {
    let house = furnished();
    let commands: [&[&str]; 10] = [
        &["list"],
        &["list", "web"],
        &["list", "--json"],
        &["get", "web", "A"],
        &["export", "web", "--format", "dotenv"],
        &["export", "web", "--format", "k8s"],
        &["whoami"],
        &["exec", "web", "api", "--", "true"],
        &["exec", "--", "true"],
        &["get", "web", "NONE"],
    ];
    let before = house.files();
    for command in commands {
        let calls = trace(&house, &[], command).calls();
        let written: Vec<_> = own_calls(&calls).iter().filter(|call| may_write(call)).collect();
        assert!(written.is_empty(), "vault {command:?}: {written:?}");
    }
    assert_eq!(house.files(), before);
}

/// A container, say, whose every mount is read-only. Its one place in memory is for `--file`.
const READ_ONLY: &str = r#"
mount --make-rprivate /
cut -d" " -f5 /proc/self/mountinfo | sort -u | while read -r at; do
    mount -o remount,bind,ro "$at" 2>/dev/null || true
done
mount -t tmpfs none /dev/shm
export XDG_RUNTIME_DIR=/dev/shm
for at in . .secrets "$HOME" "$HOME/.local/state/vault" /tmp /var/tmp; do
    ! touch "$at/written" 2>/dev/null || exit 99
done
vault() { "$VAULT" "$@"; }
vault list; vault list web; vault whoami >/dev/null; vault access >/dev/null; vault exposed
vault export web --format json >/dev/null
[ "$(vault get web A)" = canary-5d1f-a ]
vault exec web -- sh -c "[ \$A = canary-5d1f-a ]"
vault exec --file A web -- sh -c "read -r line <\$A_FILE || [ \$line = canary-5d1f-a ]"
vault exec --watch --mask --file A web -- sh -c "cat \$A_FILE"
! EDITOR="sed -i s/5d1f/x/" vault edit web
EDITOR=true vault edit web
identity=$HOME/.config/vault/identity.txt
HOME=/tmp vault -i "$identity" get web B >/dev/null
ls /dev/shm
"#;

#[test]
fn where_nothing_can_be_written_what_only_reads_works() {
    let house = furnished();
    let before = house.files();
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let mounts = |way: &&&[&str]| {
        let mut probe = house.command("unshare");
        probe.args(**way).args(["mount", "-t", "tmpfs", "none", "/mnt"]);
        probe.output().expect("this test needs unshare (Debian: util-linux)").status.success()
    };
    let way = ways.iter().find(mounts).expect("this test needs the right to mount");
    let mut command = house.command("unshare");
    command.args(*way).args(["sh", "-euc", READ_ONLY]).env("VAULT", VAULT);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "api\nweb\nA\nB\n***", "{}", said(&output));
    assert_eq!(house.files(), before);
}

#[test]
fn the_trace_would_show_a_write() {
    let house = furnished();
    let calls = trace(&house, &[], &["set", "web", "A=canary-5d1f-new"]).calls();
    let names: Vec<_> = calls.iter().filter(|call| may_write(call)).map(|c| &*c.name).collect();
    for (wanted, how) in [("open", "make"), ("write", "fill"), ("rename", "replace")] {
        assert!(names.iter().any(|name| name.starts_with(wanted)), "{how}: {names:?}");
    }
}
