//! `vault git diff`: two versions of a sealed file compared, for `git diff`. It never fails, which
//! would end git, and asks for nothing.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;

use vault::git::{FileDiff, Git};
use vault::store::AnySealed;

use super::{Eyes, textconv};
use crate::cli::diff::{Page, Paint, Sign, Values, file};
use crate::cli::report::Failure;
use crate::cli::{Global, output};

/// What git gives: the path, then file, object and mode of the old version and of the new one; of a
/// file that was renamed the new path too, and what git says of it.
pub(super) fn run(global: &Global, args: &[OsString]) {
    let shown = match args {
        [path] => say(&format!("* Unmerged path {}", path.to_string_lossy())),
        [path, old, _, old_mode, new, _, new_mode, rest @ ..] => {
            let title = Title { path, renamed: rest.first(), modes: [old_mode, new_mode] };
            compare(global, &title, Path::new(old), Path::new(new))
        }
        _ => say("vault git diff is for git to call, with the arguments of an external diff"),
    };
    // A reader that has gone has seen enough.
    let _: Result<(), Failure> = shown;
}

/// What git says of a file.
struct Title<'a> {
    path: &'a OsString,
    renamed: Option<&'a OsString>,
    modes: [&'a OsString; 2],
}

impl Title<'_> {
    fn text(&self, sides: [bool; 2]) -> String {
        let path = self.path.to_string_lossy();
        match (self.renamed, sides) {
            (Some(new), _) => format!("{}: was {path}", new.to_string_lossy()),
            (None, [false, true]) => format!("{path}: new"),
            (None, [true, false]) => format!("{path}: deleted"),
            _ => path.into_owned(),
        }
    }
}

fn compare(global: &Global, title: &Title<'_>, old: &Path, new: &Path) -> Result<(), Failure> {
    let git = Git::within(Path::new("."));
    let mut page = Page::new(paint(global, &git));
    let (before, after) = match (version(old), version(new)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(why), _) | (_, Err(why)) => {
            page.line(Sign::Title, &title.text([true, true]));
            page.line(Sign::Told, &format!("compared as text: {why}"));
            page.print()?;
            return output::bytes(&git.compare_text(old, new));
        }
    };
    let eyes = Eyes::new(global);
    let sides = [before.is_some(), after.is_some()];
    let views = [before, after].map(|sealed| sealed.map(|sealed| eyes.look(sealed)));
    let [before, after] = views.each_ref().map(Option::as_ref);
    let diff = FileDiff::between(before, after);
    file(&mut page, &title.text(sides), &diff, Values::Masked(eyes.mask.as_ref()));
    let [old_mode, new_mode] = title.modes.map(|mode| mode.to_string_lossy());
    if old_mode != new_mode && sides == [true, true] {
        page.line(Sign::Changed, &format!("mode {old_mode} -> {new_mode}"));
    } else if diff.is_empty() {
        page.line(Sign::Told, "nothing differs but how it is written");
    }
    page.print()
}

/// A version in a file that git names; `None` where there is none.
fn version(path: &Path) -> Result<Option<AnySealed>, String> {
    if path == Path::new("/dev/null") {
        return Ok(None);
    }
    let bytes = textconv::read(path).map_err(|why| why.to_string())?;
    let bytes = bytes.ok_or("it is longer than any file of a vault")?;
    AnySealed::parse_past(&bytes).map(Some).map_err(|why| why.to_string())
}

/// As git would: it knows whether there is a pager, and what is in the person's configuration.
fn paint(global: &Global, git: &Git) -> Paint {
    use crate::cli::Color::{Always, Auto, Never};
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let terminal = if io::stdout().is_terminal() { "true" } else { "false" };
    match global.color {
        Always => Paint::Colored,
        Auto if !plain && git.colors_diffs(terminal) => Paint::Colored,
        Auto | Never => Paint::Plain,
    }
}

fn say(text: &str) -> Result<(), Failure> {
    let mut page = Page::new(Paint::Plain);
    page.line(Sign::Bare, text);
    page.print()
}
