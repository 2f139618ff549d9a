//! The vault that is here, and what git is told about it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use vault::git::{Git, Moment, Rule, Setting, Source, Survey};
use vault::model::Kind;
use vault::store::{NoHistory, Vault};

use super::{Check, Level};
use crate::cli::pins;
use crate::cli::report::Failure;

/// The oldest git that has what vault asks of it.
const NEEDED: (u32, u32) = (2, 31);

/// The oldest that names the sides of a merge, and that fetches nothing of a partial clone unasked.
const WANTED: (u32, u32) = (2, 45);

/// Most of a hook that is read.
const MAX_HOOK: u64 = 1 << 20;

type Answer = Result<Check, NoHistory>;

pub(super) fn checks(vault: &Vault) -> Vec<Check> {
    let git = pins::history(vault);
    let file = some_file(vault);
    let asked: [(&str, Answer); 6] = [
        ("git", git.version().map(old_or_new)),
        ("drivers", git.not_installed().map(|missing| drivers(&missing))),
        ("cache", cache(&git)),
        ("attributes", attributes(vault, &git)),
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

fn drivers(missing: &[(&str, Option<Setting>)]) -> Check {
    const NAME: &str = "drivers";
    if missing.is_empty() {
        return Check::ok(NAME, "git uses vault for sealed files");
    }
    let shown: Vec<String> = missing
        .iter()
        .map(|(name, instead)| match instead {
            None => (*name).to_owned(),
            Some(set) => format!("{name} (set otherwise in {})", set.place),
        })
        .collect();
    let text =
        format!("git is not told of vault, or otherwise than it should: {}", shown.join(", "));
    let cure = if missing.iter().any(|(_, instead)| instead.is_some()) {
        "take out what is set otherwise where it stands, then `vault git install`"
    } else {
        "`vault git install`"
    };
    Check::found(NAME, Level::Warning, text, cure)
}

/// git can keep what it shows of a file, in clear, and pushes it along with everything else.
fn cache(git: &Git) -> Answer {
    const NAME: &str = "cache";
    const SETTING: &str = "diff.vault.cachetextconv";
    const PURGE: &str = "git update-ref -d refs/notes/textconv/vault; git reflog expire --expire=now --all; git gc --prune=now";
    let keeps = git.is_on(SETTING)?;
    let cure = match &keeps {
        None => PURGE.to_owned(),
        Some(on) if on.scope == "command" => {
            format!("take {SETTING} out of what calls git; {PURGE}")
        }
        // An included file is of nobody's scope for git to write to.
        Some(on) if Path::new(&on.place).is_absolute() && !on.place.contains('\'') => {
            format!("git config --file '{}' --unset-all {SETTING}; {PURGE}", on.place)
        }
        Some(on) => format!("git config --{} --unset-all {SETTING}; {PURGE}", on.scope),
    };
    let text = match (keeps, git.has_cached_texts()?) {
        (None, false) => return Ok(Check::ok(NAME, "git keeps no texts of what it shows")),
        (_, true) => "git has kept texts of what it has shown, maybe in clear",
        (Some(_), false) => "git is told to keep texts of what it shows, maybe in clear",
    };
    Ok(Check::found(NAME, Level::Error, text, cure))
}

/// Of every file, for a line of .gitattributes may be about a single one.
fn attributes(vault: &Vault, git: &Git) -> Answer {
    const NAME: &str = "attributes";
    let mut files: Vec<String> =
        vault.files().unwrap_or_default().iter().map(|file| format!("{file}.toml")).collect();
    if files.is_empty() {
        files = [Kind::Set, Kind::Pull].map(|kind| format!("{}/web.toml", kind.folder())).into();
    }
    let wrong = git.mistreated(&files)?;
    let is_harm = |(rule, _): &&(Rule, String)| *rule == Rule::Attributes;
    let Some((rule, message)) = wrong.iter().find(is_harm).or(wrong.first()) else {
        return Ok(Check::ok(NAME, "git knows which files are sealed"));
    };
    let more = match wrong.len() {
        1 => String::new(),
        several => format!(" (and {} more)", several - 1),
    };
    let (level, cure) = if *rule == Rule::Attributes {
        (
            Level::Error,
            "take the line out of .gitattributes or .git/info/attributes: `git check-attr -a FILE` shows what is in force",
        )
    } else {
        (
            Level::Warning,
            "put into .gitattributes beside .secrets: /.secrets/sets/*.toml text eol=lf diff=vault merge=vault, and the same for pull; and see .git/info/attributes",
        )
    };
    Ok(Check::found(NAME, level, format!("{message}{more}"), cure))
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
    let folder = git.hooks()?;
    let own = ["pre-commit", "pre-push"].map(|name| folder.join(name));
    let own: Vec<&PathBuf> = own.iter().filter(|path| calls_vault(path)).collect();
    let shared = [".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".husky/pre-commit"];
    let shared = shared.map(|name| vault.root().join(name));
    // What a repository brings may be a link to anywhere.
    let is_file = |path: &&PathBuf| path.symlink_metadata().is_ok_and(|data| data.is_file());
    let runs = own.iter().copied().find(|path| is_run(path));
    let calls = runs.or_else(|| shared.iter().filter(is_file).find(|path| calls_vault(path)));
    Ok(match (calls, own.first()) {
        (Some(path), _) => Check::ok(NAME, format!("{} calls vault", path.display())),
        (None, Some(path)) => Check::found(
            NAME,
            Level::Warning,
            format!("git does not run {}, which nobody may execute", path.display()),
            format!("chmod +x {}", path.display()),
        ),
        (None, None) => Check::found(
            NAME,
            Level::Note,
            "nothing calls `vault verify --staged` before a commit",
            "docs/review.md has hooks for pre-commit and lefthook, and jobs for CI",
        ),
    })
}

/// Whether its first part says so, if it is a file.
fn calls_vault(path: &Path) -> bool {
    let mut text = Vec::new();
    let read = std::fs::metadata(path).is_ok_and(|data| data.is_file())
        && File::open(path).is_ok_and(|file| file.take(MAX_HOOK).read_to_end(&mut text).is_ok());
    read && String::from_utf8_lossy(&text).contains("vault")
}

#[cfg(unix)]
fn is_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_run(_: &Path) -> bool {
    true
}
