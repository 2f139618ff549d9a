//! What pins do not tell: they know data keys and no values.

use std::fs;

use crate::support::Sandbox;

#[test]
fn an_older_value_under_the_same_data_key_is_read_and_only_a_comparison_tells() {
    let sandbox = Sandbox::with_set("web", &["A=one"]).with_git();
    sandbox.commit("one");
    let older = fs::read(sandbox.set_path("web")).unwrap();
    sandbox.vault(["set", "web", "A=two", "B=new"]).succeeds();
    sandbox.commit("two");
    sandbox.vault(["get", "web", "A"]).quietly();
    sandbox.put(".secrets/sets/web.toml", older);
    // If this fails, the documents promise too little: threat-model.md, SECURITY.md, README.md.
    assert_eq!(sandbox.vault(["get", "web", "A"]).quietly().text(), "one");
    sandbox.vault(["verify"]).succeeds();
    let shown = sandbox.vault(["diff"]).succeeds().text();
    assert!(shown.contains("rev of A fell from 2 to 1: an older entry is back"), "{shown}");
    sandbox.commit("put back");
    assert_eq!(sandbox.vault(["get", "web", "A"]).quietly().text(), "one");
    let shown = sandbox.vault(["review", "--base", "HEAD~1"]).succeeds().text();
    assert!(shown.contains("an older A was put back"), "{shown}");
    sandbox.vault(["verify", "--base", "HEAD~1"]).ends(1);
}

#[test]
fn what_was_put_back_is_refused_once_the_data_key_was_rotated() {
    let sandbox = Sandbox::with_set("web", &["A=one"]).with_git();
    sandbox.commit("one");
    let older = fs::read(sandbox.set_path("web")).unwrap();
    sandbox.vault(["set", "web", "A=two"]).succeeds();
    sandbox.vault(["rekey", "web", "--rotate"]).succeeds();
    sandbox.commit("two");
    sandbox.put(".secrets/sets/web.toml", older);
    sandbox.commit("put back");
    sandbox.vault(["get", "web", "A"]).fails(4, &["has come back", "`vault trust web`"]);
}
