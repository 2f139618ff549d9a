//! What must be true of a vault, checked without a key: each state alone, and against an earlier
//! one. With an identity also that no value stands anywhere in clear.

mod files;
mod finding;
mod forged;
mod needles;
mod outside;
mod past;
mod readers;

pub use finding::{Finding, Level, Rule};
pub use outside::{Coverage, leaks};

use super::source::Contents;
use super::survey::Survey;
use crate::model::Date;

/// Everything that is wrong with a state of a vault, in the order of its files. `past` are earlier
/// states that it must be a continuation of; what is past its day on `today` is among it.
pub fn verify(now: &Contents, past: &[Contents], today: Option<Date>) -> (Survey, Vec<Finding>) {
    let mut findings = Vec::new();
    let survey = Survey::of(now, &mut findings);
    files::check(now, &survey, today, &mut findings);
    readers::check(&survey, &mut findings);
    forged::within(&survey, &mut findings);
    for past in past {
        // What was wrong then is not what is asked.
        let before = Survey::of(past, &mut Vec::new());
        past::check(&before, &survey, &mut findings);
    }
    findings.sort();
    findings.dedup();
    (survey, findings)
}
