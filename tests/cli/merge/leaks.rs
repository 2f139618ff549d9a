//! git makes an object of whatever a driver writes, and keeps copies of conflicts elsewhere: one
//! search for a plaintext, after everything that merges has run.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::Do::{Rotate, Set, Unset};
use super::{Repo, Tool};
use crate::support::{CANARY, Run};

/// Every file below, but what `skip` says.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, found);
        } else if path.is_file() && !path.is_symlink() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// Searches everything that there is, and says what that was.
#[track_caller]
fn assert_no_plaintext(repo: &Repo) -> Vec<String> {
    let mut found = Vec::new();
    files(&repo.sandbox.root(), &mut found);
    for (path, bytes) in &found {
        assert!(!holds_canary(bytes), "{path}");
    }
    let all = ["cat-file", "--batch-all-objects", "--batch", "--unordered"];
    let objects = repo.git(all).succeeds().stdout;
    let known = b"[values.K5]";
    assert!(objects.windows(known.len()).any(|window| window == known) && !holds_canary(&objects));
    found.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn no_plaintext_is_left_by_merges_conflicts_and_what_git_keeps_of_them() {
    let repo = Repo::new();
    repo.git(["config", "rerere.enabled", "true"]).succeeds();
    let others = [Set("K5", "b"), Unset("K5"), Set("K5A", "b"), Rotate];
    for tool in [Tool::Key, Tool::NoKey, Tool::Missing, Tool::Unconfigured] {
        for rotated in [&[Set("K5", CANARY)][..], &[Rotate, Set("K5", CANARY)]] {
            for other in others {
                repo.branches(rotated, &[other]);
                let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
                assert!(!outcome.text().contains(CANARY) && !outcome.stderr.contains(CANARY));
                let diff = repo.git_with(tool, ["diff"]);
                assert!(!diff.text().contains(CANARY));
            }
        }
    }
    settled_and_killed(&repo);
    // The last of each kind still stands: this search looks where there is something.
    repo.branches(&[Rotate, Set("K5", CANARY)], &[Set("K5", "b")]);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    assert!(
        repo.git(["cat-file", "-p", "AUTO_MERGE:.secrets/sets/web.toml"]).text().contains("<<<<")
    );
    let paths = assert_no_plaintext(&repo);
    assert!(paths.iter().any(|path| path.contains("/rr-cache/")), "rerere kept nothing");
    // Nor is anything left lying about.
    let status = repo.git(["status", "--porcelain", "--ignored"]).text();
    assert_eq!(status, "UU .secrets/sets/web.toml\n");
    assert_eq!(fs::read_dir(repo.sandbox.root().join("tmp")).unwrap().count(), 0);
}

/// What `resolve` and `fix` write, and what is left of them, and of git and its driver, when they are
/// killed on the way: wherever that is, what must hold holds.
fn settled_and_killed(repo: &Repo) {
    repo.branches(&[Rotate, Set("K5", CANARY), Set("K5A", CANARY)], &[Set("K5", "b")]);
    let words = ["resolve", "--take", "K5=ours"];
    for delay in (0..48).step_by(3) {
        repo.git(["reset", "--quiet", "--hard", "ours"]).succeeds();
        kill_after(delay, repo.git_command(Tool::Key, ["merge", "--no-edit", "theirs"]));
        assert_no_plaintext(repo);
        cleared(repo);
        repo.git(["merge", "--no-edit", "theirs"]).ends(1);
        let before = repo.text();
        kill_after(delay, repo.sandbox.command(words).cwd(&repo.dir));
        let text = repo.text();
        assert!(text == before || repo.open(&text).is_some(), "neither old nor new:\n{text}");
        assert_no_plaintext(repo);
        unlock(repo);
        let again = repo.vault(words).never_says(CANARY);
        if text != before && again.code == Some(1) {
            // It was done but for git's index: what was written is not thrown away for a second time.
            again.fails(1, &["stands in the file alone", "keeps the file as it is"]);
            repo.git(["add", ".secrets/sets/web.toml"]).succeeds();
        } else {
            again.succeeds();
        }
        assert_eq!(repo.content(&repo.text()).0["K5"], CANARY);
    }
    cleared(repo);
    repo.branches(&[Rotate], &[Set("K5A", CANARY)]);
    repo.git_with(Tool::Unconfigured, ["merge", "--no-edit", "theirs"]).succeeds();
    repo.vault(["fix"]).succeeds().never_says(CANARY);
    repo.commit("fixed");
}

/// Starts it, and kills it with everything that it has started.
fn kill_after(delay: u64, run: Run) {
    use std::os::unix::process::CommandExt as _;
    let mut command = run.into_command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(delay));
    // It may have ended by itself.
    let _: rustix::io::Result<()> = kill_process_group(Pid::from_child(&child), Signal::KILL);
    child.wait().unwrap();
}

/// As a person does who begins anew.
fn cleared(repo: &Repo) {
    unlock(repo);
    repo.git(["reset", "--quiet", "--hard", "ours"]).succeeds();
    repo.git(["clean", "--quiet", "--force", "-d"]).succeeds();
}

/// Removes the locks that a killed git leaves on its index and its refs, as it tells people to.
fn unlock(repo: &Repo) {
    let mut found = Vec::new();
    files(&repo.dir.join(".git"), &mut found);
    for (path, _) in found {
        if Path::new(&path).extension().is_some_and(|end| end == "lock") {
            fs::remove_file(path).unwrap();
        }
    }
}
