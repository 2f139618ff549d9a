//! Each rule about what came before, by a commit that breaks it; and a long honest history that
//! breaks none.

use super::{Repo, set};
use crate::support::SealedText;

/// What a change after the first commit breaks, without any key.
fn broken(change: impl FnOnce(&Repo)) -> std::collections::BTreeSet<String> {
    let repo = Repo::new();
    change(&repo);
    repo.sandbox.commit("change");
    repo.broken(&["--base", "HEAD^"])
}

/// As [`broken`], after bob was removed in a commit of its own.
fn broken_after_bob(change: impl FnOnce(&Repo)) -> std::collections::BTreeSet<String> {
    let repo = Repo::new();
    repo.vault(&["recipient", "remove", "bob"]);
    repo.sandbox.commit("bob leaves");
    change(&repo);
    repo.sandbox.commit("change");
    repo.broken(&["--base", "HEAD^"])
}

#[test]
fn an_older_value_put_back_is_found() {
    let found = broken(|repo| {
        let old = repo.text().block("[values.B]");
        repo.vault(&["set", "web", "B=b2"]);
        repo.sandbox.commit("newer");
        repo.edit(|text| text.replaced(&text.block("[values.B]"), &old));
    });
    assert_eq!(found, set(&["rev-fell"]));
}

#[test]
fn an_older_file_put_back_is_found() {
    let found = broken(|repo| {
        let old = repo.text();
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.vault(&["set", "web", "B=b2"]);
        repo.sandbox.commit("newer");
        repo.edit(|_| old);
    });
    assert_eq!(found, set(&["epoch-fell", "rev-fell", "since-fell"]));
}

#[test]
fn entries_and_files_that_are_gone_are_listed_and_fail_only_on_demand() {
    let repo = Repo::new();
    repo.vault(&["unset", "web", "A", "B"]);
    let gone = ["warning removed .secrets/sets/web.toml:2"; 2];
    assert_eq!(repo.findings(&["--base", "HEAD"]), gone);
    let gone = ["error removed .secrets/sets/web.toml:2"; 2];
    assert_eq!(repo.findings(&["--base", "HEAD", "--deny", "removed"]), gone);
    repo.vault(&["delete", "web", "--yes"]);
    let gone = ["warning removed .secrets/sets/web.toml:1"];
    assert_eq!(repo.findings(&["--base", "HEAD"]), gone);
}

#[test]
fn a_reader_who_was_only_crossed_out_is_found() {
    let found = broken(|repo| repo.edit(|text| text.replaced(&text.block("[recipients.bob]"), "")));
    assert_eq!(found, set(&["missing-reader", "not-rotated", "not-canonical"]));
    // Together with the team file it looks like a removal, and still is none.
    let found = broken(|repo| {
        repo.edit(|text| text.replaced(&format!("\n{}", text.block("[recipients.bob]")), ""));
        repo.edit_team(&format!("\n[members.bob]\nto = \"{} bob\"\n", repo.bob), "");
    });
    assert_eq!(found, set(&["not-rotated"]));
}

#[test]
fn a_departure_that_is_dropped_or_shortened_is_found() {
    let dropped =
        |text: SealedText| text.replaced(&format!("\n{}", text.block("[departed.bob]")), "");
    assert_eq!(broken_after_bob(|repo| repo.edit(dropped)), set(&["departure-dropped"]));
    let repo = Repo::new();
    repo.vault(&["recipient", "remove", "bob"]);
    repo.edit(dropped);
    assert_eq!(repo.broken(&["--base", "HEAD"]), set(&["not-departed", "unproven"]));

    let found = broken_after_bob(|repo| {
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.vault(&["recipient", "add", "bob", &repo.bob]);
        repo.vault(&["recipient", "remove", "bob"]);
        repo.sandbox.commit("bob leaves again");
        repo.edit(|text| text.with("[departed.bob]", "until", "1"));
    });
    assert_eq!(found, set(&["forged", "until-fell"]));
}

#[test]
fn what_says_something_else_with_the_bytes_it_had_is_found() {
    let since = |repo: &Repo| {
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.sandbox.commit("rotate");
        repo.edit(|text| text.with_part("[values.B]", "enc", ":1.1:", ":2.1:"));
    };
    assert_eq!(broken(since), set(&["forged"]));
    let note = |repo: &Repo| repo.edit(|text| text.with_line("[values.B]", "note = \"x\""));
    assert_eq!(broken(note), set(&["forged"]));
    let name = |repo: &Repo| {
        repo.edit(|text| {
            let block = text.block("[values.B]");
            text.replaced(&block, &block.replace("values.B", "values.BB"))
        });
    };
    assert_eq!(broken(name), set(&["forged", "removed"]));
    let moved = |repo: &Repo| {
        repo.sandbox.git(["mv", ".secrets/sets/web.toml", ".secrets/sets/api.toml"]);
        let text = SealedText(repo.read(".secrets/sets/api.toml"));
        repo.sandbox.put(".secrets/sets/api.toml", text.with("[vault]", "name", "\"api\"").0);
    };
    assert_eq!(broken(moved), set(&["forged"]));
    // Someone puts their own key beside another one's wrap.
    let key = |repo: &Repo| {
        let other = Repo::new().bob.clone();
        repo.edit(|text| text.with("[recipients.bob]", "to", &format!("\"{other} bob\"")));
        repo.edit_team(&repo.bob, &other);
    };
    assert_eq!(broken(key), set(&["forged", "not-rotated"]));
    // All tokens of a file moved to an epoch it never had.
    let epoch = |repo: &Repo| {
        repo.edit(|text| {
            let token = text.token();
            SealedText(text.0.replace(&format!("\"{token}"), &token.replace("1:", "\"2:")))
        });
    };
    assert_eq!(broken(epoch), set(&["forged", "unlinked"]));
}

