//! From lines to a [`Sealed`]: which tables and fields there are, and what each must hold.

use super::named::Named;
use super::parse::{HeaderName, Line, RawValue, plain_integer, scan};
use super::rule::{Malformed, Rule, shown};
use super::sealed::{Departure, Link, RecipientRecord, Sealed, SealedEntry, same_key};
use super::table::{MAX_FIELDS, Of, Table};
use super::{MAX_ENTRIES, MAX_RECIPIENTS};
use crate::crypto::{
    Commitment, FileId, KeyId, MAX_SEALED_ENTRY_BYTES, MAX_WRAP_BYTES, Recipient, Seal,
    base64_decode,
};
use crate::model::{Content, KeyName, Kind, MemberName, PullSecret, SetName};

/// About how many bytes of a file an entry with a short value takes.
const SHORT_ENTRY: usize = 180;

/// About how many bytes a recipient with a short key takes.
const SHORT_RECIPIENT: usize = 500;

/// Reads a whole file; `name` is what its path says, if it has one.
pub(super) fn build<T: Content>(
    bytes: &[u8],
    name: Option<&SetName>,
) -> Result<Sealed<T>, Malformed> {
    let mut builder = Builder {
        path_name: name,
        kind: T::KIND,
        table: None,
        head: None,
        pull: None,
        recipients: Named::new(),
        departed: Named::new(),
        entries: Named::new(),
        length: bytes.len(),
        early: Vec::new(),
        foreign: None,
    };
    scan(bytes, |line, meaning| match meaning {
        Line::Header { table, name } => {
            builder.close()?;
            let open = builder.header(table, name).map_err(|rule| Malformed {
                line,
                place: String::new(),
                rule,
            })?;
            builder.table = Some(Table { of: open, line, fields: [None; MAX_FIELDS] });
            Ok(())
        }
        Line::Field { field, value } => match &mut builder.table {
            Some(table) => table.put(line, field, value),
            None => Err(Malformed { line, place: String::new(), rule: Rule::FieldOutsideTable }),
        },
    })?;
    builder.close()?;
    builder.finish()
}

/// What `[vault]` says.
struct Head {
    name: SetName,
    id: FileId,
    epoch: u32,
    commitment: Commitment,
    prev: Vec<Link>,
}

/// A token's own word about where it belongs, to be held against what `[vault]` says.
#[derive(Clone, Copy)]
struct Token {
    field: &'static str,
    epoch: u32,
    key_id: KeyId,
    since: u32,
}

struct Builder<'a, 'n> {
    path_name: Option<&'n SetName>,
    kind: Kind,
    table: Option<Table<'a>>,
    head: Option<Head>,
    pull: Option<PullSecret>,
    recipients: Named<MemberName, RecipientRecord>,
    departed: Named<MemberName, Departure>,
    entries: Named<KeyName, SealedEntry>,
    /// Bytes of the whole file.
    length: usize,
    /// Tokens that stand before `[vault]`, with their tables' places and lines.
    early: Vec<(Of, usize, Token)>,
    /// What is wrong with the first token after it that does not belong. Told last: a mistake of
    /// form anywhere in the file explains more.
    foreign: Option<Malformed>,
}

impl Builder<'_, '_> {
    /// Decides what a header opens.
    fn header(&self, table: &str, name: Option<HeaderName<'_>>) -> Result<Of, Rule> {
        let of = match (table, name) {
            ("vault", None) => Of::Vault,
            ("pull", None) => Of::Pull,
            ("recipients", Some(name)) => Of::Recipient(member(name)?),
            ("departed", Some(name)) => Of::Departed(member(name)?),
            ("values", Some(name)) => {
                let key = name.text.parse().map_err(Rule::TableName)?;
                if name.quoted {
                    return Err(Rule::TableQuotes);
                }
                Of::Value(key)
            }
            (_, None) => return Err(Rule::UnknownTable(shown(table))),
            (_, Some(name)) => {
                return Err(Rule::UnknownTable(shown(&format!("{table}.{}", name.text))));
            }
        };
        let duplicate = match &of {
            Of::Vault => self.head.is_some(),
            Of::Pull => self.pull.is_some(),
            Of::Recipient(name) => self.recipients.contains(name),
            Of::Departed(name) => self.departed.contains(name),
            Of::Value(key) => self.entries.contains(key),
        };
        if duplicate { Err(Rule::DuplicateTable) } else { Ok(of) }
    }

