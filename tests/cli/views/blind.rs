//! Without an identity that can be used at once: what stands in clear is shown, nothing is asked,
//! and nothing fails.

use std::fs;

use super::{Desk, Eyes, put};

fn shows_structure(desk: &Desk, who: Eyes) {
    let diff = desk.diff_as(who, ["--", "web"]).quietly().text();
    assert!(diff.contains("no identity at hand opens it without a question"), "{diff}");
    assert!(diff.contains("~ URL = ••• (since 1, rev 1) -> ••• (since 1, rev 2)\n"), "{diff}");
    assert!(!diff.contains("PORT"), "{diff}");
    let document = desk.diff_as(who, ["--json", "--", "web"]).quietly().json();
    assert_eq!(document["changes"][0]["change"], "changed");
    let git = |args: &[&str]| desk.git_as(who, args).run().quietly_enough().text();
    assert!(git(&["diff"]).contains("~ URL = ••• (since 1, rev 1) -> "));
    let log = git(&["log", "-p"]);
    assert!(log.contains("+URL = ••• (since 1, rev 1)\n"), "{log}");
    let past = desk.vault_as(who, ["log", "web"]).run().quietly().text();
    assert!(past.contains("+ web URL\n"), "{past}");
}

#[test]
fn without_any_identity() {
    let desk = Desk::new();
    desk.set("URL=other");
    shows_structure(&desk, Eyes::Nobody);
}

#[test]
fn an_identity_behind_a_passphrase_is_not_asked_for() {
    let desk = Desk::new();
    desk.set("URL=other");
    desk.lock();
    shows_structure(&desk, Eyes::Alice);
}

#[test]
fn a_command_that_brings_an_identity_is_run_for_a_person_and_never_for_git() {
    let desk = Desk::new();
    desk.set("URL=other");
    let ran = desk.sandbox.root().join("ran");
    let line =
        format!("sh -c 'echo x >> {}; cat {}'", ran.display(), desk.sandbox.identity().display());
    let run = desk.git_as(Eyes::Nobody, ["diff"]).env("VAULT_IDENTITY_COMMAND", &line);
    assert!(run.run().quietly_enough().text().contains("(since 1"));
    let run = desk.git_as(Eyes::Nobody, ["log", "-p"]).env("VAULT_IDENTITY_COMMAND", &line);
    run.run().quietly_enough();
    assert!(!ran.exists());
    let run = desk.vault_as(Eyes::Nobody, ["diff"]).env("VAULT_IDENTITY_COMMAND", &line);
    assert!(!run.run().quietly().text().contains("(since 1"));
    assert_eq!(fs::read(&ran).unwrap(), b"x\n");
}

#[test]
fn a_broken_identity_does_not_end_what_git_does() {
    let desk = Desk::new();
    desk.set("URL=other");
    put(&desk.sandbox.identity(), "nonsense");
    assert!(desk.git(["diff"]).contains("~ URL = ••• (since"));
    assert!(desk.git(["log", "-p"]).contains("URL = ••• (since"));
    desk.diff_as(Eyes::Alice, ["web"]).fails(1, &["identity"]);
}

#[test]
fn no_change_is_hidden_from_those_who_cannot_tell_what_it_means() {
    let desk = Desk::new();
    let text = desk.text();
    let line = text.lines().find(|line| line.starts_with("enc = ")).unwrap();
    // Other bytes under the same counters.
    let other = line.replace("1.1:", "1.1:AAAA");
    put(&desk.file(), text.replace(line, &other));
    let diff = desk.diff_as(Eyes::Nobody, ["--", "web"]).quietly().text();
    assert!(diff.contains("(perhaps the same value)"), "{diff}");
    desk.commit("other bytes");
    let log = desk.git_as(Eyes::Nobody, ["log", "-p", "-1"]).run().quietly_enough().text();
    assert!(log.contains("+# vault: values as since and rev tell; its bytes: "), "{log}");
}

#[test]
fn a_home_that_cannot_be_written_ends_nothing_and_no_digits_deceive() {
    let desk = Desk::new();
    desk.set("URL=other");
    let blocked = desk.sandbox.root().join("blocked");
    put(&blocked, "a file where a folder belongs");
    let git = |args: &[&str]| {
        let run = desk.git_as(Eyes::Alice, args).env("XDG_STATE_HOME", &blocked);
        run.run().quietly_enough().text()
    };
    // Two processes would make digits of two keys: then everything would seem to have changed.
    desk.commit("other");
    let log = git(&["log", "-p", "-1"]);
    assert!(log.contains("-URL = ••• (since 1, rev 1)\n+URL = ••• (since 1, rev 2)\n"), "{log}");
    assert!(!log.contains("+PORT"), "{log}");
    assert!(git(&["diff", "HEAD~"]).contains("~ URL = ••• (since 1, rev 1) -> "));
    let run =
        desk.vault_as(Eyes::Alice, ["diff", "HEAD~", "--", "web"]).env("XDG_STATE_HOME", &blocked);
    let text = run.run().succeeds().text();
    assert!(text.contains("~ URL = ••• ") && !text.contains("PORT"), "{text}");
}