#[test]
fn another_file_or_vault_in_the_place_of_one_is_found() {
    let found = broken(|repo| {
        repo.vault(&["delete", "web", "--yes"]);
        repo.vault(&["set", "web", "A=other"]);
    });
    assert_eq!(found, set(&["replaced"]));
    let found = broken(|repo| {
        let other = Repo::new().read(".secrets/team.toml");
        let id = |team: &str| team.lines().find(|line| line.starts_with("id")).unwrap().to_owned();
        repo.edit_team(&id(&repo.read(".secrets/team.toml")), &id(&other));
    });
    assert_eq!(found, set(&["vault-id"]));
}

#[test]
fn a_data_key_out_of_nowhere_is_found() {
    let found = broken(|repo| {
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.edit(|text| text.without_field("[vault]", "prev"));
    });
    assert_eq!(found, set(&["unlinked"]));
    let found = broken(|repo| {
        repo.vault(&["rekey", "--rotate", "web"]);
        repo.sandbox.commit("rotate");
        repo.edit(|text| text.without_field("[vault]", "prev"));
    });
    assert_eq!(found, set(&["unlinked"]));
    // One of two rotations that were made apart, taken whole.
    let found = broken(|repo| {
        let old = repo.text();
        repo.vault(&["rekey", "--rotate", "web"]);
        let one = repo.text();
        repo.edit(|_| old);
        repo.elsewhere(&["rekey", "--rotate", "web"]);
        repo.sandbox.commit("rotate");
        repo.edit(|_| one);
    });
    assert_eq!(found, set(&["other-data-key"]));
}

#[test]
fn bytes_of_another_branch_are_listed() {
    let found = broken(|repo| {
        let old = repo.text();
        repo.vault(&["set", "web", "B=theirs"]);
        let theirs = repo.text().block("[values.B]");
        repo.edit(|_| old);
        repo.vault(&["set", "web", "B=ours"]);
        repo.sandbox.commit("ours");
        repo.edit(|text| text.replaced(&text.block("[values.B]"), &theirs));
    });
    assert_eq!(found, set(&["exchanged"]));
}

#[test]
fn what_could_not_be_read_before_is_no_proof_of_anything() {
    let found = broken(|repo| {
        let text = repo.text();
        repo.edit(|text| text.with("[vault]", "format", "9"));
        repo.sandbox.commit("broken");
        repo.edit(|_| text);
    });
    assert_eq!(found, set(&["unreadable-base"]));
}

#[test]
fn a_long_honest_history_breaks_nothing() {
    let repo = Repo::new();
    let base = repo.sandbox.git(["rev-parse", "HEAD"]);
    let base = base.trim();
    let steps: &[&[&str]] = &[
        &["set", "web", "A=2", "C=3"],
        &["set", "web", "C=4", "--note", "n"],
        &["rekey", "--rotate"],
        &["set", "web", "A=3"],
        &["rename", "web", "site"],
        &["copy", "site", "web"],
        &["recipient", "remove", "bob"],
        &["set", "site", "A=4"],
        &["recipient", "add", "bob", &repo.bob],
        &["recipient", "rename", "bob", "robert"],
        &["recipient", "remove", "robert"],
        &["group", "add", "ops", "alice"],
        &["access", "allow", "sets/*", "ops"],
    ];
    for step in steps {
        let before = repo.sandbox.git(["rev-parse", "HEAD"]);
        repo.vault(step);
        assert_eq!(repo.proven(&["--base", before.trim()]), [""; 0], "{step:?}");
        assert_eq!(repo.proven(&["--base", base]), [""; 0], "{step:?}");
        repo.sandbox.commit(step[0]);
        assert_eq!(repo.proven(&["--base", before.trim()]), [""; 0], "{step:?}");
        let keyless = repo.broken(&["--base", before.trim()]);
        assert!(keyless.is_subset(&set(&["unproven"])), "{step:?} {keyless:?}");
    }
}

#[test]
fn what_the_base_has_gained_meanwhile_is_not_ours_to_answer_for() {
    let repo = Repo::new();
    repo.sandbox.git(["checkout", "--quiet", "-b", "feature"]);
    repo.vault(&["set", "web", "NEW=1"]);
    repo.sandbox.commit("feature");
    repo.sandbox.git(["checkout", "--quiet", "main"]);
    repo.vault(&["set", "web", "A=changed on main", "MAIN=1"]);
    repo.sandbox.commit("main");
    assert_eq!(repo.findings(&["--rev", "feature", "--base", "main"]), [""; 0]);
    repo.sandbox.git(["checkout", "--quiet", "feature"]);
    assert_eq!(repo.findings(&["--base", "main"]), [""; 0]);
    // And what a merge loses is: of both sides.
    repo.sandbox.git(["merge", "--quiet", "--strategy=ours", "--no-edit", "main"]);
    assert_eq!(repo.broken(&["--base", "main"]), set(&["removed", "rev-fell"]));
}
