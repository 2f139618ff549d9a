//! A page of text for people: signed lines, coloured where that is wanted. Nothing that stands in a
//! file can act on the terminal, nor on a pager.

use zeroize::Zeroizing;

use crate::cli::output;
use crate::cli::report::Failure;
use crate::cli::term::printable;

/// What a line is about, which its first character says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Nothing beside itself.
    Bare,
    /// Names what follows.
    Title,
    /// What is new.
    Added,
    /// What is gone.
    Removed,
    /// What is another now.
    Changed,
    /// What is only told.
    Told,
    /// What no command does to a file.
    Alarm,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Colored,
}

/// Lines, wiped when dropped: they may hold values.
pub(crate) struct Page {
    text: Zeroizing<String>,
    paint: Paint,
}

impl Page {
    pub(crate) fn new(paint: Paint) -> Self {
        Self { text: Zeroizing::new(String::new()), paint }
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, sign: Sign, text: &str) {
        self.parts(sign, [(Weight::Normal, text)]);
    }

    /// Adds a line of several parts.
    pub(crate) fn parts<'t>(
        &mut self,
        sign: Sign,
        parts: impl IntoIterator<Item = (Weight, &'t str)>,
    ) {
        let (start, color) = sign.looks();
        self.style(color);
        self.text.push_str(start);
        for (weight, text) in parts {
            let text = Zeroizing::new(printable(text));
            match weight {
                Weight::Normal => self.text.push_str(&text),
                Weight::Strong => {
                    self.style("7");
                    self.text.push_str(&text);
                    self.style("27");
                }
            }
        }
        // Where there is nothing between, spaces at the end are nothing either.
        if start == "  " && self.text.ends_with("\n  ") {
            let length = self.text.len() - start.len();
            self.text.truncate(length);
        }
        self.style(if color.is_empty() { "" } else { "0" });
        self.text.push('\n');
    }

    /// Adds an empty line, unless nothing stands above it.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Writes it to stdout.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        output::bytes(self.text.as_bytes())
    }

    fn style(&mut self, code: &str) {
        if self.paint == Paint::Colored && !code.is_empty() {
            self.text.push_str("\u{1b}[");
            self.text.push_str(code);
            self.text.push('m');
        }
    }
}

/// How a part of a line stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Normal,
    Strong,
}

impl Sign {
    /// With what the line starts, and its colour.
    fn looks(self) -> (&'static str, &'static str) {
        match self {
            Self::Bare => ("", ""),
            Self::Title => ("", "1"),
            Self::Added => ("+ ", "32"),
            Self::Removed => ("- ", "31"),
            Self::Changed => ("~ ", "33"),
            Self::Told => ("  ", ""),
            Self::Alarm => ("! ", "1;31"),
        }
    }
}
