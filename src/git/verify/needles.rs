//! The spellings of values, and finding them in a stream of bytes.

use std::io::{self, Read};

use aho_corasick::AhoCorasick;

use super::spellings::{Text, each};
use crate::model::{KeyName, Kind, SecretValue};
use crate::store::FileRef;

/// Shortest value that is searched for: shorter ones are found everywhere.
const SHORTEST: usize = 8;

/// Values below this length are searched for only if they are not of letters alone, or of digits:
/// `production` and `postgres` are words of every repository.
const TELLING: usize = 16;

/// How much of a value is searched for: whoever has that much has enough.
const LONGEST: usize = 64 << 10;

/// How much of a spelling is looked for first; the rest is compared where that is found.
const ANCHOR: usize = 12;

/// How much of a file is held at once, beside what the longest spelling takes.
const CHUNK: usize = 1 << 20;

/// Values to be searched for, each in all its spellings.
#[derive(Default)]
pub(super) struct Needles(Vec<(Text, Owner)>);

/// Whose spelling it is.
struct Owner {
    /// `TOKEN of set web`.
    value: String,
    spelled: &'static str,
    /// How many lines a whole value has, of which this is one.
    part_of: Option<usize>,
}

/// Where a value was found.
pub(super) struct Hit {
    /// From 1.
    pub(super) line: usize,
    /// Which it is, and never what.
    pub(super) message: String,
    /// Whose value, and of how many lines, where this is but one of them.
    value: String,
    part_of: Option<usize>,
}

impl Needles {
    pub(super) fn add(&mut self, of: &FileRef, key: &KeyName, value: &SecretValue) {
        let value = value.expose().trim_ascii();
        let value = value.get(..LONGEST).unwrap_or(value);
        if !is_telling(value) {
            return;
        }
        let set = match of.kind {
            Kind::Set => format!("set {}", of.name),
            Kind::Pull => format!("pull secret {}", of.name),
        };
        each(value, &mut |text, spelled, part_of| {
            let value = format!("{key} of {set}");
            self.0.push((text, Owner { value, spelled, part_of }));
        });
    }

    /// `None` where there is nothing to search for.
    pub(super) fn into_search(mut self) -> Option<Search> {
        // Stable: of spellings that look the same, the plainest stays first.
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut needles: Vec<(Text, Vec<Owner>)> = Vec::new();
        for (text, owner) in self.0 {
            match needles.last_mut() {
                Some((last, owners)) if *last == text => {
                    if owners.iter().all(|other| other.value != owner.value) {
                        owners.push(owner);
                    }
                }
                _ => needles.push((text, vec![owner])),
            }
        }
        let longest = needles.iter().map(|(text, _)| text.len()).max()?;
        let anchors = needles.iter().map(|(text, _)| text.get(..ANCHOR).unwrap_or(text));
        // It fails only above 2^31 states, which no number of values reaches that files can hold.
        let automaton = AhoCorasick::new(anchors).ok()?;
        Some(Search { needles, longest, automaton })
    }
}

/// A search for all of them at once.
pub(super) struct Search {
    needles: Vec<(Text, Vec<Owner>)>,
    longest: usize,
    automaton: AhoCorasick,
}

impl Search {
    /// Every place a value stands at.
    pub(super) fn of(&self, from: &mut dyn Read) -> io::Result<Vec<Hit>> {
        let mut hits = Vec::new();
        let mut held = Vec::new();
        let mut lines = 1;
        loop {
            let wanted = CHUNK + self.longest - held.len();
            let most = u64::try_from(wanted).unwrap_or(u64::MAX);
            let read = (&mut *from).take(most).read_to_end(&mut held)?;
            let last = read < wanted;
            // What begins in the last part may go on in the next.
            let settled = if last { held.len() } else { held.len() - self.longest };
            self.look(&held, settled, lines, &mut hits);
            if last {
                return Ok(without_parts(hits));
            }
            lines += held.drain(..settled).filter(|byte| *byte == b'\n').count();
        }
    }

    fn look(&self, held: &[u8], settled: usize, lines: usize, hits: &mut Vec<Hit>) {
        let (mut counted, mut line) = (0, lines);
        for found in self.automaton.find_overlapping_iter(held) {
            let at = found.start();
            let needle = self.needles.get(found.pattern().as_usize());
            let rest = held.get(at..).unwrap_or_default();
            let Some((_, owners)) = needle.filter(|(text, _)| rest.starts_with(text)) else {
                continue;
            };
            if at >= settled {
                continue;
            }
            // Found in the order of their ends, so they may begin a little before one another.
            let (from, to) = (counted.min(at), counted.max(at));
            let between = held.get(from..to).unwrap_or_default();
            let between = between.iter().filter(|byte| **byte == b'\n').count();
            line = if at < counted { line - between } else { line + between };
            counted = at;
            hits.extend(owners.iter().map(|Owner { value, spelled, part_of }| Hit {
                line,
                message: format!("the value of {value} stands here in clear{spelled}"),
                value: value.clone(),
                part_of: *part_of,
            }));
        }
    }
}

