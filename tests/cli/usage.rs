//! Global options, aliases, exit codes, broken streams, completions and manual pages.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use crate::support::{Outcome, Sandbox};

#[test]
fn global_options_stand_before_or_after_the_command() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let work = sandbox.work();
    let (work, identity) = (work.to_str().unwrap(), sandbox.identity());
    let identity = identity.to_str().unwrap();
    for words in [
        ["-C", work, "-i", identity, "-q", "--no-input", "get", "web", "K"],
        ["get", "web", "K", "-C", work, "-i", identity, "-q", "--no-input"],
        ["-q", "-C", work, "get", "-i", identity, "web", "--no-input", "K"],
    ] {
        let out = sandbox.command(words).cwd("/").env("XDG_CONFIG_HOME", "/none").run();
        assert_eq!(out.quietly().text(), "v");
    }
    let words = ["--identity", identity, "--color", "never", "exec", "-C", work, "web", "--"];
    let words = words.iter().chain(&["printenv", "K"]);
    assert_eq!(sandbox.command(words).cwd("/").run().quietly().text(), "v\n");
}

#[test]
fn quiet_says_nothing_but_errors_and_warnings() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    for words in [
        &["-q", "set", "web", "K=w"][..],
        &["copy", "web", "two", "-q"],
        &["rename", "two", "three", "--quiet"],
        &["-q", "unset", "three", "K"],
        &["-q", "delete", "three", "-y"],
    ] {
        assert_eq!(sandbox.vault(words).quietly().text(), "");
    }
    sandbox.vault(["-q", "get", "web", "NOPE"]).fails(1, &["vault: error: "]);
}

#[test]
fn help_is_a_command_too() {
    let sandbox = Sandbox::new();
    for command in ["exec", "set", "ls"] {
        let named = sandbox.vault(["help", command]).quietly().text();
        assert_eq!(named, sandbox.vault([command, "--help"]).quietly().text());
    }
    assert_eq!(sandbox.vault(["help"]).quietly().text(), sandbox.vault(["--help"]).text());
    sandbox.vault(["help", "nonsense"]).fails(2, &["there is no such command"]);
    sandbox.vault(["-q", "help", "exec"]).quietly();
}

#[test]
fn aliases() {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2"]);
    assert_eq!(sandbox.vault(["ls"]).quietly().text(), "web\n");
    sandbox.vault(["cp", "web", "two"]).succeeds();
    sandbox.vault(["mv", "two", "three"]).succeeds();
    sandbox.vault(["mv", "three", "A", "C"]).succeeds();
    sandbox.vault(["rm", "three", "B"]).succeeds();
    assert_eq!(sandbox.vault(["ls", "three"]).quietly().text(), "C\n");
}

#[test]
fn usage_is_2_and_every_error_begins_alike() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    for words in [
        &["nonsense"][..],
        &["set"],
        &["set", "web"],
        &["set", "web", "K"],
        &["--no-input", "set", "web", "K"],
        &["set", "web", "A=1", "B"],
        &["set", "web", "A=1", "A=2"],
        &["set", "web", "K", "--stdin", "--generate"],
        &["set", "web", "A=1", "--stdin"],
        &["set", "web", "A", "B", "--generate"],
        &["set", "web", "A=1", "B=2", "--note", "x"],
        &["set", "web", "K", "--alphabet", "ab"],
        &["set", "web", "K", "--generate=0"],
        &["set", "web", "K", "--generate=8", "--alphabet", "aa"],
        &["set", "web", "K=v", "--expires", "2026-02-30"],
        &["set", "web", "K=v", "--note", "two\nlines"],
        &["set", "con", "K=v"],
        &["set", "-", "K=v"],
        &["get", "web"],
        &["get", "web", "K.x"],
        &["list", "a/b"],
        &["list", "../web"],
        &["list", "/etc/passwd"],
        &["list", ""],
        &["unset", "web"],
        &["rename", "web"],
        &["rename", "web", "a", "b", "c"],
        &["delete", "web"],
        &["edit"],
        &["edit", "web", "K.x"],
        &["export", "web"],
        &["export", "web", "--format", "xml"],
        &["import", "web", "--format", "xml"],
        &["completions", "tcsh"],
        &["--color", "blue", "list"],
        &["-q", "-q", "list"],
    ] {
        let out = sandbox.vault(words);
        assert_eq!(out.text(), "", "{words:?}");
        assert!(out.stderr.starts_with("vault: error: "), "{words:?}: {}", out.stderr);
        out.fails(2, &[]);
    }
    assert_eq!(sandbox.vault(["list", "web"]).text(), "K\n");
}

