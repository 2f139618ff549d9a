//! One value in the editor: the file is its bytes.

use super::*;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n";

fn set(sandbox: &Sandbox, key: &str, value: &[u8]) {
    sandbox.command(["set", "web", key, "--stdin"]).stdin(value).run().succeeds();
}

#[test]
fn the_file_is_the_value_and_nothing_else() {
    let sandbox = Sandbox::with_vault();
    for value in [PEM.as_bytes(), b"{\"a\": [1, 2]}", b"\xff\x00\xfe", b"one line"] {
        set(&sandbox, "K", value);
        let script = "od -An -v -tx1 \"$1\" | tr -d ' \\n' >&2; echo >&2";
        let out = edit(&sandbox, &["web", "K"], script).succeeds();
        let hex: Vec<_> = value.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(out.stderr.contains(&format!("{}\n", hex.concat())), "{}", out.stderr);
        assert!(out.stderr.ends_with("vault: web: nothing changed\n"));
    }
}

#[test]
fn the_newline_that_an_editor_adds_is_dropped_where_there_was_none() {
    let sandbox = Sandbox::with_vault();
    let cases: [(&[u8], &str, &[u8]); 6] = [
        (b"old", "new\\n", b"new"),
        (b"old", "new", b"new"),
        (b"old\n", "new\\n", b"new\n"),
        (b"{\n}", "{\\n1\\n}\\n", b"{\n1\n}"),
        (b"old", "new\\n\\n", b"new\n\n"),
        (b"\xff\xfe", "\\376\\n", b"\xfe"),
    ];
    for (old, text, new) in cases {
        set(&sandbox, "K", old);
        let out = edit(&sandbox, &["web", "K"], &format!("printf '{text}' >\"$1\"")).succeeds();
        assert!(out.stderr.ends_with("vault: web: changed K\n"), "{}", out.stderr);
        assert_eq!(get(&sandbox, "web", "K"), new);
        // The same again is nothing.
        let out = edit(&sandbox, &["web", "K"], &format!("printf '{text}' >\"$1\"")).succeeds();
        assert!(out.stderr.ends_with("vault: web: nothing changed\n"), "{}", out.stderr);
    }
}

#[test]
fn a_new_key_or_set_begins_with_an_empty_file() {
    let sandbox = Sandbox::with_vault();
    let out = edit(&sandbox, &["web", "K"], "[ ! -s \"$1\" ]").succeeds();
    assert_eq!(out.stderr, "vault: web: nothing changed\n");
    assert!(!sandbox.set_path("web").exists());
    let out = edit(&sandbox, &["web", "K"], "echo password >\"$1\"").succeeds();
    assert_eq!(out.stderr, "vault: web: added K; new, readable by alice\n");
    assert_eq!(get(&sandbox, "web", "K"), b"password");
    let pem = format!("printf %b '{}' >\"$1\"", PEM.replace('\n', "\\n"));
    let out = edit(&sandbox, &["web", "TLS"], &pem).succeeds();
    assert_eq!(out.stderr, "vault: web: added TLS\n");
    assert_eq!(get(&sandbox, "web", "TLS"), PEM.as_bytes());
}

#[test]
fn an_emptied_file_removes_no_value() {
    let sandbox = Sandbox::with_set("web", &["K=one", "EMPTY="]);
    let before = sandbox.set_text("web");
    for empty in [": >\"$1\"", "echo >\"$1\""] {
        let out = edit(&sandbox, &["web", "K"], empty);
        out.fails(1, &["K is empty now", "`vault set web K=`", "`vault unset web K`"]);
    }
    edit(&sandbox, &["web", "EMPTY"], "echo >\"$1\"").fails(0, &["nothing changed"]);
    assert_eq!(sandbox.set_text("web"), before);
}

#[test]
fn note_and_date_stay_with_a_value_that_is_edited_alone() {
    let sandbox = Sandbox::with_vault();
    let noted = ["set", "web", "K=one", "--note", "n", "--expires", "2030-01-31"];
    sandbox.vault(noted).succeeds();
    edit(&sandbox, &["web", "K"], "echo two >\"$1\"").succeeds();
    let key = sandbox.vault(["list", "web", "--json"]).json()["keys"][0].clone();
    assert_eq!((&key["note"], &key["expires"]), (&"n".into(), &"2030-01-31".into()));
}

#[test]
fn bytes_that_are_no_text_earn_a_warning_and_a_value_too_long_is_refused() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    set(&sandbox, "K", b"\xff");
    edit(&sandbox, &["web", "K"], "true").fails(0, &["vault: warning: K is not text"]);
    let long = "head -c 1048577 /dev/zero >\"$1\"";
    edit(&sandbox, &["web", "A"], long)
        .fails(1, &["A: a value is at most 1 MiB", "nothing was written"]);
    assert_eq!(get(&sandbox, "web", "A"), b"one");
}
