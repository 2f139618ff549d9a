//! The vault that is here, and what git is told about it.

use std::path::Path;

use vault::git::{Git, Moment, Rule, Source, Survey};
use vault::model::Kind;
use vault::store::{NoHistory, Vault};

use super::{Check, Level};
use crate::cli::pins;
use crate::cli::report::Failure;

/// The oldest git that has what vault asks of it.
const NEEDED: (u32, u32) = (2, 31);

/// The oldest that names the sides of a merge, and that fetches nothing of a partial clone unasked.
const WANTED: (u32, u32) = (2, 45);

type Answer = Result<Check, NoHistory>;

pub(super) fn checks(vault: &Vault) -> Vec<Check> {
    let git = pins::history(vault);
    let file = some_file(vault);
    let asked: [(&str, Answer); 6] = [
        ("git", git.version().map(old_or_new)),
        ("drivers", git.not_installed().map(|missing| drivers(&missing))),
        ("cache", cache(&git)),
        ("attributes", attributes(&git, &file)),
        ("ignored", ignored(&git, &file)),
        ("hooks", hooks(vault, &git)),
    ];
    let mut checks = vec![team(vault), remembered(vault), files(vault)];
    let known = |(name, answer): (&'static str, Answer)| {
        answer.unwrap_or_else(|why| Check::unknown(name, &why))
    };
    checks.extend(asked.map(known));
    checks
}

/// From the `.secrets` folder; the first set, or one that could be there.
fn some_file(vault: &Vault) -> String {
    let sets = vault.sets().unwrap_or_default();
    let name = sets.first().map_or("web", |name| name.as_str());
    format!("{}/{name}.toml", Kind::Set.folder())
}

fn wrong(name: &'static str, why: impl Into<Failure>) -> Check {
    let why = why.into();
    let cure = why.hint_of().unwrap_or_else(|| "`vault verify` says more".to_owned());
    Check::found(name, Level::Error, why.message(), cure)
}

fn team(vault: &Vault) -> Check {
    match vault.team() {
        Ok(team) => Check::ok("team", format!("in form, members: {}", team.members().len())),
        Err(why) => wrong("team", why),
    }
}

/// The vault must be the one that was seen here before.
fn remembered(vault: &Vault) -> Check {
    const NAME: &str = "pins";
    let pins = match pins::load(vault.root()) {
        Ok(pins) => pins,
        Err(why) => return wrong(NAME, why),
    };
    match (pins.vault_id(), vault.team()) {
        (Some(known), Ok(team)) if known != team.id() => Check::found(
            NAME,
            Level::Error,
            "the vault's id is another than this machine knows",
            "`vault trust` shows who committed that, and asks",
        ),
        (Some(_), _) => Check::ok(NAME, "this machine knows the vault"),
        (None, Ok(team)) => match pins::rival(&pins, vault, &team) {
            Ok(None) => Check::ok(NAME, "this machine sees the vault for the first time"),
            Ok(Some(known)) => Check::found(
                NAME,
                Level::Error,
                format!("the vault is new here, and this machine knows another one in {known}"),
                "`vault trust` shows its members and who committed it, and asks",
            ),
            Err(why) => wrong(NAME, why),
        },
        (None, _) => Check::ok(NAME, "this machine sees the vault for the first time"),
    }
}

/// What needs no key to be seen: `verify` looks closer.
fn files(vault: &Vault) -> Check {
    const NAME: &str = "files";
    let contents = Source::of(vault).and_then(|source| source.contents(&Moment::WorkTree));
    let contents = match contents {
        Ok(contents) => contents,
        Err(why) => return Check::unknown(NAME, &why),
    };
    let mut findings = Vec::new();
    let _: Survey = Survey::of(&contents, &mut findings);
    let Some(first) = findings.first() else {
        return Check::ok(NAME, format!("{} files, all in form", contents.files.len()));
    };
    let text = format!("{}: {}", first.file, first.message);
    let more = match findings.len() {
        1 => String::new(),
        several => format!(" (and {} more)", several - 1),
    };
    let (level, cure) = match first.rule {
        Rule::ConflictMarker => (Level::Error, "`vault resolve` settles it entry by entry"),
        Rule::Leftover => (Level::Warning, "the next command that writes there removes it"),
        Rule::Format(_) => (
            Level::Error,
            "`vault fix` repairs what a merge has made of two data keys; `vault verify` shows all",
        ),
        _ => (Level::Error, "`vault verify` shows all"),
    };
    Check::found(NAME, level, format!("{text}{more}"), cure)
}

