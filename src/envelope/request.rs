//! A request to join: `.secrets/requests/NAME.toml`, one table `[request]` with the field `to`, in
//! the line grammar of sealed files (docs/format.md "team.toml").

use super::parse::{Line, scan};
use super::rule::{Malformed, Rule, shown};
use crate::crypto::Recipient;
use crate::model::MemberName;

const COMMENT: &str =
    "# vault: asks to become a member. A member accepts it with `vault recipient add`.\n";

/// Someone's public key, and the name they ask to have in the team.
///
/// Anyone who can push can write one, so whoever accepts it must be shown the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name.
    pub name: MemberName,
    /// The key.
    pub to: Recipient,
}

impl Request {
    /// Reads a request; `name` is what its path says.
    ///
    /// # Errors
    /// [`Malformed`] with the line and the first rule it breaks.
    pub fn parse(bytes: &[u8], name: &MemberName) -> Result<Self, Malformed> {
        let at = |line, place: &str, rule| Malformed { line, place: place.to_owned(), rule };
        let mut header = None;
        let mut to = None;
        scan(bytes, |line, meaning| match meaning {
            Line::Header { table: "request", name: None } => match header.replace(line) {
                None => Ok(()),
                Some(_) => Err(at(line, "", Rule::DuplicateTable)),
            },
            Line::Header { table, .. } => Err(at(line, "", Rule::UnknownTable(shown(table)))),
            Line::Field { .. } if header.is_none() => Err(at(line, "", Rule::FieldOutsideTable)),
            Line::Field { field: "to", value } => {
                let text = value.string("to").map_err(|rule| at(line, "request", rule))?;
                match to.replace(recipient(&text, name).map_err(|rule| at(line, "request", rule))?)
                {
                    None => Ok(()),
                    Some(_) => Err(at(line, "request", Rule::DuplicateField("to"))),
                }
            }
            Line::Field { field, .. } => Err(at(line, "request", Rule::UnknownField(shown(field)))),
        })?;
        let line = header.ok_or_else(|| at(0, "request", Rule::MissingField("to")))?;
        let to = to.ok_or_else(|| at(line, "request", Rule::MissingField("to")))?;
        Ok(Self { name: name.clone(), to })
    }

    /// The request's text.
    pub fn render(&self) -> String {
        format!("{COMMENT}[request]\nto = \"{} {}\"\n", self.to, self.name)
    }
}

/// `to` as in a file; but a person typed or made this key, so all of it is checked.
fn recipient(text: &str, name: &MemberName) -> Result<Recipient, Rule> {
    let key = text.strip_suffix(name.as_str()).and_then(|key| key.strip_suffix(' '));
    let key = Recipient::from_canonical(key.ok_or(Rule::RecipientName)?);
    key.and_then(|key| key.as_str().parse()).map_err(Rule::BadRecipient)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let name: MemberName = "bob/phone".parse().unwrap();
        let request = Request { name: name.clone(), to: KEY.parse().unwrap() };
        assert_eq!(Request::parse(request.render().as_bytes(), &name), Ok(request));
        let field = format!("to = \"{KEY} bob/phone\"");
        for (text, code) in [
            (format!("[request]\nto = \"{KEY} bob\"\n"), "recipient-name"),
            (format!("[request]\n{field}\n{field}\n"), "duplicate-field"),
            (format!("[request]\n[request]\n{field}\n"), "duplicate-table"),
            (format!("{field}\n"), "field-outside-table"),
            (format!("[request]\n{field}\nadmin = 1\n"), "unknown-field"),
            (format!("[recipients.bob]\n{field}\n"), "unknown-table"),
            (format!("[request.bob]\n{field}\n"), "unknown-table"),
            ("[request]\n".to_owned(), "missing-field"),
            (String::new(), "missing-field"),
            ("[request]\nto = \"hello bob/phone\"\n".to_owned(), "bad-recipient"),
            ("[request]\nto = \"AGE-SECRET-KEY-1QQ bob/phone\"\n".to_owned(), "bad-recipient"),
        ] {
            let error = Request::parse(text.as_bytes(), &name).unwrap_err();
            assert_eq!(error.rule.code(), code, "{text}");
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }
}