#[test]
fn without_a_command_it_says_which_there_are() {
    let sandbox = Sandbox::new();
    let out = sandbox.vault([] as [&str; 0]).fails(2, &["Usage: vault", "exec"]);
    assert_eq!(out.text(), "");
    assert!(sandbox.vault(["--help"]).quietly().text().contains("Usage: vault"));
    let version = format!("vault {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sandbox.vault(["--version"]).quietly().text(), version);
}

#[test]
fn help_of_set_warns_of_the_history_and_names_the_other_ways() {
    let text = Sandbox::new().vault(["set", "--help"]).quietly().text();
    for word in ["history", "--stdin", "--from-file", "--generate"] {
        assert!(text.contains(word), "{word}");
    }
}

fn with_stdout(sandbox: &Sandbox, words: &[&str], stdout: Stdio) -> Outcome {
    let mut command = sandbox.command(words).into_command();
    command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(stdout);
    Outcome::from(command.spawn().unwrap().wait_with_output().unwrap())
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_quiet() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    for words in [
        &["list"][..],
        &["list", "--json"],
        &["get", "web", "K"],
        &["export", "web", "--format", "json"],
        &["whoami"],
        &["completions", "bash"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        with_stdout(&sandbox, words, full.into()).fails(1, &["cannot write to stdout"]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let out = with_stdout(&sandbox, words, writer.into());
        assert_eq!(out.stderr, "", "{words:?}");
        assert_ne!(out.code, Some(0), "{words:?}");
    }
}

#[test]
fn a_closed_stderr_changes_nothing() {
    let sandbox = Sandbox::with_vault();
    let mut command = sandbox.command(["set", "web", "K=v"]).into_command();
    let full = File::options().write(true).open("/dev/full").unwrap();
    assert!(command.stderr(full).status().unwrap().success());
    assert_eq!(sandbox.vault(["get", "web", "K"]).text(), "v");
}

#[test]
fn colours_only_when_asked_for_off_a_terminal() {
    let sandbox = Sandbox::with_vault();
    let said = |words: &[&str]| sandbox.vault(words).fails(1, &["there is no set"]).stderr;
    assert!(!said(&["list", "x"]).contains('\u{1b}'));
    assert!(said(&["--color", "always", "list", "x"]).contains("\u{1b}[1;31merror:"));
    assert!(!said(&["--color", "never", "list", "x"]).contains('\u{1b}'));
}

#[test]
fn what_could_act_on_a_terminal_is_escaped_in_messages() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    for name in ["a\u{1b}[31mb", "a\u{202e}b", "a\rb", "a\nb", "\u{200b}a"] {
        let path = format!(".secrets/sets/{name}.toml");
        let path = sandbox.put(&path, "x");
        let out = sandbox.vault(["list"]).fails(4, &["refused", ".toml"]);
        let line = out.stderr.trim_end_matches('\n');
        let visible = |c: char| c.is_control() || "\u{202e}\u{200b}".contains(c);
        assert!(!line.contains(visible), "{line:?}");
        fs::remove_file(path).unwrap();
    }
    let path = sandbox.work().join(".secrets/sets");
    let odd = path.join(std::ffi::OsStr::from_bytes(b"\xff.toml"));
    crate::support::put(&odd, "x");
    sandbox.vault(["list"]).fails(4, &["refused"]);
    fs::remove_file(odd).unwrap();
    let out = sandbox.vault(["-i", "no\u{1b}such", "get", "web", "K"]);
    assert!(!out.fails(1, &["no\\u{1b}such"]).stderr.contains('\u{1b}'));
}

#[test]
fn completions_print_a_script_for_each_shell() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = sandbox.vault(["completions", shell]).quietly().text();
        assert!(text.contains("vault") && text.contains("COMPLETE"), "{shell}: {text}");
    }
}

#[test]
fn completions_know_sets_and_keys_and_no_values() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=hunter2", "OTHER=x"]);
    sandbox.vault(["set", "db", "PASSWORD=x"]).succeeds();
    let complete = |words: &[&str]| {
        let words = ["--", "vault"].iter().chain(words);
        let index = words.clone().count() - 2;
        let run = sandbox.command(words).env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
        let run = run.env("_CLAP_COMPLETE_INDEX", index.to_string());
        run.env("_CLAP_COMPLETE_COMP_TYPE", "9").run().quietly().text()
    };
    let sets = complete(&["get", ""]);
    assert!(sets.contains("db") && sets.contains("web"), "{sets}");
    let keys = complete(&["get", "web", ""]);
    assert!(keys.contains("TOKEN") && keys.contains("OTHER"), "{keys}");
    assert!(!keys.contains("PASSWORD") && !keys.contains("hunter2"), "{keys}");
    assert!(complete(&["li"]).contains("list"));
    // The variable alone does not turn a command into a completion.
    let out = sandbox.command(["list"]).env("COMPLETE", "bash").run();
    assert_eq!(out.quietly().text(), "db\nweb\n");
}

#[test]
fn man_writes_a_page_for_each_command() {
    let sandbox = Sandbox::new();
    sandbox.vault(["man", "pages"]).quietly();
    for page in ["vault.1", "vault-set.1", "vault-exec.1", "vault-rename.1"] {
        let text = fs::read_to_string(sandbox.work().join("pages").join(page)).unwrap();
        assert!(text.contains(".TH vault"), "{page}");
    }
}
