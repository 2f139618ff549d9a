//! Each rule, shown on invented text to fire where it must and to stay silent where it may.

use super::source::Source;
use super::{Rule, rules};

/// The rule finds exactly one thing in each of `bad`, on the line that holds `HERE` or on line 1.
fn fires(rule: Rule, bad: &[(&str, &str)]) {
    for (path, text) in bad {
        let findings = rule(&Source::new(*path, *text));
        let line = text.lines().position(|line| line.contains("HERE")).map_or(1, |at| at + 1);
        let place = format!("{path}:{line}: ");
        assert!(
            findings.len() == 1 && findings.iter().all(|finding| finding.starts_with(&place)),
            "expected one finding at {place}\n{text}\n{findings:#?}"
        );
    }
}

/// The rule finds nothing in any of `good`.
fn silent(rule: Rule, good: &[(&str, &str)]) {
    for (path, text) in good {
        let findings = rule(&Source::new(*path, *text));
        assert!(findings.is_empty(), "{path}\n{text}\n{findings:#?}");
    }
}

#[test]
fn layers() {
    let bad = [
        ("src/model/name.rs", "use crate::crypto::DataKey;"),
        ("src/crypto/mod.rs", "\nuse crate::{model::Date, envelope::Sealed}; // HERE"),
        ("src/crypto/wrap.rs", "use crate::{\n    model::{Date, Kind},\n    store, // HERE\n};"),
        ("src/envelope/open.rs", "fn f() {\n    crate::store::layout(); // HERE\n}"),
        ("src/envelope/open.rs", "use super::super::store::Vault;"),
        ("src/envelope/mod.rs", "use super::store::Vault;"),
        ("src/store/mod.rs", "use crate::exec::Env;"),
        ("src/exec/env.rs", "use crate::git::Command;"),
        ("src/exchange/mod.rs", "use crate::exec::Env;"),
        ("src/registry/mod.rs", "use crate::error::Error;"),
        ("src/store/mod.rs", "use vault::exec::Env;"),
        ("src/model/name.rs", "use crate::Vault;"),
        ("src/model/name.rs", "use crate::*;"),
        ("src/model/mod.rs", "use crate as root;"),
        ("src/model/mod.rs", "extern crate self as vault;"),
        ("src/model/mod.rs", "#[path = \"../store/mod.rs\"]\nmod store;"),
        ("src/crypto/mod.rs", "include!(\"../store/mod.rs\");"),
        ("src/extra.rs", "//! Belongs nowhere."),
    ];
    fires(rules::layers, &bad);
    let good = [
        ("src/store/mod.rs", "use crate::{crypto::DataKey, envelope::Sealed};"),
        ("src/store/mod.rs", "mod vault;\npub use vault::Vault;\nuse super::model::Date;"),
        (
            "src/exec/env.rs",
            "use crate::exec::replace; // crate::git\nconst A: &str = \"crate::git\";",
        ),
        ("src/error.rs", "use crate::{exchange, exec, git};"),
        ("src/crypto/entry.rs", "use super::wrap;\npub(crate) fn f(path: &[u8]) -> u8 { path[0] }"),
        ("src/lib.rs", "pub use crate::store::Vault;"),
        ("src/cli/open.rs", "use vault::{exec, git};\nuse crate::cli::term;"),
    ];
    silent(rules::layers, &good);
}

#[test]
fn no_io_below_store() {
    let bad = [
        ("src/model/name.rs", "use std::fs;"),
        ("src/crypto/identity.rs", "use std::{fmt, env};"),
        ("src/envelope/parse.rs", "fn f() { std::io::stdin(); }"),
        ("src/crypto/unlock.rs", "use rpassword::prompt_password;"),
    ];
    fires(rules::no_io_below_store, &bad);
    let good = [
        (
            "src/crypto/wrap.rs",
            "use std::io::Write;\n/// Not `std::fs`.\nconst A: &str = env!(\"X\");",
        ),
        ("src/store/mod.rs", "use std::fs;"),
        ("src/model/date.rs", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}"),
    ];
    silent(rules::no_io_below_store, &good);
}

