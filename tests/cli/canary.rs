//! No value is repeated by any command, whatever it is fed: not on stderr, not in JSON, not in the
//! arguments of another process.

use std::fs;

use crate::support::{CANARY, Outcome, Sandbox, SealedText, put};

fn with_canary() -> Sandbox {
    let sandbox = Sandbox::with_set("web", &["PLAIN=x"]);
    let run = sandbox.command(["set", "web", "TOKEN", "--stdin", "--note", "about it"]);
    run.stdin(CANARY).run().succeeds().never_says(CANARY);
    sandbox
}

#[test]
fn no_command_shows_a_value_but_those_that_exist_to() {
    let sandbox = with_canary();
    let pair = format!("OTHER={CANARY}");
    for words in [
        &["set", "web", &pair][..],
        &["set", "web", &pair],
        &["set", "web", &pair, "--note", "n", "--expires", "2001-01-01"],
        &["set", "fresh", &pair],
        &["list"],
        &["list", "--json"],
        &["list", "web"],
        &["list", "web", "--json"],
        &["whoami"],
        &["whoami", "--json"],
        &["copy", "web", "copied"],
        &["rename", "copied", "moved"],
        &["rename", "moved", "TOKEN", "RENAMED"],
        &["unset", "moved", "RENAMED"],
        &["delete", "moved", "-y"],
        &["exec", "web", "fresh", "--", "true"],
        &["exec", "web", "--prefix", "P_", "--pristine", "--", "true"],
    ] {
        sandbox.vault(words).succeeds().never_says(CANARY);
    }
    for words in [&["get", "web", "TOKEN"][..], &["export", "web", "--format", "json"]] {
        let out = sandbox.vault(words).succeeds();
        assert!(out.text().contains(CANARY) && !out.stderr.contains(CANARY));
    }
}

#[test]
fn no_failure_repeats_a_value() {
    let sandbox = with_canary();
    let pair = format!("OTHER={CANARY}");
    sandbox.command(["set", "zero", "K", "--stdin"]).stdin(format!("{CANARY}\0")).run().succeeds();
    let raw = [CANARY.as_bytes(), b"\xff\n"].concat();
    sandbox.command(["set", "raw", "K", "--stdin"]).stdin(raw).run().succeeds();
    let long = CANARY.repeat(11_000);
    sandbox.command(["set", "long", "K", "--stdin"]).stdin(long).run().succeeds();
    sandbox.vault(["set", "path", &format!("PATH={CANARY}")]).succeeds();
    for words in [
        &["set", "web", &pair, &pair][..],
        &["set", "web", &pair, "no key"],
        &["set", "web", &pair, "--expires", "tomorrow"],
        &["set", "../web", &pair],
        &["set", "no set", &pair],
        &["exec", "zero", "--", "true"],
        &["exec", "long", "--", "true"],
        &["exec", "path", "--", "true"],
        &["exec", "web", "--require", "GONE", "--", "true"],
        &["exec", "web", "--", "no-such-command"],
        &["exec", "web", "raw", "--env", "X", "--", "true"],
        &["export", "raw", "--format", "dotenv"],
        &["export", "raw", "--format", "shell"],
        &["export", "raw", "--format", "docker-env"],
        &["export", "raw", "--format", "github"],
        &["export", "path", "--format", "shell"],
        &["get", "web", "GONE"],
        &["rename", "web", "TOKEN", "PLAIN"],
        &["delete", "web"],
    ] {
        let out = sandbox.vault(words);
        assert_ne!(out.code, Some(0), "{words:?}");
        out.never_says(CANARY);
    }
}

#[test]
fn a_value_in_the_wrong_place_on_the_command_line_is_not_repeated() {
    let sandbox = with_canary();
    let pair = format!("KEY={CANARY}");
    let spaced = format!("{CANARY} !");
    let option = format!("--generate={CANARY}");
    let dashes = format!("--{CANARY}");
    let pem = format!("-----BEGIN {CANARY}");
    for words in [
        &["set", "web", CANARY][..],
        &["set", "web", &spaced],
        &["set", "web", "K", CANARY],
        &["set", "web", "K", "--note", "n", CANARY],
        &["set", "web", "K", &option],
        &["set", "web", "K", "--generate", CANARY],
        &["set", "web", &dashes],
        &["set", "web", &pem],
        &["set", "web", "K=x", "--expires", CANARY],
        &["set", &pair],
        &["set", &pair, "web"],
        &["get", "web", &pair],
        &["get", "web", "TOKEN", CANARY],
        &["unset", "web", &pair],
        &["rename", "web", &pair],
        &["rename", "web", "PLAIN", &pair],
        &["rename", "web", "PLAIN", "NEW", CANARY],
        &["copy", "web", &pair],
        &["list", "web", CANARY],
        &["delete", "web", CANARY],
        &["edit", &pair],
        &["edit", "web", &pair],
        &["edit", "web", "TOKEN", CANARY],
        &["import", "web", "--format", CANARY],
        &["export", "web", "--format", CANARY],
        &["exec", "web", &pair, "--", "true"],
        &["exec", "web", "--env", CANARY, "--", "true"],
        &["exec", "web", "--only", &pair, "--", "true"],
        &["exec", "web", "--require", &pair, "--", "true"],
        &["exec", "web", &dashes, "--", "true"],
        &["init", "--name", &pair],
        &[&pair],
        &["--color", CANARY, "list"],
        &["completions", CANARY],
    ] {
        let out = sandbox.vault(words);
        assert!(matches!(out.code, Some(2 | 125)), "{words:?}: {out:?}");
        assert!(out.stderr.starts_with("vault: error: "), "{words:?}: {}", out.stderr);
        out.never_says(CANARY);
    }
}

