//! What is said to a plugin and what it may say: the state machines `recipient-v1` and
//! `identity-v1` (C2SP age-plugin).

use age::secrecy::ExposeSecret;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use zeroize::{Zeroize, Zeroizing};

use super::process::Process;
use super::{Person, wire};
use crate::crypto::{PluginError, PluginName, base64_decode};

/// The one file that is asked about.
const FILE: &str = "0";

/// Longest complaint that is repeated, in characters.
const MAX_SAID: usize = 300;

/// A plugin that was started, and the person it runs for.
pub(super) struct Conversation<'a> {
    name: &'a PluginName,
    person: &'a dyn Person,
    process: Process<'a>,
    /// What the plugin complained about.
    complaint: Option<String>,
    /// Whether a question got no answer.
    unanswered: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(name: &'a PluginName, person: &'a dyn Person, process: Process<'a>) -> Self {
        Self { name, person, process, complaint: None, unanswered: false }
    }

    /// `recipient-v1`: what the plugin makes of a file key for one recipient.
    pub(super) fn wrap_file_key(
        mut self,
        recipient: &str,
        file_key: &FileKey,
    ) -> Result<Vec<Stanza>, PluginError> {
        self.send("add-recipient", &[recipient], b"")?;
        // Some keys may not stand beside others in one file. Here each has a file of its own.
        self.send("extension-labels", &[], b"")?;
        self.send("wrap-file-key", &[], file_key.expose_secret())?;
        self.send("done", &[], b"")?;
        let mut stanzas = Vec::new();
        loop {
            let said = self.receive()?;
            match (said.tag.as_str(), said.args.as_slice()) {
                ("done", _) => break,
                ("recipient-stanza", [file, tag, args @ ..]) if file == FILE => {
                    let (tag, args) = (tag.clone(), args.to_vec());
                    stanzas.push(Stanza { tag, args, body: said.body });
                    self.send("ok", &[], b"")?;
                }
                ("recipient-stanza", _) => {
                    return Err(self.process.protocol("a stanza for the file it was given"));
                }
                ("labels", _) => self.send("ok", &[], b"")?,
                _ => self.answer(&said)?,
            }
        }
        match (stanzas.is_empty(), self.end()) {
            (_, Err(why)) => Err(why),
            (true, Ok(name)) => {
                Err(PluginError::Protocol { name, what: "a stanza, or what is wrong" })
            }
            (false, Ok(_)) => Ok(stanzas),
        }
    }

    /// `identity-v1`: the file key in one of the stanzas of a file.
    pub(super) fn unwrap_file_key(
        mut self,
        identities: &[&str],
        stanzas: &[Stanza],
    ) -> Result<Option<FileKey>, PluginError> {
        for identity in identities {
            self.send("add-identity", &[identity], b"")?;
        }
        for stanza in stanzas {
            let args = [FILE, &stanza.tag].into_iter().chain(stanza.args.iter().map(|arg| &**arg));
            self.send("recipient-stanza", &args.collect::<Vec<_>>(), &stanza.body)?;
        }
        self.send("done", &[], b"")?;
        let mut found = None;
        loop {
            let mut said = self.receive()?;
            match (said.tag.as_str(), said.args.as_slice()) {
                ("done", _) => break,
                ("file-key", [file]) if file == FILE && found.is_none() => {
                    found = Some(
                        file_key(&mut said.body)
                            .ok_or_else(|| self.process.protocol("a file key has 16 bytes"))?,
                    );
                    self.send("ok", &[], b"")?;
                }
                ("file-key", _) => {
                    said.body.zeroize();
                    return Err(self.process.protocol("one file key for the file it was given"));
                }
                _ => self.answer(&said)?,
            }
        }
        // Where one identity helped, it does not matter what was wrong with another.
        match (found, self.end()) {
            (Some(key), _) => Ok(Some(key)),
            (None, end) => end.map(|_| None),
        }
    }

    /// Answers what a plugin may say in either machine.
    fn answer(&mut self, said: &Stanza) -> Result<(), PluginError> {
        let text = String::from_utf8_lossy(&said.body);
        let (name, person) = (self.name, self.person);
        let reply: Option<Zeroizing<Vec<u8>>> = match said.tag.as_str() {
            "msg" => {
                person.show(name, &text);
                Some(Zeroizing::default())
            }
            "error" => {
                let earlier = self.complaint.take();
                self.complaint = earlier.or_else(|| Some(harmless(&text)));
                Some(Zeroizing::default())
            }
            "confirm" => return self.confirm(&text, &said.args),
            "request-public" => person.ask(name, &text).map(|t| t.into_bytes().into()),
            "request-secret" => person
                .ask_hidden(name, &text)
                .map(|secret| secret.expose_secret().as_bytes().to_vec().into()),
            _ => return self.send("unsupported", &[], b""),
        };
        match reply {
            Some(bytes) => self.send("ok", &[], &bytes),
            None => self.fail(),
        }
    }

    fn confirm(&mut self, text: &str, args: &[String]) -> Result<(), PluginError> {
        let choices = args.iter().map(|arg| String::from_utf8(base64_decode(arg).ok()?).ok());
        let choices: Option<Vec<String>> = choices.collect();
        let answer = match choices.unwrap_or_default().as_slice() {
            [yes] => self.person.choose(self.name, text, yes, None),
            [yes, no] => self.person.choose(self.name, text, yes, Some(no)),
            _ => return Err(self.process.protocol("a question has one answer or two")),
        };
        match answer {
            Some(true) => self.send("ok", &["yes"], b""),
            Some(false) => self.send("ok", &["no"], b""),
            None => self.fail(),
        }
    }

    fn fail(&mut self) -> Result<(), PluginError> {
        self.unanswered = true;
        self.send("fail", &[], b"")
    }

    /// The plugin's name, or what kept it from doing its work.
    fn end(self) -> Result<PluginName, PluginError> {
        let name = self.name.clone();
        self.process.leave();
        match (self.complaint, self.unanswered) {
            (_, true) => Err(PluginError::NoTerminal(name)),
            (Some(said), false) => Err(PluginError::Said { name, said }),
            (None, false) => Ok(name),
        }
    }

    fn send(&mut self, tag: &str, args: &[&str], body: &[u8]) -> Result<(), PluginError> {
        self.process.write(&wire::encode(tag, args, body))
    }

    fn receive(&mut self) -> Result<Stanza, PluginError> {
        let line = self.process.line()?;
        let stanza = wire::head(&line);
        let mut stanza = stanza.ok_or_else(|| self.process.protocol("a stanza begins with ->"))?;
        loop {
            let line = self.process.line()?;
            match wire::body(&mut stanza, &line) {
                Some(true) => return Ok(stanza),
                Some(false) => {}
                None => return Err(self.process.protocol("a body is Base64 in lines of 64")),
            }
        }
    }
}

fn file_key(body: &mut Vec<u8>) -> Option<FileKey> {
    let bytes: Option<Box<[u8; FILE_KEY_BYTES]>> = body.as_slice().try_into().ok().map(Box::new);
    body.zeroize();
    bytes.map(FileKey::new)
}

/// A complaint may repeat what it is about, and that may be a private key.
fn harmless(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    if ["AGE-PLUGIN-", "AGE-SECRET-KEY-"].iter().any(|mark| upper.contains(mark)) {
        return "it complains about an identity, which is not repeated here".to_owned();
    }
    let mut said: String = text.trim().chars().take(MAX_SAID).collect();
    if said.is_empty() {
        said.push_str("it did not say what is wrong");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_short_and_repeats_no_key() {
        assert_eq!(harmless(" no such slot\n"), "no such slot");
        assert_eq!(harmless(&"x".repeat(1000)).len(), MAX_SAID);
        assert!(!harmless("cannot read age-plugin-x-1qqq").contains("1qqq"));
        assert!(!harmless("bad: AGE-SECRET-KEY-1QQQ").contains("1QQQ"));
        assert!(!harmless("").is_empty());
    }
}
