//! The examples of examples/review: the hook in pre-commit itself, and files other services read.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::python::python;
use crate::support::{Outcome, Sandbox};

/// Runs pre-commit, or ends as a script without its package does.
const PRE_COMMIT: &str = r"
import sys
try:
    from pre_commit.main import main
except ImportError:
    sys.exit(42)
sys.exit(main(sys.argv[1:]))
";

/// Reads a YAML file as JSON.
const YAML: &str = r"
import json, sys
try:
    import yaml
except ImportError:
    sys.exit(42)
json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> Value {
    let path = root().join(path);
    let read = python(&["-c", YAML, path.to_str().unwrap()], b"", "pyyaml");
    serde_json::from_slice(&read).unwrap()
}

/// pre-commit in the sandbox's repository, with the built binary in its PATH.
fn pre_commit(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    // Says what is missing, and how to get it, before anything depends on it.
    python(&["-c", PRE_COMMIT, "--version"], b"", "pre-commit");
    let python = std::env::var("VAULT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let vault = Path::new(env!("CARGO_BIN_EXE_vault")).parent().unwrap();
    let mut command = Command::new(python);
    command.args(["-c", PRE_COMMIT]).args(args).current_dir(sandbox.work()).env_clear();
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", vault.display()));
    command.env("HOME", sandbox.home()).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("XDG_CONFIG_HOME", sandbox.root().join("config"));
    command.env("PRE_COMMIT_HOME", sandbox.root().join("pre-commit"));
    Outcome::from(command.output().unwrap())
}

/// The hook lets a clean state pass and refuses one with a value in clear, without saying it.
fn holds(sandbox: &Sandbox) {
    sandbox.git(["add", "--all"]);
    pre_commit(sandbox, &["run"]).succeeds();
    sandbox.put("config.yml", "token: s3cr3t-t0ken-value\n");
    sandbox.git(["add", "--all"]);
    let run = pre_commit(sandbox, &["run", "--verbose"]).never_says("s3cr3t").ends(1);
    assert!(run.text().contains("config.yml:1: error: the value of TOKEN"), "{}", run.text());
}

fn with_set() -> Sandbox {
    let sandbox = Sandbox::with_set("web", &["TOKEN=s3cr3t-t0ken-value"]);
    std::fs::remove_dir(sandbox.work().join(".git")).unwrap();
    sandbox.with_git()
}

#[test]
fn pre_commit_runs_the_hook_as_the_example_configures_it() {
    let sandbox = with_set();
    let config = std::fs::read(root().join("examples/review/pre-commit-config.yaml")).unwrap();
    sandbox.put(".pre-commit-config.yaml", config);
    holds(&sandbox);
}

#[test]
fn pre_commit_finds_the_hook_of_this_repository() {
    let sandbox = with_set();
    let hooks = sandbox.root().join("hooks");
    std::fs::create_dir(&hooks).unwrap();
    std::fs::copy(root().join(".pre-commit-hooks.yaml"), hooks.join(".pre-commit-hooks.yaml"))
        .unwrap();
    let git = |args: &[&str]| sandbox.git_in(&hooks, "alice", args);
    git(&["init", "--quiet", "."]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=hooks"]);
    let rev = git(&["rev-parse", "HEAD"]);
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: vault-verify\n",
        hooks.display(),
        rev.trim()
    );
    sandbox.put(".pre-commit-config.yaml", config);
    holds(&sandbox);
}

#[test]
fn the_files_for_other_services_are_what_those_read() {
    let lefthook = yaml("examples/review/lefthook.yml");
    assert_eq!(lefthook["pre-commit"]["commands"]["vault"]["run"], "vault verify --staged");

    // To YAML 1.1 the key `on` is true.
    let github = yaml("examples/review/github.yml");
    assert_eq!(github["true"], "pull_request");
    assert_eq!(github["permissions"]["contents"], "read");
    let steps = github["jobs"]["review"]["steps"].as_array().unwrap();
    assert_eq!(steps[0]["with"]["fetch-depth"], 0);
    let scripts = steps.iter().filter_map(|step| step["run"].as_str()).collect::<Vec<_>>();
    assert_eq!(scripts.len(), 2);
    // What a pull request can choose reaches no script but through the environment.
    assert!(scripts.iter().all(|script| !script.contains("${{")), "{scripts:?}");

    let gitlab = yaml("examples/review/gitlab.yml");
    assert_eq!(gitlab["secrets"]["variables"]["GIT_DEPTH"], "0");
    assert_eq!(gitlab["secrets"]["script"].as_array().unwrap().len(), 2);
}
