//! The question before a data key is wrapped for someone this machine has not approved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vault::crypto::Recipient;
use vault::envelope::Recipients;
use vault::git::{Added, Commit};
use vault::model::{Kind, MemberName, SetName};
use vault::store::{MemberPin, Vault};

use super::report::{self, Failure};
use super::{Global, pins, term};

/// For commands that wrap data keys for members.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Trust {
    /// Approve the key this member has in team.toml, without asking
    #[arg(long = "trust", value_name = "NAME")]
    names: Vec<MemberName>,
}

impl Trust {
    /// Whom the command line approves.
    pub(crate) fn names(&self) -> &[MemberName] {
        &self.names
    }
}

/// Someone who is about to be able to read files.
#[derive(Debug, Clone)]
pub(crate) struct Gain {
    /// Who.
    pub(crate) member: MemberName,
    /// With which key.
    pub(crate) to: Recipient,
    /// What: `sets/web`, `pull/ghcr`.
    pub(crate) files: Vec<String>,
}

impl Gain {
    /// What the readers of a new file gain.
    pub(crate) fn of_new_file(kind: Kind, name: &SetName, readers: &Recipients) -> Vec<Self> {
        let gain = |(member, to): (&MemberName, &Recipient)| Self {
            member: member.clone(),
            to: to.clone(),
            files: vec![format!("{}/{name}", kind.folder())],
        };
        readers.iter().map(gain).collect()
    }
}

/// Lets nobody gain anything whose key this machine has not approved: shows each, and asks, before
/// anything is written. `trusted` are approved without a question.
pub(crate) fn require(
    global: &Global,
    vault: &Vault,
    gains: &[Gain],
    trusted: &[MemberName],
) -> Result<(), Failure> {
    let mut pins = pins::recall(global, vault)?;
    let unknown = strangers(gains, |gain| pins.member(&gain.member, &gain.to));
    let asked: Vec<&Stranger> =
        unknown.iter().filter(|stranger| !trusted.contains(&stranger.gain.member)).collect();
    for stranger in &asked {
        describe(vault, stranger);
    }
    if !asked.is_empty() && !term::can_ask(global) {
        return Err(unasked(&asked));
    }
    for stranger in &asked {
        let name = &stranger.gain.member;
        if !term::confirm(&format!("is this {name}'s key, and may {name} read that?"))? {
            return Err(Failure::failed(format!("{name} was not approved; nothing was written")));
        }
    }
    for Stranger { gain, .. } in unknown {
        pins.approve(gain.member, gain.to);
    }
    pins::remember(global, &mut pins);
    Ok(())
}

/// Whom the team's rules let read a new file. Each of them is approved.
pub(crate) fn readers_of_new(
    global: &Global,
    vault: &Vault,
    kind: Kind,
    name: &SetName,
    trust: &Trust,
) -> Result<Recipients, Failure> {
    let readers = vault.team()?.readers_of(kind, name)?;
    require(global, vault, &Gain::of_new_file(kind, name, &readers), trust.names())?;
    Ok(readers)
}

/// Someone whose key is new here, or another than before.
pub(crate) struct Stranger {
    pub(crate) gain: Gain,
    pub(crate) replaces: Option<Recipient>,
}

/// Shows a key, where it comes from, and what it opens.
pub(crate) fn describe(vault: &Vault, stranger: &Stranger) {
    let Stranger { gain, replaces } = stranger;
    let name = &gain.member;
    let what = if replaces.is_some() { "has another key than before" } else { "is new here" };
    report::show(&format!("{name} {what}"));
    report::show(&format!("  key       {}", spelled(&gain.to)));
    if let Some(old) = replaces {
        report::show(&format!("  replaces  {}", spelled(old)));
    }
    report::show(&format!("  added     {}", origin(vault, name, &gain.to)));
    report::show(&format!("  gains     {}", some_of(&gain.files)));
}

/// A key's kind and fingerprint, and the key itself where a person can compare it.
fn spelled(key: &Recipient) -> String {
    const SHORT: usize = 100;
    let text = key.as_str();
    let text = if text.len() <= SHORT { format!(", {text}") } else { String::new() };
    format!("{} {}{text}", key.kind(), key.fingerprint())
}

/// Who brought a key into the team file, or else into a request to join.
pub(crate) fn origin(vault: &Vault, name: &MemberName, key: &Recipient) -> String {
    let git = pins::history(vault);
    let request = PathBuf::from("requests").join(format!("{name}.toml"));
    let mut found = git.added(Path::new("team.toml"), key.as_str());
    if found == Ok(Added::NotCommitted) {
        found = git.added(&request, key.as_str());
    }
    match found {
        Ok(Added::In(commit)) => said(&commit),
        Ok(Added::NotCommitted) => "not committed yet".to_owned(),
        Err(why) => format!("by whom is not known: {why}"),
    }
}

/// A commit, for a person.
pub(crate) fn said(commit: &Commit) -> String {
    format!(
        "by {} on {}, commit {} ({})",
        commit.author,
        commit.date,
        commit.short(),
        commit.subject
    )
}

fn strangers(gains: &[Gain], pin: impl Fn(&Gain) -> MemberPin) -> Vec<Stranger> {
    let mut found: BTreeMap<(&MemberName, &str), Stranger> = BTreeMap::new();
    for gain in gains {
        let replaces = match pin(gain) {
            MemberPin::Approved => continue,
            MemberPin::New => None,
            MemberPin::Changed { approved } => Some(approved),
        };
        let stranger = found.entry((&gain.member, gain.to.as_str())).or_insert_with(|| Stranger {
            gain: Gain { files: Vec::new(), ..gain.clone() },
            replaces,
        });
        stranger.gain.files.extend_from_slice(&gain.files);
    }
    found.into_values().collect()
}

fn unasked(asked: &[&Stranger]) -> Failure {
    let names: Vec<MemberName> = asked.iter().map(|s| s.gain.member.clone()).collect();
    let flags: Vec<String> = names.iter().map(|name| format!("--trust {name}")).collect();
    let (subject, is) = match names.as_slice() {
        [one] => (format!("the key of {one}"), "is"),
        several => (format!("the keys of {}", report::some_of(several)), "are"),
    };
    Failure::usage(format!("{subject} {is} not approved on this machine; nothing was written"))
        .hint(format!("compare the fingerprints, then add {}", flags.join(" ")))
}

/// Files for a person; someone who is new may read none yet.
pub(crate) fn some_of(files: &[String]) -> String {
    const SHOWN: usize = 20;
    if files.is_empty() {
        return "nothing for now".to_owned();
    }
    let shown: Vec<_> = files.iter().take(SHOWN).map(String::as_str).collect();
    match files.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
