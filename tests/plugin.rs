//! Plugins that do what they must not: hang, end, flood, speak nonsense. Each is a few lines of
//! shell; `tests/system/plugin.rs` has one that does its work.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use age::secrecy::SecretString;
use age_core::format::{FileKey, Stanza};
use vault::crypto::{PluginError, PluginName, Plugins};
use vault::plugin::{LocalPlugins, Person};

use crate::support::{Member, Run, Sandbox, put};

/// The key of `age-plugin-toy`, both halves.
const TOY: &str = "age1toy190vqdjtlpcq27xslcveglfmr4ynfwg7gmw86cnun4acakxrdd6gqpumc7p";
const TOY_IDENTITY: &str =
    "AGE-PLUGIN-TOY-190VQDJTLPCQ27XSLCVEGLFMR4YNFWG7GMW86CNUN4ACAKXRDD6GQS0L0DU";

/// Allows everything, answers nothing, and remembers what was said.
#[derive(Default)]
struct Silent {
    heard: Mutex<Vec<String>>,
}

impl Person for &Silent {
    fn allow(&self, _: &PluginName) -> Result<(), PluginError> {
        Ok(())
    }

    fn show(&self, _: &PluginName, text: &str) {
        self.heard.lock().unwrap().push(text.to_owned());
    }

    fn waits_for(&self, _: &PluginName) {
        self.heard.lock().unwrap().push("waiting".to_owned());
    }

