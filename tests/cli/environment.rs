//! What stands in the environment of a command that `vault exec` starts.

use crate::support::{Outcome, Sandbox};

fn two_sets() -> Sandbox {
    let sandbox = Sandbox::with_set("base", &["SHARED=base", "SAME=x", "DB_HOST=h", "DB_PORT=1"]);
    sandbox.vault(["set", "over", "SHARED=over", "SAME=x", "OWN=o"]).succeeds();
    sandbox
}

/// The environment, sorted, without what the sandbox itself puts there.
fn env(sandbox: &Sandbox, words: &[&str]) -> (Vec<String>, String) {
    let words = ["exec"].iter().chain(words).chain(&["--", "env"]);
    let out = sandbox.command(words).env("INHERITED", "i").run().succeeds();
    let own = ["HOME=", "PATH=", "XDG_CONFIG_HOME="];
    let text = out.text();
    let lines = text.lines().filter(|line| !own.iter().any(|name| line.starts_with(name)));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    (lines, out.stderr)
}

fn refused(sandbox: &Sandbox, words: &[&str], said: &[&str]) -> Outcome {
    let out = sandbox.vault(["exec"].iter().chain(words).chain(&["--", "env"]));
    assert_eq!(out.text(), "");
    out.fails(125, said)
}

#[test]
fn later_sets_win_and_a_conflict_is_told_once() {
    let sandbox = two_sets();
    let (lines, said) = env(&sandbox, &["base", "over"]);
    let expected = ["DB_HOST=h", "DB_PORT=1", "INHERITED=i", "OWN=o", "SAME=x", "SHARED=over"];
    assert_eq!(lines, expected);
    assert_eq!(
        said,
        "vault: warning: sets base and over differ in SHARED; that of over is passed\n"
    );
    let (lines, _) = env(&sandbox, &["over", "base"]);
    assert!(lines.contains(&"SHARED=base".to_owned()), "{lines:?}");
}

#[test]
fn sets_win_over_what_is_inherited_unless_told_otherwise() {
    let sandbox = two_sets();
    let value = |words: &[&str]| {
        let words = ["exec", "over"].iter().chain(words).chain(&["--", "printenv", "OWN"]);
        sandbox.command(words).env("OWN", "inherited").run().quietly().text()
    };
    assert_eq!(value(&[]), "o\n");
    assert_eq!(value(&["--keep-existing"]), "inherited\n");
    assert_eq!(value(&["--env", "OWN=given"]), "given\n");
    assert_eq!(value(&["--env", "OWN=one", "--env", "OWN=", "--keep-existing"]), "\n");
}

#[test]
fn only_and_except_select_and_a_pattern_without_match_is_an_error() {
    let sandbox = two_sets();
    let (lines, _) = env(&sandbox, &["base", "--only", "DB_*"]);
    assert_eq!(lines, ["DB_HOST=h", "DB_PORT=1", "INHERITED=i"]);
    let (lines, _) = env(&sandbox, &["base", "--only", "DB_*", "--except", "*_PORT"]);
    assert_eq!(lines, ["DB_HOST=h", "INHERITED=i"]);
    refused(&sandbox, &["base", "--only", "DX_*"], &["--only", "DX_*"]);
    refused(&sandbox, &["base", "--except", "NOPE"], &["--except", "NOPE"]);
}

#[test]
fn a_prefix_stands_before_every_name() {
    let sandbox = two_sets();
    let (lines, _) = env(&sandbox, &["base", "--only", "DB_*", "--prefix", "APP_"]);
    assert_eq!(lines, ["APP_DB_HOST=h", "APP_DB_PORT=1", "INHERITED=i"]);
}

#[test]
fn pristine_keeps_nothing_but_what_is_passed() {
    let sandbox = two_sets();
    let words = ["exec", "over", "--pristine", "--pass", "INHERITED", "--pass", "ABSENT"];
    let words = words.iter().chain(&["--", "env"]);
    let out = sandbox.command(words).env("INHERITED", "i").env("OTHER", "x").run().quietly();
    let text = out.text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["INHERITED=i", "OWN=o", "SAME=x", "SHARED=over"]);
}

#[test]
fn required_keys_must_be_in_a_set() {
    let sandbox = two_sets();
    env(&sandbox, &["over", "--require", "OWN", "--require", "SAME"]);
    refused(&sandbox, &["over", "--require", "GONE", "--require", "OWN"], &["GONE"]);
    let words = ["exec", "over", "--require", "INHERITED", "--", "env"];
    let out = sandbox.command(words).env("INHERITED", "i").run();
    out.fails(125, &["INHERITED"]);
    sandbox.put("vault.toml", "require = [\"OWN\", \"GONE\"]\n");
    refused(&sandbox, &["over"], &["GONE"]);
    sandbox.put("vault.toml", "require = [\"OWN\"]\n");
    env(&sandbox, &["over"]);
}

