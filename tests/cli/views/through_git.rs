//! git's own views, through the drivers.

use super::{Desk, Eyes, digits, dots, put};
use crate::support::CANARY;

#[test]
fn git_diff_shows_both_sides_by_entry() {
    let desk = Desk::new();
    desk.set("URL=other");
    let shown = ".secrets/sets/web.toml\n~ URL = ••• -> •••\n";
    assert_eq!(dots(&desk.git(["diff"])), shown);
    desk.git(["add", "--all"]);
    assert_eq!(desk.git(["diff"]), "");
    assert_eq!(dots(&desk.git(["diff", "--cached"])), shown);
    desk.commit("other");
    assert_eq!(dots(&desk.git(["diff", "HEAD~"])), shown);
    assert_eq!(dots(&desk.git(["diff", "--exit-code", "HEAD", "HEAD"])), "");
    desk.git_as(Eyes::Alice, ["diff", "--exit-code", "HEAD~", "HEAD"]).run().ends(1);
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    let rotated = desk.git(["diff"]);
    assert!(
        rotated.contains("~ data key: epoch 1 -> 2\n  3 values re-encrypted, plaintext"),
        "{rotated}"
    );
}

#[test]
fn files_that_are_new_gone_renamed_or_executable() {
    let desk = Desk::new();
    desk.vault(["set", "api", "K=1"]).succeeds();
    desk.git(["add", "--all"]);
    let text = dots(&desk.git(["diff", "--cached"]));
    assert!(text.starts_with(".secrets/sets/api.toml: new\n+ reader alice"), "{text}");
    desk.commit("api");
    desk.git(["rm", "--quiet", ".secrets/sets/api.toml"]);
    let text = dots(&desk.git(["diff", "--cached"]));
    assert!(text.starts_with(".secrets/sets/api.toml: deleted\n- reader alice"), "{text}");
    desk.git(["reset", "--quiet", "--hard"]);
    // The name is bound to the data key, so this file opens no more, and that is said.
    desk.git(["mv", ".secrets/sets/api.toml", ".secrets/sets/moved.toml"]);
    let text = desk.git(["diff", "--cached", "--find-renames"]);
    assert!(text.starts_with(".secrets/sets/moved.toml: was .secrets/sets/api.toml\n"), "{text}");
    desk.git(["reset", "--quiet", "--hard"]);
    desk.git(["update-index", "--chmod=+x", ".secrets/sets/api.toml"]);
    let text = desk.git(["diff", "--cached"]);
    assert_eq!(text, ".secrets/sets/api.toml\n~ mode 100644 -> 100755\n");
}

#[test]
fn log_show_and_blame_are_masked_and_see_through_rotations() {
    let desk = Desk::new();
    desk.set("URL=other");
    desk.commit("change");
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.commit("rotate");
    let log = dots(&desk.git(["log", "-p", "--format=%s", "-2"]));
    assert!(log.contains("\n-URL = •••\n+URL = •••\n"), "{log}");
    let rotation = log.split("change\n").next().unwrap();
    assert!(
        rotation.contains("\n-sets/web, data key of epoch 1\n+sets/web, data key of epoch 2\n")
    );
    assert!(!rotation.contains("\n+URL") && !rotation.contains("\n+PORT"), "{rotation}");
    let change = dots(&desk.git(["show", "--format=", "HEAD~"]));
    assert!(change.contains("+URL = •••\n") && !change.contains("PORT = •••\n+"), "{change}");
    let blame = desk.git(["blame", "-s", ".secrets/sets/web.toml"]);
    let by =
        |key: &str| blame.lines().find(|l| l.contains(key)).unwrap().get(..8).unwrap().to_owned();
    let ids = desk.git(["log", "--format=%h", "--abbrev=8"]);
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(by("URL = "), ids[1]);
    assert!(by("PORT = ").starts_with('^'));
    assert_eq!(by("sets/web, "), ids[0]);
    let stash = desk.git(["diff", "HEAD", "HEAD"]);
    assert_eq!(stash, "");
}

#[test]
fn searches_stashes_and_word_diffs_find_no_value() {
    let desk = Desk::new();
    desk.set("URL=other");
    desk.git(["stash", "push", "--quiet"]);
    let stashed = desk.git(["stash", "show", "-p"]);
    assert!(stashed.contains("web.toml"), "{stashed}");
    desk.git(["stash", "pop", "--quiet"]);
    desk.git(["diff", "--word-diff"]);
    desk.git(["show", "HEAD:.secrets/sets/web.toml"]);
    desk.git(["show", "--textconv", "HEAD:.secrets/sets/web.toml"]);
    assert_eq!(desk.git(["log", "--oneline", "-S", CANARY]), "");
    desk.git(["log", "-p", "--all", "--cc"]);
    desk.git(["format-patch", "--stdout", "--root", "HEAD"]);
}

