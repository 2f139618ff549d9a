//! Each rule about one state, by a repository that breaks it and no other.

use std::collections::BTreeMap;

use vault::git::{Contents, Finding, Item, Rule, WithoutKey, verify};

use super::{Repo, set};
use crate::support::{SealedText, put};

const WEB: &str = ".secrets/sets/web.toml";

#[test]
fn a_vault_as_the_commands_leave_it_breaks_nothing() {
    let repo = Repo::new();
    assert_eq!(repo.findings(&[]), [""; 0]);
    repo.vault(&["set", "web", "C=c", "--note", "why \"so\"", "--expires", "9999-12-31"]);
    repo.vault(&["unset", "web", "A"]);
    repo.vault(&["copy", "web", "api"]);
    repo.vault(&["rename", "web", "site"]);
    repo.vault(&["recipient", "remove", "bob"]);
    repo.sandbox.command(["join", "dave"]).run();
    assert_eq!(repo.findings(&[]), [""; 0]);
    repo.sandbox.git(["add", "--all"]);
    assert_eq!(repo.findings(&["--staged"]), [""; 0]);
}

#[test]
fn what_does_not_belong_below_secrets_is_found() {
    for (path, rule) in [
        (".secrets/prod.env", "stray-file"),
        (".secrets/sets/web.toml.bak", "stray-file"),
        (".secrets/sets/deep/web.toml", "stray-file"),
        (".secrets/rooms/a/b.toml", "stray-file"),
        (".secrets/sets/no good.toml", "file-name"),
        (".secrets/sets/NUL.toml", "file-name"),
        (".secrets/requests/Bob.toml", "file-name"),
        (".secrets/sets/.tmp-x1.toml", "leftover"),
    ] {
        let repo = Repo::new();
        repo.sandbox.put(path, "SECRET=hunter2\n");
        let level = if rule == "leftover" { "warning" } else { "error" };
        assert_eq!(repo.findings(&[]), [format!("{level} {rule} {path}:1")]);
        repo.sandbox.git(["add", "--force", path]);
        let (level, rule) =
            if rule == "leftover" { ("error", "stray-file") } else { (level, rule) };
        assert_eq!(repo.findings(&["--staged"]), [format!("{level} {rule} {path}:1")]);
    }
}

fn folder_of(repo: &Repo) -> std::path::PathBuf {
    repo.sandbox.work().join(".secrets/sets")
}

#[test]
fn what_is_no_file_is_not_read() {
    let repo = Repo::new();
    std::os::unix::fs::symlink("../../README", folder_of(&repo).join("link.toml")).unwrap();
    assert_eq!(repo.findings(&[]), ["error not-a-file .secrets/sets/link.toml:1"]);
    repo.sandbox.commit("link");
    for state in [&["--staged"][..], &["--rev", "HEAD"], &[]] {
        assert_eq!(repo.findings(state), ["error not-a-file .secrets/sets/link.toml:1"]);
    }

    let repo = Repo::new();
    repo.sandbox.git(["mv", ".secrets/sets", "elsewhere"]);
    repo.sandbox.git(["reset", "--quiet"]);
    std::os::unix::fs::symlink("../elsewhere", folder_of(&repo)).unwrap();
    assert!(repo.broken(&[]).contains("not-a-file"));
}

#[test]
fn names_that_differ_by_case_alone_are_found() {
    let repo = Repo::new();
    let other = Repo::new();
    other.sandbox.put(".secrets/team.toml", repo.read(".secrets/team.toml"));
    std::fs::remove_file(other.sandbox.set_path("web")).unwrap();
    other.elsewhere(&["set", "WEB", "A=a", "--trust", "alice", "--trust", "bob"]);
    let text = other.read(".secrets/sets/WEB.toml");
    repo.sandbox.put(".secrets/sets/WEB.toml", text);
    assert_eq!(repo.findings(&[]), ["error case-twin .secrets/sets/web.toml:1"]);
}

