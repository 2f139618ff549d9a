//! The rules of the house (docs/architecture.md, "Invariants"), as tests over the source text.
//!
//! Every rule is a function from one file to its findings, so that `proofs` can show on invented
//! text that the rule fires. The lists that rules need stand in `rules`, each entry with its reason.

mod proofs;
mod rules;
mod source;

use std::fs;
use std::path::Path;

use source::Source;

/// Looks at one file and says what is wrong with it, a line each: `path:line: rule`.
type Rule = fn(&Source) -> Vec<String>;

/// Every Rust file below `folders`, in order of path.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(Path::new(env!("CARGO_MANIFEST_DIR")), folder, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return; // examples/ and benches/ need not exist
    };
    for entry in entries {
        let entry = entry.unwrap_or_else(|e| panic!("{folder}: {e}"));
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(root, &path, found);
        } else if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path()).unwrap_or_else(|e| panic!("{path}: {e}"));
            found.push(Source::new(path, text));
        }
    }
}

/// Applies a rule to every Rust file of `folders`.
fn hold(rule: Rule, folders: &[&str]) {
    let files = sources(folders);
    assert!(!files.is_empty(), "no Rust file below {folders:?}: the rule was not checked");
    let findings: Vec<String> = files.iter().flat_map(rule).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

const LIBRARY_AND_BINARIES: &[&str] = &["src"];
const EVERYTHING: &[&str] = &["src", "tests", "examples", "benches"];

#[test]
fn layers_import_downward_only() {
    hold(rules::layers, LIBRARY_AND_BINARIES);
}

#[test]
fn the_lower_layers_do_no_input_or_output() {
    hold(rules::no_io_below_store, LIBRARY_AND_BINARIES);
}

#[test]
fn only_the_cli_prints() {
    hold(rules::prints, LIBRARY_AND_BINARIES);
}

#[test]
fn only_the_store_writes_to_disk() {
    hold(rules::writes, LIBRARY_AND_BINARIES);
}

#[test]
fn plaintext_is_exposed_in_listed_files_only() {
    hold(rules::exposes, LIBRARY_AND_BINARIES);
}

#[test]
fn every_file_listed_as_exposing_does() {
    let idle: Vec<&str> = rules::MAY_EXPOSE
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| {
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
            text.is_ok_and(|text| !text.contains("expose()") && !text.contains("fn expose"))
        })
        .collect();
    assert!(idle.is_empty(), "listed in rules::MAY_EXPOSE and does not call it: {idle:?}");
}

#[test]
fn nothing_in_src_unwraps() {
    hold(rules::unwraps, LIBRARY_AND_BINARIES);
}

#[test]
fn every_file_says_what_it_is() {
    hold(rules::opens_with_its_purpose, EVERYTHING);
}

#[test]
fn files_and_functions_stay_short() {
    hold(rules::lengths, EVERYTHING);
}

#[test]
fn names_say_what_a_thing_is() {
    hold(rules::names, EVERYTHING);
}

#[test]
fn nothing_is_left_undone_or_ignored() {
    hold(rules::unfinished, EVERYTHING);
}

#[test]
fn no_function_takes_a_bool() {
    hold(rules::bool_parameters, EVERYTHING);
}

#[test]
fn test_modules_are_compiled_for_tests_only() {
    hold(rules::test_modules, LIBRARY_AND_BINARIES);
}
