//! Answers the shell while someone types: names of sets and keys, never a value.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap_complete::CompletionCandidate;
use clap_complete::env::CompleteEnv;
use vault::model::{MemberName, SecretSet, SetName};
use vault::store::{Team, Vault};

use super::{Global, open};

/// Answers if a completion script asks, which it does as `COMPLETE=SHELL vault -- WORDS`; the
/// variable alone, which any program may have set, must not turn a command into a completion.
pub(crate) fn answer(argv: &[OsString]) -> Option<ExitCode> {
    std::env::var_os("COMPLETE")?;
    if argv.get(1).is_none_or(|word| word != "--") {
        return None;
    }
    let answered = CompleteEnv::with_factory(super::command).try_complete(argv.to_vec(), None);
    Some(if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The sets of the vault the line means.
pub(crate) fn sets() -> Vec<CompletionCandidate> {
    let vault = Line::typed().vault();
    let names = vault.and_then(|vault| vault.sets().ok()).unwrap_or_default();
    names.iter().map(|name| CompletionCandidate::new(name.as_str())).collect()
}

/// The pull secrets of the vault the line means.
pub(crate) fn pull_secrets() -> Vec<CompletionCandidate> {
    let vault = Line::typed().vault();
    let names = vault.and_then(|vault| vault.pull_secrets().ok()).unwrap_or_default();
    names.iter().map(|name| CompletionCandidate::new(name.as_str())).collect()
}

/// The keys of the set that stands on the line already.
pub(crate) fn keys() -> Vec<CompletionCandidate> {
    let line = Line::typed();
    let name = line.set.as_ref().and_then(|word| word.to_str()?.parse::<SetName>().ok());
    let sealed = line
        .vault()
        .zip(name)
        .and_then(|(vault, name)| vault.try_read::<SecretSet>(&name).ok().flatten());
    sealed.map_or(Vec::new(), |sealed| {
        sealed.entries().keys().map(|key| CompletionCandidate::new(key.as_str())).collect()
    })
}

/// The people and devices of the team.
pub(crate) fn members() -> Vec<CompletionCandidate> {
    of_team(|team| team.names().into_iter().filter(|name| team.has_member(name)).collect())
}

/// The groups of the team.
pub(crate) fn groups() -> Vec<CompletionCandidate> {
    of_team(|team| team.groups().keys().cloned().collect())
}

/// Everyone who can stand in a rule.
pub(crate) fn names() -> Vec<CompletionCandidate> {
    of_team(|team| team.names().into_iter().collect())
}

/// Who asks to join.
pub(crate) fn requests() -> Vec<CompletionCandidate> {
    let requests = Line::typed().vault().and_then(|vault| vault.requests().ok());
    requests.unwrap_or_default().names.iter().map(candidate).collect()
}

fn of_team(names: impl FnOnce(&Team) -> Vec<MemberName>) -> Vec<CompletionCandidate> {
    let team = Line::typed().vault().and_then(|vault| vault.team().ok());
    team.map_or(Vec::new(), |team| names(&team).iter().map(candidate).collect())
}

fn candidate(name: &MemberName) -> CompletionCandidate {
    CompletionCandidate::new(name.as_str())
}

/// What a line that is being typed says about where to look.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line {
    /// What follows `-C`.
    dir: Option<OsString>,
    /// The first word after the subcommand that is no option.
    set: Option<OsString>,
}

impl Line {
    /// The one the completion script passes on: `vault -- vault WORDS`.
    fn typed() -> Self {
        let words: Vec<_> = std::env::args_os().skip(3).collect();
        Self::read(&super::command(), &words)
    }

    fn read(root: &clap::Command, words: &[OsString]) -> Self {
        let mut line = Self::default();
        let mut subcommand = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            if text == "--" {
                break;
            }
            if text.len() > 1 && text.starts_with('-') {
                let commands = [Some(root), subcommand];
                let option = Taken::by(&text, commands.into_iter().flatten());
                let value = match option.value {
                    Value::None => continue,
                    Value::Attached(value) => Some(value.into()),
                    Value::Next => words.next().cloned(),
                };
                if option.is_dir {
                    line.dir = value;
                }
            } else if subcommand.is_none() {
                subcommand = root.find_subcommand(word);
                if subcommand.is_none() {
                    break;
                }
            } else {
                line.set.get_or_insert_with(|| word.clone());
            }
        }
        line
    }

    fn vault(&self) -> Option<Vault> {
        let dir = self.dir.as_ref().map(PathBuf::from);
        open::find_vault(&Global { dir, ..Global::default() }).ok()
    }
}

/// An option as it stands on the line.
struct Taken<'a> {
    is_dir: bool,
    value: Value<'a>,
}

enum Value<'a> {
    None,
    Attached(&'a str),
    Next,
}

impl<'a> Taken<'a> {
    fn by<'c>(word: &'a str, commands: impl Iterator<Item = &'c clap::Command>) -> Self {
        let known: Vec<&clap::Arg> = commands.flat_map(clap::Command::get_arguments).collect();
        let takes = |arg: &clap::Arg| arg.get_action().takes_values();
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
            let arg = known.iter().find(|arg| arg.get_long() == Some(name));
            let wants = arg.is_some_and(|arg| takes(arg) && !arg.is_require_equals_set());
            let next = if wants { Value::Next } else { Value::None };
            return Self { is_dir: false, value: value.map_or(next, Value::Attached) };
        }
        let options = word.strip_prefix('-').unwrap_or(word);
        let found = options.char_indices().find_map(|(at, c)| {
            let arg = known.iter().find(|arg| arg.get_short() == Some(c) && takes(arg))?;
            Some((arg, options.get(at + c.len_utf8()..).unwrap_or_default()))
        });
        let Some((arg, rest)) = found else { return Self { is_dir: false, value: Value::None } };
        let value = match rest {
            "" => Value::Next,
            rest => Value::Attached(rest.strip_prefix('=').unwrap_or(rest)),
        };
        Self { is_dir: arg.get_short() == Some('C'), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> (Option<String>, Option<String>) {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        let Line { dir, set } = Line::read(&super::super::command(), &words);
        [dir, set].map(|word| word.map(|word| word.into_string().unwrap())).into()
    }

    #[test]
    fn the_set_is_the_first_word_after_the_subcommand_that_belongs_to_no_option() {
        for (words, dir, set) in [
            (&["get", "web", ""][..], None, Some("web")),
            (&["get", "get", ""], None, Some("get")),
            (&["-C", "get", "get", "web", ""], Some("get"), Some("web")),
            (&["-qCdir", "rm", "web"], Some("dir"), Some("web")),
            (
                &["set", "--note", "a", "-i", "b", "--generate", "web", "K", "-C", "d"],
                Some("d"),
                Some("web"),
            ),
            (&["set", "--note=a", "-ib", "web"], None, Some("web")),
            (&["nonsense", "web"], None, None),
            (&["get", "--", "web"], None, None),
        ] {
            let [dir, set] = [dir, set].map(|word| word.map(str::to_owned));
            assert_eq!(read(words), (dir, set), "{words:?}");
        }
    }
}
