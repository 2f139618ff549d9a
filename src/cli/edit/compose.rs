//! A person at the editor, until what they wrote can be read.

use std::io::{IsTerminal, stderr};

use vault::edit::{
    BufferError, Comments, Confinement, Draft, Draws, EditError, Editor, EditorError, Merged,
    OnDisk, Session, Windows, available, bytes_of, parse, render, value_from, with_complaint,
};
use vault::model::SecretValue;
use vault::store::RamError;
use zeroize::Zeroizing;

use super::{Args, is_yes, prompts};
use crate::cli::report::{self, Failure, Mode};
use crate::cli::{Global, output, term};

/// Runs the editor, or asks where there is no place for its file.
pub(super) struct Composer<'a> {
    global: &'a Global,
    args: &'a Args,
    editor: Editor,
}

/// The text an editor begins with.
pub(super) struct Start(Zeroizing<Vec<u8>>);

/// Why what a person wrote cannot be taken, and the text with which they can go on.
struct NotTaken {
    why: Failure,
    text: Zeroizing<Vec<u8>>,
}

impl Start {
    /// What is there.
    pub(super) fn of(draft: &Draft, args: &Args) -> Self {
        Self(match &args.key {
            Some(key) => bytes_of(draft.value(key)),
            None => render(&args.set, draft, &Draft::default(), &[]),
        })
    }

    /// Two people's changes, with both sides of what they do not agree on.
    pub(super) fn with_conflicts(merged: &Merged, theirs: &Draft, args: &Args) -> Self {
        Self(render(&args.set, &merged.draft, theirs, &merged.conflicts))
    }
}

impl<'a> Composer<'a> {
    pub(super) fn new(global: &'a Global, args: &'a Args) -> Result<Self, Failure> {
        let windows = if args.allow_gui_editor { Windows::Allowed } else { Windows::Refused };
        let editor = Editor::choose(|name| std::env::var_os(name), windows)
            .map_err(|why| no_editor(&why))?;
        if editor.is_known() && !output::is_terminal() && !stderr().is_terminal() {
            return Err(Failure::usage(format!("{} needs a terminal", editor.name()))
                .hint("`vault set` and `vault import` need none; EDITOR may also name a script"));
        }
        Ok(Self { global, args, editor })
    }

    /// Says what the person should know before they see the text.
    pub(super) fn warn(&self, draft: &Draft) {
        let name = self.editor.name();
        if self.editor.opens_window() {
            let text = format!("{name} may keep copies of the text where vault cannot see them");
            report::warn(self.global, &text);
        } else if available() == Confinement::Free && !self.editor.is_known() {
            let text = format!(
                "this system cannot keep {name} from writing elsewhere: turn off its backups, swap files and history"
            );
            report::warn(self.global, &text);
        }
        let value = self.args.key.as_ref().and_then(|key| Some((key, draft.value(key)?)));
        if let Some((key, value)) = value
            && std::str::from_utf8(&bytes_of(Some(value))).is_err()
        {
            let text = format!("{key} is not text: see that {name} changes no byte you do not see");
            report::warn(self.global, &text);
        }
    }

    /// Whether there is no editor, but questions.
    pub(super) fn prompts(&self) -> bool {
        self.begin().is_ok_and(|session| session.is_none())
    }

    /// What the person made of the entries.
    pub(super) fn compose(&self, base: &Draft, start: Start) -> Result<Draft, Failure> {
        let Start(mut text) = start;
        loop {
            let Some(session) = self.begin()? else {
                return prompts::ask(self.args, base);
            };
            if let Some(folder) = session.disk() {
                let folder = folder.display();
                let text = format!(
                    "the text is in {folder} meanwhile, and what was on a disk can be found there later"
                );
                report::warn(self.global, &text);
            }
            let draws = if output::is_terminal() { Draws::OnStdout } else { Draws::OnStderr };
            let edited = session
                .edit(&self.editor, draws, &self.file_name(), &text)
                .map_err(|why| self.failed(&why))?;
            match self.take(edited, base)? {
                Ok(draft) => return Ok(draft),
                Err(NotTaken { why, .. }) if !term::can_ask(self.global) => {
                    return Err(why.hint("nothing was written"));
                }
                Err(not_taken) => {
                    report::print(self.global, &not_taken.why, Mode::Command);
                    let answer = term::ask("edit again? [Y/n] ")?;
                    if !is_yes(answer.as_deref()) {
                        return Err(Failure::failed(format!(
                            "{}: nothing was written",
                            self.args.set
                        )));
                    }
                    text = not_taken.text;
                }
            }
        }
    }

