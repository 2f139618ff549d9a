//! Which pull secret answers: of several in a vault, and of several vaults.

use std::fs;

use super::{got, made, pair, with_pull_secret};
use crate::support::{Member, Sandbox, SealedText, put};

#[test]
fn the_longest_path_wins() {
    let sandbox = with_pull_secret("all", "r.example", "all:p");
    made(&sandbox, "team", "r.example/team", "team:p");
    made(&sandbox, "app", "r.example/team/app", "app:p");
    for (asked, user) in [
        ("r.example", "all"),
        ("r.example/other", "all"),
        ("r.example/team", "team"),
        ("r.example/teams", "all"),
        ("r.example/team/app/sub", "app"),
    ] {
        assert_eq!(got(&sandbox, asked), pair(user, "p"), "{asked}");
    }
}

#[test]
fn a_host_alone_finds_its_one_part_or_that_which_is_named() {
    let sandbox = with_pull_secret("a", "r.example/a", "a:p");
    assert_eq!(got(&sandbox, "r.example"), pair("a", "p"));
    made(&sandbox, "b", "r.example/b", "b:p");
    let out = sandbox.credential("get").stdin("r.example").run();
    let out = out.fails(1, &["several pull secrets", "a, b", "vault.toml"]);
    assert!(out.text().contains("several pull secrets"));
    sandbox.put("vault.toml", "pull_secret = \"b\"");
    assert_eq!(got(&sandbox, "r.example"), pair("b", "p"));
}

#[test]
fn of_two_for_one_server_the_named_one_answers_else_the_first() {
    let sandbox = with_pull_secret("a", "r.example", "a:p");
    made(&sandbox, "b", "r.example", "b:p");
    assert_eq!(got(&sandbox, "r.example"), pair("a", "p"));
    sandbox.put("vault.toml", "pull_secret = [\"none\", \"b\"]");
    assert_eq!(got(&sandbox, "r.example"), pair("b", "p"));
    sandbox.put("vault.toml", "pull_secret = 1");
    sandbox.credential("get").stdin("r.example").run().fails(1, &["vault.toml:1"]);
}

#[test]
fn of_two_for_one_server_the_one_that_opens_answers() {
    let sandbox = with_pull_secret("a", "r.example", "a:p");
    let bob = Member::new("bob");
    let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    let bobs = format!(
        "\n[members.bob]\nto = \"{} bob\"\n\n[rules.\"pull/b\"]\nread = [\"bob\"]\n\n[rules.\"pull/c\"]\nread = [\"bob\"]\n",
        bob.to
    );
    sandbox.put(".secrets/team.toml", format!("{team}{bobs}"));
    made(&sandbox, "b", "r.example", "b:p");
    made(&sandbox, "c", "c.example", "c:p");
    sandbox.put("vault.toml", "pull_secret = \"b\"");
    assert_eq!(got(&sandbox, "r.example"), pair("a", "p"));
    let list = sandbox.credential("list").run().quietly();
    assert_eq!(list.text(), "{\"r.example\":\"a\"}\n");
    sandbox.credential("get").stdin("c.example").run().fails(1, &["no identity at hand", "bob"]);
    put(&sandbox.identity(), &bob.identity);
    assert_eq!(got(&sandbox, "r.example"), pair("b", "p"));
}

#[test]
fn only_the_one_that_is_asked_for_is_opened() {
    let sandbox = with_pull_secret("a", "a.example", "a:p");
    made(&sandbox, "b", "b.example", "b:p");
    let text = SealedText(sandbox.pull_text("b"));
    let forged = text.swapped("enc", "[values.username]", "[values.password]");
    sandbox.put(".secrets/pull/b.toml", &forged.0);
    assert_eq!(got(&sandbox, "a.example"), pair("a", "p"));
    let out =
        sandbox.credential("get").stdin("b.example").run().fails(1, &["b.toml", "entry password"]);
    assert!(out.text().contains("b.toml"), "{}", out.text());
    // Listing leaves it out, and says so.
    let list = sandbox.credential("list").run().fails(0, &["warning", "b.toml"]);
    assert_eq!(list.text(), "{\"a.example\":\"a\"}\n");
}

#[test]
fn a_file_that_cannot_be_read_may_be_the_one_asked_for() {
    let sandbox = with_pull_secret("a", "a.example", "a:p");
    sandbox.put(".secrets/pull/broken.toml", "[vault]\nformat = 2\n");
    assert_eq!(got(&sandbox, "a.example"), pair("a", "p"));
    let out = sandbox.credential("get").stdin("b.example").run().fails(1, &["broken.toml"]);
    assert!(!out.text().contains("not found in native keychain"));
}

#[test]
fn the_vault_here_wins_over_those_of_the_users_configuration() {
    let sandbox = with_pull_secret("a", "r.example", "here:p");
    let other = sandbox.root().join("other");
    fs::create_dir_all(other.join(".git")).unwrap();
    let vault = |words: &[&str]| sandbox.command(words).cwd(&other).run().succeeds();
    vault(&["init", "--name", "alice"]);
    vault(&["pull-secret", "create", "a", "r.example", "there:p"]);
    vault(&["pull-secret", "create", "b", "other.example", "there:p"]);
    let config = sandbox.root().join("config/vault/config.toml");
    put(&config, format!("vaults = [\"{}\"]\n", other.display()));
    assert_eq!(got(&sandbox, "r.example"), pair("here", "p"));
    assert_eq!(got(&sandbox, "other.example"), pair("there", "p"));
    let away = |verb: &str| sandbox.credential(verb).cwd(sandbox.home());
    let answer = away("get").stdin("r.example").run().quietly().json();
    assert_eq!(answer["Username"], "there");
    let named = away("get").env("VAULT_DIR", sandbox.work()).stdin("r.example").run();
    assert_eq!(named.quietly().json()["Username"], "here");
    let list = sandbox.credential("list").run().quietly().text();
    assert_eq!(list, "{\"r.example\":\"here\",\"other.example\":\"there\"}\n");
    for (text, says) in [
        ("vaults = [\"relative\"]", "no absolute path"),
        ("vaults = 1", "config.toml: line 1"),
        ("\nvualts = []", "config.toml: line 2"),
    ] {
        put(&config, text);
        sandbox.credential("get").stdin("r.example").run().fails(1, &[says]);
        sandbox.credential("erase").stdin("r.example").run().fails(0, &["warning", says]);
    }
    // What is not there may have what is asked for, and disturbs nothing else.
    put(&config, "vaults = [\"/none\"]");
    assert_eq!(got(&sandbox, "r.example"), pair("here", "p"));
    sandbox.credential("get").stdin("other.example").run().fails(1, &["/none"]);
    sandbox.credential("list").run().fails(0, &["warning", "/none"]);
}

#[test]
fn without_any_vault_the_client_goes_on_and_the_person_is_told() {
    let sandbox = with_pull_secret("a", "r.example", "u:p");
    let out = sandbox.credential("get").cwd(sandbox.home()).stdin("r.example").run();
    let out = out.fails(1, &["warning: no vault here", "config.toml"]);
    assert_eq!(out.text(), "credentials not found in native keychain\n");
    // A place that somebody named must hold one.
    let named = sandbox.credential("get").env("VAULT_DIR", sandbox.home()).stdin("r.example");
    assert!(named.run().fails(1, &["there is no vault here"]).text().contains("no vault"));
    let none = Sandbox::new();
    none.credential("list").run().quietly();
}
