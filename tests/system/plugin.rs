//! A plugin at work: `age_plugin.py`, written from the protocol, which stock age speaks with too.
//! And a team of every kind of key there is.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use vault::crypto::Recipient;
use vault::envelope::Trust;
use vault::model::MemberName;

use super::house::{House, VAULT, said};
use super::stock_age::passphrase::{on_terminal, on_terminal_with};
use super::stock_age::{age_opens, change, ssh_key, tool, wraps};

const PLUGIN: &str = include_str!("age_plugin.py");

/// A house with the toy installed and allowed.
struct ToyHouse(House);

impl ToyHouse {
    /// alice's, whose key is the toy's.
    fn new() -> Self {
        let house = House::empty();
        let bin = house.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let program = bin.join("age-plugin-toy");
        write(&program, PLUGIN);
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(house.home().join(".config/vault")).unwrap();
        write(&house.home().join(".config/vault/config.toml"), "plugins = [\"toy\"]\n");
        let toys = Self(house);
        write(&toys.0.identity(), toys.generate("alice"));
        toys.done(&["init", "--name", "alice"]);
        toys
    }

    /// An identity file of the toy: a comment with the public key, and the identity.
    fn generate(&self, seed: &str) -> String {
        let mut command = self.command("age-plugin-toy");
        let output = command.args(["--generate", seed]).output().expect("this test needs python3");
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A member with a key of the toy, and the file with their identity.
    fn add(&self, name: &str) -> PathBuf {
        let text = self.generate(name);
        let key = text.split_whitespace().find(|word| word.starts_with("age1")).unwrap();
        self.add_key(name, key);
        let file = self.0.repo().join(format!("{name}.txt"));
        write(&file, &text);
        file
    }

    fn add_key(&self, name: &str, key: &str) {
        let team = self.0.repo().join(".secrets/team.toml");
        let quoted = if name.contains('/') { format!("\"{name}\"") } else { name.to_owned() };
        let member = format!("\n[members.{quoted}]\nto = \"{key} {name}\"\n");
        File::options().append(true).open(team).unwrap().write_all(member.as_bytes()).unwrap();
    }

    fn path(&self) -> OsString {
        let mut path = self.0.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        path
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    /// What the plugin wrote since this was called last: a line for each start, and one for each
    /// time it was shown stanzas.
    fn logged(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let _ = fs::remove_file(self.log());
        text
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.0.command(program);
        command.env("PATH", self.path()).env("TOY_LOG", self.log());
        // Found in the new PATH, not in that of this process.
        if program == "age-plugin-toy" {
            let mut found = Command::new(self.0.path().join("bin/age-plugin-toy"));
            found.current_dir(self.0.repo());
            return found;
        }
        command
    }

    fn vault(&self, args: &[&str]) -> Output {
        self.command(VAULT).args(args).output().unwrap()
    }

    /// Says that these members' keys are theirs.
    fn approve<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            self.done(&["trust", "--yes", name]);
        }
    }

    fn done(&self, args: &[&str]) -> Vec<u8> {
        let output = self.vault(args);
        assert!(output.status.success(), "vault {args:?}: {}", said(&output));
        assert!(!said(&output).contains("AGE-PLUGIN-"), "{}", said(&output));
        output.stdout
    }
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    let mut file = File::create(path).unwrap();
    file.set_permissions(Permissions::from_mode(0o600)).unwrap();
    file.write_all(text.as_ref()).unwrap();
}

