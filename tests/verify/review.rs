//! What `vault review` says of a change, to someone without any key.

use serde_json::{Value, json};

use super::Repo;

fn review(repo: &Repo, args: &[&str]) -> String {
    repo.keyless(&[&["review"], args].concat()).run().succeeds().text()
}

fn as_json(repo: &Repo, base: &str) -> Value {
    serde_json::from_str(&review(repo, &["--base", base, "--format", "json"])).unwrap()
}

#[track_caller]
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|l| l == *line), "no line {line:?} in:\n{text}");
    }
}

#[test]
fn nothing_is_said_of_nothing() {
    let repo = Repo::new();
    assert_eq!(review(&repo, &["--base", "HEAD"]), "nothing changes in .secrets\n");
    let markdown = review(&repo, &["--base", "HEAD", "--format", "markdown"]);
    assert_eq!(markdown, "### Secrets\n\nNothing changes in `.secrets`.\n");
    assert_eq!(review(&repo, &["--base", "HEAD", "--format", "github"]), "");
}

#[test]
fn entries_are_told_apart_and_the_work_tree_counts() {
    let repo = Repo::new();
    repo.vault(&["rekey", "--rotate", "web"]);
    repo.sandbox.commit("rotate");
    repo.vault(&["set", "web", "A=2", "NEW=1"]);
    repo.vault(&["unset", "web", "TOKEN"]);
    repo.vault(&["set", "web", "B=b1", "--note", "only a remark"]);
    let text = review(&repo, &["--base", "HEAD"]);
    assert_eq!(
        text,
        "sets/web: changed, readable by alice, bob\n  added: NEW\n  value changed: A\n  removed: TOKEN\n  \
         note or expiry changed: B\nfindings\n  .secrets/sets/web.toml:2: warning: TOKEN was removed [removed]\n"
    );
    let text = review(&repo, &["--base", "HEAD^"]);
    says(
        &text,
        &[
            "  new data key, epoch 1 to 2: 2 values encrypted anew, 1 of them claims to have changed",
        ],
    );
    assert_eq!(
        review(&repo, &["--base", "HEAD", "--rev", "HEAD"]),
        "nothing changes in .secrets\n"
    );
}

#[test]
fn a_rotation_is_one_line() {
    let repo = Repo::new();
    repo.vault(&["rekey", "--rotate", "web"]);
    let line =
        "new data key, epoch 1 to 2: 3 values encrypted anew, none of them claims to have changed";
    let text = review(&repo, &["--base", "HEAD"]);
    let unproven =
        "a new data key: that whoever made it could read the file cannot be told without a key";
    assert_eq!(
        text,
        format!(
            "sets/web: changed, readable by alice, bob\n  {line}\nfindings\n  .secrets/sets/web.toml:2: \
             warning: {unproven} [unproven]\n"
        )
    );
    let file = &as_json(&repo, "HEAD")["files"][0];
    assert_eq!(file["epoch"], json!({"from": 1, "to": 2}));
    assert_eq!(file["changes"][0], json!({"key": "A", "change": "reencrypted"}));
}

#[test]
fn who_gains_and_who_loses_access_to_how_much_is_said_with_the_kind_of_key() {
    let repo = Repo::new();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK";
    repo.vault(&["recipient", "add", "carol", key]);
    let carol = "carol is now listed as a reader of 3 values of sets/web (ssh-ed25519 SHA256:omRaUSZah5JYhHa3iyOeOS6YKM1KdLC++CgWsCAe4ZA)";
    says(&review(&repo, &["--base", "HEAD"]), &["access", &format!("  {carol}"), "team"]);
    let github = review(&repo, &["--base", "HEAD", "--format", "github"]);
    let line = 1 + repo.text().0.lines().position(|l| l == "[recipients.carol]").unwrap();
    let place = format!("file=.secrets/sets/web.toml,line={line},title=vault%3A access");
    assert!(github.contains(&format!("::warning {place}::{carol}\n")), "{github}");
    let gains = &as_json(&repo, "HEAD")["gains"];
    assert_eq!(
        *gains,
        json!([{
            "name": "carol", "to": key, "kind": "ssh-ed25519", "values": 3,
            "fingerprint": "SHA256:omRaUSZah5JYhHa3iyOeOS6YKM1KdLC++CgWsCAe4ZA",
            "files": [{"file": "sets/web", "values": 3}],
        }])
    );
    repo.sandbox.commit("carol");

    repo.vault(&["recipient", "remove", "bob"]);
    let text = review(&repo, &["--base", "HEAD"]);
    assert!(
        text.contains(
            "  bob is no longer listed as a reader of 3 values of sets/web (age X25519 SHA256:"
        ),
        "{text}"
    );
    says(&text, &["  bob is no longer a member"]);
    let known = "  known from now on to people who left: A (bob), B (bob), TOKEN (bob)";
    says(&text, &[known]);
    let seen = json!({"key": "A", "seen_by": ["bob"]});
    assert_eq!(as_json(&repo, "HEAD")["files"][0]["exposed"][0], seen);
    repo.sandbox.commit("bob leaves");

    repo.vault(&["set", "web", "A=new"]);
    says(&review(&repo, &["--base", "HEAD"]), &["  no longer known to people who left: A (bob)"]);
    assert_eq!(as_json(&repo, "HEAD")["files"][0]["no_longer_exposed"][0], seen);
    repo.sandbox.commit("changed");

    repo.vault(&["recipient", "rename", "carol", "caroline"]);
    says(&review(&repo, &["--base", "HEAD"]), &["  carol is now called caroline"]);
    repo.vault(&["recipient", "replace", "caroline", &Repo::new().bob]);
    let text = review(&repo, &["--base", "HEAD"]);
    assert!(
        text.contains("  caroline is now listed as a reader of 3 values of sets/web (age X25519"),
        "{text}"
    );
    assert!(
        text.contains(
            "  carol is no longer listed as a reader of 3 values of sets/web (ssh-ed25519"
        ),
        "{text}"
    );
}

