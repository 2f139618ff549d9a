//! Changing a JSON text member by member, so that everything else keeps its bytes: comments there
//! are none, but order, spaces and line ends are somebody's.

use std::ops::Range;

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

/// A JSON text whose outermost value is an object. It may hold credentials, so it is wiped.
#[derive(Clone)]
pub(super) struct Json {
    text: Zeroizing<String>,
}

/// Where a JSON text stops being one, or that it is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAnObject {
    /// The line, from 1.
    pub(super) line: usize,
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// From the quote before the name.
    start: usize,
    value: Range<usize>,
}

impl Json {
    /// Reads a text. Blank is an empty object.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NotAnObject> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            return Err(NotAnObject { line: line_of(valid) });
        };
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        // serde_json's message quotes the text, so of its error only the line is taken.
        let whole: Result<IgnoredAny, _> = serde_json::from_str(text);
        whole.map_err(|error| NotAnObject { line: error.line() })?;
        if !text.trim_start().starts_with('{') {
            return Err(NotAnObject { line: 1 });
        }
        Ok(Self { text: Zeroizing::new(text.to_owned()) })
    }

    /// The text.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The members of the object that `path` leads to; `None` when there is none.
    pub(super) fn members(&self, path: &[&str]) -> Option<Vec<Member>> {
        let object = self.object(path)?;
        Some(self.members_of(&object))
    }

    /// The string that a member is.
    pub(super) fn string(&self, member: &Member) -> Option<String> {
        serde_json::from_str(self.raw(member)).ok()
    }

    /// What a member is, as it stands there.
    pub(super) fn raw(&self, member: &Member) -> &str {
        self.text.get(member.value.clone()).unwrap_or_default()
    }

    /// Puts `value`, which is JSON, under `name` into the object at `path`, in place of what is
    /// there under that name. The object must be there.
    pub(super) fn put(&mut self, path: &[&str], name: &str, value: &str) {
        let Some(object) = self.object(path) else { return };
        let members = self.members_of(&object);
        if let Some(old) = members.iter().find(|member| member.name == name) {
            return self.replace(old.value.clone(), &[value]);
        }
        let quoted = serde_json::Value::from(name).to_string();
        let colon = if self.has_spaces() { ": " } else { ":" };
        if let Some(last) = members.last() {
            let before = self.text.get(..last.start).unwrap_or_default();
            let gap = before.get(before.trim_end().len()..).unwrap_or_default().to_owned();
            let at = last.value.end;
            self.replace(at..at, &[",", &gap, &quoted, colon, value]);
        } else {
            let (inner, outer) = self.indents(path.len());
            let inside = object.start + 1..object.end - 1;
            self.replace(inside, &[&inner, &quoted, colon, value, &outer]);
        }
    }

    /// Takes `name` out of the object at `path`.
    pub(super) fn remove(&mut self, path: &[&str], name: &str) {
        let Some(object) = self.object(path) else { return };
        let members = self.members_of(&object);
        let Some(at) = members.iter().position(|member| member.name == name) else { return };
        let Some(member) = members.get(at) else { return };
        let before = at.checked_sub(1).and_then(|at| members.get(at));
        let cut = match (before, members.get(at + 1)) {
            (Some(before), _) => before.value.end..member.value.end,
            (None, Some(next)) => member.start..next.start,
            (None, None) => object.start + 1..object.end - 1,
        };
        self.replace(cut, &[]);
    }

    /// Line ends and indentation of the members of an object at this depth, and of its end.
    fn indents(&self, depth: usize) -> (String, String) {
        let first = self.members_of(&self.whole()).first().map(|member| member.start);
        let gap = first.and_then(|start| self.text.get(self.whole().start + 1..start));
        match gap {
            // Written by a program that wastes no space.
            Some(gap) if !gap.contains('\n') => (String::new(), String::new()),
            gap => {
                let gap = gap.unwrap_or("\n\t");
                let end = gap.rfind('\n').map_or(0, |at| at + 1);
                let (line_end, unit) = gap.split_at(end);
                let indent = |depth: usize| format!("{line_end}{}", unit.repeat(depth));
                (indent(depth + 1), indent(depth))
            }
        }
    }

    /// Whether a space follows the colons of this text.
    fn has_spaces(&self) -> bool {
        self.members_of(&self.whole()).first().is_none_or(|member| {
            self.text.get(..member.value.start).is_some_and(|text| text.ends_with(' '))
        })
    }

    /// Exchanges a part of the text, by way of a buffer that never grows.
    fn replace(&mut self, part: Range<usize>, pieces: &[&str]) {
        let before = self.text.get(..part.start).unwrap_or_default();
        let after = self.text.get(part.end..).unwrap_or_default();
        let length =
            before.len() + after.len() + pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(before);
        for piece in pieces {
            text.push_str(piece);
        }
        text.push_str(after);
        self.text = text;
    }

    fn whole(&self) -> Range<usize> {
        let start = self.text.find('{').unwrap_or_default();
        start..self.text.trim_end().len()
    }

    fn object(&self, path: &[&str]) -> Option<Range<usize>> {
        let mut object = self.whole();
        for name in path {
            let members = self.members_of(&object);
            // Of two of one name parsers take the last.
            let member = members.into_iter().rfind(|member| member.name == *name)?;
            object = member.value;
            self.text.get(object.clone())?.starts_with('{').then_some(())?;
        }
        Some(object)
    }

    /// The text is known to be JSON, so only its outline is followed.
    fn members_of(&self, object: &Range<usize>) -> Vec<Member> {
        let mut members = Vec::new();
        let mut at = object.start + 1;
        while let Some(start) = self.find(at, object.end, |b| b == b'"') {
            let name_end = self.string_end(start);
            let Some(colon) = self.find(name_end, object.end, |b| b == b':') else { break };
            let Some(from) = self.find(colon + 1, object.end, |b| !b.is_ascii_whitespace()) else {
                break;
            };
            let end = self.value_end(from);
            let name =
                self.text.get(start..name_end).and_then(|name| serde_json::from_str(name).ok());
            members.push(Member { name: name.unwrap_or_default(), start, value: from..end });
            at = end;
        }
        members
    }

    fn find(&self, from: usize, to: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
        let bytes = self.text.as_bytes().get(from..to)?;
        bytes.iter().position(|b| wanted(*b)).map(|at| from + at)
    }

    /// Where the string that begins at `start` ends.
    fn string_end(&self, start: usize) -> usize {
        let mut escaped = false;
        let rest = self.text.as_bytes().get(start + 1..).unwrap_or_default();
        let end = rest.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        end.map_or(self.text.len(), |at| start + 1 + at + 1)
    }

    fn value_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = start;
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    at = self.string_end(at);
                    if depth == 0 {
                        return at;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth <= 1 => return if depth == 0 { at } else { at + 1 },
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return at,
                byte if depth == 0 && byte.is_ascii_whitespace() => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }
}

