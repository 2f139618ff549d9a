//! `vault git install` and `uninstall`: what they write, and that they write nothing else.

use std::fs;

use crate::support::{Sandbox, put};

const OWN: &str = "[user]\n\tname = Alice\n[merge]\n\tconflictStyle = zdiff3\n[merge \"other\"]\n\tdriver = true\n";

fn own_configuration(sandbox: &Sandbox) -> std::path::PathBuf {
    let path = sandbox.home().join(".gitconfig");
    put(&path, OWN);
    path
}

#[test]
fn install_adds_its_settings_once_and_uninstall_leaves_the_file_as_it_was() {
    let sandbox = Sandbox::with_vault().with_git();
    let path = own_configuration(&sandbox);
    sandbox.vault(["git", "install"]).fails(0, &["entry by entry: your git configuration"]);
    let installed = fs::read_to_string(&path).unwrap();
    let added = installed.strip_prefix(OWN).unwrap();
    assert!(added.starts_with("[merge \"vault\"]\n") && added.lines().count() == 10, "{added}");
    assert!(added.contains("[diff \"vault\"]\n") && added.contains("cachetextconv = false\n"));
    assert!(added.contains("[mergetool \"vault\"]\n"), "{added}");
    sandbox.vault(["git", "install", "--global"]).fails(0, &["nothing to do"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), installed);
    sandbox.vault(["git", "uninstall"]).fails(0, &["as text again"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), OWN);
    sandbox.vault(["git", "uninstall"]).fails(0, &["nothing to do"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), OWN);
}

#[test]
fn install_mends_what_was_changed_and_what_is_there_twice() {
    let sandbox = Sandbox::with_vault().with_git();
    let path = own_configuration(&sandbox);
    sandbox.vault(["git", "install"]).succeeds();
    let right = fs::read_to_string(&path).unwrap();
    sandbox.git(["config", "--global", "merge.vault.name", "something"]);
    let older = "vault git merge-driver %O %A %B";
    sandbox.git(["config", "--global", "--add", "merge.vault.driver", older]);
    sandbox.vault(["git", "install"]).succeeds();
    assert_eq!(fs::read_to_string(&path).unwrap(), right);
}

#[test]
fn a_command_of_one_s_own_is_neither_written_over_nor_taken_out() {
    let sandbox = Sandbox::with_vault().with_git();
    let path = own_configuration(&sandbox);
    sandbox.git(["config", "--global", "diff.vault.textconv", "my-own"]);
    let before = fs::read_to_string(&path).unwrap();
    let words = ["diff.vault.textconv", "`git config --global --unset-all diff.vault.textconv`"];
    sandbox.vault(["git", "install"]).fails(1, &words);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    sandbox.git(["config", "--global", "--unset-all", "diff.vault.textconv"]);
    sandbox.vault(["git", "install"]).succeeds();
    sandbox.git(["config", "--global", "merge.vault.driver", "my-own %A"]);
    sandbox.vault(["git", "uninstall"]).fails(0, &["left as it is", "merge.vault.driver"]);
    let left = fs::read_to_string(&path).unwrap();
    assert_eq!(left, format!("{OWN}[merge \"vault\"]\n\tdriver = my-own %A\n"));
}

#[test]
fn what_another_file_says_otherwise_is_named() {
    let sandbox = Sandbox::with_vault().with_git();
    let other = sandbox.root().join("other.config");
    put(&other, "[merge \"vault\"]\n\tdriver = true\n");
    sandbox.git(["config", "--local", "include.path", other.to_str().unwrap()]);
    let words = ["not in force: merge.vault.driver is set otherwise in", "other.config"];
    sandbox.vault(["git", "install"]).fails(0, &words);
    sandbox.vault(["git", "install"]).fails(0, &words);
    let seen = sandbox.vault(["doctor"]).text();
    assert!(seen.contains("merge.vault.driver (set otherwise in") && seen.contains("other.config"));
}

#[test]
fn local_is_this_repository_alone() {
    let sandbox = Sandbox::with_vault().with_git();
    let path = own_configuration(&sandbox);
    sandbox.vault(["git", "install", "--local"]).fails(0, &["this repository's configuration"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), OWN);
    assert!(sandbox.git(["config", "--local", "merge.vault.driver"]).contains("vault git probe"));
    sandbox.vault(["git", "uninstall", "--local"]).succeeds();
    assert!(!fs::read_to_string(sandbox.work().join(".git/config")).unwrap().contains("vault"));
    sandbox
        .vault(["git", "install", "--local", "--global"])
        .fails(2, &["--local does not go with --global"]);
    let outside = sandbox.root().join("home");
    sandbox
        .command(["git", "install", "--local"])
        .cwd(&outside)
        .run()
        .fails(1, &["git's configuration was not changed"]);
}

#[test]
fn probe_says_one_fixed_line() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.vault(["git", "probe"]).quietly().text(), "vault git drivers 1\n");
}

#[test]
fn install_says_where_git_will_not_find_this_vault() {
    let sandbox = Sandbox::with_vault().with_git();
    let folder = sandbox.root().join("bin");
    let install = || {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
        sandbox.command(["git", "install"]).env("PATH", path).run()
    };
    let cure = "put the folder of this vault first in PATH; until then git merges as text";
    install().fails(0, &["warning: git will not use this vault: no program called vault is", cure]);
    fs::create_dir(&folder).unwrap();
    let vault = folder.join("vault");
    std::os::unix::fs::symlink("/bin/true", &vault).unwrap();
    install().fails(0, &["another program of that name", cure]);
    fs::remove_file(&vault).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vault"), &vault).unwrap();
    install().fails(0, &["nothing to do"]).never_says("warning");
}
