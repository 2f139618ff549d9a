//! What two people did at the same time, and what becomes of it: with the driver and a key, with
//! the driver alone, and with plain git.

use vault::envelope::Side;

use super::Do::{Add, Remove, Rotate, Set, Unset};
use super::{Do, Repo, Tool};
use crate::merge::by_hand;
use crate::support::put;

/// How a merge ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With everything of both sides.
    Clean,
    /// With markers, for a person.
    Conflict,
    /// As git saw it in good order; but whoever opens the file is told that it is not.
    Refused,
}
use End::{Clean, Conflict, Refused};

struct Row {
    what: &'static str,
    ours: &'static [Do],
    theirs: &'static [Do],
    key: End,
    no_key: End,
    git: End,
}

const fn row(
    what: &'static str,
    [ours, theirs]: [&'static [Do]; 2],
    [key, no_key, git]: [End; 3],
) -> Row {
    Row { what, ours, theirs, key, no_key, git }
}

const ROWS: [Row; 16] = [
    row("adds far apart", [&[Set("K1A", "a")], &[Set("K8A", "b")]], [Clean; 3]),
    row("adds in one gap", [&[Set("K5A", "a")], &[Set("K5B", "b")]], [Clean, Clean, Conflict]),
    row("changes of one key", [&[Set("K5", "a")], &[Set("K5", "b")]], [Conflict; 3]),
    row("removed and changed", [&[Unset("K5")], &[Set("K5", "b")]], [Conflict; 3]),
    row("changes far apart", [&[Set("K1", "a")], &[Set("K8", "b")]], [Clean; 3]),
    row("changes of neighbours", [&[Set("K5", "a")], &[Set("K6", "b")]], [Clean; 3]),
    row("removed beside a change", [&[Unset("K5")], &[Set("K6", "b")]], [Clean; 3]),
    row("a new reader and an edit", [&[Add("bob")], &[Set("K5", "b")]], [Clean; 3]),
    row("new readers far apart", [&[Add("bob")], &[Add("yves")]], [Clean; 3]),
    row("new readers in one gap", [&[Add("bob")], &[Add("carl")]], [Clean, Clean, Conflict]),
    row("a reader less and an edit", [&[Remove("dave")], &[Set("K5", "b")]], ROTATED),
    row("a rotation and an edit", [&[Rotate], &[Set("K5", "b")]], ROTATED),
    row("a rotation and a new key", [&[Rotate], &[Set("K5A", "b")]], [Clean, Conflict, Refused]),
    row("a rotation and a key less", [&[Rotate], &[Unset("K5")]], ROTATED),
    row(
        "a reader less and a new one",
        [&[Remove("zoe")], &[Add("bob")]],
        [Conflict, Conflict, Refused],
    ),
    row("rotations on both sides", [&[Rotate], &[Rotate, Set("K5", "b")]], ROTATED),
];

/// Every line has changed on one side.
const ROTATED: [End; 3] = [Clean, Conflict, Conflict];

fn ends(tool: Tool, expected: impl Fn(&Row) -> End) {
    let repo = Repo::new();
    for row in &ROWS {
        repo.branches(row.ours, row.theirs);
        let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
        let text = repo.text();
        let end = match outcome.code {
            Some(0) if repo.open(&text).is_some() => Clean,
            Some(0) => Refused,
            _ => Conflict,
        };
        assert_eq!(end, expected(row), "{}: {}{}", row.what, outcome.text(), outcome.stderr);
        match end {
            Clean => {
                let both: Vec<Do> = row.ours.iter().chain(row.theirs).copied().collect();
                assert_eq!(repo.content(&text), Repo::expected(&both), "{}", row.what);
                assert_eq!(repo.git(["status", "--porcelain"]).text(), "", "{}", row.what);
            }
            Conflict => {
                // A text merge of two epochs may come out without a marker.
                let left = repo.git(["ls-files", "--unmerged"]).text();
                assert_eq!(left.lines().count(), 3, "{}", row.what);
                let take = (row.key == Conflict && row.no_key == Conflict && row.git == Conflict)
                    .then_some("--take=K5=theirs");
                repo.vault(["resolve"].into_iter().chain(take)).succeeds();
                finished(&repo, row);
            }
            Refused => {
                let (dir, get) = (repo.dir.clone(), ["get", "web", "K1"]);
                repo.vault_in(&dir, get).fails(4, &["web"]);
                repo.vault(["fix"]).succeeds();
                finished(&repo, row);
            }
        }
    }
}

/// Whoever has a key comes to the same from everything that git has left: both sides' changes, but
/// for a reader whom neither team.toml nor anybody else lets in.
fn finished(repo: &Repo, row: &Row) {
    let is_known = |change: &&Do| !matches!(change, Add("bob")) || row.key == Clean;
    let both: Vec<Do> = row.ours.iter().chain(row.theirs).filter(is_known).copied().collect();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&both), "{}", row.what);
    assert_eq!(repo.git(["ls-files", "--unmerged"]).text(), "", "{}", row.what);
    repo.git(["commit", "--quiet", "--allow-empty", "--message", "finished"]).succeeds();
}

