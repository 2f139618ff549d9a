//! The rules, each a function from one file to its findings.

use super::source::{PathUse, Source, Token, closing, is_word, line, word};

/// The library's top modules and how high they stand. Those of one height never import each other.
/// `error`, the union of all errors, is for the cli alone and so stands above everything else.
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("crypto", 1),
    ("envelope", 2),
    ("store", 3),
    ("exec", 4),
    ("edit", 4),
    ("git", 4),
    ("registry", 4),
    ("exchange", 4),
    ("plugin", 4),
    ("error", 5),
];

/// The files that may take plaintext out of its type, and what they do with it.
pub(super) const MAY_EXPOSE: &[(&str, &str)] = &[
    ("src/model/secret.rs", "defines it"),
    ("src/crypto/entry.rs", "encrypts it"),
    ("src/crypto/masked.rs", "makes digits of it that say nothing but whether it changed"),
    ("src/exec/env.rs", "puts it into the environment of the command, or into its files"),
    ("src/exec/mask/forms.rs", "must know what to hide"),
    ("src/edit/buffer/render.rs", "writes the text that a person edits, in memory"),
    ("src/edit/single.rs", "the same, for one value alone"),
    ("src/git/verify/needles.rs", "searches for it in tracked files"),
    ("src/exchange/mod.rs", "writes the formats that export is for"),
    ("src/registry/document.rs", "writes the lists of credentials that clients read"),
    ("src/registry/kind.rs", "checks that a registry could take it, before it is stored"),
    ("src/cli/diff/reveal.rs", "prints the values that differ, where that was asked for"),
    ("src/cli/get.rs", "prints the one value asked for"),
    ("src/cli/settle/ask.rs", "shows both sides' values of a conflict to whoever asks to see them"),
];

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 60;

/// Where a file of src/ belongs.
enum Home {
    /// lib.rs: declares and re-exports every layer.
    Root,
    /// main.rs, cli/ and bin/: other crates, above the library.
    Binary,
    Layer(&'static str, u8),
}

fn home(path: &str) -> Option<Home> {
    let inside = path.strip_prefix("src/")?;
    match inside.split('/').next()?.trim_end_matches(".rs") {
        "lib" => Some(Home::Root),
        "main" | "cli" | "bin" => Some(Home::Binary),
        top => rank(top).map(|(name, rank)| Home::Layer(name, rank)),
    }
}

fn rank(module: &str) -> Option<(&'static str, u8)> {
    LAYERS.iter().copied().find(|(name, _)| *name == module)
}

/// How many `super` lead from the file to the root of its crate.
fn depth(path: &str) -> usize {
    path.trim_end_matches("/mod.rs").split('/').count() - 1
}

/// Model < crypto < envelope < store < exec, edit, git, registry, exchange, plugin < error < cli.
pub(super) fn layers(file: &Source) -> Vec<String> {
    let (own, height) = match home(&file.path) {
        None => {
            return vec![file.finding(1, "belongs to no layer (LAYERS in tests/tidy/rules.rs)")];
        }
        Some(Home::Root | Home::Binary) => return Vec::new(),
        Some(Home::Layer(own, height)) => (own, height),
    };
    let mut findings = Vec::new();
    for path in file.paths() {
        if goes_round(&path) {
            let rule = "goes round the layers: no #[path], include!, extern crate, crate as";
            findings.push(file.finding(path.line, rule));
        }
        let Some(target) = imported(&path, depth(&file.path)) else { continue };
        let rule = match rank(target) {
            None => "takes an item from the crate's root: name the layer it comes from".into(),
            Some((name, at)) if name != own && at >= height => {
                format!("{own} imports {name}: layers import downward only, never sideways")
            }
            Some(_) => continue,
        };
        findings.push(file.finding(path.line, &rule));
    }
    findings
}

/// Whether this gives a module a second road on which the rule would not see it.
fn goes_round(path: &PathUse<'_>) -> bool {
    match path.segments.as_slice() {
        ["path"] => path.before == "[" && path.after == "=",
        ["include"] => path.after == "!",
        ["crate"] => path.before == "extern" || path.after == "as",
        _ => false,
    }
}

/// The first segment below the crate's root, if the path goes through the root.
fn imported<'a>(path: &PathUse<'a>, depth: usize) -> Option<&'a str> {
    let known = |name: &&str| rank(name).is_some();
    let climbs = path.segments.iter().take_while(|segment| **segment == "super").count();
    match path.segments.as_slice() {
        ["crate", name, ..] => Some(name),
        ["vault", name, ..] => Some(*name).filter(known),
        segments if climbs >= depth => segments.get(climbs).copied().filter(known),
        _ => None,
    }
}

