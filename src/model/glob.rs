//! `*` patterns: over key names as a person types them, and over the table of refused names.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::KeyName;

/// A pattern over key names, in which `*` stands for any run of characters, the empty one too.
///
/// It is made by parsing, and a text that could never match a key is not a pattern, so a slip of
/// the pen is an error and not a selection of nothing.
///
/// ```
/// use vault::model::{KeyName, Pattern};
/// let pattern: Pattern = "DB_*".parse().unwrap();
/// assert!(pattern.matches(&"DB_HOST".parse::<KeyName>().unwrap()));
/// assert!(!pattern.matches(&"MY_DB_HOST".parse::<KeyName>().unwrap()));
/// assert!("DB.*".parse::<Pattern>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Box<str>);

/// The text is empty or holds a character that no key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a pattern is letters, digits, `_`, `-`, and `*` for any run of them")]
pub struct InvalidPattern;

impl Pattern {
    /// Whether the whole name fits the pattern. Case matters, as it does in keys.
    pub fn matches(&self, key: &KeyName) -> bool {
        glob(&self.0, key.as_str(), Case::Matters)
    }

    /// The pattern as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'*');
        if text.is_empty() || !text.bytes().all(known) {
            return Err(InvalidPattern);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether `A` and `a` are one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// They are two.
    Matters,
    /// They are one, as in the environment of Windows.
    Ignored,
}

/// Whether all of `name` fits `pattern`.
///
/// When a literal does not fit, only the last `*` may take one character more, never an earlier
/// one, so the work is at most the product of the lengths and no pattern makes it explode.
pub(crate) fn glob(pattern: &str, name: &str, case: Case) -> bool {
    let same = |a: &u8, b: &u8| match case {
        Case::Matters => a == b,
        Case::Ignored => a.eq_ignore_ascii_case(b),
    };
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    let mut last_star = None;
    loop {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => return true,
            (Some((b'*', rest)), _) => {
                pattern = rest;
                last_star = Some((rest, name));
            }
            (Some((a, pattern_rest)), Some((b, name_rest))) if same(a, b) => {
                (pattern, name) = (pattern_rest, name_rest);
            }
            _ => {
                let Some((after_star, [_, rest @ ..])) = last_star else { return false };
                (pattern, name) = (after_star, rest);
                last_star = Some((after_star, rest));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_any_run_and_the_rest_for_itself() {
        for (pattern, name) in [
            ("*", ""),
            ("*", "A"),
            ("A", "A"),
            ("A*", "A"),
            ("*A", "BA"),
            ("A*C*E", "ABCDCE"),
            ("ERL_*FLAGS", "ERL_FLAGS"),
            ("ERL_*FLAGS", "ERL_ZFLAGS"),
            ("**B**", "ABA"),
            ("BASH_FUNC_*", "BASH_FUNC_ls%%"),
        ] {
            assert!(glob(pattern, name, Case::Matters), "{pattern} {name}");
        }
        for (pattern, name) in
            [("", "A"), ("A", ""), ("A", "a"), ("A", "AB"), ("A*", "BA"), ("A*C*E", "ABCD")]
        {
            assert!(!glob(pattern, name, Case::Matters), "{pattern} {name}");
        }
        assert!(glob("Ab*", "aBc", Case::Ignored));
    }

    #[test]
    fn many_stars_take_no_longer_than_the_product_of_the_lengths() {
        let (pattern, name) = ("*A".repeat(1000) + "B", "A".repeat(4000));
        assert!(!glob(&pattern, &name, Case::Matters));
    }

    #[test]
    fn a_text_that_could_match_no_key_is_no_pattern() {
        for bad in ["", "A B", "A.B", "A?", "[A]", "é*", "A\n", "A="] {
            assert_eq!(bad.parse::<Pattern>(), Err(InvalidPattern), "{bad:?}");
        }
        assert_eq!("DB_*".parse::<Pattern>().unwrap().to_string(), "DB_*");
    }

    /// The definition, word for word; exponential, so only for short texts.
    fn by_definition(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                (0..=name.len()).any(|taken| by_definition(rest, &name[taken..]))
            }
            ([a, pattern @ ..], [b, name @ ..]) => a == b && by_definition(pattern, name),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_the_definition_matches(pattern in "[ab*]{0,8}", name in "[ab]{0,10}") {
            prop_assert_eq!(
                glob(&pattern, &name, Case::Matters),
                by_definition(pattern.as_bytes(), name.as_bytes())
            );
        }
    }
}
