//! What may go wrong at the places identities come from: misplaced keys, pipes, commands.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use age::secrecy::SecretString;
use vault::crypto::NewIdentity;

use crate::support::{Member, Sandbox, lossy, put};

/// A sandbox whose identity lies in no default place, and the identity's text.
fn moved() -> (Sandbox, String) {
    let sandbox = Sandbox::with_set("web", &["TOKEN=hunter2"]);
    let text = fs::read_to_string(sandbox.identity()).unwrap();
    put(&sandbox.home().join("alice.txt"), &text);
    fs::remove_file(sandbox.identity()).unwrap();
    (sandbox, text)
}

const GET: [&str; 3] = ["get", "web", "TOKEN"];

#[test]
fn an_identity_in_the_wrong_variable_is_never_repeated() {
    let (sandbox, text) = moved();
    let key = text.lines().last().unwrap();
    let plugin = "age-plugin-yubikey-1QQQSECRET";
    let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXSECRET";
    for value in [key, &text, &key.to_lowercase(), plugin, pem] {
        let secret = &value[value.len() - 6..];
        for name in ["VAULT_IDENTITY_FILE", "VAULT_IDENTITY_COMMAND"] {
            let out = sandbox.command(GET).env(name, value).run();
            out.fails(1, &[name, "that belongs in VAULT_IDENTITY"]).never_says(secret);
        }
        let option = format!("--identity={value}");
        let out = sandbox.command([&*option, "get", "web", "TOKEN"]).run();
        out.fails(1, &["-i ", "that belongs in VAULT_IDENTITY"]).never_says(secret);
    }
    let echo = sandbox.command(GET).env("VAULT_IDENTITY_COMMAND", format!("echo '{key}'")).run();
    echo.fails(1, &["VAULT_IDENTITY_COMMAND"]).never_says(&key[20..]);
    // A file may be called so.
    put(&sandbox.home().join("age-plugin-yubikey.txt"), &text);
    let out = sandbox.command(GET).env("VAULT_IDENTITY_FILE", "../home/age-plugin-yubikey.txt");
    assert_eq!(out.run().quietly().text(), "hunter2");
}

#[test]
fn a_byte_order_mark_before_an_identity_is_passed_over() {
    let (sandbox, text) = moved();
    put(&sandbox.identity(), format!("\u{feff}{text}"));
    assert_eq!(sandbox.vault(GET).quietly().text(), "hunter2");
}

#[test]
fn the_command_gets_neither_our_stdin_nor_what_leads_to_an_identity() {
    let (sandbox, _) = moved();
    let script =
        sandbox.put("command", "#!/bin/sh\ncat >seen\nenv >>seen\ncat ../home/alice.txt\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let eve = sandbox.home().join("eve.txt");
    put(&eve, Member::new("eve").identity);
    let run = sandbox.command(["set", "web", "NEW", "--stdin"]).stdin("value");
    let run = run.env("VAULT_IDENTITY_COMMAND", script).env("VAULT_IDENTITY_FILE", &eve);
    run.env("VAULT_IDENTITY", fs::read_to_string(&eve).unwrap()).run().succeeds();
    let seen = fs::read_to_string(sandbox.work().join("seen")).unwrap();
    assert!(seen.contains("HOME=") && !seen.contains("VAULT_IDENTITY"), "{seen}");
    assert!(!seen.contains("value"), "{seen}");
    // A command that needs an identity itself would otherwise run for ever.
    let vault = env!("CARGO_BIN_EXE_vault");
    let run = sandbox.command(GET).env("VAULT_IDENTITY_COMMAND", format!("{vault} get web TOKEN"));
    run.run().fails(5, &["VAULT_IDENTITY_COMMAND", "no identity at hand"]);
}

#[test]
fn the_command_is_run_where_the_others_are_locked_and_nobody_can_be_asked() {
    let (sandbox, _) = moved();
    let passphrase = SecretString::from("correct horse".to_owned());
    let locked = NewIdentity::generate().to_encrypted_file("2026-01-01T00:00:00Z", passphrase);
    let path = sandbox.home().join("locked.txt");
    put(&path, locked.unwrap());
    let run = || sandbox.command(GET).env("VAULT_IDENTITY_FILE", &path);
    // Who could open it is said here too.
    run().run().fails(2, &["locked.txt", "its readers are alice", "in a terminal"]);
    let out = run().env("VAULT_IDENTITY_COMMAND", "cat ../home/alice.txt").run();
    assert_eq!(out.quietly().text(), "hunter2");
}

#[test]
fn whoami_and_init_run_the_command_where_nothing_else_gives_a_key() {
    let (sandbox, text) = moved();
    let public = text.lines().nth(1).unwrap().rsplit(' ').next().unwrap();
    let line = "cat ../home/alice.txt";
    let out = sandbox.command(["whoami"]).env("VAULT_IDENTITY_COMMAND", line).run();
    let shown = out.quietly().text();
    assert!(shown.contains(public) && shown.contains("opens web"), "{shown}");
    let other = Sandbox::new();
    put(&other.home().join("alice.txt"), &text);
    let init = other.command(["init", "--name", "alice"]).env("VAULT_IDENTITY_COMMAND", line);
    init.run().fails(0, &[public]);
    assert!(!other.identity().exists(), "a second identity was made");
}

#[test]
fn only_a_readable_file_is_taken_from_a_default_place_and_nothing_is_waited_for() {
    let (sandbox, text) = moved();
    let place = sandbox.identity();
    fs::create_dir(&place).unwrap();
    sandbox.vault(GET).fails(1, &["identity.txt", "not a file"]);
    fs::remove_dir(&place).unwrap();
    let made = Command::new("mkfifo").arg(&place).status().unwrap();
    assert!(made.success());
    let mut run = Command::new("timeout");
    let command = sandbox.command(GET).into_command();
    run.args(["20", env!("CARGO_BIN_EXE_vault")]).args(GET).current_dir(sandbox.work());
    run.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let out = run.output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", lossy(&out.stderr));
    assert!(lossy(&out.stderr).contains("not a file"));
    fs::remove_file(&place).unwrap();
    // Named, a pipe is as good as a file.
    let out = sandbox.command(["-i", "/dev/stdin", "get", "web", "TOKEN"]).stdin(text).run();
    assert_eq!(out.quietly().text(), "hunter2");
    // A folder on the way that cannot be looked into: not even root follows a loop.
    std::os::unix::fs::symlink("identity.txt", &place).unwrap();
    sandbox.vault(GET).fails(1, &["identity.txt"]);
}
