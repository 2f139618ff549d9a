//! What is on a disk after a visit to the editor, deleted blocks included; and machines on which
//! no file system is in memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::house::{CANARY, House, VAULT, said};
use super::super::pty::on_terminal_through;
use super::{TYPE_IN_VIM, of_a_leaky_vim, with_script};

/// The house on a new ext4 image, as home, as work tree and as the place of temporary files.
const ON_IMAGE: &str = r#"
mkfs.ext4 -q -F ../image 16M
mount -o loop ../image /mnt
cp -R ../home ../repo /mnt
mkdir /mnt/tmp
export HOME=/mnt/home
cd /mnt/repo
# The program may stand in what is about to be hidden.
mkdir /mnt/program
mount -t tmpfs none /mnt/program
cp "$1" /mnt/program/vault
shift
set -- /mnt/program/vault "$@"
mount --bind /mnt/tmp /var/tmp
mount --bind /mnt/tmp /tmp
code=0
COMMAND || code=$?
cd /
sync
umount /var/tmp /tmp /mnt/program /mnt
exit $code
"#;

/// The house as it is, and a disk in the place of all that is in memory.
const WITHOUT_MEMORY: &str = r#"
mount --bind .. /mnt
export HOME=/mnt/home
cd /mnt/repo
# The program may stand in what is about to be hidden.
cp "$1" /mnt/program
shift
for at in /dev/shm /run /tmp; do mount --bind "$ON_DISK" $at; done
exec /mnt/program "$@"
"#;

/// What runs a script of a shell in a mount namespace, with the command as its arguments.
fn namespace(script: &str) -> Vec<&str> {
    let probe = |way: &&&[&str]| {
        let mut probe = Command::new("unshare");
        probe.args(**way).args(["mount", "--bind", "/tmp", "/mnt"]);
        probe.output().expect("this test needs unshare (Debian: util-linux)").status.success()
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let way = ways.iter().find(probe).expect("this test needs the right to mount");
    [&["/usr/bin/env", "unshare"], *way, &["sh", "-eu", "-c", script, "sh"]].concat()
}

fn may_mount_images() -> bool {
    let dir = tempfile::tempdir().unwrap();
    let script = "mkfs.ext4 -q -F image 16M && mkdir mount && mount -o loop image mount";
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-c", script]).current_dir(dir.path());
    probe.output().unwrap().status.success()
}

fn found(text: &str, bytes: &[u8]) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

/// The image after a command ran on it.
fn image_after(house: &House, command: &str) -> Vec<u8> {
    let script = ON_IMAGE.replace("COMMAND", command);
    let test = format!("{TYPE_IN_VIM}assert code == 0, shown");
    on_terminal_through(house, &namespace(&script), &["edit", "web"], &test);
    fs::read(house.path().join("image")).unwrap()
}

/// Only root may mount an image. For anyone else the files that are there stand for it; what was
/// written and deleted, `no_write_of_vault_or_vim_takes_the_text_to_a_disk` sees.
#[test]
fn a_disk_holds_nothing_of_what_was_edited_not_even_in_deleted_blocks() {
    let house = of_a_leaky_vim("canary-5d1f-old");
    if !may_mount_images() {
        on_terminal_through(&house, &[], &["edit", "web"], TYPE_IN_VIM);
        assert!(house.files().values().all(|bytes| found(CANARY, bytes) == 0));
        return;
    }
    let image = image_after(&house, "\"$@\"");
    assert_eq!(found(CANARY, &image), 0);
    assert!(found("[values.B]", &image) > 0, "the set was not written there");
    // The same search finds what vim leaves where nothing keeps it.
    let house = of_a_leaky_vim("canary-5d1f-old");
    let image = image_after(&house, "vim web.toml");
    assert!(found(CANARY, &image) > 0, "{}", found(CANARY, &image));
}

fn without_memory(house: House) -> (House, Vec<&'static str>) {
    let on_disk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(on_disk).unwrap();
    (house.with("ON_DISK", on_disk.to_str().unwrap()), namespace(WITHOUT_MEMORY))
}

#[test]
fn without_a_place_in_memory_each_value_is_asked_for() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=one", "B=two"]);
    let (house, way) = without_memory(with_script(house, "echo started >/dev/tty"));
    let test = r#"
wait_for(b"value of A in web (empty keeps it): ")
assert silent()
type_in(b"\n")
wait_for(b"value of B in web (empty keeps it): ")
type_in(b"canary-5d1f\n")
for word in [b"not a key\n", b"A\n", b"C\n"]:
    wait_for(b"another key (empty ends): ")
    assert not silent()
    type_in(word)
wait_for(b"value of C in web (empty leaves it out): ")
type_in(b"three\n")
wait_for(b"another key (empty ends): ")
type_in(b"\n")
assert change() == 0, shown
assert b"web: added C; changed B" in shown and b"started" not in shown, shown
"#;
    on_terminal_through(&house, &way, &["edit", "web"], test);
    assert_eq!(house.done(&["get", "web", "B"]), CANARY.as_bytes());
    let test = r#"
wait_for(b"value of A in web (empty keeps it): ")
type_in(b"ONE\n")
assert change() == 0, shown
"#;
    on_terminal_through(&house, &way, &["edit", "web", "A"], test);
    assert_eq!(house.done(&["get", "web", "A"]), b"ONE");
}

#[test]
fn without_a_place_in_memory_a_disk_is_used_only_when_a_person_says_so() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=one"]);
    let script = "ls -ld \"$1\" \"$(dirname \"$1\")\" >&2; sed -i s/one/two/ \"$1\"";
    let (house, way) = without_memory(with_script(house, script));
    let run = |args: &[&str]| {
        let mut command = house.command(way[0]);
        command.args(&way[1..]).arg(VAULT).args(args).output().unwrap()
    };
    let output = run(&["edit", "web"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    for part in ["no file system in memory", "/dev/shm is not in memory", "--insecure-tmp"] {
        assert!(words.contains(part), "{words}");
    }
    let output = run(&["edit", "web", "--insecure-tmp"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    for part in ["vault: warning: the text is in /tmp/", "-rw-------", "drwx------"] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(house.done(&["get", "web", "A"]), b"two");
    let left = fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let left = left.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("vault-edit.")
    });
    assert_eq!(left.count(), 0);
}
