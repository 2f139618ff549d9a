//! What is wrong with the arguments. clap's own messages repeat what was typed, and what was typed
//! in the wrong place may well be a secret, so these do not.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The message, and what to do about it.
pub(crate) fn explain(error: &clap::Error) -> (String, Option<String>) {
    (message(error), suggestion(error).or_else(|| usage(error)))
}

fn message(error: &clap::Error) -> String {
    let argument = || names(error, ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::InvalidValue => match names(error, ContextKind::ValidValue) {
            known if known.is_empty() => format!("{} needs a value", argument()),
            known => format!("{} is one of: {known}", argument()),
        },
        ErrorKind::ValueValidation => match error.source() {
            Some(why) => format!("{}: {why}", argument()),
            None => format!("{} is not as it must be", argument()),
        },
        ErrorKind::UnknownArgument => match argument() {
            option if is_plain_option(&option) => format!("there is no option {option} here"),
            option if option.starts_with('-') => "there is no such option".to_owned(),
            _ => "there is an argument too many".to_owned(),
        },
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("needs {}", argument()),
        // A word after an argument, where a command of its own was possible too.
        ErrorKind::ArgumentConflict if argument().is_empty() => {
            "there is an argument too many".to_owned()
        }
        ErrorKind::ArgumentConflict => match names(error, ContextKind::PriorArg) {
            other if other.is_empty() || other == argument() => {
                format!("{} can be given only once", argument())
            }
            other => format!("{} does not go with {other}", argument()),
        },
        ErrorKind::NoEquals => format!("{} takes its value after `=`", argument()),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => "these arguments are not understood".to_owned(),
    }
}

/// `--quite`, and not a value that happens to begin with a dash.
fn is_plain_option(text: &str) -> bool {
    let Some(name) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
        return false;
    };
    let inside = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    inside && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 24
}

fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg];
    let found = kinds.map(|kind| names(error, kind)).into_iter().find(|name| !name.is_empty());
    found.map(|name| format!("did you mean {name}?"))
}

fn usage(error: &clap::Error) -> Option<String> {
    let ContextValue::StyledStr(text) = error.get(ContextKind::Usage)? else { return None };
    let text = text.to_string();
    let forms = text.trim_start_matches("Usage:").lines().map(str::trim);
    let forms: Vec<&str> = forms.filter(|form| !form.is_empty()).collect();
    Some(format!("usage: {}; --help says more", forms.join(", or ")))
}

/// The names that clap gives for this, all of them its own or ours.
fn names(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(one)) => one.clone(),
        Some(ContextValue::Strings(several)) => several.join(", "),
        _ => String::new(),
    }
}
