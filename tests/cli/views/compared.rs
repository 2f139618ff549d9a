//! `vault diff`: which versions it compares, and that it shows what changed and no more.

use serde_json::json;

use super::{Desk, Eyes, digits, dots, put};
use crate::support::CANARY;

#[test]
fn what_changed_is_listed_and_nothing_else() {
    let desk = Desk::new();
    assert_eq!(desk.diff::<&str>([]), "");
    desk.vault(["set", "web", "URL=other", "NEW=1"]).succeeds();
    desk.vault(["set", "web", "PORT=80", "--note", "http", "--expires", "2999-01-31"]).succeeds();
    desk.vault(["unset", "web", "TOKEN"]).succeeds();
    assert_eq!(
        dots(&desk.diff::<&str>([])),
        "sets/web\n+ NEW = •••\n~ PORT  expires none -> 2999-01-31  note none -> \"http\"\n\
         - TOKEN = •••\n~ URL = ••• -> •••\n"
    );
    let document = desk.diff_as(Eyes::Alice, ["--json"]).quietly().json();
    let change = |key: &str, change: &str| json!({"set": "web", "key": key, "change": change});
    assert_eq!(
        document,
        json!({
            "changes": [
                change("NEW", "added"),
                change("PORT", "note"),
                change("TOKEN", "removed"),
                change("URL", "changed"),
            ],
            "recipients": [],
        })
    );
}

#[test]
fn a_rotation_is_not_a_change_of_values_and_readers_are_named() {
    let desk = Desk::new();
    let bob = desk.add("bob");
    desk.commit("bob");
    let added = desk.diff(["HEAD~..HEAD"]);
    assert!(added.contains(&format!("sets/web\n+ reader bob  {}\n", bob.to)), "{added}");
    assert!(added.contains(&format!("team.toml\n+ member bob  {}\n", bob.to)), "{added}");
    desk.vault(["recipient", "remove", "bob"]).succeeds();
    let removed = desk.diff::<&str>([]);
    let expected = format!(
        "sets/web\n~ data key: epoch 1 -> 2\n- reader bob  {}\n  bob could read until epoch 1\n  \
         3 values re-encrypted, plaintext unchanged\n",
        bob.to
    );
    assert!(removed.ends_with(&expected), "{removed}");
    let document = desk.diff_as(Eyes::Alice, ["--json"]).quietly().json();
    assert_eq!(
        document["changes"][0],
        json!({"set": "web", "key": "PORT", "change": "reencrypted"})
    );
    assert_eq!(document["recipients"], json!([{"set": "web", "name": "bob", "change": "removed"}]));
    // Without a key it is what the counters claim, and said so.
    let blind = desk.diff_as(Eyes::Nobody, ["web"]).quietly().text();
    assert!(blind.contains("3 values re-encrypted, unchanged as since and rev say"), "{blind}");
}

#[test]
fn a_value_that_changed_in_a_rotation_shows() {
    let desk = Desk::new();
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.set("URL=other");
    let text = dots(&desk.diff::<&str>([]));
    assert!(text.contains("~ URL = ••• -> •••\n  2 values re-encrypted, plaintext"), "{text}");
}

#[test]
fn revisions_are_those_git_knows() {
    let desk = Desk::new();
    desk.set("A=1");
    desk.commit("a");
    desk.git(["checkout", "--quiet", "-b", "side", "HEAD~"]);
    desk.set("B=1");
    desk.commit("b");
    desk.git(["checkout", "--quiet", "main"]);
    desk.set("C=1");
    let all = |args: &[&str]| dots(&desk.diff(args)).replace("sets/web\n", "").replace('\n', " ");
    assert_eq!(all(&[]), "+ C = ••• ");
    assert_eq!(all(&["HEAD"]), "+ C = ••• ");
    assert_eq!(all(&["HEAD~"]), "+ A = ••• + C = ••• ");
    assert_eq!(all(&["HEAD~.."]), "+ A = ••• ");
    assert_eq!(all(&["HEAD~..HEAD", "web"]), "+ A = ••• ");
    assert_eq!(all(&["main..side"]), "- A = ••• + B = ••• ");
    assert_eq!(all(&["..side"]), "- A = ••• + B = ••• ");
    assert_eq!(all(&["main...side"]), "+ B = ••• ");
    assert_eq!(all(&["--staged"]), "");
    desk.git(["add", "--all"]);
    desk.set("D=1");
    assert_eq!(all(&["--staged"]), "+ C = ••• ");
    assert_eq!(all(&["--cached", "side"]), "+ A = ••• - B = ••• + C = ••• ");
}