/// A line is not told of where the whole value is.
fn without_parts(hits: Vec<Hit>) -> Vec<Hit> {
    let wholes: Vec<(String, usize)> = hits
        .iter()
        .filter(|hit| hit.part_of.is_none())
        .map(|hit| (hit.value.clone(), hit.line))
        .collect();
    let is_told = |hit: &Hit, lines: usize| {
        let mut wholes = wholes.iter().filter(|(value, _)| *value == hit.value);
        wholes.any(|(_, line)| (*line..*line + lines).contains(&hit.line))
    };
    hits.into_iter().filter(|hit| !hit.part_of.is_some_and(|lines| is_told(hit, lines))).collect()
}

/// Whether a value would not stand somewhere by chance.
fn is_telling(value: &[u8]) -> bool {
    let only = |class: fn(&u8) -> bool| value.iter().all(class);
    let plain = only(u8::is_ascii_alphabetic) || only(u8::is_ascii_digit);
    let varied = value.iter().any(|byte| Some(byte) != value.first());
    value.len() >= SHORTEST && varied && (value.len() >= TELLING || !plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn search(values: &[(&str, &str)]) -> Search {
        let mut needles = Needles::default();
        for (key, value) in values {
            let value = SecretValue::new(value.as_bytes().to_vec()).unwrap();
            needles.add(&"web".parse().unwrap(), &key.parse().unwrap(), &value);
        }
        needles.into_search().unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    #[test]
    fn a_key_of_several_lines_is_found_however_its_lines_are_ended_and_indented() {
        let body = |seed: usize| -> String {
            let letter =
                |at: usize| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(at * 7 + seed * 5) % 26]);
            (0..64).map(letter).collect()
        };
        let lines: Vec<String> = (0..5).map(body).collect();
        let pem = format!("-----BEGIN KEY-----\n{}\n-----END KEY-----\n", lines.join("\n"));
        let search = search(&[("KEY", &pem)]);
        let found = |text: String| -> Vec<(usize, bool)> {
            let hits = search.of(&mut text.as_bytes()).unwrap();
            hits.iter().map(|hit| (hit.line, hit.message.ends_with("one of its lines"))).collect()
        };
        assert_eq!(found(format!("x\n{pem}")), [(2, false)]);
        assert_eq!(found(format!("x\n{}", pem.replace('\n', "\r\n"))), [(2, false)]);
        assert_eq!(found(format!("key: |\n  {}", pem.replace('\n', "\n  "))), [(5, true)]);
        assert_eq!(
            found(format!("{pem}\n  {}", pem.replace('\n', "\n  "))),
            [(1, false), (12, true)]
        );
        // What every key of its kind begins and ends with is no secret.
        assert_eq!(found(format!("-----BEGIN KEY-----\n{}\n-----END KEY-----\n", lines[0])), []);
    }

    fn lines(search: &Search, text: &[u8]) -> Vec<usize> {
        search.of(&mut &*text).unwrap().iter().map(|hit| hit.line).collect()
    }

    #[test]
    fn every_spelling_is_found_on_its_line_and_never_repeated() {
        let search = search(&[("TOKEN", "s3cr3t/+\"välue\\x")]);
        let value = "s3cr3t/+\"välue\\x".as_bytes();
        let base64 = |before: &str| {
            let all = [before.as_bytes(), value, b" and more"].concat();
            base64::engine::general_purpose::STANDARD.encode(all)
        };
        for text in [
            "s3cr3t/+\"välue\\x".to_owned(),
            "s3cr3t%2F%2B%22v%C3%A4lue%5Cx".to_owned(),
            "s3cr3t%2f%2b%22v%c3%a4lue%5cx".to_owned(),
            "s3cr3t/%2B%22v%C3%A4lue%5Cx".to_owned(),
            r#"s3cr3t/+\"välue\\x"#.to_owned(),
            base64(""),
            base64("a"),
            base64("ab"),
            base64("abc").replace('+', "-").replace('/', "_"),
            hex(value),
            hex(value).to_uppercase(),
        ] {
            let hits = search.of(&mut format!("one\ntwo {text} two\n").as_bytes()).unwrap();
            assert_eq!(hits.len(), 1, "{text}");
            assert_eq!(hits[0].line, 2);
            assert!(hits[0].message.contains("TOKEN of set web"), "{}", hits[0].message);
            assert!(!hits[0].message.contains("s3cr3t"));
        }
        assert!(lines(&search, b"s3cr3t/+\"").is_empty());
    }

    #[test]
    fn nothing_is_missed_where_parts_meet() {
        let value = "0123456789abcdefghij".repeat(9);
        let search = search(&[("LONG", &value), ("SHORT", "hunter2hunter2")]);
        for before in [CHUNK - 200, CHUNK - 7, CHUNK, CHUNK + 100, 2 * CHUNK + 3] {
            let mut text = vec![b'\n'; before];
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\nhunter2hunter2");
            assert_eq!(lines(&search, &text), [before + 1, before + 2], "{before}");
        }
    }

    #[test]
    fn words_of_every_repository_are_no_secrets() {
        for word in ["production", "postgres", "12345678", "short1!", "aaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(!is_telling(word.as_bytes()), "{word}");
        }
        for value in ["hunter2hunter2", "correct horse battery", "p4ssw0rd", "abcdefghijklmnop"] {
            assert!(is_telling(value.as_bytes()), "{value}");
        }
    }
}
