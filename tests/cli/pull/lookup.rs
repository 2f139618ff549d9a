//! Which pull secret answers: of several in a vault, and of several vaults.

use std::fs;
use std::path::PathBuf;

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
    // One that cannot be read may name either; and it cannot act on a terminal.
    sandbox.put("vault.toml", "\npull_secret = 7");
    let out = sandbox.credential("get").stdin("r.example").run();
    out.fails(1, &["vault.toml:2: expected a name, or a list of names"]);
    sandbox.put("vault.toml", "\"\\u001b[2J\" = 1");
    let out = sandbox.credential("get").stdin("r.example").run();
    out.fails(1, &["vault.toml:1: unknown field"]).never_says("\u{1b}");
    assert_eq!(got(&sandbox, "r.example/a"), pair("a", "p"), "nothing is to be decided");
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
        ("vaults = \"/other\"", "config.toml: line 1: `vaults` is a list of folders, as in ["),
        ("\nvaults = [1]", "config.toml: line 2: `vaults` is a list of folders, as in ["),
        ("\nplugins = 1", "config.toml: line 2: `plugins` is a list of names"),
        ("\nvualts = []", "config.toml: line 2: unknown field `vualts`"),
    ] {
        put(&config, text);
        sandbox.credential("get").stdin("r.example").run().fails(1, &[says]);
        sandbox.credential("erase").stdin("r.example").run().fails(0, &["warning", says]);
    }
}

/// Another vault of alice's, which the user's configuration may list.
fn another(sandbox: &Sandbox, name: &str, pulls: &[(&str, &str, &str)]) -> PathBuf {
    let place = sandbox.root().join(name);
    fs::create_dir_all(place.join(".git")).unwrap();
    let vault = |words: &[&str]| sandbox.command(words).cwd(&place).run().succeeds();
    vault(&["init", "--name", "alice"]);
    for (name, server, credentials) in pulls {
        vault(&["pull-secret", "create", name, server, credentials, "--kind", "generic"]);
    }
    place
}

fn lists(sandbox: &Sandbox, places: &[&str]) {
    let config = sandbox.root().join("config/vault/config.toml");
    put(&config, format!("vaults = {}\n", serde_json::json!(places)));
}

#[test]
fn the_longest_path_wins_over_all_vaults_and_then_the_first() {
    let sandbox = with_pull_secret("all", "r.example", "here:p");
    made(&sandbox, "tools", "r.example/tools", "here-tools:p");
    let one = another(
        &sandbox,
        "one",
        &[("all", "r.example", "one:p"), ("team", "r.example/team", "one-team:p")],
    );
    let two = another(
        &sandbox,
        "two",
        &[
            ("team", "r.example/team", "two-team:p"),
            ("app", "r.example/team/app", "two-app:p"),
            ("tools", "r.example/tools", "two-tools:p"),
        ],
    );
    lists(&sandbox, &[one.to_str().unwrap(), two.to_str().unwrap()]);
    for (asked, user) in [
        ("r.example", "here"),
        ("r.example/x", "here"),
        ("r.example/tools/x", "here-tools"),
        ("r.example/team/x", "one-team"),
        ("r.example/team/app", "two-app"),
    ] {
        assert_eq!(got(&sandbox, asked), pair(user, "p"), "{asked}");
    }
    // What is listed is what is got.
    let listed = sandbox.credential("list").run().quietly().json();
    assert_eq!(listed.as_object().unwrap().len(), 4);
    for (server, user) in listed.as_object().unwrap() {
        assert_eq!(got(&sandbox, server), pair(user.as_str().unwrap(), "p"));
    }
    // One that is not for us is passed over for the next longest.
    fs::remove_dir_all(&two).unwrap();
    assert_eq!(got(&sandbox, "r.example/team/app"), pair("one-team", "p"));
}

