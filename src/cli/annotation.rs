//! Annotations of a GitHub workflow: lines on stdout that the runner acts on, so that nothing in
//! them may end a line or begin another command.

use vault::git::{Finding, Level};

/// What `verify` found.
pub(crate) fn of_finding(finding: &Finding, level: Level) -> String {
    let Finding { file, line, rule, message } = finding;
    annotation(level.as_str(), file, *line, &format!("vault: {}", rule.code()), message)
}

/// `::error file=F,line=1,title=T::MESSAGE`, with a line end.
pub(crate) fn annotation(
    level: &str,
    file: &str,
    line: usize,
    title: &str,
    message: &str,
) -> String {
    let (file, title, message) = (property(file), property(title), data(message));
    format!("::{level} file={file},line={line},title={title}::{message}\n")
}

/// A line of text that no runner takes for a command: neither where it begins, nor by `##[` or
/// `##vso[` anywhere in it.
pub(crate) fn plain(line: &str) -> String {
    let line = line.replace("##", "#\\u{23}");
    let begin = line.len() - line.trim_start().len();
    match line.split_at_checked(begin) {
        Some((space, rest)) if rest.starts_with("::") => {
            format!("{space}\\u{{3a}}{}", rest.strip_prefix(':').unwrap_or_default())
        }
        _ => line,
    }
}

/// As the runner's toolkit escapes what stands after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As it escapes what stands before.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_text_is_no_command_and_can_be_read() {
        assert_eq!(
            plain("a: ##[error]x ##vso[y] # ##"),
            "a: #\\u{23}[error]x #\\u{23}vso[y] # #\\u{23}"
        );
        assert_eq!(plain("  ::add-mask::x"), "  \\u{3a}:add-mask::x");
        assert_eq!(plain("a ::b"), "a ::b");
        assert_eq!(plain(""), "");
    }

    #[test]
    fn nothing_ends_the_line_or_begins_another_command() {
        let line = annotation("error", "a,b:c\n::add-mask::x", 3, "t: 100%", "one\r\n::error::two");
        assert_eq!(
            line,
            "::error file=a%2Cb%3Ac%0A%3A%3Aadd-mask%3A%3Ax,line=3,title=t%3A 100%25::one%0D%0A::error::two\n"
        );
    }
}
