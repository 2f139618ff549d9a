//! `vault doctor`

mod machine;
mod repository;

use std::process::ExitCode;

use serde_json::json;
use vault::store::Vault;

use super::report::{self, Failure};
use super::{Global, open, output};

/// Look for what is wrong with this machine and this repository, and say how to cure it
///
/// Asks nothing, changes nothing, opens nothing. Exits with 1 where something is wrong; a warning is
/// something that may be meant, and a note something that could be better.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Note,
    Warning,
    Error,
}

/// Something that was looked at.
struct Check {
    /// What, under a name that never changes.
    name: &'static str,
    level: Level,
    message: String,
    cure: Option<String>,
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, message: message.into(), cure: None }
    }

    fn found(
        name: &'static str,
        level: Level,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { name, level, message: message.into(), cure: Some(cure.into()) }
    }

    /// What could not be found out.
    fn unknown(name: &'static str, why: &dyn std::fmt::Display) -> Self {
        Self { name, level: Level::Note, message: format!("not known: {why}"), cure: None }
    }
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut checks = machine::checks();
    match Vault::find(&open::start_dir(global)) {
        Ok(vault) => checks.extend(repository::checks(&vault)),
        Err(why) => checks.push(Check::found(
            "vault",
            Level::Error,
            format!("nothing of a vault was looked at: {why}"),
            "run this in a folder of one, or name it with -C",
        )),
    }
    if args.json {
        let all = checks.iter().map(|check| {
            json!({
                "check": check.name,
                "level": check.level.as_str(),
                "message": check.message,
                "cure": check.cure,
            })
        });
        output::json(&all.collect())?;
    } else {
        for check in &checks {
            let level = check.level.as_str();
            output::line(&format!("{level:7}  {:10}  {}", check.name, check.message))?;
            if let Some(cure) = &check.cure {
                output::line(&format!("{:21}{cure}", ""))?;
            }
        }
    }
    let count = |level| checks.iter().filter(|check| check.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if errors > 0 {
        report::note(global, &format!("{errors} wrong, {warnings} to look at"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
