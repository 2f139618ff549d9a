//! The codes of refusals, read out of the source, so that a new one cannot be forgotten.

use std::collections::BTreeSet;

use vault::envelope::{Malformed, OpenError, Place};

const RULES: &str = include_str!("../../src/envelope/rule.rs");
const TAMPERINGS: &str = include_str!("../../src/envelope/opened.rs");

/// Every code that `Rule::code` and `Tampering::code` can give.
pub(super) fn all() -> BTreeSet<String> {
    let (rules, tamperings) = (of(RULES), of(TAMPERINGS));
    assert!(rules.len() >= 50 && tamperings.len() >= 9, "the functions are not found any more");
    rules.into_iter().chain(tamperings).collect()
}

/// The texts behind the arrows in the function `code` of a file.
fn of(source: &str) -> BTreeSet<String> {
    let (_, function) = source.split_once("fn code(").unwrap();
    let (body, _) = function.split_once("\n    }\n").unwrap();
    let arrows = body.lines().filter_map(|line| line.split_once("=> \""));
    arrows.map(|(_, code)| code.trim_end_matches(['"', ',']).to_owned()).collect()
}

/// Code, line and place of a refusal.
pub(super) type Refused = (String, usize, String);

pub(super) fn malformed(error: Malformed) -> Refused {
    (error.rule.code().to_owned(), error.line, error.place)
}

/// What tampering is called, and where; anything else is no refusal of the file.
pub(super) fn tampered(error: &OpenError) -> Refused {
    let OpenError::Tampered { place, why } = error else { panic!("{error}") };
    let place = match place {
        Place::File => "vault".to_owned(),
        Place::Recipient(name) => format!("recipients.{name}"),
        Place::Departed(name) => format!("departed.{name}"),
        Place::Entry(key) => format!("values.{key}"),
    };
    (why.code().to_owned(), 0, place)
}
