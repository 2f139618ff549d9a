//! What keeps the vault process itself from being read: no core file, no debugger, no
//! `/proc/PID/mem` for other processes of the same user.
//!
//! Freed memory is wiped by the allocator of the binary. A command started by vault gets back
//! every limit that was changed here.

#[cfg(unix)]
pub use unix::harden;
#[cfg(unix)]
pub(super) use unix::release;

#[cfg(unix)]
mod unix {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// The core limit vault was started with.
    static CORE: OnceLock<Rlimit> = OnceLock::new();

    /// Forbids core files and, on Linux, tracing. To be called once, before anything secret is
    /// read. Best effort: where the system says no, vault works all the same.
    pub fn harden() {
        let limit = *CORE.get_or_init(|| getrlimit(Resource::Core));
        // The soft limit only: a lowered hard limit could never be given back to the command.
        let none = Rlimit { current: Some(0), maximum: limit.maximum };
        let _: rustix::io::Result<()> = setrlimit(Resource::Core, none);
        // Also makes /proc/PID/{mem,environ} root's. The kernel takes it back at execve.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _: rustix::io::Result<()> =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }

    /// Gives the core limit back, for the command this process is about to become.
    pub(in crate::exec) fn release() {
        if let Some(limit) = CORE.get() {
            let _: rustix::io::Result<()> = setrlimit(Resource::Core, *limit);
        }
    }
}

/// Nothing of this kind is known to help here.
#[cfg(not(unix))]
pub fn harden() {}