/// Model, crypto and envelope: bytes in, bytes out.
pub(super) fn no_io_below_store(file: &Source) -> Vec<String> {
    if !matches!(home(&file.path), Some(Home::Layer(_, height)) if height < 3) {
        return Vec::new();
    }
    let does_io = |path: &PathUse<'_>| {
        ["fs", "net", "process", "env"].iter().any(|module| path.has(["std", module]))
            || path.has(["io", "stdin"])
            || path.segments.iter().any(|s| matches!(*s, "rustix" | "rpassword" | "tempfile"))
    };
    let paths = file.paths_outside_tests().into_iter().filter(does_io);
    paths.map(|path| file.finding(path.line, "does I/O below store")).collect()
}

/// Only the binaries have words.
pub(super) fn prints(file: &Source) -> Vec<String> {
    if matches!(home(&file.path), Some(Home::Binary)) {
        return Vec::new();
    }
    let speaks = |path: &PathUse<'_>| match path.name() {
        "print" | "println" | "eprint" | "eprintln" | "dbg" => path.after == "!",
        "stdout" | "stderr" if path.segments.len() > 1 => true,
        "stdout" | "stderr" => path.after == "(" && !matches!(path.before, "." | "fn"),
        _ => false,
    };
    let paths = file.paths_outside_tests().into_iter().filter(speaks);
    paths.map(|path| file.finding(path.line, "prints: only the cli does")).collect()
}

/// Only store/ changes the disk; everyone else asks it to.
pub(super) fn writes(file: &Source) -> Vec<String> {
    if file.path.starts_with("src/store/") {
        return Vec::new();
    }
    let paths = file.paths_outside_tests().into_iter().filter(changes_the_disk);
    paths.map(|path| file.finding(path.line, "writes to disk: only store/ does")).collect()
}

fn changes_the_disk(path: &PathUse<'_>) -> bool {
    let types = ["tempfile", "OpenOptions", "NamedTempFile", "DirBuilder"];
    if path.segments.iter().any(|segment| types.contains(segment)) {
        return true;
    }
    if path.segments.windows(2).any(|pair| match pair {
        ["fs", "write" | "rename" | "copy" | "*"] => true,
        ["File", name] => matches!(*name, "create" | "create_new" | "options"),
        ["OFlags", name] => {
            matches!(*name, "CREATE" | "WRONLY" | "RDWR" | "TRUNC" | "APPEND" | "TMPFILE")
        }
        _ => false,
    }) {
        return true;
    }
    match path.name() {
        "fs" => path.after == "as",
        "remove_file" | "remove_dir" | "remove_dir_all" | "create_dir" | "create_dir_all"
        | "hard_link" | "soft_link" | "set_permissions" | "set_len" | "renameat" | "mkdirat"
        | "unlinkat" | "linkat" | "symlinkat" | "fchmod" | "ftruncate" => path.before != "fn",
        _ => false,
    }
}

/// `.expose()` only where it is listed.
pub(super) fn exposes(file: &Source) -> Vec<String> {
    if MAY_EXPOSE.iter().any(|(path, _)| *path == file.path) {
        return Vec::new();
    }
    let paths = file.paths_outside_tests().into_iter().filter(|path| path.name() == "expose");
    paths
        .map(|path| file.finding(path.line, "calls expose() and is not in rules::MAY_EXPOSE"))
        .collect()
}

/// Errors are returned, not thrown.
pub(super) fn unwraps(file: &Source) -> Vec<String> {
    let panics = |path: &PathUse<'_>| {
        matches!(path.name(), "unwrap" | "expect" | "unwrap_err" | "expect_err")
            && (path.before == "." || path.segments.len() > 1)
    };
    let paths = file.paths_outside_tests().into_iter().filter(panics);
    paths.map(|path| file.finding(path.line, "unwraps: return an error")).collect()
}

/// The first line says what the file is.
pub(super) fn opens_with_its_purpose(file: &Source) -> Vec<String> {
    match file.text.lines().next().and_then(|line| line.strip_prefix("//! ")) {
        Some(purpose) if !purpose.trim().is_empty() => Vec::new(),
        _ => vec![file.finding(1, "does not open with a `//!` line that says what it is")],
    }
}

