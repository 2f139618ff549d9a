//! Which editor is run, and with what.

use super::*;

#[test]
fn visual_comes_before_editor_and_words_are_those_of_a_shell() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let run = |visual: &str, editor: &str| {
        sandbox.command(["edit", "web"]).env("VISUAL", visual).env("EDITOR", editor).run()
    };
    run("sh -c 'echo visual \"$1\" >&2' -- 'a  b'", "false").fails(0, &["visual a  b\n"]);
    run("", "sh -c 'echo editor >&2'").fails(0, &["editor\n"]);
    run("", "false").fails(1, &["false ended with status 1"]);
    // No shell: nothing is expanded, and nothing is run but the program.
    run("", "echo $HOME ; >&2").fails(0, &["$HOME ; >&2 /"]);
}

#[test]
fn an_editor_that_cannot_be_run_is_named_and_its_arguments_are_not() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    for (editor, words) in [
        (format!("no-such-editor {CANARY}"), "$EDITOR: there is no program no-such-editor"),
        (format!("/nowhere/ed {CANARY}"), "$EDITOR: there is no program ed"),
        (format!("vim '{CANARY}"), "$EDITOR has an unclosed quote"),
        ("  ".to_owned(), "$EDITOR has an unclosed quote"),
        (sandbox.work().display().to_string(), "there is no program work"),
    ] {
        let out = sandbox.command(["edit", "web"]).env("EDITOR", &editor).run();
        out.never_says(CANARY).fails(1, &[words]);
    }
    let none = sandbox.command(["edit", "web"]).env("PATH", "/nowhere").run();
    none.fails(1, &["neither $VISUAL nor $EDITOR is set", "EDITOR=vim"]);
    let script = sandbox.put("no-program", "\x7fELF");
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let out = sandbox.command(["edit", "web"]).env("EDITOR", script).run();
    out.fails(1, &["cannot run no-program: "]);
}

#[test]
fn an_editor_that_gives_the_text_to_another_process_is_refused_unless_allowed() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let folder = sandbox.root().join("bin");
    fs::create_dir(&folder).unwrap();
    let code = folder.join("code");
    put(&code, "#!/bin/sh\necho started >&2\n");
    fs::set_permissions(&code, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = code.display();
    let editors = [
        format!("{path} --wait"),
        format!("env X=1 {path} --wait"),
        "emacsclient -t".to_owned(),
        "gvim -f".to_owned(),
        "Cursor --wait".to_owned(),
        "xdg-open".to_owned(),
    ];
    for editor in &editors {
        let out = sandbox.command(["edit", "web"]).env("EDITOR", editor).run();
        out.never_says("started").fails(1, &["gives the text to a process", "--allow-gui-editor"]);
    }
    let allowed = ["edit", "web", "--allow-gui-editor"];
    let out = sandbox.command(allowed).env("EDITOR", &editors[0]).run();
    out.fails(0, &["warning: code may keep copies", "started\n", "nothing changed"]);
}

#[test]
fn the_editor_gets_no_identity_and_its_temporary_files_go_where_the_text_is() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let identity = fs::read_to_string(sandbox.identity()).unwrap();
    let script = r#"
        env | grep VAULT_ >&2 || true
        for at in TMPDIR TMP TEMP XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR; do
            [ "$(eval "echo \$$at")" = "$(dirname "$1")" ] || echo "$at is elsewhere" >&2
        done
        echo "home $HOME" >&2
        : >"$TMPDIR/copy"
    "#;
    let run = editing(&sandbox, &["web"], script).env("VAULT_IDENTITY", &identity);
    let run =
        run.env("VAULT_ADDR", "http://kept").env("TMPDIR", "/tmp").env("XDG_CACHE_HOME", "/tmp");
    let out = run.run().succeeds();
    let home = sandbox.home();
    let want =
        format!("VAULT_ADDR=http://kept\nhome {}\nvault: web: nothing changed\n", home.display());
    assert_eq!(out.stderr, want);
}

#[test]
fn the_editor_is_an_ordinary_process() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let script =
        "grep -E 'SigBlk|SigPnd' /proc/self/status >&2; ls -l /proc/self/fd >&2; ulimit -Sc >&2";
    let out = edit(&sandbox, &["web"], script).succeeds();
    assert_eq!(out.stderr.matches("\t0000000000000000\n").count(), 2, "{}", out.stderr);
    assert!(!out.stderr.contains("vault-edit."), "a descriptor of vault's: {}", out.stderr);
    assert!(out.stderr.contains("\n0\n"), "its crash would leave a core file: {}", out.stderr);
}

#[test]
fn an_editor_that_draws_is_not_started_where_nobody_sees_it() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let vim = sandbox.root().join("vim");
    put(&vim, "#!/bin/sh\necho started >&2\n");
    fs::set_permissions(&vim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let out = sandbox.command(["edit", "web"]).env("EDITOR", vim).run();
    out.never_says("started").fails(2, &["vim needs a terminal"]);
}
