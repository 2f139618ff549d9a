//! `vault log`: who changed which entry, from git's history.

use serde_json::json;

use super::{Desk, Eyes};
use crate::support::CANARY;

/// What is told, without the lines that name commits but their subjects.
fn told(text: &str) -> String {
    let line = |line: &str| match line.split_once("@example.org>: ") {
        Some((_, subject)) => format!("[{subject}]"),
        None => line.trim_start().to_owned(),
    };
    text.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn log(desk: &Desk, args: &[&str]) -> String {
    let run = desk.vault_as(Eyes::Alice, ["log"].iter().chain(args)).run();
    told(&run.never_says(CANARY).quietly().text())
}

#[test]
fn a_story_with_edits_rotations_and_renames() {
    let desk = Desk::new();
    desk.set("URL=other");
    desk.commit("edit");
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.commit("rotate");
    desk.vault(["rename", "web", "URL", "DSN"]).succeeds();
    desk.commit("entry renamed");
    desk.vault(["rename", "web", "site"]).succeeds();
    desk.commit("set renamed");
    desk.vault(["set", "site", "PORT=80", "--note", "http"]).succeeds();
    desk.vault(["unset", "site", "TOKEN"]).succeeds();
    desk.commit("note");
    assert_eq!(
        log(&desk, &[]),
        "[note] ~ site PORT: note or expiry - site TOKEN \
         [set renamed] ~ site: was web ~ site: data key: epoch 2 -> 3 site: 3 values re-encrypted \
         [entry renamed] ~ web DSN: was URL \
         [rotate] ~ web: data key: epoch 1 -> 2 web: 3 values re-encrypted \
         [edit] ~ web URL \
         [start] + web: new + web PORT + web TOKEN + web URL"
    );
    let dsn = "[set renamed] site DSN: re-encrypted [entry renamed] ~ web DSN: was URL \
               [rotate] web URL: re-encrypted [edit] ~ web URL [start] + web URL";
    assert_eq!(log(&desk, &["site", "DSN"]), dsn);
    // It is no more, and was called so.
    assert_eq!(log(&desk, &["web", "DSN"]), dsn);
    let nothing = desk.vault(["log", "site", "NOTHING"]);
    nothing.fails(1, &["no commit that is here changed site NOTHING"]);
    desk.vault(["log", "other"]).fails(1, &["changed other", "vault list"]);
}

#[test]
fn it_says_who_and_when_in_a_form_for_scripts() {
    let desk = Desk::new();
    let bob = desk.add("bob");
    desk.git(["add", "--all"]);
    let message = "bob \u{1b}[31mcomes";
    desk.git(["commit", "--quiet", "--date=2020-02-03T04:05:06Z", "-m", message, "-m", "body"]);
    let document = desk.vault(["log", "web", "--json"]).quietly().json();
    let id = desk.git(["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(
        document[0],
        json!({
            "commit": id,
            "author": "alice <alice@example.org>",
            "date": "2020-02-03",
            "subject": message,
            "set": "web",
            "recipient": "bob",
            "change": "added",
        })
    );
    assert_eq!(document[1]["change"], "created");
    assert_eq!(document[2]["key"], "PORT");
    let text = desk.vault(["log"]).quietly().text();
    let first =
        format!("{} 2020-02-03 alice <alice@example.org>: bob \\u{{1b}}[31mcomes\n", &id[..12]);
    assert!(text.starts_with(&first), "{text}");
    assert!(text.contains(&format!("+ web: reader bob  {}\n", bob.to)), "{text}");
}

#[test]
fn without_a_key_counters_tell_and_nothing_is_guessed() {
    let desk = Desk::new();
    desk.vault(["rename", "web", "URL", "DSN"]).succeeds();
    desk.commit("renamed");
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.set("PORT=81");
    desk.commit("rotate");
    let run = desk.vault_as(Eyes::Nobody, ["log"]).run();
    assert_eq!(
        told(&run.quietly().text()),
        "[rotate] ~ web: data key: epoch 1 -> 2 ~ web PORT web: 2 values re-encrypted \
         [renamed] + web DSN - web URL [start] + web: new + web PORT + web TOKEN + web URL"
    );
}

#[test]
fn a_merge_is_told_only_for_what_no_parent_had() {
    let desk = Desk::new();
    desk.git(["checkout", "--quiet", "-b", "side"]);
    desk.set("A=side");
    desk.commit("side");
    desk.git(["checkout", "--quiet", "main"]);
    desk.set("B=main");
    desk.commit("main");
    desk.git(["merge", "--quiet", "--no-edit", "side"]);
    let text = log(&desk, &[]);
    assert!(!text.contains("Merge"), "{text}");
    assert!(text.contains("[main] + web B") && text.contains("[side] + web A"), "{text}");
    // What is put into a merge by hand has no other commit.
    desk.git(["checkout", "--quiet", "-b", "third", "HEAD~"]);
    desk.set("C=third");
    desk.commit("third");
    desk.git(["checkout", "--quiet", "main"]);
    desk.git(["merge", "--quiet", "--no-commit", "--no-ff", "third"]);
    desk.set("SMUGGLED=1");
    desk.commit("merged");
    assert!(log(&desk, &[]).starts_with("[merged] + web SMUGGLED ["), "{}", log(&desk, &[]));
}

#[test]
fn a_shallow_clone_says_that_it_is_one_and_blames_nobody_for_what_is_older() {
    let desk = Desk::new();
    desk.set("A=1");
    desk.commit("a");
    desk.set("A=2");
    desk.commit("b");
    let origin = format!("file://{}", desk.dir.display());
    let clone = desk.sandbox.root().join("clone");
    desk.git(["clone", "--quiet", "--depth=2", &origin, clone.to_str().unwrap()]);
    let outcome = desk.vault_as(Eyes::Alice, ["log"]).cwd(&clone).run();
    assert_eq!(
        told(&outcome.text()),
        "[b] ~ web A [a] web: there already in the oldest commit that is here"
    );
    outcome.fails(0, &["what is older is not known", "git fetch --unshallow"]);
}

#[test]
fn versions_that_make_no_sense_are_named_and_passed() {
    let desk = Desk::new();
    let good = desk.text();
    super::put(&desk.file(), good.replace("format = 1", "format = 2"));
    desk.commit("broken");
    super::put(&desk.file(), good);
    desk.set("A=1");
    desk.commit("mended");
    let text = log(&desk, &["web"]);
    assert!(text.starts_with("[mended] web: can be read again [broken] ! web: "), "{text}");
    assert!(text.ends_with("[start] + web: new + web PORT + web TOKEN + web URL"), "{text}");
}

#[test]
fn no_commit_is_no_history_and_no_repository_an_error() {
    let desk = Desk::new();
    desk.git(["checkout", "--quiet", "--orphan", "empty"]);
    assert_eq!(log(&desk, &[]), "");
    assert_eq!(desk.vault(["log", "--json"]).quietly().json(), json!([]));
    std::fs::remove_dir_all(desk.dir.join(".git")).unwrap();
    desk.vault(["log"]).fails(1, &["there is no history", "not a git repository"]);
}

#[test]
fn a_file_that_stands_under_the_name_of_another_is_an_alarm() {
    let desk = Desk::new();
    let path = |name: &str| desk.dir.join(format!(".secrets/sets/{name}.toml"));
    let put = |from: &str, to: &str| desk.git(["mv".into(), path(from), path(to)]);
    let last = |args: &[&str]| log(&desk, args).split(" [").next().unwrap().to_owned();
    let swap = || {
        put("web", "x");
        put("db", "web");
        put("x", "db");
    };
    desk.vault(["set", "db", "D=1"]).succeeds();
    desk.commit("db");
    swap();
    desk.commit("swap");
    let [web, db] = [
        "! web: stands as sets/db, and is refused there",
        "! db: stands as sets/web, and is refused there",
    ];
    assert_eq!(last(&[]), format!("[swap] {web} {db}"));
    assert_eq!(last(&["web"]), format!("[swap] {web}"));
    let json = desk.vault(["log", "db", "--json"]).quietly().json();
    assert_eq!((&json[0]["change"], &json[0]["at"]), (&json!("misplaced"), &json!("web")));
    swap();
    desk.commit("back");
    assert_eq!(last(&[]), "[back] db: can be read again web: can be read again");
    put("web", "x");
    desk.commit("moved");
    assert_eq!(last(&[]), "[moved] ! web: stands as sets/x, and is refused there");
    put("x", "web");
    std::fs::copy(path("web"), path("copy")).unwrap();
    desk.commit("copied");
    let copied = "[copied] web: can be read again ! web: stands as sets/copy, and is refused there";
    assert_eq!(last(&[]), copied);
    // The copy is no set, and neither is it one that goes.
    std::fs::remove_file(path("copy")).unwrap();
    desk.set("PORT=81");
    desk.commit("gone");
    assert_eq!(last(&[]), "[gone] ~ web PORT");
}
