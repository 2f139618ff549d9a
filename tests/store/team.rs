//! Rules and readers, held against a plain model: docs/format.md word for word.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use vault::crypto::NewIdentity;
use vault::model::{Kind, MemberName, SetName};
use vault::store::{FilePattern, Team, TeamError};

/// Two persons with one key, and one with two devices.
const RECORDS: [&str; 4] = ["alice", "bob", "carol/desk", "carol/phone"];
const WHO: [&str; 7] = ["alice", "bob", "carol", "carol/desk", "carol/phone", "ops", "dev"];
const GROUPS: [&str; 2] = ["ops", "dev"];

type Names = BTreeSet<usize>;
type Rules = BTreeMap<String, Names>;

fn keys() -> Vec<String> {
    RECORDS.iter().map(|_| NewIdentity::generate().public().to_owned()).collect()
}

fn listed(names: &Names) -> String {
    names.iter().map(|index| format!("{:?}", WHO[*index])).collect::<Vec<_>>().join(", ")
}

fn text(keys: &[String], groups: &[Names; 2], rules: &Rules) -> String {
    let mut text = "[team]\nformat = 1\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n".to_owned();
    for (name, key) in RECORDS.iter().zip(keys) {
        writeln!(text, "[members.{name:?}]\nto = \"{key} {name}\"").unwrap();
    }
    for (name, members) in GROUPS.iter().zip(groups) {
        writeln!(text, "[groups.{name}]\nmembers = [{}]", listed(members)).unwrap();
    }
    for (pattern, read) in rules {
        writeln!(text, "[rules.\"sets/{pattern}\"]\nread = [{}]", listed(read)).unwrap();
    }
    text
}

/// Exponential, and short.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|taken| matches(rest, &name[taken..])),
        ([a, pattern @ ..], [b, name @ ..]) => a == b && matches(pattern, name),
        _ => false,
    }
}

/// The records that a name of a rule stands for.
fn stands_for(who: usize, groups: &[Names; 2]) -> BTreeSet<&'static str> {
    match who {
        0..5 => {
            let is = |record: &&str| {
                *record == WHO[who] || record.starts_with(&format!("{}/", WHO[who]))
            };
            RECORDS.into_iter().filter(is).collect()
        }
        group => groups[group - 5].iter().flat_map(|who| stands_for(*who, groups)).collect(),
    }
}

/// Exact first, then the longest, then everyone. `Err` where two decide equally.
fn readers(file: &str, groups: &[Names; 2], rules: &Rules) -> Result<BTreeSet<&'static str>, ()> {
    let of = |read: &Names| read.iter().flat_map(|who| stands_for(*who, groups)).collect();
    if let Some(read) = rules.get(file) {
        return Ok(of(read));
    }
    let matching: Vec<_> =
        rules.iter().filter(|(pattern, _)| matches(pattern.as_bytes(), file.as_bytes())).collect();
    let longest = matching.iter().map(|(pattern, _)| pattern.len()).max();
    let best: Vec<_> = matching.iter().filter(|(p, _)| Some(p.len()) == longest).collect();
    match best.as_slice() {
        [] => Ok(RECORDS.into_iter().collect()),
        [(_, read)] => Ok(of(read)),
        _ => Err(()),
    }
}

/// Every name of up to three letters.
fn files() -> Vec<String> {
    let mut files = vec![String::new()];
    for _ in 0..3 {
        let longer = files.iter().flat_map(|name| [format!("{name}a"), format!("{name}b")]);
        files = files.iter().cloned().chain(longer).collect::<BTreeSet<_>>().into_iter().collect();
    }
    files.retain(|name| !name.is_empty());
    files
}

fn readers_of(team: &Team, file: &str) -> Result<BTreeSet<String>, TeamError> {
    let name: SetName = file.parse().unwrap();
    let readers = team.readers_of(Kind::Set, &name)?;
    Ok(readers.iter().map(|(name, _)| name.to_string()).collect())
}

