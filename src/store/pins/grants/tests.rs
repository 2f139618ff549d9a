//! The laws of accepted groups and rules.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "carol/phone"];
const GROUPS: [&str; 2] = ["ops", "web"];
const PATTERNS: [&str; 7] =
    ["sets/*", "sets/a*", "sets/*a", "sets/ab*", "sets/aba", "sets/a*a", "pull/*"];
const FILES: [&str; 7] = ["a", "aa", "aba", "ab", "ba", "bb", "pull/a"];
const KEYS: [&str; 4] = [
    "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
    "age16c4che2hva7gkvhnr4jg66lje2w75u39f6udhhztsfe4xj3z7uqqzkswlt",
    "age1435ekek6c3xq0t7vynfgwgk8d6mxf8eke0al28f5c9wkpex99q3qd85pdu",
    "age1zc4s6xvhtgpfqcv59aus9ql85a34uml6rjwydskyw5wgzrwvrcrq4npucv",
];

/// The same people, and more.
fn team(more: &str) -> Team {
    let mut text = "[team]\nformat = 1\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n".to_owned();
    for (name, key) in PEOPLE.iter().zip(KEYS) {
        let _ = writeln!(text, "[members.\"{name}\"]\nto = \"{key} {name}\"");
    }
    Team::parse((text + more).as_bytes()).unwrap()
}

/// Teams of the same people, with any groups and rules.
fn teams() -> impl Strategy<Value = Team> {
    let group = || subsequence(PEOPLE.to_vec(), 1..=PEOPLE.len());
    let read = subsequence([&PEOPLE[..], &GROUPS[..]].concat(), 1..=4);
    let rules = proptest::collection::btree_map(select(PATTERNS.to_vec()), read, 0..=4);
    (group(), group(), rules).prop_map(|(ops, web, rules)| {
        let mut more = String::new();
        for (name, who) in GROUPS.iter().zip([ops, web]) {
            let _ = writeln!(more, "[groups.{name}]\nmembers = {who:?}");
        }
        for (pattern, read) in &rules {
            let _ = writeln!(more, "[rules.\"{pattern}\"]\nread = {read:?}");
        }
        team(&more)
    })
}

fn everything() -> impl Iterator<Item = (MemberName, FileRef)> {
    PEOPLE
        .iter()
        .flat_map(|who| FILES.iter().map(move |file| (who.parse().unwrap(), file.parse().unwrap())))
}

