//! Keeping an editor from writing anywhere but into one folder: Landlock, where the kernel has it.
//!
//! The editor may read and run whatever the person may. It may write to terminals and connect to
//! no TCP port, so that an extension sends the text nowhere. What it reaches by other means, an
//! editor's server that is running already, say, is not kept from anything.

use std::path::Path;

/// Whether an editor is kept from writing elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confinement {
    /// By the kernel.
    Confined,
    /// By nothing but its own options.
    Free,
}

/// What this system can do.
pub fn available() -> Confinement {
    imp::available()
}

/// Confines this thread, and every process it starts from now on, to writing below `folder`.
///
/// # Errors
/// Landlock is there and does not take the rules.
pub(super) fn confine_thread(folder: &Path) -> std::io::Result<Confinement> {
    imp::confine_thread(folder)
}

#[cfg(target_os = "linux")]
mod imp {
    use std::io;
    use std::path::Path;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreated, RulesetCreatedAttr, RulesetStatus, path_beneath_rules,
    };

    use super::Confinement;

    /// The newest version the tests have run on; an older kernel enforces what it knows.
    const TESTED: ABI = ABI::V7;

    /// Terminals, and the places that keep nothing.
    const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/pts"];

    pub(super) fn available() -> Confinement {
        let strict = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        let made = strict.handle_access(AccessFs::from_write(ABI::V1)).and_then(Ruleset::create);
        if made.is_ok() { Confinement::Confined } else { Confinement::Free }
    }

    pub(super) fn confine_thread(folder: &Path) -> io::Result<Confinement> {
        let write = AccessFs::from_write(TESTED);
        let places = DEVICES.into_iter().map(Path::new).chain([folder]);
        let status = Ruleset::default()
            .handle_access(write)
            .and_then(|rules| rules.handle_access(AccessNet::from_all(TESTED)))
            .and_then(Ruleset::create)
            .and_then(|rules| rules.add_rules(path_beneath_rules(places, write)))
            .and_then(RulesetCreated::restrict_self)
            .map_err(io::Error::other)?;
        Ok(match status.ruleset {
            RulesetStatus::NotEnforced => Confinement::Free,
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => {
                Confinement::Confined
            }
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;
    use std::path::Path;

    use super::Confinement;

    pub(super) fn available() -> Confinement {
        Confinement::Free
    }

    pub(super) fn confine_thread(_: &Path) -> io::Result<Confinement> {
        Ok(Confinement::Free)
    }
}
