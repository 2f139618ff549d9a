//! Who is left after someone was removed. Whoever plans to leave may have let somebody in, so this
//! says who let in each of them.

use std::path::Path;

use vault::model::MemberName;
use vault::store::{Team, Vault};

use super::super::{Global, approve, pins, report};

/// Says who remains.
pub(super) fn tell(global: &Global, vault: &Vault, team: &Team) {
    if global.quiet {
        return;
    }
    let names = team.members().keys().map(MemberName::as_str).collect::<Vec<_>>().join(", ");
    if let Err(why) = pins::history(vault).last_change(Path::new("team.toml")) {
        report::note(global, &format!("who remains: {names} (who added them is not known: {why})"));
        return;
    }
    report::note(global, "who remains, and who added them:");
    for (name, key) in team.members() {
        report::show(&format!("  {name}: {}", approve::origin(vault, name, key)));
    }
}