#[test]
fn names_that_run_code_are_refused_by_name() {
    for name in [
        "PATH",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "BASH_ENV",
        "GIT_SSH_COMMAND",
        "PYTHONPATH",
        "VAULT_DIR",
        "VAULT_IDENTITY",
        "EDITOR",
        "IFS",
    ] {
        let sandbox = Sandbox::with_set("web", &["FINE=1", &format!("{name}=/evil")]);
        let out = refused(&sandbox, &["web"], &[name, "--allow-env"]);
        assert!(!out.stderr.contains("/evil"));
        refused(&sandbox, &["web", "--allow-env", "OTHER"], &[name]);
        env(&sandbox, &["web", "--except", name]);
        let words = ["web", "--allow-env", name].map(str::to_owned);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let dump = ["exec"].iter().chain(&words).chain(&["--", "/usr/bin/env"]);
        let text = sandbox.vault(dump).succeeds().text();
        assert!(text.contains(&format!("{name}=/evil\n")), "{text}");
        if name != "LD_PRELOAD" {
            for format in ["shell", "docker-env", "github"] {
                let out = sandbox.vault(["export", "web", "--format", format]);
                out.fails(1, &[name, "--allow-env"]);
            }
        }
    }
}

#[test]
fn a_prefix_that_makes_a_name_that_runs_code_is_seen() {
    let sandbox = Sandbox::with_set("web", &["PRELOAD=/evil", "SAFE=1"]);
    refused(&sandbox, &["web", "--prefix", "LD_"], &["LD_PRELOAD"]);
    let sandbox = Sandbox::with_set("web", &["PATH=1"]);
    env(&sandbox, &["web", "--prefix", "MY_"]);
}

#[test]
fn names_no_shell_can_hold_are_passed_with_one_warning_or_refused() {
    let sandbox = Sandbox::with_set("web", &["my-key=1", "1X=2", "FINE=3"]);
    let (lines, said) = env(&sandbox, &["web"]);
    assert_eq!(lines, ["1X=2", "FINE=3", "INHERITED=i", "my-key=1"]);
    assert_eq!(said.matches("vault: warning:").count(), 1, "{said}");
    assert!(said.contains("1X") && said.contains("my-key"), "{said}");
    refused(&sandbox, &["web", "--strict-names"], &["1X", "my-key"]);
    env(&sandbox, &["web", "--strict-names", "--only", "FINE"]);
}

#[test]
fn a_nul_and_a_variable_too_long_are_refused_by_name() {
    let sandbox = Sandbox::with_vault();
    sandbox.command(["set", "web", "WITH_NUL", "--stdin"]).stdin("a\0b").run().succeeds();
    refused(&sandbox, &["web"], &["WITH_NUL", "NUL", "--file"]);
    let longest = "v".repeat(131_071 - "LONG=".len());
    sandbox.command(["set", "long", "LONG", "--stdin"]).stdin(longest.clone()).run().succeeds();
    assert_eq!(env(&sandbox, &["long"]).0[1].len(), 131_071);
    sandbox.command(["set", "long", "LONG", "--stdin"]).stdin(longest + "v").run().succeeds();
    refused(&sandbox, &["long"], &["LONG", "131072", "--file"]);
}

#[test]
fn the_identity_does_not_reach_the_command_and_hashicorps_variables_do() {
    let sandbox = two_sets();
    let text = std::fs::read_to_string(sandbox.identity()).unwrap();
    let path = sandbox.identity();
    for words in [&["over"][..], &["over", "--pristine", "--pass", "VAULT_IDENTITY"]] {
        let words = ["exec"].iter().chain(words).chain(&["--", "env"]);
        let run = sandbox.command(words).env("VAULT_IDENTITY", &text);
        let run = run.env("VAULT_IDENTITY_FILE", &path).env("VAULT_IDENTITY_COMMAND", "false");
        let out = run.env("VAULT_ADDR", "https://v").env("VAULT_TOKEN", "t").run().quietly();
        let dump = out.text();
        assert!(!dump.contains("VAULT_IDENTITY") && !dump.contains("AGE-SECRET"), "{dump}");
        let pristine = !dump.contains("HOME=");
        assert_eq!(dump.contains("VAULT_ADDR=https://v\n"), !pristine);
        assert_eq!(dump.contains("VAULT_TOKEN=t\n"), !pristine);
    }
}
