//! Changes to a team. Each leaves a team that a reader accepts, or the team as it was.

use std::collections::BTreeSet;

use super::{Team, TeamError};
use crate::crypto::Recipient;
use crate::model::MemberName;
use crate::store::file::FilePattern;

impl Team {
    /// Adds a person, or a device of one.
    ///
    /// # Errors
    /// [`TeamError::Exists`]; [`TeamError::SameKey`]; [`TeamError::Ambiguous`].
    pub fn add_member(&mut self, name: &MemberName, to: Recipient) -> Result<(), TeamError> {
        if self.members.contains_key(name) {
            return Err(TeamError::Exists(name.clone()));
        }
        self.set_key(name, to)
    }

    /// Removes a person with all devices, or one device, also from groups and rules.
    ///
    /// # Errors
    /// [`TeamError::NoMember`]; [`TeamError::LastMember`]; [`TeamError::Nobody`] with the rule that
    /// would let nobody read.
    pub fn remove_member(&mut self, name: &MemberName) -> Result<(), TeamError> {
        self.require_member(name)?;
        if self.members.keys().all(|member| member.is_of(name)) {
            return Err(TeamError::LastMember(name.clone()));
        }
        self.change(|team| {
            team.members.retain(|member, _| !member.is_of(name));
            team.forget_the_gone();
            Ok(())
        })
    }

    /// Gives a member another key.
    ///
    /// # Errors
    /// [`TeamError::NoMember`]; [`TeamError::NameADevice`]; [`TeamError::SameKey`].
    pub fn replace_member(&mut self, name: &MemberName, to: Recipient) -> Result<(), TeamError> {
        self.require_member(name)?;
        if !self.members.contains_key(name) {
            let devices = self.records_of(name).into_iter().cloned().collect();
            return Err(TeamError::NameADevice { person: name.clone(), devices });
        }
        self.set_key(name, to)
    }

    /// Gives a person, with all devices, or one record another name, also in groups and rules. A
    /// device stays with its person: who reads what must not change by this.
    ///
    /// # Errors
    /// [`TeamError::NoMember`]; [`TeamError::Exists`]; [`TeamError::Ambiguous`];
    /// [`TeamError::OtherPerson`].
    pub fn rename_member(&mut self, name: &MemberName, new: &MemberName) -> Result<(), TeamError> {
        self.require_member(name)?;
        let whole_person = !name.is_device() && !new.is_device();
        if !whole_person && name.person() != new.person() {
            return Err(TeamError::OtherPerson(name.clone(), new.to_person()));
        }
        if whole_person && self.has_member(new) {
            return Err(TeamError::Exists(new.clone()));
        }
        let renamed = |member: &MemberName| match (whole_person, member.device()) {
            (true, Some(device)) if member.is_of(name) => format!("{new}/{device}").parse(),
            _ if member == name => Ok(new.clone()),
            _ => Ok(member.clone()),
        };
        self.change(|team| {
            for (member, to) in std::mem::take(&mut team.members) {
                let kept = renamed(&member).map_err(|why| TeamError::Name {
                    table: "members",
                    name: member.to_string(),
                    why,
                })?;
                if team.members.insert(kept.clone(), to).is_some() {
                    return Err(TeamError::Exists(kept));
                }
            }
            // The name of a person who still has devices goes on naming them.
            let stays = team.has_member(name);
            for names in team.groups.values_mut().chain(team.rules.values_mut()) {
                for listed in names.iter_mut().filter(|listed| !(stays && *listed == name)) {
                    *listed = renamed(listed).unwrap_or_else(|_| listed.clone());
                }
                names.sort();
                names.dedup();
            }
            Ok(())
        })
    }

    /// Puts members into a group, and makes it if it is not there.
    ///
    /// # Errors
    /// [`TeamError::NoMember`]; [`TeamError::Ambiguous`].
    pub fn add_to_group(
        &mut self,
        group: &MemberName,
        who: &[MemberName],
    ) -> Result<(), TeamError> {
        who.iter().try_for_each(|name| self.require_member(name))?;
        self.change(|team| {
            let members = team.groups.entry(group.clone()).or_default();
            merge(members, who);
            Ok(())
        })
    }

    /// Takes members out of a group. One that is left empty and that no rule names is gone.
    ///
    /// # Errors
    /// [`TeamError::NoGroup`]; [`TeamError::NotInGroup`]; [`TeamError::Nobody`].
    pub fn remove_from_group(
        &mut self,
        group: &MemberName,
        who: &[MemberName],
    ) -> Result<(), TeamError> {
        let members = self.groups.get(group).ok_or_else(|| TeamError::NoGroup {
            name: group.clone(),
            known: self.groups.keys().cloned().collect(),
        })?;
        if let Some(other) = who.iter().find(|name| !members.contains(name)) {
            return Err(TeamError::NotInGroup { name: other.clone(), group: group.clone() });
        }
        self.change(|team| {
            if let Some(members) = team.groups.get_mut(group) {
                members.retain(|name| !who.contains(name));
            }
            team.forget_the_gone();
            Ok(())
        })
    }

