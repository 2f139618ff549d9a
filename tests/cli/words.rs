//! How words on the command line are understood, also by the shell's completion, and what is said
//! about those that are no good.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::support::Sandbox;

#[test]
fn a_value_that_is_no_text_stands_in_json_as_base64() {
    let sandbox = Sandbox::with_set("web", &["TEXT=ü"]);
    sandbox.command(["set", "web", "RAW", "--stdin"]).stdin(b"\xff\x00".to_vec()).run().succeeds();
    let json = |key: &str| sandbox.vault(["get", "web", key, "--json"]).quietly().json();
    assert_eq!(json("RAW")["value"], serde_json::json!({"base64": "/wA="}));
    assert_eq!(json("TEXT")["value"], "ü");
    assert_eq!(sandbox.vault(["get", "web", "RAW"]).quietly().stdout, b"\xff\0");
}

#[test]
fn exec_is_found_behind_every_spelling_of_the_options() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let identity = sandbox.identity();
    let identity = identity.to_str().unwrap();
    for words in [
        &["-qi", identity, "exec", "nope", "--", "true"][..],
        &["-qC", ".", "exec", "nope", "--", "true"],
        &["-qC.", "exec", "nope", "--", "true"],
        &["--color=never", "-C.", "-i", identity, "exec", "--nonsense"],
    ] {
        sandbox.vault(words).ends(125);
    }
    // `exec` is a folder's name here.
    sandbox.put("exec/x", "");
    assert_eq!(sandbox.vault(["-qC", "exec", "list"]).quietly().text(), "web\n");
    sandbox.vault(["-qC", "exec", "list", "--nonsense"]).ends(2);
    sandbox.vault(["-i", "exec", "get", "web", "K"]).ends(1);
    let odd = OsStr::from_bytes(b"\xff");
    let words = ["-C".as_ref(), odd, "exec".as_ref(), "web".as_ref(), "--".as_ref(), odd];
    sandbox.vault(words).ends(125);
    let words: [OsString; 3] = [odd.into(), "exec".into(), "--nonsense".into()];
    sandbox.vault(words).ends(2);
    let help = sandbox.vault(["--help"]).quietly().text();
    for words in [["--help", "exec"], ["--no-input", "--help"], ["-q", "--help"]] {
        assert_eq!(sandbox.vault(words).quietly().text(), help, "{words:?}");
    }
    for words in [["--version", "exec"], ["-qV", "exec"]] {
        assert!(sandbox.vault(words).quietly().text().starts_with("vault 0."), "{words:?}");
    }
}

#[test]
fn a_command_without_its_dashes_earns_a_hint() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    for words in [
        &["exec", "web", "python", "app.py"][..],
        &["exec", "web", "env"],
        &["exec", "web", "sh", "-c", "true"],
    ] {
        sandbox.vault(words).fails(125, &["hint: put `--` before the command"]);
    }
    for words in [&["exec", "we.b", "--", "env"][..], &["exec", "--onyl", "K", "web"]] {
        let out = sandbox.vault(words).ends(125);
        assert!(!out.stderr.contains("put `--`"), "{}", out.stderr);
    }
}

#[test]
fn quiet_is_about_notes_and_hints() {
    let help = Sandbox::new().vault(["--help"]).quietly().text();
    assert!(help.contains("Say nothing but warnings and errors"), "{help}");
}

