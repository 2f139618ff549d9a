//! The line parser against the toml crate: whatever ours accepts, TOML reads the same.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use vault::crypto::base64_encode;
use vault::envelope::{Change, Opened, Sealed};
use vault::model::{SecretSet, SecretValue, SetName};

use crate::support::{Member, identities, recipients};

fn parse(bytes: &[u8]) -> Option<Sealed<SecretSet>> {
    Sealed::parse(bytes, &"web".parse::<SetName>().unwrap()).ok()
}

/// A file with everything in it that the grammar knows.
fn good() -> String {
    let people = ["alice", "bob", "carol/yubi.key"].map(Member::new);
    let [alice, bob, carol] = &people;
    let name = "web".parse().unwrap();
    let mut set = Opened::<SecretSet>::create(name, SecretSet, recipients(&[alice, bob, carol]));
    for key in ["A", "b-2", "_C", "007"] {
        let value = SecretValue::new(key.as_bytes().to_vec()).unwrap();
        set.set(&key.parse().unwrap(), value).unwrap();
    }
    let note = Change::To(r#"it's "quoted" \ é #x = [y]"#.parse().unwrap());
    let expires = Change::To("2027-02-28".parse().unwrap());
    set.annotate(&"b-2".parse().unwrap(), note, expires).unwrap();
    let mut set = set.seal().unwrap().open(&identities(alice)).unwrap();
    set.remove_recipients(std::slice::from_ref(&bob.name)).unwrap();
    set.seal().unwrap().render()
}

/// What the file means to us, as a TOML value.
fn ours(sealed: &Sealed<SecretSet>) -> toml::Table {
    let token = format!("{}:{}", sealed.epoch(), sealed.commitment().key_id());
    let mut vault = toml::Table::new();
    let mut put = |field: &str, value: String| vault.insert(field.into(), value.into());
    put("kind", "set".into());
    put("name", sealed.name().to_string());
    put("id", sealed.id().to_string());
    put("epoch", format!("{}:{}", sealed.epoch(), sealed.commitment()));
    if !sealed.prev().is_empty() {
        let links = sealed.prev().iter().map(|l| format!("{}:{}:{}", l.epoch, l.key_id, l.proof));
        put("prev", links.collect::<Vec<_>>().join(" "));
    }
    vault.insert("format".into(), 1.into());
    let mut all = toml::Table::from_iter([("vault".to_owned(), vault.into())]);
    let mut record = |table: &str, name: &str, fields: Vec<(&str, toml::Value)>| {
        let table = all.entry(table).or_insert_with(|| toml::Table::new().into());
        let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value));
        let fields = fields.collect::<toml::Table>();
        table.as_table_mut().unwrap().insert(name.to_owned(), fields.into());
    };
    for (name, r) in sealed.recipients() {
        let to = format!("{} {name}", r.to).into();
        let wrap = format!("{token}:{}", base64_encode(&r.wrap)).into();
        let seal = format!("{token}:{}", r.seal).into();
        record("recipients", name.as_str(), vec![("to", to), ("wrap", wrap), ("seal", seal)]);
    }
    for (name, d) in sealed.departed() {
        let to = format!("{} {name}", d.to).into();
        let seal = format!("{token}:{}", d.seal).into();
        let until = i64::from(d.until).into();
        record("departed", name.as_str(), vec![("to", to), ("until", until), ("seal", seal)]);
    }
    for (key, e) in sealed.entries() {
        let enc = format!("{token}:{}.{}:{}", e.since, e.rev, base64_encode(&e.enc));
        let mut fields = vec![("enc", enc.into())];
        fields.extend(e.note.iter().map(|note| ("note", note.as_str().into())));
        let day = e.expires.map(|day| day.to_string().parse::<toml::value::Datetime>().unwrap());
        fields.extend(day.map(|day| ("expires", day.into())));
        record("values", key.as_str(), fields);
    }
    all
}

/// Panics where the two readers disagree; tells whether ours accepted the file.
fn compare(bytes: &[u8]) -> bool {
    let Some(sealed) = parse(bytes) else { return false };
    let text = std::str::from_utf8(bytes).unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|why| panic!("{why}\n{text}"));
    assert_eq!(table, ours(&sealed), "{text}");
    let canonical = sealed.render();
    assert_eq!(parse(canonical.as_bytes()), Some(sealed));
    true
}

/// Lines that belong into a file, nearly belong, or do not at all.
const FRAGMENTS: [&str; 52] = [
    "",
    " ",
    "#",
    "# c",
    "#\u{85}",
    "# é",
    " # c",
    "\t",
    "\r",
    "\u{feff}",
    "\u{a0}",
    "[vault]",
    "[values.A]",
    "[values.NEW]",
    "[values.\"A\"]",
    "[values.a.b]",
    "[values. A]",
    "[values.A] ",
    "[values.A] # c",
    "[ values.A ]",
    "[[values]]",
    "[values]",
    "[recipients.bob]",
    "[recipients.\"a.b\"]",
    "[departed.x]",
    "[pull]",
    "[]",
    "format = 1",
    "format = 1 ",
    "format=1",
    " format = 1",
    "format = 01",
    "format = +1",
    "format = 1_0",
    "format = 0x1",
    "format = 1.0",
    "note = \"x\"",
    "note = \"\\\"\\\\\"",
    "note = \"\\u0041\"",
    "note = 'x'",
    "note = \"\"\"x\"\"\"",
    "note = \"x\" # c",
    "note = \"#\"",
    "\"note\" = \"x\"",
    "vault.note = \"x\"",
    "expires = 2027-01-31",
    "expires = 2027-02-29",
    "expires = 2027-01-31T00:00:00Z",
    "expires = \"2027-01-31\"",
    "until = 1",
    "type = \"docker\"",
    "x = [1]",
];

