//! Every system call of every command that writes is, in turn, the one where the process is
//! killed, the disk is full, or the disk fails: afterwards the old files stand or the new ones. The
//! same of a vault beside a command: afterwards nothing stands, and nobody stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use super::house::{CANARY, House, said};
use super::trace::{Call, trace};

mod beside;
mod disk;
mod scenarios;
mod team;

/// What stands after a command ended, as it wanted to or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Every file as before.
    Old,
    /// What the command was to make.
    New,
    /// Some of each, all whole: only what changes several files may stop there.
    Both,
}

/// A command that writes, and how to tell what it left.
struct Scenario {
    /// Run before, each of them to a good end.
    before: &'static [&'static [&'static str]],
    command: &'static [&'static str],
    /// Panics where something is missing or broken.
    stands: fn(&House, &Files) -> Stands,
    /// Run afterwards, whatever happened: it must succeed.
    after: fn(&House, Stands),
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What happens at a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Kill,
    Full,
    Broken,
}

impl Blow {
    const ALL: [Self; 3] = [Self::Kill, Self::Full, Self::Broken];

    fn injection(self) -> &'static str {
        match self {
            Self::Kill => "signal=KILL",
            Self::Full => "error=ENOSPC",
            Self::Broken => "error=EIO",
        }
    }

    /// Memory and signals cannot fail because of a disk, and the end of a process not at all. What
    /// `close` could report of a file, `fsync` has; of a folder there is nothing to report.
    fn applies_to(self, call: &Call) -> bool {
        let memory = ["brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "sigaltstack"];
        // Who we are and what our limits are is known to the kernel without any disk.
        let processes = ["clone", "clone3", "vfork", "futex", "wait4", "kill", "rt_sigtimedwait"];
        let own = ["close", "prlimit64", "prctl", "geteuid", "getpid", "rt_sigprocmask"];
        let inner = [&memory[..], &processes, &own].concat();
        let name = call.name.as_str();
        self == Self::Kill || !(inner.contains(&name) || name.starts_with("exit"))
    }
}

/// The system calls from the first that concerns the house on; before it is only start-up.
fn calls_of(house: &House, options: &[&str], command: &[&str]) -> Vec<Call> {
    let house = house.copied();
    let traced = trace(&house, options, command);
    assert!(traced.output.status.success(), "{}", said(&traced.output));
    let place = house.path().to_str().unwrap().to_owned();
    let calls = traced.calls().into_iter();
    let calls = calls.skip_while(|call| call.name == "execve" || !call.text.contains(&place));
    let all = traced.calls();
    let vault = all.first().map(|call| call.pid);
    let ours: BTreeSet<&str> =
        all.iter().filter(|call| Some(call.pid) == vault).map(|call| call.name.as_str()).collect();
    let editors: BTreeSet<u32> =
        all.iter().filter(|call| call.name == "execve").map(|call| call.pid).collect();
    // Strace counts in each thread, so of another thread than the first only calls that it alone
    // makes can be told apart; and what an editor does itself is not ours.
    let calls = calls.filter(|call| {
        let alone = !editors.contains(&call.pid) && !ours.contains(call.name.as_str());
        // How often a thread waits for another is never the same.
        let counts = !(call.name == "futex" || call.name == "rt_sigtimedwait" && call.nth > 1);
        counts && (Some(call.pid) == vault || alone)
    });
    let calls: Vec<Call> = calls.collect();
    assert!(calls.len() > 20, "too few to be true: {calls:?}");
    calls
}

