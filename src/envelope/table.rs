//! The tables of a file and the fields each may have.

use std::borrow::Cow;

use super::parse::RawValue;
use super::rule::{Malformed, Rule, shown};
use crate::model::{KeyName, MemberName};

/// Most fields a table can have.
pub(super) const MAX_FIELDS: usize = 6;

/// Which table, with its name.
#[derive(Debug, Clone)]
pub(super) enum Of {
    Vault,
    Pull,
    Recipient(MemberName),
    Departed(MemberName),
    Value(KeyName),
}

impl Of {
    pub(super) fn fields(&self) -> &'static [&'static str] {
        match self {
            Self::Vault => &["format", "kind", "name", "id", "epoch", "prev"],
            Self::Pull => &["type", "server"],
            Self::Recipient(_) => &["to", "wrap", "seal"],
            Self::Departed(_) => &["to", "until", "seal"],
            Self::Value(_) => &["enc", "note", "expires"],
        }
    }

    pub(super) fn place(&self) -> String {
        match self {
            Self::Vault => "vault".to_owned(),
            Self::Pull => "pull".to_owned(),
            Self::Recipient(name) => format!("recipients.{name}"),
            Self::Departed(name) => format!("departed.{name}"),
            Self::Value(key) => format!("values.{key}"),
        }
    }
}

/// A table that is being read.
pub(super) struct Table<'a> {
    pub(super) of: Of,
    pub(super) line: usize,
    pub(super) fields: [Option<(usize, RawValue<'a>)>; MAX_FIELDS],
}

impl<'a> Table<'a> {
    pub(super) fn put(
        &mut self,
        line: usize,
        field: &str,
        value: RawValue<'a>,
    ) -> Result<(), Malformed> {
        let found = self.of.fields().iter().zip(&mut self.fields).find(|(name, _)| **name == field);
        let Some((name, slot)) = found else {
            return Err(self.at(line, Rule::UnknownField(shown(field))));
        };
        if slot.replace((line, value)).is_some() {
            return Err(self.at(line, Rule::DuplicateField(name)));
        }
        // Before anything else in the table: a newer format may well have other fields.
        if *name == "format" {
            match value.integer(name).map_err(|rule| self.at(line, rule))? {
                1 => {}
                newer => return Err(self.at(line, Rule::NewerFormat(newer))),
            }
        }
        Ok(())
    }

    pub(super) fn at(&self, line: usize, rule: Rule) -> Malformed {
        Malformed { line, place: self.of.place(), rule }
    }

    /// A field that may be absent, read by `read`.
    pub(super) fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(RawValue<'a>, &'static str) -> Result<T, Rule>,
    ) -> Result<Option<T>, Malformed> {
        let mut fields = self.of.fields().iter().zip(&self.fields);
        match fields.find(|(field, _)| **field == name) {
            Some((_, Some((line, value)))) => {
                read(*value, name).map(Some).map_err(|rule| self.at(*line, rule))
            }
            _ => Ok(None),
        }
    }

    /// A field that must be there, read by `read`.
    pub(super) fn required<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(RawValue<'a>, &'static str) -> Result<T, Rule>,
    ) -> Result<T, Malformed> {
        let value = self.optional(name, read)?;
        value.ok_or_else(|| self.at(self.line, Rule::MissingField(name)))
    }

    /// A string that must be there, made into something by `read`.
    pub(super) fn text<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(Cow<'a, str>) -> Result<T, Rule>,
    ) -> Result<T, Malformed> {
        self.required(name, |value, name| read(value.string(name)?))
    }
}
