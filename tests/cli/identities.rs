//! Where identities come from, in which order, and what happens when one is no good.

use std::fs;
use std::path::PathBuf;

use crate::support::{Member, Outcome, Run, Sandbox, put};

/// A set for alice, whose identity lies in no default place, and someone else's identity.
struct Keys {
    sandbox: Sandbox,
    alice: PathBuf,
    eve: PathBuf,
}

impl Keys {
    fn new() -> Self {
        let sandbox = Sandbox::with_set("web", &["TOKEN=hunter2"]);
        let [alice, eve] = ["alice.txt", "eve.txt"].map(|name| sandbox.home().join(name));
        fs::copy(sandbox.identity(), &alice).unwrap();
        fs::remove_file(sandbox.identity()).unwrap();
        put(&eve, Member::new("eve").identity);
        Self { sandbox, alice, eve }
    }

    fn get(&self) -> Run {
        self.sandbox.command(["get", "web", "TOKEN"])
    }
}

fn opens(run: Run) {
    assert_eq!(run.run().quietly().text(), "hunter2");
}

fn opens_not(run: Run, code: i32, words: &[&str]) -> Outcome {
    let out = run.run();
    assert_eq!(out.text(), "");
    out.fails(code, words)
}

#[test]
fn nothing_at_hand_is_3_and_names_the_readers() {
    let keys = Keys::new();
    opens_not(keys.get(), 3, &["no identity at hand", "its readers are alice", "-i FILE"]);
    opens_not(keys.get().without("HOME").without("XDG_CONFIG_HOME"), 3, &["alice"]);
}

#[test]
fn a_named_file_and_no_other_place() {
    let keys = Keys::new();
    let named = |files: &[&PathBuf]| {
        let options = files.iter().flat_map(|file| ["-i", file.to_str().unwrap()]);
        keys.sandbox.command(options.chain(["get", "web", "TOKEN"]))
    };
    opens(named(&[&keys.alice]));
    opens(named(&[&keys.eve, &keys.alice]));
    opens_not(named(&[&keys.eve]), 3, &["alice"]);
    opens_not(named(&[&keys.eve]).env("VAULT_IDENTITY_FILE", &keys.alice), 3, &["alice"]);
    opens(named(&[&keys.alice]).env("VAULT_IDENTITY_FILE", "/none").env("VAULT_IDENTITY", "x"));
    opens_not(named(&[&keys.alice, &"/none".into()]), 1, &["identity /none"]);
    put(&keys.sandbox.identity(), fs::read(&keys.alice).unwrap());
    opens_not(named(&[&keys.eve]), 3, &["alice"]);
}

#[test]
fn the_text_itself_and_a_file_in_variables() {
    let keys = Keys::new();
    let [alice, eve] = [&keys.alice, &keys.eve].map(|path| fs::read_to_string(path).unwrap());
    opens(keys.get().env("VAULT_IDENTITY", &alice));
    opens(keys.get().env("VAULT_IDENTITY", alice.lines().last().unwrap()));
    opens(keys.get().env("VAULT_IDENTITY_FILE", &keys.alice));
    opens(keys.get().env("VAULT_IDENTITY", &eve).env("VAULT_IDENTITY_FILE", &keys.alice));
    opens_not(keys.get().env("VAULT_IDENTITY", &eve), 3, &["alice"]);
    for (name, value, word) in [
        ("VAULT_IDENTITY", "nonsense", "$VAULT_IDENTITY"),
        ("VAULT_IDENTITY", "# only a comment\n", "holds no identity"),
        ("VAULT_IDENTITY_FILE", "/none", "/none"),
        ("VAULT_IDENTITY_FILE", "/", "identity /"),
    ] {
        opens_not(keys.get().env(name, value), 1, &[word]);
    }
    // A variable that is set and empty is none.
    put(&keys.sandbox.identity(), &alice);
    opens(keys.get().env("VAULT_IDENTITY", "").env("VAULT_IDENTITY_FILE", ""));
    opens_not(keys.get().env("VAULT_IDENTITY", eve), 3, &["alice"]);
}

#[test]
fn a_command_is_run_only_if_nothing_else_opens_the_file_and_without_a_shell() {
    let keys = Keys::new();
    let ran = keys.sandbox.root().join("ran");
    let alice = keys.alice.display();
    let line = format!("sh -c 'echo >{0}; cat \"$1\"' x '{alice}'", ran.display());
    opens(keys.get().env("VAULT_IDENTITY_COMMAND", &line));
    assert!(ran.exists());
    fs::remove_file(&ran).unwrap();
    let run = keys.get().env("VAULT_IDENTITY_COMMAND", &line);
    opens(run.env("VAULT_IDENTITY_FILE", &keys.alice));
    assert!(!ran.exists(), "the other identity was enough");
    let run = keys.get().env("VAULT_IDENTITY_COMMAND", &line);
    opens(run.env("VAULT_IDENTITY_FILE", &keys.eve));
    assert!(ran.exists());
    keys.sandbox.command(["list"]).env("VAULT_IDENTITY_COMMAND", "false").run().quietly();
    let command = |line: &str| keys.get().env("VAULT_IDENTITY_COMMAND", line);
    opens_not(command(&format!("cat {alice}; true")), 5, &["VAULT_IDENTITY_COMMAND"]);
    opens_not(command(&format!("cat {alice} | cat")), 5, &["VAULT_IDENTITY_COMMAND"]);
    opens_not(
        command("false"),
        5,
        &["VAULT_IDENTITY_COMMAND", "false", "it must write an identity"],
    );
    opens_not(command("no-such-program"), 1, &["VAULT_IDENTITY_COMMAND", "no-such-program"]);
    opens_not(command("echo 'unclosed"), 1, &["VAULT_IDENTITY_COMMAND", "quote"]);
    opens_not(command("   "), 1, &["VAULT_IDENTITY_COMMAND"]);
    opens_not(command("echo nonsense"), 1, &["VAULT_IDENTITY_COMMAND"]);
    opens_not(command(&format!("cat {}", keys.eve.display())), 3, &["alice"]);
    opens_not(command("yes"), 1, &["VAULT_IDENTITY_COMMAND", "larger"]);
}