#[test]
fn completion_looks_where_the_line_looks() {
    let sandbox = Sandbox::with_set("get", &["IN_GET=1"]);
    sandbox.vault(["set", "web", "IN_WEB=1"]).succeeds();
    let complete = |words: &[&OsStr]| {
        let dashes: [&OsStr; 2] = ["--".as_ref(), "vault".as_ref()];
        let run = sandbox.command(dashes.iter().chain(words)).cwd("/");
        let run = run.env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
        let run = run.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
        run.env("_CLAP_COMPLETE_COMP_TYPE", "9")
    };
    let work = sandbox.work();
    let words = |text: &str| -> Vec<OsString> { text.split(' ').map(OsString::from).collect() };
    for (text, expected) in [
        ("get get ", "IN_GET"),
        ("get web ", "IN_WEB"),
        ("rm -q web ", "IN_WEB"),
        ("set --note get web ", "IN_WEB"),
    ] {
        let words = words(text);
        let words: Vec<&OsStr> = words.iter().map(|w| &**w).collect();
        let shown = |out: String| out.lines().filter(|l| l.starts_with("IN_")).collect::<String>();
        let out = complete(&words).env("VAULT_DIR", &work).run().quietly().text();
        assert_eq!(shown(out), expected, "{text}");
        let there: Vec<&OsStr> =
            ["-C".as_ref(), work.as_os_str()].into_iter().chain(words).collect();
        let out = complete(&there).env("VAULT_DIR", "/none").run().quietly().text();
        assert_eq!(shown(out), expected, "-C {text}");
    }
    let sets = complete(&["ls".as_ref(), "".as_ref()]).env("VAULT_DIR", &work).run();
    assert!(sets.quietly().text().starts_with("get\nweb"));
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    sandbox.vault(["recipient", "add", "bob/desk", key, "--group", "ops"]).succeeds();
    for (text, expected) in [
        ("recipient remove ", "alice\nbob\nbob/desk\n"),
        ("group add ", "ops\n"),
        ("group add ops ", "alice\nbob\nbob/desk\n"),
        ("access allow get ", "alice\nbob\nbob/desk\nops\n"),
        ("exposed ", "alice\nbob\nbob/desk\n"),
        ("rekey w", "web\n"),
    ] {
        let words = words(text);
        let words: Vec<&OsStr> = words.iter().map(|w| &**w).collect();
        let out = complete(&words).env("VAULT_DIR", &work).run().quietly().text();
        assert!(format!("{out}\n").starts_with(expected), "{text}: {out}");
    }
    let odd = ["get".as_ref(), OsStr::from_bytes(b"\xff"), "".as_ref()];
    complete(&odd).env("VAULT_DIR", &work).run().quietly();
}

#[test]
fn an_empty_stdin_is_an_empty_value_and_earns_a_warning() {
    let sandbox = Sandbox::with_vault();
    let out = sandbox.vault(["-q", "set", "web", "K", "--stdin"]);
    out.fails(0, &["warning: stdin was empty, so the value is empty"]);
    assert_eq!(sandbox.vault(["get", "web", "K"]).quietly().text(), "");
    let out = sandbox.command(["-q", "set", "web", "K", "--stdin"]).stdin("x").run();
    out.quietly();
}

#[test]
fn trim_goes_with_the_sources_that_have_something_to_trim() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    sandbox.vault(["set", "web", "K=w\n", "--trim"]).fails(2, &["--trim goes with"]);
    sandbox.vault(["set", "web", "K", "--trim"]).fails(2, &["--trim goes with"]);
    assert_eq!(sandbox.vault(["get", "web", "K"]).quietly().text(), "v");
}

#[test]
fn exec_warns_once_of_what_has_expired_among_the_keys_it_passes() {
    let sandbox = Sandbox::with_vault();
    for (set, pair) in [("one", "A=1"), ("one", "B=1"), ("two", "B=1"), ("two", "C=1")] {
        sandbox.vault(["set", set, pair, "--expires", "2001-01-01"]).succeeds();
    }
    let warned = |words: &[&str]| {
        let words = words.iter().chain(&["--", "true"]);
        sandbox.vault(["exec", "one", "two"].iter().chain(words)).succeeds().stderr
    };
    assert_eq!(warned(&[]), "vault: warning: expired in one: A; expired in two: B, C\n");
    assert_eq!(warned(&["--only", "A"]), "vault: warning: expired in one: A\n");
    assert_eq!(warned(&["--except", "B", "--except", "C"]), "vault: warning: expired in one: A\n");
    sandbox.vault(["set", "two", "B=2", "--expires", "never"]).succeeds();
    assert!(!warned(&["--only", "B"]).contains("expired"), "that of one is not passed");
}

#[test]
fn keygen_writes_to_a_file_and_to_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.put("folder/x", "");
    sandbox.vault(["keygen", "-o", "-"]).fails(2, &["not written to stdout"]);
    for folder in ["folder", "folder/", "new/"] {
        sandbox.vault(["keygen", "-o", folder]).fails(2, &[folder, "is a folder", "identity.txt"]);
    }
    assert!(!sandbox.work().join("-").exists() && !sandbox.work().join("new").exists());
}

#[test]
fn a_word_too_many_is_said_with_every_form_the_command_has() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let says = [
        "error: there is an argument too many\n",
        "usage: vault access [OPTIONS] [FILE], or vault access <COMMAND>; --help says more",
    ];
    for words in [["access", "show", "s3cret"], ["access", "web", "allow"]] {
        sandbox.vault(words).fails(2, &says).never_says("s3cret");
    }
}
