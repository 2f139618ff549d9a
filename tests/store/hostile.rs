//! Files made to cost time or memory are refused for what they are, at the limit they break.
//!
//! No test here measures time. What keeps the work small is that every limit is met while lines are
//! read one after the other, so each file breaks its limit as early as it can and the message says
//! which one it was.

use std::fs::File;
use std::io::Write as _;

use vault::envelope::{Malformed, Sealed};
use vault::model::{PullSecret, SecretSet};

use crate::support::{Member, Sandbox, SealedText};

const LARGEST: usize = 16 << 20;

fn parse(bytes: &[u8]) -> Result<Sealed<SecretSet>, Malformed> {
    Sealed::parse(bytes, &"web".parse().unwrap())
}

/// The rule's code and the line it was found on.
fn refusal(bytes: &[u8]) -> (&'static str, usize) {
    let error = parse(bytes).unwrap_err();
    (error.rule.code(), error.line)
}

fn good() -> SealedText {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    SealedText(sandbox.set_text("web"))
}

/// A line again and again until the largest file is full.
fn full_of(line: &str) -> Vec<u8> {
    line.bytes().cycle().take(LARGEST).collect()
}

#[test]
fn sixteen_mebibytes_of_one_thing() {
    assert_eq!(refusal(&full_of("\n")), ("too-many-lines", 0));
    assert_eq!(refusal(&full_of("#\n")), ("too-many-lines", 0));
    assert_eq!(refusal(&full_of("x")), ("line-too-long", 1));
    assert_eq!(refusal(&full_of("\0")), ("line-too-long", 1));
    assert_eq!(refusal(&full_of("a = 1\n")), ("field-outside-table", 1));
    assert_eq!(refusal(&full_of("[vault]\n")), ("missing-field", 1));
    assert_eq!(refusal(&full_of("[x]\n")), ("unknown-table", 1));
    assert_eq!(refusal(&full_of("[")), ("line-too-long", 1));
    assert_eq!(refusal(&full_of("[a.b.c.d]\n")), ("table-quotes", 1));
    assert_eq!(refusal("\u{feff}[vault]\n".as_bytes()).0, "byte-order-mark");
    assert_eq!(refusal(&vec![b'\n'; LARGEST + 1]), ("file-too-large", 0));
    let mut text = full_of("\n");
    text[LARGEST - 1] = 0xff;
    assert_eq!(refusal(&text), ("not-utf8", 0));
}

#[test]
fn nesting_and_numbers_without_end() {
    for (line, code) in [
        (format!("a = {}", "[".repeat(1 << 20)), "unknown-field"),
        (format!("name = {}", "{a=".repeat(1 << 19)), "missing-field"),
        (format!("name = {}", "[".repeat(1 << 20)), "missing-field"),
        (format!("{}a = 1", "a.".repeat(1 << 19)), "not-a-line"),
        (format!("format = {}", "9".repeat(1 << 20)), "bad-integer"),
        (format!("epoch = \"{}:00\"", "9".repeat(1 << 20)), "missing-field"),
        (format!("kind = \"{}\"", "\\\\".repeat(1 << 19)), "missing-field"),
    ] {
        let text = format!("[vault]\n{line}\n");
        assert_eq!(refusal(text.as_bytes()).0, code, "{}", &line[..20]);
    }
    let text = format!("[{}]\n", "a.".repeat(1 << 19));
    assert_eq!(refusal(text.as_bytes()), ("table-quotes", 1));
    let head = good();
    for (field, value, code) in [
        ("epoch", format!("\"{}:00\"", "9".repeat(1 << 20)), "bad-epoch"),
        ("kind", format!("\"{}\"", "\\\\".repeat(1 << 19)), "unknown-kind"),
        ("name", format!("\"{}\"", "x".repeat(1 << 20)), "bad-name"),
        ("name", "[".repeat(1 << 20), "bad-value"),
        ("name", "{a=".repeat(1 << 19), "bad-value"),
        ("id", format!("\"b64:{}\"", "A".repeat(1 << 20)), "bad-id"),
    ] {
        let error = parse(head.with("[vault]", field, &value).0.as_bytes()).unwrap_err();
        assert_eq!(error.rule.code(), code);
        assert!(error.to_string().len() < 400, "the message repeats the file");
    }
}

/// The block once for each of many names.
fn many(text: &SealedText, header: &str, count: usize) -> String {
    let (block, name) = (text.block(header), header.trim_end_matches(']').to_owned() + "_");
    let mut all = text.0.clone();
    for number in 0..count {
        all.push('\n');
        all.push_str(&block.replace(header, &format!("{name}{number}]")));
    }
    all
}