/// Strikes at one system call, and says what is wrong with what is left.
fn strike(template: &House, scenario: &Scenario, call: &Call, blow: Blow) -> Stands {
    let house = template.copied();
    let before = relative(template);
    let inject = format!("--inject={}:{}:when={}", call.name, blow.injection(), call.nth);
    let options = ["-e", &format!("trace=execve,{}", call.name), &inject];
    let traced = trace(&house, &options, scenario.command);
    let (output, status) = (&traced.output, traced.output.status);
    let words = said(output);

    let struck = match blow {
        // An editor may be the one that is killed.
        Blow::Kill => traced.log.contains("+++ killed by SIGKILL"),
        Blow::Full | Blow::Broken => traced.log.contains("(INJECTED)"),
    };
    assert!(struck, "strace did not strike: {words}{}", traced.log);
    assert!(!words.contains(CANARY), "a value on stderr or stdout: {words}");
    for (path, bytes) in &relative(&house) {
        let found = bytes.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes());
        assert!(!found, "a value in clear in {}", path.display());
    }

    let stands = (scenario.stands)(&house, &before);
    match (status.code(), stands) {
        (Some(0), stands) => assert_eq!(stands, Stands::New, "exit code 0: {words}"),
        (Some(1), Stands::New) => {
            assert!(words.contains("not yet known to be safe"), "done, and denied: {words}");
        }
        (Some(1), _) => assert!(words.contains("vault: error: "), "{words}"),
        // Without random numbers there is nothing to go on with: Rust's own exit.
        (Some(101), Stands::Old | Stands::Both) => assert_eq!(call.name, "getrandom", "{words}"),
        (Some(code), _) => panic!("exit code {code}: {words}"),
        (None, _) => assert_eq!(blow, Blow::Kill, "{words}"),
    }
    (scenario.after)(&house, stands);
    let files = relative(&house);
    let left: Vec<_> = files.keys().filter(|p| p.to_string_lossy().contains(".tmp-")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    stands
}

/// The files of a house, by their paths in it.
fn relative(house: &House) -> Files {
    let inside = |path: PathBuf| path.strip_prefix(house.path()).unwrap().to_owned();
    house.files().into_iter().map(|(path, bytes)| (inside(path), bytes)).collect()
}

/// Strikes at every call of a scenario in every way.
fn survive(scenario: &Scenario) {
    survive_in(&House::empty(), scenario);
}

/// The same beginning with this house.
fn survive_in(template: &House, scenario: &Scenario) {
    for command in scenario.before {
        template.done(command);
    }
    let calls = calls_of(template, &[], scenario.command);
    let cases = calls.iter().flat_map(|call| Blow::ALL.map(|blow| (call, blow)));
    let cases = cases.filter(|(call, blow)| blow.applies_to(call)).collect();
    let counts = strike_each(scenario.command, cases, |call, blow| {
        format!("{:?}", strike(template, scenario, call, blow))
    });
    assert!(counts.contains_key("Old") && counts.contains_key("New"), "{counts:?}");
}

/// Strikes in each case, several at a time, and says how often it came out how.
fn strike_each(
    command: &[&str],
    cases: Vec<(&Call, Blow)>,
    strike: impl Fn(&Call, Blow) -> String + Sync,
) -> BTreeMap<String, usize> {
    let total = cases.len();
    let (queue, failures) = (Mutex::new(cases.into_iter()), Mutex::new(String::new()));
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    let work = || {
        loop {
            // That is enough to know that something is wrong.
            if failures.lock().unwrap().lines().count() > 8 {
                return;
            }
            let Some((call, blow)) = queue.lock().unwrap().next() else { return };
            let struck = std::panic::AssertUnwindSafe(|| strike(call, blow));
            if let Ok(outcome) = std::panic::catch_unwind(struck) {
                *counts.lock().unwrap().entry(outcome).or_default() += 1;
            } else {
                let mut failures = failures.lock().unwrap();
                let (name, nth) = (&call.name, call.nth);
                writeln!(failures, "{blow:?} at {name} {nth}: ({}", call.text).unwrap();
            }
        }
    };
    thread::scope(|scope| [(); 3].map(|()| scope.spawn(work)).map(|t| t.join().unwrap()));
    let (failures, counts) = (failures.into_inner().unwrap(), counts.into_inner().unwrap());
    println!("vault {command:?}: {total} cases: {counts:?}");
    assert!(failures.is_empty(), "vault {command:?} does not survive\n{failures}");
    counts
}

/// The value under `key`, exactly.
fn value(house: &House, set: &str, key: &str) -> String {
    String::from_utf8(house.done(&["get", set, key])).unwrap()
}

fn bytes_before(before: &Files, set: &str) -> Vec<u8> {
    before.get(&PathBuf::from(format!("repo/.secrets/sets/{set}.toml"))).unwrap().clone()
}

/// The file's bytes; `None` only when it is not there.
fn bytes_now(house: &House, set: &str) -> Option<Vec<u8>> {
    match fs::read(house.set_file(set)) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{error}"),
    }
}
