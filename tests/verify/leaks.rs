//! Values in clear outside `.secrets`.

use super::{Repo, rows};
use crate::support::Outcome;

const VALUE: &str = "s3cr3t-t0ken-0f-web";

/// What is found with alice's identity, and the value is never repeated.
fn found(repo: &Repo, args: &[&str]) -> Vec<String> {
    let run = repo.sandbox.vault([&["verify", "--format", "json"], args].concat());
    let run = run.never_says(VALUE);
    let found = rows(&run.json());
    run.ends(i32::from(!found.is_empty()));
    found
}

#[test]
fn tracked_and_staged_files_are_searched_and_no_others() {
    let repo = Repo::new();
    repo.sandbox.put("untracked", VALUE);
    repo.sandbox.put("short", "a first value\nb1\n");
    assert_eq!(found(&repo, &[]), [""; 0]);
    // Tracked, and changed since.
    repo.sandbox.put("README", format!("one\n\n\"{VALUE}\"\nfour {VALUE}\n"));
    assert_eq!(found(&repo, &[]), ["error leak README:3", "error leak README:4"]);
    assert_eq!(found(&repo, &["--staged"]), [""; 0]);
    // Staged, and changed back since.
    repo.sandbox.git(["add", "README"]);
    repo.sandbox.put("README", "nothing to see\n");
    assert_eq!(found(&repo, &["--staged"]), ["error leak README:3", "error leak README:4"]);
    assert_eq!(found(&repo, &[]), ["error leak README:3", "error leak README:4"]);
    repo.sandbox.git(["reset", "--quiet"]);
    repo.sandbox.git(["add", "untracked"]);
    assert_eq!(found(&repo, &[]), ["error leak untracked:1"]);
}

#[test]
fn every_spelling_that_secrets_are_pasted_in_is_found_in_any_kind_of_file() {
    let value = "p/a+s?s=w&ör\"d\n1";
    let repo = Repo::new();
    repo.sandbox.command(["set", "web", "ODD", "--stdin"]).stdin(value).run().succeeds();
    let base64 = |text: &str| vault::crypto::base64_encode(text.as_bytes());
    let pasted = [
        ("raw", value.to_owned()),
        ("url", "p%2Fa%2Bs%3Fs%3Dw%26%C3%B6r%22d%0A1".to_owned()),
        ("json", "{\"x\": \"p/a+s?s=w&ör\\\"d\\n1\"}".to_owned()),
        ("basic", format!("Authorization: Basic {}", base64(&format!("user:{value}")))),
        ("k8s", format!("  odd: {}\n", base64(&format!("{value}\n")))),
        ("jwt", base64(&format!("ab{value}cd")).replace('+', "-").replace('/', "_")),
        ("hex", crate::envelope::by_hand::hex(value.as_bytes()).to_uppercase()),
        ("windows", value.replace('\n', "\r\n")),
        ("binary", format!("\0\u{1}\u{2}\n\n\0{value}\0")),
    ];
    for (name, text) in &pasted {
        repo.sandbox.put(name, text);
    }
    let large = [vec![b'x'; 3 << 20], value.as_bytes().to_vec(), vec![b'\n'; 3 << 20]].concat();
    repo.sandbox.put("large", &large);
    repo.sandbox.git(["add", "--all"]);
    let mut expected: Vec<String> = pasted
        .iter()
        .map(|(name, _)| format!("error leak {name}:{}", if *name == "binary" { 3 } else { 1 }))
        .chain(["error leak large:1".to_owned()])
        .collect();
    expected.sort();
    for state in [&[][..], &["--staged"]] {
        let run = repo.sandbox.vault([&["verify", "--format", "json"], state].concat()).ends(1);
        assert_eq!(rows(&run.json()), expected, "{state:?}");
    }
    repo.sandbox.commit("everything");
    for state in [&["--rev", "HEAD"][..], &["--rev", "HEAD", "--base", "HEAD^"]] {
        let run = repo.sandbox.vault([&["verify", "--format", "json"], state].concat()).ends(1);
        assert_eq!(rows(&run.json()), expected, "{state:?}");
    }
    // What a commit did not bring is not its business.
    repo.sandbox.put("README", "more\n");
    repo.sandbox.commit("more");
    assert_eq!(found(&repo, &["--rev", "HEAD", "--base", "HEAD^"]), [""; 0]);
}

