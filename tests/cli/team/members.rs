//! `vault recipient`: who may be added, removed, renamed, and what is refused.

use crate::support::{Office, Sandbox, SealedText};

/// alice's vault with two sets, and the keys of people who have none here.
fn with_keys<const N: usize>() -> (Sandbox, [String; N]) {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["set", "db", "B=2"]).succeeds();
    let keys = std::array::from_fn(|number| {
        let path = sandbox.root().join(format!("key-{number}"));
        let keygen = ["keygen", "-o", path.to_str().unwrap()];
        sandbox.vault(keygen).succeeds().text().trim().to_owned()
    });
    (sandbox, keys)
}

fn add(sandbox: &Sandbox, name: &str, key: &str) {
    sandbox.vault(["recipient", "add", name, key]).succeeds();
}

fn members(sandbox: &Sandbox) -> Vec<String> {
    let json = sandbox.vault(["recipient", "list", "--json"]).quietly().json();
    json.as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap().to_owned()).collect()
}

fn get_with(sandbox: &Sandbox, key: usize, set: &str, name: &str) -> Option<i32> {
    let identity = sandbox.root().join(format!("key-{key}"));
    sandbox.vault(["-i", identity.to_str().unwrap(), "get", set, name]).code
}

#[test]
fn an_added_member_reads_every_file_and_nothing_else_in_it_changes() {
    let (sandbox, [bob]) = with_keys();
    let before = SealedText(sandbox.set_text("web"));
    add(&sandbox, "bob", &bob);
    let after = SealedText(sandbox.set_text("web"));
    for block in ["[vault]", "[recipients.alice]", "[values.A]"] {
        assert_eq!(after.block(block), before.block(block));
    }
    assert_eq!(
        (get_with(&sandbox, 0, "web", "A"), get_with(&sandbox, 0, "db", "B")),
        (Some(0), Some(0))
    );
    let json = sandbox.vault(["recipient", "list", "--json"]).quietly().json();
    assert_eq!(json[1], serde_json::json!({"name": "bob", "to": bob, "groups": []}));
}

#[test]
fn a_name_or_key_that_is_there_is_refused_and_changes_nothing() {
    let (sandbox, [bob, other]) = with_keys();
    add(&sandbox, "bob", &bob);
    let before = (sandbox.set_text("web"), sandbox.vault(["recipient", "list"]).text());
    let fails = |words: &[&str], code, said: &str| {
        sandbox.vault(["recipient"].iter().chain(words)).fails(code, &[said]);
    };
    fails(&["add", "bob", &other], 1, "already a member bob");
    fails(&["add", "bob", &bob], 1, "`vault rekey`");
    fails(&["add", "robert", &bob], 1, "bob has the same key");
    fails(&["add", "dave"], 1, "dave has not asked to join");
    fails(&["add", "Dave", &other], 2, "a member name");
    fails(&["add", "dave", "age1nonsense"], 2, "KEY: ");
    fails(&["remove", "dave"], 1, "there is no member dave");
    fails(&["rename", "bob", "alice"], 1, "already a member alice");
    fails(&["replace", "bob", &bob[..20]], 2, "KEY: ");
    fails(&["replace", "dave", &other], 1, "there is no member dave");
    let after = (sandbox.set_text("web"), sandbox.vault(["recipient", "list"]).text());
    assert_eq!(after, before);
}

#[test]
fn a_private_key_in_the_place_of_a_public_one_is_never_repeated() {
    let (sandbox, [_]) = with_keys();
    let secret = std::fs::read_to_string(sandbox.root().join("key-0")).unwrap();
    let secret = secret.lines().last().unwrap();
    let add = ["recipient", "add", "bob", secret];
    sandbox.vault(add).fails(2, &["private key"]).never_says(secret);
    let file = sandbox.put("keys", format!("{secret}\n"));
    let file = ["recipient", "add", "bob", "--key-file", file.to_str().unwrap()];
    sandbox.vault(file).fails(1, &["private key"]).never_says(secret);
}

