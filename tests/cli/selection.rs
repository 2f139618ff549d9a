//! Which sets `vault exec` takes, and where a vault is looked for.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Outcome, Sandbox};

fn sets(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_vault();
    for name in names {
        sandbox.vault(["set", name, &format!("FROM={name}")]).succeeds();
    }
    sandbox
}

fn exec(sandbox: &Sandbox) -> Outcome {
    sandbox.vault(["exec", "--", "printenv", "FROM"])
}

#[test]
fn the_only_set_there_is() {
    assert_eq!(exec(&sets(&["one"])).quietly().text(), "one\n");
}

#[test]
fn several_are_an_error_that_lists_them_and_none_is_one_too() {
    let sandbox = sets(&["one", "two"]);
    exec(&sandbox).fails(125, &["one, two", "secret_set"]);
    exec(&sets(&[])).fails(125, &["there are no sets"]);
}

#[test]
fn vault_toml_comes_before_pcc_deploy_toml_and_names_on_the_command_line_before_both() {
    let sandbox = sets(&["one", "two", "three"]);
    sandbox.put("pcc-deploy.toml", "agent_name = \"a\"\n[scaling]\nmin = 1\n");
    exec(&sandbox).fails(125, &["one, three, two"]);
    sandbox.put("pcc-deploy.toml", "agent_name = \"a\"\nsecret_set = \"two\"\n");
    assert_eq!(exec(&sandbox).quietly().text(), "two\n");
    sandbox.put("vault.toml", "secret_set = \"one\"\n");
    assert_eq!(exec(&sandbox).quietly().text(), "one\n");
    sandbox.put("vault.toml", "secret_set = [\"one\", \"three\"]\n");
    let out = exec(&sandbox).fails(0, &["one and three differ in FROM"]);
    assert_eq!(out.text(), "three\n");
    let out = sandbox.vault(["exec", "two", "--", "printenv", "FROM"]);
    assert_eq!(out.quietly().text(), "two\n");
}

#[test]
fn a_manifest_that_does_not_parse_is_an_error_and_never_no_file() {
    let sandbox = sets(&["one"]);
    for (text, says) in [
        ("secret_set = ", "vault.toml:1: "),
        ("secret_set = \"a", "vault.toml:1: invalid basic string, expected `\"`"),
        ("\nsecret_set = 7", "vault.toml:2: expected a name, or a list of names"),
        ("secret_set = [\"one\", 7]", "vault.toml:1: expected a name, or a list of names"),
        ("\n\npull_secret = 7", "vault.toml:3: expected a name, or a list of names"),
        ("secret_set = \"../one\"", "vault.toml:1: `secret_set`: the name of a set"),
        ("secret_sett = \"one\"", "vault.toml:1: unknown field `secret_sett`"),
        ("require = [\"no key\"]", "vault.toml:1: `require`: "),
        ("\nrequire = \"KEY\"", "vault.toml:2: expected a list of keys"),
        ("\u{0}", "vault.toml:1: "),
    ] {
        sandbox.put("vault.toml", text);
        exec(&sandbox).fails(125, &[says]);
        // Also where the set is named: `require` might have stood in it.
        let out = sandbox.vault(["exec", "one", "--", "true"]);
        out.fails(125, &[says]);
        sandbox.vault(["get", "one", "FROM"]).quietly();
    }
    sandbox.put("vault.toml", "secret_set = \"gone\"\n");
    let hint = "hint: vault.toml names it; there are: one";
    exec(&sandbox).fails(125, &["there is no set gone", hint]);
    let asked = sandbox.vault(["exec", "gone", "--", "true"]);
    asked.fails(125, &["there is no set gone", "hint: there are: one"]);
    fs::remove_file(sandbox.work().join("vault.toml")).unwrap();
    sandbox.put("pcc-deploy.toml", "= broken");
    exec(&sandbox).fails(125, &["pcc-deploy.toml:1"]);
}