#[test]
fn what_cannot_be_imported_is_not_quoted() {
    let sandbox = with_canary();
    for (format, text) in [
        ("dotenv", "A={C}\nnot a line {C}\n"),
        ("dotenv", "A='{C}\nB={C}"),
        ("dotenv", "{C} {C}=x\n"),
        ("dotenv", "A=x\nA={C}\n"),
        ("dotenv", "A='x' {C}\n"),
        ("json", "{\"A\": \"{C}\""),
        ("json", "{\"A\": {C}}"),
        ("json", "[\"{C}\"]"),
        ("json", "\"{C}\""),
        ("json", "{\"A\": [\"{C}\"]}"),
        ("json", "{\"A\": {\"{C}\": 1}}"),
        ("json", "{\"A\": {\"base64\": \"{C}!\"}}"),
        ("json", "{\"A\": {\"base64\": \"eA==\", \"{C}\": 1}}"),
        ("json", "{\"{C} \": \"x\"}"),
        ("json", "{\"A\": \"x\", \"A\": \"{C}\"}"),
        ("json", "{\"A\": \"{C}\\q\"}"),
        ("json", "{\"A\": \"{C}\"} {C}"),
        ("toml", "A = \"{C}"),
        ("toml", "A = {C}"),
        ("toml", "A = \"x\"\nA = \"{C}\"\n"),
        ("toml", "[\"{C} x\"]\nA = \"{C}\"\n"),
        ("toml", "A = [\"{C}\"]"),
        ("toml", "\"{C} \" = \"x\""),
        ("toml", "A = { base64 = \"{C}!\" }"),
        ("pipecat", "not a line {C}\n"),
        ("pipecat", "{C} x=y\n"),
    ] {
        let text = text.replace("{C}", CANARY);
        let before = sandbox.set_text("web");
        for run in
            [["import", "web", "-", "--format", format], ["import", "new", "-", "--format", format]]
        {
            let out = sandbox.command(run).stdin(text.clone()).run().never_says(CANARY);
            out.fails(1, &[format, "input, line"]);
        }
        assert_eq!(sandbox.set_text("web"), before);
    }
    let raw = [CANARY.as_bytes(), b"\n\xff"].concat();
    let run = sandbox.command(["import", "web", "--format", "dotenv"]).stdin(raw);
    run.run().never_says(CANARY).fails(1, &["line 2", "UTF-8"]);
}

/// Runs what reads the set `web`, each time with nothing of the canary in either stream.
fn nothing_says(sandbox: &Sandbox, words: &[&str]) {
    for command in [
        &["list", "web"][..],
        &["list", "--json"],
        &["whoami"],
        &["get", "web", "PLAIN"],
        &["set", "web", "PLAIN=y"],
        &["export", "web", "--format", "json"],
        &["exec", "web", "--", "true"],
        &["rename", "web", "PLAIN", "Q"],
        &["copy", "web", "copied"],
    ] {
        let out: Outcome = sandbox.vault(words.iter().chain(command));
        assert_ne!(out.code, Some(0), "{command:?}");
        out.never_says(CANARY);
    }
}

