//! docker's credential helper protocol, to the letter.

use super::{got, made, pair, with_pull_secret};
use crate::support::{CANARY, Outcome, Sandbox};

const MISS: &str = "credentials not found in native keychain\n";

fn ask(sandbox: &Sandbox, verb: &str, stdin: &str) -> Outcome {
    sandbox.credential(verb).stdin(stdin).run()
}

#[test]
fn get_answers_in_the_protocols_json() {
    let sandbox = with_pull_secret("r", "r.example", "bot:p\"w\\");
    let answer = ask(&sandbox, "get", "r.example").quietly().text();
    let expected = "{\"ServerURL\":\"r.example\",\"Username\":\"bot\",\"Secret\":\"p\\\"w\\\\\"}\n";
    assert_eq!(answer, expected);
    // Clients send the key with and without a line end.
    let answer = ask(&sandbox, "get", " r.example\r\n").quietly().text();
    assert_eq!(answer, expected);
}

#[test]
fn every_clients_spelling_is_understood() {
    let sandbox = with_pull_secret("hub", "docker.io", "me:pw");
    made(&sandbox, "r", "r.example:5000", "bot:pw");
    for hub in [
        "docker.io",
        "index.docker.io",
        "https://index.docker.io/v1/",
        "https://index.docker.io/v1",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
        "docker.io/library/nginx",
    ] {
        assert_eq!(got(&sandbox, hub), pair("me", "pw"), "{hub}");
    }
    for own in [
        "r.example:5000",
        "https://r.example:5000",
        "http://R.EXAMPLE:5000/v2/",
        "r.example:5000/app",
    ] {
        assert_eq!(got(&sandbox, own), pair("bot", "pw"), "{own}");
    }
}

#[test]
fn a_miss_is_quiet_and_says_what_clients_compare_with() {
    let sandbox = with_pull_secret("r", "r.example:5000", "bot:pw");
    for key in [
        "r.example",
        "r.example:443",
        "xr.example:5000",
        "docker.io",
        "https://",
        "\u{fffd}",
        "a\nb",
    ] {
        let out = ask(&sandbox, "get", key).ends(1);
        assert_eq!((out.text().as_str(), out.stderr.as_str()), (MISS, ""), "{key}");
    }
    let none = ask(&sandbox, "get", "\n").ends(1);
    assert_eq!((none.text().as_str(), none.stderr.as_str()), ("no credentials server URL\n", ""));
}

#[test]
fn list_has_users_and_no_passwords() {
    let sandbox = Sandbox::with_vault();
    assert_eq!(ask(&sandbox, "list", "unused").quietly().text(), "{}\n");
    made(&sandbox, "a", "a.example", &format!("u:{CANARY}"));
    made(&sandbox, "hub", "docker.io", &format!("me:{CANARY}"));
    let listed = ask(&sandbox, "list", "").quietly().never_says(CANARY).text();
    assert_eq!(listed, "{\"a.example\":\"u\",\"https://index.docker.io/v1/\":\"me\"}\n");
}

#[test]
fn nothing_is_stored_or_erased_for_clients() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let before = sandbox.pull_text("r");
    let login =
        format!("{{\"ServerURL\":\"r.example\",\"Username\":\"x\",\"Secret\":\"{CANARY}\"}}\n");
    let out = ask(&sandbox, "store", &login).never_says(CANARY).ends(1);
    assert!(out.text().contains("vault pull-secret create"), "{}", out.text());
    for (server, user, says) in [
        ("", "x", "no credentials server URL\n"),
        ("", "", "no credentials server URL\n"),
        ("r.example", "", "no credentials username\n"),
    ] {
        let login = serde_json::json!({"ServerURL": server, "Username": user, "Secret": CANARY});
        let out = ask(&sandbox, "store", &login.to_string()).never_says(CANARY).ends(1);
        assert_eq!((out.text().as_str(), out.stderr.as_str()), (says, ""));
    }
    let out = ask(&sandbox, "store", CANARY).never_says(CANARY).ends(1);
    assert!(out.text().contains("vault pull-secret create"), "{}", out.text());
    // podman 4.3 crashes when this fails.
    let out = ask(&sandbox, "erase", "r.example").fails(0, &["nothing was erased"]);
    assert_eq!(out.text(), "");
    ask(&sandbox, "erase", "none.example").quietly();
    assert_eq!(sandbox.pull_text("r"), before);
}

#[test]
fn it_says_what_it_is_and_how_it_is_called() {
    let sandbox = Sandbox::new();
    let version = format!("docker-credential-vault (vault) v{}\n", env!("CARGO_PKG_VERSION"));
    for word in ["version", "--version", "-v"] {
        assert_eq!(sandbox.credential(word).run().quietly().text(), version);
    }
    let usage = "Usage: docker-credential-vault <store|get|erase|list|version>\n";
    for word in ["--help", "-h"] {
        assert_eq!(sandbox.credential(word).run().quietly().text(), usage);
    }
    let program = env!("CARGO_BIN_EXE_docker-credential-vault");
    for words in [&[][..], &["get", "r.example"]] {
        let out = sandbox.program(program, words).run().ends(1);
        assert_eq!(out.text(), usage);
    }
    let out = sandbox.credential("remove").run().ends(1);
    assert_eq!(out.text(), "docker-credential-vault: unknown action: remove\n");
    // What is no verb may be a password in the wrong place.
    let out = sandbox.credential(CANARY).run().never_says(CANARY).ends(1);
    assert_eq!(out.text(), "docker-credential-vault: unknown action\n");
}

#[test]
fn what_cannot_be_opened_says_why_on_both_streams() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    std::fs::remove_file(sandbox.identity()).unwrap();
    let out =
        ask(&sandbox, "get", "r.example").fails(1, &["no identity at hand", "alice", "-i FILE"]);
    assert!(out.text().starts_with("vault: ") && out.text().contains("no identity at hand"));
    // Others are not disturbed, and what does not open is not listed.
    assert_eq!(ask(&sandbox, "get", "none.example").ends(1).text(), MISS);
    assert_eq!(ask(&sandbox, "list", "").quietly().text(), "{}\n");
    sandbox.put("identity.txt", "no identity");
    let broken = sandbox.credential("get").stdin("r.example");
    let out = broken.env("VAULT_IDENTITY_FILE", sandbox.work().join("identity.txt")).run();
    assert!(out.fails(1, &["identity.txt"]).text().contains("identity.txt"));
}

#[test]
fn a_passphrase_is_never_asked_for() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let locked = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBiM1JvWlhJZ2MyRnNkQQog\n-----END AGE ENCRYPTED FILE-----\n";
    sandbox.put("locked.txt", locked);
    let ask = sandbox.credential("get").stdin("r.example");
    ask.env("VAULT_IDENTITY_FILE", sandbox.work().join("locked.txt")).run().ends(1);
}

#[test]
fn without_the_program_beside_it_the_client_is_told() {
    let sandbox = with_pull_secret("r", "r.example", "u:p");
    let alone = sandbox.root().join("docker-credential-vault");
    let own = env!("CARGO_BIN_EXE_docker-credential-vault");
    // Not by ourselves: what another test starts meanwhile would hold it open for writing.
    sandbox.program("cp", [own.as_ref(), alone.as_os_str()]).run().quietly();
    let out = sandbox.program(alone, ["get"]).stdin("r.example").run();
    let out = out.fails(1, &["the vault beside it"]);
    assert!(out.text().contains("the vault beside it"));
}