#[test]
fn a_conflict_is_shown_without_a_value() {
    let desk = Desk::new();
    desk.git(["checkout", "--quiet", "-b", "side"]);
    desk.set(&format!("URL=side-{CANARY}"));
    desk.commit("side");
    desk.git(["checkout", "--quiet", "main"]);
    desk.set(&format!("URL=main-{CANARY}"));
    desk.commit("main");
    desk.git_as(Eyes::Alice, ["merge", "side"]).run().never_says(CANARY).ends(1);
    let combined = desk.git(["diff"]);
    assert!(combined.contains("web.toml"), "{combined}");
    let ours = desk.git(["diff", "--ours"]);
    assert!(ours.contains("web.toml"), "{ours}");
    desk.git(["diff", "HEAD"]);
    desk.git(["diff", "--cached"]);
    desk.vault(["set", "web", "URL=x"]);
    desk.git(["checkout", "--quiet", "--theirs", ".secrets/sets/web.toml"]);
    desk.commit("merged");
    desk.git(["show", "--cc", "HEAD"]);
    desk.git(["log", "-p", "-m", "--first-parent"]);
}

#[test]
fn git_keeps_nothing_of_what_it_was_shown() {
    let desk = Desk::new();
    desk.set(&format!("URL=other-{CANARY}"));
    desk.commit("other");
    desk.git(["log", "-p"]);
    desk.git(["blame", ".secrets/sets/web.toml"]);
    assert_eq!(desk.git(["config", "diff.vault.cachetextconv"]), "false\n");
    assert_eq!(desk.git(["for-each-ref", "refs/notes"]), "");
    let objects = desk.git(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
    assert!(!objects.contains("•••"), "a view was stored");
}

#[test]
fn git_colours_as_it_was_told() {
    let desk = Desk::new();
    desk.set("URL=other");
    assert!(!desk.git(["diff"]).contains('\u{1b}'));
    desk.git(["config", "color.diff", "always"]);
    assert!(desk.git(["diff"]).contains("\u{1b}[33m~ URL"));
    let bare = desk.git_as(Eyes::Alice, ["diff"]).env("NO_COLOR", "1").run();
    assert!(bare.quietly_enough().text().starts_with(".secrets"));
}

#[test]
fn a_broken_file_is_shown_as_it_is_and_ends_nothing() {
    let desk = Desk::new();
    for broken in ["", "\n", "not toml", "[vault]\nformat = 9\n", "\u{1b}[31mred", "a\0b"] {
        put(&desk.file(), broken);
        let text = desk.git(["diff"]);
        assert!(text.starts_with(".secrets/sets/web.toml\n  compared as text: "), "{text}");
        desk.commit("broken");
    }
    let log = desk.git(["log", "-p", "--format=%s"]);
    assert_eq!(log.matches("broken\n").count(), 6, "{log}");
    assert!(log.contains("+# vault: "), "{log}");
    assert!(log.contains("+not toml"), "{log}");
}

#[test]
fn a_forged_file_says_so_in_the_log() {
    let desk = Desk::new();
    put(&desk.file(), desk.text().replace(":1.1:", ":1.2:"));
    assert!(desk.git(["diff"]).contains("! it does not open: "));
    desk.commit("forged");
    let log = desk.git(["log", "-p", "-1"]);
    assert!(log.contains("+# vault: it does not open: "), "{log}");
}

#[test]
fn digits_are_the_same_in_every_view_and_through_rotations() {
    let desk = Desk::new();
    let shown = digits(&desk.git(["show", "HEAD"]), "URL");
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.commit("rotate");
    assert_eq!(digits(&desk.git(["log", "-p"]), "URL"), shown);
    desk.vault(["unset", "web", "URL"]).succeeds();
    assert_eq!(digits(&desk.git(["diff"]), "URL"), shown);
    assert_eq!(digits(&desk.diff::<&str>([]), "URL"), shown);
}

#[test]
fn what_git_never_gives_is_answered_too() {
    let desk = Desk::new();
    let run = |args: &[&str]| desk.vault_as(Eyes::Alice, args).run().succeeds().text();
    assert_eq!(run(&["git", "diff", "some/path"]), "* Unmerged path some/path\n");
    assert!(run(&["git", "diff", "a", "b"]).contains("for git to call"));
    assert!(run(&["git", "textconv", "/nowhere"]).starts_with("# vault: "));
    assert!(run(&["git", "textconv", "."]).starts_with("# vault: "));
    let file = desk.file();
    let fast = run(&["git", "textconv", file.to_str().unwrap()]);
    assert_eq!(run(&["-q", "git", "textconv", file.to_str().unwrap()]), fast);
}

#[test]
fn a_file_longer_than_any_of_a_vault_is_left_to_git() {
    let desk = Desk::new();
    put(&desk.file(), "a line\n".repeat(3 << 20));
    let file = desk.file();
    let shown = desk.vault_as(Eyes::Alice, ["git", "textconv", file.to_str().unwrap()]).run();
    assert_eq!(shown.quietly().text(), "");
    let diff = desk.git(["diff"]);
    assert!(diff.contains("compared as text: it is longer than any file of a vault"));
    desk.commit("long");
    assert!(desk.git(["show", "--format=", "HEAD"]).contains("\n+a line\n"));
}

#[test]
fn under_a_pager_there_is_colour() {
    let desk = Desk::new();
    desk.set("URL=other");
    let run = desk.git_as(Eyes::Alice, ["diff"]).env("GIT_PAGER_IN_USE", "1").env("TERM", "xterm");
    assert!(run.run().quietly_enough().text().contains("\u{1b}[33m~ URL"));
}
