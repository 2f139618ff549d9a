//! How git is set up here: what bears on sealed files, and nothing else.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Git;
use super::command::NO_HOOKS;
use super::install::SETTINGS;
use super::objects::Name;
use super::source::Moment;
use super::verify::{Rule, wrong_treatment};
use crate::store::NoHistory;

/// Where git would keep what `textconv` prints, in clear, if it were told to.
const CACHE: &str = "refs/notes/textconv/vault";

/// A setting, as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose it is: `local`, `global`, `system`, `worktree` or `command`.
    pub scope: String,
    /// The file that says it, or `command line:`.
    pub place: String,
    /// What it is set to.
    pub value: String,
}

impl Git {
    /// Its version, in numbers.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn version(&self) -> Result<(u32, u32), NoHistory> {
        let said = self.run(["version"])?;
        let said = String::from_utf8_lossy(&said);
        let mut numbers = said.split([' ', '.']).filter_map(|part| part.trim().parse().ok());
        Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
    }

    /// The settings that are not as `install` makes them, each with what is in force instead.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn not_installed(&self) -> Result<Vec<(&'static str, Option<Setting>)>, NoHistory> {
        let mut missing = Vec::new();
        for (name, value) in SETTINGS {
            let found = self.in_force(name)?;
            if found.as_ref().is_none_or(|found| found.value != value) {
                missing.push((name, found));
            }
        }
        Ok(missing)
    }

    /// What a setting is here, and which file says so.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn in_force(&self, name: &str) -> Result<Option<Setting>, NoHistory> {
        self.last_setting(&["--get", name])
    }

    /// Who says that a setting is on, in whatever words, if it is.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn is_on(&self, name: &str) -> Result<Option<Setting>, NoHistory> {
        let found = self.last_setting(&["--type=bool", "--get", name])?;
        // What is no truth value is not off.
        let found = if found.is_none() { self.in_force(name)? } else { found };
        Ok(found.filter(|setting| setting.value != "false"))
    }

    /// The last of those that are found which this process does not itself say.
    fn last_setting(&self, asked: &[&str]) -> Result<Option<Setting>, NoHistory> {
        let words = ["config", "--null", "--show-scope", "--show-origin"];
        let found = self.output(words.iter().chain(asked))?;
        let text = String::from_utf8_lossy(&found.stdout);
        // `SCOPE NUL PLACE NUL VALUE NUL`
        let parts: Vec<&str> = text.split_terminator('\0').collect();
        let mut all = parts.chunks_exact(3).filter_map(|row| match row {
            [scope, place, value] => Some(Setting {
                scope: (*scope).to_owned(),
                place: place.strip_prefix("file:").unwrap_or(place).to_owned(),
                value: (*value).to_owned(),
            }),
            _ => None,
        });
        Ok(all.rfind(|setting| setting.value != NO_HOOKS))
    }

    /// Whether git keeps texts that were made of sealed files for it to show.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn has_cached_texts(&self) -> Result<bool, NoHistory> {
        Ok(self.output(["rev-parse", "--verify", "--quiet", CACHE])?.status.success())
    }

    /// What is wrong with how git treats these files, by all that has a say in it. They are named
    /// from this folder.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn mistreated(&self, files: &[String]) -> Result<Vec<(Rule, String)>, NoHistory> {
        let files = files.iter().map(|file| (file.clone(), Name::of_line(file.as_bytes())));
        let treatment = self.treatment(&Moment::WorkTree, files)?;
        Ok(treatment.as_ref().map(wrong_treatment).unwrap_or_default())
    }

    /// Which line of which file tells git to ignore this one, if one does.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn ignored_by(&self, path: &Path) -> Result<Option<String>, NoHistory> {
        // It does not take the one option of ours that makes a path no pattern.
        let words = ["--no-literal-pathspecs", "check-ignore", "--no-index", "--verbose", "--"];
        let words = words.map(OsStr::new);
        let said = self.output(words.into_iter().chain([path.as_os_str()]))?;
        match said.status.code() {
            Some(0) => {
                let said = String::from_utf8_lossy(&said.stdout);
                let line = said.split('\t').next().unwrap_or_default();
                // A later pattern may take it back.
                let again = line.rsplit(':').next().is_some_and(|rule| rule.starts_with('!'));
                Ok((!again).then(|| line.to_owned()))
            }
            Some(1) => Ok(None),
            _ => Err(super::command::refused(&said.stderr)),
        }
    }

    /// The folder that git runs hooks from.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn hooks(&self) -> Result<PathBuf, NoHistory> {
        let named = self.last_setting(&["--type=path", "--get-all", "core.hooksPath"])?;
        let (asked, below) = match named {
            Some(named) => ("--show-toplevel", PathBuf::from(named.value)),
            None => ("--git-common-dir", PathBuf::from("hooks")),
        };
        let folder = self.run(["rev-parse", "--path-format=absolute", asked])?;
        let folder = String::from_utf8_lossy(&folder);
        Ok(Path::new(folder.trim_end_matches('\n')).join(below))
    }
}
