//! One source file as the rules see it: its text, its tokens without comments and literals, and
//! every path in it with `use` groups expanded. Enough of a lexer for rules, not a parser.

use std::ops::RangeInclusive;

/// A Rust file.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// A word, `::`, or a single other character. Comments, strings, characters and lifetimes are left
/// out.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// `a::b::c` wherever it stands, and each leaf of `a::{b, c::d}`.
pub(super) struct PathUse<'a> {
    pub(super) line: usize,
    pub(super) segments: Vec<&'a str>,
    /// The token before the path: `.` for a method, `fn` for a definition.
    pub(super) before: &'a str,
    /// The token after it: `!` for a macro, `(` for a call.
    pub(super) after: &'a str,
}

impl PathUse<'_> {
    /// The last segment.
    pub(super) fn name(&self) -> &str {
        self.segments.last().copied().unwrap_or_default()
    }

    /// Whether the segments `pair` stand in the path, one after the other.
    pub(super) fn has(&self, pair: [&str; 2]) -> bool {
        self.segments.windows(2).any(|window| window == pair)
    }
}

impl Source {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub(super) fn finding(&self, line: usize, rule: &str) -> String {
        format!("{}:{line}: {rule}", self.path)
    }

    pub(super) fn tokens(&self) -> Vec<Token<'_>> {
        let mut found = Vec::new();
        let (mut rest, mut line) = (self.text.as_str(), 1);
        while !rest.is_empty() {
            let (length, is_code) = lexeme(rest);
            let (text, after) = rest.split_at(length);
            if is_code {
                found.push(Token { line, text });
            }
            line += text.matches('\n').count();
            rest = after;
        }
        found
    }

    pub(super) fn paths(&self) -> Vec<PathUse<'_>> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            at = if is_word(word(&tokens, at)) {
                collect_path(&tokens, at, &[], at, &mut found)
            } else {
                at + 1
            };
        }
        found
    }

    /// The paths outside `#[cfg(test)]` modules; none in a file that is one.
    pub(super) fn paths_outside_tests(&self) -> Vec<PathUse<'_>> {
        if self.path.ends_with("/tests.rs") || self.text.contains("\n#![cfg(test)]\n") {
            return Vec::new();
        }
        let skipped = self.test_modules();
        let outside = |path: &PathUse<'_>| !skipped.iter().any(|lines| lines.contains(&path.line));
        self.paths().into_iter().filter(outside).collect()
    }

    /// The lines of every `#[cfg(test)] mod … { … }`.
    fn test_modules(&self) -> Vec<RangeInclusive<usize>> {
        let tokens = self.tokens();
        let marks = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
        let starts = (0..tokens.len()).filter(|at| {
            let marked = marks.iter().enumerate().all(|(i, mark)| word(&tokens, at + i) == *mark);
            marked && word(&tokens, at + marks.len() + 1) == "{"
        });
        starts
            .map(|at| line(&tokens, at)..=line(&tokens, closing(&tokens, at + marks.len() + 1)))
            .collect()
    }
}

/// The token's text, or nothing past the end.
pub(super) fn word<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}

/// The token's line, or the last one past the end.
pub(super) fn line(tokens: &[Token<'_>], at: usize) -> usize {
    tokens.get(at).or(tokens.last()).map_or(1, |token| token.line)
}

/// Where the bracket that opens at `open` closes.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Adds the path that begins at `at` under `prefix`, and returns where to go on.
fn collect_path<'a>(
    tokens: &[Token<'a>],
    mut at: usize,
    prefix: &[&'a str],
    start: usize,
    found: &mut Vec<PathUse<'a>>,
) -> usize {
    let mut segments = prefix.to_vec();
    while is_word(word(tokens, at)) || word(tokens, at) == "*" {
        segments.push(word(tokens, at));
        let next = word(tokens, at + 2);
        if word(tokens, at + 1) != "::" || !(is_word(next) || matches!(next, "{" | "*")) {
            break;
        }
        at += 2;
    }
    if word(tokens, at) != "{" {
        let before = start.checked_sub(1).map_or("", |i| word(tokens, i));
        let after = word(tokens, at + 1);
        found.push(PathUse { line: line(tokens, at), segments, before, after });
        return at + 1;
    }
    let end = closing(tokens, at);
    at += 1;
    while at < end {
        at = collect_path(tokens, at, &segments, start, found);
        while at < end && word(tokens, at) != "," {
            at += 1; // `as name`
        }
        at += 1;
    }
    end + 1
}

/// How long the lexeme is that `rest` begins with, and whether it is a token.
fn lexeme(rest: &str) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if let Some(length) = block_comment(rest).or_else(|| string(rest)).or_else(|| quote(rest)) {
        return (length, false);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let first = rest.chars().next().unwrap_or(' ');
    if word > 0 { (word, true) } else { (first.len_utf8(), !first.is_whitespace()) }
}

fn block_comment(rest: &str) -> Option<usize> {
    rest.strip_prefix("/*")?;
    let mut depth = 0_usize;
    for (at, _) in rest.char_indices() {
        let here = rest.get(at..).unwrap_or_default();
        if here.starts_with("/*") {
            depth += 1;
        } else if here.starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return Some(at + 2);
            }
        }
    }
    Some(rest.len())
}

/// The length of a string literal of any kind.
fn string(rest: &str) -> Option<usize> {
    for prefix in ["r", "br", "cr"] {
        let body = rest.strip_prefix(prefix).unwrap_or_default();
        let hashes = body.len() - body.trim_start_matches('#').len();
        if let Some(text) = body.get(hashes..).and_then(|body| body.strip_prefix('"')) {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = text.find(&end).map_or(text.len(), |at| at + end.len());
            return Some(prefix.len() + hashes + 1 + length);
        }
    }
    let prefix = ["", "b", "c"]
        .into_iter()
        .find(|prefix| rest.strip_prefix(prefix).is_some_and(|body| body.starts_with('"')))?;
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(prefix.len() + 1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of a character literal or of a lifetime.
fn quote(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut chars = body.chars();
    let first = chars.next()?;
    if first == '\\' {
        let from = 1 + chars.next()?.len_utf8();
        return Some(1 + from + body.get(from..)?.find('\'')? + 1);
    }
    if chars.next() == Some('\'') {
        return Some(first.len_utf8() + 2);
    }
    Some(1 + body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len()))
}
