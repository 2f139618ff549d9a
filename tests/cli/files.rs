//! `exec --file`: secrets as files in memory, for as long as the command runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{CANARY, Living, Outcome, Run, Sandbox};

/// A place in memory of this test's own, so that no other vault sweeps there.
fn memory() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap()
}

fn entries(place: &Path) -> Vec<PathBuf> {
    fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// `vault exec WORDS -- sh -c SCRIPT`, with its files there.
fn command(sandbox: &Sandbox, place: &Path, words: &[&str], script: &str) -> Run {
    let words = [&["exec"], words, &["--", "sh", "-c", script]].concat();
    sandbox.command(words).env("XDG_RUNTIME_DIR", place)
}

fn exec(sandbox: &Sandbox, words: &[&str], script: &str) -> Outcome {
    let place = memory();
    let out = command(sandbox, place.path(), words, script).run();
    assert!(entries(place.path()).is_empty(), "files are left: {out:?}");
    out
}

#[test]
fn a_file_holds_the_value_to_the_byte_and_only_its_owner_may_read_it() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let from = sandbox.put("value", &bytes);
    sandbox.vault(["set", "web", "BLOB", "--from-file", from.to_str().unwrap()]).succeeds();
    let script = "cmp $BLOB_FILE value && stat -c '%a %F' $BLOB_FILE && stat -c %a ${BLOB_FILE%/*} && \
                  basename $BLOB_FILE && echo ${BLOB-unset} $TOKEN";
    let out = exec(&sandbox, &["web", "--file", "BLOB"], script).quietly();
    assert_eq!(out.text(), "400 regular file\n700\nBLOB\nunset s3cret\n");
}

#[test]
fn a_command_ends_as_it_would_without_vault_and_the_files_are_gone() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    for (script, code) in [("exit 7", 7), ("kill -9 $$", 137), ("chmod 600 $TOKEN_FILE", 0)] {
        exec(&sandbox, &["web", "--file", "TOKEN"], script).ends(code);
    }
    // What the command put beside it goes too.
    let script = "mkdir ${TOKEN_FILE%/*}/more && cp $TOKEN_FILE ${TOKEN_FILE%/*}/more/copy";
    exec(&sandbox, &["web", "--file", "TOKEN"], script).quietly();
    let place = memory();
    let missing = ["exec", "web", "--file", "TOKEN", "--", "no-such-command"];
    sandbox.command(missing).env("XDG_RUNTIME_DIR", place.path()).run().ends(127);
    assert!(entries(place.path()).is_empty());
}

/// A command that has its file and waits; its first line says where that is.
fn waiting(sandbox: &Sandbox, place: &Path) -> (Living, PathBuf) {
    let script = "echo $TOKEN_FILE; read line; exit 3";
    let living = Living::start(command(sandbox, place, &["web", "--file", "TOKEN"], script));
    let path = PathBuf::from(living.line());
    assert!(path.is_file(), "{}", path.display());
    (living, path)
}

#[test]
fn no_signal_to_vault_leaves_a_file_behind() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    for (name, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1), ("-QUIT", 3)] {
        let place = memory();
        let (mut living, _) = waiting(&sandbox, place.path());
        living.kill(name);
        assert_eq!(living.wait().code(), Some(128 + number));
        assert!(entries(place.path()).is_empty(), "{name}");
    }
}

#[test]
fn what_a_killed_vault_left_is_swept_by_the_next_and_what_is_in_use_is_not() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let place = memory();
    let (mut living, in_use) = waiting(&sandbox, place.path());
    let (mut dead, left) = waiting(&sandbox, place.path());
    dead.kill("-KILL");
    dead.wait();
    assert!(left.exists());
    command(&sandbox, place.path(), &["web", "--file", "TOKEN"], "true").run().quietly();
    assert!(!left.parent().unwrap().exists());
    assert_eq!(fs::read(&in_use).unwrap(), b"s3cret");
    living.close_stdin();
    assert_eq!(living.wait().code(), Some(3));
    assert!(entries(place.path()).is_empty());
}

#[test]
fn the_variable_is_the_key_with_prefix_and_suffix_or_as_it_was_asked_for() {
    let sandbox = Sandbox::with_set("web", &["CERT=c", "TOKEN=t"]);
    let env = "env | sed -n 's,=/dev/shm/.*/,=,p' | sort";
    let seen = |words: &[&str]| exec(&sandbox, words, env).succeeds().text();
    assert_eq!(seen(&["web", "--file", "CERT"]), "CERT_FILE=CERT\n");
    assert_eq!(seen(&["web", "--file", "CERT", "--prefix", "A_"]), "A_CERT_FILE=CERT\n");
    assert_eq!(seen(&["web", "--file", "CERT=X", "--prefix", "A_"]), "X=CERT\n");
    assert_eq!(seen(&["web", "--file", "CERT=CERT"]), "CERT=CERT\n");
    let both = ["web", "--file", "CERT", "--file", "CERT=X", "--file", "TOKEN"];
    assert_eq!(seen(&both), "CERT_FILE=CERT\nTOKEN_FILE=TOKEN\nX=CERT\n");
    assert_eq!(seen(&["web", "--file", "CERT", "--pristine"]), "CERT_FILE=CERT\n");
}