fn rules() -> impl Strategy<Value = ([Names; 2], Rules)> {
    let groups = [btree_set(0..5_usize, 0..4), btree_set(0..5_usize, 0..4)];
    (groups, btree_map("[ab*]{1,3}", btree_set(0..7_usize, 1..4), 0..5))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn who_reads_a_file_is_who_the_rules_say((groups, rules) in rules()) {
        let keys = keys();
        let nobody = |read: &Names| read.iter().all(|who| stands_for(*who, &groups).is_empty());
        let team = match Team::parse(text(&keys, &groups, &rules).as_bytes()) {
            Err(error) => {
                prop_assert!(rules.values().any(nobody), "{}", error);
                return Ok(());
            }
            Ok(team) => team,
        };
        prop_assert!(!rules.values().any(nobody));
        prop_assert_eq!(&Team::parse(team.render().as_bytes()).unwrap(), &team);
        for file in files() {
            match (readers_of(&team, &file), readers(&file, &groups, &rules)) {
                (Ok(found), Ok(expected)) => {
                    prop_assert!(found.iter().eq(expected.iter()), "{}: {:?}", file, found);
                }
                (Err(TeamError::Tie(..)), Err(())) => {}
                (found, expected) => prop_assert!(false, "{}: {:?}, {:?}", file, found, expected),
            }
        }
    }

    #[test]
    fn a_change_does_what_it_says_and_leaves_a_team((groups, rules) in rules(), edits in vec((0..4_u8, "[ab*]{1,3}", 0..7_usize), 1..6)) {
        let Ok(mut team) = Team::parse(text(&keys(), &groups, &rules).as_bytes()) else {
            return Ok(());
        };
        for (edit, pattern, who) in edits {
            let before = team.clone();
            let pattern: FilePattern = format!("sets/{pattern}").parse().unwrap();
            let name: MemberName = WHO[who].parse().unwrap();
            let one = std::slice::from_ref(&name);
            let done = match edit {
                0 => team.allow(&pattern, one),
                1 => team.deny(&pattern, one),
                2 => team.remove_member(&name),
                _ => team.rename_member(&name, &"dora".parse().unwrap()),
            };
            if done.is_err() {
                prop_assert_eq!(&team, &before, "what is refused changes nothing");
                continue;
            }
            prop_assert_eq!(&Team::parse(team.render().as_bytes()).unwrap(), &team);
            let meant: BTreeSet<String> =
                before.records_of(&name).into_iter().map(ToString::to_string).collect();
            for file in files() {
                let (Ok(was), Ok(now)) = (readers_of(&before, &file), readers_of(&team, &file)) else {
                    continue;
                };
                let place = format!("sets/{file}").parse().unwrap();
                let decides = |rule: Option<(&FilePattern, _)>| rule.map(|(rule, _)| rule.clone());
                let (ruled, rules) = (before.rule_of(&place).unwrap(), team.rule_of(&place).unwrap());
                let (ruled, rules) = (decides(ruled), decides(rules));
                let decides = rules.as_ref() == Some(&pattern);
                match edit {
                    0 if decides => prop_assert!(meant.is_subset(&now), "{}: {:?}", file, now),
                    1 if decides => prop_assert!(meant.is_disjoint(&now), "{}: {:?}", file, now),
                    2 => prop_assert!(now.iter().eq(was.difference(&meant)), "{}: {:?}", file, now),
                    3 => {
                    let renamed = was.iter().map(|record| record.replacen(WHO[who], "dora", 1));
                    prop_assert_eq!(&now, &renamed.collect::<BTreeSet<_>>(), "{}", file);
                }
                    _ => prop_assert_eq!(&now, &was, "{}: another rule decides", file),
                }
                // A longer pattern may be a wider one; then a narrower rule no longer decides.
                if edit == 1 && ruled.is_none_or(|rule| rule == pattern) {
                    prop_assert!(now.is_subset(&was), "{}: {:?}", file, now);
                }
            }
        }
    }
}
