//! Editing without an editor, where there is no place for its file: one question for each value,
//! whose answer is not shown.

use vault::edit::Draft;
use vault::model::{KeyName, SecretValue};

use super::Args;
use crate::cli::report::Failure;
use crate::cli::term;

/// Asks for new values.
pub(super) fn ask(args: &Args, base: &Draft) -> Result<Draft, Failure> {
    let mut draft = base.duplicate();
    if let Some(key) = &args.key {
        return ask_for(args, draft, key);
    }
    for key in base.keys() {
        draft = ask_for(args, draft, key)?;
    }
    while let Some(key) = new_key(base)? {
        draft = ask_for(args, draft, &key)?;
    }
    Ok(draft)
}

fn ask_for(args: &Args, draft: Draft, key: &KeyName) -> Result<Draft, Failure> {
    let kept = if draft.value(key).is_some() { "empty keeps it" } else { "empty leaves it out" };
    let mut typed = term::ask_hidden(&format!("value of {key} in {} ({kept}): ", args.set))
        .map_err(|why| why.hint("nothing was written"))?;
    if typed.is_empty() {
        return Ok(draft);
    }
    let value = SecretValue::new(std::mem::take(&mut *typed));
    let value = value.map_err(|why| Failure::failed(format!("{key}: {why}")))?;
    Ok(draft.with(key, value))
}

/// Another key, until none is given.
fn new_key(base: &Draft) -> Result<Option<KeyName>, Failure> {
    loop {
        let Some(answer) = term::ask("another key (empty ends): ")?.filter(|a| !a.is_empty())
        else {
            return Ok(None);
        };
        match answer.parse::<KeyName>() {
            Ok(key) if base.value(&key).is_none() => return Ok(Some(key)),
            // What was typed may be a value, so it is not repeated; it is asked for again.
            Ok(_) | Err(_) => {}
        }
    }
}