    /// A place for the text; none where the person is to be asked for each value instead.
    fn begin(&self) -> Result<Option<Session>, Failure> {
        let on_disk = if self.args.insecure_tmp { OnDisk::Allowed } else { OnDisk::Refused };
        match Session::begin(on_disk) {
            Ok(session) => Ok(Some(session)),
            Err(EditError::Ram(RamError::NoRam { .. })) if term::can_ask(self.global) => Ok(None),
            Err(why) => Err(self.failed(&why)),
        }
    }

    fn file_name(&self) -> String {
        match &self.args.key {
            Some(key) => key.to_string(),
            None => format!("{}.toml", self.args.set),
        }
    }

    fn take(
        &self,
        text: Zeroizing<Vec<u8>>,
        base: &Draft,
    ) -> Result<Result<Draft, NotTaken>, Failure> {
        let set = &self.args.set;
        let Some(key) = &self.args.key else {
            let parsed = match parse(&text) {
                Ok(parsed) => parsed,
                Err(error) => return Ok(Err(self.not_understood(&text, error))),
            };
            if parsed.comments == Comments::Lost {
                let kept =
                    "comments are not kept, but for `# note:` and `# expires:` right above a key";
                report::warn(self.global, &format!("{set}: {kept}"));
            }
            if parsed.draft.is_empty() && !base.is_empty() {
                return Err(Failure::failed(format!(
                    "{set}: no key is left, so nothing was written"
                ))
                .hint("`vault delete SET` deletes a set, `vault unset SET KEY...` removes keys"));
            }
            return Ok(Ok(parsed.draft));
        };
        let old = base.value(key);
        let mut bytes = value_from(text, old);
        if bytes.is_empty() && old.is_none_or(|old| !old.is_empty()) {
            if old.is_none() {
                return Ok(Ok(base.duplicate()));
            }
            return Err(Failure::failed(format!(
                "{set}: {key} is empty now, so nothing was written"
            ))
            .hint(format!(
                "`vault set {set} {key}=` makes it empty, `vault unset {set} {key}` removes it"
            )));
        }
        let text = bytes.clone();
        Ok(SecretValue::new(std::mem::take(&mut *bytes))
            .map(|value| base.with(key, value))
            .map_err(|why| NotTaken { why: Failure::failed(format!("{key}: {why}")), text }))
    }

    fn not_understood(&self, text: &[u8], error: BufferError) -> NotTaken {
        let why = Failure::failed(format!("{}: {error}", self.args.set));
        NotTaken { why, text: with_complaint(text, error) }
    }

    fn failed(&self, why: &EditError) -> Failure {
        let set = &self.args.set;
        match why {
            EditError::Interrupted { signal } => Failure::Said {
                code: u8::try_from(128 + signal).unwrap_or(1),
                message: format!("{set}: {why} while it was edited"),
                hint: Some("nothing was written".to_owned()),
            },
            EditError::Ram(RamError::NoRam { .. }) => Failure::failed(why.to_string()).hint(
                "`vault set` needs no such place; --insecure-tmp lets the text stand on a disk meanwhile",
            ),
            _ => Failure::failed(format!("{set}: {why}")).hint("nothing was written"),
        }
    }
}

fn no_editor(why: &EditorError) -> Failure {
    let failure = Failure::failed(why.to_string());
    match why.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
