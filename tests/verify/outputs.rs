//! The formats that programs read.

use serde_json::Value;

use super::{Repo, rows};

/// A repository with an error and a warning, at a path that is hostile to every format.
fn hostile() -> Repo {
    let repo = Repo::new();
    repo.sandbox.put(".secrets/a,b:c\n::add-mask::x`|<img> %41", "");
    repo.sandbox.put(".secrets/.tmp-1.toml", "");
    repo
}

#[test]
fn json_is_a_list_of_five_fields() {
    let repo = hostile();
    let json = repo.keyless(&["verify", "--format", "json"]).run().ends(1).json();
    for one in json.as_array().unwrap() {
        let fields: Vec<&String> = one.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["file", "level", "line", "message", "rule"]);
        assert!(one["line"].as_u64().unwrap() > 0);
    }
    assert_eq!(
        rows(&json),
        [
            "warning leftover .secrets/.tmp-1.toml:1",
            "error stray-file .secrets/a,b:c\n::add-mask::x`|<img> %41:1",
        ]
    );
    let clean = Repo::new().keyless(&["verify", "--format", "json"]).run().succeeds();
    assert_eq!(clean.text(), "[]\n");
}

#[test]
fn text_is_a_line_for_each_whatever_the_names() {
    let text = hostile().keyless(&["verify"]).run().ends(1).text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[1].starts_with(".secrets/a,b:c\\n::add-mask::x`|<img> %41:1: error: "), "{text}");
    assert!(lines[1].ends_with(" [stray-file]"), "{text}");
}

#[test]
fn annotations_are_one_command_each_whatever_the_names() {
    for command in [&["verify"][..], &["review", "--base", "HEAD"]] {
        let repo = hostile();
        let run = repo.keyless(&[command, &["--format", "github"]].concat()).run();
        let text = run.text();
        let place = "file=.secrets/a%2Cb%3Ac%0A%3A%3Aadd-mask%3A%3Ax`|<img> %2541,line=1,title=";
        assert!(text.contains(&format!("::error {place}vault%3A stray-file::")), "{text}");
        assert!(text.contains("::warning file=.secrets/.tmp-1.toml,line=1,"), "{text}");
        assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
        assert!(!text.contains("\n::add-mask"), "{text}");
    }
}

/// The fields that SARIF 2.1.0 (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.28, 3.49) requires, and
/// those that code scanning services want.
#[test]
fn sarif_has_what_its_specification_requires() {
    let repo = hostile();
    let run = repo.keyless(&["verify", "--format", "sarif", "--deny", "leftover"]).run().ends(1);
    let log = run.json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let [one] = log["runs"].as_array().unwrap().as_slice() else { panic!("{log}") };
    let driver = &one["tool"]["driver"];
    assert_eq!(driver["name"], "vault");
    let rules = driver["rules"].as_array().unwrap();
    let results = one["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (2, 2));
    for rule in rules {
        assert!(!rule["id"].as_str().unwrap().is_empty());
        assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
    }
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["region"]["startLine"], 1);
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    }
    let uri = &results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, ".secrets/a%2Cb%3Ac%0A%3A%3Aadd-mask%3A%3Ax%60%7C%3Cimg%3E%20%2541");
    let clean = Repo::new().keyless(&["verify", "--format", "sarif"]).run().succeeds().json();
    assert_eq!(clean["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn only_warnings_can_be_denied_and_nothing_typed_is_repeated() {
    let repo = Repo::new();
    repo.keyless(&["verify", "--deny", "s3cr3t"]).run().never_says("s3cr3t").ends(2);
    repo.keyless(&["verify", "--deny", "team"]).run().ends(2);
    repo.keyless(&["verify", "--staged", "--rev", "HEAD"]).run().ends(2);
    let denied = ["--deny", "removed", "--deny", "expired"];
    repo.keyless(&[&["verify"][..], &denied].concat()).run().succeeds();
}

#[test]
fn the_page_names_every_rule() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/review.md");
    let page = std::fs::read_to_string(page).unwrap();
    for rule in vault::git::Rule::all() {
        let row = format!("| `{}` | {} |", rule.code(), rule.level());
        assert!(page.contains(&row), "docs/review.md has no row {row}");
    }
}

#[test]
fn no_line_of_text_is_a_command_to_a_runner() {
    let repo = Repo::new();
    for name in [".secrets/x ##[error]y", ".secrets/##vso[z]"] {
        repo.sandbox.put(name, "");
    }
    for command in [&["verify"][..], &["review", "--base", "HEAD"]] {
        let text = repo.keyless(command).run().text();
        assert!(!text.contains("##"), "{text}");
        assert!(text.contains("x #\\u{23}[error]y"), "{text}");
    }
    repo.sandbox.put("::add-mask::x", "s3cr3t-t0ken-0f-web");
    repo.sandbox.git(["add", "--all"]);
    let text = repo.sandbox.vault(["verify"]).ends(1).text();
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    assert!(text.contains("\\u{3a}:add-mask::x:1: error: "), "{text}");
}

#[test]
fn what_a_comment_has_no_room_for_is_counted_and_errors_come_first() {
    let repo = Repo::new();
    for at in 0..60 {
        repo.vault(&["set", "web", &format!("OLD{at}=x"), "--expires", "2020-01-31"]);
    }
    for at in 0..70 {
        repo.sandbox.put(&format!(".secrets/z{at:02}"), "");
    }
    let comment = |repo: &Repo| {
        let args = ["review", "--base", "HEAD", "--format", "markdown"];
        repo.keyless(&args).run().succeeds().text()
    };
    let text = comment(&repo);
    let first = text.find("| error |").unwrap();
    assert!(text.find("| warning |").is_none_or(|at| at > first), "{text}");
    assert!(text.contains("\nand 80 more, of which 20 are errors\n"), "{text}");

    // Many sets with keys of long names.
    let repo = Repo::new();
    let keys: Vec<String> = (0..31).map(|at| format!("{}{at:02}=x", "K".repeat(60))).collect();
    let first = format!("{}00", "s".repeat(58));
    repo.sandbox
        .vault(["set", &first].into_iter().chain(keys.iter().map(String::as_str)))
        .succeeds();
    for at in 1..50 {
        repo.vault(&["copy", &first, &format!("{}{at:02}", "s".repeat(58))]);
    }
    let text = comment(&repo);
    assert!(text.len() <= 65_536, "{}", text.len());
    assert!(text.contains("\nand "), "{text}");
    assert!(text.len() > 60_000, "{}", text.len());
}