#[test]
fn a_word_that_means_two_things_or_nothing_is_asked_back() {
    let desk = Desk::new();
    desk.git(["branch", "web"]);
    desk.set("A=1");
    let diff = |args: &[&str]| desk.diff_as(Eyes::Alice, args);
    diff(&["web"]).fails(2, &["web is both a set and a revision", "vault diff -- web", "web~0"]);
    assert!(desk.diff(["--", "web"]).contains("+ A"));
    assert!(desk.diff(["web", "web"]).contains("+ A"));
    assert!(desk.diff(["sets/web"]).contains("+ A"));
    diff(&["nothing"]).fails(1, &["no revision and no set is called nothing", "vault list"]);
    diff(&["HEAD..nothing"]).fails(1, &["is called nothing"]);
    diff(&["web", "URL=hunter2"]).never_says("hunter2").fails(1, &["is called that"]);
    diff(&["HEAD", "nothing"]).fails(1, &["is called nothing"]);
    diff(&["HEAD..HEAD", "--staged"]).fails(2, &["--staged"]);
    diff(&["--reveal", "--json"]).fails(2, &["--json"]);
    // An option to git is none to vault, and no revision.
    for word in ["--output=x", "-x"] {
        diff(&["--", word]).fails(2, &[]);
    }
    diff(&["--upload-pack=x..HEAD"]).fails(2, &[]);
    assert!(!desk.dir.join("x").exists());
}

#[test]
fn files_that_are_new_gone_or_renamed_say_so() {
    let desk = Desk::new();
    desk.vault(["set", "api", "K=1"]).succeeds();
    let text = dots(&desk.diff::<&str>([]));
    assert!(text.starts_with("sets/api: new\n+ reader alice  age1"), "{text}");
    assert!(text.ends_with("\n+ K = •••\n"), "{text}");
    desk.commit("api");
    desk.vault(["delete", "api", "-y"]).succeeds();
    desk.vault(["rename", "web", "site"]).succeeds();
    let text = dots(&desk.diff::<&str>([]));
    assert!(text.contains("sets/api: deleted\n- reader alice"), "{text}");
    assert!(
        text.contains("sets/site: was sets/web\n~ data key: epoch 1 -> 2\n  3 values"),
        "{text}"
    );
    // Under either name.
    assert_eq!(desk.diff(["--", "web"]), desk.diff(["--", "site"]));
}

