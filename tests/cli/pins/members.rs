//! Nobody is given a data key whose own key this machine has not approved.

use std::fs;

use super::Story;
use crate::support::{Member, Outcome, Sandbox};

/// The team file with one member more.
fn with_member(sandbox: &Sandbox, member: &Member) -> String {
    let text = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    format!("{text}\n[members.{0}]\nto = \"{1} {0}\"\n", member.name, member.to)
}

/// alice's vault with a set, and someone who added themselves to team.toml.
fn with_stranger() -> (Sandbox, Member) {
    let sandbox = Sandbox::with_set("web", &["A=1"]).with_git();
    sandbox.commit("vault");
    let mallory = Member::new("mallory");
    sandbox.put(".secrets/team.toml", with_member(&sandbox, &mallory));
    (sandbox, mallory)
}

/// Each command that makes a file.
fn making(sandbox: &Sandbox) -> Vec<Outcome> {
    sandbox.put("new.env", "A=1\n");
    vec![
        sandbox.vault(["set", "new", "A=1"]),
        sandbox.vault(["import", "new", "new.env", "--format", "dotenv"]),
        sandbox.vault(["copy", "web", "new"]),
    ]
}

#[test]
fn a_member_who_added_themselves_gets_nothing_before_they_are_approved() {
    let (sandbox, mallory) = with_stranger();
    let fingerprint = mallory.to.fingerprint();
    for outcome in making(&sandbox) {
        let words = ["mallory is new here", &fingerprint, mallory.to.as_str(), "sets/new"];
        outcome.fails(2, &words).fails(2, &["not committed yet", "--trust mallory"]);
        assert!(!sandbox.set_path("new").exists());
    }
    sandbox.git(["add", "--all"]);
    sandbox.git_in(&sandbox.work(), "mallory", ["commit", "--quiet", "-m", "a large change"]);
    for outcome in making(&sandbox) {
        outcome.fails(2, &["by mallory <mallory@example.org> on 20", "(a large change)"]);
    }
    // What is there already is written to without a question, and not for her.
    sandbox.vault(["set", "web", "A=2"]).quiet_but_for_notes();
    sandbox.vault(["rename", "web", "site"]).quiet_but_for_notes();
    assert!(!sandbox.set_text("site").contains("mallory"));
    // A name that is not hers does not help her, and a device of hers is another.
    sandbox.vault(["set", "new", "A=1", "--trust", "alice"]).fails(2, &["--trust mallory"]);
    sandbox.vault(["set", "new", "A=1", "--trust", "mallory/a"]).fails(2, &["--trust mallory"]);
}

impl Outcome {
    #[track_caller]
    fn quiet_but_for_notes(self) {
        self.succeeds().never_says("mallory").never_says("warning");
    }
}

#[test]
fn whom_the_command_line_names_is_approved_for_good() {
    for first in [&["set", "new", "A=1", "--trust", "mallory"][..], &["trust", "mallory", "--yes"]]
    {
        let (sandbox, mallory) = with_stranger();
        sandbox.vault(first).succeeds();
        sandbox.vault(["set", "newer", "A=1"]).fails(0, &["readable by alice, mallory"]);
        assert!(sandbox.set_text("newer").contains("[recipients.mallory]"));
        // Another key under the same name is another question.
        let other = Member::new("mallory");
        let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
        sandbox.put(".secrets/team.toml", team.replace(mallory.to.as_str(), other.to.as_str()));
        sandbox.vault(["set", "newest", "A=1"]).fails(
            2,
            &["mallory has another key than before", &mallory.to.fingerprint(), other.to.as_str()],
        );
    }
}

#[test]
fn a_member_whose_key_was_exchanged_gets_nothing_before_that_is_approved() {
    let (sandbox, bob) = with_stranger();
    sandbox.vault(["trust", "mallory", "--yes"]).succeeds();
    let evil = Member::new("mallory");
    let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    sandbox.put(".secrets/team.toml", team.replace(bob.to.as_str(), evil.to.as_str()));
    for outcome in making(&sandbox) {
        outcome.fails(2, &["another key than before", "replaces", &bob.to.fingerprint()]);
    }
    let shown = sandbox.vault(["trust"]);
    shown.fails(2, &["another key than before", "--yes"]);
}

#[test]
fn rules_decide_who_is_asked_about() {
    let (sandbox, _) = with_stranger();
    let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    let rule = "\n[rules.\"sets/prod-*\"]\nread = [\"alice\"]\n";
    sandbox.put(".secrets/team.toml", format!("{team}{rule}"));
    sandbox.vault(["set", "prod-web", "A=1"]).succeeds().never_says("mallory");
    sandbox.vault(["set", "test-web", "A=1"]).fails(2, &["mallory"]);
}

#[test]
fn the_first_contact_takes_the_members_as_they_are_and_says_so_once() {
    let (sandbox, _) = with_stranger();
    let elsewhere = |args: &[&str]| {
        let state = sandbox.root().join("fresh");
        sandbox.command(args).env("XDG_STATE_HOME", state).run()
    };
    elsewhere(&["get", "web", "A"]).fails(0, &["first time in this work tree", "alice, mallory"]);
    elsewhere(&["get", "web", "A"]).quietly();
    elsewhere(&["set", "new", "A=1"]).succeeds().never_says("first time");
    // However it begins, the note stays away where it is not wanted.
    let quiet = |args: &[&str]| {
        let state = sandbox.root().join("quiet");
        sandbox.command(args).env("XDG_STATE_HOME", state).run()
    };
    quiet(&["-q", "exec", "web", "--", "true"]).quietly();
    quiet(&["exec", "web", "--", "true"]).quietly();
}

#[test]
fn a_vault_whose_id_was_changed_is_refused_until_it_is_trusted() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    let path = story.sandbox.work().join(".secrets/team.toml");
    let team = fs::read_to_string(&path).unwrap();
    let id = team.lines().find(|line| line.starts_with("id = ")).unwrap();
    story
        .sandbox
        .put(".secrets/team.toml", team.replace(id, "id = \"b64:AAAAAAAAAAAAAAAAAAAAAA\""));
    story.sandbox.commit("another vault");
    let words = ["team.toml", "its id was changed", "`vault trust`"];
    for (command, code) in [
        (&["get", "web", "A"][..], 4),
        (&["set", "web", "A=1"], 4),
        (&["set", "new", "A=1"], 4),
        (&["exec", "web", "--", "true"], 125),
        (&["access"], 4),
        (&["recipient", "list"], 4),
        (&["exposed"], 4),
    ] {
        story.sandbox.vault(command).fails(code, &words);
    }
    let shown = story.sandbox.vault(["trust"]);
    shown.fails(2, &["(another vault)", "--yes"]);
    story.trusts(".secrets/team.toml");
    // The files are those that were known, and the members too.
    story.reads("good").push(&story.made("bad")).refuses(&["another file"]);
}