#[test]
fn plaintext_pasted_into_a_file_is_not_quoted() {
    let sandbox = with_canary();
    let text = SealedText(sandbox.set_text("web"));
    let quoted = format!("\"{CANARY}\"");
    let token = format!("\"{}:1.1:{CANARY}\"", text.token());
    for bad in [
        text.with("[values.PLAIN]", "enc", &quoted),
        text.with("[values.PLAIN]", "enc", CANARY),
        text.with("[values.PLAIN]", "enc", &format!("\"{CANARY}")),
        text.with("[values.PLAIN]", "enc", &token.replace("1.1:", "1.1:=")),
        text.with_line("[values.PLAIN]", CANARY),
        text.with_line("[values.PLAIN]", &format!("note = {CANARY}")),
        text.with_line("[values.PLAIN]", &format!("note = \"\\{CANARY}\"")),
        text.with_line("[values.PLAIN]", &format!("expires = \"{CANARY}\"")),
        text.with_line("[values.PLAIN]", &format!("  value = \"{CANARY}\"")),
        text.with_line("[values.PLAIN]", &format!("value = \"{CANARY}\"")),
        text.with_line("[values.PLAIN]", &format!("enc = \"{CANARY}\"")),
        text.with("[recipients.alice]", "to", &quoted),
        text.with("[recipients.alice]", "wrap", &quoted),
        text.with("[recipients.alice]", "seal", &quoted),
        text.with("[vault]", "id", &quoted),
        text.with("[vault]", "epoch", &quoted),
    ] {
        sandbox.put(".secrets/sets/web.toml", &bad.0);
        nothing_says(&sandbox, &[]);
    }
}

#[test]
fn what_is_no_identity_is_not_quoted() {
    let sandbox = with_canary();
    let path = sandbox.home().join("bad.txt");
    let good = fs::read_to_string(sandbox.identity()).unwrap();
    let secret = good.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap();
    let damaged = secret.replacen("KEY-1", "KEY-1Q", 1);
    for text in [
        CANARY.to_owned(),
        format!("AGE-SECRET-KEY-1{CANARY}\n"),
        format!("{good}{CANARY}\n"),
        format!("AGE-PLUGIN-X-1{CANARY}"),
        format!(
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----\n"
        ),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----\n"),
        format!("-----BEGIN AGE ENCRYPTED FILE-----\n{CANARY}\n-----END AGE ENCRYPTED FILE-----\n"),
        format!("age-encryption.org/v1\n-> {CANARY}\n"),
        damaged.clone(),
    ] {
        put(&path, &text);
        let run = |run: crate::support::Run| {
            let out = run.run().never_says(CANARY).never_says(&secret[20..]);
            assert!(matches!(out.code, Some(1 | 3)), "{out:?}");
            assert!(!out.stderr.contains(&damaged[20..]), "{}", out.stderr);
        };
        let get = ["get", "web", "TOKEN"];
        run(sandbox.command(["-i", path.to_str().unwrap()].iter().chain(&get)));
        run(sandbox.command(get).env("VAULT_IDENTITY_FILE", &path));
        run(sandbox.command(get).env("VAULT_IDENTITY", &text));
        run(sandbox.command(get).env("VAULT_IDENTITY_COMMAND", format!("cat {}", path.display())));
    }
}

#[test]
fn no_other_process_gets_a_value_as_an_argument() {
    let sandbox = with_canary();
    let script = "tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$PPID/cmdline";
    let words = ["exec", "web", "--", "sh", "-c", script];
    sandbox.vault(words).succeeds().never_says(CANARY);
    // The command that hands out an identity sees neither values nor the other identities.
    let identity = fs::read_to_string(sandbox.identity()).unwrap();
    let seen = sandbox.root().join("seen");
    let line = format!(
        "sh -c 'tr \"\\0\" \"\\n\" </proc/$$/cmdline >{0}; cat {1}'",
        seen.display(),
        sandbox.identity().display()
    );
    let run = sandbox.command(["set", "web", &format!("K={CANARY}")]);
    run.env("VAULT_IDENTITY_COMMAND", line).run().succeeds();
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("sh\n") && !seen.contains(CANARY) && !seen.contains(&identity), "{seen}");
}

#[test]
fn debug_and_errors_of_the_library_show_no_value() {
    use vault::exchange::{ImportFormat, export, import};
    use vault::model::SecretValue;

    let sandbox = with_canary();
    let value = SecretValue::new(CANARY.into()).unwrap();
    let text = format!("A={CANARY}");
    let read = import(ImportFormat::Dotenv, text.as_bytes()).unwrap();
    let (set, pairs) = ("web".parse().unwrap(), read.iter().map(|(key, value)| (key, value)));
    let made = export(vault::exchange::ExportFormat::Json, &set, pairs).unwrap();
    let vault = vault::store::Vault::find(&sandbox.work()).unwrap();
    let mut identities = vault::crypto::Identities::new(Box::new(vault::crypto::NoPassphrase));
    identities.add(&fs::read(sandbox.identity()).unwrap(), "alice").unwrap();
    let sealed = vault.read::<vault::model::SecretSet>(&set).unwrap();
    let opened = vault.open(sealed, &identities).unwrap();
    let entries: Vec<_> = opened.entries().collect();
    let shown = format!("{value:?}{read:?}{made:?}{opened:?}{entries:?}{identities:?}");
    assert!(!shown.contains(CANARY) && !shown.contains("AGE-SECRET"), "{shown}");
}
