//! Someone who can push, but not read, writes themselves in wherever they can, and waits.

use crate::support::{Office, Person, SealedText};

/// alice and bob read `web`, alice alone reads `prod`; mallory can push and reads nothing.
struct Scene {
    office: Office,
    mallorys: String,
}

impl Scene {
    fn new() -> Self {
        let office = Office::of_alice();
        let (alice, bob, mallory) =
            (office.person("alice"), office.clones("bob"), office.clones("mallory"));
        let bobs = bob.keygen();
        alice.vault(["set", "web", "A=1"]).succeeds();
        alice.vault(["recipient", "add", "bob", &bobs]).succeeds();
        alice.vault(["set", "prod", "P=1"]).succeeds();
        alice.vault(["access", "allow", "prod", "alice"]).succeeds();
        alice.push("bob joins");
        let mallorys = mallory.keygen();
        Self { office, mallorys }
    }

    fn alice(&self) -> Person<'_> {
        self.office.person("alice")
    }

    /// mallory changes a file, and alice pulls that.
    fn pushed(&self, path: &str, change: impl FnOnce(&str) -> String) {
        let (alice, mallory) = (self.alice(), self.office.person("mallory"));
        mallory.pull();
        mallory.put(path, &change(&mallory.secret_file(path)));
        mallory.push("tidy up");
        alice.pull();
    }

    /// Every command that may wrap a data key, as alice's scripts and alice run them.
    fn alice_works(&self) -> [Option<i32>; 6] {
        let alice = self.alice();
        let new = alice.vault(["keygen", "-o", "dave"]).succeeds().text();
        let dave = new.trim();
        let commands: [&[&str]; 6] = [
            &["rekey"],
            &["rekey", "--rotate"],
            &["recipient", "add", "dave", dave],
            &["recipient", "remove", "dave"],
            &["group", "add", "ops", "bob"],
            &["rekey", "--trust", "bob"],
        ];
        let codes = commands.map(|words| alice.vault(words).code);
        std::fs::remove_file(alice.repo().join("dave")).unwrap();
        self.nothing_is_for_mallory();
        codes
    }

    #[track_caller]
    fn nothing_is_for_mallory(&self) {
        let alice = self.alice();
        for set in ["web", "prod"] {
            let text = alice.secret_file(&format!("sets/{set}.toml"));
            assert!(!text.contains(&self.mallorys), "{set} is for mallory: {text}");
        }
        let mallory = self.office.person("mallory");
        let identity = mallory.identity();
        for (set, key) in [("web", "A"), ("prod", "P")] {
            let get = ["-i", identity.to_str().unwrap(), "get", set, key];
            assert_ne!(alice.vault(get).code, Some(0), "{set}");
        }
    }
}

#[test]
fn a_recipient_written_into_a_file_is_refused_and_the_other_files_go_on() {
    let scene = Scene::new();
    let web = scene.alice().secret_file("sets/web.toml");
    scene.pushed("sets/web.toml", |text| {
        let file = SealedText(text.to_owned());
        let block = file.block("[recipients.bob]");
        let to = format!(
            "{} bob",
            file.field("[recipients.bob]", "to").trim_matches('"').split(' ').next().unwrap()
        );
        let mine =
            block.replace("bob]", "mallory]").replace(&to, &format!("{} mallory", scene.mallorys));
        file.replaced("\n[values.A]", &format!("\n{mine}\n[values.A]")).0
    });
    let alice = scene.alice();
    alice.vault(["rekey", "--rotate"]).fails(
        4,
        &[
            "recipient mallory: its seal is wrong",
            "sets/prod: new data key",
            "are not done: sets/web",
        ],
    );
    alice.vault(["recipient", "remove", "bob"]).fails(4, &["recipient mallory"]);
    let text = alice.secret_file("sets/web.toml");
    assert_eq!(
        SealedText(text).field("[vault]", "epoch"),
        SealedText(web).field("[vault]", "epoch")
    );
    let mallory = scene.office.person("mallory");
    mallory.vault(["get", "web", "A"]).ends(4);
    mallory.vault(["get", "prod", "P"]).ends(3);
}

