//! `vault` under strace: which system calls it makes, and what it does when one of them fails.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use super::house::{House, VAULT};

/// One line of strace's log.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) pid: u32,
    pub(super) name: String,
    /// Which call of this name it is in its process or thread, from 1: strace's `when`.
    pub(super) nth: usize,
    /// Arguments and result, as strace writes them.
    pub(super) text: String,
}

/// What a traced process did.
pub(super) struct Traced {
    pub(super) output: Output,
    pub(super) log: String,
}

impl Traced {
    /// The system calls, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        let mut counts: BTreeMap<(u32, &str), usize> = BTreeMap::new();
        let mut calls = Vec::new();
        for line in self.log.lines() {
            let (pid, rest) = line.split_once(' ').expect("strace -f begins with the process");
            let Some((name, text)) = rest.trim_start().split_once('(') else { continue };
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                continue; // `+++ exited with 0 +++`, `--- SIGCHLD {…} ---`
            }
            let pid = pid.parse().unwrap();
            let nth = *counts.entry((pid, name)).and_modify(|n| *n += 1).or_insert(1);
            calls.push(Call { pid, name: name.to_owned(), nth, text: text.to_owned() });
        }
        calls
    }
}

/// Runs `vault` under strace with these options of its own.
pub(super) fn trace(house: &House, options: &[&str], args: &[&str]) -> Traced {
    let mut vault = house.command(VAULT);
    vault.args(args);
    trace_program(house, options, &vault)
}

/// Runs any program of the house under strace.
pub(super) fn trace_program(house: &House, options: &[&str], program: &Command) -> Traced {
    // Not where a vault that watches would hear of each line.
    let log = house.memory().join("strace.log");
    let mut strace = house.command("strace");
    strace.args(["-f", "-o"]).arg(&log).args(options);
    strace.arg(program.get_program()).args(program.get_args());
    strace.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().expect("this test needs strace (Debian: strace)");
    let text = fs::read_to_string(&log).unwrap_or_default();
    assert!(text.contains("execve("), "{}", refusal());
    fs::remove_file(log).unwrap();
    Traced { output, log: text }
}

/// Why nothing was traced: the system's own words.
fn refusal() -> String {
    let probe = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output().unwrap();
    let words = String::from_utf8_lossy(&probe.stderr).into_owned();
    format!("this test needs to trace processes and strace may not here: {words}")
}
