//! What looks at changes, on a terminal and seen by strace.

use std::fs::File;
use std::io::Write as _;

use age::secrecy::SecretString;
use vault::crypto::NewIdentity;

use super::house::{CANARY, House, VAULT, said};
use super::pty::{As, on_terminal, run_on_terminal};
use super::trace::trace;

/// A house with git, a commit of the set `web`, and a change since; git finds vault in `bin`.
fn with_changes() -> House {
    let house = House::of_alice();
    let bin = house.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(VAULT, bin.join("vault")).unwrap();
    let value = |n: u8| format!("TOKEN={CANARY}-{n}");
    house.done(&["set", "web", &value(1), "PORT=80"]);
    house.done(&["git", "install"]);
    for words in ["init --quiet .", "add --all", "commit --quiet --message one"] {
        git(&house, words);
    }
    house.done(&["set", "web", &value(2)]);
    house
}

fn git(house: &House, words: &str) -> Vec<u8> {
    let person = ["-c", "user.name=alice", "-c", "user.email=alice@example.org"];
    let mut git = house.command("git");
    let output = git.args(person).args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "git {words}: {}", said(&output));
    output.stdout
}

/// Puts an identity behind a passphrase where alice's is.
fn lock(house: &House) {
    let passphrase = SecretString::from("correct horse".to_owned());
    let locked = NewIdentity::generate().to_encrypted_file("2026-01-01T00:00:00Z", passphrase);
    File::create(house.identity()).unwrap().write_all(&locked.unwrap()).unwrap();
}

#[test]
fn on_a_terminal_nothing_asks_for_a_passphrase_but_what_shows_values() {
    let house = with_changes();
    lock(&house);
    let quiet = "assert change() == 0, shown\nassert b'assphrase' not in shown and b'(since 1, rev 1)' in shown, shown\n";
    on_terminal(&house, &["diff"], quiet);
    on_terminal(
        &house,
        &["log"],
        "assert change() == 0, shown\nassert b'assphrase' not in shown and b'web TOKEN' in shown, shown\n",
    );
    let path = format!("PATH={}:/usr/bin:/bin", house.path().join("bin").display());
    let through = |words: &[&str]| {
        let start = ["/usr/bin/env", path.as_str(), "git", "--no-pager"];
        let words: Vec<&str> = start.iter().chain(words).copied().collect();
        run_on_terminal(&house, As::Job, &words, quiet);
    };
    through(&["diff"]);
    through(&["log", "-p"]);
    let asks = "wait_for(b'assphrase')\ntype_in(b'\\x04')\nassert change() != 0, shown\n";
    on_terminal(&house, &["diff", "--reveal"], asks);
}

#[test]
fn values_that_are_revealed_are_written_to_stdout_and_nowhere_else() {
    let house = with_changes();
    for words in [&["diff"][..], &["diff", "--reveal"], &["log"]] {
        let traced =
            trace(&house, &["-s", "65536", "-e", "trace=execve,write,pwrite64,writev"], words);
        assert!(traced.output.status.success(), "{words:?}: {}", said(&traced.output));
        let calls = traced.calls();
        let with_value: Vec<_> = calls.iter().filter(|call| call.text.contains(CANARY)).collect();
        assert!(with_value.iter().all(|call| call.text.starts_with("1,")), "{with_value:?}");
        assert_eq!(words.contains(&"--reveal"), !with_value.is_empty(), "{words:?}");
    }
}
