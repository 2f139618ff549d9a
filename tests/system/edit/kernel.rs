//! Where an editor can write, by the kernel's rules and by its own options where there are none.

use std::fs;
use std::net::TcpListener;

use super::super::house::{CANARY, House, VAULT, said};
use super::super::leaks::{OPTIONS, Plaintext};
use super::super::pty::{on_terminal, on_terminal_through};
use super::super::trace::trace;
use super::{LEAKY_VIMRC, TYPE_IN_VIM, left_in_memory, of_a_leaky_vim, with_script};

const STRACE: [&str; 3] = ["/usr/bin/env", "strace", "-f"];

/// Answers of a kernel without Landlock.
const NO_LANDLOCK: [&str; 3] =
    ["-e", "trace=execve,landlock_create_ruleset", "--inject=landlock_create_ruleset:error=ENOSYS"];

fn of_script(script: &str) -> House {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f"]);
    with_script(house, script)
}

#[test]
fn an_editor_writes_into_its_folder_and_nowhere_else() {
    let house = of_script(
        r#"
cd "$HOME"
for at in "$HOME/copy" /tmp/copy-$$ /var/tmp/copy-$$ /dev/shm/copy-$$ "$OLDPWD/copy"; do
    ! cp "$1" "$at" 2>/dev/null || echo "wrote $at" >&2
done
! mkdir "$HOME/folder" 2>/dev/null || echo "made a folder" >&2
! ln "$1" "$HOME/link" 2>/dev/null || echo "made a link" >&2
! mv "$1" "$HOME/moved" 2>/dev/null || echo "moved it" >&2
! (true >"$HOME/there") 2>/dev/null || echo "emptied a file" >&2
! rm "$HOME/there" 2>/dev/null || echo "removed a file" >&2
cat "$HOME/there" >/dev/null
cp "$1" "$(dirname "$1")/copy" && mkdir "$TMPDIR/swap" && mv "$TMPDIR/copy" "$TMPDIR/swap/x"
sed -i s/canary-5d1f/changed/ "$1""#,
    );
    super::super::support::put(&house.home().join("there"), "there");
    let before = house.files();
    let output = house.vault(&["edit", "web"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "vault: web: changed A\n");
    let mut after = house.files();
    after.insert(house.set_file("web"), before[&house.set_file("web")].clone());
    assert_eq!(after, before);
    assert!(left_in_memory(&house).is_empty());
}

#[test]
fn an_editor_sends_the_text_to_no_tcp_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!("import socket; socket.create_connection((\"127.0.0.1\", {port}))");
    let house = of_script(&format!("! python3 -c '{connect}' 2>/dev/null"));
    let output = house.vault(&["edit", "web"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_vim_that_leaves_copies_everywhere_leaves_none() {
    let house = of_a_leaky_vim("canary-5d1f-old");
    let before = house.files();
    on_terminal(&house, &["edit", "web"], &format!("{TYPE_IN_VIM}assert code == 0, shown"));
    assert_eq!(house.done(&["get", "web", "B"]), b"canary-5d1f-typed");
    let new: Vec<_> = house.files().into_keys().filter(|path| !before.contains_key(path)).collect();
    assert!(new.is_empty(), "{new:?}");
    assert!(left_in_memory(&house).is_empty());
}

/// The options alone: what a vimrc turns on is off, though an autocommand that copies the file by
/// hand is nothing they can keep from it.
#[test]
fn without_landlock_the_options_of_vim_keep_its_copies_away() {
    let house = of_a_leaky_vim("canary-5d1f-old");
    let settings = LEAKY_VIMRC.lines().filter(|line| !line.starts_with("autocmd"));
    let settings: Vec<_> = settings.collect();
    super::super::support::put(&house.home().join(".vimrc"), settings.join("\n"));
    let before = house.files();
    // `:set swapfile` in the midst of it is the person's own.
    let typed = TYPE_IN_VIM.replace(r#"b":set swapfile undofile\n", "#, "");
    let test = format!("{typed}assert code == 0, shown\nassert b'warning' not in shown, shown");
    let strace = [&STRACE[..], &["-o", "/dev/null"], &NO_LANDLOCK].concat();
    on_terminal_through(&house, &strace, &["edit", "web"], &test);
    assert_eq!(house.done(&["get", "web", "B"]), b"canary-5d1f-typed");
    let new: Vec<_> = house.files().into_keys().filter(|path| !before.contains_key(path)).collect();
    assert!(new.is_empty(), "{new:?}");
}

#[test]
fn a_value_gives_vim_no_orders() {
    let house = of_a_leaky_vim("# vim: set tabstop=3:");
    let test = r#"
wait_for(b"web.toml")
while read(0.3): pass
type_in(b":set tabstop?\n")
wait_for(b"tabstop=8")
type_in(b":q\n")
assert change() == 0, shown
"#;
    on_terminal(&house, &["edit", "web"], test);
}

#[test]
fn without_landlock_an_editor_of_which_nothing_is_known_earns_a_warning() {
    let house = of_script("true");
    let traced = trace(&house, &NO_LANDLOCK, &["edit", "web"]);
    let words = said(&traced.output);
    assert!(traced.output.status.success(), "{words}");
    assert!(words.contains("vault: warning: this system cannot keep sh from writing"), "{words}");
    let words = said(&house.vault(&["edit", "web"]));
    assert!(!words.contains("warning"), "{words}");
}

/// Every write of vault and of everything it starts, by the file it goes to.
#[test]
fn no_write_of_vault_or_vim_takes_the_text_to_a_disk() {
    let house = of_a_leaky_vim("canary-5d1f-old");
    let log = house.memory().join("strace.log");
    let test = format!("{TYPE_IN_VIM}assert code == 0, shown");
    let strace = [&STRACE[..], &OPTIONS, &["-o", log.to_str().unwrap()]].concat();
    on_terminal_through(&house, &strace, &["edit", "web"], &test);
    let log = fs::read_to_string(log).unwrap();
    let found = Plaintext::new(&[CANARY], house.memory(), "none").found_in(&log);
    assert!(found.is_empty(), "{found:#?}");
    assert!(log.matches(CANARY).count() > 3, "the trace shows what vim draws and saves");
    assert!(log.contains(VAULT), "{log}");
}