    /// Finishes the table that is open, if any.
    fn close(&mut self) -> Result<(), Malformed> {
        let Some(table) = self.table.take() else { return Ok(()) };
        let too_many = |rule| Err(table.at(table.line, rule));
        match &table.of {
            Of::Vault => self.head = Some(self.close_vault(&table)?),
            Of::Pull => self.pull = Some(close_pull(&table)?),
            Of::Recipient(name) => {
                let record = self.close_recipient(&table, name)?;
                if self.recipients.len() == MAX_RECIPIENTS {
                    return too_many(Rule::TooManyRecipients);
                }
                self.recipients.insert(name.clone(), record);
            }
            Of::Departed(name) => {
                let departure = self.close_departed(&table, name)?;
                if self.departed.len() == MAX_RECIPIENTS {
                    return too_many(Rule::TooManyDepartures);
                }
                self.departed.insert(name.clone(), departure);
            }
            Of::Value(key) => {
                let entry = self.close_value(&table, key)?;
                if self.entries.len() == 0 {
                    // What is reserved in vain is wiped in vain.
                    let readers = self.recipients.len() * SHORT_RECIPIENT;
                    let room = self.length.saturating_sub(readers) / SHORT_ENTRY;
                    self.entries.reserve(MAX_ENTRIES.min(room));
                }
                if self.entries.len() == MAX_ENTRIES {
                    return too_many(Rule::TooManyEntries);
                }
                self.entries.insert(key.clone(), entry);
            }
        }
        Ok(())
    }

    fn close_vault(&self, table: &Table<'_>) -> Result<Head, Malformed> {
        table.required("format", RawValue::integer)?;
        table.text("kind", |text| match (&*text, self.kind) {
            ("set", Kind::Set) | ("pull", Kind::Pull) => Ok(()),
            ("set", expected) => Err(Rule::KindMismatch { found: Kind::Set, expected }),
            ("pull", expected) => Err(Rule::KindMismatch { found: Kind::Pull, expected }),
            (other, _) => Err(Rule::UnknownKind(shown(other))),
        })?;
        let name = table.text("name", |text| text.parse::<SetName>().map_err(Rule::BadName))?;
        if self.path_name.is_some_and(|expected| name != *expected) {
            let rule = Rule::NameMismatch(shown(name.as_str()));
            return Err(table.at(table.line, rule));
        }
        let id = table.text("id", |text| FileId::parse(&text).ok_or(Rule::BadId))?;
        let (epoch, commitment) = table.text("epoch", |text| {
            let (epoch, commitment) = text.split_once(':').ok_or(Rule::BadEpoch)?;
            let epoch = plain_integer(epoch).ok_or(Rule::BadEpoch)?;
            Ok((epoch, Commitment::parse(commitment).ok_or(Rule::BadEpoch)?))
        })?;
        let prev =
            table.optional("prev", |value, name| parse_links(&value.string(name)?, epoch))?;
        Ok(Head { name, id, epoch, commitment, prev: prev.unwrap_or_default() })
    }

    fn close_recipient(
        &mut self,
        table: &Table<'_>,
        name: &MemberName,
    ) -> Result<RecipientRecord, Malformed> {
        let to = table.text("to", |text| recipient_of(&text, name))?;
        let (token, wrap) = Token::read(table, "wrap", |text| {
            let wrap = base64_decode(text).map_err(|_| Rule::BadBase64("wrap"))?;
            if wrap.len() > MAX_WRAP_BYTES { Err(Rule::WrapTooLong) } else { Ok(wrap) }
        })?;
        self.note(table, token);
        let (token, seal) = Token::read(table, "seal", parse_seal)?;
        self.note(table, token);
        Ok(RecipientRecord { to, wrap, seal })
    }

    fn close_departed(
        &mut self,
        table: &Table<'_>,
        name: &MemberName,
    ) -> Result<Departure, Malformed> {
        let to = table.text("to", |text| recipient_of(&text, name))?;
        let until = table.required("until", RawValue::integer)?;
        let (token, seal) = Token::read(table, "seal", parse_seal)?;
        // Compared with the file's epoch like a value's `since`, but must be before it.
        self.note(table, Token { since: until, ..token });
        Ok(Departure { to, until, seal })
    }

    fn close_value(&mut self, table: &Table<'_>, key: &KeyName) -> Result<SealedEntry, Malformed> {
        let (token, (since, rev, enc)) = Token::read(table, "enc", |text| {
            let (counts, enc) = text.split_once(':').ok_or(Rule::BadToken("enc"))?;
            let (since, rev) = counts.split_once('.').ok_or(Rule::BadToken("enc"))?;
            let since = plain_integer(since).ok_or(Rule::BadToken("enc"))?;
            let rev = plain_integer(rev).ok_or(Rule::BadToken("enc"))?;
            let enc = base64_decode(enc).map_err(|_| Rule::BadBase64("enc"))?;
            if enc.len() > MAX_SEALED_ENTRY_BYTES {
                return Err(Rule::ValueTooLong);
            }
            Ok((since, rev, enc))
        })?;
        self.note(table, Token { since, ..token });
        let note = table
            .optional("note", |value, name| value.string(name)?.parse().map_err(Rule::BadNote))?;
        let expires = table.optional("expires", RawValue::date)?;
        let allowed = match self.kind {
            Kind::Set => true,
            Kind::Pull => PullSecret::allows(key),
        };
        if !allowed {
            return Err(table.at(table.line, Rule::PullEntries));
        }
        Ok(SealedEntry { since, rev, enc, note, expires })
    }

