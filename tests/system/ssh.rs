//! OpenSSH keys as `ssh-keygen` makes them: ed25519, rsa, and ones with a passphrase.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Sandbox;

const PASSPHRASE: &str = "correct horse";

/// A new key in the home of the sandbox; gives the private file.
fn ssh_key(sandbox: &Sandbox, name: &str, options: &[&str]) -> PathBuf {
    let folder = sandbox.home().join(".ssh");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-C", "a comment", "-f"]).arg(&path).args(options);
    let made = command.output().expect("this test needs ssh-keygen");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path
}

/// `type base64`, without the comment.
fn public(private: &Path) -> String {
    let text = fs::read_to_string(private.with_extension("pub")).unwrap();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A vault whose one member is alice with this key, and the set `web`.
fn vault_for(sandbox: &Sandbox, key: &str) {
    let id = "b64:AAAAAAAAAAAAAAAAAAAAAA";
    let team =
        format!("[team]\nformat = 1\nid = \"{id}\"\n\n[members.alice]\nto = \"{key} alice\"\n");
    sandbox.put(".secrets/team.toml", team);
    sandbox.vault(["set", "web", "TOKEN=hunter2"]).succeeds();
}

/// `-i FILE get web TOKEN`
fn get_with(sandbox: &Sandbox, files: &[&Path]) -> crate::support::Outcome {
    let options = files.iter().flat_map(|file| ["-i", file.to_str().unwrap()]);
    sandbox.vault(options.chain(["get", "web", "TOKEN"]))
}

#[test]
fn a_key_of_each_type_opens_what_is_for_it() {
    for options in [&["-t", "ed25519", "-N", ""][..], &["-t", "rsa", "-b", "2048", "-N", ""]] {
        let sandbox = Sandbox::new();
        let key = ssh_key(&sandbox, "mine", options);
        vault_for(&sandbox, &public(&key));
        let text = sandbox.set_text("web");
        assert!(text.contains(&format!("to = \"{} alice\"", public(&key))), "{text}");
        assert_eq!(get_with(&sandbox, &[&key]).quietly().text(), "hunter2");
        let other = ssh_key(&sandbox, "other", options);
        get_with(&sandbox, &[&other]).fails(3, &["its readers are alice"]);
        assert_eq!(get_with(&sandbox, &[&other, &key]).quietly().text(), "hunter2");
        let text = fs::read_to_string(&key).unwrap();
        let run = sandbox.command(["set", "web", "TOKEN=new"]).env("VAULT_IDENTITY", &text);
        run.run().succeeds();
        let run = sandbox.command(["exec", "web", "--", "printenv", "TOKEN"]);
        assert_eq!(run.env("VAULT_IDENTITY_FILE", &key).run().quietly().text(), "new\n");
    }
}

#[test]
fn the_default_places_are_looked_at_where_the_file_lists_an_ssh_key() {
    for (name, options) in [
        ("id_ed25519", &["-t", "ed25519", "-N", ""][..]),
        ("id_rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
    ] {
        let sandbox = Sandbox::new();
        let key = ssh_key(&sandbox, name, options);
        vault_for(&sandbox, &public(&key));
        assert_eq!(sandbox.vault(["get", "web", "TOKEN"]).quietly().text(), "hunter2");
        let who = sandbox.vault(["whoami"]).quietly().text();
        assert!(who.contains(&public(&key)) && who.contains("opens web"), "{who}");
        let run = sandbox.command(["get", "web", "TOKEN"]).env("VAULT_IDENTITY_COMMAND", "false");
        run.run().fails(5, &["VAULT_IDENTITY_COMMAND"]);
    }
}

#[test]
fn a_key_with_a_passphrase_is_asked_for_only_when_the_file_is_for_it() {
    for options in
        [&["-t", "ed25519", "-N", PASSPHRASE][..], &["-t", "rsa", "-b", "2048", "-N", PASSPHRASE]]
    {
        let sandbox = Sandbox::new();
        let locked = ssh_key(&sandbox, "id_ed25519", options);
        vault_for(&sandbox, &public(&locked));
        for words in [&["get", "web", "TOKEN"][..], &["set", "web", "TOKEN=x"]] {
            let out = sandbox.vault(words);
            assert_eq!(out.text(), "");
            out.fails(2, &["id_ed25519", "passphrase", "-i FILE"]);
        }
        get_with(&sandbox, &[&locked]).fails(2, &["passphrase"]);
        sandbox.vault(["list", "web"]).quietly();
        let who = sandbox.vault(["whoami"]).quietly().text();
        assert!(who.contains(&public(&locked)), "{who}");
    }
    let sandbox = Sandbox::new();
    let locked = ssh_key(&sandbox, "id_ed25519", &["-t", "ed25519", "-N", PASSPHRASE]);
    let open = ssh_key(&sandbox, "open", &["-t", "ed25519", "-N", ""]);
    vault_for(&sandbox, &public(&open));
    get_with(&sandbox, &[&locked]).fails(3, &["its readers are alice"]);
    sandbox.vault(["get", "web", "TOKEN"]).fails(3, &["its readers are alice"]);
    assert_eq!(get_with(&sandbox, &[&locked, &open]).quietly().text(), "hunter2");
}

#[test]
fn keys_that_cannot_decrypt_are_named_and_refused() {
    let sandbox = Sandbox::new();
    let good = ssh_key(&sandbox, "good", &["-t", "ed25519", "-N", ""]);
    vault_for(&sandbox, &public(&good));
    let ecdsa = ssh_key(&sandbox, "ecdsa", &["-t", "ecdsa", "-N", ""]);
    get_with(&sandbox, &[&ecdsa]).fails(1, &["identity", "ecdsa"]);
    get_with(&sandbox, &[&good.with_extension("pub")]).fails(1, &["public key"]);
    let text = fs::read_to_string(&good).unwrap();
    let cut = sandbox.put("cut", &text[..text.len() / 2]);
    get_with(&sandbox, &[&cut]).fails(1, &["cut"]);
    // A broken key in a default place is not this command's business.
    ssh_key(&sandbox, "id_rsa", &["-t", "rsa", "-b", "1024", "-N", ""]);
    fs::copy(&good, sandbox.home().join(".ssh/id_ed25519")).unwrap();
    assert_eq!(sandbox.vault(["get", "web", "TOKEN"]).quietly().text(), "hunter2");
}

#[test]
fn init_and_age_agree_on_an_ssh_key() {
    let sandbox = Sandbox::new();
    let key = ssh_key(&sandbox, "mine", &["-t", "ed25519", "-N", ""]);
    sandbox.vault(["-i", key.to_str().unwrap(), "init", "--name", "alice"]).succeeds();
    sandbox.vault(["set", "web", "TOKEN=hunter2"]).succeeds();
    assert_eq!(get_with(&sandbox, &[&key]).quietly().text(), "hunter2");
    let text = crate::support::SealedText(sandbox.set_text("web"));
    let wrap = text.field("[recipients.alice]", "wrap");
    let wrap = wrap.trim_matches('"').rsplit(':').next().unwrap();
    let wrap = sandbox.put("wrap.age", vault::crypto::base64_decode(wrap).unwrap());
    let age = Command::new("age").args(["-d", "-i"]).args([&key, &wrap]).output();
    let age = age.expect("this test needs age");
    assert_eq!(age.stdout.len(), 32, "{}", String::from_utf8_lossy(&age.stderr));
}