#[test]
fn a_member_written_into_the_team_reads_nothing_without_the_question() {
    let scene = Scene::new();
    let member = format!("[members.mallory]\nto = \"{} mallory\"\n\n", scene.mallorys);
    scene.pushed("team.toml", |text| text.replace("[rules.", &format!("{member}[rules.")));
    scene.alice().vault(["rekey"]).fails(
        2,
        &[
            "mallory is new here",
            "SHA256:",
            "by mallory <mallory@example.org>",
            "gains     sets/web",
            "--trust mallory",
        ],
    );
    // Whoever is named is let in; mallory waits. But a rekey of everything stops at the question.
    assert_eq!(scene.alice_works(), [2, 2, 0, 0, 0, 2].map(Some));
    scene
        .alice()
        .vault(["access"])
        .fails(0, &["sets/web is not yet as team.toml says: added mallory"]);
    scene.alice().vault(["set", "new", "N=1"]).fails(2, &["mallory", "--trust mallory"]);
    scene.nothing_is_for_mallory();
    scene.alice().vault(["rekey", "--trust", "mallory"]).fails(0, &["sets/web: added mallory"]);
    let mallory = scene.office.person("mallory");
    let get = ["-i", mallory.identity().to_str().unwrap(), "get", "web", "A"].map(str::to_owned);
    assert_eq!(scene.alice().vault(get).succeeds().text(), "1");
}

#[test]
fn a_key_exchanged_in_the_team_reads_nothing_without_the_question() {
    let scene = Scene::new();
    scene.pushed("team.toml", |text| {
        let line = text.lines().find(|line| line.ends_with(" bob\"")).unwrap();
        text.replace(line, &format!("to = \"{} bob\"", scene.mallorys))
    });
    scene
        .alice()
        .vault(["rekey"])
        .fails(2, &["bob has another key than before", "replaces", "--trust bob"]);
    let alice = scene.alice();
    for words in [&["rekey", "--rotate"][..], &["group", "add", "ops", "bob"], &["rekey", "web"]] {
        alice.vault(words).ends(2);
        scene.nothing_is_for_mallory();
    }
    // A new data key is not for bob's own key, which the team does not have, and neither for the
    // other one unasked.
    let dave = alice.vault(["keygen", "-o", "dave"]).succeeds().text();
    alice.vault(["recipient", "add", "dave", dave.trim()]).succeeds();
    let back = "`vault recipient replace bob KEY` puts the key back";
    let words =
        ["bob has another key than before", "mallory@example.org", "nothing was written", back];
    alice.vault(["recipient", "remove", "dave"]).fails(2, &words);
    scene.nothing_is_for_mallory();
    let bob = scene.office.person("bob");
    let get = ["-i", bob.identity().to_str().unwrap(), "get", "web", "A"].map(str::to_owned);
    assert_eq!(alice.vault(&get).succeeds().text(), "1");
    let bobs = bob.vault(["whoami"]).succeeds().text();
    let bobs = bobs.split_ascii_whitespace().find(|word| word.starts_with("age1")).unwrap();
    alice.vault(["recipient", "replace", "bob", bobs]).succeeds();
    alice.vault(["recipient", "remove", "dave"]).fails(0, &["sets/web: removed dave"]);
    assert_eq!(alice.vault(&get).succeeds().text(), "1");
}