#[test]
fn one_that_does_not_open_leaves_it_to_a_shorter_path_and_a_damaged_one_does_not() {
    let sandbox = with_pull_secret("all", "r.example", "all:p");
    let bob = Member::new("bob");
    let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    let bobs = format!(
        "\n[members.bob]\nto = \"{} bob\"\n\n[rules.\"pull/ci\"]\nread = [\"bob\"]\n",
        bob.to
    );
    sandbox.put(".secrets/team.toml", format!("{team}{bobs}"));
    made(&sandbox, "ci", "r.example/ci", "ci:p");
    assert_eq!(got(&sandbox, "r.example/ci"), pair("all", "p"));
    // A file that still says which server it is for is the one that was meant.
    let text = sandbox.pull_text("ci");
    sandbox.put(".secrets/pull/ci.toml", text.replace("[values.password]", "[values.passwort]"));
    let ask = |server: &str| sandbox.credential("get").stdin(server).run();
    ask("r.example/ci").fails(1, &["ci.toml"]);
    ask("r.example/other").quietly();
}

#[test]
fn a_host_alone_finds_the_part_of_the_vault_here_and_else_the_only_one() {
    let sandbox = with_pull_secret("a", "r.example/a", "a:p");
    let one = another(&sandbox, "one", &[("b", "r.example/b", "b:p")]);
    let two = another(&sandbox, "two", &[("c", "r.example/c", "c:p")]);
    lists(&sandbox, &[one.to_str().unwrap(), two.to_str().unwrap()]);
    assert_eq!(got(&sandbox, "r.example"), pair("a", "p"));
    let away = || sandbox.credential("get").cwd(sandbox.home()).stdin("r.example").run();
    away().fails(1, &["several pull secrets are for parts of r.example: b, c"]);
    put(&two.join("vault.toml"), "pull_secret = \"c\"");
    assert_eq!(away().quietly().json()["Username"], "c");
    lists(&sandbox, &[one.to_str().unwrap()]);
    assert_eq!(away().quietly().json()["Username"], "b");
}

#[test]
fn a_bad_entry_of_the_users_configuration_is_said_and_the_others_answer() {
    let sandbox = with_pull_secret("a", "r.example", "here:p");
    let other = another(&sandbox, "other", &[("b", "other.example", "there:p")]);
    let get = |server: &str| sandbox.credential("get").stdin(server).run();
    for (entry, says) in [("relative", "no absolute path"), ("/none", "/none")] {
        lists(&sandbox, &[entry, other.to_str().unwrap()]);
        assert_eq!(got(&sandbox, "r.example"), pair("here", "p"));
        assert_eq!(got(&sandbox, "other.example"), pair("there", "p"));
        let miss = get("none.example").fails(1, &["warning", "`vaults` of config.toml", says]);
        assert_eq!(miss.text(), "credentials not found in native keychain\n");
        sandbox.credential("list").run().fails(0, &["warning", says]);
    }
    // Nor is a folder that is gone.
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" get";
    let helper = env!("CARGO_BIN_EXE_docker-credential-vault");
    let run = sandbox.program("sh", ["-c", script, helper]).stdin("other.example").run();
    assert_eq!(run.quietly().json()["Username"], "there");
    // A vault that is there and cannot be read may have what is asked for, and disturbs no other.
    put(&other.join(".secrets/pull/no name.toml"), "");
    assert_eq!(got(&sandbox, "r.example"), pair("here", "p"));
    let damaged = get("none.example").fails(1, &["no name.toml"]);
    assert!(!damaged.text().contains("not found in native keychain"));
}

#[test]
fn without_any_vault_the_client_goes_on_and_nothing_is_said() {
    let sandbox = with_pull_secret("a", "r.example", "u:p");
    let out = sandbox.credential("get").cwd(sandbox.home()).stdin("r.example").run().ends(1);
    let said = (out.text(), out.stderr);
    assert_eq!(said, ("credentials not found in native keychain\n".to_owned(), String::new()));
    // A place that somebody named must hold one.
    let named = sandbox.credential("get").env("VAULT_DIR", sandbox.home()).stdin("r.example");
    assert!(named.run().fails(1, &["there is no vault here"]).text().contains("no vault"));
    let none = Sandbox::new();
    none.credential("list").run().quietly();
}
