//! How git is set up here: what bears on sealed files, and nothing else.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Git;
use super::install::SETTINGS;
use crate::store::NoHistory;

/// Where git would keep what `textconv` prints, in clear, if it were told to.
const CACHE: &str = "refs/notes/textconv/vault";

/// What git does with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The merge driver, or `unspecified`.
    pub merge: String,
    /// The filter that would see, or make, another text than the one that stands there.
    pub filter: String,
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

    /// The settings that `install` would still have to make, in whatever file they belong.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn not_installed(&self) -> Result<Vec<&'static str>, NoHistory> {
        let mut missing = Vec::new();
        for (name, value) in SETTINGS {
            if self.in_force(name)?.as_deref() != Some(value) {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    /// What a setting is here, whichever file says so.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn in_force(&self, name: &str) -> Result<Option<String>, NoHistory> {
        let found = self.output(["config", "--null", "--get", name])?;
        let value = String::from_utf8_lossy(&found.stdout);
        Ok(found.status.success().then(|| value.trim_end_matches('\0').to_owned()))
    }

    /// Whether git keeps texts that were made of sealed files for it to show.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn has_cached_texts(&self) -> Result<bool, NoHistory> {
        Ok(self.output(["rev-parse", "--verify", "--quiet", CACHE])?.status.success())
    }

    /// What git does with a file, by all that has a say in it.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn attributes(&self, path: &Path) -> Result<Attributes, NoHistory> {
        let words = ["check-attr", "-z", "merge", "filter", "--"].map(OsStr::new);
        let said = self.run(words.into_iter().chain([path.as_os_str()]))?;
        let said = String::from_utf8_lossy(&said);
        // `PATH NUL ATTRIBUTE NUL VALUE NUL`
        let parts: Vec<&str> = said.split('\0').collect();
        let mut found = Attributes::default();
        for row in parts.chunks_exact(3) {
            match row {
                [_, "merge", value] => (*value).clone_into(&mut found.merge),
                [_, "filter", value] => (*value).clone_into(&mut found.filter),
                _ => {}
            }
        }
        Ok(found)
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

    /// The folder that hooks are in, if no setting names another.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn hooks(&self) -> Result<PathBuf, NoHistory> {
        let words = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        let folder = self.run(words)?;
        Ok(Path::new(String::from_utf8_lossy(&folder).trim_end()).join("hooks"))
    }
}
