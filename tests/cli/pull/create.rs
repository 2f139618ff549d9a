//! `vault pull-secret create`, `list`, `show` and `delete`.

use serde_json::json;

use super::{got, made, pair, with_pull_secret};
use crate::support::{CANARY, Sandbox, SealedText};

const KEY: &str = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nc4n4ryZq7xJw9\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"puller@p.iam.gserviceaccount.com\"\n}\n";

#[test]
fn credentials_come_in_four_ways_and_come_out_the_same() {
    let sandbox = Sandbox::with_vault();
    let create = |words: &[&str], stdin: &str| {
        let words = ["pull-secret", "create"].iter().chain(words);
        sandbox.command(words).stdin(stdin).run().succeeds().never_says("p:w");
    };
    create(&["a", "a.example", "bot:p:w"], "");
    create(&["b", "b.example", "--username", "bot", "--password-stdin"], "p:w\n");
    create(&["c", "c.example", "--base64encode", "Ym90OnA6dw=="], "");
    create(&["d", "d.example", "--base64encode", "--password-stdin"], "Ym90OnA6dw\n");
    create(&["e", "e.example", "--username", "bot", "--password-stdin"], "p:w\r\n");
    for server in ["a.example", "b.example", "c.example", "d.example", "e.example"] {
        assert_eq!(got(&sandbox, server), pair("bot", "p:w"), "{server}");
    }
    let file = sandbox.put("key.json", KEY);
    create(&["gar", "eu-docker.pkg.dev", "--json-key-file", file.to_str().unwrap()], "");
    assert_eq!(got(&sandbox, "eu-docker.pkg.dev"), pair("_json_key", KEY));
    assert_eq!(sandbox.vault(["pull-secret", "show", "gar", "--json"]).json()["kind"], "gar");
}

#[test]
fn a_password_can_hold_what_passwords_hold() {
    let long = "t".repeat(4096);
    for password in ["\"q\\uote\\\"", "a,b=c d", "pässwörd 🔑", "{\"a\":1}", "$HOME`id`", &long]
    {
        let sandbox = with_pull_secret("r", "r.example", &format!("bot:{password}"));
        assert_eq!(got(&sandbox, "r.example"), pair("bot", password));
    }
}

#[test]
fn what_is_plain_is_shown_and_the_rest_is_not() {
    let sandbox = Sandbox::with_vault();
    let credentials = format!("{CANARY}-user:{CANARY}");
    let words = ["pull-secret", "create", "ci", "https://GHCR.io/", &credentials];
    let about = ["--note", "the robot of CI", "--expires", "2031-01-31"];
    let made = sandbox.vault(words.iter().chain(&about)).never_says(CANARY);
    made.succeeds().fails(0, &["ci: for ghcr.io (ghcr); new, readable by alice"]);
    let text = SealedText(sandbox.pull_text("ci"));
    assert_eq!(text.block("[pull]"), "[pull]\ntype = \"ghcr\"\nserver = \"ghcr.io\"\n");
    let shown = json!({
        "name": "ci", "kind": "ghcr", "server": "ghcr.io", "note": "the robot of CI",
        "expires": "2031-01-31", "epoch": 1, "recipients": ["alice"],
    });
    // None of these needs an identity.
    let list = sandbox.command(["pull-secret", "list", "--json"]).env("XDG_CONFIG_HOME", "/none");
    assert_eq!(list.run().quietly().never_says(CANARY).json(), json!({"pull_secrets": [shown]}));
    let show = sandbox.vault(["pull-secret", "show", "ci", "--json"]).quietly();
    assert_eq!(show.never_says(CANARY).json(), shown);
    let lines = sandbox.vault(["pull-secret", "show", "ci"]).quietly().never_says(CANARY).text();
    let expected = "kind     ghcr\nserver   ghcr.io\nnote     the robot of CI\nexpires  2031-01-31\nepoch    1\nreaders  alice\n";
    assert_eq!(lines, expected);
    assert_eq!(sandbox.vault(["pull-secret", "list"]).quietly().text(), "ci\n");
    // Nor is a pull secret a set, nor the other way round.
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "");
    let says = ["there is no set ci: ci is a pull secret", "vault pull-secret with ci -- COMMAND"];
    for words in [
        &["get", "ci", "password"][..],
        &["get", "ci"],
        &["set", "ci"],
        &["list", "ci"],
        &["unset", "ci", "x"],
    ] {
        sandbox.vault(words).fails(1, &says);
    }
    sandbox.vault(["exec", "ci", "--", "true"]).fails(125, &says);
    sandbox.vault(["set", "ci", "K=v"]).fails(0, &["vault pull-secret create ci SERVER --replace"]);
    sandbox.vault(["delete", "ci", "-y"]).succeeds();
    sandbox.vault(["set", "web", "K=v"]).succeeds();
    let says = ["there is no pull secret web: web is a set", "vault exec web -- COMMAND"];
    sandbox.vault(["pull-secret", "show", "web"]).fails(1, &says);
    sandbox.vault(["pull-secret", "with", "web", "--", "true"]).fails(125, &says);
    sandbox.vault(["pull-secret", "with", "ci", "true"]).fails(125, &["vault pull-secret with ["]);
    sandbox.vault(["delete", "web", "-y"]).succeeds();
    sandbox.vault(["pull-secret", "show", "cj"]).fails(1, &["no pull secret cj", "there are: ci"]);
}

