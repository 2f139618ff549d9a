//! Who reads which file.

use std::collections::BTreeMap;

use super::{Team, TeamError};
use crate::crypto::Recipient;
use crate::envelope::Recipients;
use crate::model::{Kind, MemberName, SetName};
use crate::store::file::{FilePattern, FileRef};

impl Team {
    /// Who is to read a file: the exact rule, else the longest pattern that matches, else everyone.
    ///
    /// # Errors
    /// [`TeamError::Nobody`], [`TeamError::Tie`].
    pub fn readers_of(&self, kind: Kind, name: &SetName) -> Result<Recipients, TeamError> {
        let file = FileRef { kind, name: name.clone() };
        let readers: BTreeMap<_, _> = match self.rule_of(&file)? {
            None => self.members.clone(),
            Some((_, read)) => self
                .members
                .iter()
                .filter(|(member, _)| read.iter().any(|who| self.includes(who, member)))
                .map(|(member, to)| (member.clone(), to.clone()))
                .collect(),
        };
        Recipients::new(readers).ok_or_else(|| TeamError::Nobody(file.to_string()))
    }

    /// Whether a file is for somebody, under that name or with that key.
    pub fn is_for(&self, file: &FileRef, member: &MemberName, key: &Recipient) -> bool {
        let is_them = |(name, to): (&MemberName, &Recipient)| name == member || to == key;
        let readers = self.readers_of(file.kind, &file.name);
        readers.is_ok_and(|readers| readers.iter().any(is_them))
    }

    /// The rule that decides about a file; `None` where everyone reads.
    ///
    /// # Errors
    /// [`TeamError::Tie`].
    pub fn rule_of(
        &self,
        file: &FileRef,
    ) -> Result<Option<(&FilePattern, &[MemberName])>, TeamError> {
        self.rule_for(&file.to_string())
    }

    /// The rule that decides about all that a pattern matches; `None` where everyone reads.
    ///
    /// # Errors
    /// [`TeamError::Tie`].
    pub fn rule_of_all(
        &self,
        pattern: &FilePattern,
    ) -> Result<Option<(&FilePattern, &[MemberName])>, TeamError> {
        self.rule_for(pattern.as_str())
    }

    /// As [`rule_of`](Self::rule_of), for a file or for all that a pattern matches.
    pub(super) fn rule_for(
        &self,
        text: &str,
    ) -> Result<Option<(&FilePattern, &[MemberName])>, TeamError> {
        match heaviest(&self.rules, text).as_slice() {
            [(a, _), (b, _), ..] => {
                Err(TeamError::Tie((*a).clone(), (*b).clone(), text.to_owned()))
            }
            [(pattern, read), ..] => Ok(Some((pattern, read))),
            [] => Ok(None),
        }
    }
}

/// The rules that decide about a file, or about all that a pattern matches: one, or none, or several
/// of the same weight.
pub(in crate::store) fn heaviest<'r, Who>(
    rules: &'r BTreeMap<FilePattern, Who>,
    text: &str,
) -> Vec<(&'r FilePattern, &'r Who)> {
    let mut matching: Vec<_> = rules.iter().filter(|(pattern, _)| pattern.covers(text)).collect();
    let most = matching.iter().map(|(pattern, _)| pattern.weight()).max();
    matching.retain(|(pattern, _)| Some(pattern.weight()) == most);
    matching
}

/// Whether `who`, a group, a person or a device, stands for this member record.
pub(in crate::store) fn stands_for<'g, Group>(
    groups: &'g BTreeMap<MemberName, Group>,
    who: &MemberName,
    member: &MemberName,
) -> bool
where
    &'g Group: IntoIterator<Item = &'g MemberName>,
{
    match groups.get(who) {
        Some(group) => group.into_iter().any(|name| member.is_of(name)),
        None => member.is_of(who),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::team;
    use super::*;

    #[test]
    fn the_exact_rule_wins_then_the_longest_then_everyone() {
        let tie = team(
            "[rules.\"sets/a*\"]\nread = [\"alice\"]\n[rules.\"sets/*b\"]\nread = [\"alice\"]\n",
        )
        .unwrap();
        let name = |name: &str| name.parse::<SetName>().unwrap();
        assert!(matches!(tie.readers_of(Kind::Set, &name("ab")), Err(TeamError::Tie(..))));
        assert!(tie.readers_of(Kind::Set, &name("zz")).is_ok());
        assert!(tie.readers_of(Kind::Pull, &name("ab")).is_ok());
    }
}
