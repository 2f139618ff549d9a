//! Random histories of two branches, merged by real git: with the driver and a key, and by plain git
//! with whatever `resolve` or `fix` it takes. What comes out is what the model says, every time.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use vault::envelope::Sealed;
use vault::model::SecretSet;

use super::{Do, Repo, Tool};
use crate::merge::model::{self, Entries, Fields};

const KEYS: [&str; 7] = ["K1", "K2", "K2A", "K2B", "K5", "K6", "K8A"];
const VALUES: [&str; 3] = ["a", "b", "c"];

fn step() -> impl Strategy<Value = Do> {
    let key = || proptest::sample::select(&KEYS[..]);
    prop_oneof![
        6 => (key(), proptest::sample::select(&VALUES[..])).prop_map(|(k, v)| Do::Set(k, v)),
        3 => key().prop_map(Do::Unset),
        2 => Just(Do::Rotate),
    ]
}

/// Without the removals of what is not there.
fn possible(steps: &[Do]) -> Vec<Do> {
    let mut there: BTreeSet<&str> = ["K1", "K2", "K5", "K6"].into();
    let makes_sense = |step: &&Do| match step {
        Do::Unset(key) => there.remove(key),
        Do::Set(key, _) => {
            there.insert(key);
            true
        }
        _ => true,
    };
    steps.iter().filter(makes_sense).copied().collect()
}

fn meaning(repo: &Repo, text: &str) -> Entries {
    let opened = repo.open(text).unwrap_or_else(|| panic!("cannot be opened:\n{text}"));
    let fields = |entry: &vault::envelope::Entry| Fields {
        value: entry.value().expose().to_vec(),
        note: None,
        since: entry.since(),
        rev: entry.rev(),
    };
    opened.entries().map(|(key, entry)| (key.to_string(), fields(entry))).collect()
}

fn at(repo: &Repo, revision: &str) -> Entries {
    let text = repo.git(["show", &format!("{revision}:.secrets/sets/web.toml")]).succeeds().text();
    meaning(repo, &text)
}

fn values(entries: &Entries) -> Vec<(&String, &Vec<u8>)> {
    entries.iter().map(|(key, fields)| (key, &fields.value)).collect()
}

/// Merges, and finishes what git left; ours or theirs by turns for every true conflict.
fn merged(repo: &Repo, tool: Tool, expected: &model::Expected) -> Result<(), TestCaseError> {
    let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
    let clean = outcome.code == Some(0);
    prop_assert!(clean || outcome.code == Some(1), "{}{}", outcome.text(), outcome.stderr);
    let opens = clean && repo.open(&repo.text()).is_some();
    prop_assert!(!opens || expected.conflicts.is_empty(), "lost: {:?}", expected.conflicts);
    if tool == Tool::Key {
        prop_assert_eq!(clean, expected.conflicts.is_empty(), "{}", outcome.stderr);
    }
    let sides = ["ours", "theirs"].into_iter().cycle();
    let takes: Vec<(&String, &str)> = expected.conflicts.iter().zip(sides).collect();
    let words = takes.iter().map(|(key, side)| format!("--take={key}={side}"));
    if !clean {
        repo.vault(["resolve".to_owned()].into_iter().chain(words)).succeeds();
    } else if !opens {
        prop_assert!(Sealed::<SecretSet>::parse_past(repo.text().as_bytes()).is_err());
        repo.vault(["fix".to_owned()].into_iter().chain(words)).fails(0, &["repaired"]);
    }
    let found = meaning(repo, &repo.text());
    let mut wanted = expected.clean.clone();
    for (key, side) in &takes {
        // `ours` may be the merge itself by now.
        let branch = if *side == "ours" { "first" } else { "theirs" };
        wanted.extend(at(repo, branch).remove(*key).map(|fields| ((*key).clone(), fields)));
    }
    prop_assert_eq!(values(&found), values(&wanted));
    for (key, fields) in &wanted {
        prop_assert_eq!(found[key].since, fields.since, "{} was last changed in that epoch", key);
        // Where no driver is asked, a table is taken as it stands, with the count of its side.
        let sides = ["first", "theirs"].into_iter().filter_map(|side| at(repo, side).remove(key));
        let counts = sides.filter(|side| side.value == fields.value).map(|side| side.rev);
        let least = counts.min().unwrap_or(fields.rev).min(fields.rev);
        prop_assert!(found[key].rev >= least, "the count of {} fell", key);
    }
    repo.git(["commit", "--quiet", "--all", "--allow-empty", "--message", "merged"]).succeeds();
    repo.vault(["get", "web", "K0"]).quietly();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        max_shrink_iters: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_lost_by_whatever_git_does(ours in vec(step(), 0..4), theirs in vec(step(), 0..4)) {
        let repo = Repo::new();
        repo.branch("theirs", "start", &possible(&theirs));
        repo.branch("first", "start", &possible(&ours));
        let [base, our, their] = ["start", "first", "theirs"].map(|name| at(&repo, name));
        let expected = model::merge(&base, &our, &their);
        for tool in [Tool::Key, Tool::Unconfigured] {
            repo.forget();
            repo.git(["checkout", "--quiet", "--force", "-B", "ours", "first"]).succeeds();
            // What comes out of it goes on from what this machine has seen.
            repo.vault(["get", "web", "K0"]).succeeds();
            merged(&repo, tool, &expected)?;
        }
    }
}