#[test]
fn a_plugin_makes_the_wrap_and_opens_it_and_so_does_stock_age() {
    let toys = ToyHouse::new();
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    assert_eq!(toys.logged().lines().count(), 1, "the wrap");
    assert_eq!(toys.done(&["get", "web", "A"]), b"canary-5d1f-a");
    // The command finds no child that is not its own.
    let script = "echo $A; read -r children </proc/$$/task/$$/children; echo \"[$children]\"";
    let exec = toys.done(&["exec", "web", "--", "sh", "-c", script]);
    assert_eq!(String::from_utf8(exec).unwrap(), "canary-5d1f-a\n[]\n");
    assert!(String::from_utf8(toys.done(&["whoami"])).unwrap().contains("opens web"));
    toys.logged();
    // What is there stays as it is: no new wrap, so the plugin only opens.
    toys.done(&["set", "web", "B=2"]);
    let log = toys.logged();
    assert!(log.contains("identity-v1") && !log.contains("recipient-v1"), "{log}");
    toys.done(&["rename", "web", "site"]);
    assert!(toys.logged().contains("recipient-v1"));
    toys.done(&["copy", "site", "web"]);
    let wrap = toys.0.repo().join("wrap.age");
    write(&wrap, &wraps(&toys.0.set_file("web"))["alice"]);
    let mut age = toys.command("age");
    let output = age.args(["-d", "-i"]).args([toys.0.identity(), wrap]).output().unwrap();
    assert_eq!(output.stdout.len(), 32, "{}", said(&output));
}

#[test]
fn a_plugin_sees_neither_identities_nor_the_folder_vault_was_started_in() {
    let toys = ToyHouse::new();
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    toys.logged();
    let text = fs::read_to_string(toys.0.identity()).unwrap();
    let mut command = toys.command(VAULT);
    command.args(["get", "web", "A"]).env("VAULT_IDENTITY", text);
    command.env("VAULT_IDENTITY_FILE", toys.0.identity()).env("VAULT_IDENTITY_COMMAND", "false");
    let output = command.env("VAULT_ADDR", "x").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let log = toys.logged();
    let bin = fs::canonicalize(toys.0.path().join("bin")).unwrap();
    let first = format!("--age-plugin=identity-v1 in {} with VAULT_ADDR\n", bin.display());
    assert_eq!(log, format!("{first}1 stanzas\n"));
}

