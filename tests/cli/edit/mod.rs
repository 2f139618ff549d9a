//! `vault edit` with editors that are scripts: what a person writes is what stands in the set.

mod editors;
mod meanwhile;
mod refusals;
mod single;

use std::fs;

use crate::support::{CANARY, Outcome, Run, Sandbox, put};

/// `vault edit` with a script of a shell as editor; the file is its `$1`.
fn editing(sandbox: &Sandbox, args: &[&str], script: &str) -> Run {
    let path = sandbox.root().join("an editor");
    put(&path, format!("set -eu\n{script}\n"));
    let line = format!("sh '{}'", path.display());
    sandbox.command(["edit"].iter().chain(args)).env("EDITOR", line)
}

fn edit(sandbox: &Sandbox, args: &[&str], script: &str) -> Outcome {
    let outcome = editing(sandbox, args, script).run();
    assert_eq!(outcome.text(), "", "stdout is for results, and this has none");
    outcome
}

/// A script that makes this the whole buffer.
fn all(text: &str) -> String {
    assert!(!text.contains("END-OF-TEXT"));
    format!("cat >\"$1\" <<'END-OF-TEXT'\n{text}\nEND-OF-TEXT")
}

fn get(sandbox: &Sandbox, set: &str, key: &str) -> Vec<u8> {
    sandbox.vault(["get", set, key]).succeeds().stdout
}

/// What the editor is shown, from the first key on.
fn shown(sandbox: &Sandbox, args: &[&str]) -> String {
    let copy = "cat \"$1\" >&2";
    let out = edit(sandbox, args, copy).succeeds();
    let text = out.stderr.split_once("are not kept.\n").map_or(&*out.stderr, |(_, text)| text);
    text.rsplit_once("vault: ").unwrap().0.to_owned()
}

fn entry(sandbox: &Sandbox, set: &str, key: &str) -> String {
    let text = sandbox.set_text(set);
    let start = text.find(&format!("[values.{key}]")).unwrap();
    text[start..].split("\n\n").next().unwrap().trim_end().to_owned()
}

#[test]
fn keys_are_added_changed_renamed_and_removed_at_once_and_the_rest_keeps_its_bytes() {
    let pairs = ["A=one", "B=two", "C=three", "D=four"];
    let sandbox = Sandbox::with_set("web", &pairs);
    let (before, kept) = (sandbox.set_text("web"), entry(&sandbox, "web", "D"));
    assert_eq!(
        shown(&sandbox, &["web"]),
        "\nA = \"one\"\n\nB = \"two\"\n\nC = \"three\"\n\nD = \"four\"\n"
    );
    assert_eq!(sandbox.set_text("web"), before);
    let script = r#"
        sed -i -e 's/one/ONE/' -e '/^B/d' -e 's/^C/NEW_NAME/' "$1"
        printf '%s\n' "E = '''" 'x' "y'''" >>"$1""#;
    let out = edit(&sandbox, &["web"], script).succeeds();
    let said = "vault: web: added E; changed A; renamed C to NEW_NAME; removed B\n";
    assert_eq!(out.stderr, said);
    let json = sandbox.vault(["export", "web", "--format", "json"]).json();
    let want = serde_json::json!({"A": "ONE", "D": "four", "E": "x\ny", "NEW_NAME": "three"});
    assert_eq!(json, want);
    assert_eq!(entry(&sandbox, "web", "D"), kept);
    let head = |text: &str| text.split("[values.").next().unwrap().to_owned();
    assert_eq!(head(&sandbox.set_text("web")), head(&before), "readers are as they were");
}

#[test]
fn a_renamed_key_keeps_its_history() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    sandbox.vault(["set", "web", "A=two"]).succeeds();
    edit(&sandbox, &["web"], "sed -i 's/^A/B/' \"$1\"").succeeds();
    let json = sandbox.vault(["list", "web", "--json"]).json();
    assert_eq!((&json["keys"][0]["name"], &json["keys"][0]["rev"]), (&"B".into(), &2.into()));
}

#[test]
fn nothing_changed_writes_nothing() {
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two\nlines\n"]);
    let before = sandbox.set_text("web");
    let inode = || {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(sandbox.set_path("web")).unwrap().ino()
    };
    let was = inode();
    // Saved again, moved about, and spelt otherwise: the entries are what they were.
    let respelt = all("B = \"two\\nlines\\n\"\nA = 'one'");
    for script in ["true", "cp \"$1\" \"$1.new\"; mv \"$1.new\" \"$1\"", &respelt] {
        let out = edit(&sandbox, &["web"], script).succeeds();
        assert_eq!(out.stderr, "vault: web: nothing changed\n", "{script}");
    }
    assert_eq!((sandbox.set_text("web"), inode()), (before, was));
}