#[test]
fn one_entry_and_one_recipient_too_many() {
    let text = good();
    let short = text.with("[values.K]", "enc", &format!("\"{}:1.1:AAAA\"", text.token()));
    assert!(parse(many(&short, "[values.K]", 49_999).as_bytes()).is_ok());
    let over = parse(many(&short, "[values.K]", 50_000).as_bytes()).unwrap_err();
    assert_eq!(over.rule.code(), "too-many-entries");

    let people = |count: usize| {
        let block = text.block("[recipients.alice]");
        let to = text.field("[recipients.alice]", "to");
        let mut all = text.0.clone();
        for number in 0..count {
            let member = Member::new(&format!("m{number}"));
            let own = block.replace(&to, &format!("\"{} m{number}\"", member.to));
            all = format!(
                "{all}\n{}",
                own.replace("recipients.alice", &format!("recipients.m{number}"))
            );
        }
        all
    };
    assert!(parse(people(999).as_bytes()).is_ok());
    let over = parse(people(1000).as_bytes()).unwrap_err();
    assert_eq!(over.rule.code(), "too-many-recipients");
}

#[test]
fn one_departure_too_many() {
    // Renamed and back again: epoch 3, so that someone may have left.
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    sandbox.vault(["rename", "web", "other"]).succeeds();
    sandbox.vault(["rename", "other", "web"]).succeeds();
    let text = SealedText(sandbox.set_text("web"));
    let (key, seal) = (Member::new("gone").to, text.field("[recipients.alice]", "seal"));
    let gone = |count: usize| {
        let record =
            |n| format!("\n[departed.m{n}]\nto = \"{key} m{n}\"\nuntil = 1\nseal = {seal}\n");
        text.0.clone() + &(0..count).map(record).collect::<String>()
    };
    assert_eq!(parse(gone(1000).as_bytes()).unwrap().departed().len(), 1000);
    assert_eq!(refusal(gone(1001).as_bytes()).0, "too-many-departures");
}

#[test]
fn a_value_and_a_wrap_over_their_limits() {
    let text = good();
    let token = text.token();
    let enc = |bytes: usize| format!("\"{token}:1.1:{}\"", "AAAA".repeat(bytes / 3));
    let over = text.with("[values.K]", "enc", &enc((1 << 20) + (1 << 17)));
    assert_eq!(refusal(over.0.as_bytes()).0, "value-too-long");
    let wrap = format!("\"{token}:{}\"", "AAAA".repeat((16 << 10) / 3 + 1));
    let over = text.with("[recipients.alice]", "wrap", &wrap);
    assert_eq!(refusal(over.0.as_bytes()).0, "wrap-too-long");
    let to = format!("\"ssh-rsa {} alice\"", "A".repeat(5000));
    let over = text.with("[recipients.alice]", "to", &to);
    assert_eq!(refusal(over.0.as_bytes()).0, "bad-recipient");
    let note = format!("note = \"{}\"", "x".repeat(501));
    assert_eq!(refusal(text.with_line("[values.K]", &note).0.as_bytes()).0, "bad-note");
}

#[test]
fn every_command_refuses_a_file_that_is_too_large_before_reading_it() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    // Sparse: it takes no room, and no time unless someone reads it.
    let file = File::options().write(true).open(sandbox.set_path("web")).unwrap();
    for size in [17_u64 << 20, 4 << 30, 1 << 40] {
        file.set_len(size).unwrap();
        for words in [
            &["list", "web"][..],
            &["list", "--json"],
            &["get", "web", "K"],
            &["set", "web", "K=w"],
            &["export", "web", "--format", "json"],
        ] {
            let out = sandbox.vault(words).fails(4, &["web.toml: refused: it is larger"]);
            assert_eq!(out.text(), "");
        }
    }
    assert_eq!(sandbox.vault(["list"]).quietly().text(), "web\n");
}

#[test]
fn a_hostile_file_is_4_and_names_its_line() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let mut file = File::create(sandbox.set_path("web")).unwrap();
    file.write_all(&full_of("\n")).unwrap();
    sandbox.vault(["get", "web", "K"]).fails(4, &["web.toml", "lines"]);
    sandbox.put(".secrets/sets/web.toml", full_of("[x]\n"));
    sandbox.vault(["get", "web", "K"]).fails(4, &["web.toml", "line 1"]);
}

#[test]
fn a_value_that_would_make_the_file_too_large_is_not_written() {
    let sandbox = Sandbox::with_vault();
    let big = "x".repeat(1 << 20);
    let values = (0..11).map(|n| (format!("K{n}"), big.clone().into()));
    let json = serde_json::Value::Object(values.collect()).to_string();
    sandbox.command(["import", "web", "--format", "json"]).stdin(json).run().succeeds();
    let before = sandbox.set_text("web");
    let out = sandbox.command(["set", "web", "K12", "--stdin"]).stdin(big).run();
    assert_eq!(out.code, Some(1));
    assert!(out.stderr.contains("16777216 is the most there can be"), "{}", out.stderr);
    assert!(sandbox.set_text("web") == before, "the file was changed");
}

#[test]
fn random_bytes_never_panic() {
    use proptest::test_runner::{Config, TestRunner};

    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let bytes = proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300);
    let name = "web".parse().unwrap();
    let ran = TestRunner::new(config).run(&bytes, |bytes| {
        proptest::prop_assert!(parse(&bytes).is_err());
        proptest::prop_assert!(Sealed::<PullSecret>::parse(&bytes, &name).is_err());
        Ok(())
    });
    ran.unwrap();
}
