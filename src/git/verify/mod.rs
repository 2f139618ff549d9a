//! What must be true of a vault, checked without a key: each state alone, and against an earlier
//! one. With an identity also that no value stands anywhere in clear.

mod files;
mod finding;
mod forged;
mod needles;
mod outside;
mod past;
mod proof;
mod readers;
mod spellings;
mod treatment;

pub use finding::{Finding, Level, Rule};
pub use outside::{Coverage, leaks};
pub use proof::{Proof, Proofs, WithKey, WithoutKey};
pub(super) use treatment::wrong as wrong_treatment;

use super::source::Contents;
use super::survey::Survey;
use crate::model::Date;
use crate::store::NoHistory;

/// Everything that is wrong with a state of a vault, in the order of its files. `past` are earlier
/// states that it must be a continuation of, which `proofs` may tell more of; what is past its day
/// on `today` is among it.
///
/// # Errors
/// [`NoHistory`]: git was asked for a proof, and does not answer.
pub fn verify(
    now: &Contents,
    past: &[Contents],
    today: Option<Date>,
    proofs: &dyn Proofs,
) -> Result<(Survey, Vec<Finding>), NoHistory> {
    let mut findings = Vec::new();
    let survey = Survey::of(now, &mut findings);
    files::check(now, &survey, today, &mut findings);
    treatment::check(now, &mut findings);
    readers::check(&survey, &mut findings);
    forged::within(&survey, &mut findings);
    for past in past {
        // What was wrong then is not what is asked.
        let before = Survey::of(past, &mut Vec::new());
        past::check(&before, &survey, proofs, &mut findings)?;
    }
    findings.sort();
    findings.dedup();
    Ok((survey, findings))
}
