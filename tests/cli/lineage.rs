//! Rename, copy and delete: what a set keeps of itself, and what it must not.

use crate::support::{Sandbox, SealedText};

#[test]
fn a_renamed_key_keeps_value_note_since_and_revision() {
    let sandbox = Sandbox::with_set("web", &["OLD=1", "STAYS=2"]);
    sandbox.vault(["set", "web", "OLD=1b", "--note", "why"]).succeeds();
    let before = SealedText(sandbox.set_text("web"));
    sandbox.vault(["rename", "web", "OLD", "NEW"]).succeeds();
    let after = SealedText(sandbox.set_text("web"));
    assert_eq!(after.block("[values.STAYS]"), before.block("[values.STAYS]"));
    assert_eq!(after.field("[values.NEW]", "note"), "\"why\"");
    assert_eq!(sandbox.vault(["get", "web", "NEW"]).quietly().text(), "1b");
    assert_eq!(sandbox.vault(["list", "web"]).quietly().text(), "NEW\nSTAYS\n");
    let json = sandbox.vault(["list", "web", "--json"]).json();
    assert_eq!((&json["keys"][0]["rev"], &json["keys"][0]["since"]), (&2.into(), &1.into()));
}

#[test]
fn a_key_is_not_renamed_over_another_nor_from_nothing() {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2"]);
    let before = sandbox.set_text("web");
    sandbox.vault(["rename", "web", "A", "B"]).fails(1, &["B"]);
    sandbox.vault(["rename", "web", "NOPE", "C"]).fails(1, &["NOPE", "there are: A, B"]);
    sandbox.vault(["rename", "web", "A", "no good"]).fails(2, &["a key is"]);
    assert_eq!(sandbox.set_text("web"), before);
}

#[test]
fn a_renamed_set_keeps_its_id_and_makes_the_next_epoch_with_a_link() {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2"]);
    let before = SealedText(sandbox.set_text("web"));
    sandbox.vault(["rename", "web", "site"]).succeeds();
    assert!(!sandbox.set_path("web").exists());
    let after = SealedText(sandbox.set_text("site"));
    assert_eq!(after.field("[vault]", "id"), before.field("[vault]", "id"));
    assert!(after.field("[vault]", "epoch").starts_with("\"2:"), "{}", after.0);
    let link = format!("\"{}:", before.token());
    assert!(after.field("[vault]", "prev").starts_with(&link), "{}", after.0);
    assert!(after.field("[values.A]", "enc").starts_with(&format!("\"{}:1.1:", after.token())));
    assert_eq!(sandbox.vault(["get", "site", "A"]).quietly().text(), "1");
    sandbox.vault(["set", "site", "A=new"]).succeeds();
    let json = sandbox.vault(["list", "site", "--json"]).json();
    assert_eq!((&json["epoch"], &json["keys"][0]["since"]), (&2.into(), &2.into()));
}

#[test]
fn a_renamed_set_that_a_service_names_earns_a_warning() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.put("vault.toml", "secret_set = \"web\"\n");
    sandbox
        .vault(["rename", "web", "site"])
        .fails(0, &["vault: warning: web is still named in vault.toml"]);
}

#[test]
fn a_copy_is_another_file_with_the_same_values() {
    let sandbox = Sandbox::with_set("web", &["A=1", "B=2"]);
    sandbox.vault(["set", "web", "A=1b", "--expires", "2031-01-01"]).succeeds();
    let before = sandbox.set_text("web");
    sandbox.vault(["copy", "web", "test"]).succeeds();
    assert_eq!(sandbox.set_text("web"), before);
    let copy = SealedText(sandbox.set_text("test"));
    assert_ne!(copy.field("[vault]", "id"), SealedText(before).field("[vault]", "id"));
    assert!(copy.field("[vault]", "epoch").starts_with("\"1:") && !copy.0.contains("prev = "));
    assert!(copy.field("[values.A]", "enc").starts_with(&format!("\"{}:1.2:", copy.token())));
    assert_eq!(copy.field("[values.A]", "expires"), "2031-01-01");
    let export = |set| sandbox.vault(["export", set, "--format", "json"]).quietly().stdout;
    assert_eq!(export("web"), export("test"));
}

#[test]
fn neither_copy_nor_rename_takes_a_name_that_is_there_in_any_case() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["set", "Site", "B=2"]).succeeds();
    for command in ["copy", "rename"] {
        for taken in ["Site", "site", "WEB"] {
            sandbox.vault([command, "web", taken]).fails(1, &["there is already a set"]);
        }
        sandbox.vault([command, "web", "../up"]).fails(2, &["the name of a set or pull secret is"]);
        sandbox.vault([command, "nope", "fresh"]).fails(1, &["nope", "there are: Site, web"]);
    }
    sandbox.vault(["set", "WEB", "A=1"]).fails(1, &["there is already a set web"]);
    assert_eq!(sandbox.vault(["list"]).text(), "Site\nweb\n");
}