#[test]
fn prints() {
    let bad = [
        ("src/store/mod.rs", "fn f() { println!(\"{}\", 1); }"),
        ("src/store/mod.rs", "fn f() { std::eprint!(\"x\"); }"),
        ("src/exec/mod.rs", "fn f() {\n    dbg!(1); // HERE\n}"),
        ("src/git/mod.rs", "fn f() { std::io::stdout().write_all(b\"x\"); }"),
        ("src/git/mod.rs", "fn f() { stderr().flush(); }"),
        ("src/git/mod.rs", "use std::io::{self, stderr};"),
    ];
    fires(rules::prints, &bad);
    let good = [
        ("src/cli/get.rs", "fn f() { println!(\"x\"); }"),
        ("src/main.rs", "fn f() { eprintln!(\"x\"); }"),
        (
            "src/git/mod.rs",
            "/// println!(\"x\")\nfn f(c: &mut Command) { c.stdout(Stdio::piped()); }",
        ),
        ("src/git/mod.rs", "const A: &str = r#\"println!(\"x\")\"#; // eprintln!()"),
    ];
    silent(rules::prints, &good);
}

#[test]
fn writes() {
    let bad = [
        ("src/cli/keygen.rs", "fn f() { std::fs::write(\"a\", \"b\"); }"),
        ("src/exchange/mod.rs", "use std::fs::{read, rename as mv};"),
        ("src/exchange/mod.rs", "use std::fs as disk;"),
        ("src/git/mod.rs", "fn f() {\n    File::create(\"a\"); // HERE\n}"),
        ("src/git/mod.rs", "use std::fs::OpenOptions;"),
        ("src/exec/mod.rs", "fn f() { tempfile::tempdir(); }"),
        ("src/cli/init.rs", "fn f() { fs::create_dir_all(\"a\"); }"),
        ("src/cli/init.rs", "fn f() { fs::set_permissions(\"a\", mode); }"),
        ("src/cli/delete.rs", "use std::fs::remove_file;"),
        ("src/exec/files.rs", "use std::fs::OpenOptions;"),
        ("src/exec/harden.rs", "const A: OFlags = OFlags::RDWR;"),
    ];
    fires(rules::writes, &bad);
    let good = [
        ("src/store/atomic.rs", "fn f() { fs::rename(\"a\", \"b\"); }"),
        ("src/cli/rename.rs", "fn f(v: &Vault) { v.rename(&a, &b); fs::read(\"a\"); }"),
        ("src/exec/mod.rs", "#[cfg(test)]\nmod tests {\n    use tempfile::tempdir;\n}"),
    ];
    silent(rules::writes, &good);
}

#[test]
fn exposes() {
    let bad = [
        ("src/store/mod.rs", "fn f(v: &SecretValue) {\n    g(v.expose()); // HERE\n}"),
        ("src/store/mod.rs", "fn f(v: &[SecretValue]) { v.iter().map(SecretValue::expose); }"),
    ];
    fires(rules::exposes, &bad);
    let good = [
        ("src/cli/get.rs", "fn f(v: &SecretValue) { g(v.expose()); }"),
        ("src/cli/set.rs", "/// Never `.expose()`.\nfn f() { g(\".expose()\"); }"),
    ];
    silent(rules::exposes, &good);
}

#[test]
fn unwraps() {
    let bad = [
        ("src/store/mod.rs", "fn f() { g().unwrap(); }"),
        ("src/store/mod.rs", "fn f() {\n    g()\n        .expect(\"fine\"); // HERE\n}"),
        ("src/store/mod.rs", "fn f() { g().map(Option::unwrap); }"),
    ];
    fires(rules::unwraps, &bad);
    let good = [
        ("src/store/mod.rs", "/// x.unwrap()\nfn f() { g().unwrap_or_default(); }"),
        ("src/store/mod.rs", "#[cfg(test)]\nmod tests {\n    fn f() { g().unwrap(); }\n}"),
    ];
    silent(rules::unwraps, &good);
}