    /// Lets groups, persons or devices read what a pattern matches. A new rule begins with what
    /// the rule that applied so far says; where none did, only who is named here may read.
    ///
    /// # Errors
    /// [`TeamError::Nobodys`]; [`TeamError::Tie`].
    pub fn allow(&mut self, pattern: &FilePattern, who: &[MemberName]) -> Result<(), TeamError> {
        who.iter().try_for_each(|name| self.require_anyone(name))?;
        let mut read = match self.rules.get(pattern) {
            Some(read) => read.clone(),
            None => self.rule_for(pattern.as_str())?.map_or(Vec::new(), |(_, read)| read.to_vec()),
        };
        merge(&mut read, who);
        self.change(|team| {
            team.rules.insert(pattern.clone(), read);
            Ok(())
        })
    }

    /// Ends that groups, persons or devices read what a pattern matches. A group of which only a
    /// part may no longer read is replaced by those who may.
    ///
    /// # Errors
    /// [`TeamError::Nobodys`]; [`TeamError::Nobody`]; [`TeamError::WholePerson`];
    /// [`TeamError::Tie`].
    pub fn deny(&mut self, pattern: &FilePattern, who: &[MemberName]) -> Result<(), TeamError> {
        who.iter().try_for_each(|name| self.require_anyone(name))?;
        let read = match self.rules.get(pattern) {
            Some(read) => read.clone(),
            None => match self.rule_for(pattern.as_str())? {
                Some((_, read)) => read.to_vec(),
                None => self.persons(),
            },
        };
        let mut left = Vec::new();
        let denied: BTreeSet<&MemberName> =
            who.iter().flat_map(|name| self.records_of(name)).collect();
        for name in read.iter().filter(|name| !who.contains(name)) {
            left.extend(self.without(name, &denied)?);
        }
        merge(&mut left, &[]);
        if left == read {
            return Ok(());
        }
        if left.is_empty() {
            return Err(TeamError::Nobody(pattern.to_string()));
        }
        self.change(|team| {
            team.rules.insert(pattern.clone(), left);
            Ok(())
        })
    }

    /// Ends a rule: a wider one, or none, decides about what its pattern matches.
    ///
    /// # Errors
    /// [`TeamError::Nobody`], of a group that only this rule kept.
    pub fn forget_rule(&mut self, pattern: &FilePattern) -> Result<(), TeamError> {
        self.change(|team| {
            team.rules.remove(pattern);
            team.forget_the_gone();
            Ok(())
        })
    }

    fn set_key(&mut self, name: &MemberName, to: Recipient) -> Result<(), TeamError> {
        if let Some((other, _)) = self.members.iter().find(|(_, key)| **key == to) {
            return Err(TeamError::SameKey { name: name.clone(), other: other.clone() });
        }
        self.change(|team| {
            team.members.insert(name.clone(), to);
            Ok(())
        })
    }

    /// What of `name` is left without these records, by names that stand for nobody else.
    fn without(
        &self,
        name: &MemberName,
        denied: &BTreeSet<&MemberName>,
    ) -> Result<Vec<MemberName>, TeamError> {
        let records = self.records_of(name);
        let left: Vec<_> = records.difference(denied).copied().collect();
        if left.len() == records.len() {
            return Ok(vec![name.clone()]);
        }
        if let Some(group) = self.groups.get(name) {
            let parts = group.iter().map(|part| self.without(part, denied));
            return Ok(parts.collect::<Result<Vec<_>, _>>()?.concat());
        }
        match left.iter().find(|member| !member.is_device()) {
            Some(person) => Err(TeamError::WholePerson((*person).clone())),
            None => Ok(left.into_iter().cloned().collect()),
        }
    }

    fn persons(&self) -> Vec<MemberName> {
        let persons: BTreeSet<_> = self.members.keys().map(MemberName::to_person).collect();
        persons.into_iter().collect()
    }

    fn require_member(&self, name: &MemberName) -> Result<(), TeamError> {
        if self.has_member(name) {
            return Ok(());
        }
        Err(TeamError::NoMember {
            name: name.clone(),
            known: self.members.keys().cloned().collect(),
        })
    }

    fn require_anyone(&self, name: &MemberName) -> Result<(), TeamError> {
        if self.groups.contains_key(name) || self.has_member(name) {
            return Ok(());
        }
        Err(TeamError::Nobodys { name: name.clone(), known: self.names().into_iter().collect() })
    }

    /// Names that stand for nobody any more leave groups and rules, and groups that are empty and
    /// in no rule leave too.
    fn forget_the_gone(&mut self) {
        let members: BTreeSet<MemberName> =
            self.members.keys().cloned().chain(self.persons()).collect();
        self.groups.values_mut().for_each(|names| names.retain(|name| members.contains(name)));
        let groups = &self.groups;
        for read in self.rules.values_mut() {
            read.retain(|name| members.contains(name) || groups.contains_key(name));
        }
        let rules = &self.rules;
        let is_named = |group: &MemberName| rules.values().any(|read| read.contains(group));
        self.groups.retain(|name, members| !members.is_empty() || is_named(name));
    }

    /// Makes a change, if what comes of it is a team.
    fn change(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<(), TeamError>,
    ) -> Result<(), TeamError> {
        let mut changed = self.clone();
        change(&mut changed)?;
        changed.check()?;
        *self = changed;
        Ok(())
    }
}

/// Adds names to a list that stays sorted and without doubles.
fn merge(names: &mut Vec<MemberName>, more: &[MemberName]) {
    names.extend_from_slice(more);
    names.sort();
    names.dedup();
}

#[cfg(test)]
mod tests;
