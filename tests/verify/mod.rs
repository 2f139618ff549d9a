//! `vault verify` and `vault review` in real repositories.

mod forged;
mod hooks;
mod leaks;
mod outputs;
mod past;
mod places;
mod review;
mod rules;
mod treatment;
mod trees;

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Run, Sandbox, SealedText};

/// A repository with one commit: a vault of alice and bob, the set `web` with A, B and TOKEN, and a
/// file beside it.
struct Repo {
    sandbox: Sandbox,
    bob: String,
}

impl Repo {
    fn new() -> Self {
        let sandbox = Sandbox::new().with_git();
        sandbox.vault(["init", "--name", "alice"]).succeeds();
        let bob = sandbox.command(["keygen", "-o", "../bob.txt"]).run().succeeds();
        let repo = Self { sandbox, bob: bob.text().trim().to_owned() };
        repo.vault(&["recipient", "add", "bob", &repo.bob]);
        repo.vault(&["set", "web", "A=a first value", "B=b1", "TOKEN=s3cr3t-t0ken-0f-web"]);
        repo.sandbox.put("README", "nothing to see\n");
        repo.sandbox.commit("begin");
        repo
    }

    /// Runs a command that must succeed.
    #[track_caller]
    fn vault(&self, args: &[&str]) -> String {
        self.sandbox.vault(args).succeeds().text()
    }

    /// The same on a machine that has never seen this vault.
    #[track_caller]
    fn elsewhere(&self, args: &[&str]) {
        let state = self.sandbox.root().join("elsewhere");
        self.sandbox.command(args).env("XDG_STATE_HOME", state).run().succeeds();
    }

    /// The command without any identity at hand.
    fn keyless(&self, args: &[&str]) -> Run {
        self.sandbox.command(args).env("XDG_CONFIG_HOME", self.sandbox.root().join("nothing"))
    }

    /// `LEVEL RULE FILE:LINE` of everything that is found without any key.
    #[track_caller]
    fn findings(&self, args: &[&str]) -> Vec<String> {
        let outcome = self.keyless(&[&["verify", "--format", "json"], args].concat()).run();
        let found = rows(&outcome.json());
        let errors = found.iter().any(|row| row.starts_with("error"));
        assert_eq!(outcome.code, Some(i32::from(errors)), "{found:#?}\n{}", outcome.stderr);
        found
    }

    /// As [`findings`](Self::findings), with alice's identity.
    #[track_caller]
    fn proven(&self, args: &[&str]) -> Vec<String> {
        let all = [&["verify", "--format", "json"], args].concat();
        rows(&self.sandbox.vault(all).json())
    }

    /// The rules that are broken, without any key.
    #[track_caller]
    fn broken(&self, args: &[&str]) -> BTreeSet<String> {
        let rule = |row: &String| row.split(' ').nth(1).unwrap().to_owned();
        self.findings(args).iter().map(rule).collect()
    }

    fn text(&self) -> SealedText {
        SealedText(self.sandbox.set_text("web"))
    }

    /// Changes the set as someone with an editor would.
    fn edit(&self, change: impl FnOnce(SealedText) -> SealedText) {
        self.sandbox.put(".secrets/sets/web.toml", change(self.text()).0);
    }

    /// Changes the team file as someone with an editor would.
    fn edit_team(&self, old: &str, new: &str) {
        let team = self.read(".secrets/team.toml");
        assert!(team.contains(old), "no {old} in {team}");
        self.sandbox.put(".secrets/team.toml", team.replace(old, new));
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.sandbox.work().join(path)).unwrap()
    }

    /// A hook of this repository, with the built binary first in its PATH.
    fn hook(&self, folder: &Path, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let vault = Path::new(env!("CARGO_BIN_EXE_vault")).parent().unwrap();
        let config = self.sandbox.root().join("config");
        let script = script.strip_prefix("#!/bin/sh\n").unwrap();
        let text = format!(
            "#!/bin/sh\nPATH='{}':$PATH XDG_CONFIG_HOME='{}'\nexport PATH XDG_CONFIG_HOME\n{script}",
            vault.display(),
            config.display()
        );
        let hooks = folder.join("hooks");
        std::fs::create_dir_all(&hooks).unwrap();
        crate::support::put(&hooks.join(name), text);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(hooks.join(name), executable).unwrap();
    }
}

fn rows(findings: &serde_json::Value) -> Vec<String> {
    let row = |one: &serde_json::Value| {
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        format!("{} {} {}:{}", text("level"), text("rule"), text("file"), one["line"])
    };
    findings.as_array().unwrap().iter().map(row).collect()
}

fn set(rules: &[&str]) -> BTreeSet<String> {
    rules.iter().map(ToString::to_string).collect()
}