#[test]
fn a_person_is_removed_with_all_devices_and_a_device_alone() {
    let (sandbox, [laptop, phone, bob]) = with_keys();
    add(&sandbox, "carol/laptop", &laptop);
    add(&sandbox, "carol/phone", &phone);
    add(&sandbox, "bob", &bob);
    sandbox.vault(["recipient", "remove", "carol/phone"]).succeeds();
    assert_eq!(members(&sandbox), ["alice", "bob", "carol/laptop"]);
    assert_eq!(
        [0, 1, 2].map(|key| get_with(&sandbox, key, "web", "A")),
        [Some(0), Some(3), Some(0)]
    );
    // carol still reads, so only who asks for devices is told.
    assert_eq!(sandbox.vault(["exposed"]).quietly().text(), "");
    let devices = sandbox.vault(["exposed", "--devices"]).ends(1).text();
    assert_eq!(devices, "db B carol/phone\nweb A carol/phone\n");
    sandbox.vault(["recipient", "remove", "carol"]).succeeds();
    assert_eq!(get_with(&sandbox, 0, "web", "A"), Some(3));
    assert_eq!(sandbox.vault(["exposed"]).ends(1).text(), "db B carol\nweb A carol\n");
}

#[test]
fn removing_several_at_once_makes_one_new_data_key() {
    let (sandbox, [bob, carol]) = with_keys();
    add(&sandbox, "bob", &bob);
    add(&sandbox, "carol", &carol);
    sandbox
        .vault(["recipient", "remove", "bob", "--drop", "carol"])
        .fails(0, &["sets/web: removed bob, carol; new data key"]);
    let web = SealedText(sandbox.set_text("web"));
    assert!(web.field("[vault]", "epoch").starts_with("\"2:"), "{}", web.0);
    assert_eq!(members(&sandbox), ["alice"]);
}

#[test]
fn the_last_member_stays_and_who_goes_is_told_so() {
    let (sandbox, [bob]) = with_keys();
    let before = sandbox.vault(["recipient", "list"]).text();
    sandbox.vault(["recipient", "remove", "alice"]).fails(1, &["nobody"]);
    assert_eq!(sandbox.vault(["recipient", "list"]).text(), before);
    add(&sandbox, "bob", &bob);
    sandbox
        .vault(["recipient", "remove", "alice"])
        .fails(0, &["that was you", "sets/web: removed alice"]);
    sandbox.vault(["get", "web", "A"]).ends(3);
    assert_eq!(get_with(&sandbox, 0, "web", "A"), Some(0));
}

#[test]
fn an_empty_vault_never_loses_its_last_member_either() {
    let sandbox = Sandbox::with_vault();
    sandbox.vault(["recipient", "remove", "alice"]).fails(1, &["last member"]);
}

#[test]
fn a_replaced_key_reads_nothing_new_and_its_departure_is_kept() {
    let (sandbox, [old, new]) = with_keys();
    add(&sandbox, "bob", &old);
    sandbox
        .vault(["recipient", "replace", "bob", &new])
        .fails(0, &["sets/web: replaced the key of bob; new data key", "git history"]);
    assert_eq!([0, 1].map(|key| get_with(&sandbox, key, "web", "A")), [Some(3), Some(0)]);
    let web = SealedText(sandbox.set_text("web"));
    assert!(web.field("[departed.bob]", "to").contains(&old));
    assert_eq!(sandbox.vault(["exposed"]).quietly().text(), "");
    assert_eq!(sandbox.vault(["exposed", "--devices"]).ends(1).text(), "db B bob\nweb A bob\n");
}

#[test]
fn a_renamed_member_keeps_key_wrap_and_data_key() {
    let (sandbox, [bob]) = with_keys();
    add(&sandbox, "bob", &bob);
    let before = SealedText(sandbox.set_text("web"));
    sandbox
        .vault(["recipient", "rename", "bob", "robert"])
        .fails(0, &["sets/web: renamed bob to robert"]);
    let after = SealedText(sandbox.set_text("web"));
    assert_eq!(after.block("[vault]"), before.block("[vault]"));
    let wrap = |text: &SealedText, who: &str| text.field(&format!("[recipients.{who}]"), "wrap");
    assert_eq!(wrap(&after, "robert"), wrap(&before, "bob"));
    assert_eq!(get_with(&sandbox, 0, "web", "A"), Some(0));
    // The key is still the approved one: a new set asks nothing.
    sandbox.vault(["set", "new", "C=3"]).fails(0, &["readable by alice, robert"]);
}

