//! What git is told about the drivers, in the user's own configuration and never in a repository's.

use super::Git;
use crate::store::NoHistory;

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

/// What `vault git probe` prints, and no other program of that name.
pub const PROBE: &str = "vault git drivers 1";

/// The parts of git's configuration that are ours.
const SECTIONS: [&str; 3] = ["merge.vault", "diff.vault", "mergetool.vault"];

impl Git {
    /// Configures the drivers; whether anything had to be.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn install_drivers(&self, scope: Scope) -> Result<bool, NoHistory> {
        let mut changed = false;
        for (name, value) in SETTINGS {
            if self.setting(scope, name)?.as_deref() == Some(value) {
                continue;
            }
            self.run(["config", scope.flag(), "--replace-all", name, value])?;
            changed = true;
        }
        Ok(changed)
    }

    /// Takes out what [`install_drivers`](Self::install_drivers) put in; whether there was anything.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub fn uninstall_drivers(&self, scope: Scope) -> Result<bool, NoHistory> {
        let mut changed = false;
        for (name, _) in SETTINGS {
            if self.setting(scope, name)?.is_some() {
                self.run(["config", scope.flag(), "--unset-all", name])?;
                changed = true;
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
        Ok(changed)
    }

    fn setting(&self, scope: Scope, name: &str) -> Result<Option<String>, NoHistory> {
        let found = self.output(["config", scope.flag(), "--null", "--get", name])?;
        match found.status.code() {
            Some(0) => {
                let value = String::from_utf8_lossy(&found.stdout).into_owned();
                Ok(Some(value.trim_end_matches('\0').to_owned()))
            }
            // Not set; 2 is set more than once, which is as wrong.
            Some(1) => Ok(None),
            Some(2) => Ok(Some(String::new())),
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
