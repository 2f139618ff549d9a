//! What can be found wrong, each under a name that never changes.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is broken, or somebody tries to break it.
    Error,
    /// It may well be meant.
    Warning,
}

impl Level {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is held to be true of a vault. The codes are an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A rule of docs/format.md, by the name it has there.
    Format(&'static str),
    /// Every file below `.secrets` is one of a vault.
    Stray,
    /// No file is left that a killed writer began.
    Leftover,
    /// Files are files.
    NotAFile,
    /// No two paths differ by case alone.
    Case,
    /// A path is there once.
    Doubled,
    /// Git makes no other bytes of a file.
    Attributes,
    /// Git is told what a file is.
    NoAttributes,
    /// A file's name is one.
    Name,
    /// A file is no longer than it may be.
    TooLarge,
    /// No merge is unfinished.
    ConflictMarker,
    /// No value stands in clear where an encrypted one belongs.
    Plaintext,
    /// A file has the bytes vault writes.
    NotCanonical,
    /// Each file has an id of its own.
    SameId,
    /// There is a team file, and it is one.
    Team,
    /// Nobody reads a file whom the team file does not let.
    ExtraReader,
    /// Everybody reads it whom the team file lets.
    MissingReader,
    /// They read it with the key the team file gives.
    ReaderKey,
    /// They have the name the team file gives.
    ReaderName,
    /// No entry is past its day.
    Expired,
    /// Nothing holds a value in clear.
    Leak,
    /// A file opens with the identity that is for it.
    Tampered,
    /// No entry is gone.
    Removed,
    /// A file is still the one it was.
    Replaced,
    /// The vault is still the one it was.
    VaultId,
    /// The epoch of a file does not fall.
    EpochFell,
    /// An epoch has one data key.
    OtherDataKey,
    /// A new data key is vouched for by an old one.
    Unlinked,
    /// That it is can be proven.
    Unproven,
    /// `since` does not fall.
    SinceFell,
    /// `rev` does not fall.
    RevFell,
    /// Who loses access is followed by a new data key.
    NotRotated,
    /// Who loses access is noted as departed.
    NotDeparted,
    /// A departure stays.
    DepartureDropped,
    /// `until` does not fall.
    UntilFell,
    /// What did not change has the bytes it had.
    Exchanged,
    /// What was said anew was encrypted anew, and nothing stands twice.
    Forged,
    /// The earlier state can be read.
    Unreadable,
}

/// The rules this module itself knows.
const RULES: &[(Rule, &str, Level, &str)] = &[
    (Rule::Stray, "stray-file", Level::Error, "a file that is not one of a vault"),
    (Rule::Leftover, "leftover", Level::Warning, "an untracked temporary file of a killed writer"),
    (Rule::NotAFile, "not-a-file", Level::Error, "a link, pipe, device or repository"),
    (Rule::Case, "case-twin", Level::Error, "two paths that differ by case alone"),
    (Rule::Doubled, "same-path", Level::Error, "two entries of one name in a tree"),
    (
        Rule::Attributes,
        "attributes",
        Level::Error,
        "attributes with which git changes or loses bytes",
    ),
    (Rule::NoAttributes, "no-attributes", Level::Warning, "files that git is not told of"),
    (Rule::Name, "file-name", Level::Error, "a file whose name is not allowed"),
    (Rule::TooLarge, "file-too-large", Level::Error, "a file longer than it may be"),
    (Rule::ConflictMarker, "conflict-marker", Level::Error, "an unfinished merge"),
    (Rule::Plaintext, "plaintext", Level::Error, "text where a ciphertext belongs"),
    (Rule::NotCanonical, "not-canonical", Level::Error, "not the bytes that vault writes"),
    (Rule::SameId, "same-id", Level::Error, "two files with one id"),
    (Rule::Team, "team", Level::Error, "a team file that is missing or wrong"),
    (Rule::ExtraReader, "extra-reader", Level::Error, "a reader whom the team file does not let"),
    (Rule::MissingReader, "missing-reader", Level::Error, "no reader whom the team file lets"),
    (Rule::ReaderKey, "reader-key", Level::Error, "a reader's key that the team file has not"),
    (Rule::ReaderName, "reader-name", Level::Error, "a reader's name that the team file has not"),
    (Rule::Expired, "expired", Level::Warning, "an entry past its day"),
    (Rule::Leak, "leak", Level::Error, "a value in clear"),
    (Rule::Tampered, "tampered", Level::Error, "a file changed by someone who cannot read it"),
    (Rule::Removed, "removed", Level::Warning, "an entry that is gone"),
    (Rule::Replaced, "replaced", Level::Error, "another file in the place of one"),
    (Rule::VaultId, "vault-id", Level::Error, "another vault in the place of one"),
    (Rule::EpochFell, "epoch-fell", Level::Error, "an older epoch put back"),
    (Rule::OtherDataKey, "other-data-key", Level::Error, "another data key in the same epoch"),
    (Rule::Unlinked, "unlinked", Level::Error, "a new data key that no earlier one vouches for"),
    (Rule::Unproven, "unproven", Level::Warning, "a new data key that only a key could prove"),
    (Rule::SinceFell, "since-fell", Level::Error, "an older value put back: `since` fell"),
    (Rule::RevFell, "rev-fell", Level::Error, "an older value put back: `rev` fell"),
    (Rule::NotRotated, "not-rotated", Level::Error, "a removal without a new data key"),
    (Rule::NotDeparted, "not-departed", Level::Error, "a removal that is not recorded"),
    (Rule::DepartureDropped, "departure-dropped", Level::Error, "a departure that is gone"),
    (Rule::UntilFell, "until-fell", Level::Error, "a departure with a lower `until`"),
    (Rule::Exchanged, "exchanged", Level::Warning, "other bytes where nothing is said to change"),
    (Rule::Forged, "forged", Level::Error, "bytes that cannot stand where they do"),
    (Rule::Unreadable, "unreadable-base", Level::Warning, "an earlier file that cannot be read"),
];

impl Rule {
    /// Its name in every output.
    pub fn code(self) -> &'static str {
        match (self, self.row()) {
            (Self::Format(code), _) => code,
            (_, Some((_, code, ..))) => code,
            (_, None) => "",
        }
    }

    /// How bad it is to break it.
    pub fn level(self) -> Level {
        self.row().map_or(Level::Error, |(_, _, level, _)| *level)
    }

    /// What is found where it is broken, in a few words.
    pub fn title(self) -> &'static str {
        self.row().map_or("not a file of format v1", |(.., title)| title)
    }

    /// Every rule but those of the format itself, which docs/format.md lists.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|(rule, ..)| *rule)
    }

    /// The rules that `--deny` can make fail.
    pub fn deniable() -> impl Iterator<Item = Self> {
        Self::all().filter(|rule| rule.level() == Level::Warning)
    }

    fn row(self) -> Option<&'static (Self, &'static str, Level, &'static str)> {
        RULES.iter().find(|(rule, ..)| *rule == self)
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// From the root of the repository.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What should be true.
    pub rule: Rule,
    /// What is, and what to type next. Never holds a value.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_different_from_each_other() {
        let codes: BTreeSet<_> = RULES.iter().map(|(rule, ..)| rule.code()).collect();
        assert_eq!(codes.len(), RULES.len());
        assert_eq!(Rule::Format("bad-token").code(), "bad-token");
        assert_eq!(
            Rule::deniable().map(Rule::code).collect::<Vec<_>>(),
            [
                "leftover",
                "no-attributes",
                "expired",
                "removed",
                "unproven",
                "exchanged",
                "unreadable-base"
            ]
        );
    }
}
