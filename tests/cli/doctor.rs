//! `vault doctor`: whatever keeps vault or git from doing its work is found, with its cure.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Outcome, Run, Sandbox, put};

/// A machine and a repository with which nothing is wrong.
struct Sound(Sandbox);

impl Sound {
    fn new() -> Self {
        let sandbox = Sandbox::with_set("web", &["A=1"]).with_git();
        let bin = sandbox.root().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vault"), bin.join("vault")).unwrap();
        sandbox.vault(["git", "install"]).succeeds();
        put(&sandbox.work().join("lefthook.yml"), "pre-commit: vault verify --staged\n");
        sandbox.commit("start");
        Self(sandbox)
    }

    fn command(&self, args: &[&str]) -> Run {
        let path = format!("{}:/usr/bin:/bin", self.0.root().join("bin").display());
        self.0.command(["doctor"].iter().chain(args)).env("PATH", path)
    }

    fn looks(&self) -> Outcome {
        self.command(&["--json"]).run()
    }
}

/// Level and cure of a check.
#[track_caller]
fn check(outcome: &Outcome, name: &str) -> (String, String) {
    let all = outcome.json();
    let found = all.as_array().unwrap().iter().find(|check| check["check"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {all:#}"));
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    (text("level"), format!("{} {}", text("message"), text("cure")))
}

/// What may be otherwise on the machine that runs the tests.
const OF_THE_MACHINE: [&str; 4] = ["memory", "editor", "swap", "git"];

#[test]
fn where_nothing_is_wrong_everything_is_said_to_be_in_order() {
    let sound = Sound::new();
    let before = sound.0.git(["status", "--porcelain", "--ignored"]);
    let outcome = sound.looks().succeeds();
    let all = outcome.json();
    let checks = all.as_array().unwrap();
    for check in checks {
        let name = check["check"].as_str().unwrap();
        let fine = check["level"] == "ok" && check["cure"] == Value::Null;
        assert!(fine || OF_THE_MACHINE.contains(&name), "{check:#}");
    }
    assert!(checks.len() >= 16, "{all:#}");
    let text = sound.command(&[]).run().succeeds().text();
    assert!(text.lines().any(|line| line.starts_with("ok       drivers ")), "{text}");
    assert_eq!(sound.0.git(["status", "--porcelain", "--ignored"]), before, "it changes nothing");
}

type Harm = fn(&Sandbox);

/// What is done, which check finds it, how bad that is, and what it says.
const HARMS: [(Harm, &str, &str, &str); 25] = [
    (|s| chmod(&s.identity(), 0o644), "identity", "error", "chmod 600"),
    (|s| fs::remove_file(s.identity()).unwrap(), "identity", "note", "`vault keygen`"),
    (|s| put(&s.root().join("config/vault/config.toml"), "x = 1"), "config", "error", "unknown"),
    (other_program, "program", "warning", "another program of that name"),
    (|s| fs::remove_file(s.root().join("bin/vault")).unwrap(), "program", "warning", "no program"),
    (|s| drop(s.vault(["git", "uninstall"])), "drivers", "warning", "`vault git install`"),
    (|s| config(s, "merge.vault.driver", "true"), "drivers", "warning", "merge.vault.driver"),
    (|s| config(s, "diff.vault.cachetextconv", "true"), "cache", "error", "git gc --prune=now"),
    (|s| config(s, "diff.vault.cachetextconv", "On"), "cache", "error", "git config --local"),
    (|s| config(s, "diff.vault.cachetextconv", "False"), "cache", "ok", "no texts"),
    (|s| config(s, "diff.vault.cachetextconv", ""), "cache", "ok", "no texts"),
    (
        |s| drop(s.git(["update-ref", "refs/notes/textconv/vault", "HEAD"])),
        "cache",
        "error",
        "update-ref -d refs/notes/textconv/vault",
    ),
    (
        |s| drop(s.git(["rm", "--quiet", ".gitattributes"])),
        "attributes",
        "warning",
        "as plain text",
    ),
    (|s| append(s, ".gitattributes", "*.toml filter=crypt\n"), "attributes", "error", "crypt"),
    (
        |s| append(s, ".gitattributes", "*.toml merge=union\n"),
        "attributes",
        "error",
        "lines are lost",
    ),
    (|s| append(s, ".gitattributes", "web.toml ident\n"), "attributes", "error", "other bytes"),
    (
        |s| append(s, ".gitattributes", "web.toml working-tree-encoding=UTF-16\n"),
        "attributes",
        "error",
        "sets/web.toml: git is told working-tree-encoding=UTF-16",
    ),
    (
        |s| append(s, ".git/info/attributes", "*.toml -diff\n"),
        "attributes",
        "warning",
        "as plain text",
    ),
    (|s| append(s, ".gitattributes", "other.toml filter=x\n"), "attributes", "error", "other.toml"),
    (|s| append(s, ".gitignore", ".secrets/\n"), "ignored", "error", ".gitignore:1:.secrets/"),
    (|s| append(s, ".secrets/team.toml", "nonsense\n"), "team", "error", "team.toml"),
    (other_vault, "pins", "error", "`vault trust`"),
    (|s| append(s, ".secrets/sets/web.toml", "x\n"), "files", "error", "`vault fix`"),
    (
        |s| append(s, ".secrets/sets/web.toml", "<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
        "files",
        "error",
        "`vault resolve`",
    ),
    (|s| append(s, ".secrets/sets/.tmp-x.toml", ""), "files", "warning", "removes it"),
];

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn append(sandbox: &Sandbox, path: &str, more: &str) {
    let path = sandbox.work().join(path);
    let text = fs::read_to_string(&path).unwrap_or_default();
    put(&path, text + more);
}

fn config(sandbox: &Sandbox, name: &str, value: &str) {
    sandbox.git(["config", "--local", name, value]);
}

fn other_program(sandbox: &Sandbox) {
    let path = sandbox.root().join("bin/vault");
    fs::remove_file(&path).unwrap();
    put(&path, "#!/bin/sh\necho 'Usage: vault <command> [args]' >&2\nexit 127\n");
    chmod(&path, 0o755);
}

fn other_vault(sandbox: &Sandbox) {
    let path = sandbox.work().join(".secrets/team.toml");
    let text = fs::read_to_string(&path).unwrap();
    let start = text.find("b64:").unwrap() + 4;
    put(&path, format!("{}AAAAAA{}", &text[..start], &text[start + 6..]));
}

#[test]
fn everything_that_is_wrong_is_found_with_its_cure() {
    for (at, (harm, name, level, words)) in HARMS.into_iter().enumerate() {
        let sound = Sound::new();
        sound.0.vault(["get", "web", "A"]).succeeds();
        sound.0.vault(["set", "other", "A=1"]).succeeds();
        harm(&sound.0);
        let outcome = sound.looks();
        let (found, text) = check(&outcome, name);
        assert_eq!(found, level, "{at}: {text}");
        assert!(text.contains(words), "{at}: no {words} in {text}");
        outcome.ends(i32::from(level == "error"));
    }
}

#[test]
fn what_cannot_be_remembered_and_what_cannot_be_found_is_said() {
    let sound = Sound::new();
    let outcome = sound.command(&["--json"]).env("XDG_STATE_HOME", "/dev/null/state").run();
    assert_eq!(check(&outcome, "state").0, "warning");
    let nowhere = Sandbox::new();
    fs::remove_dir(nowhere.work().join(".git")).unwrap();
    let outcome = nowhere.vault(["doctor", "--json"]).ends(1);
    assert_eq!(check(&outcome, "vault").0, "error");
    nowhere.vault(["init", "--name", "alice"]).succeeds();
    let outcome = nowhere.vault(["doctor", "--json"]).succeeds();
    for unknown in ["files", "ignored", "hooks"] {
        assert!(check(&outcome, unknown).1.contains("not a git repository"), "{unknown}");
    }
}

#[test]
fn a_hook_counts_where_git_looks_for_it_and_only_if_git_can_run_it() {
    let sound = Sound::new();
    let sandbox = &sound.0;
    fs::remove_file(sandbox.work().join("lefthook.yml")).unwrap();
    let hook = sandbox.work().join("hooks/pre-commit");
    fs::create_dir(hook.parent().unwrap()).unwrap();
    put(&hook, "#!/bin/sh\nvault verify --staged\n");
    chmod(&hook, 0o755);
    assert_eq!(check(&sound.looks(), "hooks").0, "note");
    config(sandbox, "core.hooksPath", "hooks");
    assert_eq!(check(&sound.looks(), "hooks").0, "ok");
    chmod(&hook, 0o644);
    let (level, text) = check(&sound.looks(), "hooks");
    assert!(level == "warning" && text.contains("chmod +x"), "{text}");
}

#[test]
fn what_a_repository_brings_is_read_to_no_end() {
    let sound = Sound::new();
    let path = sound.0.work().join("lefthook.yml");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert_eq!(check(&sound.looks(), "hooks").0, "note");
    fs::remove_file(&path).unwrap();
    put(&sound.0.root().join("elsewhere"), "vault verify --staged\n");
    std::os::unix::fs::symlink(sound.0.root().join("elsewhere"), &path).unwrap();
    assert_eq!(check(&sound.looks(), "hooks").0, "note", "no link is followed");
}