#[test]
fn pull_secrets_and_rules_are_there_too() {
    let desk = Desk::new();
    let login = format!("me:{CANARY}");
    desk.vault(["pull-secret", "create", "hub", "registry.example.com", &login]).succeeds();
    desk.add("bob");
    desk.vault(["group", "add", "ops", "alice"]).succeeds();
    desk.vault(["access", "allow", "sets/prod-*", "ops"]).succeeds();
    let text = dots(&desk.diff::<&str>([]));
    for line in [
        "pull/hub: new\n",
        "+ password = •••\n",
        "+ group ops: alice\n",
        "+ rule sets/prod-*: ops\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let document = desk.diff_as(Eyes::Alice, ["--json", "pull/hub"]).quietly().json();
    assert_eq!(document["changes"][0]["set"], "pull/hub");
    desk.commit("more");
    desk.vault(["group", "add", "ops", "bob"]).succeeds();
    assert_eq!(desk.diff::<&str>([]), "team.toml\n~ group ops: +bob\n");
}

#[test]
fn before_the_first_commit_everything_is_new_and_outside_git_nothing_can_be_said() {
    let desk = Desk::new();
    desk.git(["checkout", "--quiet", "--orphan", "empty"]);
    desk.git(["rm", "--quiet", "-r", "--cached", "."]);
    assert!(desk.diff::<&str>([]).contains("sets/web: new\n"));
    std::fs::remove_dir_all(desk.dir.join(".git")).unwrap();
    desk.diff_as(Eyes::Alice, ["web"]).fails(1, &["not a git repository"]);
}

#[test]
fn a_file_that_cannot_be_read_fails_after_the_others_were_shown() {
    let desk = Desk::new();
    desk.vault(["set", "api", "K=1"]).succeeds();
    put(&desk.file(), desk.text().replace("format = 1", "format = 2"));
    let outcome = desk.diff_as(Eyes::Alice, ["--color", "never"]);
    assert!(outcome.text().contains("sets/api: new"), "{}", outcome.text());
    outcome.fails(4, &["web.toml", "format 2"]);
    // An old version that made no sense, too.
    desk.commit("broken");
    desk.git(["checkout", "--quiet", "HEAD~", "--", ".secrets/sets/web.toml"]);
    desk.diff_as(Eyes::Alice, ["HEAD", "web"]).fails(4, &["sets/web.toml at ", "format 2"]);
}

#[test]
fn a_forged_file_is_an_alarm_and_not_a_success() {
    let desk = Desk::new();
    put(&desk.file(), desk.text().replace(":1.1:", ":1.2:"));
    let outcome = desk.diff_as(Eyes::Alice, ["web"]);
    assert!(outcome.text().contains("! it does not open: "), "{}", outcome.text());
    outcome.fails(4, &["web.toml", "entry"]);
    // One made from nothing for the public keys is told by its id.
    desk.git(["checkout", "--quiet", "--", "."]);
    std::fs::remove_file(desk.file()).unwrap();
    desk.vault(["set", "web", "URL=mine"]).succeeds();
    let text = desk.diff(["web"]);
    assert!(text.contains("! not a later version of the file but another file\n"), "{text}");
}

#[test]
fn what_is_not_merged_is_not_staged() {
    let desk = Desk::new();
    desk.git(["checkout", "--quiet", "-b", "side"]);
    desk.set("URL=side");
    desk.commit("side");
    desk.git(["checkout", "--quiet", "main"]);
    desk.set("URL=main");
    desk.commit("main");
    desk.git_as(Eyes::Alice, ["merge", "side"]).run().ends(1);
    desk.diff_as(Eyes::Alice, ["--staged"]).fails(1, &["sets/web is not merged yet"]);
}

#[test]
fn digits_stay_through_rotations_and_are_each_persons_own() {
    let desk = Desk::new();
    let member = desk.add("bob");
    desk.commit("bob");
    desk.set("URL=other");
    let before = desk.diff(["--", "web"]);
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    assert_eq!(digits(&before, "URL"), digits(&desk.diff(["--", "web"]), "URL"));
    let bob = desk.sandbox.root().join("bob.txt");
    put(&bob, &member.identity);
    let words = ["diff", "-i", bob.to_str().unwrap(), "--", "web"];
    let theirs = desk.vault_as(Eyes::Nobody, words).run().quietly().text();
    assert_eq!(dots(&theirs), dots(&desk.diff(["--", "web"])));
    assert_ne!(digits(&theirs, "URL"), digits(&before, "URL"));
}

#[test]
fn the_example_in_the_readme_is_what_is_shown() {
    let desk = Desk::new();
    desk.vault(["unset", "web", "URL", "TOKEN"]).succeeds();
    desk.set("DATABASE_URL=one");
    let bob = desk.add("bob");
    desk.commit("begin");
    desk.vault(["recipient", "remove", "bob"]).succeeds();
    desk.vault(["set", "web", "DATABASE_URL=two", "SENTRY_DSN=x"]).succeeds();
    let shown = dots(&desk.diff(["--", "web"])).replace(bob.to.as_str(), "age1…");
    let readme = include_str!("../../../README.md");
    let (_, example) = readme.split_once("```text\nsets/web\n~ data key").unwrap();
    let example = dots(example.split_once("```").unwrap().0);
    assert_eq!(shown, format!("sets/web\n~ data key{example}"));
}