fn line_of(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn text(json: &Json) -> &str {
        std::str::from_utf8(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_member_is_added_as_the_others_stand_there() {
        for (before, after) in [
            ("{}", "{\n\t\"a\": 1\n}"),
            (" \n", "{\n\t\"a\": 1\n}\n"),
            ("{\n\t\"x\": {}\n}\n", "{\n\t\"x\": {},\n\t\"a\": 1\n}\n"),
            (
                "{\r\n  \"x\": 1,\r\n  \"y\": \"}\"\r\n}",
                "{\r\n  \"x\": 1,\r\n  \"y\": \"}\",\r\n  \"a\": 1\r\n}",
            ),
            ("{\"x\":[1,{\"a\":2}]}", "{\"x\":[1,{\"a\":2}],\"a\":1}"),
            ("{\"x\": 1, \"a\": {\"b\": \"\\\"\"} }", "{\"x\": 1, \"a\": 1 }"),
        ] {
            let mut changed = json(before);
            changed.put(&[], "a", "1");
            assert_eq!(text(&changed), after, "{before:?}");
        }
    }

    #[test]
    fn a_member_of_an_empty_object_is_indented_as_deep_as_it_lies() {
        let mut nested = json("{\n  \"a\": 1\n}");
        nested.put(&[], "h", "{}");
        nested.put(&["h"], "k", "\"v\"");
        nested.put(&["h"], "l", "\"w\"");
        assert_eq!(
            text(&nested),
            "{\n  \"a\": 1,\n  \"h\": {\n    \"k\": \"v\",\n    \"l\": \"w\"\n  }\n}"
        );
    }

    #[test]
    fn what_is_taken_out_leaves_the_rest_as_it_was() {
        for (name, after) in [
            ("x", "{ \"y\":{\"z\":[]} ,\n\"z\": null}"),
            ("y", "{ \"x\": \"1,}\" ,\n\"z\": null}"),
            ("z", "{ \"x\": \"1,}\", \"y\":{\"z\":[]}}"),
            ("none", "{ \"x\": \"1,}\", \"y\":{\"z\":[]} ,\n\"z\": null}"),
        ] {
            let mut changed = json("{ \"x\": \"1,}\", \"y\":{\"z\":[]} ,\n\"z\": null}");
            changed.remove(&[], name);
            assert_eq!(text(&changed), after);
        }
        let mut last = json("{\n \"x\": 1\n}");
        last.remove(&[], "x");
        assert_eq!(text(&last), "{}");
    }

    #[test]
    fn names_are_compared_as_json_means_them() {
        let escaped = json("{\"a\\u002fb\": {\"\\\"\": true}}");
        let names = |path: &[&str]| {
            escaped.members(path).unwrap().into_iter().map(|m| m.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["a/b"]);
        assert_eq!(names(&["a/b"]), ["\""]);
        assert!(escaped.members(&["a/b", "\""]).is_none());
    }

    #[test]
    fn what_is_no_object_is_told_by_line() {
        for (bad, line) in [("[]", 1), ("{\n\"a\": }", 2), ("{} {}", 1), ("null", 1), ("{\n", 2)] {
            assert_eq!(Json::parse(bad.as_bytes()).err(), Some(NotAnObject { line }), "{bad}");
        }
        assert_eq!(Json::parse(b"{\n\"\xff").err(), Some(NotAnObject { line: 2 }));
    }
}
