//! A vault that waits: what it costs, and what it holds.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use super::{Watched, house};
use crate::house::{CANARY, House, VAULT};

#[test]
fn it_needs_no_processor_and_little_memory() {
    let house = house();
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    house.done(&["set", "web", "A=2"]);
    watched.restarts("A", "A=2 B=1");
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", watched.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // utime and stime, the 14th and 15th of proc(5), less the two before the bracket.
        fields[11..13].iter().map(|n| n.parse::<u64>().unwrap()).sum::<u64>()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(10));
    assert!(ticks() - before <= 2, "{} ticks", ticks() - before);
    let status = fs::read_to_string(format!("/proc/{}/status", watched.child.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    // A build that is not optimised is larger, by its own text above all.
    assert!(kilobytes < 20 << 10, "{kilobytes} kB");
}

/// All it had to know is gone from its memory: the values, and the identity that opened them.
#[test]
fn between_changes_it_holds_neither_values_nor_the_identity() {
    let house = house();
    house.done(&["set", "web", &format!("A={CANARY}-{CANARY}-{CANARY}-one")]);
    // Whoever made a user namespace may read what runs in it, so that no root is needed.
    let mut command = house.command("unshare");
    command.args(["--map-root-user", VAULT, "exec", "--watch", "web", "--"]);
    command.args(["sh", "-c", "echo start >&2; exec sleep 1000"]);
    let watched = Watched::of(command);
    watched.says("start");
    house.done(&["set", "web", &format!("A={CANARY}-{CANARY}-{CANARY}-two")]);
    watched.says("vault: web changed (A); restarting");
    watched.says("start");
    forgets(&watched, &house);
}

#[test]
fn beside_a_command_with_a_file_it_holds_neither_values_nor_the_identity() {
    let house = house();
    house.done(&["set", "web", &format!("A={CANARY}-{CANARY}-{CANARY}")]);
    let mut command = house.command("unshare");
    command.args(["--map-root-user", VAULT, "exec", "--file", "A", "web", "--"]);
    command.args(["sh", "-c", "echo start >&2; exec sleep 1000"]);
    let watched = Watched::of(command);
    watched.says("start");
    forgets(&watched, &house);
}

fn forgets(watched: &Watched, house: &House) {
    let identity = fs::read_to_string(house.identity()).unwrap();
    let secret = identity.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let memory = || memory_of(watched.child.id());
    assert!(holds(&memory(), b"exec sleep 1000"), "its own arguments should be there");
    // Not the whole: a copy may have been overwritten in part.
    for needle in [CANARY.as_bytes(), &secret.as_bytes()[20..40]] {
        // The command may have said that it started before vault came to forget.
        let end = Instant::now() + Duration::from_secs(10);
        while holds(&memory(), needle) {
            assert!(Instant::now() < end, "{}", String::from_utf8_lossy(needle));
        }
    }
}

/// All that a process has written to.
fn memory_of(process: u32) -> Vec<Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found = Vec::new();
    for map in maps.lines() {
        let mut fields = map.split_whitespace();
        let (from, to) = fields.next().unwrap().split_once('-').unwrap();
        if !fields.next().unwrap().starts_with("rw") {
            continue;
        }
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            found.push(bytes);
        }
    }
    found
}

fn holds(memory: &[Vec<u8>], needle: &[u8]) -> bool {
    memory.iter().any(|map| map.windows(needle.len()).any(|bytes| bytes == needle))
}