#[test]
fn with_driver_and_key_only_true_conflicts_are_left() {
    ends(Tool::Key, |row| row.key);
}

#[test]
fn with_the_driver_alone_everything_under_one_data_key_is_merged() {
    ends(Tool::NoKey, |row| row.no_key);
}

#[test]
fn with_plain_git_a_merge_is_right_or_a_conflict_or_refused_when_opened() {
    ends(Tool::Unconfigured, |row| row.git);
}

#[test]
fn whichever_table_of_a_conflict_is_kept_the_file_opens() {
    for tool in [Tool::Key, Tool::NoKey] {
        for theirs in [Set("K5", "b"), Unset("K5")] {
            let repo = Repo::new();
            repo.branches(&[Set("K5", "a"), Set("K6", "c")], &[theirs, Set("K7", "d")]);
            let outcome = repo.git_with(tool, ["merge", "--no-edit", "theirs"]);
            repo.assert_conflict(&outcome);
            for words in
                ["web.toml: to be decided: K5\n", "`vault resolve` asks", "keep one of the two"]
            {
                assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
            }
            let text = repo.text();
            assert!(text.contains("\n<<<<<<< HEAD") && text.contains("\n>>>>>>> theirs"), "{text}");
            assert_eq!(text.matches("<<<<<<<").count(), 1, "{text}");
            let others = [Set("K6", "c"), Set("K7", "d")];
            for (side, chosen) in [(Side::Ours, Set("K5", "a")), (Side::Theirs, theirs)] {
                let expected = Repo::expected(&[others[0], others[1], chosen]);
                assert_eq!(repo.content(&by_hand(&text, side)), expected);
            }
        }
    }
}

#[test]
fn after_a_conflict_that_was_settled_by_hand_the_next_opening_has_no_doubts() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Rotate, Set("K5", "b")]);
    repo.vault(["get", "web", "K5"]).succeeds();
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    put(&repo.dir.join(&repo.file), by_hand(&repo.text(), Side::Theirs));
    repo.commit("settled");
    assert_eq!(repo.vault_in(&repo.dir, ["get", "web", "K5"]).quietly().text(), "b");
}

#[test]
fn a_reader_known_only_from_an_older_epoch_is_left_to_a_person() {
    let repo = Repo::new();
    repo.branches(&[Remove("dave")], &[Add("bob"), Set("K5", "b")]);
    let outcome = repo.git(["merge", "--no-edit", "theirs"]);
    repo.assert_conflict(&outcome);
    for words in
        ["to be decided: reader bob\n", "K5 could have been written by bob, dave", "--trust"]
    {
        assert!(outcome.stderr.contains(words), "no {words}: {}", outcome.stderr);
    }
    // Ours has no table of bob's.
    let (values, readers) = repo.content(&by_hand(&repo.text(), Side::Ours));
    assert_eq!((&*values["K5"], &*readers.join(" ")), ("b", "alice zoe"));
    assert!(
        repo.open(&by_hand(&repo.text(), Side::Theirs)).is_none(),
        "bob's table is of the older epoch"
    );
}

#[test]
fn several_rotations_on_a_branch_are_proven_by_way_of_history() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Rotate, Rotate, Set("K6", "b"), Rotate]);
    repo.git(["merge", "--no-edit", "theirs"]).succeeds();
    assert_eq!(repo.content(&repo.text()), Repo::expected(&[Set("K5", "a"), Set("K6", "b")]));
}