#[test]
fn a_pull_secret_does_not_change_but_can_be_replaced() {
    let sandbox = with_pull_secret("ci", "r.example", "bot:old");
    let before = SealedText(sandbox.pull_text("ci"));
    let create = |words: &[&str]| sandbox.vault(["pull-secret", "create"].iter().chain(words));
    for name in ["ci", "CI"] {
        let out = create(&[name, "other.example", "bot:new"]);
        out.fails(1, &["there is already a pull secret ci"]);
    }
    assert_eq!(sandbox.pull_text("ci"), before.0);
    create(&["ci", "r.example:5000", "bot:new", "--replace"]).fails(0, &["replaced"]);
    let after = SealedText(sandbox.pull_text("ci"));
    assert_eq!(after.field("[vault]", "id"), before.field("[vault]", "id"));
    assert!(after.field("[vault]", "epoch").starts_with("\"2:"), "{}", after.0);
    let link = format!("\"{}:", before.token());
    assert!(after.field("[vault]", "prev").starts_with(&link), "{}", after.0);
    // The user name was seen in epoch 1, the password was not.
    assert!(after.field("[values.username]", "enc").contains(":1.1:"), "{}", after.0);
    assert!(after.field("[values.password]", "enc").contains(":2.2:"), "{}", after.0);
    assert_eq!(got(&sandbox, "r.example:5000"), pair("bot", "new"));
    sandbox.credential("get").stdin("r.example").run().ends(1);
    // Replacing it by the same changes nothing.
    create(&["ci", "r.example:5000", "bot:new", "--replace"]).fails(0, &["ci: unchanged"]);
    assert_eq!(sandbox.pull_text("ci"), after.0);
    // What is not there yet is made.
    create(&["fresh", "f.example", "bot:x", "--replace"]).fails(0, &["new"]);
}

#[test]
fn replacing_keeps_the_remark_and_forgets_the_day() {
    let sandbox = Sandbox::with_vault();
    let create = ["pull-secret", "create", "ci", "r.example"];
    let first = ["bot:old", "--note", "CI", "--expires", "2031-01-31"];
    sandbox.vault(create.iter().chain(&first)).succeeds();
    sandbox.vault(create.iter().chain(&["bot:new", "--replace"])).succeeds();
    let about = sandbox.vault(["pull-secret", "show", "ci", "--json"]).json();
    assert_eq!((&about["note"], &about["expires"]), (&json!("CI"), &json!(null)));
}