#[test]
fn the_message_names_the_set_and_the_key() {
    let repo = Repo::new();
    repo.vault(&["copy", "web", "api"]);
    repo.sandbox.put("README", VALUE);
    let text = repo.sandbox.vault(["verify"]).ends(1).text();
    for set in ["api", "web"] {
        let line = format!(
            "README:1: error: the value of TOKEN of set {set} stands here in clear [leak]\n"
        );
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn odd_names_and_things_that_are_no_files_do_not_stop_the_search() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = Repo::new();
    let work = repo.sandbox.work();
    let odd = std::ffi::OsStr::from_bytes(b"not \xff utf-8\n\"x\"");
    crate::support::put(&work.join(odd), VALUE);
    repo.sandbox.put("folder/file", VALUE);
    std::os::unix::fs::symlink("/dev/zero", work.join("link")).unwrap();
    repo.sandbox.put("gone", VALUE);
    repo.sandbox.git(["add", "--all"]);
    repo.sandbox.git(["commit", "--quiet", "--message=odd"]);
    std::fs::remove_file(work.join("gone")).unwrap();
    std::fs::remove_file(work.join("folder/file")).unwrap();
    std::fs::remove_dir(work.join("folder")).unwrap();
    crate::support::put(&work.join("folder"), "now a file");
    let outcome = repo.sandbox.vault(["verify"]).never_says(VALUE).ends(1);
    let expected = "not \u{fffd} utf-8\\n\"x\":1: error: ";
    assert!(outcome.text().starts_with(expected), "{}", outcome.text());
    assert_eq!(outcome.text().lines().count(), 1);
    assert_eq!(found(&repo, &["--rev", "HEAD"]).len(), 3);
}

#[test]
fn without_an_identity_that_opens_unasked_one_note_says_so() {
    let repo = Repo::new();
    repo.sandbox.put("README", VALUE);
    let noted = |run: Outcome| run.fails(0, &["were not searched for: no identity opens any file"]);
    let run = noted(repo.keyless(&["verify"]).run());
    assert_eq!(run.stderr.matches("searched").count(), 1);
    repo.keyless(&["verify", "-q"]).run().quietly();

    // One that needs its passphrase is not asked for it.
    let locked = repo.sandbox.root().join("config/vault/identity.txt");
    let open = std::fs::read(&locked).unwrap();
    let mut recipient = age::scrypt::Recipient::new("correct horse".to_owned().into());
    recipient.set_work_factor(2);
    crate::support::put(&locked, age::encrypt(&recipient, &open).unwrap());
    noted(repo.sandbox.vault(["verify"]));
    // And a command that may ask is not run.
    let command = ["touch", repo.sandbox.root().join("asked").to_str().unwrap()].join(" ");
    noted(repo.sandbox.command(["verify"]).env("VAULT_IDENTITY_COMMAND", command).run());
    assert!(!repo.sandbox.root().join("asked").exists());

    // What opens a part says how much it left.
    crate::support::put(&locked, open);
    repo.vault(&["set", "other", "KEY=another long value"]);
    repo.vault(&["access", "allow", "sets/other", "alice"]);
    repo.sandbox.put("README", format!("{VALUE}\nanother long value\n"));
    let bob = repo.sandbox.root().join("bob.txt");
    let run = repo.sandbox.vault(["verify", "-i", bob.to_str().unwrap()]).ends(1);
    assert_eq!(run.text().lines().count(), 1, "{}", run.text());
    assert!(run.stderr.contains("values of 1 file were not searched"), "{}", run.stderr);
}

#[test]
fn values_inside_the_vault_are_found_where_no_ciphertext_belongs() {
    let repo = Repo::new();
    let search = |path: &str, text: String| {
        repo.sandbox.put(path, text);
        let found = found(&repo, &[]);
        repo.sandbox.git(["checkout", "--quiet", "."]);
        found.into_iter().filter(|row| row.starts_with("error leak")).collect::<Vec<_>>()
    };
    let web = repo.text().0;
    let line = |text: &str| text.lines().position(|line| line.contains(VALUE)).unwrap() + 1;
    let commented = format!("{web}# {VALUE}\n");
    let at = line(&commented);
    let expected = [format!("error leak .secrets/sets/web.toml:{at}")];
    assert_eq!(search(".secrets/sets/web.toml", commented), expected);
    let team = format!("{}# {VALUE}\n", repo.read(".secrets/team.toml"));
    assert_eq!(search(".secrets/team.toml", team).len(), 1);
    assert_eq!(search(".secrets/requests/dave.toml", format!("# {VALUE}\n")).len(), 1);
    std::fs::remove_file(repo.sandbox.work().join(".secrets/requests/dave.toml")).unwrap();
    repo.vault(&["set", "web", "A=x", "--note", &format!("not {VALUE}")]);
    let at = line(&repo.text().0);
    assert_eq!(found(&repo, &[]), [format!("error leak .secrets/sets/web.toml:{at}")]);
}

#[test]
fn what_one_commit_brings_and_the_next_deletes_is_found() {
    let repo = Repo::new();
    repo.sandbox.put("config/one", format!("first\n{VALUE}\n"));
    repo.sandbox.commit("leak");
    let commit = repo.sandbox.git(["rev-parse", "--short=12", "HEAD"]);
    repo.sandbox.put(".secrets/stray", VALUE);
    repo.sandbox.commit("leak below .secrets");
    repo.sandbox.git(["rm", "--quiet", "config/one", ".secrets/stray"]);
    repo.sandbox.commit("as if nothing had been");
    let expected = ["error leak .secrets/stray:1", "error leak config/one:2"];
    for state in [&["--base", "HEAD~3"][..], &["--base", "HEAD~3", "--rev", "HEAD"]] {
        assert_eq!(found(&repo, state), expected, "{state:?}");
    }
    let text = repo.sandbox.vault(["verify", "--base", "HEAD~3"]).ends(1).text();
    assert!(text.contains(&format!("in commit {}:", commit.trim())), "{text}");
    assert_eq!(found(&repo, &["--base", "HEAD^"]), [""; 0]);
    // What is still there is told of once.
    repo.sandbox.put("two", VALUE);
    repo.sandbox.commit("leak");
    assert_eq!(found(&repo, &["--base", "HEAD^", "--rev", "HEAD"]), ["error leak two:1"]);
}

#[test]
fn a_merge_answers_for_what_it_brings_itself() {
    let repo = Repo::new();
    repo.sandbox.git(["checkout", "--quiet", "-b", "side"]);
    repo.sandbox.put("side", "");
    repo.sandbox.commit("side");
    repo.sandbox.git(["checkout", "--quiet", "main"]);
    repo.sandbox.put("main", "");
    repo.sandbox.commit("main");
    repo.sandbox.git(["checkout", "--quiet", "side"]);
    repo.sandbox.git(["merge", "--quiet", "--no-commit", "main"]);
    repo.sandbox.put("README", VALUE);
    repo.sandbox.commit("merge");
    repo.sandbox.put("README", "clean\n");
    repo.sandbox.commit("clean");
    assert_eq!(found(&repo, &["--base", "main~1"]), ["error leak README:1"]);
}

#[test]
fn names_of_files_and_where_links_lead_are_searched_and_not_repeated() {
    let repo = Repo::new();
    let work = repo.sandbox.work();
    std::os::unix::fs::symlink(format!("/run/{VALUE}"), work.join("link")).unwrap();
    repo.sandbox.put(&format!("a/{VALUE}.txt"), "");
    repo.sandbox.git(["add", "--all"]);
    let expected = ["error leak a/***:1", "error leak link:1"];
    for state in [&[][..], &["--staged"]] {
        assert_eq!(found(&repo, state), expected, "{state:?}");
    }
    repo.sandbox.commit("names");
    assert_eq!(found(&repo, &["--rev", "HEAD"]), expected);
}
