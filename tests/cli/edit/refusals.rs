//! What `vault edit` refuses, and that nothing is written or said then.

use super::*;

/// Tries this in a set with a canary in it, which must then be as it was.
#[track_caller]
fn refused(args: &[&str], script: &str, words: &[&str]) {
    let sandbox = Sandbox::with_set("web", &[&format!("A={CANARY}"), "B=two"]);
    let before = sandbox.set_text("web");
    edit(&sandbox, args, script).never_says(CANARY).fails(1, words);
    assert_eq!(sandbox.set_text("web"), before);
}

#[test]
fn a_text_that_is_not_understood_is_refused_by_its_line() {
    for (text, words) in [
        (format!("A = {CANARY}"), "line 1: the value is not in quotes"),
        (format!("A = 'x'\nB = '{CANARY}"), "line 2: the quote that opens here is never closed"),
        (format!("A = 'x'\n{CANARY}"), "line 2: there is no `=` after a key"),
        (format!("A = 'x'\n'{CANARY} ' = 'x'"), "line 2: a key is 1 to 64 letters"),
        (format!("A = 'x'\nA = '{CANARY}'"), "line 2: this key is given twice"),
        (format!("A = ['{CANARY}']"), "line 1: the value is neither a string nor a table"),
        (format!("[{CANARY}]"), "line 1: the value is neither a string nor a table"),
        (format!("A = {{ base64 = '{CANARY}' }}"), "line 1: the value is not base64"),
        (format!("# expires: {CANARY}\nA = ''"), "line 1: a date is a real day"),
        (format!("# note: {CANARY}\n\nA = ''"), "line 1: a note or date stands right above"),
        (format!("A = '{CANARY}' {CANARY}"), "line 1: text follows the value"),
    ] {
        refused(&["web"], &all(&text), &["vault: error: web: ", words, "nothing was written"]);
    }
    let latin = format!("printf 'A = \"{CANARY}\\377\"' >\"$1\"");
    refused(&["web"], &latin, &["line 1: the text is not UTF-8"]);
}

#[test]
fn a_set_is_not_emptied_by_an_empty_text() {
    for script in [": >\"$1\"", "sed -i '/=/d' \"$1\""] {
        refused(&["web"], script, &["web: no key is left", "`vault delete SET`"]);
    }
}

#[test]
fn what_the_editor_leaves_behind_must_be_a_file_of_reasonable_size() {
    refused(&["web"], "rm \"$1\"", &["cannot read", "nothing was written"]);
    refused(&["web"], "rm \"$1\"; mkdir \"$1\"", &["is not a regular file"]);
    refused(&["web"], "rm \"$1\"; ln -s /etc/passwd \"$1\"", &["is not a regular file"]);
    refused(&["web"], "rm \"$1\"; mkfifo \"$1\"", &["is not a regular file"]);
    refused(&["web"], "truncate -s 200M \"$1\"", &["is larger than"]);
}

#[test]
fn an_editor_that_fails_discards_what_was_written() {
    let change = all("A = 'changed'");
    refused(
        &["web"],
        &format!("{change}\nexit 7"),
        &["web: sh ended with status 7", "nothing was written"],
    );
    refused(&["web"], &format!("{change}\nkill -KILL $$"), &["web: sh was ended by signal 9"]);
    refused(&["web", "A"], "echo x >\"$1\"; kill -INT $$", &["sh was ended by signal 2"]);
}

#[test]
fn an_entry_of_more_than_a_mebibyte_is_refused_by_its_line() {
    let long = "echo \"A = '$(head -c 1048577 /dev/zero | tr '\\0' x)'\" >\"$1\"";
    refused(&["web"], long, &["line 1: a value is at most 1 MiB"]);
}

#[test]
fn the_rules_of_the_team_are_asked_before_a_person_writes_anything() {
    let sandbox = Sandbox::with_vault();
    let team = sandbox.work().join(".secrets/team.toml");
    let text = fs::read_to_string(&team).unwrap();
    put(&team, format!("{text}\nnonsense\n"));
    let out = edit(&sandbox, &["web"], "echo started >&2");
    assert_eq!(out.code, Some(4), "{}", out.stderr);
    assert!(!out.stderr.contains("started"));
}

#[test]
fn without_an_identity_nothing_is_shown() {
    let sandbox = Sandbox::with_set("web", &["A=one"]);
    fs::remove_file(sandbox.identity()).unwrap();
    edit(&sandbox, &["web"], "echo started >&2")
        .fails(3, &["no identity at hand"])
        .never_says("started");
    let wrong = sandbox.vault(["edit", "web", CANARY.repeat(9).as_str()]);
    wrong.never_says(CANARY).ends(2);
}