#[test]
fn a_rule_or_group_that_gives_a_known_member_more_asks_too() {
    let scene = Scene::new();
    // bob, whose key is known, gives himself what alice alone reads.
    let widened = [
        |text: &str| {
            text.replace("read = [\n    \"alice\",", "read = [\n    \"alice\",\n    \"bob\",")
        },
        |text: &str| text.replace("[rules.\"sets/prod\"]", "[rules.\"sets/prox\"]"),
        |text: &str| {
            let group = "[groups.ops]\nmembers = [\n    \"bob\",\n]\n\n[rules.";
            text.replace("[rules.", group).replace("read = [\n", "read = [\n    \"ops\",\n")
        },
    ];
    let before = scene.alice().secret_file("team.toml");
    for widen in widened {
        scene.pushed("team.toml", widen);
        assert_ne!(scene.alice().secret_file("team.toml"), before);
        for rekey in [&["rekey"][..], &["rekey", "--rotate"], &["rekey", "prod"]] {
            scene.alice().vault(rekey).fails(
                2,
                &[
                    "bob is to read more",
                    "gains     sets/prod",
                    "mallory@example.org",
                    "--trust bob",
                ],
            );
        }
        let prod = scene.alice().secret_file("sets/prod.toml");
        assert!(!prod.contains("[recipients.bob]"), "{prod}");
        scene.pushed("team.toml", |_| before.clone());
    }
    scene.alice().vault(["rekey"]).succeeds();
}

/// Whoever is named for one thing is not let into another that waited in team.toml.
#[test]
fn a_command_that_names_someone_gives_what_it_says_and_not_what_was_planted() {
    let scene = Scene::new();
    scene.pushed("team.toml", |text| {
        text.replace("read = [\n    \"alice\",", "read = [\n    \"alice\",\n    \"bob\",")
    });
    let alice = scene.alice();
    let new = alice.vault(["keygen", "-o", "bobs-new"]).succeeds().text();
    for words in [
        &["group", "add", "ops", "bob"][..],
        &["recipient", "rename", "bob", "robert"],
        &["recipient", "replace", "bob", new.trim()],
    ] {
        alice.vault(words).fails(2, &["sets/prod", "--trust"]);
    }
    assert!(!alice.secret_file("sets/prod.toml").contains("[recipients.bob]"));
    alice.vault(["access", "allow", "prod", "bob"]).fails(0, &["sets/prod: added bob"]);
}

#[test]
fn the_name_of_someone_who_left_does_not_open_the_door() {
    let scene = Scene::new();
    scene.alice().vault(["recipient", "remove", "bob"]).succeeds();
    scene.alice().push("bob leaves");
    let member = format!("[members.bob]\nto = \"{} bob\"\n\n", scene.mallorys);
    scene.pushed("team.toml", |text| text.replace("[rules.", &format!("{member}[rules.")));
    let left = "bob has left sets/web with another key";
    for words in [&["rekey"][..], &["rekey", "--rotate"], &["group", "add", "ops", "bob"]] {
        scene.alice().vault(words).fails(2, &[left, "--trust bob"]);
    }
    scene.nothing_is_for_mallory();
    // Nor on a machine that takes the whole team as it finds it.
    let carol = scene.office.clones("carol");
    let carols = carol.keygen();
    scene.alice().vault(["recipient", "add", "carol", &carols]).succeeds();
    scene.alice().push("carol joins");
    carol.pull();
    carol.vault(["rekey"]).fails(2, &[left]);
    scene.nothing_is_for_mallory();
}

#[test]
fn a_machine_that_has_seen_nothing_yet_still_asks_who_may_read_more() {
    let scene = Scene::new();
    let member = format!("[members.mallory]\nto = \"{} mallory\"\n\n", scene.mallorys);
    scene.pushed("team.toml", |text| text.replace("[rules.", &format!("{member}[rules.")));
    // bob's clone meets the vault for the first time with mallory in its team.
    let bob = scene.office.person("bob");
    bob.pull();
    bob.vault(["get", "web", "A"]).fails(0, &["first time", "mallory"]);
    bob.vault(["rekey"]).fails(2, &["mallory is to read more", "--trust mallory"]);
    bob.vault(["rekey", "--rotate"]).ends(2);
    assert!(!bob.secret_file("sets/web.toml").contains(&scene.mallorys));
}
