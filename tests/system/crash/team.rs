//! Commands that change who reads what: the team file and every file, each whole, and `vault rekey`
//! finishes what was stopped.

use std::fs;
use std::path::Path;

use vault::envelope::Opened;
use vault::model::{Kind, MemberName, SecretSet, SecretValue};
use vault::store::Vault;

use super::super::house::{House, said};
use super::super::trace::trace;
use super::{Files, Scenario, Stands, bytes_before, bytes_now, survive, value};

const INIT: &[&str] = &["init", "--name", "alice"];
const WEB: &[&str] = &["set", "web", "A=canary-5d1f-a"];
const DB: &[&str] = &["set", "db", "B=canary-5d1f-b"];
const BOB: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
const ADD: &[&str] = &["recipient", "add", "bob", BOB];

/// How far the two sets and the team file are: all of them old, all new, or some of each.
fn progress(house: &House, before: &Files, reads_at_last: &str) -> Stands {
    let team = fs::read_to_string(house.repo().join(".secrets/team.toml")).unwrap();
    let was = String::from_utf8(before[Path::new("repo/.secrets/team.toml")].clone()).unwrap();
    let mut is_new = vec![team != was];
    for (set, key, text) in [("db", "B", "canary-5d1f-b"), ("web", "A", "canary-5d1f-a")] {
        assert_eq!(value(house, set, key), text);
        let bytes = bytes_now(house, set).expect("the set is gone");
        let new = bytes != bytes_before(before, set);
        if new {
            let access = house.done(&["access", set, "--json"]);
            assert!(String::from_utf8(access).unwrap().contains(reads_at_last));
        }
        is_new.push(new);
    }
    // The team file goes first: what it does not say, no rekey would finish.
    assert!(is_new[0] || !is_new[1..].contains(&true), "{is_new:?}");
    match (is_new.contains(&true), is_new.contains(&false)) {
        (true, false) => Stands::New,
        (false, true) => Stands::Old,
        _ => Stands::Both,
    }
}

/// `vault rekey` finishes what was begun, and then nothing is left to do.
fn finished(house: &House, stands: Stands, command: &[&str]) {
    let trust: &[&str] = if command == ADD { &["--trust", "bob"] } else { &[] };
    match stands {
        Stands::New => {}
        Stands::Old => {
            house.done(command);
        }
        Stands::Both => {
            let access = house.vault(&["access"]);
            assert!(said(&access).contains("is not yet as team.toml says"), "{}", said(&access));
            house.done(&[&["rekey"], trust].concat());
        }
    }
    assert_eq!(house.done(&["rekey", "--dry-run"]), b"");
    for set in ["db", "web"] {
        let text = fs::read_to_string(house.set_file(set)).unwrap();
        assert_eq!(text.contains("[recipients.bob]"), command == ADD, "{text}");
    }
    // A machine that could not remember whom it approved asks again.
    house.done(&[&["set", "new", "A=canary-5d1f-new"], trust].concat());
}

#[test]
fn an_addition_that_is_stopped_is_finished_by_rekey() {
    survive(&Scenario {
        before: &[INIT, WEB, DB],
        command: ADD,
        stands: |house, before| progress(house, before, "bob"),
        after: |house, stands| finished(house, stands, ADD),
    });
}

#[test]
fn a_removal_that_is_stopped_is_shown_and_finished_by_rekey() {
    survive(&Scenario {
        before: &[INIT, WEB, DB, ADD],
        // Quietly: who remains is then not looked up in git, which is other processes.
        command: &["recipient", "remove", "bob", "--quiet"],
        stands: |house, before| progress(house, before, "alice"),
        after: |house, stands| finished(house, stands, &["recipient", "remove", "bob"]),
    });
}

#[test]
fn a_request_is_written_whole_or_not_at_all() {
    survive(&Scenario {
        before: &[INIT, &["keygen", "-o", "desk"]],
        command: &["-i", "desk", "join", "alice/desk"],
        stands: |house, _| {
            let request = house.repo().join(".secrets/requests/alice/desk.toml");
            match fs::read_to_string(request) {
                Ok(text) => assert!(text.ends_with(" alice/desk\"\n"), "{text}"),
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Stands::Old,
                Err(why) => panic!("{why}"),
            }
            Stands::New
        },
        after: |house, _| {
            house.done(&["-i", "desk", "join", "alice/desk"]);
            house.done(&["recipient", "add", "alice/desk", "--trust", "alice/desk"]);
        },
    });
}

const MANY: usize = 200;

fn name(number: usize) -> String {
    format!("set-{number:03}")
}

/// 200 sets for alice and bob.
fn many() -> House {
    let house = House::of_alice();
    house.done(ADD);
    let vault = Vault::find(&house.repo()).unwrap();
    let team = vault.team().unwrap();
    let writer = vault.lock(|| ()).unwrap();
    for number in 0..MANY {
        let name = name(number).parse().unwrap();
        let readers = team.readers_of(Kind::Set, &name).unwrap();
        let mut set = Opened::<SecretSet>::create(name, SecretSet, readers);
        let value = SecretValue::new(format!("canary-5d1f-{number}").into_bytes()).unwrap();
        set.set(&"A".parse().unwrap(), value).unwrap();
        writer.create(&set.seal().unwrap()).unwrap();
    }
    house
}

/// How many of the sets bob still reads. Each is whole.
fn still_bobs(house: &House) -> usize {
    let vault = Vault::find(&house.repo()).unwrap();
    let bob: MemberName = "bob".parse().unwrap();
    let reads = |number: &usize| {
        let sealed = vault.read::<SecretSet>(&name(*number).parse().unwrap()).unwrap();
        let (reads, left) =
            (sealed.recipients().contains_key(&bob), sealed.departed().contains_key(&bob));
        assert_eq!((sealed.epoch(), left), if reads { (1, false) } else { (2, true) });
        reads
    };
    let count = (0..MANY).filter(reads).count();
    for number in (0..MANY).step_by(17) {
        assert_eq!(value(house, &name(number), "A"), format!("canary-5d1f-{number}"));
    }
    count
}

#[test]
fn a_removal_from_many_files_is_finished_whatever_stops_it_and_however_often() {
    let remove = ["recipient", "remove", "bob"];
    // The counts are for each thread, of which there may be as many as the machine has cores.
    let blows = [
        "/^rename:signal=KILL:when=3",
        "fsync:signal=KILL:when=12",
        "fsync:error=ENOSPC:when=9+",
        "/^rename:error=ENOSPC:when=10+",
        "openat:error=EIO:when=300+",
    ];
    let house = many();
    let mut left = MANY;
    for blow in blows {
        let calls = blow.split(':').next().unwrap();
        let options = ["-e", &format!("trace=execve,{calls}"), &format!("--inject={blow}")];
        let traced = trace(&house, &options, &remove);
        assert_ne!(traced.output.status.code(), Some(0), "{blow}: {}", said(&traced.output));
        let now = still_bobs(&house);
        assert!(now <= left, "{blow}: bob got something back");
        left = now;
        assert!(!String::from_utf8(house.done(&["recipient", "list"])).unwrap().contains("bob"));
        let access = said(&house.vault(&["access"]));
        assert_eq!(access.matches("is not yet as team.toml says: removed bob").count(), left);
    }
    assert!((1..MANY).contains(&left), "{left} of {MANY}: nothing was stopped in the middle");
    house.done(&["rekey"]);
    assert_eq!(still_bobs(&house), 0);
}