#[test]
fn files_that_come_go_and_move_are_named() {
    let repo = Repo::new();
    repo.vault(&["copy", "web", "api"]);
    let text = review(&repo, &["--base", "HEAD"]);
    says(&text, &["sets/api: new, 3 values, readable by alice, bob", "  added: A, B, TOKEN"]);
    repo.sandbox.commit("copy");
    repo.vault(&["rename", "api", "site"]);
    let text = review(&repo, &["--base", "HEAD"]);
    says(&text, &["sets/site: was sets/api, readable by alice, bob"]);
    assert!(text.ends_with("[unproven]\n"), "{text}");
    assert_eq!(as_json(&repo, "HEAD")["files"][0]["from"], "sets/api");
    repo.sandbox.commit("rename");
    repo.vault(&["delete", "site", "--yes"]);
    let text = review(&repo, &["--base", "HEAD"]);
    let gone = "sets/site: deleted, and 3 values with it; it was readable by alice, bob";
    says(&text, &[gone, "findings"]);
    repo.vault(&["delete", "web", "--yes"]);
    repo.vault(&["set", "web", "A=x"]);
    let text = review(&repo, &["--base", "HEAD"]);
    says(
        &text,
        &["sets/web: another file in the place of the one there was, readable by alice, bob"],
    );
}

#[test]
fn groups_rules_and_requests_are_named() {
    let repo = Repo::new();
    repo.vault(&["group", "add", "ops", "alice"]);
    repo.vault(&["access", "allow", "sets/prod-*", "ops"]);
    let team = json!([
        {"what": "group", "name": "ops", "change": "added", "added": ["alice"], "removed": []},
        {"what": "rule", "name": "sets/prod-*", "change": "added", "added": ["ops"], "removed": []},
    ]);
    says(
        &review(&repo, &["--base", "HEAD"]),
        &["  group ops is new with alice", "  rule sets/prod-* is new with ops"],
    );
    assert_eq!(as_json(&repo, "HEAD")["team"], team);
    repo.sandbox.commit("rules");
    repo.vault(&["group", "add", "ops", "bob"]);
    repo.vault(&["access", "deny", "sets/prod-*", "bob"]);
    let text = review(&repo, &["--base", "HEAD"]);
    assert!(text.contains("  group ops is now with bob\n"), "{text}");

    let dave = Repo::new();
    let request = format!(
        "# vault: asks to become a member. A member accepts it with `vault recipient add`.\n[request]\nto = \"{} dave\"\n",
        dave.bob
    );
    repo.sandbox.put(".secrets/requests/dave.toml", request);
    let text = review(&repo, &["--base", "HEAD"]);
    assert!(
        text.contains("requests\n  dave asks to join with the key age X25519 SHA256:"),
        "{text}"
    );
    assert_eq!(as_json(&repo, "HEAD")["requests"][0]["name"], "dave");
}