    fn choose(&self, _: &PluginName, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn ask(&self, _: &PluginName, _: &str) -> Option<String> {
        None
    }

    fn ask_hidden(&self, _: &PluginName, _: &str) -> Option<SecretString> {
        None
    }
}

/// Writes `age-plugin-toy`, a shell script, into a folder.
fn install(folder: &Path, script: &str) {
    let path = folder.join("age-plugin-toy");
    put(&path, format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

/// Long enough for any machine.
const LONG: Duration = Duration::from_secs(120);

/// Lets a script try to unwrap stanzas of this size; what came of it, and what it said.
fn run(script: &str, stanza: usize, limit: Duration) -> (Result<bool, PluginError>, Vec<String>) {
    let sandbox = Sandbox::new();
    install(&sandbox.root(), script);
    let person = Silent::default();
    let plugins = LocalPlugins::new(&person, sandbox.root().into_os_string(), limit);
    let stanza = || Stanza { tag: "toy".to_owned(), args: Vec::new(), body: vec![7; stanza] };
    let stanzas: Vec<_> = std::iter::repeat_with(stanza).take(8).collect();
    let found = plugins.unwrap_file_key(&"toy".parse().unwrap(), &[TOY_IDENTITY], &stanzas);
    (found.map(|key| key.is_some()), person.heard.lock().unwrap().clone())
}

/// What a script says once it has read everything.
fn says(text: &str) -> Result<bool, PluginError> {
    let read = "while read -r line && [ \"$line\" != '-> done' ]; do :; done";
    run(&format!("{read}\n{text}\nexec cat >/dev/null"), 16, LONG).0
}

#[test]
fn a_plugin_that_hangs_is_ended_and_the_person_is_told_before() {
    let (begun, short) = (Instant::now(), Duration::from_millis(200));
    for script in ["exec sleep 1000", "trap '' TERM HUP INT; exec sleep 1000"] {
        let (found, heard) = run(script, 16, short);
        assert!(matches!(found, Err(PluginError::Silent { .. })), "{found:?}");
        assert_eq!(heard, ["waiting"]);
        // It does not read what was sent either, and that is more than a pipe holds.
        let (found, _) = run(script, 16 << 10, short);
        assert!(matches!(found, Err(PluginError::Silent { .. })), "{found:?}");
    }
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

#[test]
fn a_plugin_that_ends_or_speaks_nonsense_is_named() {
    for script in ["exit 0", "exit 1", "kill -9 $$", "exec /nowhere/at/all", "exec <&- >&-"] {
        let (found, _) = run(script, 16, LONG);
        assert!(matches!(found, Err(PluginError::Ended(_))), "{script}: {found:?}");
        let (found, _) = run(script, 16 << 10, LONG);
        assert!(matches!(found, Err(PluginError::Ended(_))), "{script}: {found:?}");
    }
    for text in [
        "echo hello",
        "printf '\\377\\n\\n'",
        "printf -- '-> file-key 0\\nnot base64!\\n'",
        "printf -- '-> file-key 0\\nAAAA\\n'",
        "printf -- '-> file-key 1\\nAAAAAAAAAAAAAAAAAAAAAA\\n'",
        "printf -- '-> confirm\\n\\n'",
        "exec yes",
        "while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
    ] {
        let found = says(text);
        assert!(matches!(found, Err(PluginError::Protocol { .. })), "{text}: {found:?}");
        let message = found.unwrap_err().to_string();
        assert!(message.contains("age-plugin-toy") && !message.contains("hello"), "{message}");
    }
}

#[test]
fn what_a_plugin_says_is_understood() {
    let key = "printf -- '-> file-key 0\\nAAAAAAAAAAAAAAAAAAAAAA\\n-> done\\n\\n'";
    assert_eq!(says(key), Ok(true));
    assert_eq!(says("printf -- '-> done\\n\\n'"), Ok(false));
    // What it does not know of us it is told, and what it adds for practice is passed over.
    assert_eq!(says(&format!("printf -- '-> x-grease y z\\nAAAA\\n'\n{key}")), Ok(true));
    let error = "printf -- '-> error internal\\nbm8gc3VjaCBjYXJk\\n-> done\\n\\n'";
    let said = says(error).unwrap_err().to_string();
    assert_eq!(said, "age-plugin-toy: no such card");
    let asks = "printf -- '-> request-secret\\nUElO\\n-> done\\n\\n'";
    assert!(matches!(says(asks), Err(PluginError::NoTerminal(_))));
    let message = "printf -- '-> msg\\ndG91Y2g\\n-> done\\n\\n'; cat >/dev/null; exit 3";
    assert_eq!(says(message), Ok(false));
    // Of two identities one may not be there; what counts is whether the other helped.
    let partly = "printf -- '-> error identity 0\\nbm8\\n'";
    assert_eq!(says(&format!("{partly}\n{key}")), Ok(true));
}

#[test]
fn no_plugin_is_left_behind() {
    let sandbox = Sandbox::new();
    let pid = sandbox.root().join("pid");
    for end in ["printf -- '-> done\\n\\n'; exec sleep 1000", "echo nonsense; exec sleep 1000"] {
        let _ = run(&format!("echo $$ >{}\n{end}", pid.display()), 16, LONG);
        let process = Path::new("/proc").join(fs::read_to_string(&pid).unwrap().trim());
        assert!(!process.exists(), "{end}: {}", process.display());
    }
}

#[test]
fn a_wrap_is_one_stanza_or_an_error() {
    let sandbox = Sandbox::new();
    for (answer, good) in [
        ("-> recipient-stanza 0 toy a\\nAAAA\\n-> done\\n\\n", true),
        ("-> labels one\\n\\n-> recipient-stanza 0 toy\\n\\n-> done\\n\\n", true),
        ("-> recipient-stanza 1 toy a\\nAAAA\\n-> done\\n\\n", false),
        ("-> recipient-stanza 0\\nAAAA\\n-> done\\n\\n", false),
        ("-> done\\n\\n", false),
        ("-> recipient-stanza 0 toy a\\nAAAA\\n-> error internal\\nbm8\\n-> done\\n\\n", false),
    ] {
        install(&sandbox.root(), &format!("printf -- '{answer}'; exec cat >/dev/null"));
        let person = Silent::default();
        let path = sandbox.root().into_os_string();
        let plugins = LocalPlugins::new(&person, path, LONG);
        let key = FileKey::new(Box::new([7; 16]));
        let made = plugins.wrap_file_key(&"toy".parse().unwrap(), TOY, &key);
        assert_eq!(made.is_ok(), good, "{answer}: {made:?}");
    }
}

/// A vault for the holder of the toy, an identity in clear beside it, and no plugin allowed.
fn toys() -> (Sandbox, BTreeMap<&'static str, String>) {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let team = sandbox.work().join(".secrets/team.toml");
    let text = fs::read_to_string(&team).unwrap();
    put(&team, format!("{text}\n[members.bob]\nto = \"{TOY} bob\"\n"));
    let toy = sandbox.put("toy.txt", format!("# Recipient: {TOY}\n{TOY_IDENTITY}\n"));
    let bare = sandbox.put("bare.txt", format!("{TOY_IDENTITY}\n"));
    let eve = sandbox.put("eve.txt", Member::new("eve").identity);
    let files = [("toy", toy), ("bare", bare), ("eve", eve)];
    (sandbox, files.map(|(name, path)| (name, path.display().to_string())).into())
}

/// The same command, where the plugin is installed and writes `ran` when it is started.
fn installed(sandbox: &Sandbox, words: &[&str]) -> Run {
    let bin = sandbox.root().join("bin");
    fs::create_dir_all(&bin).unwrap();
    install(&bin, &format!("echo >{}", sandbox.root().join("ran").display()));
    let path = format!("{}:/usr/bin:/bin", bin.display());
    sandbox.command(words).env("PATH", path)
}

#[test]
fn a_plugin_runs_only_where_the_persons_own_configuration_names_it() {
    let (sandbox, files) = toys();
    let ran = || sandbox.root().join("ran").exists();
    let config = sandbox.root().join("config/vault/config.toml");
    let words = ["set", "new", "K=v", "--trust", "bob"];
    let hint = "plugins = [\"toy\"]";
    for text in [None, Some("plugins = []\n"), Some("plugins = [\"toys\", \"to\"]\n")] {
        if let Some(text) = text {
            put(&config, text);
        }
        let out = installed(&sandbox, &words).run();
        out.fails(1, &["recipient bob", "age-plugin-toy", "config/vault/config.toml", hint]);
        let who = installed(&sandbox, &["-i", &files["toy"], "whoami"]).run();
        assert!(who.fails(0, &["does not allow it"]).text().contains(TOY));
    }
    // Not the repository's word, nor that of the folder above.
    for place in ["config.toml", "vault/config.toml", ".secrets/config.toml", "vault.toml"] {
        sandbox.put(place, "plugins = [\"toy\"]\n");
    }
    installed(&sandbox, &words).run().fails(1, &[hint]);
    assert!(!ran() && !sandbox.set_path("new").exists());
    put(&config, "# mine\nplugins = [\"yubikey\", \"toy\"]\n");
    installed(&sandbox, &words).run().fails(1, &["age-plugin-toy ended before it was done"]);
    assert!(ran());
    sandbox.vault(words).fails(1, &["not installed", "install age-plugin-toy"]);
    // One in the folder vault is started in, or in a folder that depends on it, is not found.
    install(&sandbox.work(), "exit 0");
    for path in [".", "", ":", "work:."] {
        sandbox.command(words).env("PATH", path).run().fails(1, &["not installed"]);
    }
}

#[test]
fn a_configuration_that_is_no_good_is_an_error_where_it_matters() {
    let (sandbox, files) = toys();
    let config = sandbox.root().join("config/vault/config.toml");
    for (text, words) in [
        ("plugin = [\"toy\"]\n", &["config.toml: line 1", "`plugin`"][..]),
        ("\nplugins = \"toy\"\n", &["line 2"]),
        ("plugins = [\"../toy\"]\n", &["line 1", "the name of an age plugin"]),
        ("plugins = [\n", &["config.toml: line"]),
    ] {
        put(&config, text);
        installed(&sandbox, &["set", "new", "K=v", "--trust", "bob"]).run().fails(1, words);
        // Who needs no plugin needs no configuration either.
        assert_eq!(sandbox.vault(["get", "web", "K"]).quietly().text(), "v");
        sandbox.vault(["-i", &files["eve"], "get", "web", "K"]).fails(3, &["alice"]);
    }
    put(&config, "plugins = [\"toy\"]\n");
    for mode in [0o622, 0o602, 0o666] {
        fs::set_permissions(&config, Permissions::from_mode(mode)).unwrap();
        installed(&sandbox, &["set", "new", "K=v", "--trust", "bob"])
            .run()
            .fails(1, &["others can change it"]);
    }
    assert!(!sandbox.root().join("ran").exists());
}

#[test]
fn a_plugin_is_not_asked_about_files_that_are_for_others() {
    let (sandbox, files) = toys();
    put(&sandbox.root().join("config/vault/config.toml"), "plugins = [\"toy\"]\n");
    for name in ["toy", "bare"] {
        let out = installed(&sandbox, &["-i", &files[name], "get", "web", "K"]).run();
        out.fails(3, &["its readers are alice"]);
    }
    let text = fs::read_to_string(&files["bare"]).unwrap();
    let run = installed(&sandbox, &["get", "web", "K"]).env("VAULT_IDENTITY", text);
    run.env("VAULT_IDENTITY_FILE", sandbox.identity()).run().quietly();
    let who = installed(&sandbox, &["-i", &files["bare"], "whoami"]).run().quietly().text();
    assert!(who.contains("without a word about its public key"), "{who}");
    assert!(!sandbox.root().join("ran").exists());
}

#[test]
fn an_identity_of_a_plugin_that_is_damaged_or_named_like_a_path_is_refused() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let cut = &TOY_IDENTITY[..TOY_IDENTITY.len() - 1];
    for text in [cut, "AGE-PLUGIN-../../BIN/SH-1QQQ", "AGE-PLUGIN--1QQQ"] {
        let run = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY", text);
        run.run().never_says(text).fails(1, &["line 1 is a damaged identity of an age plugin"]);
    }
}
