//! The file that pins stand in: whose it is, what happens where it cannot be written, and that a
//! broken one is never taken for none.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::Story;
use crate::support::{Outcome, Sandbox, move_folder, put};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn it_is_its_owners_alone_and_says_what_it_is_about() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    let path = story.pins();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let text = story.remembered();
    assert!(text.contains(&format!("\npath {}\n", story.sandbox.work().display())), "{text}");
    assert!(text.contains(&format!("\nmember alice {}\n", story.alice)), "{text}");
}

#[test]
fn broken_pins_are_named_and_never_taken_for_none() {
    let story = Story::new();
    story.push(&story.made("good")).reads("good");
    let (path, text) = (story.pins(), story.remembered());
    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| {
        let rest = lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, line)| *line);
        rest.collect::<Vec<_>>().join("\n") + "\n"
    };
    let newest = lines.iter().position(|line| line.starts_with("newest ")).unwrap();
    let broken = [
        String::new(),
        text[..text.len() - 1].to_owned(),
        text[..text.len() / 2].to_owned(),
        without(0),
        without(1),
        without(2),
        without(newest),
        format!("{text}nonsense\n"),
        format!("{text}nonsense 1\n"),
        format!("{text}{}\n", lines[newest]),
        text.replace("format 1", "format 2"),
        text.replace("/work\n", "/work2\n"),
        text.replace(" 1 ", " 01 "),
        text.replace(" 1 ", " 0 "),
    ];
    for broken in broken {
        assert_ne!(broken, text);
        put(&path, &broken);
        for (command, code) in [
            (&["get", "web", "A"][..], 1),
            (&["set", "web", "A=1"], 1),
            (&["set", "new", "A=1"], 1),
            (&["trust"], 1),
            (&["exec", "web", "--", "true"], 125),
        ] {
            let hint = format!("`rm {}`", path.display());
            story.sandbox.vault(command).fails(code, &["has seen", &hint]);
        }
        assert_eq!(story.remembered(), broken, "written over");
    }
    fs::remove_file(&path).unwrap();
    story.sandbox.vault(["get", "web", "A"]).fails(0, &["first time in this work tree"]);
}

#[test]
fn a_folder_that_cannot_be_written_fails_nothing() {
    let sandbox = Sandbox::with_set("web", &["A=1"]);
    // A file where the folder belongs: root, too, cannot write there.
    let blocked = sandbox.put("blocked", "");
    let at = |args: &[&str]| sandbox.command(args).env("XDG_STATE_HOME", &blocked).run();
    at(&["get", "web", "A"]).fails(0, &["cannot be remembered"]);
    at(&["exec", "web", "--", "true"]).fails(0, &["cannot be remembered"]);
    at(&["-q", "get", "web", "A"]).quietly();
    let said = at(&["set", "newer", "A=2"]).succeeds().stderr;
    assert_eq!(said.matches("cannot be remembered").count(), 1, "{said}");
    at(&["set", "web", "A=2"]).succeeds();
    at(&["set", "new", "A=2"]).succeeds();
    // Nor does it where there is no place for state at all, or a relative one, which counts for none.
    let nowhere = |args: &[&str]| {
        let identity = sandbox.identity();
        let args = [&["-i", identity.to_str().unwrap()], args].concat();
        sandbox.command(args).without("HOME").env("XDG_STATE_HOME", "relative").run()
    };
    nowhere(&["get", "web", "A"]).quietly();
    nowhere(&["set", "web", "A=3"]).succeeds();
    assert!(!sandbox.work().join("relative").exists());
}

#[test]
fn two_clones_have_pins_of_their_own_and_a_new_one_begins_with_what_is_known() {
    let story = Story::new();
    let sandbox = &story.sandbox;
    story.push(&story.made("good")).reads("good");
    let clone = sandbox.root().join("clone");
    sandbox.git(["clone", "--quiet", ".", clone.to_str().unwrap()]);
    let get = |dir: &std::path::Path| sandbox.command(["get", "web", "A"]).cwd(dir).run();
    get(&clone).fails(0, &["first time in this work tree"]);
    get(&clone).quietly();
    story.push(&story.made("bad")).refuses(&["another file"]);
    get(&clone).quietly();
    story.trusts("web");
    sandbox.git_in(&clone, "alice", ["pull", "--quiet"]);
    get(&clone).fails(4, &["another file"]);
    let moved = sandbox.root().join("moved");
    move_folder(&clone, &moved);
    get(&moved).fails(0, &["first time in this work tree"]);
    let folder = sandbox.home().join(".local/state/vault/pins");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 3);
}

#[test]
fn vaults_at_once_lose_nothing_of_what_each_has_seen() {
    let sandbox = Sandbox::with_vault();
    let start = |number: usize| {
        let mut command = sandbox.command(["set", &format!("s{number}"), "A=1"]).into_command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = (0..20).map(start).collect();
    for child in running {
        Outcome::from(child.wait_with_output().unwrap()).succeeds();
    }
    let folder = sandbox.home().join(".local/state/vault/pins");
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("file sets/s")).count(), 20, "{text}");
}

/// A command reads the file, and only then what is remembered of it.
#[test]
fn a_file_that_another_process_rotates_meanwhile_is_read_again() {
    let story = Story::new();
    let first = story.made("one");
    story.push(&first).reads("one");
    let identity = story.sandbox.root().join("pipe");
    assert!(Command::new("mkfifo").arg(&identity).status().unwrap().success());
    let args = ["-i", identity.to_str().unwrap(), "get", "web", "A"];
    let mut command = story.sandbox.command(args).into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().unwrap();
    // Opens when the command opens its end, and then it has read the file.
    let mut pipe = fs::OpenOptions::new().write(true).open(&identity).unwrap();
    story.push(&story.rotated(&first, "two")).reads("two");
    pipe.write_all(&fs::read(story.sandbox.identity()).unwrap()).unwrap();
    drop(pipe);
    let outcome = Outcome::from(running.wait_with_output().unwrap());
    assert_eq!(outcome.quietly().text(), "two");
}

/// The pins are read once, and a writer may wait for the lock after that.
#[test]
fn a_file_that_is_trusted_while_another_process_waits_is_trusted_by_that_too() {
    let story = Story::new();
    story.push(&story.made("one")).reads("one");
    let folder = fs::File::open(story.sandbox.work().join(".secrets")).unwrap();
    folder.lock().unwrap();
    let mut command = story.sandbox.command(["set", "web", "B=1"]).into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("waiting for another vault"), "{line}");
    story.push(&story.made("two")).trusts("web");
    folder.unlock().unwrap();
    said.read_to_string(&mut line).unwrap();
    Outcome::from(running.wait_with_output().unwrap()).succeeds();
    story.reads("two");
    assert_eq!(story.sandbox.vault(["get", "web", "B"]).text(), "1", "{line}");
}