    /// Holds a token against `[vault]`, or keeps it until that is known.
    fn note(&mut self, table: &Table<'_>, token: Token) {
        match &self.head {
            None => self.early.push((table.of.clone(), table.line, token)),
            Some(head) if self.foreign.is_none() => {
                self.foreign = token.check(head, &table.of, table.line).err();
            }
            Some(_) => {}
        }
    }

    /// What only the whole file shows.
    fn finish<T: Content>(self) -> Result<Sealed<T>, Malformed> {
        let whole = |rule| Malformed { line: 0, place: String::new(), rule };
        let head = self.head.ok_or_else(|| whole(Rule::NoVaultTable))?;
        for (of, line, token) in &self.early {
            token.check(&head, of, *line)?;
        }
        if let Some(foreign) = self.foreign {
            return Err(foreign);
        }
        let recipients = self.recipients.into_map();
        if let Some((name, other)) = same_key(&recipients) {
            let rule = Rule::DuplicateKey(other.to_string());
            return Err(Malformed { line: 0, place: format!("recipients.{name}"), rule });
        }
        if recipients.is_empty() {
            return Err(whole(Rule::NoRecipients));
        }
        let content = T::from_pull(self.pull).ok_or_else(|| whole(Rule::PullTable))?;
        if self.kind == Kind::Pull && self.entries.len() != 2 {
            return Err(whole(Rule::PullEntries));
        }
        Ok(Sealed {
            content,
            name: head.name,
            id: head.id,
            epoch: head.epoch,
            commitment: head.commitment,
            prev: head.prev,
            recipients,
            departed: self.departed.into_map(),
            entries: self.entries.into_map(),
        })
    }
}

impl Token {
    /// Reads `EPOCH:KEYID:rest` and gives `rest` to `read`.
    fn read<T>(
        table: &Table<'_>,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, Rule>,
    ) -> Result<(Self, T), Malformed> {
        table.text(field, |text| {
            let (epoch, rest) = text.split_once(':').ok_or(Rule::BadToken(field))?;
            let (key_id, rest) = rest.split_once(':').ok_or(Rule::BadToken(field))?;
            let epoch = plain_integer(epoch).ok_or(Rule::BadToken(field))?;
            let key_id = KeyId::parse(key_id).ok_or(Rule::BadToken(field))?;
            Ok((Self { field, epoch, key_id, since: 0 }, read(rest)?))
        })
    }

    fn check(self, head: &Head, of: &Of, line: usize) -> Result<(), Malformed> {
        let rule = if self.epoch != head.epoch {
            Rule::OtherEpoch { field: self.field, found: self.epoch, expected: head.epoch }
        } else if self.key_id != head.commitment.key_id() {
            Rule::OtherKey(self.field)
        } else if matches!(of, Of::Departed(_)) && self.since >= head.epoch {
            Rule::UntilNotBefore
        } else if self.since > head.epoch {
            Rule::SinceAfterEpoch(self.since)
        } else {
            return Ok(());
        };
        Err(Malformed { line, place: of.place(), rule })
    }
}

fn member(name: HeaderName<'_>) -> Result<MemberName, Rule> {
    let member: MemberName = name.text.parse().map_err(Rule::TableName)?;
    if member.needs_quotes() == name.quoted { Ok(member) } else { Err(Rule::TableQuotes) }
}

fn close_pull(table: &Table<'_>) -> Result<PullSecret, Malformed> {
    Ok(PullSecret {
        registry: table.text("type", |text| {
            text.parse().map_err(|_| Rule::UnknownRegistryType(shown(&text)))
        })?,
        server: table.text("server", |text| text.parse().map_err(Rule::BadServer))?,
    })
}

/// The key in `KEY NAME`, where NAME must be the record's own.
fn recipient_of(text: &str, name: &MemberName) -> Result<Recipient, Rule> {
    match text.rsplit_once(' ') {
        Some((key, own)) if own == name.as_str() => {
            Recipient::from_canonical(key).map_err(Rule::BadRecipient)
        }
        _ => Err(Rule::RecipientName),
    }
}

fn parse_seal(text: &str) -> Result<Seal, Rule> {
    Seal::parse(text).ok_or(Rule::BadBase64("seal"))
}

fn parse_links(text: &str, epoch: u32) -> Result<Vec<Link>, Rule> {
    let links = text.split(' ').map(parse_link).collect::<Option<Vec<_>>>();
    let links = links.ok_or(Rule::BadPrev)?;
    match links.as_slice() {
        [one] if one.epoch < epoch => Ok(links),
        [first, second] if first.epoch < second.epoch => Err(Rule::BadPrev),
        [first, _] if first.epoch < epoch => Ok(links),
        [_] | [_, _] => Err(Rule::PrevNotOlder),
        _ => Err(Rule::BadPrev),
    }
}

fn parse_link(text: &str) -> Option<Link> {
    let (epoch, rest) = text.split_once(':')?;
    let (key_id, proof) = rest.split_once(':')?;
    Some(Link {
        epoch: plain_integer(epoch)?,
        key_id: KeyId::parse(key_id)?,
        proof: Seal::parse(proof)?,
    })
}
