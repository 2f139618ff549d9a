//! Many at once: nobody's value is lost.

use std::process::Stdio;

use crate::support::{Outcome, Sandbox};

/// Starts all of them before it waits for any.
fn all_at_once(sandbox: &Sandbox, commands: &[Vec<String>]) -> Vec<Outcome> {
    let start = |words: &Vec<String>| {
        let mut command = sandbox.command(words).into_command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = commands.iter().map(start).collect();
    running.into_iter().map(|child| Outcome::from(child.wait_with_output().unwrap())).collect()
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn no_temporary_file(sandbox: &Sandbox) {
    let names = std::fs::read_dir(sandbox.work().join(".secrets/sets")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
fn forty_values_set_at_once_are_forty_values() {
    let sandbox = Sandbox::with_set("web", &["FIRST=x"]);
    let commands: Vec<_> = (0..40).map(|n| words(&format!("set web K{n}=v{n}"))).collect();
    for out in all_at_once(&sandbox, &commands) {
        out.succeeds();
    }
    let values = sandbox.vault(["export", "web", "--format", "json"]).json();
    assert_eq!(values.as_object().unwrap().len(), 41);
    assert!((0..40).all(|n| values[format!("K{n}")] == format!("v{n}")), "{values}");
    no_temporary_file(&sandbox);
}

#[test]
fn forty_sets_made_at_once_are_forty_sets() {
    let sandbox = Sandbox::with_vault();
    let commands: Vec<_> = (0..40).map(|n| words(&format!("set s{n} K=v{n}"))).collect();
    for out in all_at_once(&sandbox, &commands) {
        out.succeeds();
    }
    assert_eq!(sandbox.vault(["list"]).quietly().text().lines().count(), 40);
    assert_eq!(sandbox.vault(["get", "s17", "K"]).text(), "v17");
    no_temporary_file(&sandbox);
}

#[test]
fn one_set_made_by_twenty_at_once_is_one_set_with_all_their_keys() {
    let sandbox = Sandbox::with_vault();
    let commands: Vec<_> = (0..20).map(|n| words(&format!("set web K{n}=v"))).collect();
    for out in all_at_once(&sandbox, &commands) {
        out.succeeds();
    }
    assert_eq!(sandbox.vault(["list", "web"]).quietly().text().lines().count(), 20);
}

#[test]
fn of_twenty_who_remove_one_key_one_does() {
    let sandbox = Sandbox::with_set("web", &["K=x", "L=y"]);
    let outcomes = all_at_once(&sandbox, &vec![words("unset web K"); 20]);
    let (done, missed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|o| o.code == Some(0));
    assert_eq!(done.len(), 1);
    for out in missed {
        out.fails(1, &["there is no key K"]);
    }
}

#[test]
fn readers_beside_a_writer_see_the_old_file_or_the_new_one() {
    let sandbox = Sandbox::with_set("web", &["K=v0", "L=v0"]);
    let commands: Vec<_> = (1..=30)
        .map(|n| match n % 3 {
            0 => words(&format!("set web K=v{n} L=v{n}")),
            _ => words("export web --format json"),
        })
        .collect();
    for out in all_at_once(&sandbox, &commands) {
        if !out.stdout.is_empty() {
            let values = out.json();
            assert_eq!(values["K"], values["L"]);
        }
        out.succeeds();
    }
}

#[test]
fn what_a_killed_writer_left_is_swept_and_never_listed() {
    let sandbox = Sandbox::with_set("web", &["K=x"]);
    let left = sandbox.put(".secrets/sets/.tmp-abc123.toml", "half a f");
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "web\n");
    sandbox.vault(["get", "web", "K"]).quietly();
    sandbox.vault(["set", "web", "K=y"]).succeeds();
    assert!(!left.exists());
}
