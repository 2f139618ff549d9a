//! The `vault` command: words around the library. Parse, run, exit.

mod cli;

use std::process::ExitCode;

/// Freed memory is wiped, so that no copy a parser or a growing buffer made outlives its use.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main()
}
