//! `.env` files: one spelling for each value that three readers take alike.
//!
//! The readers are [`read`], python-dotenv 1.x (`dotenv/parser.py`, `interpolate=False`) and docker
//! compose (compose-go `dotenv/parser.go`, `template/template.go`).

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{caveats, check, write};

/// Whether Python's `\s` matches: `White_Space` and the four separators of ASCII.
pub(super) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Where an inline comment begins in a value without quotes: the first `#` that follows a space.
fn inline_comment(text: &str) -> Option<usize> {
    let after_space = |at: &usize| {
        text.get(..*at).and_then(|before| before.chars().next_back()).is_some_and(is_python_space)
    };
    text.match_indices('#').map(|(at, _)| at).find(after_space)
}