#[test]
fn a_plugin_is_shown_its_own_records_and_at_most_eight() {
    let toys = ToyHouse::new();
    let files: Vec<PathBuf> = (10..21).map(|number| toys.add(&format!("m{number}"))).collect();
    toys.add_key("token", &vector_key("carol_d/tag"));
    let names: Vec<String> = (10..21).map(|number| format!("m{number}")).collect();
    toys.approve(names.iter().map(String::as_str).chain(["token"]));
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    let get = |text: &str| {
        toys.logged();
        let mut command = toys.command(VAULT);
        let output = command.args(["get", "web", "A"]).env("VAULT_IDENTITY", text).output();
        (output.unwrap().status.code(), toys.logged().lines().last().unwrap().to_owned())
    };
    // Who says which key it is has one record, wherever that stands.
    for file in [&files[0], &files[10]] {
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(get(&text), (Some(0), "1 stanzas".to_owned()));
    }
    let bare = |file| fs::read_to_string(file).unwrap().lines().last().unwrap().to_owned();
    assert_eq!(get(&bare(&files[5])), (Some(0), "8 stanzas".to_owned()));
    assert_eq!(get(&bare(&files[10])), (Some(3), "8 stanzas".to_owned()));
    // Several identities of one plugin are one question.
    let both = format!("{}\n{}\n", bare(&files[10]), bare(&files[0]));
    assert_eq!(get(&both), (Some(0), "8 stanzas".to_owned()));
    // A key on hardware may be any plugin's.
    for name in ["hardware", "nobodys"] {
        let team = toys.0.repo().join(".secrets/team.toml");
        let text = fs::read_to_string(&team).unwrap();
        let only = text.split("\n[members").next().unwrap();
        write(&team, only);
        toys.add_key(
            "token",
            &vector_key(if name == "hardware" { "carol_d/tag" } else { "alice" }),
        );
        toys.done(&["set", name, "A=1", "--trust", "token"]);
        toys.logged();
        let output = toys.vault(&["get", name, "A"]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        let expected = if name == "hardware" { 2 } else { 0 };
        assert_eq!(toys.logged().lines().count(), expected, "{name}");
        assert_eq!(said(&output).contains("age plugin for its hardware"), name == "hardware");
    }
}

#[test]
fn a_plugin_asks_on_a_terminal_and_nowhere_else() {
    let toys = ToyHouse::new();
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    let path = toys.path();
    let on_terminal = |asks: &str, script: &[(&str, &str)], args: &[&str]| {
        let variables = [("TOY_ASKS", OsStr::new(asks)), ("PATH", &path)];
        on_terminal_with(&toys.0, VAULT, args, script, &variables)
    };
    for (asks, question, answer) in [
        ("pin", "age-plugin-toy: PIN of the toy: ", "1234"),
        ("word", "age-plugin-toy: the word: ", "please\tseen"),
        ("confirm", "What now? (y = open it, n = leave it) [y/N] ", "y\tseen"),
    ] {
        let shown = on_terminal(asks, &[(question, answer)], &["get", "web", "A"]);
        assert!(shown.ends_with("canary-5d1f-a\n") && !shown.contains("1234"), "{shown}");
        for args in [&["get", "web", "A"][..], &["exec", "web", "--", "true"]] {
            let output = toys.command(VAULT).args(args).env("TOY_ASKS", asks).output().unwrap();
            let code = if args[0] == "exec" { 125 } else { 2 };
            assert_eq!(output.status.code(), Some(code), "{asks}: {}", said(&output));
            assert!(said(&output).contains("age-plugin-toy asks a question"), "{}", said(&output));
        }
        let no_input = ["-c", "\"$0\" --no-input get web A; echo status $?", VAULT];
        let variables = [("TOY_ASKS", OsStr::new(asks)), ("PATH", &path)];
        let shown = on_terminal_with(&toys.0, "sh", &no_input, &[], &variables);
        assert!(shown.ends_with("status 2\n") && !shown.contains("PIN"), "{shown}");
    }
    let refused = ["-c", "\"$0\" get web A; echo status $?", VAULT];
    let script = [("PIN of the toy: ", "wrong")];
    let variables = [("TOY_ASKS", OsStr::new("pin")), ("PATH", &path)];
    let shown = on_terminal_with(&toys.0, "sh", &refused, &script, &variables);
    assert!(shown.contains("age-plugin-toy: it was not allowed\n"), "{shown}");
    assert!(shown.ends_with("status 1\n"), "{shown}");
    let shown = on_terminal("msg", &[], &["-q", "get", "web", "A"]);
    assert!(shown.starts_with("vault: age-plugin-toy: touch \\u{1b}[31mit\n"), "{shown}");
}

#[test]
fn a_wrap_of_a_shape_that_no_reader_accepts_is_not_written() {
    let toys = ToyHouse::new();
    for extra in ["two", "scrypt"] {
        let mut command = toys.command(VAULT);
        let output = command.args(["set", "web", "A=1"]).env("TOY_EXTRA", extra).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("recipient alice: age-plugin-toy made what no file here"));
        assert!(!toys.0.set_file("web").exists());
    }
}

#[test]
fn an_identity_of_a_plugin_may_lie_behind_a_passphrase() {
    let toys = ToyHouse::new();
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    let plain = toys.0.identity();
    let args = ["-p", "-o", "locked.age", plain.to_str().unwrap()];
    let script = [("passphrase", "long and random"), ("passphrase", "long and random")];
    on_terminal(&toys.0, "age", &args, &script);
    let path = toys.path();
    let get = ["-i", "locked.age", "get", "web", "A"];
    let script = [("passphrase of locked.age: ", "long and random")];
    let shown = on_terminal_with(&toys.0, VAULT, &get, &script, &[("PATH", &path)]);
    assert!(shown.ends_with("canary-5d1f-a\n"), "{shown}");
}

/// A public key of the frozen file that is for every kind.
fn vector_key(name: &str) -> String {
    let text = include_str!("../vectors/v1/good/everyone.toml");
    let fields = text.lines().filter_map(|line| line.strip_prefix("to = \""));
    let mut keys = fields.filter_map(|to| to.trim_end_matches('"').rsplit_once(' '));
    keys.find(|(_, own)| *own == name).unwrap().0.to_owned()
}

