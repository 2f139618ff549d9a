//! Somebody else changes the set while a person is in the editor.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

/// Runs `vault edit`, lets `meanwhile` happen while the editor is open, and then the script.
fn while_editing(
    sandbox: &Sandbox,
    args: &[&str],
    script: &str,
    meanwhile: impl FnOnce(),
) -> Outcome {
    let pipe = sandbox.root().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Reading is what an editor may do anywhere.
    let waiting = format!("read -r _ <'{}'\n{script}", pipe.display());
    let mut command = editing(sandbox, args, &waiting).into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Opens as soon as the editor reads.
    let mut go_on = OpenOptions::new().write(true).open(&pipe).unwrap();
    meanwhile();
    writeln!(go_on).unwrap();
    drop(go_on);
    fs::remove_file(pipe).unwrap();
    Outcome::from(child.wait_with_output().unwrap())
}

fn export(sandbox: &Sandbox) -> serde_json::Value {
    sandbox.vault(["export", "web", "--format", "json"]).json()
}

#[test]
fn nobody_waits_for_the_person_and_changes_of_other_entries_are_both_kept() {
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two", "C=three"]);
    let script = "sed -i -e 's/one/ONE/' -e '/^C/d' \"$1\"";
    let out = while_editing(&sandbox, &["web"], script, || {
        sandbox.vault(["set", "web", "B=TWO", "D=four"]).succeeds();
        sandbox.vault(["set", "web", "A=one", "--note", "theirs"]).succeeds();
    });
    out.fails(0, &["web: it was changed meanwhile", "web: changed A; removed C\n"]);
    let want = serde_json::json!({"A": "ONE", "B": "TWO", "D": "four"});
    assert_eq!(export(&sandbox), want);
    let keys = sandbox.vault(["list", "web", "--json"]).json()["keys"].clone();
    assert_eq!(keys[0]["note"], "theirs", "a note beside a value that I changed");
}

#[test]
fn the_same_change_twice_is_no_conflict() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    let out = while_editing(&sandbox, &["web"], "sed -i 's/one/two/' \"$1\"", || {
        sandbox.vault(["set", "web", "A=two"]).succeeds();
    });
    out.fails(0, &["web: nothing changed"]);
    assert_eq!(get(&sandbox, "web", "A"), b"two");
}

#[test]
fn what_both_changed_is_named_and_theirs_stays_where_nobody_can_be_asked() {
    let mine = format!("sed -i -e 's/one/{CANARY}/' -e '/^B/d' -e 's/three/same/' \"$1\"");
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two", "C=three"]);
    let mut after = String::new();
    let out = while_editing(&sandbox, &["web"], &mine, || {
        sandbox.vault(["set", "web", "A=theirs", "B=theirs", "C=same"]).succeeds();
        after = sandbox.set_text("web");
    });
    out.never_says(CANARY).fails(
        1,
        &["changed by somebody else meanwhile, and by you: A, B\n", "nothing was written"],
    );
    assert_eq!(sandbox.set_text("web"), after);
}

#[test]
fn a_value_edited_alone_meets_the_same_rules() {
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two"]);
    let out = while_editing(&sandbox, &["web", "A"], "echo ONE >\"$1\"", || {
        sandbox.vault(["set", "web", "B=TWO"]).succeeds();
    });
    out.fails(0, &["web: changed A\n"]);
    assert_eq!(export(&sandbox), serde_json::json!({"A": "ONE", "B": "TWO"}));
    let out = while_editing(&sandbox, &["web", "A"], "echo mine >\"$1\"", || {
        sandbox.vault(["set", "web", "A=theirs"]).succeeds();
    });
    out.fails(1, &["and by you: A\n"]);
    assert_eq!(get(&sandbox, "web", "A"), b"theirs");
}

#[test]
fn a_set_that_is_deleted_meanwhile_is_not_half_made_again() {
    let sandbox = Sandbox::with_set("web", &["A=one", "B=two"]);
    let out = while_editing(&sandbox, &["web"], "sed -i 's/one/ONE/' \"$1\"", || {
        sandbox.vault(["delete", "web", "-y"]).succeeds();
    });
    out.fails(1, &["web was deleted meanwhile", "nothing was written"]);
    assert!(!sandbox.set_path("web").exists());
}

#[test]
fn a_set_that_is_made_meanwhile_is_added_to() {
    let sandbox = Sandbox::with_vault();
    let out = while_editing(&sandbox, &["web"], "echo 'A = \"one\"' >>\"$1\"", || {
        sandbox.vault(["set", "web", "B=two"]).succeeds();
    });
    out.fails(0, &["web: it was changed meanwhile", "web: added A\n"]);
    assert_eq!(export(&sandbox), serde_json::json!({"A": "one", "B": "two"}));
}