#[test]
fn a_file_longer_than_any_is_not_read() {
    let repo = Repo::new();
    let file = std::fs::File::create(repo.sandbox.work().join(".secrets/sets/big.toml")).unwrap();
    file.set_len((16 << 20) + 1).unwrap();
    assert_eq!(repo.findings(&[]), ["error file-too-large .secrets/sets/big.toml:1"]);
    repo.sandbox.git(["add", "--all"]);
    assert_eq!(repo.findings(&["--staged"]), ["error file-too-large .secrets/sets/big.toml:1"]);
}

#[test]
fn neither_a_long_team_file_nor_many_long_files_take_time_or_memory() {
    let repo = Repo::new();
    let long = format!("{}\n#{}\n", repo.read(".secrets/team.toml"), "x".repeat(512 << 10));
    repo.sandbox.put(".secrets/team.toml", long);
    assert_eq!(repo.findings(&[]), ["error file-too-large .secrets/team.toml:1"]);
    for number in 0..17 {
        let path = repo.sandbox.work().join(format!(".secrets/sets/big{number}.toml"));
        std::fs::File::create(path).unwrap().set_len(16 << 20).unwrap();
    }
    let too_much = ["have more than 256 MiB together"];
    repo.keyless(&["verify"]).run().fails(1, &too_much);
    repo.sandbox.git(["add", "--all"]);
    repo.keyless(&["verify", "--staged"]).run().fails(1, &too_much);
}

#[test]
fn an_unfinished_merge_is_found_with_and_without_its_markers() {
    let repo = Repo::new();
    repo.sandbox.git(["checkout", "--quiet", "-b", "other"]);
    repo.vault(&["set", "web", "A=theirs"]);
    repo.sandbox.commit("theirs");
    repo.sandbox.git(["checkout", "--quiet", "main"]);
    repo.vault(&["set", "web", "A=ours"]);
    repo.sandbox.commit("ours");
    let ours = repo.text().0;
    let sandbox = &repo.sandbox;
    sandbox.git(["-c", "alias.try=!git merge --quiet other || true", "try"]);
    assert_eq!(repo.findings(&[]), [format!("error conflict-marker {WEB}:1")]);
    // A driver that cannot be run leaves ours without any markers.
    put(&sandbox.set_path("web"), &ours);
    assert_eq!(repo.findings(&[]), [format!("error conflict-marker {WEB}:1")]);
    assert_eq!(repo.findings(&["--staged"]), [format!("error conflict-marker {WEB}:1")]);
    sandbox.git(["add", "--all"]);
    assert_eq!(repo.findings(&[]), [""; 0]);

    repo.edit(|text| text.replaced("[values.A]", "<<<<<<< ours\n[values.A]"));
    let line = 1 + repo.text().0.lines().position(|line| line.starts_with("<<<<<<<")).unwrap();
    assert_eq!(repo.findings(&[]), [format!("error conflict-marker {WEB}:{line}")]);
}

#[test]
fn text_where_a_ciphertext_belongs_is_found_and_not_repeated() {
    let readable = "hunter2 is not a secret when it is in here. ".repeat(4);
    let base64 = vault::crypto::base64_encode(&readable.as_bytes()[..104]);
    let short = vault::crypto::base64_encode(b"hunter2");
    for value in ["\"hunter2\"".to_owned(), "hunter2".to_owned(), short, base64] {
        let repo = Repo::new();
        repo.edit(|text| {
            let value = if value.contains("hunter") {
                value.clone()
            } else {
                format!("\"{}:1.1:{value}\"", text.token())
            };
            text.with("[values.B]", "enc", &value)
        });
        repo.keyless(&["verify"]).run().never_says("hunter2").ends(1);
        let rules = repo.broken(&[]);
        assert!(rules == set(&["plaintext"]) || rules == set(&["bad-value"]), "{rules:?}");
    }
    for text in ["SECRET = \"hunter2\"\n", "[web]\nSECRET = \"hunter2\"\n", "# nothing\n"] {
        let repo = Repo::new();
        repo.sandbox.put(".secrets/sets/api.toml", text);
        repo.keyless(&["verify"]).run().never_says("hunter2").ends(1);
        assert_eq!(repo.broken(&[]), set(&["plaintext"]), "{text}");
    }
}

