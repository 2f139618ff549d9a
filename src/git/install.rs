//! What git is told about the drivers, in the user's own configuration and never in a repository's.

use thiserror::Error;

use super::Git;
use crate::store::NoHistory;

/// Why git was not told of the drivers.
#[derive(Debug, Error)]
pub enum NotInstalled {
    /// The user has a command of their own there.
    #[error("{name} is set to a command that is not of vault")]
    Taken {
        /// Which setting.
        name: &'static str,
        /// As an option of `git config`.
        scope: &'static str,
    },
    /// git refused.
    #[error(transparent)]
    Git(#[from] NoHistory),
}

/// Where the drivers are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For every repository of this user.
    Global,
    /// For this repository.
    Local,
}

/// Every setting, with what it is set to. A driver is this vault only where it says so itself:
/// where there is none, or where another program of that name comes first (HashiCorp's), the merge
/// is git's own, with both sides in it, and never one that silently is ours. For the same reason
/// whatever ends otherwise than it should (and may not have written anything) ends the merge.
///
/// What shows files must never fail, or git stops in the middle of a log; without vault it shows the
/// ciphertext. What textconv makes is known by its first line: to ask first would be one more process
/// for every version. git adds the arguments at the end, hence the functions. What vault shows is
/// masked, and still git is to keep none of it.
pub(super) const SETTINGS: [(&str, &str); 7] = [
    ("merge.vault.name", "secrets, entry by entry"),
    (
        "merge.vault.driver",
        "if test \"$(vault git probe 2>/dev/null)\" = \"vault git drivers 1\"; \
         then vault git merge-driver --marker-size=%L --path=%P --base=%S --ours=%X --theirs=%Y -- %O %A %B; \
         end=$?; test $end -le 1 || end=129; exit $end; \
         else git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; fi",
    ),
    (
        "diff.vault.command",
        "show() { if test \"$(vault git probe 2>/dev/null)\" = \"vault git drivers 1\"; \
         then vault git diff \"$@\"; \
         elif test $# -lt 7; then echo \"* Unmerged path $1\"; \
         else git --no-pager diff --no-index --no-ext-diff --no-textconv -- \"$2\" \"$5\"; fi; true; }; show",
    ),
    (
        "diff.vault.textconv",
        "show() { out=$(vault git textconv \"$1\" 2>/dev/null); \
         case \"$out\" in \"# vault: \"*) printf '%s\\n' \"$out\";; *) cat \"$1\";; esac; true; }; show",
    ),
    ("diff.vault.cachetextconv", "false"),
    ("mergetool.vault.cmd", "vault resolve -- \"$MERGED\""),
    ("mergetool.vault.trustExitCode", "true"),
];

/// How the settings end that name a command.
const COMMANDS: [&str; 4] = [".driver", ".command", ".textconv", ".cmd"];

/// What `vault git probe` prints, and no other program of that name.
pub const PROBE: &str = "vault git drivers 1";

/// The parts of git's configuration that are ours.
const SECTIONS: [&str; 3] = ["merge.vault", "diff.vault", "mergetool.vault"];

impl Git {
    /// Configures the drivers; whether anything had to be. A command of the user's own that stands
    /// in the place of one is not written over.
    ///
    /// # Errors
    /// [`NotInstalled`], and then nothing is changed.
    pub fn install_drivers(&self, scope: Scope) -> Result<bool, NotInstalled> {
        let mut missing = Vec::new();
        for (name, value) in SETTINGS {
            let found = self.settings(scope, name)?;
            if found != [value] {
                let is_command = COMMANDS.iter().any(|end| name.ends_with(end));
                if is_command && found.iter().any(|old| !old.contains("vault ")) {
                    return Err(NotInstalled::Taken { name, scope: scope.flag() });
                }
                missing.push((name, value));
            }
        }
        for (name, value) in &missing {
            self.run(["config", scope.flag(), "--replace-all", name, value])?;
        }
        Ok(!missing.is_empty())
    }

    /// Takes out what [`install_drivers`](Self::install_drivers) put in; whether there was anything,
    /// and the settings that are another's and stay.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn uninstall_drivers(&self, scope: Scope) -> Result<(bool, Vec<&'static str>), NoHistory> {
        let (mut changed, mut kept) = (false, Vec::new());
        for (name, value) in SETTINGS {
            let found = self.settings(scope, name)?;
            if found.iter().any(|found| found == value) {
                let words = ["config", scope.flag(), "--unset-all", "--fixed-value", name, value];
                self.run(words)?;
                changed = true;
            }
            if found.iter().any(|found| found != value) {
                kept.push(name);
            }
        }
        // git leaves the headings.
        for section in SECTIONS.into_iter().filter(|_| changed) {
            let any = format!("^{}\\.", section.replace('.', "\\."));
            let left = self.output(["config", scope.flag(), "--get-regexp", &any])?;
            if !left.status.success() {
                let _: std::process::Output =
                    self.output(["config", scope.flag(), "--remove-section", section])?;
            }
        }
        Ok((changed, kept))
    }

    /// All that a setting is set to there.
    fn settings(&self, scope: Scope, name: &str) -> Result<Vec<String>, NoHistory> {
        let found = self.output(["config", scope.flag(), "--null", "--get-all", name])?;
        match found.status.code() {
            Some(0) => {
                let values = String::from_utf8_lossy(&found.stdout);
                Ok(values.split_terminator('\0').map(str::to_owned).collect())
            }
            Some(1) => Ok(Vec::new()),
            _ => Err(super::command::refused(&found.stderr)),
        }
    }
}

impl Scope {
    fn flag(self) -> &'static str {
        match self {
            Self::Global => "--global",
            Self::Local => "--local",
        }
    }
}
