//! What each change of a team leaves.

use super::super::fixture::team as parsed;
use super::*;

/// alice, bob, carol with two devices, and the group ops of alice and carol.
fn team() -> Team {
    let mut team = parsed("").unwrap();
    for person in ["bob", "carol/laptop", "carol/phone"] {
        let key = crate::crypto::NewIdentity::generate();
        team.add_member(&name(person), key.public().parse().unwrap()).unwrap();
    }
    team.add_to_group(&name("ops"), &[name("alice"), name("carol")]).unwrap();
    team
}

fn name(text: &str) -> MemberName {
    text.parse().unwrap()
}

fn names(text: &str) -> Vec<MemberName> {
    text.split_whitespace().map(name).collect()
}

fn pattern(text: &str) -> FilePattern {
    text.parse().unwrap()
}

fn read(team: &Team, of: &str) -> String {
    team.rules()[&pattern(of)].iter().map(MemberName::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn who_is_removed_leaves_groups_and_rules_and_nobody_is_locked_out() {
    let mut team = team();
    team.allow(&pattern("sets/a"), &names("bob alice")).unwrap();
    team.remove_member(&name("bob")).unwrap();
    assert_eq!(read(&team, "sets/a"), "alice");
    let before = team.clone();
    let refused = team.remove_member(&name("alice")).unwrap_err();
    assert_eq!(refused, TeamError::Nobody("sets/a".to_owned()));
    assert_eq!(team, before);
    team.remove_member(&name("carol/phone")).unwrap();
    assert_eq!(team.groups()["ops"], names("alice carol"), "a person with a device left");
    team.remove_member(&name("carol")).unwrap();
    assert_eq!(team.groups()["ops"], names("alice"));
    assert!(matches!(team.remove_member(&name("carol")), Err(TeamError::NoMember { .. })));
}

#[test]
fn a_person_is_renamed_with_devices_and_wherever_they_are_named() {
    let mut team = team();
    team.allow(&pattern("sets/a"), &names("carol/phone bob")).unwrap();
    team.rename_member(&name("carol"), &name("dora")).unwrap();
    assert_eq!(team.groups()["ops"], names("alice dora"));
    assert_eq!(read(&team, "sets/a"), "bob dora/phone");
    let other = team.rename_member(&name("bob"), &name("dora/phone"));
    assert!(matches!(other, Err(TeamError::OtherPerson(..))), "{other:?}");
    for (old, new) in [("bob", "alice"), ("bob", "dora"), ("dora/laptop", "dora/phone")] {
        let taken = team.rename_member(&name(old), &name(new));
        assert!(matches!(taken, Err(TeamError::Exists(_))), "{old} {new}: {taken:?}");
    }
    let group = team.rename_member(&name("bob"), &name("ops"));
    assert_eq!(group, Err(TeamError::Ambiguous(name("ops"))));
    team.rename_member(&name("alice"), &name("alice/desk")).unwrap();
    assert_eq!(team.groups()["ops"], names("alice dora"), "alice still names her device");
}

#[test]
fn the_first_rule_is_a_list_and_a_narrower_one_begins_with_the_wider() {
    let mut team = team();
    team.allow(&pattern("sets/prod-*"), &names("ops")).unwrap();
    assert_eq!(read(&team, "sets/prod-*"), "ops");
    team.allow(&pattern("sets/prod-web"), &names("bob")).unwrap();
    assert_eq!(read(&team, "sets/prod-web"), "bob ops");
    let nobody = team.allow(&pattern("sets/x"), &names("dave")).unwrap_err();
    assert!(matches!(nobody, TeamError::Nobodys { .. }), "{nobody}");
}

#[test]
fn whoever_is_denied_reads_nothing_and_everyone_else_goes_on() {
    let mut team = team();
    team.deny(&pattern("sets/a"), &names("bob")).unwrap();
    assert_eq!(read(&team, "sets/a"), "alice carol");
    team.allow(&pattern("sets/b"), &names("ops bob")).unwrap();
    team.deny(&pattern("sets/b"), &names("carol/phone")).unwrap();
    assert_eq!(read(&team, "sets/b"), "alice bob carol/laptop");
    team.deny(&pattern("sets/b"), &names("ops")).unwrap();
    assert_eq!(read(&team, "sets/b"), "bob");
    let before = team.clone();
    let last = team.deny(&pattern("sets/b"), &names("bob")).unwrap_err();
    assert_eq!(last, TeamError::Nobody("sets/b".to_owned()));
    team.deny(&pattern("sets/b"), &names("alice")).unwrap();
    assert_eq!(team, before, "who does not read cannot be denied anything");
}

#[test]
fn an_empty_group_stays_only_where_a_rule_names_it() {
    let mut team = team();
    team.allow(&pattern("sets/a"), &names("ops bob")).unwrap();
    let members = names("alice carol");
    team.remove_from_group(&name("ops"), &members).unwrap();
    assert_eq!(team.groups()["ops"], []);
    let locked = team.deny(&pattern("sets/a"), &names("bob"));
    assert_eq!(locked, Err(TeamError::Nobody("sets/a".to_owned())));
    team.deny(&pattern("sets/a"), &names("ops")).unwrap();
    team.add_to_group(&name("ops"), &members).unwrap();
    team.remove_from_group(&name("ops"), &members).unwrap();
    assert!(team.groups().is_empty());
    let unknown = team.remove_from_group(&name("ops"), &members);
    assert!(matches!(unknown, Err(TeamError::NoGroup { .. })));
}

#[test]
fn a_name_or_a_key_is_given_only_once() {
    let mut team = team();
    let alices = team.members()["alice"].clone();
    let again = team.add_member(&name("alice"), alices.clone());
    assert_eq!(again, Err(TeamError::Exists(name("alice"))));
    let same = team.add_member(&name("dave"), alices.clone()).unwrap_err();
    assert!(matches!(same, TeamError::SameKey { .. }), "{same}");
    let group = team.add_to_group(&name("alice"), &names("bob"));
    assert_eq!(group, Err(TeamError::Ambiguous(name("alice"))));
    let device = team.replace_member(&name("carol"), alices).unwrap_err();
    assert!(device.to_string().contains("carol/laptop, carol/phone"), "{device}");
}