proptest! {
    #[test]
    fn what_a_team_says_is_accepted_as_it_says(team in teams()) {
        let grants = Grants::of(&team);
        prop_assert_eq!(&grants.within(&team, &Renamed::new()), &grants);
        for (who, file) in everything() {
            if let Ok(readers) = team.readers_of(file.kind, &file.name) {
                let reads = readers.iter().any(|(reader, _)| *reader == who);
                prop_assert_eq!(grants.lets(&who, &file), reads, "{} {}", who, file);
            }
        }
    }

    #[test]
    fn whatever_is_pushed_nobody_is_accepted_for_more(seen in teams(), pushed in proptest::collection::vec(teams(), 1..4)) {
        let mut grants = Grants::of(&seen);
        for team in &pushed {
            let left = grants.within(team, &Renamed::new());
            for (who, file) in everything() {
                prop_assert!(grants.lets(&who, &file) || !left.lets(&who, &file), "{} {}", who, file);
            }
            grants = left;
        }
    }

    #[test]
    fn what_was_done_to_one_can_be_done_to_another(before in teams(), after in teams(), others in teams()) {
        let (before, after, others) = (Grants::of(&before), Grants::of(&after), Grants::of(&others));
        let done = after.since(&before);
        let mut same = before.clone();
        same.change(&done);
        prop_assert_eq!(&same, &after);
        // Whom another process has taken out meanwhile, and this one did not put in, stays out.
        let mut result = others.clone();
        result.change(&done);
        for (group, names) in &result.groups {
            for who in names {
                let has = |grants: &Grants| grants.groups.get(group).is_some_and(|names| names.contains(who));
                prop_assert!(has(&others) || (has(&after) && !has(&before)), "{} {}", group, who);
            }
        }
    }

    #[test]
    fn what_two_places_have_accepted_each_has(one in teams(), other in teams()) {
        let (one, other) = (Grants::of(&one), Grants::of(&other));
        let both = one.agreed_with(&other);
        for (who, file) in everything() {
            let each = one.lets(&who, &file) && other.lets(&who, &file);
            prop_assert!(each || !both.lets(&who, &file), "{} {}", who, file);
        }
        prop_assert_eq!(one.agreed_with(&one), one);
    }

    #[test]
    fn what_commits_have_done_lets_nobody_read_more(seen in teams(), commits in proptest::collection::vec(teams(), 2..5)) {
        let mut grants = Grants::of(&seen);
        for step in commits.windows(2) {
            let before = grants.clone();
            grants.replay(&step[0], &step[1]);
            for (who, file) in everything() {
                prop_assert!(before.lets(&who, &file) || !grants.lets(&who, &file), "{} {}", who, file);
            }
        }
    }

    #[test]
    fn who_was_taken_out_between_two_looks_is_accepted_no_more(seen in teams(), without in teams()) {
        let mut grants = Grants::of(&seen);
        grants.replay(&seen, &without);
        grants.replay(&without, &seen);
        let grants = grants.within(&seen, &Renamed::new());
        for (who, file) in everything() {
            let reads = |team: &Team| {
                let readers = team.readers_of(file.kind, &file.name);
                readers.is_ok_and(|readers| readers.iter().any(|(reader, _)| *reader == who))
            };
            let has_rule = without.rule_of(&file).is_ok_and(|rule| rule.is_some());
            prop_assert!(!has_rule || reads(&without) || !grants.lets(&who, &file), "{} {}", who, file);
        }
    }

    #[test]
    fn what_was_the_same_all_along_stays_accepted(seen in teams(), pushed in teams()) {
        let left = Grants::of(&seen).within(&pushed, &Renamed::new());
        for (who, file) in everything() {
            let rule = |team: &Team| team.rule_of(&file).map(|rule| rule.map(|(p, _)| p.clone()));
            let reads = |team: &Team| {
                let readers = team.readers_of(file.kind, &file.name);
                readers.is_ok_and(|readers| readers.iter().any(|(reader, _)| *reader == who))
            };
            if rule(&seen) == rule(&pushed) && reads(&seen) && reads(&pushed) {
                prop_assert!(left.lets(&who, &file), "{} {}", who, file);
            }
        }
    }

    #[test]
    fn who_is_accepted_for_a_file_reads_it_and_nobody_else_more(seen in teams(), who in 0..PEOPLE.len(), file in 0..FILES.len()) {
        let before = Grants::of(&seen);
        let (member, file): (MemberName, FileRef) = (PEOPLE[who].parse().unwrap(), FILES[file].parse().unwrap());
        let mut after = before.clone();
        for pattern in after.deciding(&file) {
            after.give(&Grant::Rule(pattern, vec![member.clone()]));
        }
        prop_assert!(after.lets(&member, &file));
        for (other, file) in everything().filter(|(other, _)| !other.is_of(&member)) {
            prop_assert_eq!(before.lets(&other, &file), after.lets(&other, &file));
        }
    }
}

#[test]
fn a_rule_goes_on_deciding_when_it_is_gone() {
    let file = |name: &str| name.parse::<FileRef>().unwrap();
    let grants = Grants::of(&team("[rules.\"sets/prod-*\"]\nread = [\"alice\"]\n"));
    let left = grants.within(&team(""), &Renamed::new());
    assert!(left.lets(&"alice".parse().unwrap(), &file("prod-2")));
    assert!(!left.lets(&"bob".parse().unwrap(), &file("prod-2")));
    assert!(left.lets(&"bob".parse().unwrap(), &file("web")));
}

#[test]
fn where_more_rules_were_seen_than_are_remembered_nobody_is_accepted() {
    let mut more = String::new();
    for at in 0..MAX_RULES {
        let _ = writeln!(more, "[rules.\"sets/x{at}*\"]\nread = [\"alice\"]");
    }
    let (alice, file) = ("alice".parse().unwrap(), "web".parse().unwrap());
    assert!(Grants::of(&team("")).lets(&alice, &file));
    assert!(!Grants::of(&team("")).within(&team(&more), &Renamed::new()).lets(&alice, &file));
}