#[test]
fn only_the_bytes_that_vault_writes_are_right() {
    let repo = Repo::new();
    repo.edit(|text| SealedText(format!("{}\n# by hand\n", text.0)));
    let lines = repo.text().0.lines().count();
    assert_eq!(repo.findings(&[]), [format!("error not-canonical {WEB}:{}", lines - 1)]);
    let repo = Repo::new();
    repo.edit(|text| SealedText(text.0.replace('\n', "\r\n")));
    assert_eq!(repo.findings(&[]), [format!("error not-canonical {WEB}:1")]);
    repo.keyless(&["verify"]).run().ends(1);
}

#[test]
fn bytes_that_stand_in_two_places_were_copied() {
    let repo = Repo::new();
    repo.edit(|text| {
        let a = text.field("[values.A]", "enc");
        text.with("[values.B]", "enc", &a)
    });
    assert_eq!(repo.broken(&[]), set(&["forged"]));

    let repo = Repo::new();
    let copy = repo.text().with("[vault]", "name", "\"api\"");
    repo.sandbox.put(".secrets/sets/api.toml", copy.0);
    assert_eq!(repo.broken(&[]), set(&["forged", "same-id"]));
}

#[test]
fn the_team_file_must_be_there_and_be_one() {
    let repo = Repo::new();
    std::fs::remove_file(repo.sandbox.work().join(".secrets/team.toml")).unwrap();
    assert_eq!(repo.findings(&[]), ["error team .secrets/team.toml:1"]);
    let repo = Repo::new();
    repo.edit_team("[members.bob]", "[members.bob]\nnonsense = 1");
    let line =
        1 + repo.read(".secrets/team.toml").lines().position(|l| l == "nonsense = 1").unwrap();
    assert_eq!(repo.findings(&[]), [format!("error team .secrets/team.toml:{line}")]);
}

#[test]
fn readers_are_those_the_team_file_lets_read() {
    let other = || Repo::new().bob.clone();
    let check = |rule: &str, change: &dyn Fn(&Repo)| {
        let repo = Repo::new();
        change(&repo);
        assert_eq!(repo.broken(&[]), set(&[rule]));
        let line = repo.text().0.lines().position(|line| line == "[recipients.bob]").unwrap() + 1;
        let found = repo.findings(&[]);
        let at = if rule == "missing-reader" { 2 } else { line };
        assert_eq!(found, [format!("error {rule} {WEB}:{at}")]);
    };
    check("extra-reader", &|repo| {
        let bob = format!("\n[members.bob]\nto = \"{} bob\"\n", repo.bob);
        repo.edit_team(&bob, "");
    });
    check("missing-reader", &|repo| {
        let carol = format!("[members.carol]\nto = \"{} carol\"\n\n[members.bob]", other());
        repo.edit_team("[members.bob]", &carol);
    });
    check("reader-key", &|repo| repo.edit_team(&repo.bob, &other()));
    check("reader-name", &|repo| {
        repo.edit_team("[members.bob]", "[members.robert]");
        repo.edit_team(" bob\"", " robert\"");
    });
    check("extra-reader", &|repo| {
        let team = repo.read(".secrets/team.toml");
        repo.sandbox
            .put(".secrets/team.toml", format!("{team}\n[rules.\"sets/*\"]\nread = [\"alice\"]\n"));
    });
}

#[test]
fn entries_past_their_day_are_listed_and_fail_only_on_demand() {
    let repo = Repo::new();
    repo.vault(&["set", "web", "OLD=x", "--expires", "2020-01-31"]);
    let line = repo.text().0.lines().position(|line| line == "[values.OLD]").unwrap() + 1;
    assert_eq!(repo.findings(&[]), [format!("warning expired {WEB}:{line}")]);
    assert_eq!(repo.findings(&["--deny", "expired"]), [format!("error expired {WEB}:{line}")]);
}

/// What is found in a vault of this one file, apart from the team file that is missing.
fn found_in(file: &str, kind: &str, name: &str) -> Vec<Finding> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1");
    let bytes = std::fs::read(folder.join(file)).unwrap();
    let place = if kind == "set" { "sets" } else { "pull" };
    let files = BTreeMap::from([(format!("{place}/{name}.toml"), Item::File(bytes))]);
    let now = Contents { shown: ".secrets/".to_owned(), files, ..Contents::default() };
    let (_, mut findings) = verify(&now, &[], None, &WithoutKey).unwrap();
    findings.retain(|finding| finding.rule != Rule::Team);
    findings
}