#[test]
fn mistakes_are_found_before_anything_is_written_and_not_repeated() {
    let sandbox = Sandbox::with_vault();
    let key = sandbox.put("key.json", format!("{{\"type\": \"{CANARY}\"}}"));
    let key = key.to_str().unwrap();
    let token = format!("{CANARY}:x");
    let base64 = "YzRuNHJ5WnE3eEp3OTp4";
    for (words, stdin, says) in [
        (&["ghcr.io", CANARY][..], "", "there is no `:`"),
        (&["ghcr.io", base64], "", "--base64encode"),
        (&["ghcr.io", "--base64encode", &token], "", "not base64"),
        (&["ghcr.io", "--username", &token, "--password-stdin"], "x", "holds a `:`"),
        (&["ghcr.io", "--username", CANARY, "--password-stdin"], "", "password is empty"),
        (
            &["ghcr.io", "--username", "u", "--password-stdin"],
            "c4n4ryZq7xJw9\n\n",
            "ends in a newline",
        ),
        (&["ghcr.io", "--username", "u", "--password-stdin"], "c4n4ryZq7xJw9\0", "holds a NUL"),
        (&["ghcr.io", "--password-stdin"], CANARY, "needs --username"),
        (&["ghcr.io", ":c4n4ryZq7xJw9"], "", "user name is empty"),
        (&["ghcr.io", "u:ghs_c4n4ryZq7xJw9"], "", "the length of one job"),
        (&["gcr.io", "--json-key-file", key], "", "its type is not service_account"),
        (&["gcr.io", &token], "", "_json_key"),
        (&["ghcr.io", "--json-key-file", key], "", "gar has no registry at this address"),
        (&["ghcr.io", "--kind", "quay", &token], "", "it is one of ghcr"),
        (&["ghcr.io", "--kind", "quay"], "", "--kind ghcr is right"),
        (&["t.azurecr.io", "00000000-0000-0000-0000-000000000000:c4n4ryZq7xJw9"], "", "3 hours"),
        (&["1.dkr.ecr.eu-west-1.amazonaws.com", &token], "", "AWS"),
        (&["c4n4ryZq7xJw9/x", "u:p"], "", "docker.io"),
        (&["u:c4n4ryZq7xJw9@ghcr.io", "u:p"], "", "credentials do not belong"),
        (&["ghcr.io/x:c4n4ryZq7xJw9", "u:p"], "", "names one image"),
        (&["ghcr.io", "u:p", CANARY], "", "an argument too many"),
        (&["ghcr.io", "u:p", "--kind", CANARY], "", "--kind"),
        (&["ghcr.io", "u:p", "--expires", CANARY], "", "--expires"),
        (&["ghcr.io"], "", "a terminal"),
    ] {
        let words = ["pull-secret", "create", "ci"].iter().chain(words);
        let out = sandbox.command(words).stdin(stdin).run();
        out.never_says(CANARY).fails(2, &["vault: error: ", says]);
    }
    assert_eq!(sandbox.vault(["pull-secret", "list"]).quietly().text(), "");
    let missing = ["pull-secret", "create", "ci", "gcr.io", "--json-key-file", "none.json"];
    sandbox.vault(missing).fails(1, &["none.json"]);
    sandbox
        .vault(["pull-secret", "create", "../ci", "ghcr.io", "u:p"])
        .fails(2, &["the name of a set or pull secret"]);
}

#[test]
fn a_second_one_for_a_registry_is_said() {
    let sandbox = with_pull_secret("a", "r.example", "u:p");
    let out = sandbox.vault(["pull-secret", "create", "b", "R.example", "v:q"]);
    out.fails(0, &["for r.example there is a too", "pull_secret"]);
}

#[test]
fn what_a_service_names_is_not_deleted_by_accident() {
    let sandbox = with_pull_secret("ci", "r.example", "u:p");
    let delete = |words: &[&str]| sandbox.vault(["pull-secret", "delete"].iter().chain(words));
    delete(&["ci"]).fails(2, &["must be confirmed", "-y"]);
    delete(&["none", "-y"]).fails(1, &["no pull secret none", "there are: ci"]);
    for (file, text) in
        [("vault.toml", "pull_secret = \"ci\""), ("pcc-deploy.toml", "image_credentials = \"ci\"")]
    {
        let path = sandbox.put(file, text);
        delete(&["ci", "-y"]).fails(1, &["ci is named in", file, "--force"]);
        std::fs::remove_file(path).unwrap();
    }
    sandbox.put("vault.toml", "pull_secret = [\"other\", \"ci\"]");
    assert!(sandbox.pull_path("ci").exists());
    delete(&["ci", "-y", "--force"]).fails(0, &["deleted ci"]);
    assert!(!sandbox.pull_path("ci").exists());
}

