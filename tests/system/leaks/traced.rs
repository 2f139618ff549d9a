//! What a trace says of where plaintext went: to a file that is not in memory, into a name, into the
//! arguments of a program or into the environment of one that was not to have it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// So that nothing is cut short: descriptors with their paths, every variable of an environment, and
/// strings as long as any that a test writes.
pub(crate) const OPTIONS: [&str; 4] = ["-y", "-v", "-s", "1000000"];

/// They pass bytes on without showing them.
const MOVES: [&str; 6] =
    ["sendfile", "splice", "vmsplice", "copy_file_range", "io_uring_setup", "process_vm_writev"];

/// What must not be found, and where it may be.
pub(crate) struct Plaintext<'a> {
    /// Every text that is secret, and other spellings of it.
    needles: Vec<String>,
    /// The one folder in memory.
    memory: &'a Path,
    /// A word in the arguments of the one program whose environment may hold it.
    reader: &'a str,
}

impl<'a> Plaintext<'a> {
    pub(crate) fn new(secrets: &[&str], memory: &'a Path, reader: &'a str) -> Self {
        let needles = secrets.iter().flat_map(|secret| {
            [(*secret).to_owned(), hex(secret)]
                .into_iter()
                .chain((0..3).map(|shift| base64(secret, shift)))
        });
        Self { needles: needles.collect(), memory, reader }
    }

    /// Whether bytes hold any of it.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.needles
            .iter()
            .any(|needle| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
    }

    /// Every place in strace's log where it went and should not have. The first process is a
    /// person's shell: what that is told to start, it may start with anything.
    pub(crate) fn found_in(&self, log: &str) -> Vec<String> {
        let lines: Vec<Line<'_>> = log.lines().filter_map(Line::parse).collect();
        let mut typed = started_by_the_first(&lines);
        let mut written: BTreeMap<&str, String> = BTreeMap::new();
        let mut found = Vec::new();
        for line in &lines {
            let is_move = MOVES.iter().any(|call| line.call.starts_with(call));
            if (is_move || line.maps_a_file_to_write()) && !self.is_harmless(line) {
                found.push(format!("moves what is not seen: {}", line.shown()));
            } else if line.call.contains("write") && !self.is_harmless(line) {
                let to = line.paths().next().unwrap_or("?");
                written.entry(to).or_default().push_str(&line.strings());
            } else if line.call == "execve" || line.call == "execveat" {
                if !typed.remove(line.pid) {
                    found.extend(self.found_in_program(line));
                }
            } else if self.is_in(line.text.as_bytes())
                && !line.reads()
                && !line.call.contains("write")
            {
                found.push(format!("shows it: {}", line.shown()));
            }
        }
        let leaked = written.iter().filter(|(_, text)| self.is_in(text.as_bytes()));
        found.extend(leaked.map(|(to, _)| format!("writes it to {to}")));
        found
    }

    /// Whether each file that the call names is a place that keeps nothing.
    fn is_harmless(&self, line: &Line<'_>) -> bool {
        let keeps_nothing = |path: &str| {
            let kinds = ["pipe:[", "/dev/", "/memfd:"];
            Path::new(path).starts_with(self.memory)
                || kinds.iter().any(|kind| path.starts_with(kind)) && !path.starts_with("/dev/shm")
        };
        let mut paths = line.paths().peekable();
        paths.peek().is_some() && paths.all(keeps_nothing)
    }

    fn found_in_program(&self, line: &Line<'_>) -> Option<String> {
        let (arguments, environment) = line.text.split_once("], [").unwrap_or((line.text, ""));
        if self.is_in(arguments.as_bytes()) {
            return Some(format!("is an argument: {}", line.shown()));
        }
        let may = arguments.contains(&format!("{}\"", self.reader));
        (self.is_in(environment.as_bytes()) && !may)
            .then(|| format!("is in an environment: {}", line.shown()))
    }
}

fn hex(secret: &str) -> String {
    secret.bytes().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The characters that the whole bytes of `secret` make in base64, after so many others.
fn base64(secret: &str, shift: usize) -> String {
    let text = STANDARD.encode([vec![0; shift], secret.as_bytes().to_vec()].concat());
    let whole = (shift + secret.len()) * 8 / 6;
    text[(shift * 8).div_ceil(6)..whole].to_owned()
}

/// The processes that the first one starts: each becomes a program once that a person named.
fn started_by_the_first<'l>(lines: &[Line<'l>]) -> BTreeSet<&'l str> {
    let first = lines.first().map_or("", |line| line.pid);
    let forks = lines.iter().filter(|line| {
        line.pid == first
            && ["clone", "fork", "vfork"].iter().any(|call| line.call.starts_with(call))
    });
    let started = forks.filter_map(|line| Some(line.text.rsplit_once(" = ")?.1));
    started.chain([first]).collect()
}

/// One line of the log.
struct Line<'l> {
    pid: &'l str,
    /// The call's name, also where the line is its end.
    call: &'l str,
    text: &'l str,
}

impl<'l> Line<'l> {
    fn parse(line: &'l str) -> Option<Self> {
        let (pid, rest) = line.split_once(' ').expect("strace -f begins with the process");
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let (call, text) = resumed.split_once(" resumed>")?;
            return Some(Self { pid, call, text });
        }
        let (call, text) = rest.split_once('(')?;
        let is_name = call.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // Else `+++ exited with 0 +++` or `--- SIGCHLD {…} ---`.
        is_name.then_some(Self { pid, call, text })
    }

    fn reads(&self) -> bool {
        ["read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"]
            .contains(&self.call)
    }

    /// Whether the call maps a file so that what is written to memory goes there.
    fn maps_a_file_to_write(&self) -> bool {
        self.call == "mmap"
            && ["MAP_SHARED", "PROT_WRITE", "<"].iter().all(|part| self.text.contains(part))
            && !self.text.contains("MAP_ANONYMOUS")
    }

    /// The files of the descriptors among the arguments.
    fn paths(&self) -> impl Iterator<Item = &'l str> {
        let before_strings = self.text.split('"').next().unwrap_or_default();
        before_strings.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0))
    }

    /// All texts among the arguments, one after the other.
    fn strings(&self) -> String {
        self.text.split('"').skip(1).step_by(2).collect()
    }

    fn shown(&self) -> String {
        format!("{}({:.300}", self.call, self.text)
    }
}
