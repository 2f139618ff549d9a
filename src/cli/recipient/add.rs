//! `vault recipient add`

use std::path::PathBuf;

use clap::ValueHint;
use clap_complete::ArgValueCandidates;
use vault::crypto::Recipient;
use vault::envelope::Request;
use vault::model::MemberName;
use vault::store::{Concerning, Grant, Team, TeamError, Vault};

use super::super::approve::Trust;
use super::super::report::{self, Failure};
use super::super::rewrap::{Asked, Files, Named, Rewrap};
use super::super::{Global, change, complete, open};
use super::keys;

/// Let someone, or one more device of someone, read
///
/// Every file that the rules in team.toml let them read is encrypted for them too. A KEY given in
/// full is taken without a question. Without KEY it is the one of their request (`vault join`),
/// which is shown and asked about.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A person, or one device of a person
    #[arg(value_name = "NAME[/DEVICE]", add = ArgValueCandidates::new(complete::requests))]
    name: MemberName,
    /// Their public key: age1…, ssh-ed25519 … or ssh-rsa …
    #[arg(value_name = "KEY", num_args = 0.., conflicts_with = "key_file")]
    key: Vec<String>,
    /// Take the key from a file, such as github.com/USER.keys, and ask
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key_file: Option<PathBuf>,
    /// Put them into this group, which is made if it is not there
    #[arg(long = "group", value_name = "GROUP", add = ArgValueCandidates::new(complete::groups))]
    groups: Vec<MemberName>,
    #[command(flatten)]
    trust: Trust,
}

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    CommandLine,
    File,
    Request,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let vault = open::find_vault(global)?;
    let (key, origin) = key_of(global, &vault, args)?;
    let request = request(global, &vault, &args.name).filter(|request| request.to == key);
    let given = (origin == Origin::CommandLine).then_some(&args.name);
    let edit = |team: &mut Team| edit(team, args, &key, origin);
    let rewrap = Rewrap { given, ..Rewrap::of_somebody(global, &vault, edit, &args.trust) };
    let (_, done) = rewrap.run(rewrap.plan()?)?;
    report::note(global, &format!("{} is a member now, {key}", args.name));
    if let Some(request) = request {
        vault.lock(|| change::waiting(global))?.remove_request(&request)?;
    }
    done.finish()?;
    report::hint(global, "commit and push .secrets, so that they can read");
    Ok(())
}

/// The request that is answered by the way, if there is one: what is none stands in nobody's way.
fn request(global: &Global, vault: &Vault, name: &MemberName) -> Option<Request> {
    match vault.request(name) {
        Ok(request) => request,
        Err(why) => {
            report::warn(global, &format!("what stands for a request of {name} is none: {why}"));
            None
        }
    }
}

fn key_of(global: &Global, vault: &Vault, args: &Args) -> Result<(Recipient, Origin), Failure> {
    if !args.key.is_empty() {
        return Ok((keys::from_words(&args.key)?, Origin::CommandLine));
    }
    if let Some(file) = &args.key_file {
        return Ok((keys::from_file(file)?, Origin::File));
    }
    if vault.team()?.members().contains_key(&args.name) {
        return Err(TeamError::Exists(args.name.clone()).into());
    }
    if let Some(request) = vault.request(&args.name)? {
        return Ok((request.to, Origin::Request));
    }
    let requests = vault.requests()?;
    for why in &requests.refused {
        report::warn(global, &format!("what stands among the requests is none: {why}"));
    }
    let asking: Vec<_> = requests.names.iter().map(ToString::to_string).collect();
    let hint = match asking.as_slice() {
        [] => format!(
            "give their KEY, or --key-file FILE with what github.com/USER.keys says, or let them run `vault join {}` and push",
            args.name
        ),
        names => format!(
            "there are requests of {}; or give their KEY, or --key-file FILE with what github.com/USER.keys says",
            names.join(", ")
        ),
    };
    Err(Failure::failed(format!("{} has not asked to join", args.name)).hint(hint))
}

fn edit(team: &mut Team, args: &Args, key: &Recipient, origin: Origin) -> Result<Asked, Failure> {
    if team.members().get(&args.name) == Some(key) {
        return Err(Failure::from(TeamError::Exists(args.name.clone()))
            .hint("it is this key; `vault rekey` lets it read what it does not read yet"));
    }
    team.add_member(&args.name, key.clone())?;
    for group in &args.groups {
        team.add_to_group(group, std::slice::from_ref(&args.name))?;
    }
    let groups = args.groups.iter().cloned();
    let groups = groups.map(|group| Grant::Group(group, vec![args.name.clone()]));
    Ok(Asked {
        concerning: Concerning::Only { names: vec![args.name.clone()], keys: vec![key.clone()] },
        files: Files::All,
        // Of a key that nobody typed, both are asked: whose it is, and what it may read.
        named: Named::ByChange(match origin {
            Origin::CommandLine => vec![args.name.clone()],
            Origin::File | Origin::Request => Vec::new(),
        }),
        ends: Vec::new(),
        grants: groups.collect(),
        comes: Some((args.name.clone(), key.clone())),
    })
}
