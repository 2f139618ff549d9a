//! The markers between two tables that a person is to choose from.

use std::fs;

use super::Do::Set;
use super::Repo;
use crate::support::put;

#[test]
fn no_attribute_makes_a_marker_of_any_length() {
    for (asked, written) in [("1", 7), ("12", 12), ("100000000", 255)] {
        let repo = Repo::new();
        let rules = repo.dir.join(".gitattributes");
        let more = format!("*.toml conflict-marker-size={asked}\n");
        put(&rules, fs::read_to_string(&rules).unwrap() + &more);
        repo.commit("markers");
        repo.git(["tag", "--force", "start"]).succeeds();
        repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
        repo.git(["merge", "--quiet", "theirs"]).ends(1);
        let text = fs::read_to_string(repo.dir.join(&repo.file)).unwrap();
        let marker = text.lines().find(|line| line.starts_with('<')).unwrap();
        let length = marker.len() - marker.trim_start_matches('<').len();
        assert_eq!(length, written, "{asked}");
    }
}

#[test]
fn a_set_with_markers_says_that_a_merge_is_not_finished() {
    let repo = Repo::new();
    repo.branches(&[Set("K5", "a")], &[Set("K5", "b")]);
    repo.git(["merge", "--quiet", "theirs"]).ends(1);
    let said = ["a merge of this file is not finished", "`vault resolve`"];
    for command in [&["get", "web", "K1"][..], &["set", "web", "X=1"]] {
        repo.vault_in(&repo.dir, command).fails(4, &said);
    }
}