/// A change of one line or of a few bytes.
#[derive(Debug, Clone)]
enum Edit {
    Insert(Index, &'static str),
    Replace(Index, &'static str),
    Remove(Index),
    Swap(Index, Index),
    Repeat(Index, Index),
    Append(Index, &'static str),
    Spaces(Index, &'static str),
    ReturnBeforeFeed,
    NoFinalLineEnd,
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || any::<Index>();
    prop_oneof![
        4 => (at(), select(&FRAGMENTS)).prop_map(|(i, f)| Edit::Insert(i, f)),
        1 => (at(), select(&FRAGMENTS)).prop_map(|(i, f)| Edit::Replace(i, f)),
        1 => at().prop_map(Edit::Remove),
        2 => (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
        1 => (at(), at()).prop_map(|(a, b)| Edit::Repeat(a, b)),
        1 => (at(), select(&[" ", "  ", "\t", " # c", "x", "\"", "\r"])).prop_map(|(i, f)| Edit::Append(i, f)),
        3 => (at(), select(&["=", " =", "= ", "   =  ", "\t=\t", "=="])).prop_map(|(i, f)| Edit::Spaces(i, f)),
        1 => Just(Edit::ReturnBeforeFeed),
        1 => Just(Edit::NoFinalLineEnd),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut end, mut last) = ("\n", "\n");
    for edit in edits {
        let count = lines.len().max(1);
        lines.resize(count, String::new());
        match edit {
            Edit::Insert(i, line) => lines.insert(i.index(count + 1), (*line).to_owned()),
            Edit::Replace(i, line) => (*line).clone_into(&mut lines[i.index(count)]),
            Edit::Remove(i) => drop(lines.remove(i.index(count))),
            Edit::Swap(a, b) => lines.swap(a.index(count), b.index(count)),
            Edit::Repeat(a, b) => lines.insert(b.index(count), lines[a.index(count)].clone()),
            Edit::Append(i, more) => lines[i.index(count)].push_str(more),
            Edit::Spaces(i, equals) => {
                let line = &mut lines[i.index(count)];
                *line = line.replacen(" = ", equals, 1);
            }
            Edit::ReturnBeforeFeed => end = "\r\n",
            Edit::NoFinalLineEnd => last = "",
        }
    }
    lines.join(end) + last
}

/// The tables of a file in another order.
fn shuffled(text: &str, order: &[Index]) -> String {
    let mut blocks: Vec<&str> = text.trim_end().split("\n\n").collect();
    let mut out = Vec::new();
    for at in order.iter().cycle().take(blocks.len()) {
        out.push(blocks.remove(at.index(blocks.len())));
    }
    out.join("\n\n") + "\n"
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn a_file_as_it_is_written() {
    assert!(compare(good().as_bytes()));
}

#[test]
fn files_with_changed_lines() {
    let text = good();
    let accepted = std::cell::Cell::new(0);
    let cases = (vec(edit(), 1..4), vec(any::<Index>(), 1..20));
    let mut runner = proptest::test_runner::TestRunner::new(config(3000));
    let ran = runner.run(&cases, |(edits, order)| {
        let ok = compare(edited(&text, &edits).as_bytes());
        assert!(compare(shuffled(&text, &order).as_bytes()));
        accepted.set(accepted.get() + u32::from(ok));
        Ok(())
    });
    ran.unwrap();
    assert!((300..2700).contains(&accepted.get()), "{} of 3000 accepted", accepted.get());
}

#[test]
fn ten_thousand_changed_bytes_never_panic() {
    let text = good().into_bytes();
    let mut runner = proptest::test_runner::TestRunner::new(config(10_000));
    let special = select(b"\0\t\n\r \"#'-.019:=AZ[\\]_az{}\x7f\x80\xff".to_vec());
    let byte = prop_oneof![special, any::<u8>()];
    let changes = vec((any::<Index>(), byte, 0..3_u8), 1..4);
    let ran = runner.run(&changes, |changes| {
        let mut bytes = text.clone();
        for (at, byte, how) in changes {
            match how {
                0 => bytes[at.index(text.len() - 8)] = byte,
                1 => bytes.insert(at.index(text.len() - 8), byte),
                _ => drop(bytes.remove(at.index(text.len() - 8))),
            }
        }
        compare(&bytes);
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn a_file_cut_anywhere_is_refused_or_means_to_toml_what_it_means_to_us() {
    let text = good();
    for end in 0..text.len() {
        if text.is_char_boundary(end) && text[..end].ends_with(['\n', '"', ']', '1']) {
            compare(&text.as_bytes()[..end]);
        }
    }
}