#[test]
fn the_default_places() {
    let keys = Keys::new();
    let text = fs::read(&keys.alice).unwrap();
    let home = keys.sandbox.home();
    fs::create_dir_all(home.join(".config/vault")).unwrap();
    put(&home.join(".config/vault/identity.txt"), &text);
    opens(keys.get().without("XDG_CONFIG_HOME"));
    opens(keys.get().env("XDG_CONFIG_HOME", "relative"));
    opens_not(keys.get(), 3, &["alice"]);
    let credentials = keys.sandbox.root().join("credentials");
    fs::create_dir_all(&credentials).unwrap();
    opens_not(keys.get().env("CREDENTIALS_DIRECTORY", &credentials), 3, &["alice"]);
    put(&credentials.join("vault-identity"), &text);
    opens(keys.get().env("CREDENTIALS_DIRECTORY", &credentials));
    put(&keys.sandbox.identity(), fs::read(&keys.eve).unwrap());
    opens(keys.get().env("CREDENTIALS_DIRECTORY", &credentials));
    put(&keys.sandbox.identity(), "nonsense");
    opens_not(keys.get(), 1, &["identity.txt", "line 1"]);
}

#[test]
fn an_encrypted_file_needs_a_terminal_and_is_not_needed_for_another_key() {
    use age::secrecy::SecretString;
    use vault::crypto::NewIdentity;

    let keys = Keys::new();
    let locked = keys.sandbox.home().join("locked.txt");
    let identity = NewIdentity::generate();
    let passphrase = SecretString::from("correct horse".to_owned());
    put(&locked, identity.to_encrypted_file("2026-01-01T00:00:00Z", passphrase).unwrap());
    let run = || keys.get().env("VAULT_IDENTITY_FILE", &locked);
    opens_not(run(), 2, &["locked.txt", "passphrase"]);
    opens(run().env("VAULT_IDENTITY", fs::read_to_string(&keys.alice).unwrap()));
    let whoami = keys.sandbox.command(["whoami"]).env("VAULT_IDENTITY_FILE", &locked).run();
    assert!(whoami.succeeds().text().contains("encrypted"));
    let words = ["keygen", "--passphrase", "-o", "new.txt"];
    keys.sandbox.vault(words).fails(2, &["--passphrase"]);
    assert!(!keys.sandbox.work().join("new.txt").exists());
}

#[test]
fn keygen_writes_a_private_file_and_never_over_another() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    let out = sandbox.vault(["keygen"]).succeeds();
    let public = out.text().trim_end().to_owned();
    let text = fs::read_to_string(sandbox.identity()).unwrap();
    let mode = fs::metadata(sandbox.identity()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# created: 20") && lines[2].starts_with("AGE-SECRET-KEY-1"));
    assert_eq!(lines[1], format!("# public key: {public}"));
    assert!(!out.stderr.contains(lines[2]) && lines.len() == 3, "{text}");
    sandbox.vault(["keygen"]).fails(1, &["identity.txt", "not overwritten"]);
    sandbox.vault(["keygen", "-o", "sub/mine.txt", "-q"]).quietly();
    sandbox.vault(["keygen", "-o", "sub/mine.txt"]).fails(1, &["mine.txt"]);
    std::os::unix::fs::symlink("/nowhere/x", sandbox.work().join("link")).unwrap();
    sandbox.vault(["keygen", "-o", "link"]).fails(1, &["link"]);
    assert_eq!(fs::read_to_string(sandbox.identity()).unwrap(), text);
    let shown = sandbox.vault(["whoami"]).fails(0, &["there is no vault"]);
    assert!(shown.text().contains(&public));
}

#[test]
fn init_takes_the_identity_that_is_there_and_refuses_a_second_vault() {
    let sandbox = Sandbox::new();
    let public = sandbox.vault(["keygen"]).text();
    let out = sandbox.command(["init"]).env("USER", "Alice").run().succeeds();
    assert_eq!(out.text(), "");
    let team = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    assert!(team.contains(&format!("[members.alice]\nto = \"{} alice\"\n", public.trim_end())));
    let attributes = fs::read_to_string(sandbox.work().join(".gitattributes")).unwrap();
    assert_eq!(attributes.lines().count(), 2, "{attributes}");
    sandbox.vault(["init", "--name", "bob"]).fails(1, &["already a vault", "vault join"]);
    let again = fs::read_to_string(sandbox.work().join(".secrets/team.toml")).unwrap();
    assert_eq!(team, again);
    let other = Sandbox::new();
    other.vault(["init"]).fails(2, &["--name"]);
    other.command(["init"]).env("USER", "no good").run().fails(2, &["--name"]);
    other.vault(["init", "--name", "Alice"]).fails(2, &["--name"]);
    assert!(!other.work().join(".secrets").exists());
}
