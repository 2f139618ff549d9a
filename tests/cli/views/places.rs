//! The same wherever the repository is, and whatever its objects are called.

use std::fs;

use super::{Desk, Eyes, dots};

/// Below `below`, which is where the vault is.
fn shows(desk: &Desk) {
    desk.set("URL=other");
    let changed = "~ URL = ••• -> •••\n";
    assert_eq!(dots(&desk.diff::<&str>([])), format!("sets/web\n{changed}"));
    assert!(dots(&desk.git(["diff"])).ends_with(&format!("/web.toml\n{changed}")));
    desk.git(["add", "--all"]);
    assert_eq!(dots(&desk.diff(["--staged"])), format!("sets/web\n{changed}"));
    desk.commit("other");
    assert_eq!(dots(&desk.diff(["HEAD~..HEAD"])), format!("sets/web\n{changed}"));
    let log = dots(&desk.git(["log", "-p", "-1", "--format="]));
    assert!(log.contains("\n-URL = •••\n+URL = •••\n"), "{log}");
    let past = desk.vault(["log", "web", "URL"]).quietly().text();
    assert!(past.contains(": other\n~ web URL\n") && past.ends_with("\n+ web URL\n"), "{past}");
}

#[test]
fn a_folder_with_spaces_quotes_and_other_letters() {
    shows(&Desk::in_place("it's \"my\" wörk; tree $HOME", &[]));
}

#[test]
fn a_repository_of_sha256() {
    shows(&Desk::in_place("work", &["--object-format=sha256"]));
}

#[test]
fn a_second_work_tree() {
    let mut desk = Desk::new();
    let second = desk.sandbox.root().join("second tree");
    desk.git(["worktree", "add", "--quiet", "--detach", second.to_str().unwrap()]);
    desk.dir = second;
    shows(&desk);
}

#[test]
fn a_submodule() {
    let mut desk = Desk::new();
    let outer = desk.sandbox.root().join("outer");
    fs::create_dir(&outer).unwrap();
    let origin = desk.dir.clone();
    let git = |args: &[&str]| {
        desk.sandbox.git_in(
            &outer,
            "alice",
            ["-c", "protocol.file.allow=always"].iter().chain(args),
        )
    };
    git(&["init", "--quiet"]);
    git(&["submodule", "--quiet", "add", origin.to_str().unwrap(), "inner"]);
    git(&["commit", "--quiet", "-m", "inner"]);
    desk.dir = outer.join("inner");
    shows(&desk);
    desk.sandbox.git_in(&outer, "alice", ["diff", "--submodule=diff"]);
}

#[test]
fn a_vault_in_a_subfolder_looked_at_from_below() {
    let mut desk = Desk::new();
    let below = desk.dir.join("apps/web sité");
    fs::create_dir_all(below.join("deep/er")).unwrap();
    desk.git(["mv", ".secrets", ".gitattributes", "apps/web sité/"]);
    desk.commit("moved");
    desk.dir = below;
    shows(&desk);
    desk.set("URL=third");
    let deep = desk.dir.join("deep/er");
    let outcome = desk.vault_as(Eyes::Alice, ["diff"]).cwd(&deep).run();
    assert_eq!(dots(&outcome.quietly().text()), "sets/web\n~ URL = ••• -> •••\n");
    let git = desk.git_as(Eyes::Alice, ["diff"]).cwd(&deep).run();
    assert!(dots(&git.quietly_enough().text()).ends_with("~ URL = ••• -> •••\n"));
}

#[test]
fn while_git_runs_a_hook() {
    let desk = Desk::new();
    desk.set("URL=other");
    let hook = desk.dir.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    super::put(&hook, "#!/bin/sh\nvault diff --staged > staged.txt\nvault log > log.txt\n");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    desk.git(["commit", "--quiet", "--all", "--message", "other"]);
    let staged = fs::read_to_string(desk.dir.join("staged.txt")).unwrap();
    assert_eq!(dots(&staged), "sets/web\n~ URL = ••• -> •••\n");
    assert!(fs::read_to_string(desk.dir.join("log.txt")).unwrap().contains(": start\n"));
}
