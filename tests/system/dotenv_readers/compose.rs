//! How docker compose reads a `.env` file: compose-go v2 `dotenv/parser.go`, function by function,
//! with `template/template.go` for what it expands. Variables are not looked up: a value with one
//! is `None`.

use std::collections::BTreeMap;

/// `parse`. The error is compose's, without its text.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Option<String>>, &'static str> {
    let mut read = BTreeMap::new();
    let mut rest = statement_start(text.trim_start_matches('\u{feff}'));
    while !rest.is_empty() {
        let (key, left) = locate_key_name(rest)?;
        let (value, left) = extract_value(left)?;
        read.insert(key.to_owned(), value);
        rest = statement_start(left);
    }
    Ok(read)
}

/// `getStatementStart`.
fn statement_start(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.find('\n').map_or("", |at| &rest[at..]).trim_start();
    }
    rest
}

/// `locateKeyName`, but that a key without a value is an error.
fn locate_key_name(text: &str) -> Result<(&str, &str), &'static str> {
    let exported = text.strip_prefix("export").filter(|after| {
        after.starts_with(['\t', '\n', '\x0c', '\r', ' ']) // Go's `\s`
    });
    let text = exported.map_or(text, |after| after.trim_start_matches(is_space));
    for (at, c) in text.char_indices() {
        match c {
            '=' | ':' => {
                let key = text[..at].trim_end();
                if key.contains(' ') {
                    return Err("key cannot contain a space");
                }
                return Ok((key, text[at + 1..].trim_start_matches(is_space)));
            }
            '\n' => return Err("inherited"),
            '_' | '.' | '-' | '[' | ']' => {}
            c if is_space(c) || c.is_alphanumeric() => {}
            _ => return Err("unexpected character in variable name"),
        }
    }
    Err("zero length string")
}

/// `extractVarValue`.
fn extract_value(text: &str) -> Result<(Option<String>, &str), &'static str> {
    let Some(&quote @ (b'\'' | b'"')) = text.as_bytes().first() else {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let value = line.split_once(" #").map_or(line, |(value, _)| value);
        return Ok((expand_variables(value.trim_end()), rest));
    };
    let mut previous_is_escape = false;
    let mut chars = Vec::new();
    for (at, byte) in text.bytes().enumerate().skip(1) {
        if byte != quote {
            if !previous_is_escape && byte == b'\\' {
                previous_is_escape = true;
                continue;
            }
            if previous_is_escape {
                previous_is_escape = false;
                chars.push(b'\\');
            }
            chars.push(byte);
        } else if previous_is_escape {
            previous_is_escape = false;
            chars.push(byte);
        } else {
            let value = String::from_utf8(chars).unwrap();
            let value =
                if quote == b'"' { expand_variables(&expand_escapes(&value)) } else { Some(value) };
            return Ok((value, &text[at + 1..]));
        }
    }
    Err("unterminated quoted value")
}

/// `expandEscapes`, but for octal escapes.
fn expand_escapes(text: &str) -> String {
    let mut expanded = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let known = |next: &char| match next {
            'a' => Some("\x07"),
            'b' => Some("\x08"),
            'f' => Some("\x0c"),
            'n' => Some("\n"),
            'r' => Some("\r"),
            't' => Some("\t"),
            'v' => Some("\x0b"),
            '"' => Some("\""),
            '\\' => Some("\\"),
            '$' => Some("$$"),
            '0' => panic!("export writes no octal escapes"),
            _ => None,
        };
        match chars.peek().filter(|_| c == '\\').and_then(known) {
            Some(replacement) => {
                chars.next();
                expanded.push_str(replacement);
            }
            None => expanded.push(c),
        }
    }
    expanded
}

/// `template.Substitute`: `\$(?i:(?P<escaped>\$)|(?P<named>[_a-z]…)|{(…|(?P<invalid>)))`.
fn expand_variables(text: &str) -> Option<String> {
    let mut expanded = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        expanded.push(c);
        let Some(next) = chars.peek().filter(|_| c == '$') else { continue };
        match next {
            '$' => {
                chars.next();
            }
            // Under (?i) Go takes the long s for `s` and the Kelvin sign for `k`.
            '_' | '{' | '\u{17f}' | '\u{212a}' => return None,
            next if next.is_ascii_alphabetic() => return None,
            _ => {}
        }
    }
    Some(expanded)
}

/// `isSpace`: Go's white space without the line feed.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}
