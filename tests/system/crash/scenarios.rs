//! The commands that write, each with what it may leave behind.

use std::fs;
use std::path::PathBuf;

use super::super::house::House;
use super::{Files, Scenario, Stands, bytes_before, bytes_now, survive, survive_in, value};

const INIT: &[&str] = &["init", "--name", "alice"];
const SET: &[&str] = &["set", "web", "A=canary-5d1f-old", "B=canary-5d1f-kept"];

/// A: canary-5d1f-one, C: canary-5d1f-two
const IMPORTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/crash/import.env");

/// What `web` holds: `after` is the value of A in the new file.
fn web(house: &House, before: &Files, after: &str) -> Stands {
    let bytes = bytes_now(house, "web").expect("the set is gone");
    if bytes == bytes_before(before, "web") {
        return Stands::Old;
    }
    assert_eq!(value(house, "web", "A"), after);
    Stands::New
}

fn set_again(house: &House, _: Stands) {
    house.done(&["set", "web", "A=canary-5d1f-again", "Z=canary-5d1f-z"]);
    assert_eq!(value(house, "web", "A"), "canary-5d1f-again");
}

#[test]
fn set_leaves_the_old_file_or_the_new_one() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["set", "web", "A=canary-5d1f-new"],
        stands: |house, before| {
            let stands = web(house, before, "canary-5d1f-new");
            assert_eq!(value(house, "web", "B"), "canary-5d1f-kept");
            stands
        },
        after: set_again,
    });
}

#[test]
fn set_makes_a_whole_new_set_or_none_in_the_place_of_one_that_was_deleted() {
    survive(&Scenario {
        before: &[INIT, SET, &["delete", "web", "-y"]],
        command: &["set", "web", "A=canary-5d1f-new", "B=canary-5d1f-kept"],
        stands: |house, _| {
            if bytes_now(house, "web").is_none() {
                return Stands::Old;
            }
            assert_eq!(value(house, "web", "A"), "canary-5d1f-new");
            assert_eq!(value(house, "web", "B"), "canary-5d1f-kept");
            Stands::New
        },
        after: set_again,
    });
}

#[test]
fn unset_leaves_the_old_file_or_the_new_one() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["unset", "web", "B"],
        stands: |house, before| {
            let stands = web(house, before, "canary-5d1f-old");
            let keys = house.done(&["list", "web"]);
            assert_eq!(keys, if stands == Stands::Old { &b"A\nB\n"[..] } else { b"A\n" });
            stands
        },
        after: set_again,
    });
}

#[test]
fn import_takes_every_key_or_none() {
    let stands = |house: &House, before: &Files| {
        let stands = web(house, before, "canary-5d1f-one");
        if stands == Stands::New {
            assert_eq!(value(house, "web", "B"), "canary-5d1f-kept");
            assert_eq!(value(house, "web", "C"), "canary-5d1f-two");
        }
        stands
    };
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["import", "web", IMPORTED, "--format", "dotenv"],
        stands,
        after: set_again,
    });
}

/// What a killed vault leaves in memory, the next one that needs the place removes.
#[test]
fn edit_leaves_the_old_file_or_the_new_one_and_nothing_in_memory() {
    let editor = "sed -i s/canary-5d1f-old/canary-5d1f-new/";
    let scenario = Scenario {
        before: &[INIT, SET],
        command: &["edit", "web"],
        stands: |house, before| {
            let stands = web(house, before, "canary-5d1f-new");
            assert_eq!(value(house, "web", "B"), "canary-5d1f-kept");
            stands
        },
        after: |house, stands| {
            house.done(&["edit", "web"]);
            assert_eq!(value(house, "web", "A"), "canary-5d1f-new");
            let left: Vec<_> = fs::read_dir(house.memory()).unwrap().collect();
            assert!(left.is_empty(), "{left:?}");
            set_again(house, stands);
        },
    };
    survive_in(&House::empty().with("EDITOR", editor), &scenario);
}