#[test]
fn a_team_of_every_kind_of_key() {
    let toys = ToyHouse::new();
    let house = &toys.0;
    let rsa = ssh_key(house, "rsa", &["rsa", "-b", "4096"], "");
    let ed25519 = ssh_key(house, "ed25519", &["ed25519"], "");
    let plain = String::from_utf8(toys.done(&["keygen", "-o", "plain"])).unwrap();
    toys.add_key("bob", rsa.as_str());
    toys.add_key("carol", ed25519.as_str());
    toys.add_key("dave", plain.trim());
    toys.add_key("erin/tag", &vector_key("carol_d/tag"));
    toys.add_key("erin/pq", &vector_key("carol_d/pq"));
    toys.approve(["bob", "carol", "dave", "erin/tag", "erin/pq"]);
    toys.done(&["set", "web", "A=canary-5d1f-a"]);
    let all = wraps(&house.set_file("web"));
    let names = ["\"erin/pq\"", "\"erin/tag\"", "alice", "bob", "carol", "dave"];
    assert_eq!(all.keys().collect::<Vec<_>>(), names);
    let identity = house.identity();
    for (owner, file) in [("bob", "rsa"), ("carol", "ed25519"), ("dave", "plain")] {
        assert_eq!(toys.done(&["-i", file, "get", "web", "A"]), b"canary-5d1f-a", "{owner}");
        for (name, wrap) in &all {
            let output = age_opens(house, &house.repo().join(file), wrap);
            assert_eq!(output.status.success(), name == owner, "{file}, {name}'s wrap");
        }
    }
    assert_eq!(toys.done(&["get", "web", "A"]), b"canary-5d1f-a");
    toys.logged();
    // Everyone writes for everyone, and nobody needs anybody's plugin for that.
    toys.done(&["-i", "rsa", "set", "web", "A=canary-5d1f-b"]);
    assert_eq!(toys.logged(), "");
    assert_eq!(toys.done(&["get", "web", "A"]), b"canary-5d1f-b");
    toys.done(&["-i", "plain", "rename", "web", "site"]);
    assert_eq!(wraps(&house.set_file("site")).len(), 6);
    for file in ["rsa", "ed25519", "plain", identity.to_str().unwrap()] {
        assert_eq!(toys.done(&["-i", file, "get", "site", "A"]), b"canary-5d1f-b", "{file}");
    }
}

#[test]
fn who_left_a_mixed_team_opens_nothing_and_who_stays_still_does() {
    let house = House::of_alice();
    house.done(&["set", "web", "A=canary-5d1f-a"]);
    let keys: Vec<(&str, Recipient)> = vec![
        ("bob", ssh_key(&house, "bob", &["rsa", "-b", "2048"], "")),
        ("carol", ssh_key(&house, "carol", &["ed25519"], "")),
        ("token", vector_key("carol_d/tag").parse().unwrap()),
        ("quantum", vector_key("carol_d/pq").parse().unwrap()),
    ];
    for (name, to) in keys {
        let name: MemberName = name.parse().unwrap();
        change(&house, |set| set.add_recipient(name, to, Trust::KnownKeys).unwrap());
    }
    change(&house, |set| {
        let leavers = ["bob", "quantum"].map(|name| name.parse().unwrap());
        set.remove_recipients(&leavers).unwrap();
    });
    assert_eq!(
        wraps(&house.set_file("web")).keys().collect::<Vec<_>>(),
        ["alice", "carol", "token"]
    );
    assert_eq!(house.done(&["-i", "carol", "get", "web", "A"]), b"canary-5d1f-a");
    assert_eq!(house.vault(&["-i", "bob", "get", "web", "A"]).status.code(), Some(3));
    let stock = tool(&house, "age", &["--version"]);
    assert!(!stock.is_empty());
    for wrap in wraps(&house.set_file("web")).values() {
        assert!(!age_opens(&house, &house.repo().join("bob"), wrap).status.success());
    }
}
