//! What can be wrong with a team file, or with a change to it.

use thiserror::Error;

use crate::crypto::InvalidRecipient;
use crate::model::{InvalidName, MemberName};
use crate::store::file::{FilePattern, InvalidPattern};

use super::MAX_MEMBERS;

/// Why a team file was not accepted, was not changed, or gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TeamError {
    /// Not TOML, or not the tables and fields there must be.
    #[error("line {line}: {why}")]
    Syntax {
        /// From 1; 0 for the file as a whole.
        line: usize,
        /// The toml crate's message; the file is not secret.
        why: String,
    },
    /// Any of the others, in a file that was read.
    #[error("line {line}: {why}")]
    At {
        /// From 1.
        line: usize,
        /// What is wrong there.
        why: Box<TeamError>,
    },
    /// More members than a file may have recipients.
    #[error("[members]: a team has at most {MAX_MEMBERS} member records")]
    TooManyMembers,
    /// A newer format.
    #[error("[team]: format {0} was made by a newer vault; this one reads format 1")]
    NewerFormat(u32),
    /// The id is not `b64:` and 16 bytes.
    #[error("[team]: `id` must be \"b64:\" and 16 bytes in Base64 without padding")]
    Id,
    /// A name that is none.
    #[error("[{table}.{name}]: {why}")]
    Name {
        /// members, groups or rules.
        table: &'static str,
        /// What stands there, escaped.
        name: String,
        /// Why not.
        why: InvalidName,
    },
    /// A member's `to`.
    #[error("[members.{name}]: `to` must be a public key, one space, and {name}: {why}")]
    Member {
        /// Whose.
        name: MemberName,
        /// Why not.
        why: InvalidRecipient,
    },
    /// Two members with one key.
    #[error("[members.{name}]: {other} has the same key")]
    SameKey {
        /// The second.
        name: MemberName,
        /// The first.
        other: MemberName,
    },
    /// A group that is called like a person.
    #[error("[groups.{0}]: a person has this name too; groups and members share one namespace")]
    Ambiguous(MemberName),
    /// A group or rule that names somebody unknown.
    #[error("{place}: there is no member or group {name}")]
    Unknown {
        /// `[groups.ops]` or `[rules."sets/*"]`.
        place: String,
        /// Who.
        name: MemberName,
    },
    /// A pattern that can match no file.
    #[error("[rules.\"{pattern}\"]: {why}")]
    Pattern {
        /// What stands there, escaped.
        pattern: String,
        /// What a pattern is.
        why: InvalidPattern,
    },
    /// Two patterns that decide equally.
    #[error("the rules \"{0}\" and \"{1}\" both match {2} and are equally long; change one")]
    Tie(FilePattern, FilePattern, String),
    /// A rule that leaves a file without readers.
    #[error("nobody could read {0}: no member is left that may")]
    Nobody(String),
    /// Nobody else is there.
    #[error("{0} is the last member: nobody would be left who can read anything")]
    LastMember(MemberName),
    /// Someone of this name is there already.
    #[error("there is already a member {0}")]
    Exists(MemberName),
    /// A device that was to become another person's, or the other way round.
    #[error("{0} is not {1}'s: remove the one and add the other")]
    OtherPerson(MemberName, MemberName),
    /// There is no such member.
    #[error("there is no member {name}")]
    NoMember {
        /// Who was meant.
        name: MemberName,
        /// Who there is.
        known: Vec<MemberName>,
    },
    /// There is nobody of this name that could be given access.
    #[error("there is no member or group {name}")]
    Nobodys {
        /// Who was meant.
        name: MemberName,
        /// Who there is.
        known: Vec<MemberName>,
    },
    /// A person whose devices have keys, but who has none alone.
    #[error("{person} has a key for each device; name one of {}", listed(devices))]
    NameADevice {
        /// Who.
        person: MemberName,
        /// The devices.
        devices: Vec<MemberName>,
    },
    /// There is no such group.
    #[error("there is no group {name}")]
    NoGroup {
        /// Which was meant.
        name: MemberName,
        /// Which there are.
        known: Vec<MemberName>,
    },
    /// Not directly in the group.
    #[error("{name} is not in {group}")]
    NotInGroup {
        /// Who.
        name: MemberName,
        /// The group.
        group: MemberName,
    },
    /// A part of a person that has no name of its own.
    #[error(
        "{0} names all devices, so the key of that name cannot be kept while others go; `vault recipient rename {0} {0}/DEVICE` gives it a name of its own"
    )]
    WholePerson(MemberName),
}

fn listed(names: &[MemberName]) -> String {
    names.iter().map(MemberName::as_str).collect::<Vec<_>>().join(", ")
}
