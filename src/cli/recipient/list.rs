//! `vault recipient list`

use serde_json::json;
use vault::model::MemberName;
use vault::store::Team;

use super::super::report::Failure;
use super::super::{Global, open, output, pins};

/// List the people and devices of the team, with their keys
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let team = vault.team()?;
    pins::look_at(global, &vault, &team)?;
    let members = team.members().iter().map(|(name, to)| (name, to, groups_of(&team, name)));
    if args.json {
        let members = members.map(|(name, to, groups)| {
            json!({"name": name.as_str(), "to": to.as_str(), "groups": groups})
        });
        return output::json(&members.collect());
    }
    if !output::is_terminal() {
        return members
            .map(|(name, to, _)| format!("{name} {to}"))
            .try_for_each(|line| output::line(&line));
    }
    let rows =
        members.map(|(name, to, groups)| [name.to_string(), groups.join(", "), to.to_string()]);
    output::table(["NAME", "GROUPS", "KEY"], &rows.collect::<Vec<_>>())
}

fn groups_of<'a>(team: &'a Team, name: &MemberName) -> Vec<&'a str> {
    let is_in = |group: &&MemberName| team.records_of(group).contains(name);
    team.groups().keys().filter(is_in).map(MemberName::as_str).collect()
}