#[test]
fn in_markdown_no_name_becomes_markup() {
    let repo = Repo::new();
    repo.vault(&["set", "web", "__proto__=1"]);
    repo.vault(&["recipient", "add", "carol", &Repo::new().bob]);
    let hostile = "x`|y](http:e) <img src=x> @all\n\n# h";
    repo.sandbox.put(&format!(".secrets/{}", hostile.replace('/', "")), "");
    repo.sandbox.put(".secrets/sets/api.toml", "[`|<b>](http://e) @all]\n");
    let text = review(&repo, &["--base", "HEAD", "--format", "markdown"]);
    assert!(text.contains("| `carol` | `age X25519` `SHA256:"), "{text}");
    assert!(text.contains("  - added: `__proto__`\n"), "{text}");
    // Outside code spans nothing is left that could be markup or a mention.
    for line in text.lines() {
        let mut outside = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            outside.push_str(&rest[..at]);
            let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
            let open = "`".repeat(fence);
            let body = &rest[at + fence..];
            let end = body
                .match_indices(&open)
                .map(|(end, _)| end)
                .find(|end| !body[end + fence..].starts_with('`') && !body[..*end].ends_with('`'))
                .unwrap_or_else(|| panic!("a span does not end: {line}"));
            assert!(!body[..end].replace("\\|", "").contains('|'), "{line}");
            rest = &body[end + fence..];
        }
        outside.push_str(rest);
        assert!(!outside.contains(['<', '@', '[', ']', '!', '\\']), "{line}");
    }
}

#[test]
fn findings_are_those_of_verify() {
    let repo = Repo::new();
    repo.edit(|text| text.replaced(&format!("\n{}", text.block("[recipients.bob]")), ""));
    let text = review(&repo, &["--base", "HEAD"]);
    assert!(text.contains("[missing-reader]") && text.contains("[not-rotated]"), "{text}");
    let findings = as_json(&repo, "HEAD")["findings"].clone();
    let verify = repo.keyless(&["verify", "--base", "HEAD", "--format", "json"]).run().ends(1);
    assert_eq!(findings, verify.json());
}

#[test]
fn a_file_that_cannot_be_read_hides_nothing_else() {
    let repo = Repo::new();
    repo.vault(&["copy", "web", "api"]);
    repo.edit(|text| text.with("[vault]", "format", "9"));
    let text = review(&repo, &["--base", "HEAD"]);
    says(&text, &["sets/api: new, 3 values, readable by alice, bob"]);
    assert!(text.contains("[newer-format]") && !text.contains("deleted"), "{text}");
}

#[test]
fn the_readme_shows_what_review_says() {
    let repo = Repo::new();
    let work = crate::support::Sandbox::with_set("web", &["GREETING=hello", "DATABASE_URL=one"]);
    std::fs::remove_dir(work.work().join(".git")).unwrap();
    let work = work.with_git();
    work.commit("begin");
    work.vault(["recipient", "add", "bob", &repo.bob]).succeeds();
    work.vault(["set", "web", "DATABASE_URL=two"]).succeeds();
    let said = work.vault(["review", "--base", "HEAD"]).succeeds().text();
    let cut = |line: &str| match line.split_once("SHA256:") {
        Some((start, rest)) if rest.ends_with(')') => format!("{start}SHA256:…)"),
        Some((start, _)) => format!("{start}SHA256:…"),
        None => line.to_owned(),
    };
    let said: Vec<String> = said.lines().map(cut).collect();
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let shown = format!("```text\n{}\n```\n", said.join("\n"));
    assert!(readme.contains(&shown), "README.md does not show:\n{shown}");
}

#[test]
fn where_a_pull_secret_leads_is_said() {
    let repo = Repo::new();
    let vectors = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1/good");
    let text = std::fs::read_to_string(vectors.join("pull-quay.toml")).unwrap();
    repo.sandbox.put(".secrets/pull/pull-quay.toml", &text);
    let new = review(&repo, &["--base", "HEAD"]);
    assert!(new.contains("pull/pull-quay: new, 2 values, readable by "), "{new}");
    says(&new, &["  added: password, username", "  for quay.io:443 of type quay"]);
    repo.sandbox.commit("pull secret");
    let text = text.replace("\"quay.io:443\"", "\"evil.example:443\"");
    repo.sandbox.put(".secrets/pull/pull-quay.toml", text);
    says(&review(&repo, &["--base", "HEAD"]), &["  for evil.example:443 of type quay"]);
    let verify = repo.keyless(&["verify", "--base", "HEAD"]).run().ends(1).text();
    assert!(
        verify.contains("pull-quay.toml:2: error: the file has another name or registry"),
        "{verify}"
    );
    let registry = &as_json(&repo, "HEAD")["files"][0]["registry"];
    assert_eq!(*registry, json!({"type": "quay", "server": "evil.example:443"}));
}