#[test]
fn a_manifest_that_is_no_plain_file_is_refused() {
    let sandbox = sets(&["one"]);
    let outside = sandbox.root().join("outside.toml");
    crate::support::put(&outside, "secret_set = \"one\"\n");
    let manifest = sandbox.work().join("vault.toml");
    symlink(&outside, &manifest).unwrap();
    exec(&sandbox).fails(125, &["vault.toml: refused"]);
    fs::remove_file(&manifest).unwrap();
    fs::create_dir(&manifest).unwrap();
    exec(&sandbox).fails(125, &["vault.toml: refused"]);
    fs::remove_dir(&manifest).unwrap();
    crate::support::put(&manifest, "#".repeat(300 << 10));
    exec(&sandbox).fails(125, &["vault.toml: refused"]);
}

#[test]
fn the_nearest_vault_from_a_folder_below() {
    let sandbox = sets(&["one"]);
    let below = sandbox.work().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let list = || sandbox.command(["list"]).cwd(&below);
    assert_eq!(list().run().quietly().text(), "one\n");
    sandbox.vault(["-C", "a", "init", "--name", "alice"]).fails(0, &["has a vault too"]);
    assert_eq!(list().run().quietly().text(), "");
    let out = sandbox.vault(["list", "-C", "a/b"]);
    assert_eq!(out.quietly().text(), "");
    let out = sandbox.command(["list", "-C", "../.."]).cwd(&below).run();
    assert_eq!(out.quietly().text(), "one\n");
}

#[test]
fn vault_dir_stands_in_for_c_and_gives_way_to_it() {
    let sandbox = sets(&["one"]);
    fs::create_dir_all(sandbox.root().join("away/.git")).unwrap();
    let away = sandbox.root().join("away");
    let list = |words: &[&str]| sandbox.command(words).cwd(&away).env("VAULT_DIR", "../work").run();
    assert_eq!(list(&["list"]).quietly().text(), "one\n");
    list(&["list", "-C", "."]).fails(1, &["there is no vault", "vault init"]);
    sandbox.command(["list"]).cwd(&away).env("VAULT_DIR", "").run().fails(1, &["no vault"]);
    sandbox.vault(["list", "-C", "/no/such"]).fails(1, &["/no/such"]);
}

#[test]
fn a_vault_above_the_work_tree_is_not_used() {
    let sandbox = sets(&["one"]);
    for marker in ["tree/.git", "file/x"] {
        fs::create_dir_all(sandbox.work().join(marker)).unwrap();
    }
    // A linked work tree and a submodule have a file of this name.
    crate::support::put(&sandbox.work().join("file/.git"), "gitdir: /elsewhere\n");
    for tree in ["tree", "file", "file/x"] {
        let cwd = sandbox.work().join(tree);
        sandbox.command(["list"]).cwd(&cwd).run().fails(1, &["there is no vault"]);
        sandbox.command(["exec", "--", "env"]).cwd(&cwd).run().fails(125, &["no vault"]);
        sandbox.command(["set", "web", "A=1"]).cwd(&cwd).run().fails(1, &["no vault"]);
    }
}

#[test]
fn a_secrets_link_on_the_way_is_refused() {
    let sandbox = sets(&["one"]);
    let other = sandbox.root().join("other");
    fs::create_dir_all(other.join("below/.x")).unwrap();
    fs::create_dir_all(other.join(".git")).unwrap();
    symlink(sandbox.work().join(".secrets"), other.join(".secrets")).unwrap();
    for cwd in [other.clone(), other.join("below")] {
        sandbox.command(["list"]).cwd(&cwd).run().fails(4, &[".secrets: refused"]);
        sandbox.command(["exec", "one", "--", "env"]).cwd(&cwd).run().fails(125, &["refused"]);
        sandbox.command(["set", "one", "A=1"]).cwd(&cwd).run().fails(4, &["refused"]);
    }
    fs::remove_file(other.join(".secrets")).unwrap();
    crate::support::put(&other.join(".secrets"), "a file");
    sandbox.command(["list"]).cwd(&other).run().fails(4, &[".secrets: refused"]);
}
