//! docs/format.md names every refusal, and no other.

use std::collections::BTreeSet;

use super::codes;

const PAGE: &str = include_str!("../../docs/format.md");

/// The codes in the first column of the tables of "What a reader must refuse".
fn codes_of_the_page() -> BTreeSet<String> {
    let (_, section) = PAGE.split_once("\n## What a reader must refuse\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split_once("` |").unwrap().0.to_owned()).collect()
}

#[test]
fn the_page_lists_every_code_and_no_other() {
    assert_eq!(codes_of_the_page(), codes::all());
}
