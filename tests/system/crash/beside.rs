//! A vault that stays beside a command and is killed at any system call: no value stays on a disk or,
//! after the next start, in memory; no command stays behind; every file of the vault is whole.

use std::fs;
use std::time::{Duration, Instant};

use super::super::house::{CANARY, House, said};
use super::super::trace::{Call, trace};
use super::{Blow, calls_of, relative, strike_each, value};

/// The command is no longer traced once it is one: only vault is struck.
const VAULT_ALONE: [&str; 1] = ["--detach-on=execve"];

/// A command that stays behind ends after so many seconds, and its run took longer than this.
const STAYS: &str = "30";
const GONE_WITHIN: Duration = Duration::from_secs(25);

/// Reads its file once, whole.
const READS: &str = "read -r line <\"$A_FILE\"; case $line in canary-*-end) ;; *) exit 9 ;; esac";

/// The first one changes the value and waits for its end; the second sees the other value.
const CHANGES: &str = "read -r line <\"$A_FILE\"; case $line in *-new-end) exit 0 ;; *-old-end) ;; *) exit 9 ;; esac; \
     unset B; \"$VAULT\" set -q web A=canary-5d1f-new-end; exec sleep \"$STAYS\"";

/// Changes the value, is told of it by a signal, and finds it in the same place.
const RELOADS: &str = "trap 'read -r line <\"$A_FILE\"; [ \"$line\" = canary-5d1f-new-end ] && exit 0; exit 9' HUP; \
     unset B; \"$VAULT\" set -q web A=canary-5d1f-new-end; \
     n=0; while [ $n -lt 600 ]; do n=$((n + 1)); sleep 0.1; done";

fn template() -> House {
    let house = House::of_alice().with("VAULT", super::super::house::VAULT).with("STAYS", STAYS);
    house.done(&["set", "web", "A=canary-5d1f-old-end", "B=canary-5d1f-kept"]);
    house
}

fn in_memory(house: &House) -> Vec<String> {
    let names = fs::read_dir(house.memory()).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Strikes at one system call, and says how it came out.
fn strike(template: &House, command: &[&str], call: &Call, blow: Blow) -> String {
    let house = template.copied();
    let inject = format!("--inject={}:{}:when={}", call.name, blow.injection(), call.nth);
    let options = [VAULT_ALONE[0], "-e", &format!("trace=execve,{}", call.name), &inject];
    let start = Instant::now();
    // Back when nobody has the other end of its output any more.
    let traced = trace(&house, &options, command);
    let words = said(&traced.output);
    assert!(start.elapsed() < GONE_WITHIN, "the command stays: {words}");
    assert!(!words.contains(CANARY), "a value on stderr or stdout: {words}");
    let was_killed = traced.log.contains("+++ killed by SIGKILL");
    if !was_killed {
        assert_eq!(in_memory(&house), [""; 0], "{words}");
    }
    for (path, bytes) in &relative(&house) {
        let found = bytes.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
        assert!(!found, "a value in clear in {}", path.display());
    }
    let a = value(&house, "web", "A");
    assert!(["canary-5d1f-old-end", "canary-5d1f-new-end"].contains(&a.as_str()), "{a}");
    assert_eq!(value(&house, "web", "B"), "canary-5d1f-kept");
    let left = in_memory(&house).len();
    assert!(left < 2, "{:?}", in_memory(&house));
    house.done(&["exec", "web", "--file", "A", "--", "true"]);
    assert_eq!(in_memory(&house), [""; 0], "the next start did not remove it");
    match (blow, was_killed, traced.output.status.code()) {
        (Blow::Kill, true, _) if left == 1 => "killed and swept".to_owned(),
        (Blow::Kill, true, _) => "killed".to_owned(),
        // It happened less often this time.
        (Blow::Kill, false, Some(0)) => "not struck".to_owned(),
        (Blow::Full | Blow::Broken, false, Some(code @ (0 | 125))) => format!("ended with {code}"),
        _ => panic!("{words}"),
    }
}

fn survives(flags: &[&str], script: &str, blows: &[Blow]) {
    let house = template();
    let command = [&["exec", "web", "--file", "A"], flags, &["--", "sh", "-c", script]].concat();
    let calls = calls_of(&house, &VAULT_ALONE, &command);
    let cases = calls.iter().flat_map(|call| blows.iter().map(move |blow| (call, *blow)));
    let cases: Vec<_> = cases.filter(|(call, blow)| blow.applies_to(call)).collect();
    let total = cases.len();
    let counts = strike_each(&command, cases, |call, blow| strike(&house, &command, call, blow));
    let of = |outcome: &str| counts.get(outcome).copied().unwrap_or_default();
    assert!(of("killed") > 20 && of("killed and swept") > 10, "{counts:?}");
    assert!(of("not struck") * 5 < total, "{counts:?}");
}

#[test]
fn a_vault_that_is_killed_beside_a_command_with_a_file_leaves_nothing() {
    survives(&[], READS, &Blow::ALL);
}

#[test]
fn a_vault_that_is_killed_while_it_watches_leaves_nothing() {
    survives(&["--watch"], CHANGES, &[Blow::Kill]);
}

#[test]
fn a_vault_that_is_killed_while_it_exchanges_files_leaves_nothing() {
    survives(&["--watch", "--signal", "HUP"], RELOADS, &[Blow::Kill]);
}

#[test]
fn what_cannot_be_removed_is_said_and_the_next_start_removes_it() {
    let house = template();
    let refuse = ["-e", "trace=execve,unlinkat", "--inject=unlinkat:error=EACCES"];
    let command = ["exec", "web", "--file", "A", "--", "sh", "-c", "exit 3"];
    let traced = trace(&house, &refuse, &command);
    let (words, left) = (said(&traced.output), in_memory(&house));
    assert_eq!((traced.output.status.code(), left.len()), (Some(3), 1), "{words}");
    let place = house.memory().join(&left[0]);
    let warning = format!("vault: warning: cannot remove {}: Permission denied", place.display());
    assert!(words.contains(&warning), "{words}");
    house.done(&["exec", "web", "--file", "A", "--", "true"]);
    assert_eq!(in_memory(&house), [""; 0]);
}
