//! Which bytes of a file a command changes: those that say what changed, and no others.

use crate::support::{Outcome, Sandbox, SealedText};

/// The lines that only the old and only the new text has, without their common start and end.
fn changed(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let (mut a, mut b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    (a, b) = (a.split_off(same), b.split_off(same));
    while !a.is_empty() && a.last() == b.last() {
        a.pop();
        b.pop();
    }
    let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
    (owned(a), owned(b))
}

/// A set of twenty, K01 to K20, each `value-N`.
fn twenty() -> Sandbox {
    let pairs: Vec<String> = (1..=20).map(|n| format!("K{n:02}=value-{n}")).collect();
    let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
    Sandbox::with_set("web", &pairs)
}

/// What a command changes in the set `web`.
fn change(sandbox: &Sandbox, words: &[&str]) -> (Vec<String>, Vec<String>) {
    let before = sandbox.set_text("web");
    sandbox.vault(words).succeeds();
    changed(&before, &sandbox.set_text("web"))
}

fn nothing_changes(sandbox: &Sandbox, run: impl FnOnce() -> Outcome) -> Outcome {
    let before = sandbox.set_text("web");
    let out = run();
    assert_eq!(sandbox.set_text("web"), before);
    out
}

#[test]
fn an_equal_value_changes_no_byte() {
    let sandbox = twenty();
    let out = nothing_changes(&sandbox, || sandbox.vault(["set", "web", "K07=value-7"]));
    out.fails(0, &["unchanged"]);
    nothing_changes(&sandbox, || {
        sandbox.command(["set", "web", "K07", "--stdin"]).stdin("value-7").run().succeeds()
    });
    let json = r#"{"K01": "value-1", "K20": "value-20"}"#;
    nothing_changes(&sandbox, || {
        sandbox.command(["import", "web", "--format", "json"]).stdin(json).run().succeeds()
    });
}

#[test]
fn an_equal_value_changes_no_byte_of_a_file_edited_by_hand() {
    let sandbox = twenty();
    let text = SealedText(sandbox.set_text("web"));
    let entry = text.block("[values.K09]");
    let moved = text.replaced(&format!("{entry}\n"), "").0;
    let edited = format!("{moved}\n# K09 is special\n\n\n{entry}").replace(" = ", "   =  ");
    sandbox.put(".secrets/sets/web.toml", edited.replace('\n', "\r\n"));
    nothing_changes(&sandbox, || sandbox.vault(["set", "web", "K09=value-9"]).succeeds());
    assert_eq!(sandbox.vault(["get", "web", "K09"]).quietly().text(), "value-9");
}

#[test]
fn one_new_value_of_twenty_changes_one_line() {
    let sandbox = twenty();
    let (old, new) = change(&sandbox, &["set", "web", "K07=other"]);
    let [(old, new)] = [(old.as_slice(), new.as_slice())];
    let ([old], [new]) = (old, new) else { panic!("{old:?} {new:?}") };
    let token = SealedText(sandbox.set_text("web")).token();
    assert!(old.starts_with(&format!("enc = \"{token}:1.1:")), "{old}");
    assert!(new.starts_with(&format!("enc = \"{token}:1.2:")), "{new}");
}

#[test]
fn one_more_key_adds_one_block_and_nothing_else() {
    let sandbox = twenty();
    for key in ["AAA", "K10a", "zzz"] {
        let (old, new) = change(&sandbox, &["set", "web", &format!("{key}=x")]);
        assert!(old.is_empty(), "{old:?}");
        let new: Vec<&str> = new.iter().map(String::as_str).filter(|l| !l.is_empty()).collect();
        let mut new = new.into_iter();
        // A common start may end within the block's header: compare without order.
        assert!(new.clone().any(|line| line == format!("[values.{key}]")), "{new:?}");
        assert!(new.clone().count() == 2 && new.any(|line| line.starts_with("enc = ")));
    }
}

#[test]
fn removing_a_key_removes_its_block_and_nothing_else() {
    let sandbox = twenty();
    let block = SealedText(sandbox.set_text("web")).block("[values.K05]");
    let expected = sandbox.set_text("web").replace(&format!("{block}\n"), "");
    sandbox.vault(["unset", "web", "K05"]).succeeds();
    assert_eq!(sandbox.set_text("web"), expected);
}

#[test]
fn a_missing_key_is_an_error_and_nothing_changes() {
    let sandbox = twenty();
    let out = nothing_changes(&sandbox, || sandbox.vault(["unset", "web", "K01", "NOPE"]));
    out.fails(1, &["web", "NOPE"]);
    nothing_changes(&sandbox, || sandbox.vault(["get", "web", "NOPE"])).fails(1, &["NOPE", "web"]);
    sandbox.vault(["unset", "web", "K01", "NOPE", "--ignore-missing"]).succeeds();
    assert!(!sandbox.set_text("web").contains("[values.K01]"));
    nothing_changes(&sandbox, || {
        sandbox.vault(["unset", "web", "NOPE", "--ignore-missing"]).succeeds()
    });
}

#[test]
fn a_bad_pair_among_good_ones_writes_none_of_them() {
    let sandbox = twenty();
    for bad in ["no key=x", "=x", "K01=again", "é=x", "NO_VALUE"] {
        let words = ["set", "web", "K01=new", "NEW=x", bad];
        nothing_changes(&sandbox, || sandbox.vault(words)).fails(2, &[]);
    }
}

#[test]
fn a_note_changes_its_entry_alone_and_counts_as_a_revision() {
    let sandbox = twenty();
    let note = r#"the "new" \ note"#;
    let words = ["set", "web", "K03=value-3", "--note", note, "--expires", "2031-02-28"];
    let (old, new) = change(&sandbox, &words);
    assert_eq!(old.len(), 1, "{old:?}");
    let token = SealedText(sandbox.set_text("web")).token();
    assert!(new[0].starts_with(&format!("enc = \"{token}:1.2:")), "{new:?}");
    assert_eq!(new[1..], [r#"note = "the \"new\" \\ note""#, "expires = 2031-02-28"]);
    nothing_changes(&sandbox, || sandbox.vault(words).succeeds());
    let (old, new) =
        change(&sandbox, &["set", "web", "K03=value-3", "--note", "", "--expires", "never"]);
    assert_eq!((old.len(), new.len()), (3, 1));
    assert!(new[0].starts_with(&format!("enc = \"{token}:1.3:")), "{new:?}");
}

#[test]
fn a_note_without_a_value_leaves_the_value_and_asks_for_none() {
    let sandbox = Sandbox::with_set("web", &["K=1"]);
    sandbox.vault(["set", "web", "K", "--note", "why"]).fails(0, &["changed K"]);
    sandbox.vault(["set", "web", "K", "--expires", "2091-01-01", "--no-input"]).succeeds();
    let text = sandbox.set_text("web");
    assert!(text.ends_with("note = \"why\"\nexpires = 2091-01-01\n"), "{text}");
    assert_eq!(sandbox.vault(["get", "web", "K"]).quietly().text(), "1");
    let run = || sandbox.vault(["set", "web", "K", "--note", "why"]).fails(0, &["unchanged: K"]);
    nothing_changes(&sandbox, run);
    // A new key has no value to keep, and a source of one is used.
    for words in [["set", "web", "NEW", "--note", "x"], ["set", "new", "K", "--note", "x"]] {
        nothing_changes(&sandbox, || sandbox.vault(words)).fails(2, &["--stdin"]);
    }
    let run = sandbox.command(["set", "web", "K", "--note", "x", "--stdin"]);
    run.stdin("2").run().succeeds();
    assert_eq!(sandbox.vault(["get", "web", "K"]).quietly().text(), "2");
}

#[test]
fn a_new_value_keeps_note_and_expiry() {
    let sandbox = Sandbox::with_vault();
    let words = ["set", "web", "K=1", "--note", "why", "--expires", "2031-01-01"];
    sandbox.vault(words).succeeds();
    let (old, new) = change(&sandbox, &["set", "web", "K=2"]);
    assert_eq!((old.len(), new.len()), (1, 1));
    let text = sandbox.set_text("web");
    assert!(text.ends_with("note = \"why\"\nexpires = 2031-01-01\n"), "{text}");
}

#[test]
fn equal_values_do_not_show_and_lengths_only_by_bucket() {
    let sandbox = Sandbox::with_set("web", &["A=same", "B=same", "C=", "D=0123456789"]);
    let text = SealedText(sandbox.set_text("web"));
    let enc = |key: &str| text.field(&format!("[values.{key}]"), "enc");
    assert_ne!(enc("A"), enc("B"));
    assert!(enc("A").len() == enc("C").len() && enc("A").len() == enc("D").len());
}

#[test]
fn import_merges_and_replaces_only_when_told() {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2", "C=3"]);
    let a = SealedText(sandbox.set_text("web")).block("[values.A]");
    let import = |extra: &[&str]| {
        let words = ["import", "web", "-", "--format", "dotenv"];
        let run = sandbox.command(words.iter().chain(extra));
        run.stdin("A=1\nB=new\nD=4\n").run().succeeds()
    };
    import(&[]);
    assert_eq!(sandbox.vault(["list", "web"]).text(), "A\nB\nC\nD\n");
    import(&["--replace"]);
    assert_eq!(sandbox.vault(["list", "web"]).text(), "A\nB\nD\n");
    assert_eq!(SealedText(sandbox.set_text("web")).block("[values.A]"), a);
    assert_eq!(sandbox.vault(["get", "web", "B"]).text(), "new");
}
