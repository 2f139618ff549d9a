//! How much a command's arguments and environment are, for when the kernel refuses them.
//!
//! The kernel says "argument list too long" and names nothing. It is asked all the same, for only
//! it knows; then Linux' sum is repeated here (`bprm_stack_limits` and `bprm_hit_stack_limit` in
//! fs/exec.c) to say how much it was and which variables made the most of it.

use std::fmt;
#[cfg(unix)]
use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

#[cfg(unix)]
use super::env::ChildEnv;

/// A command's arguments and environment are more than the system takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooMuch {
    /// Bytes of all arguments and variables, with what the system needs to list them.
    pub total: usize,
    /// Bytes the system takes, where that is known to be the reason.
    pub limit: Option<usize>,
    /// The largest variables and their bytes, the largest first.
    pub largest: Vec<(String, usize)>,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the command's arguments and environment have {} bytes, ", self.total)?;
        match self.limit {
            Some(limit) => write!(f, "and this system takes {limit}")?,
            None => f.write_str("more than this system takes")?,
        }
        for (index, (name, bytes)) in self.largest.iter().enumerate() {
            let before = if index == 0 { "; the largest are" } else { "," };
            write!(f, "{before} {name} ({bytes} bytes)")?;
        }
        Ok(())
    }
}

impl std::error::Error for TooMuch {}

/// What is about to be handed to the kernel.
#[cfg(unix)]
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) env: &'a ChildEnv<'a>,
    pub(super) program: &'a Path,
    pub(super) name: &'a OsStr,
    pub(super) args: &'a [OsString],
}

#[cfg(unix)]
impl Load<'_> {
    /// The report on a load that the kernel refused.
    pub(super) fn too_much(self) -> TooMuch {
        const SHOWN: usize = 3;
        let mut largest: Vec<(&OsStr, usize)> = Vec::with_capacity(SHOWN + 1);
        for (name, value) in self.env.pairs() {
            let bytes = name.len() + 1 + value.len();
            let place = largest.partition_point(|(_, other)| *other >= bytes);
            if place < SHOWN {
                largest.insert(place, (name, bytes));
                largest.truncate(SHOWN);
            }
        }
        let named = |(name, bytes): (&OsStr, usize)| (name.to_string_lossy().into_owned(), bytes);
        let total = self.total();
        TooMuch {
            total,
            limit: limit().filter(|limit| total > *limit),
            largest: largest.into_iter().map(named).collect(),
        }
    }

    /// Every string with its NUL, and a pointer to each; the program's path has no pointer.
    fn total(self) -> usize {
        const POINTER: usize = size_of::<usize>();
        let path = self.program.as_os_str().len() + 1;
        let args = self.args.iter().map(OsString::as_os_str).chain([self.name]);
        let args: usize = args.map(|arg| arg.len() + 1 + POINTER).sum();
        let env = self.env.pairs().map(|(name, value)| name.len() + value.len() + 2 + POINTER);
        path + args + env.sum::<usize>()
    }
}

/// What the kernel takes in all: a quarter of the stack, never over 6 MiB nor under 128 KiB.
#[cfg(target_os = "linux")]
fn limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    const MOST: u64 = 6 << 20;
    const LEAST: u64 = 128 << 10;
    let stack = getrlimit(Resource::Stack).current.unwrap_or(u64::MAX);
    usize::try_from((stack / 4).clamp(LEAST, MOST)).ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn limit() -> Option<usize> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Options;
    use crate::exec::fixture::Sets;

    #[test]
    fn the_report_names_the_three_largest_variables_and_shows_no_value() {
        let value = |bytes: usize| "v".repeat(bytes);
        let entries = [
            ("A", value(5)),
            ("B", value(70)),
            ("C", value(9)),
            ("D", value(80)),
            ("E", value(70)),
        ];
        let sets = Sets::of(&[("web", &entries)]);
        let options = Options::default();
        let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
        let load =
            Load { env: &env, program: Path::new("/bin/x"), name: OsStr::new("x"), args: &[] };
        let report = TooMuch { limit: Some(9), ..load.too_much() };
        // "/bin/x" and "x", each variable with `=` and NUL, and six pointers.
        let total = 7 + 2 + (5 + 70 + 9 + 80 + 70) + 5 * 3 + 6 * size_of::<usize>();
        assert_eq!(
            report.to_string(),
            format!(
                "the command's arguments and environment have {total} bytes, and this system \
                 takes 9; the largest are D (82 bytes), B (72 bytes), E (72 bytes)"
            )
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_sum_is_the_kernels_own_to_the_byte() {
        use crate::exec::replace::direct;

        let mut room = limit().unwrap();
        let arguments = ["one".into(), String::new().into()];
        let program = Path::new("/bin/true");
        let pointers = 3 * size_of::<usize>();
        room -= "/bin/true".len() + "true".len() + "one".len() + 4 + pointers;
        let mut entries = Vec::new();
        while room > 0 {
            // A name of six bytes, `=`, NUL and a pointer; never so little left that none fits.
            let whole = room.min(if room > 200_000 { 100_000 } else { 50_000.max(room / 2) });
            entries.push((format!("K{:05}", entries.len()), "v".repeat(whole - 16)));
            room -= whole;
        }
        for (extra, fits) in [("", true), ("v", false)] {
            entries.last_mut().unwrap().1.push_str(extra);
            let named: Vec<_> = entries.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let sets = Sets::of(&[("web", &named)]);
            let options = Options::default();
            let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
            let load = Load { env: &env, program, name: OsStr::new("true"), args: &arguments };
            assert_eq!(load.too_much().limit, if fits { None } else { limit() });
            let started = direct(load).status();
            assert_eq!(started.as_ref().is_ok_and(std::process::ExitStatus::success), fits);
            if let Err(error) = started {
                assert_eq!(error.kind(), std::io::ErrorKind::ArgumentListTooLong);
            }
        }
    }
}