#[test]
fn every_frozen_file_that_is_bad_without_a_key_is_found() {
    const KEYED: [&str; 6] = [
        "wrap-does-not-open",
        "commitment-mismatch",
        "bad-seal",
        "entry-not-authentic",
        "entry-padding",
        "unknown-payload",
    ];
    for bad in json("bad.json").as_array().unwrap() {
        let [file, kind, name, code] =
            ["file", "kind", "name", "code"].map(|f| bad[f].as_str().unwrap());
        let found = found_in(file, kind, name);
        let is = |finding: &Finding| {
            let rule = finding.rule.code();
            rule == code || matches!(rule, "plaintext" | "conflict-marker")
        };
        assert!(found.iter().any(is) || KEYED.contains(&code), "{file}: {found:?}");
    }
}

#[test]
fn no_frozen_file_that_is_good_is_found_to_be_anything_but_oddly_written() {
    for good in json("good.json").as_array().unwrap() {
        let [file, kind, name, canonical] =
            ["file", "kind", "name", "canonical"].map(|f| good[f].as_str().unwrap());
        assert_eq!(found_in(canonical, kind, name), [], "{canonical}");
        let found = found_in(file, kind, name);
        assert!(found.iter().all(|one| one.rule == Rule::NotCanonical), "{file}: {found:?}");
    }
}

fn json(name: &str) -> serde_json::Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn a_file_under_another_name_and_one_of_two_epochs_are_refused() {
    let repo = Repo::new();
    repo.sandbox.git(["mv", ".secrets/sets/web.toml", ".secrets/sets/api.toml"]);
    assert_eq!(repo.broken(&[]), set(&["name-mismatch"]));

    let repo = Repo::new();
    let old = repo.text().block("[values.B]");
    repo.vault(&["rekey", "--rotate", "web"]);
    repo.edit(|text| text.replaced(&text.block("[values.B]"), &old));
    let found = repo.keyless(&["verify"]).run().ends(1);
    assert!(found.text().contains("`vault fix` repairs it [other-epoch]"), "{}", found.text());
}

#[test]
fn with_an_identity_what_was_tampered_with_is_found_too() {
    let repo = Repo::new();
    repo.edit(|text| text.with_line("[values.B]", "note = \"trust me\""));
    assert_eq!(repo.findings(&[]), [""; 0]);
    let outcome = repo.sandbox.vault(["verify"]).ends(1);
    assert!(outcome.text().contains("[tampered]"), "{}", outcome.text());
}

#[test]
fn a_temporary_file_that_git_has_is_no_leftover() {
    let repo = Repo::new();
    let path = ".secrets/sets/.tmp-1.toml";
    repo.sandbox.put(path, "anything");
    assert_eq!(repo.findings(&[]), [format!("warning leftover {path}:1")]);
    repo.sandbox.git(["add", path]);
    for state in [&[][..], &["--staged"]] {
        assert_eq!(repo.findings(state), [format!("error stray-file {path}:1")], "{state:?}");
    }
    repo.sandbox.commit("hidden");
    assert_eq!(repo.findings(&["--rev", "HEAD"]), [format!("error stray-file {path}:1")]);
}

#[test]
fn a_folder_that_differs_by_case_alone_is_a_twin() {
    let repo = Repo::new();
    let object = repo.sandbox.git(["hash-object", "-w", "README"]);
    let entry = format!("100644,{},.Secrets/sets/web.toml", object.trim());
    repo.sandbox.git(["update-index", "--add", "--cacheinfo", &entry]);
    let found = ["error case-twin .Secrets/sets/web.toml:1"];
    assert_eq!(repo.findings(&[]), found);
    assert_eq!(repo.findings(&["--staged"]), found);
    repo.sandbox.git(["commit", "--quiet", "--message=twin"]);
    assert_eq!(repo.findings(&["--rev", "HEAD"]), found);
}