/// No file over 400 lines, no function over 60, tests included.
pub(super) fn lengths(file: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > MAX_FILE_LINES {
        let rule = format!("has {lines} lines: a file has at most {MAX_FILE_LINES}");
        findings.push(file.finding(lines, &rule));
    }
    let tokens = file.tokens();
    for at in (0..tokens.len()).filter(|at| word(&tokens, *at) == "fn") {
        let name = word(&tokens, at + 1);
        let Some(open) = body(&tokens, at).filter(|_| is_word(name)) else { continue };
        let lines = line(&tokens, closing(&tokens, open)) - line(&tokens, at) + 1;
        if lines > MAX_FUNCTION_LINES {
            let rule = format!("{name} has {lines} lines: at most {MAX_FUNCTION_LINES}");
            findings.push(file.finding(line(&tokens, at), &rule));
        }
    }
    findings
}

/// Where the body of the function at `at` opens; `None` for a declaration.
fn body(tokens: &[Token<'_>], mut at: usize) -> Option<usize> {
    loop {
        match word(tokens, at) {
            "(" | "[" => at = closing(tokens, at),
            "{" => return Some(at),
            ";" | "" => return None,
            _ => {}
        }
        at += 1;
    }
}

/// A name of which everything can be said says nothing.
pub(super) fn names(file: &Source) -> Vec<String> {
    let vague = |name: &str| {
        name.split(['_', '-', '.']).any(|part| {
            matches!(part.trim_end_matches('s'), "util" | "helper" | "manager" | "common")
        })
    };
    let rule = "is named util, helper, manager or common: say what it is";
    let mut findings = Vec::new();
    if file.path.split('/').any(vague) {
        findings.push(file.finding(1, rule));
    }
    let tokens = file.tokens();
    for at in (1..tokens.len()).filter(|at| word(&tokens, at - 1) == "mod") {
        if vague(word(&tokens, at)) {
            findings.push(file.finding(line(&tokens, at), rule));
        }
    }
    findings
}

/// Nothing to be done later, and no test that does not run.
pub(super) fn unfinished(file: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, text) in file.text.lines().enumerate() {
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
            if text.contains(mark) {
                findings.push(file.finding(index + 1, "is left undone: do it or open an issue"));
            }
        }
    }
    let tokens = file.tokens();
    for at in (0..tokens.len()).filter(|at| word(&tokens, *at) == "#") {
        let mut attribute = (at + 2..closing(&tokens, at + 1)).map(|i| word(&tokens, i));
        if matches!(word(&tokens, at + 2), "ignore" | "cfg_attr")
            && attribute.any(|w| w == "ignore")
        {
            let rule = "ignores a test: what cannot run must fail";
            findings.push(file.finding(line(&tokens, at), rule));
        }
    }
    findings
}

/// `open(true)` says nothing at the call; an enum does.
pub(super) fn bool_parameters(file: &Source) -> Vec<String> {
    let tokens = file.tokens();
    let mut findings = Vec::new();
    for at in (0..tokens.len()).filter(|at| word(&tokens, *at) == "fn") {
        let open = parameters(&tokens, at);
        for i in open..closing(&tokens, open) {
            if word(&tokens, i) == ":" && word(&tokens, i + 1) == "bool" {
                let rule = "takes a bool: an enum says at the call what is meant";
                findings.push(file.finding(line(&tokens, i), rule));
            }
        }
    }
    findings
}

/// Where the parameters of the function at `at` open: the first `(` outside its generics.
fn parameters(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut generics = 0_usize;
    while at < tokens.len() && !(generics == 0 && word(tokens, at) == "(") {
        match word(tokens, at) {
            "<" => generics += 1,
            ">" if word(tokens, at - 1) != "-" => generics = generics.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    at
}

/// The rules above pass over test modules, so a module of that name must be one.
pub(super) fn test_modules(file: &Source) -> Vec<String> {
    let tokens = file.tokens();
    let mut findings = Vec::new();
    for at in (1..tokens.len()).filter(|at| word(&tokens, *at) == "tests") {
        let gate = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
        let gated = at.checked_sub(gate.len()).is_some_and(|from| {
            gate.iter().enumerate().all(|(i, mark)| word(&tokens, from + i) == *mark)
        });
        if word(&tokens, at - 1) == "mod" && !gated {
            findings.push(file.finding(line(&tokens, at), "`mod tests` without `#[cfg(test)]`"));
        }
    }
    findings
}
