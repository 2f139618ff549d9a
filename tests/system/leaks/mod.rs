//! Every command there is, under a tracer: no value reaches a file that is not in memory, a name, the
//! arguments of a program, or the environment of another program than the one it is for.

mod traced;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use super::house::{CANARY, House, VAULT, said};
use super::trace::{Traced, trace_program};
pub(super) use traced::{OPTIONS, Plaintext};

const COMMANDS: &str = include_str!("commands.txt");
const FURNISH: &str = include_str!("furnish.sh");
const READER: &str = include_str!("reader.sh");

/// The lines of commands.txt that are run.
fn lines() -> impl Iterator<Item = &'static str> {
    COMMANDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Folders in memory that the lines have values in.
fn values(house: &House) -> PathBuf {
    house.memory().join("in")
}

/// What a house in which lines are run needs beside what a copy of another has.
fn with_values(house: House) -> House {
    let folder = values(&house);
    fs::create_dir(&folder).unwrap();
    for (name, text) in [
        ("first", "canary-5d1f-first"),
        ("value", "canary-5d1f-value"),
        ("other", "canary-5d1f-other"),
        ("dotenv", "A=canary-5d1f-a\nN='canary-5d1f-n'\n"),
        ("json", r#"{"A": "canary-5d1f-a", "N": {"base64": "Y2FuYXJ5LTVkMWY="}}"#),
        ("toml", "A = \"canary-5d1f-a\"\n"),
        ("pipecat", "A=canary-5d1f-a\n"),
        (
            "key",
            r#"{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\ncanary-5d1f\n-----END PRIVATE KEY-----\n", "client_email": "x@p.example"}"#,
        ),
        ("docker", r#"{"ServerURL": "r.example", "Username": "u", "Secret": "canary-5d1f"}"#),
    ] {
        super::support::put(&folder.join(name), text);
    }
    let reader = house.path().join("reader");
    super::support::put(&reader, READER);
    fs::set_permissions(reader, fs::Permissions::from_mode(0o755)).unwrap();
    house
}

fn furnished() -> House {
    let house = with_values(House::of_alice());
    let output = shell(&house, &format!("set -e\n{FURNISH}")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    house
}

/// A shell in the repository that finds the programs under test.
fn shell(house: &House, script: &str) -> Command {
    let mut sh = house.command("sh");
    let programs = Path::new(VAULT).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
    sh.args(["-c", script]).env("PATH", path.unwrap()).env("IN", values(house));
    sh.env("GIT_CONFIG_NOSYSTEM", "1");
    sh.env("CAROL", "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z");
    sh
}

/// A line run under the tracer in a copy of a house, and what is wrong with it.
fn run(template: &House, line: &str) -> (Traced, Vec<String>) {
    let house = with_values(template.copied());
    let identities = [house.identity(), house.path().join("bob.txt")];
    let identities = identities.map(|path| fs::read_to_string(path).unwrap());
    // Not the whole: what is written could be a part of it.
    let secrets = identities.iter().filter_map(|text| text.split_once("AGE-SECRET-KEY-1"));
    let secrets: Vec<&str> = secrets.map(|(_, secret)| &secret[10..40]).collect();
    let plaintext =
        Plaintext::new(&[&[CANARY], &secrets[..]].concat(), house.memory(), "../reader");
    let before = house.files();
    let traced = trace_program(&house, &OPTIONS, &shell(&house, line));
    let mut found = plaintext.found_in(&traced.log);

    let changed = house.files().into_iter().filter(|(path, bytes)| before.get(path) != Some(bytes));
    let leaked = changed.filter(|(_, bytes)| plaintext.is_in(bytes));
    found.extend(leaked.map(|(path, _)| format!("is in {}", path.display())));
    // What git keeps is compressed, which no trace shows.
    let mut git = house.command("git");
    let kept = git.args(["cat-file", "--batch-all-objects", "--batch"]).output().unwrap();
    if plaintext.is_in(&kept.stdout) {
        found.push("is in an object of git".to_owned());
    }
    let left = fs::read_dir(house.memory()).unwrap().map(|entry| entry.unwrap().file_name());
    found.extend(
        left.filter(|name| name != "in").map(|name| format!("is left: {}", name.display())),
    );
    (traced, found)
}

#[test]
fn no_command_takes_a_value_to_a_disk_or_shows_it_to_another_program() {
    let house = furnished();
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(house.memory()).output().unwrap();
    assert_eq!(kind.stdout, b"tmpfs\n");
    let (queue, failures) = (Mutex::new(lines()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(line) = queue.lock().unwrap().next() else { return };
            let (traced, found) = run(&house, line);
            let mut failures = failures.lock().unwrap();
            if !traced.output.status.success() {
                failures.push(format!("{line}\n    fails: {}", said(&traced.output)));
            }
            failures.extend(found.iter().map(|found| format!("{line}\n    {found}")));
        }
    };
    thread::scope(|scope| [(); 4].map(|()| scope.spawn(work)).map(|t| t.join().unwrap()));
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The commands are those that the command line itself knows, hidden ones too: `vault man` writes a
/// page for each.
#[test]
fn every_command_has_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let man = Command::new(VAULT).arg("man").arg(folder.path()).status().unwrap();
    assert!(man.success());
    let pages = fs::read_dir(folder.path()).unwrap().map(|page| page.unwrap().file_name());
    let names = pages.map(|page| page.into_string().unwrap().trim_end_matches(".1").to_owned());
    let names: BTreeSet<String> = names.collect();
    assert!(names.contains("vault-git-merge-driver") && names.len() > 40, "{names:?}");
    // As the pages are named: `vault git install` is vault-git-install.
    let known: Vec<String> = lines().map(|line| line.replace(' ', "-")).collect();
    let has_line = |name: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        known.iter().any(|line| line.split(name).skip(1).any(ends))
    };
    let is_group = |name: &str| names.iter().any(|other| other.starts_with(&format!("{name}-")));
    let missing = names.iter().filter(|name| !is_group(name) && !has_line(name));
    let missing: Vec<_> = missing.map(|name| name.replacen("vault-", "vault ", 1)).collect();
    assert!(
        missing.is_empty(),
        "no line shows whether a value gets to a disk through {missing:?}: add one for each to \
         tests/system/leaks/commands.txt, as a shell takes it in a repository with the sets web \
         (A, B) and db (C), the pull secret ci and the branch theirs; it must succeed"
    );
}

/// Each of these takes a value somewhere it must not be.
#[test]
fn the_trace_shows_every_way_a_value_can_take() {
    let house = furnished();
    let python = |line: &str| format!("vault get web A | python3 -c 'import os, sys; {line}'");
    for (line, finding) in [
        ("vault get web A >../out".to_owned(), "writes it to"),
        ("vault get web A >../out; rm ../out".to_owned(), "writes it to"),
        ("vault get web A | base64 >../out".to_owned(), "writes it to"),
        ("{ printf u:; vault get web A; } | base64 >../out".to_owned(), "writes it to"),
        ("{ printf me:; vault get web A; } | base64 >../out".to_owned(), "writes it to"),
        ("tail -c 60 ../bob.txt >../out".to_owned(), "writes it to"),
        (
            python("[os.write(1, b) for b in (b\"cana\", b\"ry-5d1f\")]") + " >../out",
            "writes it to",
        ),
        (python("os.writev(1, [b\"cana\", b\"ry-5d1f\"])") + " >../out", "writes it to"),
        ("mkdir \"../$(vault get web A)\"".to_owned(), "shows it"),
        ("ln -s \"$(vault get web A)\" ../out; rm ../out".to_owned(), "shows it"),
        (python("os.open(\"../\" + sys.stdin.read(), os.O_CREAT)"), "shows it"),
        ("cp $IN/value ../out".to_owned(), "moves what is not seen"),
        (
            "truncate -s 99 ../out; ".to_owned()
                + &python("import mmap; mmap.mmap(os.open(\"../out\", 2), 99)"),
            "moves what is not seen",
        ),
        ("sh -c 'true; a=$(vault get web A); env true \"$a\"; true'".to_owned(), "is an argument"),
        ("vault exec web -- sh -c 'true; true'".to_owned(), "is in an environment"),
        ("vault exec web -- ../reader; vault get web A >$IN/../out".to_owned(), "is left"),
        ("vault get web A | git hash-object -w --stdin".to_owned(), "is in an object of git"),
    ] {
        let (traced, found) = run(&house, &line);
        let seen = found.iter().any(|found| found.contains(finding));
        assert!(seen, "{line}: {found:?} {}", said(&traced.output));
    }
    let (traced, found) = run(&house, "vault exec web -- ../reader; vault get web A");
    assert_eq!(found, [""; 0], "{}", said(&traced.output));
    assert!(traced.log.contains(CANARY) && said(&traced.output).contains(CANARY));
}