#[test]
fn another_key_under_a_departed_name_must_be_named() {
    let (sandbox, [bob, other]) = with_keys();
    add(&sandbox, "bob", &bob);
    sandbox.vault(["recipient", "remove", "bob"]).succeeds();
    let before = sandbox.vault(["recipient", "list"]).text();
    sandbox
        .vault(["recipient", "add", "bob", &other])
        .fails(2, &["bob has left sets/db with another key", "--trust bob"]);
    assert_eq!(sandbox.vault(["recipient", "list"]).text(), before);
    sandbox.vault(["recipient", "add", "bob", &other, "--trust", "bob"]).succeeds();
    assert_eq!(get_with(&sandbox, 1, "web", "A"), Some(0));
    sandbox.vault(["recipient", "remove", "bob"]).succeeds();
    let web = SealedText(sandbox.set_text("web"));
    assert!(web.field("[departed.bob]", "to").contains(&other));
    assert!(web.field("[departed.\"bob/old-1\"]", "to").contains(&bob));
    assert_eq!(sandbox.vault(["exposed", "bob"]).ends(1).text(), "db B bob\nweb A bob\n");
    // The key that left last comes back without a word.
    add(&sandbox, "bob", &other);
    assert_eq!(
        sandbox.vault(["exposed", "--devices"]).ends(1).text(),
        "db B bob/old-1\nweb A bob/old-1\n"
    );
}

#[test]
fn a_key_comes_from_a_file_as_github_gives_it() {
    let (sandbox, [bob]) = with_keys();
    let ed = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK";
    let given = |text: &str, more: &[&str]| {
        let path = sandbox.put("bob.keys", text);
        let file = ["recipient", "add", "bob", "--key-file", path.to_str().unwrap()];
        sandbox.vault(file.iter().chain(more))
    };
    let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= bob";
    given("# nothing\n\n", &[]).fails(1, &["there is no key in it"]);
    given(ecdsa, &[]).fails(1, &["none of its keys", "ecdsa-sha2-nistp256"]);
    given(&format!("{ed}\n{bob}\n"), &[]).fails(2, &["there are 2 keys", "SHA256:", ed, &bob]);
    let one = format!("{ecdsa}\n{ed} bob@laptop\n");
    given(&one, &[]).fails(2, &["bob is new here", "SHA256:", "--trust bob"]);
    assert_eq!(members(&sandbox), ["alice"]);
    given(&one, &["--trust", "bob"]).succeeds();
    let list = sandbox.vault(["recipient", "list"]).quietly().text();
    assert!(list.contains(&format!("bob {ed}\n")), "{list}");
}

#[test]
fn an_ssh_key_needs_no_quotes() {
    let (sandbox, []) = with_keys();
    let blob = "AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK";
    sandbox.vault(["recipient", "add", "bob", "ssh-ed25519", blob, "bob@laptop"]).succeeds();
    assert!(sandbox.set_text("web").contains(&format!("to = \"ssh-ed25519 {blob} bob\"")));
}

#[test]
fn removal_says_who_remains_and_who_let_them_in() {
    let office = Office::of_alice();
    let (alice, bob) = (office.person("alice"), office.clones("bob"));
    let bobs = bob.keygen();
    alice.vault(["set", "web", "A=1"]).succeeds();
    alice.vault(["recipient", "add", "bob", &bobs]).succeeds();
    alice.push("bob joins");
    bob.pull();
    // Someone about to leave lets in a key that is theirs.
    let planted = bob.vault(["keygen", "-o", "planted"]).succeeds().text();
    bob.vault(["recipient", "add", "ci-2", planted.trim()]).succeeds();
    std::fs::remove_file(bob.repo().join("planted")).unwrap();
    bob.push("more CI");
    alice.pull();
    alice.vault(["recipient", "remove", "bob"]).fails(
        0,
        &[
            "ci-2: by bob <bob@example.org>",
            "(more CI)",
            "alice: by alice <alice@example.org>",
            "(begin)",
        ],
    );
}

#[test]
fn comments_in_the_team_file_are_lost_with_a_word() {
    let (sandbox, [bob, carol]) = with_keys();
    let path = sandbox.work().join(".secrets/team.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    sandbox.put(".secrets/team.toml", format!("# ours\n{text}"));
    let lost = "comments in .secrets/team.toml were not kept";
    sandbox.vault(["recipient", "add", "bob", &bob]).fails(0, &[lost]);
    sandbox.vault(["recipient", "add", "carol", &carol]).succeeds().never_says(lost);
}