#[test]
fn a_key_that_is_passed_as_a_file_is_passed_no_other_way() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let place = memory();
    let script = "echo ${TOKEN-unset} ${TOKEN_FILE##*/}";
    let seen = |words: &[&str], inherited: &[(&str, &str)]| {
        let words = [&["web", "--file", "TOKEN"], words].concat();
        let run = command(&sandbox, place.path(), &words, script);
        inherited.iter().fold(run, |run, (name, value)| run.env(name, value)).run().quietly().text()
    };
    assert_eq!(seen(&[], &[("TOKEN", "old")]), "unset TOKEN\n");
    assert_eq!(seen(&["--keep-existing"], &[("TOKEN", "old")]), "unset TOKEN\n");
    assert_eq!(seen(&["--pristine", "--pass", "TOKEN"], &[("TOKEN", "old")]), "unset TOKEN\n");
    // What is asked for by name wins, as it does over every key.
    assert_eq!(seen(&["--env", "TOKEN=mine"], &[]), "mine TOKEN\n");
    assert_eq!(seen(&["--env", "TOKEN_FILE=/mine"], &[]), "unset mine\n");
    assert_eq!(seen(&[], &[("TOKEN_FILE", "/old")]), "unset TOKEN\n");
    assert_eq!(seen(&["--keep-existing"], &[("TOKEN_FILE", "/old")]), "unset old\n");
    assert_eq!(seen(&["--require", "TOKEN"], &[]), "unset TOKEN\n");
}

#[test]
fn a_file_that_cannot_be_passed_is_an_error_before_the_command_starts() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret", "OTHER=o", "OTHER_FILE=x"]);
    let refused = |words: &[&str], said: &[&str]| {
        let out = exec(&sandbox, words, "echo started");
        assert_eq!(out.text(), "");
        out.fails(125, said).never_says("s3cret");
    };
    refused(&["web", "--file", "NONE"], &["--file NONE: no selected key", "vault list"]);
    refused(&["web", "--only", "OTHER", "--file", "TOKEN"], &["--file TOKEN: no selected key"]);
    refused(&["web", "--except", "TOKEN", "--file", "TOKEN"], &["--file TOKEN: no selected key"]);
    refused(&["web", "--file", "TOKEN=PATH"], &["not passed", "PATH", "--allow-env PATH"]);
    refused(&["web", "--file", "TOKEN=OTHER"], &["OTHER is needed", "--file TOKEN=NAME"]);
    refused(&["web", "--file", "OTHER"], &["OTHER_FILE is needed", "--file OTHER=NAME"]);
    refused(&["web", "--file", "TOKEN=X", "--file", "OTHER=X"], &["X is needed"]);
    refused(&["web", "--file", "a b"], &["a file is KEY or KEY=NAME"]);
    refused(&["web", "--file", "TOKEN=a.b"], &["a file is KEY or KEY=NAME"]);
    refused(&["web", "--strict-names", "--file", "TOKEN=a-b"], &["no shell can hold"]);
    let out = exec(&sandbox, &["web", "--file", "TOKEN=a-b"], "true").succeeds();
    assert!(out.stderr.contains("a shell on the way drops variables of this name: a-b"));
}

#[test]
fn a_value_that_no_variable_can_hold_is_told_the_way_and_takes_it() {
    let sandbox = Sandbox::with_vault();
    let from = sandbox.put("value", [CANARY.as_bytes(), b"\0"].concat());
    sandbox.vault(["set", "web", "BLOB", "--from-file", from.to_str().unwrap()]).succeeds();
    let hint = "`--file BLOB` passes it as a file";
    sandbox.vault(["exec", "web", "--", "true"]).fails(125, &["NUL", hint]).never_says(CANARY);
    exec(&sandbox, &["web", "--file", "BLOB"], "cmp $BLOB_FILE value").quietly();
}

#[test]
fn a_place_that_others_may_change_is_not_taken() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cret"]);
    let place = memory();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let out =
        command(&sandbox, place.path(), &["web", "--file", "TOKEN"], "echo $TOKEN_FILE").run();
    let path = out.quietly().text();
    assert!(!path.starts_with(place.path().to_str().unwrap()), "{path}");
}

#[test]
fn a_running_command_finds_the_new_value_when_it_is_told_of_a_change() {
    let sandbox = Sandbox::with_set("web", &["TOKEN=old-value", "KEPT=k"]);
    let place = memory();
    let script = "trap 'cat $TOKEN_FILE; echo; echo ${TOKEN_FILE%/*}' HUP; echo ${TOKEN_FILE%/*}; \
                  while :; do sleep 0.05; done";
    let words = ["web", "--watch", "--signal", "HUP", "--file", "TOKEN", "--mask"];
    let mut living = Living::start(command(&sandbox, place.path(), &words, script));
    let folder = living.line();
    sandbox.vault(["set", "web", "TOKEN=new-value"]).succeeds();
    // Masked, since that is a secret now, and in the same file as before.
    assert_eq!(living.line(), "***");
    assert_eq!(living.line(), folder);
    assert_eq!(fs::read(Path::new(&folder).join("TOKEN")).unwrap(), b"new-value");
    living.kill("-TERM");
    living.wait();
    assert!(entries(place.path()).is_empty());
}