#[test]
fn opens_with_its_purpose() {
    let bad = [
        ("src/a.rs", ""),
        ("src/a.rs", "\n//! Late."),
        ("src/a.rs", "//!\n//! x"),
        ("src/a.rs", "// x"),
    ];
    fires(rules::opens_with_its_purpose, &bad);
    silent(rules::opens_with_its_purpose, &[("src/a.rs", "//! What it is.\n")]);
}

#[test]
fn lengths() {
    let body = |lines: usize| "    let _ = \"}\"; // }\n".repeat(lines);
    let long =
        format!("//! x\nfn f<const N: usize>(a: [u8; 3]) -> u8 {{ // HERE\n{}}}\n", body(59));
    let short = format!("//! x\nfn f<const N: usize>(a: [u8; 3]) -> u8 {{\n{}}}\n", body(58));
    fires(rules::lengths, &[("src/a.rs", &long)]);
    let declared =
        format!("trait A {{ fn f(a: [u8; 3]); }}\nstruct B {{\n{}}}\n", "x: fn(),\n".repeat(70));
    silent(rules::lengths, &[("src/a.rs", &short), ("src/a.rs", &declared)]);
    fires(rules::lengths, &[("src/a.rs", &format!("{}// HERE\n", "\n".repeat(400)))]);
    silent(rules::lengths, &[("src/a.rs", &"\n".repeat(400))]);
}

#[test]
fn names() {
    let bad = [
        ("src/store/util.rs", ""),
        ("tests/helpers/mod.rs", ""),
        ("src/cli/key_manager.rs", ""),
        ("src/cli/mod.rs", "\npub mod common { // HERE\n}"),
    ];
    fires(rules::names, &bad);
    silent(rules::names, &[("src/registry/credential.rs", "mod utility; // util\n")]);
}

#[test]
fn unfinished() {
    let later = concat!("fn f() {} // HERE TO", "DO");
    let mend = concat!("\n/// FIX", "ME HERE");
    let ignored = concat!("#[test]\n#[ig", "nore = \"slow\"] // HERE\nfn f() {}");
    let sometimes = concat!("#[cfg_attr(windows, ig", "nore)]\nfn f() {}");
    let bad = [later, mend, ignored, sometimes].map(|text| ("tests/a.rs", text));
    fires(rules::unfinished, &bad);
    silent(rules::unfinished, &[("src/a.rs", "fn f(ignore: u8) -> [u8; 2] { [ignore, ignore] }")]);
}

#[test]
fn bool_parameters() {
    let bad = [
        ("src/a.rs", "fn f(reveal: bool) {}"),
        ("src/a.rs", "impl A {\n    fn f<F: Fn(u8) -> u8>(&self, f: F, all: bool) {} // HERE\n}"),
        ("src/a.rs", "trait A {\n    fn f(\n        &self,\n        all: bool, // HERE\n    );\n}"),
    ];
    fires(rules::bool_parameters, &bad);
    let good = [(
        "src/a.rs",
        "struct A { a: bool }\nfn f(a: u8, g: fn(bool)) -> bool { let x: bool = a > 1; x }",
    )];
    silent(rules::bool_parameters, &good);
}

#[test]
fn test_modules() {
    fires(rules::test_modules, &[("src/a.rs", "//! a\nmod tests { // HERE\n}")]);
    fires(rules::test_modules, &[("src/a.rs", "#[cfg(any(test, unix))]\nmod tests; // HERE")]);
    silent(rules::test_modules, &[("src/a.rs", "#[cfg(test)]\nmod tests {}\nuse super::tests;")]);
}

#[test]
fn comments_text_and_lifetimes_are_no_code() {
    let text =
        "/* a /* b */ c */ 'x' '\\'' b'\\\\' \"\\\"\" r##\"\"#\"## 'life keep<'a> // d\nlast";
    let source = Source::new("src/a.rs", text);
    let tokens: Vec<(usize, &str)> = source.tokens().iter().map(|t| (t.line, t.text)).collect();
    assert_eq!(tokens, [(1, "b"), (1, "keep"), (1, "<"), (1, ">"), (2, "last")]);
}