#[test]
fn a_new_set_is_made_by_what_is_written_and_not_by_looking() {
    let sandbox = Sandbox::with_vault();
    for script in ["true", ": >\"$1\""] {
        let out = edit(&sandbox, &["web"], script).succeeds();
        assert_eq!(out.stderr, "vault: web: nothing changed\n");
        assert!(!sandbox.set_path("web").exists());
    }
    let out = edit(&sandbox, &["web"], "echo 'A = \"one\"' >>\"$1\"").succeeds();
    assert_eq!(out.stderr, "vault: web: added A; new, readable by alice\n");
    assert_eq!(get(&sandbox, "web", "A"), b"one");
}

#[test]
fn notes_and_dates_are_edited_as_comments_above_their_key() {
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two"]);
    let noted = ["set", "web", "A=one", "--note", "signs  cookies ", "--expires", "2027-01-31"];
    sandbox.vault(noted).succeeds();
    assert_eq!(
        shown(&sandbox, &["web"]),
        "\n# note: signs  cookies \n# expires: 2027-01-31\nA = \"one\"\n\nB = \"two\"\n"
    );
    let script = "sed -i -e '/expires: 2/d' -e 's/note: signs/note: makes/' -e 's/^B/# note: b\\n# expires: 2030-02-28\\nB/' \"$1\"";
    let out = edit(&sandbox, &["web"], script).succeeds();
    assert_eq!(out.stderr, "vault: web: changed A, B\n");
    let keys = sandbox.vault(["list", "web", "--json"]).json()["keys"].clone();
    let remarks = |n: usize| (keys[n]["note"].clone(), keys[n]["expires"].clone());
    assert_eq!(remarks(0), ("makes  cookies ".into(), serde_json::Value::Null));
    assert_eq!(remarks(1), ("b".into(), "2030-02-28".into()));
    // A remark alone changes no value.
    assert_eq!((&keys[1]["since"], &keys[1]["rev"]), (&1.into(), &2.into()));
}

#[test]
fn comments_that_nothing_keeps_are_not_lost_in_silence() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let out = edit(&sandbox, &["web"], "echo '# A = \"two\"' >>\"$1\"").succeeds();
    assert!(out.stderr.contains("vault: warning: web: comments are not kept"), "{}", out.stderr);
}

#[test]
fn bytes_of_every_kind_come_through_the_editor() {
    let sandbox = Sandbox::with_vault();
    let values: [(&str, &[u8]); 5] = [
        ("BINARY", b"\xff\x00\n\r"),
        ("TRAILING", b"a \n\tb\t\n"),
        ("QUOTES", b"'''\"\"\"\\"),
        ("CRLF", b"a\r\nb\r\n"),
        ("BIDI", "a\u{202e}b\u{1b}[31m".as_bytes()),
    ];
    for (key, value) in values {
        let set = ["set", "web", key, "--stdin"];
        sandbox.command(set).stdin(value).run().succeeds();
    }
    let before = sandbox.set_text("web");
    // Rewritten by a program that sees characters and lines.
    let out = edit(&sandbox, &["web"], "echo 'NEW = \"\"' >>\"$1\"").succeeds();
    assert_eq!(out.stderr, "vault: web: added NEW\n");
    assert!(values.iter().all(|(key, value)| get(&sandbox, "web", key) == *value));
    edit(&sandbox, &["web"], "sed -i '/^NEW/d' \"$1\"").succeeds();
    assert_eq!(sandbox.set_text("web"), before);
}

#[test]
fn the_text_is_the_owners_alone_and_gone_afterwards() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let script = format!(
        "ls -ld \"$(dirname \"$1\")\" \"$1\" >&2; echo \"at $1\" >&2; exec 3<'{}'",
        sandbox.identity().display()
    );
    let out = edit(&sandbox, &["web"], &script).succeeds();
    assert!(out.stderr.contains("drwx------") && out.stderr.contains("-rw-------"));
    let file = out.stderr.lines().find_map(|line| line.strip_prefix("at ")).unwrap();
    assert!(file.ends_with("/web.toml") && !std::path::Path::new(file).exists());
    assert!(!std::path::Path::new(file).parent().unwrap().exists());
    // And when the editor fails.
    let out = edit(&sandbox, &["web", "A"], "echo \"at $1\" >&2; exit 3").ends(1);
    let file = out.stderr.lines().find_map(|line| line.strip_prefix("at ")).unwrap();
    assert!(file.ends_with("/A") && !std::path::Path::new(file).parent().unwrap().exists());
}