#[test]
fn a_renamed_set_stands_under_its_old_name_its_new_one_or_both() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["rename", "web", "api"],
        stands: |house, before| {
            let old = bytes_now(house, "web");
            if let Some(old) = &old {
                assert_eq!(*old, bytes_before(before, "web"));
            }
            let new = bytes_now(house, "api").map(|_| value(house, "api", "A"));
            assert!(new.as_ref().is_none_or(|value| value == "canary-5d1f-old"));
            match (old, new) {
                (Some(_), None) => Stands::Old,
                (None, Some(_)) => Stands::New,
                (Some(_), Some(_)) => Stands::Both,
                (None, None) => panic!("the set is gone"),
            }
        },
        after: |house, stands| {
            match stands {
                Stands::New => {}
                // The same command finishes what was begun.
                Stands::Old | Stands::Both => drop(house.done(&["rename", "web", "api"])),
            }
            house.done(&["set", "api", "A=canary-5d1f-again"]);
            assert_eq!(house.done(&["list"]), b"api\n");
        },
    });
}

#[test]
fn a_renamed_key_stands_under_one_of_its_names() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["rename", "web", "B", "C"],
        stands: |house, before| {
            let stands = web(house, before, "canary-5d1f-old");
            let key = if stands == Stands::Old { "B" } else { "C" };
            assert_eq!(value(house, "web", key), "canary-5d1f-kept");
            stands
        },
        after: set_again,
    });
}

#[test]
fn copy_makes_a_whole_copy_or_none() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["copy", "web", "api"],
        stands: |house, before| {
            assert_eq!(web(house, before, ""), Stands::Old);
            if bytes_now(house, "api").is_none() {
                return Stands::Old;
            }
            assert_eq!(value(house, "api", "B"), "canary-5d1f-kept");
            Stands::New
        },
        after: set_again,
    });
}

#[test]
fn delete_removes_the_set_or_leaves_it() {
    survive(&Scenario {
        before: &[INIT, SET],
        command: &["delete", "web", "-y"],
        stands: |house, before| match bytes_now(house, "web") {
            None => Stands::New,
            Some(_) => web(house, before, ""),
        },
        after: set_again,
    });
}

/// A vault is there when its team file is, and then it works.
fn vault_made(house: &House, _: &Files) -> Stands {
    if !house.repo().join(".secrets/team.toml").exists() {
        return Stands::Old;
    }
    let attributes = fs::read_to_string(house.repo().join(".gitattributes")).unwrap();
    assert_eq!(attributes.lines().count(), 2, "{attributes}");
    house.copied().done(&["set", "web", "A=canary-5d1f-first"]);
    Stands::New
}

fn init_again(house: &House, stands: Stands) {
    if stands == Stands::Old {
        house.done(INIT);
    }
    assert_eq!(house.done(&["whoami"]).iter().filter(|b| **b == b'\n').count(), 2);
    set_again(house, stands);
}

#[test]
fn init_makes_a_whole_vault_or_none() {
    survive(&Scenario {
        before: &[&["keygen"]],
        command: INIT,
        stands: vault_made,
        after: init_again,
    });
}

#[test]
fn init_makes_a_whole_identity_or_none() {
    survive(&Scenario { before: &[], command: INIT, stands: vault_made, after: init_again });
}

const PULL: &[&str] = &["pull-secret", "create", "ci", "r.example", "u:canary-5d1f-old"];

/// What `ci` holds, read as a client does.
fn ci(house: &House, before: &Files, after: &str) -> Stands {
    let file = house.repo().join(".secrets/pull/ci.toml");
    let bytes = fs::read(file).expect("the pull secret is gone");
    if before.get(&PathBuf::from("repo/.secrets/pull/ci.toml")) == Some(&bytes) {
        return Stands::Old;
    }
    let config = house.done(&["pull-secret", "config", "ci", "--format", "docker"]);
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["auths"]["r.example"]["auth"], after);
    Stands::New
}

#[test]
fn replacing_a_pull_secret_leaves_the_old_one_or_the_new_one() {
    survive(&Scenario {
        before: &[INIT, PULL],
        command: &["pull-secret", "create", "ci", "r.example", "u:canary-5d1f-new", "--replace"],
        // u:canary-5d1f-new
        stands: |house, before| ci(house, before, "dTpjYW5hcnktNWQxZi1uZXc="),
        after: |house, _| {
            let again = ["pull-secret", "create", "ci", "r.example", "u:again", "--replace"];
            house.done(&again);
            assert_eq!(ci(house, &Files::new(), "dTphZ2Fpbg=="), Stands::New);
        },
    });
}