#[test]
fn a_service_never_sees_its_pull_secret() {
    let sandbox = with_pull_secret("ci", "r.example", &format!("u:{CANARY}"));
    sandbox.vault(["set", "web", "A=1"]).succeeds();
    sandbox.put("vault.toml", "secret_set = \"web\"\npull_secret = \"ci\"");
    for words in [&["exec", "--", "env"][..], &["exec", "web", "--", "env"]] {
        let out = sandbox.vault(words).quietly().never_says(CANARY).text();
        assert!(out.contains("A=1") && !out.contains("DOCKER"), "{out}");
    }
    sandbox.vault(["exec", "ci", "--", "env"]).fails(125, &["there is no set ci"]);
    sandbox.put("vault.toml", "secret_set = \"ci\"");
    sandbox.vault(["exec", "--", "env"]).fails(125, &["there is no set ci"]);
    // Nor does a file that was moved from one folder to the other.
    std::fs::copy(sandbox.pull_path("ci"), sandbox.set_path("ci")).unwrap();
    sandbox.vault(["exec", "ci", "--", "env"]).never_says(CANARY).fails(125, &["pull"]);
}

#[test]
fn names_are_completed_without_an_identity() {
    let sandbox = with_pull_secret("ghcr-ci", "r.example", "u:p");
    made(&sandbox, "quay-ci", "q.example", "u:p");
    for command in ["show", "delete", "config", "with"] {
        let words = ["--", "vault", "pull-secret", command, "gh"];
        let run = sandbox.command(words).env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
        let run = run.env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_COMPLETE_COMP_TYPE", "9");
        let out = run.env("XDG_CONFIG_HOME", "/none").run().succeeds().text();
        assert_eq!(out, "ghcr-ci", "{command}");
    }
}

#[test]
fn every_command_has_its_manual_page() {
    let sandbox = Sandbox::new();
    sandbox.vault(["man", "pages"]).quietly();
    let page =
        |name: &str| std::fs::read_to_string(sandbox.work().join("pages").join(name)).unwrap();
    assert!(page("vault-pull-secret.1").contains("pull\\-secret"));
    assert!(page("vault-pull-secret-create.1").contains("password\\-stdin"));
}

#[test]
fn a_command_that_is_asked_for_one_of_the_other_kind_says_what_to_type() {
    let sandbox = with_pull_secret("ci", "r.example", "bot:pw").with_git();
    sandbox.vault(["set", "web", "K=v"]).succeeds();
    sandbox.commit("both");
    let says = "there is no set ci: ci is a pull secret";
    for (words, typed) in [
        (&["rekey", "ci"][..], "`vault rekey pull/ci`"),
        (&["rekey", "web", "ci"], "`vault rekey pull/ci`"),
        (&["log", "ci"], "`vault log pull/ci`"),
        (&["log", "ci", "K"], "`vault log pull/ci`"),
        (&["diff", "ci"], "`vault diff pull/ci`"),
        (&["diff", "HEAD", "ci"], "`vault diff pull/ci`"),
        (&["access", "ci"], "`vault access pull/ci`"),
        (&["resolve", "ci"], "`vault resolve pull/ci`"),
        (&["delete", "ci", "-y"], "`vault pull-secret delete ci`"),
    ] {
        sandbox.vault(words).fails(1, &[says, typed]);
    }
    let says = "there is no pull secret web: web is a set";
    for (words, typed) in [
        (&["rekey", "pull/web"][..], "`vault rekey web`"),
        (&["log", "pull/web"], "`vault log web`"),
        (&["diff", "pull/web"], "`vault diff web`"),
        (&["access", "pull/web"], "`vault access web`"),
        (&["pull-secret", "delete", "web", "-y"], "`vault delete web`"),
    ] {
        sandbox.vault(words).fails(1, &[says, typed]);
    }
    // What is of neither kind is no such case, and a set that is only not committed is one.
    sandbox.vault(["rekey", "none"]).fails(1, &["there is no set none", "there are: web"]);
    sandbox.vault(["set", "new", "K=v"]).succeeds();
    sandbox.vault(["log", "new"]).fails(1, &["no commit that is here changed new"]);
}