#[test]
fn a_rename_that_stopped_half_way_is_finished_by_the_next() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    let old = sandbox.set_text("web");
    sandbox.vault(["rename", "web", "site"]).succeeds();
    sandbox.put(".secrets/sets/web.toml", old);
    sandbox.vault(["rename", "web", "site"]).succeeds();
    sandbox.vault(["get", "web", "A"]).fails(1, &["no set web"]);
    assert_eq!(sandbox.vault(["get", "site", "A"]).text(), "1");
}

#[test]
fn a_half_finished_rename_never_costs_what_was_changed_since() {
    let sandbox = Sandbox::with_set("web", &["A=1"]).with_git();
    let old = sandbox.set_text("web");
    sandbox.vault(["rename", "web", "site"]).succeeds();
    sandbox.put(".secrets/sets/web.toml", old);
    sandbox.vault(["set", "web", "B=2"]).succeeds();
    sandbox.vault(["rename", "web", "site"]).fails(1, &["differs from web"]);
    assert_eq!(sandbox.vault(["get", "web", "B"]).text(), "2");
    sandbox.vault(["rename", "web", "web"]).fails(2, &["the new name is the old one"]);
    assert_eq!(sandbox.vault(["get", "web", "B"]).text(), "2");
}

#[test]
fn a_forged_successor_does_not_cost_the_set() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    let forged = sandbox.set_text("web").replace("name = \"web\"", "name = \"web2\"");
    sandbox.put(".secrets/sets/web2.toml", forged);
    sandbox.vault(["rename", "web", "web2"]).fails(4, &["web2"]);
    assert_eq!(sandbox.vault(["get", "web", "A"]).text(), "1");
}

#[test]
fn making_a_file_says_who_can_read_it() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["copy", "web", "web2"]).fails(0, &["readable by alice"]);
    sandbox.vault(["set", "new", "A=1"]).fails(0, &["new, readable by alice"]);
}

#[test]
fn delete_asks_and_without_a_terminal_needs_to_be_told() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["delete", "web"]).fails(2, &["web", "-y"]);
    assert!(sandbox.set_path("web").exists());
    sandbox.vault(["delete", "web", "-y"]).succeeds();
    assert!(!sandbox.set_path("web").exists());
    sandbox.vault(["delete", "web", "-y"]).fails(1, &["there is no set web"]);
}

#[test]
fn delete_is_refused_while_a_service_names_the_set() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    sandbox.vault(["set", "db", "B=2"]).succeeds();
    for (file, text) in [
        ("vault.toml", "secret_set = [\"db\", \"web\"]\n"),
        ("pcc-deploy.toml", "agent_name = \"x\"\nsecret_set = \"web\"\n"),
    ] {
        let path = sandbox.put(file, text);
        sandbox.vault(["delete", "web", "-y"]).fails(1, &[file, "web is named in", "--force"]);
        sandbox.put(file, "secret_set = 7\n");
        sandbox.vault(["delete", "web", "-y"]).fails(1, &[file]);
        std::fs::remove_file(path).unwrap();
    }
    sandbox.put("vault.toml", "secret_set = \"web\"\n");
    sandbox.vault(["delete", "web", "-y", "--force"]).succeeds();
    assert_eq!(sandbox.vault(["list"]).text(), "db\n");
}

#[test]
fn a_new_set_is_for_whom_the_rules_name() {
    let sandbox = Sandbox::with_vault();
    let team = sandbox.work().join(".secrets/team.toml");
    let text = std::fs::read_to_string(team).unwrap();
    let bob = crate::support::Member::new("bob");
    let more = format!(
        "{text}\n[members.bob]\nto = \"{} bob\"\n\n[rules.\"sets/prod-*\"]\nread = [\"alice\"]\n",
        bob.to
    );
    sandbox.put(".secrets/team.toml", &more);
    sandbox.vault(["set", "prod-web", "A=1"]).succeeds();
    sandbox.vault(["set", "test-web", "A=1", "--trust", "bob"]).succeeds();
    assert!(!sandbox.set_text("prod-web").contains("[recipients.bob]"));
    assert!(sandbox.set_text("test-web").contains("[recipients.bob]"));
    // Bob has seen what he could read, so in a copy he cannot read he has departed.
    sandbox.vault(["copy", "test-web", "prod-copy"]).succeeds();
    let copy = SealedText(sandbox.set_text("prod-copy"));
    assert_eq!(copy.field("[departed.bob]", "until"), "1");
    assert!(copy.field("[vault]", "epoch").starts_with("\"2:"));
    sandbox.put(".secrets/team.toml", more.replace("[\"alice\"]", "[]"));
    sandbox.vault(["set", "prod-x", "A=1"]).fails(4, &["nobody could read sets/prod-*"]);
}
