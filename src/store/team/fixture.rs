//! A team for tests.

use super::{Team, TeamError};

pub(super) const ALICE: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

/// A team of alice, whose table ends on line 5, and what follows.
pub(super) fn team(rest: &str) -> Result<Team, TeamError> {
    let head = "[team]\nformat = 1\nid = \"b64:AAAAAAAAAAAAAAAAAAAAAA\"\n";
    Team::parse(format!("{head}[members.alice]\nto = \"{ALICE} alice\"\n{rest}").as_bytes())
}