fn old_or_new((major, minor): (u32, u32)) -> Check {
    let text = format!("git {major}.{minor}");
    match (major, minor) {
        version if version < NEEDED => {
            let (a, b) = NEEDED;
            let text = format!("{text} lacks what vault asks of it");
            Check::found("git", Level::Error, text, format!("install {a}.{b} or later"))
        }
        version if version < WANTED => {
            let (a, b) = WANTED;
            let text = format!("{text} does not name the sides of a conflict");
            Check::found("git", Level::Note, text, format!("{a}.{b} and later do"))
        }
        _ => Check::ok("git", text),
    }
}

fn drivers(missing: &[&str]) -> Check {
    const NAME: &str = "drivers";
    if missing.is_empty() {
        return Check::ok(NAME, "git uses vault for sealed files");
    }
    let text =
        format!("git is not told of vault, or otherwise than it should: {}", missing.join(", "));
    Check::found(NAME, Level::Warning, text, "`vault git install`")
}

/// git can keep what it shows of a file, in clear, and pushes it along with everything else.
fn cache(git: &Git) -> Answer {
    const NAME: &str = "cache";
    const PURGE: &str = "git config --unset-all diff.vault.cachetextconv; git update-ref -d refs/notes/textconv/vault; git reflog expire --expire=now --all; git gc --prune=now";
    let keeps = git.in_force("diff.vault.cachetextconv")?;
    let keeps = keeps.is_some_and(|value| !matches!(value.as_str(), "false" | "no" | "off" | "0"));
    Ok(match (keeps, git.has_cached_texts()?) {
        (false, false) => Check::ok(NAME, "git keeps no texts of what it shows"),
        (_, true) => Check::found(
            NAME,
            Level::Error,
            "git has kept texts of what it has shown, maybe in clear",
            PURGE,
        ),
        (true, false) => Check::found(
            NAME,
            Level::Error,
            "git is told to keep texts of what it shows, maybe in clear",
            PURGE,
        ),
    })
}

fn attributes(git: &Git, file: &str) -> Answer {
    const NAME: &str = "attributes";
    let found = git.attributes(Path::new(file))?;
    Ok(if found.filter != "unspecified" && found.filter != "unset" {
        let text = format!("git runs the filter {} on sealed files", found.filter);
        Check::found(
            NAME,
            Level::Error,
            text,
            "take the line out of .gitattributes: they are encrypted as they stand",
        )
    } else if found.merge == "vault" {
        Check::ok(NAME, "git knows which files are sealed")
    } else {
        Check::found(
            NAME,
            Level::Warning,
            "git is not told which files are sealed, and merges them as text",
            "put into .gitattributes beside .secrets: /.secrets/sets/*.toml text eol=lf diff=vault merge=vault, and the same for pull",
        )
    })
}

fn ignored(git: &Git, file: &str) -> Answer {
    const NAME: &str = "ignored";
    Ok(match git.ignored_by(Path::new(file))? {
        None => Check::ok(NAME, "nothing keeps sealed files out of git"),
        Some(line) => {
            let text = format!("git is told to ignore sealed files, by {line}");
            Check::found(
                NAME,
                Level::Error,
                text,
                "take that line out: sealed files are made to be committed",
            )
        }
    })
}

/// Whether anything calls `verify` before a commit.
fn hooks(vault: &Vault, git: &Git) -> Answer {
    const NAME: &str = "hooks";
    let own = ["pre-commit", "pre-push"].map(|name| git.hooks().map(|folder| folder.join(name)));
    let own = own.into_iter().collect::<Result<Vec<_>, _>>()?;
    let shared = [".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".husky/pre-commit"];
    let shared = shared.map(|name| vault.root().join(name));
    let calls = own
        .iter()
        .chain(&shared)
        .find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("vault")));
    Ok(match calls {
        Some(path) => Check::ok(NAME, format!("{} calls vault", path.display())),
        None => Check::found(
            NAME,
            Level::Note,
            "nothing calls `vault verify --staged` before a commit",
            "docs/review.md has hooks for pre-commit and lefthook, and jobs for CI",
        ),
    })
}
